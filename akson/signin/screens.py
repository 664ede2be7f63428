"""The pages of sign-in: /logg-inn, /logg-inn/tilbake, /logg-inn/rolle, /laas, /logg-ut; and what an issuer tells us."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from akson.base.errors import Refused
from akson.base.web.answers import guarded, refusal
from akson.base.web.render import Renderer
from akson.base.web.sent import local, same_origin, same_session
from akson.base.work import Actor
from akson.signin.client import OidcClient
from akson.signin.jose import BadToken, b64, fresh, sha256
from akson.signin.model import Identity, Pending
from akson.signin.overview import Overview
from akson.signin.pages import NO_STORE, form_of, go, page
from akson.signin.sessions import LOOPBACK, Session, Sessions
from akson.signin.tickets import Tickets

UNDER_WAY = timedelta(minutes=15)  # from /logg-inn to /logg-inn/tilbake
Answer = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something the access log should know of."""

    what: str  # "in", "out", "role", "locked", "refused"; "ended" by the issuer
    actor: Actor | None  # None when nobody was signed in
    code: str = ""  # of the refusal
    address: str = ""  # of the browser


@dataclass(frozen=True, kw_only=True)
class SignIn:
    """What the sign-in pages need; the application composes it."""

    base_url: str  # as browsers see us: "http://127.0.0.1:8000"
    providers: Mapping[str, OidcClient]  # by name; with more than one the person chooses
    sessions: Sessions
    tickets: Tickets
    clock: Callable[[], datetime]
    renderer: Renderer
    actors_for: Callable[[Identity], Awaitable[list[Actor]]]  # the roles a person may act in; none = refused
    home: Callable[[Actor], str]  # the first page after sign-in
    noted: Callable[[Event], Awaitable[None]]
    starts: int = 300  # per address and five minutes; a whole town hall may share one
    failures: int = 30  # likewise


def signin_routes(signin: SignIn) -> list[Route]:
    """Return the pages of sign-in, to be mounted at the root."""
    door = _Door(signin)
    overview = Overview(sessions=signin.sessions, renderer=signin.renderer, clock=signin.clock, home=signin.home,
                        ended=door.ended_here)  # fmt: skip
    return [
        Route("/logg-inn", door.page(door.begin), methods=["GET"]),
        Route("/logg-inn/tilbake", door.page(door.back), methods=["GET"]),
        Route("/logg-inn/rolle", door.page(door.roles), methods=["GET"]),
        Route("/logg-inn/rolle", door.page(door.choose), methods=["POST"]),
        Route("/logg-ut", door.page(door.out), methods=["POST"]),
        Route("/logg-ut", door.page(door.outside), methods=["GET"]),
        Route("/logg-ut/{issuer}", door.ended, methods=["POST"]),
        Route("/laas", door.page(door.lock), methods=["POST"]),
        Route("/laas/her", door.here, methods=["GET"]),
        *overview.routes(),
    ]


class _Door:
    def __init__(self, signin: SignIn) -> None:
        self._in = signin
        self._browser = "__Host-akson-inn" if signin.sessions.settings.secure else "akson-inn"

    def page(self, answer: Answer) -> Answer:
        """Let a page explain in plain words when it refuses, and note that it did."""

        async def endpoint(request: Request) -> Response:
            try:
                return await answer(request)
            except Refused as no:
                await self._note_refusal(request, no.code)
                return refusal(self._in.renderer, no)

        return endpoint

    async def _note_refusal(self, request: Request, code: str) -> None:
        """Note a refusal, unless its address was refused so often lately that more would only fill the log."""
        signin, address = self._in, _address(request)
        try:
            await signin.tickets.count(f"refused {address}", signin.starts, now=signin.clock())
        except Refused:
            return
        await signin.noted(Event(what="refused", actor=None, code=code, address=address))

    async def begin(self, request: Request) -> Response:
        """Send the browser to the issuer; with several issuers let the person choose first."""
        signin, now = self._in, self._in.clock()
        if _beside(request, signin.base_url):
            return go(f"{signin.base_url}/logg-inn?{request.url.query}")
        await signin.tickets.count(f"start {_address(request)}", signin.starts, now=now)
        to = _local(request.query_params.get("til", ""))
        cookie = signin.sessions.cookie_of(request)
        locked = await signin.sessions.locked(cookie, now)
        if locked and "til" in request.query_params:
            return await self._kept(request, cookie, to)
        # Led here by another site: the person presses a button first.
        led = request.headers.get("sec-fetch-site") == "cross-site"
        asked = "" if led else request.query_params.get("med", "")
        name = asked or (next(iter(signin.providers)) if len(signin.providers) == 1 and not locked and not led else "")
        if locked and name not in signin.providers:
            return page(signin.renderer, "locked.html", who=locked.actor, provider=locked.provider)
        if name not in signin.providers:
            offered = [client.provider for client in signin.providers.values()]
            return page(signin.renderer, "providers.html", providers=offered, to=to)
        anew = locked is not None or request.query_params.get("nytt") == "1"
        return await self._depart(signin.providers[name], to, now, anew=anew)

    async def _kept(self, request: Request, cookie: str, to: str) -> Response:
        """Come here anew without the page in the address: it is of who locked the screen, and kept with the session."""
        if to:
            await self._in.sessions.keep_page(cookie, to)
        rest = {name: value for name, value in request.query_params.items() if name != "til"}
        return go(f"/logg-inn?{urlencode(rest)}" if rest else "/logg-inn")

    async def _depart(self, client: OidcClient, to: str, now: datetime, *, anew: bool) -> Response:
        browser, verifier, nonce = fresh(), fresh(), fresh()
        pending = Pending(
            provider=client.provider.name, nonce=nonce, verifier=verifier, browser=_digest(browser), to=to,
            since=now.timestamp() if anew else 0,
        )  # fmt: skip
        state = await self._in.tickets.put("state", pending, until=now + UNDER_WAY)
        answer = go(await client.begin(state=state, nonce=nonce, verifier=verifier, anew=anew))
        answer.set_cookie(
            self._browser, browser, path="/", httponly=True, samesite="lax", secure=self._in.sessions.settings.secure,
            max_age=int(UNDER_WAY.total_seconds()),
        )  # fmt: skip
        return answer

    async def back(self, request: Request) -> Response:
        """Receive the person back from the issuer and begin their session, under a new cookie."""
        try:
            return await self._received(request)
        except Refused:
            await self._in.tickets.count(f"fail {_address(request)}", self._in.failures, now=self._in.clock())
            raise

    async def _received(self, request: Request) -> Response:
        signin, now, query = self._in, self._in.clock(), request.query_params
        pending = await signin.tickets.use("state", query.get("state", ""), Pending, now=now)
        if pending is None or pending.browser != _digest(request.cookies.get(self._browser, "")):
            raise Refused("AK-L003")
        client = signin.providers.get(pending.provider)
        if client is None:
            raise Refused("AK-L003")
        signed_in = await client.finish(query, pending)
        actors = await signin.actors_for(signed_in.identity)
        if not actors:
            raise Refused("AK-L006" if signed_in.identity.staff else "AK-L024")
        old = signin.sessions.cookie_of(request)
        locked = await signin.sessions.locked(old, now)
        if locked and not pending.since:
            raise Refused("AK-L003")  # locked while the person was at the issuer, who may not have asked them anything
        chosen = locked.among(actors) if locked else None
        secret = await signin.sessions.start(
            actors, provider=pending.provider, now=now, replaces=old, chosen=chosen, issued=signed_in.issued
        )
        actor = actors[0] if len(actors) == 1 else chosen
        await signin.noted(Event(what="in", actor=actor, address=_address(request)))
        to = pending.to if locked is None else locked.page if chosen else ""  # the page is of whoever was locked out
        answer = go((to or signin.home(actor)) if actor else _roles_page(to))
        answer.delete_cookie(
            self._browser, path="/", httponly=True, samesite="lax", secure=signin.sessions.settings.secure
        )
        signin.sessions.hand_over(answer, secret)
        return answer

    async def roles(self, request: Request) -> Response:
        """Show the roles the person may act in."""
        session = await self._session(request)
        to = _local(request.query_params.get("til", ""))
        return page(self._in.renderer, "role.html", choices=session.choices, current=session.actor,
                    csrf=session.csrf, to=to)  # fmt: skip

    async def choose(self, request: Request) -> Response:
        """Act in the chosen role from now on, under a new cookie."""
        same_origin(request)
        session, form = await self._session(request), await form_of(request)
        same_session(form.get("_csrf", ""), session.csrf)
        place = int(form["rolle"]) if form.get("rolle", "").isdecimal() else -1
        secret = await self._in.sessions.choose(session, place)
        actor = session.choices[place]
        await self._in.noted(Event(what="role", actor=actor, address=_address(request)))
        answer = go(_local(form.get("til", "")) or self._in.home(actor))
        self._in.sessions.hand_over(answer, secret)
        return answer

    async def out(self, request: Request) -> Response:
        """End the session in all tabs, then at the issuer."""
        signin = self._in
        same_origin(request)
        session = await signin.sessions.of(request, signin.clock())
        if session is not None:
            same_session((await form_of(request)).get("_csrf", ""), session.csrf)
        ended = await signin.sessions.end(signin.sessions.cookie_of(request))
        answer = self._onwards(await self._issuers_exit(ended.provider) if ended else "/logg-ut")
        signin.sessions.take_back(answer)
        if ended:
            await signin.noted(Event(what="out", actor=ended.actor, address=_address(request)))
        return answer

    def _onwards(self, target: str) -> Response:
        """Go to `target`; by way of a page when it is another site, where no form of ours may lead (form-action)."""
        if urlsplit(target).netloc in {"", urlsplit(self._in.base_url).netloc}:
            return go(target)
        answer = page(self._in.renderer, "leaving.html", target=target)
        answer.headers["refresh"] = f"0; url={target}"
        return answer

    async def _issuers_exit(self, provider: str) -> str:
        """Return the issuer's logout address; ours when it does not answer: the session here has ended anyway."""
        client = self._in.providers.get(provider)
        try:
            return await client.leave() or "/logg-ut" if client else "/logg-ut"
        except Refused:
            return "/logg-ut"

    async def lock(self, request: Request) -> Response:
        """Let nobody go on here without signing in anew; for a citizen that is the end of it."""
        same_origin(request)
        signin, now = self._in, self._in.clock()
        cookie, form = signin.sessions.cookie_of(request), await form_of(request)
        session = await signin.sessions.of(request, now)
        if session is not None:
            same_session(form.get("_csrf", ""), session.csrf)
            await signin.noted(Event(what="locked", actor=session.actor, address=_address(request)))
        answer = go("/logg-inn")
        if secret := await signin.sessions.lock(cookie, now, _local(form.get("til", ""))):
            signin.sessions.hand_over(answer, secret)
        elif await signin.sessions.end(cookie):
            signin.sessions.take_back(answer)
        return answer

    async def here(self, request: Request) -> Response:
        """Hear from a page that somebody is at it: the session is in use then. Tell it whether there still is one."""
        session = await self._in.sessions.of(request, self._in.clock())
        return guarded(PlainTextResponse("in" if session else "out"))

    async def ended(self, request: Request) -> Response:
        """Hear from an issuer that a session has ended there (OpenID Connect Back-Channel Logout 1.0)."""
        signin, name = self._in, request.path_params["issuer"]
        try:
            if (client := signin.providers.get(name)) is None:
                raise BadToken("unknown issuer")
            logout = await client.ended((await form_of(request)).get("logout_token", ""))
            if not await signin.tickets.first_sight(logout.jti, until=logout.until):
                raise BadToken("jti seen before")
        except (BadToken, Refused) as bad:
            await self._note_refusal(request, "AK-L004")
            status = bad.status if isinstance(bad, Refused) and bad.status >= 500 else 400
            return JSONResponse({"error": "invalid_request", "error_description": str(bad)}, status, headers=NO_STORE)
        for actor in await signin.sessions.end_at_issuer(name, logout.issued):
            await signin.noted(Event(what="ended", actor=actor))
        return guarded(Response(status_code=200))

    async def ended_here(self, actor: Actor | None) -> None:
        """Note a session that its person ended from another."""
        await self._in.noted(Event(what="ended", actor=actor))

    async def outside(self, request: Request) -> Response:
        """Say that one is logged out."""
        return page(self._in.renderer, "out.html")

    async def _session(self, request: Request) -> Session:
        session = await self._in.sessions.of(request, self._in.clock())
        if session is None:
            raise Refused("AK-L001")
        return session


def _roles_page(to: str) -> str:
    return f"/logg-inn/rolle?{urlencode({'til': to})}" if to else "/logg-inn/rolle"


def _local(to: str) -> str:
    """Return `to` if it is a page of ours that those signed in can be sent to, else ""."""
    return "" if to.startswith(("/logg-inn", "/logg-ut")) else local(to)


def _beside(request: Request, base_url: str) -> bool:
    """Say whether a browser on this machine uses another name for it ("localhost") than the answer will come to.

    Only then: behind a proxy that renames hosts, a redirect would go round for ever.
    """
    here = request.url.netloc != urlsplit(base_url).netloc
    return here and {request.url.hostname, urlsplit(base_url).hostname} <= LOOPBACK


def _digest(secret: str) -> str:
    return b64(sha256(secret))


def _address(request: Request) -> str:
    return request.client.host if request.client else ""
