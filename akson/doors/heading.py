"""What every answer says to browsers, whoever made it. Pages say more of their own (base/web/screens.py)."""

from __future__ import annotations

from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

ALWAYS: Final = (
    (b"x-content-type-options", b"nosniff"),
    # What is no page is never drawn as one, wherever somebody opens it.
    (b"content-security-policy", b"default-src 'none'; object-src 'none'; base-uri 'none'; form-action 'none'; "
                                 b"frame-ancestors 'none'; sandbox"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
)  # fmt: skip
OVER_TLS: Final = ((b"strict-transport-security", b"max-age=63072000; includeSubDomains"),)  # two years


class Headed:
    """ASGI middleware that adds to each answer what it does not say itself. secure: browsers come by https."""

    def __init__(self, app: ASGIApp, *, secure: bool) -> None:
        self._app, self._told = app, (*ALWAYS, *(OVER_TLS if secure else ()))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)

        async def headed(message: Message) -> None:
            if message["type"] == "http.response.start":
                said = {name for name, _ in message["headers"]}
                message["headers"] = [*message["headers"], *[one for one in self._told if one[0] not in said]]
            await send(message)

        await self._app(scope, receive, headed)
