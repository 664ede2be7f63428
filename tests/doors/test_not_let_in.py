"""Who is not let in leaves a line, where they came from in it; who opens pages as a program does is stopped."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from akson.app import application
from akson.base.web.door import routes
from akson.base.work import Actor
from akson.doors.context import WebContext
from akson.doors.limits import Limits
from akson.doors.logs import Lines
from akson.doors.settings import from_environment
from akson.doors.signing import noted
from akson.signin.keys import Keyring
from akson.signin.screens import Event
from akson.signin.sessions import Sessions, SessionSettings
from akson.workplace import screens
from tests.seeded import Town
from tests.workplace.browsing import RENDERER

TOKEN = "eyJhbGciOiJub25lIn0.eyJwaWQiOiIxNDgzNDE0MjA1OSJ9."  # unsigned, and names a person


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What is logged at warning level and above, as it goes to standard error."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(Lines())
    logging.getLogger().addHandler(handler)
    yield written
    logging.getLogger().removeHandler(handler)


async def test_a_token_that_does_not_count_leaves_a_line_without_the_token(
    database_url: str, tmp_path: Path, lines: io.StringIO
) -> None:
    settings = from_environment({"AKSON_ENV": "demo", "AKSON_DATABASE_URL": database_url, "AKSON_DATA": str(tmp_path)})
    app = application(settings)
    async with app.router.lifespan_context(app):
        wire = httpx.ASGITransport(app=app, client=("203.0.113.9", 1))
        async with httpx.AsyncClient(transport=wire, base_url=settings.base_url) as client:
            await client.get("/fhir/Patient", headers={"authorization": f"Bearer {TOKEN}", "x-request-id": "12345678"})
            await client.get("/fhir/Patient", headers={"authorization": "Basic YTpi"})
            await client.post("/smart/token", data={"grant_type": "client_credentials", "client_id": "nobody"})
            await client.post("/issuer/token", data={"grant_type": "client_credentials", "client_id": "nobody"})
            assert (await client.get("/fhir/metadata")).status_code == 200
    told = [json.loads(line) for line in lines.getvalue().splitlines()]
    told = [one for one in told if one["said"] == "not let in"]
    assert [one["refused"] for one in told] == ["AK-L002", "AK-L001", "invalid_client", "invalid_client"]
    assert {one["address"] for one in told} == {"203.0.113.9"} and told[0]["request"] == "12345678"
    assert "eyJ" not in lines.getvalue() and "YTpi" not in lines.getvalue()


async def test_signing_in_and_failing_to_stand_in_the_access_log_with_where_from(town: Town) -> None:
    jonas = await town.at_work("jonas")
    await noted(town.office)(Event(what="in", actor=jonas, address="203.0.113.9"))
    await noted(town.office)(Event(what="refused", actor=None, code="AK-L003", address="203.0.113.7"))
    rows = await town.office.database.fetch(
        "SELECT outcome, seen::text AS seen FROM access_log WHERE screen = 'signin' ORDER BY at, seq"
    )
    assert [row["outcome"] for row in rows] == ["permit", "permit"]
    assert "sign-in in from 203.0.113.9" in rows[0]["seen"]
    assert "sign-in refused AK-L003 from 203.0.113.7" in rows[1]["seen"]


async def _browser(town: Town, actor: Actor, allowed: int) -> httpx.AsyncClient:
    sessions = Sessions(town.office.database, SessionSettings(secure=True))
    context = WebContext(office=town.office, sessions=sessions, renderer=RENDERER,
                         limits=Limits(town.office.database, town.office.clock, allowed))  # fmt: skip
    app = Starlette(routes=list(routes(screens.SCREENS.found, context)))
    cookie = await sessions.start([actor], provider="demo", now=town.office.clock())
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://akson.test",
                             headers={"cookie": f"{sessions.settings.cookie}={cookie}"})  # fmt: skip


async def test_one_who_opens_pages_as_a_program_does_is_stopped_and_nobody_else(town: Town) -> None:
    async with await _browser(town, await town.at_work("mariam"), 3) as mariam:
        answers = [await mariam.get("/start") for _ in range(5)]
        assert [one.status_code for one in answers] == [200] * 3 + [429] * 2
        assert "Du har åpnet svært mange sider" in answers[-1].text
    async with await _browser(town, await town.at_work("elin"), 3) as elin:
        assert (await elin.get("/start")).status_code == 200
    row = await town.office.database.fetchval(
        "SELECT count(*) FROM access_log WHERE seen::text LIKE '%too many pages%'"
    )
    assert row == 2


async def test_a_form_without_its_secret_leaves_a_line(town: Town, lines: io.StringIO) -> None:
    async with await _browser(town, await town.at_work("mariam"), 100) as mariam:
        assert (await mariam.post("/start", data={"_csrf": "guessed"})).status_code in (403, 405)
        assert (await mariam.post("/sok", data={"_csrf": "guessed", "q": "Nordli"})).status_code == 403
    told = [json.loads(line) for line in lines.getvalue().splitlines()]
    assert [one["refused"] for one in told if one["said"] == "not let in"][-1] == "AK-W001"
    assert "Nordli" not in lines.getvalue()


@pytest.mark.parametrize(("who", "path", "code"), [
    ("camilla", "/sok", "AK-W003"),  # who says who works where finds no patients
    ("camilla", "/p/{astrid}", "AK-W003"),
    ("mariam", "/sok", ""),
])  # fmt: skip
async def test_a_page_that_a_role_does_not_have_leaves_a_row_of_who_tried(
    town: Town, who: str, path: str, code: str
) -> None:
    actor = await town.at_work(who)
    async with await _browser(town, actor, 100) as browser:
        answer = await browser.get(path.format(astrid=town.id("Patient/astrid")))
    assert (answer.status_code, code in answer.text) == (403 if code else 200, True)
    rows = await town.office.database.fetch(
        "SELECT outcome, actor_id, screen FROM access_log WHERE seen::text LIKE '%refused AK-W003%'"
    )
    found = [(row["outcome"], row["actor_id"], bool(row["screen"])) for row in rows]
    assert found == [("refuse", actor.id, True)] * bool(code)


def test_the_key_that_tells_apps_who_signed_in_is_as_strong_as_the_others(tmp_path: Path) -> None:
    key = Keyring.open(tmp_path, "smart-id", rsa=True).signer.as_dict(private=False)
    assert len(str(key["n"])) * 6 // 8 >= 384  # bytes of the modulus: 3072 bits
