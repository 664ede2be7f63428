"""The HTTP side of the SMART server: what programs call, and the two addresses a browser comes to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from akson.base.errors import Refused
from akson.signin.issuer import Form, Rejected
from akson.signin.pages import NO_STORE, fields_of, form_of, go, told_of
from akson.signin.smart import asking, telling
from akson.signin.smart.asking import Declined
from akson.signin.smart.consenting import WAITS, Consent, joined
from akson.signin.smart.server import Smart

# Apps in a browser call from their own address; nothing here is answered by a cookie, so anyone may.
OPEN = {"access-control-allow-origin": "*", "access-control-expose-headers": "www-authenticate, retry-after"}
_PREFLIGHT = OPEN | {
    "access-control-allow-methods": "GET, POST", "access-control-allow-headers": "authorization, content-type, dpop",
    "access-control-max-age": "600",
}  # fmt: skip


def smart_routes(smart: Smart, consent: Consent) -> list[Route]:
    """Return the server's routes, to be mounted at the path of its `url`."""
    door = _Door(smart, consent)
    machine = ["POST", "OPTIONS"]
    return [
        *discovery_routes(smart, "openid-configuration", "oauth-authorization-server"),
        Route("/jwks", door.jwks, methods=["GET"]),
        Route("/authorize", consent.guarded(door.authorize), methods=["GET", "POST"]),
        Route("/token", door.machine(door.token), methods=machine),
        Route("/introspect", door.machine(door.introspect), methods=machine),
        Route("/revoke", door.machine(door.revoke), methods=machine),
        Route("/app", consent.guarded(consent.ask), methods=["GET"]),
        Route("/app", consent.guarded(consent.answered), methods=["POST"]),
        Route("/start", consent.guarded(consent.launched), methods=["GET"]),
    ]


def discovery_routes(smart: Smart, *names: str) -> list[Route]:
    """Return what tells of the server, under each of these names."""

    async def metadata(request: Request) -> Response:
        return JSONResponse(telling.configuration(smart.url), headers=OPEN)

    return [Route(f"/.well-known/{name}", metadata, methods=["GET"]) for name in names]


class _Door:
    def __init__(self, smart: Smart, consent: Consent) -> None:
        self._smart, self._consent = smart, consent

    async def jwks(self, request: Request) -> Response:
        keys = [*self._smart.id_keys.public["keys"], *self._smart.keys.public["keys"]]
        return JSONResponse({"keys": keys}, headers=OPEN | {"cache-control": "public, max-age=60"})

    async def token(self, request: Request, form: Form) -> Response:
        answer = await self._smart.token(form, request.headers.get("dpop", ""))
        return JSONResponse(answer, headers=NO_STORE | OPEN)

    async def introspect(self, request: Request, form: Form) -> Response:
        return JSONResponse(await self._smart.introspected(form), headers=NO_STORE | OPEN)

    async def revoke(self, request: Request, form: Form) -> Response:
        await self._smart.revoked(form)
        return Response(status_code=200, headers=NO_STORE | OPEN)

    def machine(
        self, answer: Callable[[Request, Form], Awaitable[Response]]
    ) -> Callable[[Request], Awaitable[Response]]:
        """Let a program's endpoint answer in OAuth's own form also when it refuses, and a browser's question before."""

        async def endpoint(request: Request) -> Response:
            if request.method == "OPTIONS":
                return Response(status_code=204, headers=_PREFLIGHT)
            try:
                return await answer(request, await form_of(request))
            except Rejected as no:
                told_of(request, no.error)
                told = {"error": no.error} | ({"error_description": no.description} if no.description else {})
                return JSONResponse(told, status_code=no.status, headers=NO_STORE | OPEN)
            except Refused as no:
                return JSONResponse({"error": "invalid_request"}, status_code=no.status, headers=NO_STORE | OPEN)

        return endpoint

    async def authorize(self, request: Request) -> Response:
        """Take an app's request, and lead the person to the page on which to decide.

        What is wrong with app or redirect address is said here; the rest is told to the app.
        """
        form = await form_of(request) if request.method == "POST" else fields_of(request.query_params.multi_items())
        app = await self._smart.apps.find(form.get("client_id", ""))
        if app is None or form.get("redirect_uri", "") not in app.redirect_uris:
            raise Refused("AK-L015")
        try:
            asked = asking.checked(form, app, self._smart.audience)
        except Declined as no:
            told: dict[str, Any] = {"error": no.error, "iss": self._smart.url}
            told |= {"error_description": no.description} if no.description else {}
            told |= {"state": form["state"]} if form.get("state") else {}
            return go(joined(form["redirect_uri"], told))
        secret = await self._smart.tickets.put("smart-request", asked, until=self._smart.clock() + WAITS)
        return go(f"{self._smart.url}/app?{urlencode({'be': secret})}")
