"""The plain pages on which people tell a program how to behave: what is on them, and how a form is read."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response


def page(title: str, *parts: str) -> Response:
    """Return a page with a heading and what is under it, HTML."""
    return HTMLResponse(
        f'<!doctype html><html lang="nb"><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<h1>{escape(title)}, oppdiktet</h1>{''.join(parts)}</html>"
    )


def choice(name: str, label: str, every: Mapping[str, str], chosen: str = "") -> str:
    """Return a select with its label; every: value -> what people read."""
    options = "".join(
        f"<option value='{escape(one)}'{' selected' if one == chosen else ''}>{escape(what)}</option>"
        for one, what in every.items()
    )
    return f"<label>{escape(label)} <select name='{name}'>{options}</select></label>"


def field(name: str, label: str, *, kind: str = "text", value: str = "", needed: bool = False) -> str:
    """Return a field for one line, with its label."""
    must = " required" if needed else ""
    return f"<label>{escape(label)} <input name='{name}' type='{kind}' value='{escape(value)}'{must}></label>"


def form(path: str, button: str, *parts: str, heading: str = "") -> str:
    """Return a form that is posted to a path."""
    above = f"<h2>{escape(heading)}</h2>" if heading else ""
    return (
        f"<form method='post' action='{path}'>{above}<p>{' '.join(parts)} <button>{escape(button)}</button></p></form>"
    )


def table(headings: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """Return a table; cells: HTML."""
    head = "".join(f"<th>{escape(one)}" for one in headings)
    body = "".join(f"<tr>{''.join(f'<td>{cell}' for cell in row)}</tr>" for row in rows)
    return f"<table><tr>{head}</tr>{body}</table>"


async def read(request: Request) -> dict[str, str]:
    """Return what was filled in, without spaces around it."""
    return {name: str(value).strip() for name, value in (await request.form()).items()}


def done() -> Response:
    """Lead back to the page."""
    return RedirectResponse("/", status_code=303)


def wrong() -> Response:
    """Say that a form cannot be carried out."""
    return Response("Det står noe i skjemaet som ikke lar seg gjøre.", status_code=400, media_type="text/plain")
