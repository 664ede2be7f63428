"""The page on which people see where they are signed in, and end what they do not know: /innlogginger."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from akson.base.errors import Refused
from akson.base.web.answers import refusal
from akson.base.web.render import Renderer
from akson.base.web.sent import same_origin, same_session
from akson.base.work import Actor
from akson.signin.pages import form_of, go, page
from akson.signin.sessions import Session, Sessions

PATH: Final = "/innlogginger"
FRESH: Final = timedelta(minutes=5)  # since signing in: only then may other sessions be ended


@dataclass(frozen=True, kw_only=True)
class Overview:
    """The page. ended: told of whoever acted in a session that was ended."""

    sessions: Sessions
    renderer: Renderer
    clock: Callable[[], datetime]
    home: Callable[[Actor], str]
    ended: Callable[[Actor | None], Awaitable[None]]

    def routes(self) -> list[Route]:
        return [Route(PATH, self.show, methods=["GET"]), Route(PATH, self.end, methods=["POST"])]

    async def show(self, request: Request) -> Response:
        """List the sessions, the one that asks marked."""
        if (session := await self.sessions.of(request, self.clock())) is None:
            return go(f"/logg-inn?{urlencode({'til': PATH})}")
        open_ = await self.sessions.open_beside(session, self.clock())
        mine = next(one for one in open_ if one.this)
        return page(
            self.renderer, "overview.html", sessions=open_, csrf=session.csrf, now=self.clock(), anew=_anew(session),
            fresh=self._is_fresh(mine.began), home=self.home(session.actor) if session.actor else "/",
        )  # fmt: skip

    async def end(self, request: Request) -> Response:
        """End one other session, or all others; who signed in a while ago does that anew first."""
        try:
            return await self._ended(request)
        except Refused as no:
            return refusal(self.renderer, no)

    async def _ended(self, request: Request) -> Response:
        same_origin(request)
        session = await self.sessions.of(request, self.clock())
        if session is None:
            raise Refused("AK-L001")
        form = await form_of(request)
        same_session(form.get("_csrf", ""), session.csrf)
        mine = next(one for one in await self.sessions.open_beside(session, self.clock()) if one.this)
        if not self._is_fresh(mine.began):
            return go(_anew(session))
        for actor in await self.sessions.end_beside(session, form.get("okt", "")):
            await self.ended(actor)
        return go(PATH)

    def _is_fresh(self, began: datetime) -> bool:
        return self.clock() - began < FRESH


def _anew(session: Session) -> str:
    return f"/logg-inn?{urlencode({'med': session.provider, 'nytt': '1', 'til': PATH})}"
