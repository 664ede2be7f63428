"""The page on which a person decides what an app gets, and for which patient; and the start from an open record."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import Response

from akson.base.errors import Refused
from akson.base.web.answers import HEADERS, refusal
from akson.base.web.render import Renderer
from akson.base.web.sent import same_origin, same_session
from akson.base.work import Actor, Kind
from akson.signin import jose
from akson.signin.jose import sha256
from akson.signin.pages import form_of, go, page
from akson.signin.sessions import Session, Sessions
from akson.signin.smart.apps import App
from akson.signin.smart.asking import Asked
from akson.signin.smart.granting import LAUNCH, Grant, Launch
from akson.signin.smart.server import Smart
from akson.signin.smart.telling import plain_words

WAITS = timedelta(minutes=15)  # for the person to sign in and decide


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A patient whose record the person may open. context: the owner key."""

    id: str
    name: str
    born: str
    context: int


@dataclass(frozen=True, kw_only=True)
class Records:
    """What the record says of whom a person may choose; the doors compose it, and every question leaves its trace."""

    offered: Callable[[Actor, str], Awaitable[list[Choice]]]  # by a part of the name
    opened: Callable[[Actor, str, str], Awaitable[Choice]]  # actor, id, what for; raises Refused when it may not be
    noted: Callable[[Actor, int, str], Awaitable[None]]  # actor, owner key, what the person did


@dataclass(frozen=True, kw_only=True)
class Consent:
    """The pages."""

    smart: Smart
    sessions: Sessions
    renderer: Renderer
    records: Records

    def guarded(self, answer: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
        """Let a page explain in plain words when it refuses."""

        async def endpoint(request: Request) -> Response:
            try:
                return await answer(request)
            except Refused as no:
                return refusal(self.renderer, no)

        return endpoint

    async def ask(self, request: Request) -> Response:
        """Show what the app would get; whoever is not signed in does that first."""
        secret = request.query_params.get("be", "")
        asked, app = await self._asked(secret)
        session = await self.sessions.of(request, self.smart.clock())
        if session is None or session.actor is None:
            here = f"{urlsplit(self.smart.url).path}/app?{urlencode({'be': secret})}"
            return go(f"/logg-inn{'/rolle' if session else ''}?{urlencode({'til': here})}")
        return await self._drawn(asked, app, session, session.actor, secret)

    async def _drawn(
        self, asked: Asked, app: App, session: Session, actor: Actor, secret: str, sought: str = ""
    ) -> Response:
        """Draw the page. sought: a part of the name of whom staff look for, which stands in no address."""
        chosen = await self._launched(asked, actor)
        offered = [] if chosen or not asked.needs_patient else await self.records.offered(actor, sought)
        answer = page(
            self.renderer, "smart/consent.html", app=app, csrf=session.csrf, secret=secret, chosen=chosen,
            offered=offered, picks=asked.needs_patient and chosen is None, sought=sought, gets=plain_words(asked.scope),
            actor=actor, staff=actor.kind is Kind.STAFF, brief=not {"offline_access", "online_access"} & asked.scopes,
            idle=int(self.sessions.settings.idle.total_seconds()),
        )  # fmt: skip
        return _letting_forms_lead_to(answer, asked.redirect_uri)

    async def answered(self, request: Request) -> Response:
        """Send the browser back to the app, with a code or with the person's no; or look for a patient first."""
        same_origin(request)
        session, form = await self._session(request), await form_of(request)
        same_session(form.get("_csrf", ""), session.csrf)
        actor = session.actor
        assert actor is not None  # _session saw to it
        asked, app = await self._asked(form.get("be", ""))
        if form.get("svar") == "finn":
            return await self._drawn(asked, app, session, actor, form["be"], form.get("navn", ""))
        chosen = await self._chosen(asked, actor, form)
        if await self.smart.tickets.use("smart-request", form["be"], Asked, now=self.smart.clock()) is None:
            raise Refused("AK-L003")
        told: dict[str, Any] = {"state": asked.state, "iss": self.smart.url}
        about = chosen.context if chosen else 0
        if form.get("svar") != "ja":
            await self.records.noted(actor, about, f"app {app.id} declined")
            return self._back(asked, told | {"error": "access_denied"})
        grant = Grant(
            id=jose.fresh(), app=app.id, scope=asked.scope, actor=replace(actor, scopes=frozenset()),
            patient=chosen.id if chosen else "", context=about, session=sha256(session.secret).hex(),
            launched=bool(asked.launch),
        )  # fmt: skip
        code = await self.smart.coded(asked, grant)
        await self.records.noted(actor, about, f"app {app.id} granted")
        return self._back(asked, told | {"code": code})

    async def launched(self, request: Request) -> Response:
        """Start an app from an open record: it gets a launch parameter that says whose, when the same person asks."""
        session = await self._session(request)
        assert session.actor is not None  # _session saw to it
        app = await self.smart.apps.find(request.query_params.get("app", ""))
        if app is None or not app.launch_url:
            raise Refused("AK-L015")
        chosen = await self.records.opened(
            session.actor, request.query_params.get("pasient", ""), f"app {app.id} start"
        )
        launch = Launch(app=app.id, person=session.actor.id, patient=chosen.id)
        secret = await self.smart.tickets.put("smart-launch", launch, until=self.smart.clock() + LAUNCH)
        return go(joined(app.launch_url, {"iss": self.smart.audience, "launch": secret}))

    async def _asked(self, secret: str) -> tuple[Asked, App]:
        asked = await self.smart.tickets.peek("smart-request", secret, Asked, now=self.smart.clock())
        app = await self.smart.apps.find(asked.app) if asked else None
        if asked is None or app is None:
            raise Refused("AK-L003")
        return asked, app

    async def _session(self, request: Request) -> Session:
        session = await self.sessions.of(request, self.smart.clock())
        if session is None or session.actor is None:
            raise Refused("AK-L001")
        return session

    async def _launched(self, asked: Asked, actor: Actor) -> Choice | None:
        """Return whose record the app was started from; only for the one who started it."""
        if not asked.launch:
            return None
        launch = await self.smart.tickets.peek("smart-launch", asked.launch, Launch, now=self.smart.clock())
        if launch is None or launch.app != asked.app or launch.person != actor.id:
            raise Refused("AK-L003")
        return await self.records.opened(actor, launch.patient, f"app {asked.app}")

    async def _chosen(self, asked: Asked, actor: Actor, form: dict[str, str]) -> Choice | None:
        if (chosen := await self._launched(asked, actor)) is not None:
            await self.smart.tickets.use("smart-launch", asked.launch, Launch, now=self.smart.clock())
            return chosen
        if not asked.needs_patient or (form.get("svar") != "ja" and not form.get("pasient")):
            return None
        return await self.records.opened(actor, form.get("pasient", ""), f"app {asked.app}")

    def _back(self, asked: Asked, told: dict[str, Any]) -> Response:
        return _letting_forms_lead_to(go(joined(asked.redirect_uri, told)), asked.redirect_uri)


def joined(url: str, told: dict[str, Any]) -> str:
    """Return the address with `told` in its query."""
    return f"{url}{'&' if '?' in url else '?'}{urlencode(told)}"


def _letting_forms_lead_to(answer: Response, url: str) -> Response:
    """Let the page's form end at the app: browsers hold redirects after a form to form-action too."""
    parts = urlsplit(url)
    place = f"{parts.scheme}://{parts.netloc}" if parts.netloc else f"{parts.scheme}:"
    policy = HEADERS["content-security-policy"]
    answer.headers["content-security-policy"] = policy.replace("form-action 'self'", f"form-action 'self' {place}")
    return answer
