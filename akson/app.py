"""The application: composes every face on one office. A door: the only place where all floors meet."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

import httpx
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Match, Mount, Route
from starlette.types import Message, Receive, Scope, Send

from akson.access.roles import OWN_JOB
from akson.base.web.answers import handlers, problem
from akson.base.web.door import routes as screen_routes
from akson.base.web.messages import texts
from akson.base.web.render import Renderer
from akson.base.web.screens import Screen, Screens
from akson.base.web.speaking import Speaking, language_routes
from akson.base.web.static import Assets
from akson.base.work import Actor, Kind
from akson.doors.attesting import NO_SCOPES, attested_actor, is_attested
from akson.doors.contact import contact_routes
from akson.doors.context import PAGES, WebContext
from akson.doors.heading import Headed
from akson.doors.health import Counted, health_routes
from akson.doors.keys import Keys
from akson.doors.launching import PLACE, actor_of, device, records, smart_server
from akson.doors.limits import Limits
from akson.doors.national import scopes
from akson.doors.neighbours import neighbours
from akson.doors.opening import clock, opened
from akson.doors.settings import Settings
from akson.doors.signing import noted
from akson.doors.subscribing import standing
from akson.exchange.registry import summary
from akson.exchange.safexml import namespaces
from akson.exchange.seals.trust import Trust as MessageTrust
from akson.exchange.transports.local import Local
from akson.fhirapi.answers import unexpected
from akson.fhirapi.door import routes as fhir_routes
from akson.record.office import Office
from akson.signin.attestation import PATIENT
from akson.signin.client import OidcClient
from akson.signin.issuer import PROGRAM_NAME, Issuer, IssuerSettings
from akson.signin.issuer_routes import issuer_routes
from akson.signin.keys import Keyring
from akson.signin.model import CITIZENS, EVERYBODY, STAFF, Client, Identity, Persona, Provider
from akson.signin.remote import OwnKeys, Remote
from akson.signin.screens import SignIn, signin_routes
from akson.signin.sessions import Sessions, SessionSettings, cookie_is_secure
from akson.signin.smart.consenting import Consent
from akson.signin.smart.routes import discovery_routes, smart_routes
from akson.signin.smart.server import Smart
from akson.signin.smart.telling import configuration
from akson.signin.tickets import Tickets
from akson.signin.verifier import Trust, Verifier, acting
from akson.workplace.refused import explain

HOME = Path(__file__).parent
SCREEN_PACKAGES = ("workplace", "portal", "clinical", "care")
ISSUER = "/issuer"  # where our own authorisation server stands
Personas = Callable[[], Awaitable[list[Persona]]]


async def nobody() -> list[Persona]:
    """Return the personas of an installation that has none."""
    return []


@dataclass(frozen=True, kw_only=True)
class Installation:
    """What is opened once per process."""

    settings: Settings
    office: Office
    http: httpx.AsyncClient
    renderer: Renderer
    assets: Assets
    tickets: Tickets
    keyring: Keyring
    keys: Keys
    personas: Personas


def served(settings: Settings, personas: Personas) -> Headed:
    """Return the application as `akson serve` serves it: counted, and the FHIR API without the layers of the pages."""
    secure = cookie_is_secure(settings.base_url)
    return Headed(Counted(Straight(application(settings, personas))), secure=secure)


class Straight:
    """ASGI middleware that hands the FHIR API its requests itself: the layers around screens cost a read too much."""

    def __init__(self, app: Starlette) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        api = next(iter(self._app.router.routes), None)
        if scope["type"] != "http" or api is None or api.matches(scope)[0] is not Match.FULL:
            return await self._app(scope, receive, send)
        begun = False

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await api.handle(scope, receive, watched)
        except Exception:  # a bug: answered here, told of by whoever serves
            if not begun:
                await _unexpected()(scope, receive, send)
            raise


def application(settings: Settings, personas: Personas = nobody) -> Starlette:
    """Return the ASGI application of one installation."""
    assets = Assets()
    renderer = Renderer(texts(), assets.address)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            office = await stack.enter_async_context(opened(settings))
            http = await stack.enter_async_context(httpx.AsyncClient(timeout=10.0))
            here = Installation(
                settings=settings, office=office, http=http, personas=personas, assets=assets, renderer=renderer,
                tickets=Tickets(office.database), keyring=Keyring.open(settings.keys, "issuer"),
                keys=Keys.open(settings.keys),
            )  # fmt: skip
            app.router.routes.extend(_routes(here))
            yield

    secure = cookie_is_secure(settings.base_url)
    told = handlers(renderer) | {Exception: _failed(renderer)}
    return Starlette(lifespan=lifespan, exception_handlers=told, middleware=[Middleware(Speaking, secure=secure)])


def _routes(here: Installation) -> list[BaseRoute]:
    sessions = Sessions(here.office.database, _session_settings(here.settings))
    smart = smart_server(here.settings, here.office, here.http, sessions.settings)
    context = WebContext(office=here.office, sessions=sessions, renderer=here.renderer,
                         limits=Limits(here.office.database, clock, min(PAGES, here.settings.rate)))  # fmt: skip
    found: list[BaseRoute] = [
        *fhir_routes(
            here.office,
            _authenticate(here, smart),
            standing(here.office),
            base_url=here.settings.base_url,
            secret=here.keys.derived("pages"),
            smart=configuration(smart.url),
            messages=summary(namespaces(here.settings.schemas) if here.settings.schemas else ()),
        ),  # first: reads are the hottest path
        Route("/", _front(sessions), methods=["GET"]),
        Route("/static/{name}", here.assets.serve, methods=["GET"]),
        *health_routes(here.office, MessageTrust(here.settings.trust)),
        *contact_routes(here.settings.contact, here.settings.base_url, clock),
        *discovery_routes(smart, "smart-configuration"),  # for clients that know the host only
        *signin_routes(_signin(here, sessions)),
        *language_routes(here.renderer, secure=cookie_is_secure(here.settings.base_url)),
        *screen_routes(screens(), context, explain=explain),
    ]
    found.append(Mount(PLACE, routes=smart_routes(smart, Consent(
        smart=smart, sessions=sessions, renderer=here.renderer, records=records(here.office)))))  # fmt: skip
    if here.settings.own_issuer:
        issuer = Issuer(_issuer_settings(here), here.tickets, here.keyring, clock)
        found.append(Mount(ISSUER, routes=issuer_routes(issuer, here.renderer)))
    if here.settings.exchange_secret:
        found += Local(secret=here.settings.exchange_secret, client=here.http).routes(here.office)
    return found


def screens() -> list[Screen]:
    """Return every screen there is: the `SCREENS` of each module of the faces and features."""
    found: list[Screen] = []
    for package in SCREEN_PACKAGES:
        inside = walk_packages([str(HOME / package)], f"akson.{package}.")
        for name in sorted(module.name for module in inside):
            registered = getattr(import_module(name), "SCREENS", None)
            found += registered.found if isinstance(registered, Screens) else []
    return found


def _issuer_settings(here: Installation) -> IssuerSettings:
    settings = here.settings
    keys, url = Keyring.open(settings.keys, "client"), f"{settings.base_url}{ISSUER}"
    services = scopes(settings, url)
    client = Client(
        id=settings.client_id, name="Akson", keys=lambda: keys.public, scopes=frozenset({"openid", "profile"}),
        redirect_uris=frozenset({f"{settings.base_url}/logg-inn/tilbake"}),
        leave_uris=frozenset({f"{settings.base_url}/logg-ut"}), services=services,
        grants=frozenset({"authorization_code", "client_credentials"} if services else {"authorization_code"}),
    )  # fmt: skip
    return IssuerSettings(
        url=url, audience=settings.fhir_url,
        clients={client.id: client, **neighbours(settings)},
        personas=here.personas,
    )  # fmt: skip


def _signin(here: Installation, sessions: Sessions) -> SignIn:
    return SignIn(
        base_url=here.settings.base_url, providers=_providers(here), sessions=sessions, tickets=here.tickets,
        clock=clock, renderer=here.renderer, actors_for=actors_for(here.office),
        home=_home, noted=noted(here.office),
    )  # fmt: skip


def _session_settings(settings: Settings) -> SessionSettings:
    return SessionSettings(secure=cookie_is_secure(settings.base_url), idle=timedelta(minutes=settings.idle))


def _providers(here: Installation) -> Mapping[str, OidcClient]:
    settings, keys = here.settings, Keyring.open(here.settings.keys, "client")
    issuers = {"helseid": ("Ansatt, med HelseID", settings.staff_issuer),
               "idporten": ("Innbygger, med ID-porten", settings.citizen_issuer)}  # fmt: skip
    if settings.own_issuer:
        issuers = {"demo": ("Demo", f"{settings.base_url}{ISSUER}")}
    return {
        name: OidcClient(
            Provider(name=name, label=label, issuer=url, client_id=settings.client_id,
                     redirect_uri=f"{settings.base_url}/logg-inn/tilbake", leave_uri=f"{settings.base_url}/logg-ut",
                     vouches=_vouches(settings, url)),
            keys, here.http, clock,
        )
        for name, (label, url) in issuers.items() if url
    }  # fmt: skip


def actors_for(office: Office) -> Callable[[Identity], Awaitable[list[Actor]]]:
    """Return the function that tells whom a signed-in person may act as."""

    async def found(identity: Identity) -> list[Actor]:
        if identity.staff:
            return await office.register.staff(identity.pid, clock(), identity.signed_in)
        actor = await office.register.citizen(identity.pid, identity.signed_in)
        return [actor] if actor else []

    return found


def _authenticate(here: Installation, smart: Smart) -> Callable[[Mapping[str, str], str, str], Awaitable[Actor]]:
    """Return the function that tells who calls the FHIR API: a person through a program, or a program alone."""
    trusted = [*_trusted(here), Trust(issuer=smart.url, keys=OwnKeys(smart.keys))]
    verifier = Verifier(trusted, here.tickets, clock, audience=here.settings.fhir_url,
                        bearer=here.settings.bearer)  # fmt: skip
    known, limits = actors_for(here.office), Limits(here.office.database, clock, here.settings.rate)

    async def authenticate(headers: Mapping[str, str], method: str, url: str) -> Actor:
        claims = await verifier.verify(headers, method, url)
        if claims.issuer == smart.url:
            return await actor_of(claims, smart, here.office, limits)
        await limits.take(f"{claims.issuer} {claims.client}")
        scopes = (claims.scopes - {OWN_JOB} if OWN_JOB in claims.scopes else claims.scopes) or NO_SCOPES
        if is_attested(claims):
            actor = await attested_actor(claims, headers.get(PATIENT, ""), here.office)
            return replace(actor, scopes=scopes)
        if claims.person is None:
            return _program(
                claims.subject,
                str(claims.claims.get(PROGRAM_NAME) or claims.subject),
                scopes,
                claims.issuer,
                claims.jti,
            )
        actor = acting(claims, await known(claims.person))
        return _through(actor, scopes, f"{actor.signed_in} app {claims.client}", claims.jti)

    return authenticate


@lru_cache(maxsize=4096)
def _program(subject: str, name: str, scopes: frozenset[str], issuer: str, token: str) -> Actor:
    return Actor(kind=Kind.SYSTEM, id=device(subject, issuer), key=0, name=name, role="system", scopes=scopes,
                 signed_in=issuer, token=token)  # fmt: skip


@lru_cache(maxsize=4096)
def _through(actor: Actor, scopes: frozenset[str], signed_in: str, token: str) -> Actor:
    """Return a person as they act through a program."""
    return replace(actor, scopes=scopes, signed_in=signed_in, token=token)


def _trusted(here: Installation) -> list[Trust]:
    if here.settings.own_issuer:
        return [Trust(issuer=f"{here.settings.base_url}{ISSUER}", keys=OwnKeys(here.keyring))]
    issuers = (here.settings.staff_issuer, here.settings.citizen_issuer)
    return [Trust(issuer=url, keys=Remote(url, here.http), vouches=_vouches(here.settings, url))
            for url in dict.fromkeys(issuers) if url]  # fmt: skip


def _vouches(settings: Settings, issuer: str) -> frozenset[str]:
    """Return for whom an issuer may vouch: HelseID never for a citizen, ID-porten never for staff."""
    if settings.own_issuer:
        return EVERYBODY
    named = ((STAFF, settings.staff_issuer), (CITIZENS, settings.citizen_issuer))
    return frozenset(kind for kind, url in named if url == issuer)


def _front(sessions: Sessions) -> Callable[[Request], Awaitable[Response]]:
    """Return the front door: it leads to one's own first page, and strangers to sign in."""

    async def front(request: Request) -> Response:
        session = await sessions.of(request, clock())
        return RedirectResponse(_home(session.actor) if session and session.actor else "/logg-inn", 303)

    return front


def _home(actor: Actor) -> str:
    return "/min" if actor.kind is Kind.CITIZEN else "/start"


def _failed(renderer: Renderer) -> Callable[[Request, Exception], Awaitable[Response]]:
    """Return what answers a bug: an OperationOutcome to programs, a page to people; neither tells more than that."""

    async def failed(request: Request, _: Exception) -> Response:
        return _unexpected() if request.url.path.startswith("/fhir") else problem(renderer, 500)

    return failed


def _unexpected() -> Response:
    answer = unexpected()
    return Response(answer.body, answer.status, media_type="application/fhir+json")
