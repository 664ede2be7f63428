"""An open session is worth what its role is worth now."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest
from starlette.applications import Starlette

from akson.base.web.door import routes
from akson.base.work import Actor, Purpose
from akson.doors.context import WebContext
from akson.record import journal
from akson.signin.sessions import Sessions, SessionSettings
from akson.workplace import screens
from tests.offices import JOB
from tests.seeded import Town
from tests.workplace.browsing import RENDERER


@pytest.fixture
def sessions(town: Town) -> Sessions:
    return Sessions(town.office.database, SessionSettings(secure=False))


async def signed_in(town: Town, sessions: Sessions, actor: Actor) -> httpx.AsyncClient:
    """Return the browser of somebody who has just signed in."""
    context = WebContext(office=town.office, sessions=sessions, renderer=RENDERER)
    app = Starlette(routes=list(routes(screens.SCREENS.found, context)))
    cookie = await sessions.start([actor], provider="demo", now=town.office.clock())
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://akson.test",
                             cookies={sessions.settings.cookie: cookie})  # fmt: skip


async def ends(town: Town, member: str, how: str) -> None:
    """End the employment of a member of staff."""
    id_ = town.id(f"PractitionerRole/{member}")
    async with town.office.work(JOB, Purpose.SYSTEM) as work:
        if how == "deleted":
            await journal.delete(work, "PractitionerRole", id_)
            return
        now = (await journal.read(work, "PractitionerRole", id_)).resource
        over = (work.now - timedelta(minutes=1)).isoformat()
        changes: dict[str, dict[str, object]] = {"inactive": {"active": False}, "ended": {"period": {"end": over}},
                   "another role": {"code": [{"coding": [{"code": "administrator"}]}]}}  # fmt: skip
        await journal.update(work, now | changes[how], id_=id_)


@pytest.mark.parametrize("how", ["deleted", "inactive", "ended", "another role"])
async def test_the_next_request_after_a_role_ends_is_sent_to_sign_in(town: Town, sessions: Sessions, how: str) -> None:
    async with await signed_in(town, sessions, await town.at_work("mariam")) as mariam:
        assert (await mariam.get("/start")).status_code == 200
        await ends(town, "mariam", how)
        sent = await mariam.get("/start")
        assert sent.status_code == 303 and sent.headers["location"] == "/logg-inn?til=/start"
        assert await sessions.resume(mariam.cookies[sessions.settings.cookie], town.office.clock()) is None


async def test_the_sessions_of_others_go_on(town: Town, sessions: Sessions) -> None:
    async with await signed_in(town, sessions, await town.at_work("elin")) as elin:
        await ends(town, "mariam", "deleted")
        assert (await elin.get("/start")).status_code == 200


async def test_a_role_ends_for_the_session_when_its_time_is_over(town: Town, sessions: Sessions) -> None:
    actor = await town.at_work("mariam")
    id_ = town.id("PractitionerRole/mariam")
    async with town.office.work(JOB, Purpose.SYSTEM) as work:
        now = (await journal.read(work, "PractitionerRole", id_)).resource
        soon = (work.now + timedelta(minutes=5)).isoformat()
        await journal.update(work, now | {"period": {"end": soon}}, id_=id_)
    async with await signed_in(town, sessions, actor) as mariam:
        assert (await mariam.get("/start")).status_code == 200
        later = town.office.clock() + timedelta(minutes=6)
        town.office.clock = lambda: later
        assert (await mariam.get("/start")).status_code == 303
