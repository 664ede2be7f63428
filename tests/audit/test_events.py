"""The access log leaves as FHIR AuditEvents: every row, in order, valid, and read by the auditor alone."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from click.testing import CliRunner

from akson.audit.events import events
from akson.audit.log import AccessLog
from akson.cli import main
from akson.fhir import checks, invariants
from tests.audit.looks import ASTRID, DAUGHTER, DOCTOR, KARI, NOW, look, saw

HOUR = timedelta(hours=1)


@pytest.fixture
async def logged(database_url: str) -> str:
    log = AccessLog(database_url)
    rows = [
        look(), look(saw("POST Observation/x"), actor=DOCTOR, reason="Akutt syk"), look(saw("search Patient name", 0)),
        look(saw(outcome="refuse", basis=""), saw("DELETE Observation/x"), outcome="refuse"),
        look(saw("page oversikt", KARI), actor=DAUGHTER), look(outcome="failed", at=NOW + HOUR),
    ]  # fmt: skip
    for row in rows:
        await log.write(row)
    await log.close()
    return database_url


async def exported(url: str, *more: int) -> list[dict[str, Any]]:
    return [json.loads(line) async for line in events(url, NOW - HOUR, NOW + HOUR, *more)]


async def test_every_row_of_the_time_asked_for_becomes_a_valid_event(logged: str) -> None:
    found = await exported(logged)
    assert len(found) == 5  # what is later is not asked for
    for one in found:
        body = json.dumps(one).encode()
        assert checks.check(body, expected="AuditEvent") and invariants.broken(one, body) == []
    assert sorted((str(one["action"]), str(one["outcome"])) for one in found) == [
        ("C", "0"), ("E", "0"), ("R", "0"), ("R", "0"), ("R", "4")]  # fmt: skip


async def test_an_event_says_who_in_which_role_where_why_and_what(logged: str) -> None:
    [one] = [one for one in await exported(logged) if one["action"] == "C"]
    who, place = one["agent"]
    assert (who["name"], who["role"], who["requestor"]) == (DOCTOR.name, [{"text": "fastlege"}], True)
    assert place["who"]["display"] == DOCTOR.unit_name and one["outcomeDesc"] == "Akutt syk"
    [entity] = one["entity"]
    assert entity["name"] == "POST Observation/x" and entity["what"]["identifier"]["value"] == str(ASTRID)


async def test_one_persons_events_are_theirs_alone(logged: str) -> None:
    [one] = await exported(logged, KARI)
    assert one["agent"][0]["name"] == DAUGHTER.name


async def test_a_login_that_is_no_auditor_reads_nothing(logged: str) -> None:
    connection = await asyncpg.connect(logged)
    await connection.execute("DROP ROLE IF EXISTS nobody_here; CREATE ROLE nobody_here LOGIN")
    await connection.close()
    with pytest.raises(asyncpg.PostgresError):
        await exported(logged.replace("//akson@", "//nobody_here@"))


def test_an_export_as_it_is_typed_leaves_a_trace_of_itself(logged: str, tmp_path: Path) -> None:
    env = {"AKSON_ENV": "test", "AKSON_DATABASE_URL": logged, "AKSON_DATA": str(tmp_path)}
    asked = ["audit", "export", "--since", "2026-11-22T00:00:00+01:00", "--until", "2026-11-22T13:00:00+01:00"]
    assert len(CliRunner().invoke(main, asked, env=env).output.splitlines()) == 6
    assert "tidssone" in CliRunner().invoke(main, ["audit", "export", "--since", "2026-11-22"], env=env).output
    again = CliRunner().invoke(main, ["audit", "export", "--since", "2020-01-01T00:00:00+01:00"], env=env).output
    assert '"name":"export AuditEvent"' in again
