"""Answers each reader in the written Norwegian they asked for, and lets them choose it.

The choice is a cookie: it tells nothing about anybody, and holds before sign-in too.
"""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from akson.base.errors import Refused
from akson.base.languages import LANGUAGES, speak, wanted
from akson.base.web import sent
from akson.base.web.answers import guarded, refusal
from akson.base.web.render import Renderer

_LASTS: Final = 365 * 24 * 3600  # seconds


def cookie(*, secure: bool) -> str:
    """Return what the cookie with the choice is called. secure: the installation is reached over https."""
    return "__Host-akson-malform" if secure else "akson-malform"


class Speaking:
    """ASGI middleware: what is answered inside it is in the language that the request asks for."""

    def __init__(self, app: ASGIApp, *, secure: bool) -> None:
        self._app = app
        self._cookie = cookie(secure=secure)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            request = Request(scope)
            speak(wanted(request.cookies.get(self._cookie, ""), request.headers.get("accept-language", "")))
        await self._app(scope, receive, send)


def language_routes(renderer: Renderer, *, secure: bool) -> list[Route]:
    """Return the address that a choice is sent to. secure: as cookie() has it."""

    async def choose(request: Request) -> Response:
        try:
            sent.same_origin(request)
            form = dict(await sent.pairs(request))
            if (chosen := form.get("malform", "")) not in LANGUAGES:
                raise Refused("AK-W010")
        except Refused as refused:
            return refusal(renderer, refused)
        response = guarded(RedirectResponse(sent.local(form.get("til", "")) or "/", 303))
        response.set_cookie(cookie(secure=secure), chosen, max_age=_LASTS, httponly=True, samesite="lax", secure=secure)
        return response

    return [Route("/malform", choose, methods=["POST"])]
