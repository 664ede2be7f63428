"""In production nobody is invented: not their numbers, not their sign-in, and nothing that makes them."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from akson.app import application
from akson.base.database import Database
from akson.base.errors import Refused
from akson.base.work import Purpose
from akson.cli import main
from akson.doors import settings as doors
from akson.doors.opening import opened
from akson.doors.settings import Settings, from_environment
from akson.record import journal
from akson.record.identities import holds_invented
from akson.registers.identifiers import Fnr
from tests.offices import FNR, JOB

INVENTED = "14834142059"
SAYS = "Akson starter ikke i produksjon med"


@pytest.fixture
def env(database_url: str, tmp_path: Path) -> dict[str, str]:
    """Everything that an installation in production must say."""
    return {
        "AKSON_ENV": "production", "AKSON_DATABASE_URL": database_url, "AKSON_DATA": str(tmp_path),
        "AKSON_URL": "https://akson.example", "AKSON_STAFF_ISSUER": "https://helseid.example",
        "AKSON_CITIZEN_ISSUER": "https://idporten.example",
    }  # fmt: skip


async def run(env: dict[str, str], *arguments: str) -> Result:
    """Run a command as a terminal would; anything but a refusal to start would last for ever, so it is cut off."""
    return await asyncio.wait_for(asyncio.to_thread(CliRunner(env=env).invoke, main, arguments), 20)


def number(nine: str) -> Fnr | None:
    """Return the number that begins with nine digits, or None when there is none."""
    for last in range(100):
        try:
            return Fnr(f"{nine}{last:02}")
        except Refused:
            continue
    return None


def real() -> str:
    """Return a number of the form that real ones have, of a day long gone; made here so that none stands in the files."""
    return next(one.value for one in map(number, (f"010100{n:03}" for n in range(100, 200))) if one)


async def invent(owner_db: Database, number: str = INVENTED, system: str = FNR) -> None:
    """Put a number in the database behind the application's back."""
    await owner_db.execute("INSERT INTO person_identifier VALUES ($1, $2, 1)", system, number)


@pytest.mark.parametrize("system", [FNR, "Practitioner|urn:oid:2.16.578.1.12.4.1.4.2"])
@pytest.mark.parametrize("command", ["serve", "worker"])
async def test_nothing_starts_where_an_invented_person_is_in_the_database(
    env: dict[str, str], owner_db: Database, command: str, system: str
) -> None:
    await invent(owner_db, system=system)
    refused = await run(env, command)
    assert refused.exit_code == 1 and SAYS in refused.output


async def test_the_application_itself_does_not_start_there_either(env: dict[str, str], owner_db: Database) -> None:
    await invent(owner_db)
    app = application(from_environment(env))
    with pytest.raises(Refused, match="AK-L009"):
        async with app.router.lifespan_context(app):
            pass


@pytest.mark.parametrize("command", [["demo"], ["seed"], ["token"], ["token", "--as", "jonas"]])
@pytest.mark.parametrize("environment", ["production", "prod"])
async def test_no_command_of_the_demo_runs(env: dict[str, str], command: list[str], environment: str) -> None:
    refused = await run(env | {"AKSON_ENV": environment}, *command)
    assert refused.exit_code == 1 and SAYS in refused.output


async def test_an_invented_number_is_refused_and_a_real_one_taken(env: dict[str, str]) -> None:
    async with opened(from_environment(env)) as office:
        for type_ in ("Patient", "Practitioner"):
            with pytest.raises(Refused, match="AK-R004") as no:
                async with office.work(JOB, Purpose.SYSTEM) as work:
                    await journal.create(
                        work, {"resourceType": type_, "identifier": [{"system": FNR, "value": INVENTED}]}
                    )
            assert no.value.path == f"{type_}.identifier[0].value"
        async with office.work(JOB, Purpose.SYSTEM) as work:
            await journal.create(work, {"resourceType": "Patient", "identifier": [{"system": FNR, "value": real()}]})
    async with opened(from_environment(env)):
        pass  # and it starts again with the real one in the database
    elsewhere = from_environment(env | {"AKSON_ENV": "test"})
    async with opened(elsewhere) as office, office.work(JOB, Purpose.SYSTEM) as work:
        await journal.create(work, {"resourceType": "Patient", "identifier": [{"system": FNR, "value": INVENTED}]})


async def test_the_database_knows_the_same_invented_numbers_as_the_type(
    env: dict[str, str], owner_db: Database
) -> None:
    for month in range(1, 100):
        found = [one for one in map(number, [f"01{month:02}00{n:03}" for n in range(100, 180)]) if one]
        for one in found[:1]:
            await owner_db.execute("DELETE FROM person_identifier")
            await invent(owner_db, one.value)
            assert await holds_invented(owner_db) is one.synthetic, one.value


@pytest.mark.parametrize(("field", "named"), [("synthetic", "syntetiske fødselsnumre"), ("bearer", "ikke er bundet")])
def test_the_guard_is_told_what_the_settings_say(
    env: dict[str, str], monkeypatch: pytest.MonkeyPatch, field: str, named: str
) -> None:
    safe = from_environment(env)
    assert not safe.synthetic and not safe.bearer
    monkeypatch.setattr(Settings, field, property(lambda _: True))
    with pytest.raises(Refused, match="AK-L009") as no:
        doors.guard(replace(safe))
    assert named in no.value.text
