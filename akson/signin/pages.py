"""What the pages of sign-in share: drawing and forms."""

from __future__ import annotations

from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from akson.base.errors import Refused
from akson.base.web.render import Renderer
from akson.base.web.screens import guarded

NO_STORE = {"cache-control": "no-store", "pragma": "no-cache"}
LARGEST = 64_000  # bytes of a form


def page(renderer: Renderer, template: str, **values: object) -> Response:
    return guarded(HTMLResponse(renderer.html(f"signin/{template}", values)))


def go(to: str) -> Response:
    return guarded(RedirectResponse(to, 303))


async def form_of(request: Request) -> dict[str, str]:
    """Return the fields of a posted form; a form that is too large, or names a field twice, is refused."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST:
            raise Refused("AK-J009", limit=LARGEST)
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=40)
    except ValueError:
        raise Refused("AK-L003") from None
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise Refused("AK-L003")
    return fields
