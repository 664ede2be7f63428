"""Browser sessions: found in one statement, gone when idle or old, and never in the database as they are."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from starlette.responses import Response

from akson.base.database import Database
from akson.base.errors import Refused
from akson.signin.sessions import Sessions, SessionSettings, cookie_is_secure
from akson.signin.tickets import Tickets
from tests.signin.conftest import JONAS, ROLES, SIRI

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
DOCTOR, TWO_ROLES = ROLES[JONAS.pid], ROLES[SIRI.pid]


@pytest.fixture
async def sessions(db: Database) -> AsyncIterator[Sessions]:
    yield Sessions(db, SessionSettings(secure=True))


async def test_a_session_is_found_in_one_statement_with_its_actor_whole(sessions: Sessions, db: Database) -> None:
    cookie = await sessions.start(DOCTOR, provider="helseid", now=NOW)
    before = db.statements
    found = await sessions.resume(cookie, NOW)
    assert db.statements - before == 1
    assert found and found.actor == DOCTOR[0] and found.provider == "helseid"
    assert await sessions.resume("x", NOW) is None and await sessions.resume("", NOW) is None


async def test_a_session_ends_when_idle_and_at_its_longest_age(sessions: Sessions) -> None:
    cookie, now = await sessions.start(DOCTOR, provider="helseid", now=NOW), NOW
    while now < NOW + timedelta(hours=9, minutes=45):  # in use all day
        now += timedelta(minutes=14)
        assert await sessions.resume(cookie, now)
    assert await sessions.resume(cookie, NOW + timedelta(hours=10)) is None
    idle = await sessions.start(DOCTOR, provider="helseid", now=NOW)
    assert await sessions.resume(idle, NOW + timedelta(minutes=15)) is None


async def test_a_session_in_use_is_written_at_most_once_a_minute(sessions: Sessions, owner_db: Database) -> None:
    cookie = await sessions.start(DOCTOR, provider="helseid", now=NOW)
    for seconds, seen in [(30, 0), (59, 0), (61, 61), (90, 61), (130, 130)]:
        await sessions.resume(cookie, NOW + timedelta(seconds=seconds))
        stored = await owner_db.fetchval("SELECT seen_at FROM signin_session")
        assert stored == NOW + timedelta(seconds=seen), seconds


async def test_a_role_is_chosen_under_a_new_cookie_and_a_new_form_token(sessions: Sessions) -> None:
    cookie = await sessions.start(TWO_ROLES, provider="helseid", now=NOW)
    before = await sessions.resume(cookie, NOW)
    assert before and before.actor is None and before.choices == tuple(TWO_ROLES)
    for place in (-1, 2):
        with pytest.raises(Refused, match="AK-L006"):
            await sessions.choose(before, place)
    after = await sessions.resume(await sessions.choose(before, 1), NOW)
    assert after and after.actor == TWO_ROLES[1] and after.csrf != before.csrf
    assert await sessions.resume(cookie, NOW) is None
    with pytest.raises(Refused, match="AK-L001"):
        await sessions.choose(before, 0)


async def test_logging_out_ends_the_session_for_good(sessions: Sessions) -> None:
    cookie = await sessions.start(DOCTOR, provider="helseid", now=NOW)
    ended = await sessions.end(cookie)
    assert ended and ended.actor == DOCTOR[0]
    assert await sessions.resume(cookie, NOW) is None and await sessions.end(cookie) is None


def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_sites(db: Database) -> None:
    for secure, name in [(True, "__Host-akson"), (False, "akson")]:
        sent = Response()
        Sessions(db, SessionSettings(secure=secure)).hand_over(sent, "secret")
        header = sent.headers["set-cookie"]
        assert header.startswith(f"{name}=secret") and "HttpOnly" in header and "SameSite=lax" in header
        assert "Path=/" in header and "Domain" not in header and ("Secure" in header) is secure


@pytest.mark.parametrize(("url", "secure"), [
    ("http://127.0.0.1:8000", False), ("http://localhost", False), ("http://[::1]:8000", False),
    ("https://127.0.0.1", True), ("http://akson.example", True), ("http://127.0.0.1.evil.example", True),
])  # fmt: skip
def test_cookies_are_secure_everywhere_but_on_this_machine(url: str, secure: bool) -> None:
    assert cookie_is_secure(url) is secure


async def test_what_has_expired_is_forgotten_and_what_lives_is_kept(sessions: Sessions, db: Database) -> None:
    tickets, longest = Tickets(db), sessions.settings.longest
    await sessions.start(DOCTOR, provider="helseid", now=NOW)
    await tickets.put("state", {}, until=NOW)
    await tickets.first_sight("jti", until=NOW)
    await tickets.revoke("jti", until=NOW)
    await tickets.count("start", 1, now=NOW)
    await tickets.purge(now=NOW - timedelta(seconds=1), longest_session=longest)
    tables = ["signin_session", "signin_ticket", "signin_replay", "signin_revoked", "signin_attempt"]
    assert [await db.fetchval(f"SELECT count(*) FROM {table}") for table in tables] == [1] * 5
    await tickets.purge(now=NOW + timedelta(days=2), longest_session=longest)
    assert [await db.fetchval(f"SELECT count(*) FROM {table}") for table in tables] == [0] * 5


async def test_a_ticket_counts_once_also_when_two_servers_ask_at_the_same_moment(db: Database) -> None:
    tickets = Tickets(db)
    secret = await tickets.put("code", {"a": 1}, until=NOW + timedelta(minutes=1))
    used = await asyncio.gather(*(tickets.use("code", secret, dict, now=NOW) for _ in range(8)))
    assert [found for found in used if found] == [{"a": 1}]
    assert await tickets.use("request", await tickets.put("code", {}, until=NOW + timedelta(1)), dict, now=NOW) is None
    sights = await asyncio.gather(*(tickets.first_sight("jti", until=NOW) for _ in range(8)))
    assert sorted(sights) == [False] * 7 + [True]
