"""`akson keys`: every key of an installation can be changed, and nothing that was closed with the old one is lost."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from akson.audit.seal import seal
from akson.base.work import Purpose, Work
from akson.cli import main
from akson.clinical.notes import drafts
from akson.doors.key_commands import RINGS, RSA
from akson.doors.keys import ROTATED, Keys
from akson.doors.opening import clock, opened
from akson.doors.settings import Settings, from_environment
from akson.record import journal
from akson.record.office import Office
from akson.record.search.searching import search
from akson.signin import jose
from akson.signin.keys import Keyring
from tests.offices import FNR, JOB, patient, staff, unit

Command = Callable[..., Result]
NUMBER = "14834142059"


@pytest.fixture
def env(database_url: str, tmp_path: Path) -> dict[str, str]:
    return {"AKSON_ENV": "test", "AKSON_DATABASE_URL": database_url, "AKSON_DATA": str(tmp_path)}


@pytest.fixture
def command(env: dict[str, str]) -> Command:
    """`akson ...`, as an operator types it."""
    return lambda *words: CliRunner().invoke(main, list(words), env=env)


@pytest.fixture
def settings(env: dict[str, str]) -> Settings:
    return from_environment(env)


def done(result: Result) -> str:
    assert result.exit_code == 0, result.output
    return result.output


@asynccontextmanager
async def begun(settings: Settings) -> AsyncIterator[tuple[Office, Work]]:
    """A job of ours in an installation that is open meanwhile, as a server that was started now would be."""
    async with opened(settings, size=2) as office, office.work(JOB, Purpose.SYSTEM) as work:
        yield office, work


async def found(settings: Settings, what: str) -> list[str]:
    async with begun(settings) as (_, work):
        return [hit.id for hit in (await search(work, "Patient", [("identifier", what)])).hits]


async def test_a_changed_key_of_ids_mints_and_the_ids_of_before_still_open(
    settings: Settings, command: Command
) -> None:
    async with opened(settings) as office:
        before = await patient(office)
    assert before.id.endswith("a")
    done(await asyncio.to_thread(command, "keys", "rotate", "ids"))
    async with opened(settings) as office:
        assert (await patient(office)).id.endswith("b")
        async with office.work(JOB, Purpose.SYSTEM) as work:
            assert (await journal.read(work, "Patient", before.id)).id == before.id


async def test_searches_find_the_same_under_a_changed_key_of_hashes(settings: Settings, command: Command) -> None:
    async with opened(settings) as office:
        person = await patient(office, identifier=[{"system": FNR, "value": NUMBER}])
        hashed = "SELECT tokens::text FROM resource WHERE id = $1"
        was = await office.database.fetchval(hashed, person.id)
    asked = f"{FNR}|{NUMBER}"
    assert await found(settings, asked) == [person.id]
    done(await asyncio.to_thread(command, "keys", "rotate", "hashes"))
    assert await found(settings, asked) == [person.id]
    async with opened(settings) as office:
        assert await office.database.fetchval(hashed, person.id) != was


async def test_a_draft_opens_after_the_key_of_drafts_was_changed(settings: Settings, command: Command) -> None:
    async with opened(settings) as office:
        nurse, person = await staff(office, await unit(office, "Sone nord"), "Yusuf"), await patient(office)
        owner = office.ids.open(person.id) or 0
        id_ = office.ids.mint(owner)
        async with office.work(nurse, Purpose.TREATMENT) as work:
            await drafts.keep(work, id_, owner, person.id, {"vurdering": "Begynt før byttet."})
    done(await asyncio.to_thread(command, "keys", "rotate", "drafts"))
    async with opened(settings) as office, office.work(nurse, Purpose.TREATMENT) as work:
        kept = await drafts.load(work, id_)
        assert kept and kept.fields == {"vurdering": "Begynt før byttet."}
        await drafts.keep(work, id_, owner, person.id, {"vurdering": "Og etter."})
    held = json.loads((settings.data / "keys" / "installation.json").read_text("utf-8"))
    del held["drafts"][1:]  # the old key is gone: what was written since does not need it
    (settings.data / "keys" / "installation.json").write_text(json.dumps(held), "utf-8")
    async with opened(settings) as office, office.work(nurse, Purpose.TREATMENT) as work:
        kept = await drafts.load(work, id_)
        assert kept and kept.fields == {"vurdering": "Og etter."}


async def test_seals_of_before_and_after_a_change_are_proven(settings: Settings, command: Command) -> None:
    async def sealed() -> str:
        keys = Keys.open(settings.data / "keys")
        async with opened(settings) as office:
            await patient(office)
            assert await seal(office.database, keys.signer, clock() + timedelta(seconds=1))
        return keys.signer.key_id

    before = await sealed()
    done(await asyncio.to_thread(command, "keys", "rotate", "log"))
    assert await sealed() != before
    assert "0 feil" in done(await asyncio.to_thread(command, "audit", "verify"))
    held = json.loads((settings.data / "keys" / "installation.json").read_text("utf-8"))
    (settings.data / "keys" / "installation.json").write_text(json.dumps(held | {"log": held["log"][:1]}), "utf-8")
    assert (await asyncio.to_thread(command, "audit", "verify")).exit_code == 1  # and not without the key of before


@pytest.mark.parametrize("name", ROTATED)
async def test_nothing_is_changed_under_those_who_work(settings: Settings, command: Command, name: str) -> None:
    async with opened(settings):
        was = (settings.data / "keys" / "installation.json").read_bytes()
        refused = await asyncio.to_thread(command, "keys", "rotate", name)
        assert refused.exit_code == 1 and "Stopp akson serve og akson worker" in refused.output
        assert (settings.data / "keys" / "installation.json").read_bytes() == was


@pytest.mark.parametrize("name", RINGS)
def test_a_key_that_others_must_know_first_is_shown_before_it_signs(
    command: Command, settings: Settings, name: str
) -> None:
    def shown() -> list[str]:
        return [key["kid"] for key in json.loads(done(command("keys", "public", name)))["keys"]]

    running = Keyring.open(settings.data / "keys", name, rsa=name in ("smart-id", "maskinporten"))
    first = running.signer.thumbprint()
    done(command("keys", "prepare", name))
    done(command("keys", "prepare", name))  # once more is not one more
    known, second = shown()
    assert known == first == running.signer.thumbprint() and running.public["keys"][1]["kid"] == second
    done(command("keys", "rotate", name))
    assert running.signer.thumbprint() == second and shown() == [second, first]
    token = jose.sign({"a": 1}, running.signer, typ="JWT")
    key = jose.select(json.loads(done(command("keys", "public", name)))["keys"], second)
    assert key and jose.read(token, key, algorithms=["ES256", "RS256"]) == {"a": 1}
    assert not [key for key in json.loads(done(command("keys", "public", name)))["keys"] if "d" in key]


def test_the_list_names_every_key_and_tells_no_secret(command: Command, settings: Settings) -> None:
    told = done(command("keys", "list"))
    assert [line.split()[0] for line in told.splitlines()] == [*ROTATED, *RINGS]
    for file in (settings.data / "keys").iterdir():
        assert file.stat().st_mode & 0o077 == 0
    held = json.loads((settings.data / "keys" / "installation.json").read_text("utf-8"))
    assert not [secret for secret in (held["hashes"], held["drafts"], held["log"]) if secret in told]


async def test_an_installation_works_with_keys_that_a_vault_put_in_a_folder_of_its_own_and_writes_nothing_there(
    env: dict[str, str], tmp_path: Path
) -> None:
    """As systemd's credentials and the agents of vaults do: files that are there before we start, to be read only."""
    folder = tmp_path / "credentials"
    given = env | {"AKSON_KEYS": str(folder), "AKSON_DATA": str(tmp_path / "data")}
    done(await asyncio.to_thread(CliRunner().invoke, main, ["keys", "list"], env=given))
    for file in folder.iterdir():
        file.chmod(0o400)
    folder.chmod(0o500)
    before = {file.name: (file.stat().st_mtime_ns, file.read_bytes()) for file in folder.iterdir()}
    settings = from_environment(given)
    async with opened(settings) as office:
        person = await patient(office)
        await seal(office.database, Keys.open(settings.keys).signer, clock())
        async with office.work(JOB, Purpose.SYSTEM) as work:
            assert (await journal.read(work, "Patient", person.id)).id == person.id
    assert all(Keyring.open(settings.keys, name, rsa=name in RSA).public["keys"] for name in RINGS)
    done(await asyncio.to_thread(CliRunner().invoke, main, ["audit", "verify"], env=given))
    assert {file.name: (file.stat().st_mtime_ns, file.read_bytes()) for file in folder.iterdir()} == before
    assert not (tmp_path / "data" / "keys").exists()
