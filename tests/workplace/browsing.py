"""Opening pages as somebody: the real routes on the real journal, without a browser and without sign-in.

The pool has one connection: a page that wants a second while it holds the first is never answered.
"""

from __future__ import annotations

import asyncio
import html
import re
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import httpx
from starlette.applications import Starlette
from starlette.requests import Request

from akson.app import screens
from akson.base.database import Database
from akson.base.web.door import routes
from akson.base.web.messages import texts
from akson.base.web.render import Renderer
from akson.base.web.screens import Admitted, Screen
from akson.base.work import Actor
from akson.doors.context import WebContext, purpose_of
from akson.record.office import Office
from akson.signin.sessions import Sessions, SessionSettings
from akson.workplace.refused import explain

RENDERER = Renderer(texts(), lambda name: f"/static/{name}")
SECRET = "the-session's-own-secret"
PATIENCE = 20  # seconds until a page counts as stuck


@dataclass(frozen=True, kw_only=True)
class SignedIn(WebContext):
    """The kit's context with one person signed in."""

    actor: Actor

    @asynccontextmanager
    async def work(self, request: Request, screen: Screen) -> AsyncIterator[Admitted]:
        async with self.office.work(
            self.actor, purpose_of(self.actor, screen), screen=screen.name, request="r"
        ) as work:
            yield Admitted(work=work, secret=SECRET)


@dataclass(frozen=True)
class Shown:
    """A page. statements: round trips of the whole page, log and top bar included."""

    answer: httpx.Response
    statements: int

    @property
    def status(self) -> int:
        return self.answer.status_code

    @property
    def leads_to(self) -> str:
        return self.answer.headers.get("location", "")

    @property
    def html(self) -> str:
        return self.answer.text

    @property
    def text(self) -> str:
        """What people read, without tags."""
        body = re.sub(r"<svg.*?</svg>", "", self.html.partition("<body")[2] or self.html, flags=re.S)
        return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())

    def hidden(self, name: str) -> str:
        """Return what the page's forms carry under a name."""
        found = re.search(rf'name="{name}" value="([^"]*)"', self.html)
        return html.unescape(found[1]) if found else ""


@dataclass(frozen=True)
class Browser:
    """Somebody's browser."""

    office: Office
    client: httpx.AsyncClient

    async def open(self, path: str) -> Shown:
        return await self._shown("GET", path)

    async def send(self, path: str, *, once: str = "", **form: str) -> Shown:
        """Send a form of a page; `once` names one sending, so that it can be sent twice."""
        return await self._shown("POST", path, {"_csrf": SECRET, "_once": once or secrets.token_hex(8)} | form)

    async def _shown(self, method: str, path: str, form: dict[str, str] | None = None) -> Shown:
        before = self.office.database.statements
        async with asyncio.timeout(PATIENCE):
            answer = await self.client.request(method, path, data=form)
        return Shown(answer, self.office.database.statements - before)


@asynccontextmanager
async def browsing(office: Office, actor: Actor) -> AsyncIterator[Browser]:
    """Sit down in front of Akson as `actor`."""
    async with _narrow(office) as narrow:
        sessions = Sessions(narrow.database, SessionSettings(secure=False))
        context = SignedIn(office=narrow, sessions=sessions, renderer=RENDERER, actor=actor)
        app = Starlette(routes=list(routes(screens(), context, explain=explain)))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://akson.test") as client:
            yield Browser(narrow, client)


@asynccontextmanager
async def _narrow(office: Office) -> AsyncIterator[Office]:
    """Give the same office with a single connection."""
    database = await Database.open(office.log._url, size=1, role="akson_app")
    try:
        yield replace(office, database=database)
    finally:
        await database.close()
