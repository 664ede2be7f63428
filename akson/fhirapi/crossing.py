"""Apps in a browser call from another site: CORS, and the one document that is no FHIR.

Any site may ask: what is answered hangs on a token that the app must hold, never on a cookie.
Source: fetch.spec.whatwg.org; hl7.org/fhir/smart-app-launch/STU2.2/app-launch.html, considerations for CORS
"""

from __future__ import annotations

from collections.abc import Mapping

from starlette.types import Message, Scope, Send

WELL_KNOWN = "/.well-known/smart-configuration"
_OPEN = (
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers",
     b"etag, last-modified, location, content-location, www-authenticate, retry-after, x-request-id"),
)  # fmt: skip
_PREFLIGHT = (
    *_OPEN,
    (b"access-control-allow-methods", b"GET, HEAD, POST, PUT, PATCH, DELETE"),
    (b"access-control-allow-headers",
     b"authorization, dpop, content-type, accept, prefer, if-match, if-none-match, if-modified-since, if-none-exist, "
     b"idempotency-key, x-request-id"),
    (b"access-control-max-age", b"600"),
)  # fmt: skip


def is_preflight(scope: Scope, headers: Mapping[str, str]) -> bool:
    """Say whether a browser asks if it may ask."""
    return scope["method"] == "OPTIONS" and "access-control-request-method" in headers


async def preflight(send: Send) -> None:
    """Answer that it may."""
    await send({"type": "http.response.start", "status": 204, "headers": _PREFLIGHT})
    await send({"type": "http.response.body", "body": b""})


async def document(send: Send, body: bytes, *, head: bool) -> None:
    """Send a document as JSON, whatever was asked for."""
    length = (b"content-length", str(len(body)).encode())
    kept = ((b"content-type", b"application/json"), (b"cache-control", b"public, max-age=60"), length)
    await send({"type": "http.response.start", "status": 200, "headers": kept})
    await send({"type": "http.response.body", "body": b"" if head else body})


def opened(send: Send) -> Send:
    """Return `send` that lets a browser hand the answer to the app that asked."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message["headers"], *_OPEN]}
        await send(message)

    return sending
