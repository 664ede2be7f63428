"""The HTTP side of our own authorisation server, and the demo's picker: "Hvem vil du være?"."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from akson.base.errors import Refused
from akson.base.web.answers import refusal
from akson.base.web.render import Renderer
from akson.base.web.sent import same_origin
from akson.signin.issuer import Form, Issuer, Rejected
from akson.signin.model import Persona
from akson.signin.pages import NO_STORE, form_of, go, page, told_of

Answer = Callable[[Request], Awaitable[Response]]


def issuer_routes(issuer: Issuer, renderer: Renderer) -> list[Route]:
    """Return the server's routes, to be mounted at the path of its `url`."""
    door = _Door(issuer, renderer)
    return [
        Route("/.well-known/openid-configuration", door.metadata, methods=["GET"]),
        Route("/.well-known/oauth-authorization-server", door.metadata, methods=["GET"]),
        Route("/jwks", door.jwks, methods=["GET"]),
        Route("/par", door.machine(door.par), methods=["POST"]),
        Route("/token", door.machine(door.token), methods=["POST"]),
        Route("/authorize", door.ask, methods=["GET"]),
        Route("/authorize", door.chosen, methods=["POST"]),
        Route("/end_session", door.end_session, methods=["GET", "POST"]),
    ]


class _Door:
    def __init__(self, issuer: Issuer, renderer: Renderer) -> None:
        self._issuer, self._renderer = issuer, renderer

    async def metadata(self, request: Request) -> Response:
        return JSONResponse(self._issuer.metadata())

    async def jwks(self, request: Request) -> Response:
        return JSONResponse(dict(self._issuer.keyring.public), headers={"cache-control": "public, max-age=60"})

    async def par(self, request: Request, form: Form) -> Response:
        return JSONResponse(await self._issuer.push(form), status_code=201, headers=NO_STORE)

    async def token(self, request: Request, form: Form) -> Response:
        proof = request.headers.get("dpop", "")
        return JSONResponse(await self._issuer.token(form, proof), headers=NO_STORE)

    def machine(self, answer: Callable[[Request, Form], Awaitable[Response]]) -> Answer:
        """Let a program's endpoint answer in OAuth's own form also when it refuses."""

        async def endpoint(request: Request) -> Response:
            try:
                return await answer(request, await form_of(request))
            except Rejected as no:
                told_of(request, no.error)
                told = {"error": no.error} | ({"error_description": no.description} if no.description else {})
                return JSONResponse(told, status_code=no.status, headers=NO_STORE)
            except Refused as no:
                return JSONResponse({"error": "invalid_request"}, status_code=no.status, headers=NO_STORE)

        return endpoint

    async def ask(self, request: Request) -> Response:
        """Show whom one can be."""
        asked, client = request.query_params.get("request_uri", ""), request.query_params.get("client_id", "")
        if await self._issuer.pending(asked, client) is None:
            return refusal(self._renderer, Refused("AK-L003"))
        personas = await self._issuer.settings.personas()
        return page(self._renderer, "persona.html", request_uri=asked, client_id=client, groups=_grouped(personas))

    async def chosen(self, request: Request) -> Response:
        """Send the browser back to the program with a code for the person who was chosen."""
        try:
            same_origin(request)
            form = await form_of(request)
        except Refused as no:
            return refusal(self._renderer, no)
        personas = await self._issuer.settings.personas()
        persona = next((one for one in personas if one.id == form.get("person")), None)
        if persona is None:
            return refusal(self._renderer, Refused("AK-L003"))
        granted = await self._issuer.grant(form.get("request_uri", ""), form.get("client_id", ""), persona)
        if granted is None:
            return refusal(self._renderer, Refused("AK-L003"))
        asked, code = granted
        answer = {"code": code, "iss": self._issuer.settings.url} | ({"state": asked.state} if asked.state else {})
        joint = "&" if "?" in asked.redirect_uri else "?"
        return go(f"{asked.redirect_uri}{joint}{urlencode(answer)}")

    async def end_session(self, request: Request) -> Response:
        """Send the browser on after logout. The server keeps no session of its own, so there is nothing to end."""
        try:
            asked = dict(request.query_params) if request.method == "GET" else await form_of(request)
        except Refused as no:
            return refusal(self._renderer, no)
        client = self._issuer.settings.clients.get(asked.get("client_id", ""))
        target = asked.get("post_logout_redirect_uri", "")
        if client is None or target not in client.leave_uris:
            return page(self._renderer, "out.html")
        state = f"?{urlencode({'state': asked['state']})}" if asked.get("state") else ""
        return go(target + state)


def _grouped(personas: list[Persona]) -> list[tuple[str, list[Persona]]]:
    """Return the personas under their headings, in the order given."""
    groups: dict[str, list[Persona]] = {}
    for persona in personas:
        groups.setdefault(persona.group, []).append(persona)
    return list(groups.items())
