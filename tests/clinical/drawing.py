"""Draws a page of a screen as a browser would get it, without a server."""

from __future__ import annotations

from akson.base.web.messages import texts
from akson.base.web.render import Renderer
from akson.base.web.screens import Page
from akson.base.web.shell import Shell
from tests.seeded import ELEVEN

_SHELL = Shell(name="Jonas Eikeland", role="Fastlege", unit="Nordre legesenter")
_RENDERER = Renderer(texts(), lambda name: f"/static/{name}")


def drawn(folder: str, page: Page) -> str:
    """Return the HTML of `page`; its template stands in `folder` below akson."""
    around = {
        "now": ELEVEN,
        "title": "x",
        "here": "/",
        "shell": _SHELL,
        "menu": (),
        "csrf": "c",
        "once": "o",
        "said": "",
    }
    return _RENDERER.html(f"{folder}/{page.template}", around | page.values)
