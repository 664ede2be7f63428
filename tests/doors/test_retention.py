"""What whoever runs an installation does about how long things are kept."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from akson.audit.log import AccessLog
from akson.audit.removal import NotWhole
from akson.audit.seal import seal
from akson.base.database import Database
from akson.base.errors import Refused
from akson.cli import main
from akson.doors.keys import Keys
from akson.doors.opening import clock, opened
from akson.doors.running import ending_log
from akson.doors.settings import from_environment
from tests.audit.looks import look, saw
from tests.offices import patient

OLD = datetime(2011, 5, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def env(database_url: str, tmp_path: Path) -> dict[str, str]:
    return {"AKSON_ENV": "test", "AKSON_DATABASE_URL": database_url, "AKSON_DATA": str(tmp_path / "data")}


async def run(env: dict[str, str], *arguments: str) -> Result:
    return await asyncio.to_thread(CliRunner().invoke, main, ["retention", *arguments], env=env)


async def written(env: dict[str, str]) -> str:
    """Let somebody have looked at a person long ago; return the id of the person."""
    settings = from_environment(env)
    async with opened(settings) as office:
        person = await patient(office)
        log = AccessLog(settings.database_url)
        for month in range(2):
            await log.write(look(saw(patient=person.owner), at=OLD + month * timedelta(days=31)))
        await log.close()
        await seal(office.database, Keys.open(settings.data / "keys").signer, clock())
    return person.id


async def left(env: dict[str, str]) -> int:
    async with opened(from_environment(env)) as office:
        return int(await office.database.fetchval("SELECT count(*) FROM access_log WHERE at < '2012-01-01'"))


async def test_what_is_too_old_is_taken_away_and_the_trails_are_proven(env: dict[str, str]) -> None:
    await written(env)
    done = await run(env | {"AKSON_LOG_YEARS": "10"}, "log")
    assert done.exit_code == 0 and re.findall(r"2011-\d\d: 1 rader fjernet", done.output) == [
        "2011-05: 1 rader fjernet", "2011-06: 1 rader fjernet"]  # fmt: skip
    assert await left(env) == 0
    proven = await asyncio.to_thread(CliRunner().invoke, main, ["audit", "verify"], env=env)
    assert proven.exit_code == 0, proven.output
    again = await run(env | {"AKSON_LOG_YEARS": "10"}, "log")
    assert again.exit_code == 0 and "rader fjernet" not in again.output


async def test_the_worker_goes_on_until_nothing_is_too_old_and_looks_again_later(env: dict[str, str]) -> None:
    await written(env)
    settings = from_environment(env | {"AKSON_LOG_YEARS": "10"})
    async with opened(settings) as office:
        turn = ending_log(office, settings)
        assert [await turn() for _ in range(4)] == [1, 1, 0, 0]
        assert await left(env) == 0


async def test_what_is_not_whole_is_told_once_and_not_proven_again_at_once(
    env: dict[str, str], owner_db: Database
) -> None:
    await written(env)
    await owner_db.execute("UPDATE access_log SET reason = 'x'")
    settings = from_environment(env | {"AKSON_LOG_YEARS": "10"})
    async with opened(settings) as office:
        turn = ending_log(office, settings)
        with pytest.raises(NotWhole):
            await turn()
        assert await turn() == 0
    assert await left(env) == 2


async def test_without_a_term_nothing_ever_goes(env: dict[str, str]) -> None:
    await written(env)
    done = await run(env, "log")
    assert done.exit_code == 1 and "oppbevares for godt" in done.output and await left(env) == 2


async def test_a_hold_keeps_the_log_about_a_person_until_it_is_ended(env: dict[str, str]) -> None:
    person = await written(env)
    held = await run(env, "hold", person, "--reason", "Klage til Statsforvalteren", "--by", "Per Tveit")
    assert held.exit_code == 0, held.output
    assert (await run(env | {"AKSON_LOG_YEARS": "10"}, "log")).exit_code == 0 and await left(env) == 2
    listed = await run(env, "holds")
    assert f"Patient/{person}" in listed.output and "Per Tveit: Klage til Statsforvalteren" in listed.output
    assert (await run(env, "release", f"Patient/{person}", "--by", "Per Tveit")).exit_code == 0
    assert (await run(env, "holds")).output == ""
    assert (await run(env | {"AKSON_LOG_YEARS": "10"}, "log")).exit_code == 0 and await left(env) == 0


async def test_a_hold_that_makes_no_sense_is_refused_with_a_sentence(env: dict[str, str]) -> None:
    person = await written(env)
    given = ("hold", person, "--reason", "Klage til Statsforvalteren", "--by", "Per Tveit")
    assert (await run(env, *given)).exit_code == 0
    for arguments, sentence in (
        (given, "allerede holdt"), (("hold", "ukjent", *given[2:]), "Det finnes ikke noe her"),
        (("hold", person, "--reason", "kort", "--by", "Per Tveit"), "Skriv hvorfor"),
        (("hold", person, "--reason", "Klage til Statsforvalteren", "--by", " "), "hvem som krever"),
        (("release", "ukjent", "--by", "Per Tveit"), "Det finnes ikke noe her"),
    ):  # fmt: skip
        refused = await run(env, *arguments)
        assert refused.exit_code == 1 and sentence in refused.output, refused.output
    assert (await run(env, "release", person, "--by", "Per Tveit")).exit_code == 0
    assert "ikke holdt" in (await run(env, "release", person, "--by", "Per Tveit")).output


async def test_without_a_term_no_record_ever_ends(env: dict[str, str]) -> None:
    await written(env)
    done = await run(env, "records")
    assert done.exit_code == 1 and "alt oppbevares" in done.output
    proposed = await run(env | {"AKSON_RECORD_YEARS": "20"}, "records")
    assert proposed.exit_code == 0 and "0 oppføringer er slettet. 0 journaler venter" in proposed.output  # it is new


@pytest.mark.parametrize("name", ["AKSON_LOG_YEARS", "AKSON_RECORD_YEARS", "AKSON_RECORD_YEARS_DEAD"])
@pytest.mark.parametrize("given", ["1", "-3", "ti", "1000"])
def test_a_slip_of_the_finger_in_the_term_is_refused(given: str, name: str) -> None:
    with pytest.raises(Refused, match="AK-L011"):
        from_environment({"AKSON_ENV": "test", name: given})
