"""What every answer to a browser carries, and the pages that say why not; they never hold personal data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from akson.base.errors import Refused
from akson.base.web.render import Renderer

HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; "
    "object-src 'none'",
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
AS_UNKNOWN = {"AK-A010": "AK-J001"}  # strictly confidential: as if there were nobody, down to the code on the page


def guarded(response: Response) -> Response:
    """Return the response with the headers every answer to a browser carries."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def refusal(renderer: Renderer, refused: Refused) -> Response:
    """Return the page that says why not; it never holds personal data."""
    code = AS_UNKNOWN.get(refused.code, refused.code)
    answer = problem(renderer, refused.status, refused.text, code)
    if refused.status == 429 and "seconds" in refused.values:
        answer.headers["retry-after"] = str(refused.values["seconds"])
    return answer


def problem(renderer: Renderer, status: int, text: str = "", code: str = "") -> Response:
    """Return a page for a status: the given sentence, or the catalogue's for that status."""
    known = status if status in {403, 404, 500, 503} else 500 if status >= 500 else 404
    head = renderer.messages.plain(f"problem.head_{known}" if not text else "problem.head")
    said = text or renderer.messages.plain(f"problem.text_{known}")
    return guarded(HTMLResponse(renderer.html("problem.html", {"head": head, "text": said, "code": code}), status))


def handlers(renderer: Renderer) -> dict[Any, Callable[[Request, Exception], Response]]:
    """Return what Starlette calls for addresses that do not exist and for bugs; the pages tell no more than that."""
    return {
        HTTPException: lambda _, fault: problem(renderer, getattr(fault, "status_code", 500)),
        Exception: lambda _, fault: problem(renderer, 500),
    }
