"""What the pages of sign-in share: drawing and forms."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from akson.base.errors import Refused
from akson.base.web.answers import guarded
from akson.base.web.render import Renderer

NO_STORE = {"cache-control": "no-store", "pragma": "no-cache"}
LARGEST = 64_000  # bytes of a form
LOG = logging.getLogger("akson.signin")


def page(renderer: Renderer, template: str, **values: object) -> Response:
    return guarded(HTMLResponse(renderer.html(f"signin/{template}", values)))


def go(to: str) -> Response:
    return guarded(RedirectResponse(to, 303))


def told_of(request: Request, error: str) -> None:
    """Leave a line about a program that was not let in: there is nobody yet whom the access log could name."""
    address = request.client.host if request.client else ""
    LOG.warning("not let in", extra={"refused": error, "address": address})


async def form_of(request: Request) -> dict[str, str]:
    """Return the fields of a posted form; one that is too large, names a field twice or holds a NUL is refused."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST:
            raise Refused("AK-J009", limit=LARGEST)
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=40)
    except ValueError:
        raise Refused("AK-L003") from None
    return fields_of(pairs)


def fields_of(pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Return the pairs by name. Raises Refused AK-L003: a name stands twice, or there is a NUL, which nothing holds."""
    fields = dict(pairs)
    if len(fields) != len(pairs) or any("\0" in value for value in fields.values()):
        raise Refused("AK-L003")
    return fields
