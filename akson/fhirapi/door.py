"""The ASGI side: takes a request apart, asks who it is, has it carried out and sends the answer.

A raw ASGI callable, so that a read costs no router and no request object; `routes` makes it mountable in Starlette.
"""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec
from msgspec.structs import replace
from starlette.requests import ClientDisconnect
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from akson.base.database import AWAY
from akson.base.errors import Refused
from akson.base.work import Actor
from akson.fhirapi import (
    addresses,
    capabilities,
    contents,
    crossing,
    entries,
    openapi,
    socket,
    terminology_capabilities,
)
from akson.fhirapi.answers import Answer
from akson.fhirapi.batch import batch
from akson.fhirapi.calls import LARGEST_BUNDLE, Call, Pairs, Server
from akson.fhirapi.export_jobs import FILES
from akson.fhirapi.once import given
from akson.fhirapi.pages import Seal
from akson.fhirapi.performing import perform, refusal
from akson.fhirapi.search import by_get
from akson.fhirapi.socket import Socket
from akson.fhirapi.streams import Stream
from akson.fhirapi.transaction import transaction
from akson.record.office import Office
from akson.record.own import Own, load
from akson.subscriptions.following import Acting

ROOT = "/fhir"
Authenticate = Callable[[Mapping[str, str], str, str], Awaitable[Actor]]  # headers, method, url -> who asks
_OWN_ID = re.compile(r"[A-Za-z0-9\-.]{8,64}")
_SPARE = 64  # ids of requests that are made at once
_TRUE = frozenset({"true", ""})
_OPENAPI = "openapi.json"
_OPEN = frozenset({"metadata", _OPENAPI})  # to everybody
_SMART = ROOT + crossing.WELL_KNOWN
_SOCKET = f"{ROOT}/{socket.PATH}"
LOG = logging.getLogger("akson.fhirapi")


class FhirApi:
    """The FHIR API as an ASGI application, serving everything below /fhir."""

    def __init__(
        self,
        office: Office,
        authenticate: Authenticate,
        *,
        base_url: str,
        secret: bytes,
        smart: Mapping[str, Any] | None = None,
        acting: Acting | None = None,
        messages: str = "",
    ) -> None:
        """Take what the doors compose.

        authenticate  raises Refused AK-L001 or AK-L002 when nobody is signed in
        base_url      the server as clients see it, e.g. https://akson.example
        secret        of the installation: seals page links
        smart         what the authorisation server says of itself, when there is one
        acting        see Server
        messages      which message standards are spoken beside FHIR, in a sentence
        """
        self._origin = base_url.rstrip("/")
        self.server = Server(office=office, base=self._origin + ROOT, seal=Seal(secret), acting=acting)
        self._authenticate = authenticate
        self._began, self._capable, self._messages = office.clock(), smart or {}, messages
        self._told: dict[str, tuple[Own, Answer]] = {}  # by path, as long as these search parameters stand
        self._terminology = terminology_capabilities.statement(self.server.base, self._began)
        self._smart = msgspec.json.encode(smart) if smart else b""
        self._spare: list[str] = []  # ids of requests to come

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; a bug passes through to the doors, which answer `unexpected`."""
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        if "origin" in headers:
            if crossing.is_preflight(scope, headers):
                return await crossing.preflight(send)
            send = crossing.opened(send)
        if scope["path"] == _SMART and self._smart and scope["method"] in ("GET", "HEAD"):
            return await crossing.document(send, self._smart, head=scope["method"] == "HEAD")
        request = headers.get("x-request-id", "")
        request = request if request and _OWN_ID.fullmatch(request) else self._minted()
        try:
            answer = await self._answer(scope, headers, request, receive)
        except ClientDisconnect:
            return
        except Refused as refused:
            _tell(refused, request, scope)
            answer = refusal(refused)
        except AWAY:
            answer = refusal(Refused("AK-F014"))
        head = scope["method"] == "HEAD"
        if isinstance(answer, Stream):
            await answer.flow(send, receive, request, headers, head=head)
        else:
            await answer.send(send, request, headers, head=head)

    def _minted(self) -> str:
        """Return an id for a request; the system is asked for many at a time, since asking is what costs."""
        if not self._spare:
            drawn = secrets.token_hex(_SPARE * 8)
            self._spare = [drawn[at : at + 16] for at in range(0, len(drawn), 16)]
        return self._spare.pop()

    async def _answer(self, scope: Scope, headers: Mapping[str, str], request: str, receive: Receive) -> Answer:
        method = "GET" if scope["method"] == "HEAD" else scope["method"]
        path = scope["path"].removeprefix(ROOT).strip("/")
        query = contents.parameters(scope["query_string"].decode("latin-1")) if scope["query_string"] else ()
        if not path.startswith(FILES):  # these have a form of their own
            contents.refuse_other_answers(headers, query)
        if path in _OPEN:
            answer = await self._capabilities(method, query, path)
        else:
            actor = await self._authenticate(headers, scope["method"], self._origin + scope["path"])
            place = _BASE if not path else addresses.find(path.split("/"))
            call = Call(
                server=self.server,
                actor=actor,
                request=request,
                method=method,
                headers=headers,
                content=contents.content(headers, receive),
                chunks=contents.chunks(headers, receive),
                query=tuple([pair for pair in query if pair[0] not in contents.PRESENTATION]) if query else (),
                type=place.type,
                id=place.id,
                version=place.version,
                within=place.within,
            )
            interaction = place.interaction(method)
            if "idempotency-key" in headers and interaction not in addresses.READING:
                call = _once(call, place, scope)
            answer = await perform(call, interaction)
        pretty = bool(query) and any(name == "_pretty" and value in _TRUE for name, value in query)
        return answer.pretty() if pretty else answer

    async def _capabilities(self, method: str, query: Pairs, path: str) -> Answer:
        if method != "GET":
            raise Refused("AK-F002", allowed="GET")
        if path == _OPENAPI:
            return await self._standing(path)
        modes = [value for name, value in query if name == "mode"] or ["full"]
        if len(modes) > 1 or modes[0] not in ("full", "terminology"):
            raise Refused("AK-F007", name="parameter mode (full or terminology)")
        return self._terminology if modes[0] == "terminology" else await self._standing(path)

    async def _standing(self, path: str) -> Answer:
        """Return the CapabilityStatement, or the OpenAPI document, with the search parameters that are ready now."""
        own, base = await load(self.server.office.database.fetch), self.server.base
        if path not in self._told or self._told[path][0] != own:
            made = (openapi.document(base, _BASE.interactions, own) if path == _OPENAPI
                    else capabilities.statement(base, self._began, self._capable, own, self._messages))  # fmt: skip
            self._told[path] = own, made
        return self._told[path][1]


def _tell(refused: Refused, request: str, scope: Scope) -> None:
    """Leave a line about who was not let in: there is nobody yet whom the access log could name."""
    if refused.code.startswith("AK-L"):
        told = {"refused": refused.code, "request": request, "address": (scope.get("client") or ("",))[0]}
        LOG.warning("not let in", extra=told)


def _once(call: Call, place: addresses.Place, scope: Scope) -> Call:
    """Return the call bound to its Idempotency-Key. Raises Refused AK-F011, AK-F035: it cannot be carried out once."""
    if place.operation == "$import":
        raise Refused("AK-F035")
    if place.operation:
        raise Refused("AK-F011", name="Idempotency-Key with an operation")
    asked = [scope["method"], scope["path"], scope["query_string"].decode("latin-1")]
    asked += [f"{name}: {call.headers.get(name, '')}" for name in ("content-type", "if-match", "if-none-exist")]
    once = given(call.headers["idempotency-key"], call.actor, asked)

    async def content(most: int) -> bytes:
        body = await call.content(most)
        once.heard(body)
        return body

    return replace(call, once=once, content=content)


async def bundle(call: Call) -> Answer:
    """Carry out a batch or a transaction. Source: hl7.org/fhir/R4/http.html#transaction"""
    call.refuse_parameters()
    contents.refuse_other_than_json(call.headers)
    cut = entries.cut_up(await call.content(LARGEST_BUNDLE))
    if cut.type not in ("batch", "transaction"):
        raise Refused("AK-F012", path="Bundle.type", detail="must be batch or transaction")
    return await (batch if cut.type == "batch" else transaction)(call, cut)


_BASE = addresses.Place(interactions={"POST": bundle, "GET": by_get})


class _Below(BaseRoute):
    """Hands everything at and below /fhir to the API without a router's parsing, and websockets to their own."""

    def __init__(self, api: FhirApi, acting: Acting | None) -> None:
        self._api, self._acting = api, acting

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        path = scope.get("path", "")
        if scope["type"] == "websocket":
            ours = path == _SOCKET and self._acting is not None
        else:
            ours = scope["type"] == "http" and (path == ROOT or path.startswith(ROOT + "/"))
        return (Match.FULL if ours else Match.NONE), {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket" and self._acting is not None:
            await Socket(WebSocket(scope, receive, send), self._api.server, self._acting).run()
        else:
            await self._api(scope, receive, send)


def routes(
    office: Office, authenticate: Authenticate, acting: Acting | None = None, *, base_url: str, secret: bytes,
    smart: Mapping[str, Any] | None = None, messages: str = "",
) -> list[BaseRoute]:  # fmt: skip
    """Return the API as routes; see FhirApi for the arguments. Put them first: reads are the hottest path.

    acting  as whom one who subscribes acts now; None: there are no websockets
    """
    api = FhirApi(office, authenticate, base_url=base_url, secret=secret, smart=smart, acting=acting, messages=messages)
    return [_Below(api, acting)]
