"""What the web kit asks of the application: who is this, may they, what stands in the top bar."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from starlette.requests import Request

from akson.access import roles
from akson.access.roles import Permission
from akson.base.errors import Refused
from akson.base.queries import queries
from akson.base.web.render import Renderer
from akson.base.web.screens import Admitted, Screen, SignInFirst
from akson.base.web.shell import Shell
from akson.base.work import Actor, Kind, Purpose, Work
from akson.doors import sending
from akson.doors.limits import Limits
from akson.portal.persons import citizens_shell
from akson.record import worklist
from akson.record.office import Office
from akson.record.session import fetch
from akson.signin.sessions import Sessions

SQL = queries(__file__, "context.sql")
PAGES = 600  # a minute for each person: more is a program


@dataclass(frozen=True, kw_only=True)
class WebContext:
    """The kit's context on a real office."""

    office: Office
    sessions: Sessions
    renderer: Renderer
    limits: Limits | None = None  # how many pages each person may ask for

    @property
    def secure(self) -> bool:
        """Tell whether browsers come by https."""
        return self.sessions.settings.secure

    @asynccontextmanager
    async def work(self, request: Request, screen: Screen) -> AsyncIterator[Admitted]:
        """Open the unit of work of whoever sends `request`."""
        now = self.office.clock()
        session = await self.sessions.of(request, now)
        if session is None or session.actor is None:
            raise SignInFirst
        if session.actor.kind is Kind.STAFF and not await self.office.register.still_employed(session.actor, now):
            await self.sessions.end(session.secret)
            raise SignInFirst
        purpose = purpose_of(session.actor, screen)
        number = request.scope.setdefault("akson.request", secrets.token_hex(8))  # a refusal's page carries the same
        async with self.office.work(session.actor, purpose, screen=screen.name, request=number) as work:
            await self._count(work)
            yield Admitted(work=work, secret=session.csrf)

    async def _count(self, work: Work) -> None:
        """Count one page. Raises Refused AK-W009, and leaves a row, when there were too many."""
        try:
            if self.limits:
                await self.limits.take(f"pages {work.actor.id}")
        except Refused as no:
            work.saw(0, "too many pages", outcome="refuse")
            raise Refused("AK-W009", seconds=no.values["seconds"]) from None

    def may(self, work: Work, needs: str) -> bool:
        """Tell whether the actor's role has the permission `needs`."""
        return roles.has(work.actor.role, Permission(needs))

    async def shell(self, work: Work) -> Shell:
        """Return the top bar: what waits for staff, whose records a citizen may open (one statement).

        The first takes two statements; where much waits that its reader may not see, from four on (`worklist.count`)
        """
        actor = work.actor
        if actor.kind is Kind.CITIZEN:
            return replace(await citizens_shell(work), idle=self._idle)
        row = (await fetch(work, SQL.waiting, actor.key, actor.id, work.now))[0]
        unit = actor.unit_name if actor.unit == actor.controller else f"{actor.unit_name}, {actor.controller_name}"
        return Shell(name=actor.name, role=roles.ROLES[actor.role].name, unit=unit, inbox=await worklist.count(work),
                     drafts=row["drafts"], roles_href="/logg-inn/rolle", controller=actor.controller_name,
                     idle=self._idle, finds=self.may(work, "find-people"), has_inbox=self.may(work, "write-tasks"),
                     writes=self.may(work, "write-notes"),
                     has=frozenset(part for part in ("apps", "granted") if row[part])
                     | ({"sources"} if self.office.sources else set()))  # fmt: skip

    @property
    def _idle(self) -> int:
        return int(self.sessions.settings.idle.total_seconds())

    async def once(self, key: str, holder: str) -> str | None:
        """Reserve the sending `key`; see `sending.reserve`."""
        return await sending.reserve(self.office, key, holder)

    async def carried(self, work: Work, key: str, holder: str, led: str) -> None:
        """Keep where the sending led with what it wrote; see `sending.carried`."""
        await sending.carried(work, key, holder, led)

    async def free(self, key: str, holder: str) -> None:
        """Free a sending that led nowhere."""
        await sending.free(self.office, key, holder)


def purpose_of(actor: Actor, screen: Screen) -> Purpose:
    """Return why a page is opened: citizens for themselves, staff to give care, in an emergency where they say so."""
    if actor.kind is Kind.CITIZEN:
        return Purpose.OWN
    if screen.path.endswith("/nodapning"):
        return Purpose.EMERGENCY
    return Purpose.TREATMENT if roles.ROLES[actor.role].health else Purpose.ADMINISTRATION
