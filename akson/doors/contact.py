"""Where those who find a fault in security turn: /.well-known/security.txt (RFC 9116)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

_STANDS = timedelta(days=180)


def contact_routes(contact: str, base_url: str, clock: Callable[[], datetime]) -> list[Route]:
    """Return the route; none where the operator has named nobody."""
    if not contact:
        return []

    async def told(_: Request) -> Response:
        until = (clock() + _STANDS).replace(hour=0, minute=0, second=0, microsecond=0)
        lines = [f"Contact: {contact}", f"Expires: {until:%Y-%m-%dT%H:%M:%SZ}", "Preferred-Languages: no, en",
                 f"Canonical: {base_url}/.well-known/security.txt", ""]  # fmt: skip
        return PlainTextResponse("\n".join(lines), headers={"cache-control": "public, max-age=3600"})

    return [Route("/.well-known/security.txt", told, methods=["GET"])]
