"""A small Akson that only signs people in, served over real HTTP: our issuer, the sign-in pages, one page, one API."""

from __future__ import annotations

import asyncio
import hmac
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import httpx
import pytest
import uvicorn
from joserfc.jwk import ECKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp

from akson.base.database import Database
from akson.base.errors import Refused
from akson.base.web.messages import Messages
from akson.base.web.render import Renderer
from akson.base.work import Actor, Kind
from akson.signin import jose
from akson.signin.client import OidcClient
from akson.signin.issuer import Issuer, IssuerSettings
from akson.signin.issuer_routes import issuer_routes
from akson.signin.keys import Keyring
from akson.signin.model import Client, Identity, Persona, Provider
from akson.signin.remote import OwnKeys
from akson.signin.screens import Event, SignIn, signin_routes
from akson.signin.sessions import Sessions, SessionSettings
from akson.signin.tickets import Tickets
from akson.signin.verifier import Trust, Verifier, challenge
from peers.serving import Listening

JONAS = Persona(id="jonas", name="Jonas Eikeland", role="Fastlege", unit="Nordre legesenter", pid="16887512345",
                hpr="9000001", note="Se Astrid etter sykehuset")  # fmt: skip
SIRI = Persona(id="siri", name="Siri Aune", role="Saksbehandler", unit="Tildelingskontoret", pid="20867054321")
ASTRID = Persona(id="astrid", name="Astrid Nordli", role="Innbygger", unit="", pid="14834142059", group="Innbyggere",
                 staff=False)  # fmt: skip
STRANGER = Persona(id="ukjent", name="Uten Rolle", role="", unit="", pid="01810012345")
PERSONAS = [JONAS, SIRI, ASTRID, STRANGER]


def packed(value: object) -> str:
    """Return one part of a token."""
    return jose.b64(json.dumps(value).encode())


def unsigned(token: str, typ: str = "JWT") -> str:
    """Return the token with `alg: none`."""
    return f"{packed({'alg': 'none', 'typ': typ})}.{token.split('.')[1]}."


def confused(claims: dict[str, object], key: ECKey, typ: str, kid: str = "") -> str:
    """Return a token signed by HMAC with a public key as secret: algorithm confusion."""
    signing = f"{packed({'alg': 'HS256', 'typ': typ, 'kid': kid or key.thumbprint()})}.{packed(claims)}"
    return f"{signing}.{jose.b64(hmac.digest(key.as_pem(private=False), signing.encode(), 'sha256'))}"


class Clock:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def pass_(self, **time: float) -> None:
        self.ahead += timedelta(**time)


def actor(role: str, name: str, *, kind: Kind = Kind.STAFF, key: int = 1) -> Actor:
    return Actor(kind=kind, id=f"Practitioner/{key}", key=key, name=name, role=role, unit=key * 10,
                 scopes=frozenset(), signed_in="egen:4")  # fmt: skip


ROLES = {
    JONAS.pid: [actor("fastlege", "Jonas Eikeland", key=-(2**62))],
    SIRI.pid: [actor("saksbehandler", "Siri Aune", key=3), actor("leder", "Siri Aune", key=4)],
    ASTRID.pid: [actor("innbygger", "Astrid Nordli", kind=Kind.CITIZEN, key=5)],
}


@dataclass
class House:
    """Everything of the small Akson, for tests to reach into."""

    url: str
    clock: Clock
    tickets: Tickets
    sessions: Sessions
    issuer: Issuer
    client_keys: Keyring
    issuer_keys: Keyring
    oidc: OidcClient
    http: httpx.AsyncClient
    signin: SignIn
    identities: list[Identity] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    async def _page(self, request: Request) -> Response:
        session = await self.sessions.of(request, self.clock())
        if session is None or session.actor is None:
            return Response("logg inn", 401)
        return JSONResponse({"name": session.actor.name, "role": session.actor.role, "csrf": session.csrf})

    def api(self, *, trusted: list[Trust] | None = None, bearer: bool = True, audience: str = "") -> Route:
        """Return an API that tells who calls it."""
        own = Trust(issuer=self.issuer.settings.url, keys=OwnKeys(self.issuer_keys))
        name = audience or self.issuer.settings.audience
        verifier = Verifier(trusted or [own], self.tickets, self.clock, audience=name, bearer=bearer)

        async def answer(request: Request) -> Response:
            try:
                found = await verifier.verify(request.headers, request.method, str(request.url))
            except Refused as no:
                return JSONResponse({"why": no.detail}, no.status, headers={"www-authenticate": challenge(no)})
            return JSONResponse(
                {
                    "subject": found.subject,
                    "pid": found.person.pid if found.person else "",
                    "scopes": sorted(found.scopes),
                }
            )

        return Route("/fhir/hvem", answer, methods=["GET", "POST"])


@asynccontextmanager
async def served(app: Callable[[str], ASGIApp], *, lifespan: Literal["on", "off"] = "off") -> AsyncIterator[str]:
    """Serve `app(url)` on a free port and give its address."""
    place = Listening.at(0)
    with place.socket as listening:
        config = uvicorn.Config(app(place.url), lifespan=lifespan, ws="none", log_level="warning", access_log=False)
        server = uvicorn.Server(config)
        running = asyncio.create_task(server.serve(sockets=[listening]))
        while not server.started:  # noqa: ASYNC110  uvicorn has no event for it
            await asyncio.sleep(0.01)
        try:
            yield place.url
        finally:
            server.should_exit = True
            await running


@pytest.fixture
async def house(db: Database, tmp_path: Path) -> AsyncIterator[House]:
    """The small Akson, serving."""
    built: list[House] = []
    async with httpx.AsyncClient() as http:

        def build(url: str) -> ASGIApp:
            built.append(_house(url, db, tmp_path, http))
            return _app(built[0])

        async with served(build):
            yield built[0]


def _house(url: str, db: Database, folder: Path, http: httpx.AsyncClient) -> House:
    clock, tickets = Clock(), Tickets(db)
    sessions = Sessions(db, SessionSettings(secure=False))
    issuer_keys, client_keys = Keyring.open(folder, "issuer"), Keyring.open(folder, "client")

    async def personas() -> list[Persona]:
        return PERSONAS

    web = Client(
        id="web", name="Akson", keys=lambda: client_keys.public, redirect_uris=frozenset({f"{url}/logg-inn/tilbake"}),
        leave_uris=frozenset({f"{url}/logg-ut"}), scopes=frozenset({"openid", "user/*.cruds", "system/*.rs"}),
        grants=frozenset({"authorization_code", "client_credentials"}),
        services=frozenset({"nhn:msh/api", "nhn:msh/more", "nhn:cp-api/access"}),
    )  # fmt: skip
    other = Client(id="other", name="En annen", keys=web.keys, redirect_uris=web.redirect_uris, scopes=web.scopes)
    settings = IssuerSettings(url=f"{url}/id", audience=f"{url}/fhir", clients={"web": web, "other": other},
                              personas=personas)  # fmt: skip
    issuer = Issuer(settings, tickets, issuer_keys, clock)
    provider = Provider(name="egen", label="Demo", issuer=settings.url, client_id="web", scope="openid user/*.cruds",
                        redirect_uri=f"{url}/logg-inn/tilbake", leave_uri=f"{url}/logg-ut")  # fmt: skip
    oidc = OidcClient(provider, client_keys, http, clock)
    identities: list[Identity] = []
    events: list[Event] = []

    async def actors_for(identity: Identity) -> list[Actor]:
        identities.append(identity)
        return ROLES.get(identity.pid, [])

    async def noted(event: Event) -> None:
        events.append(event)

    signin = SignIn(
        base_url=url, providers={"egen": oidc}, sessions=sessions, tickets=tickets, clock=clock,
        renderer=Renderer(Messages.read(), lambda name: f"/static/{name}"), actors_for=actors_for,
        home=lambda actor: "/side", noted=noted, failures=5,
    )  # fmt: skip
    return House(url=url, clock=clock, tickets=tickets, sessions=sessions, issuer=issuer, client_keys=client_keys,
                 issuer_keys=issuer_keys, oidc=oidc, http=http, signin=signin, identities=identities,
                 events=events)  # fmt: skip


def _app(house: House) -> Starlette:
    renderer = house.signin.renderer
    return Starlette(routes=[
        *signin_routes(house.signin), Route("/side", house._page), house.api(),
        Mount("/id", routes=issuer_routes(house.issuer, renderer)),
    ])  # fmt: skip


class Browser:
    """A browser: keeps cookies, follows at most eight redirects, remembers where it has been."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.http = httpx.AsyncClient(base_url=house.url)
        self.been: list[str] = []

    async def go(self, url: str, *, stop: str = "", **form: str) -> httpx.Response:
        """Open `url` (post `form` when given) and follow redirects, but not to an address holding `stop`."""
        answer = await self.http.request("POST" if form else "GET", url, data=form or None)
        for _ in range(8):
            if not answer.has_redirect_location:
                return answer
            where = str(answer.next_request.url if answer.next_request else "")
            self.been.append(where)
            if stop and stop in where:
                return answer
            answer = await self.http.get(where)
        raise AssertionError(f"too many redirects: {self.been}")

    async def sign_in(self, person: str, *, start: str = "/logg-inn", stop: str = "") -> httpx.Response:
        """Go through the whole sign-in as the persona `person`."""
        picker = await self.go(start)
        assert "Hvem vil du være?" in picker.text, picker.text
        query = dict(picker.url.params)
        return await self.go(str(picker.url), stop=stop, person=person, **query)

    @property
    def cookie(self) -> str:
        return self.http.cookies.get("akson") or ""


@pytest.fixture
async def browser(house: House) -> AsyncIterator[Browser]:
    one = Browser(house)
    yield one
    await one.http.aclose()
