"""`akson backup` and `akson restore`: what was erased after the moment that one goes back to is gone again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

import asyncpg
import pytest
from click.testing import CliRunner, Result
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from akson.audit import ledger
from akson.audit.ledger import LedgerBroken
from akson.audit.seal import Signer
from akson.base.age import Identity, Unreadable
from akson.base.backups.place import Place
from akson.base.errors import Refused
from akson.base.jobs import deliver
from akson.base.migrate import migrate
from akson.base.postgres import Postgres
from akson.base.work import Purpose
from akson.cli import MIGRATIONS, main
from akson.doors import backing
from akson.doors.keys import Keys
from akson.doors.opening import clock, opened
from akson.doors.restoring import Looks, Restored, put_back
from akson.doors.running import consumers
from akson.doors.settings import Settings, from_environment
from akson.exchange import delivery, erasing, inbox
from akson.fhir import types
from akson.record import erasure, journal, shipping
from akson.record.erasure import Decision, Ground
from akson.record.office import Office
from akson.record.replaying import carry_out
from akson.record.stored import Stored
from tests import servers
from tests.exchange.letters import HEART, NORDRE, sample
from tests.exchange.places import Places, make
from tests.offices import patient, staff
from tests.record.traces import tables_with

CANARY = "kanarifugl"
DECIDED = Decision(ground=Ground.WRONG_PATIENT, reason="Skrevet i feil pasients journal")
_numbers = count(1)


@pytest.fixture(scope="module")
def room() -> Iterator[Path]:
    with servers.room() as folder:
        yield folder


@pytest.fixture(scope="module")
def durable(room: Path, postgres: Postgres) -> Iterator[Postgres]:
    with servers.durable(room / "durable", postgres) as server:
        yield server


@pytest.fixture
async def env(durable: Postgres, room: Path) -> dict[str, str]:
    """An installation of its own, with a key for backups that is kept elsewhere."""
    name = f"installation_{next(_numbers)}"
    connection = await asyncpg.connect(durable.url)
    await connection.execute(f"CREATE DATABASE {name}")
    await connection.close()
    await migrate(durable.url_of(name), MIGRATIONS, clock())
    folder = room / name
    (folder / "place").mkdir(parents=True)
    folder.chmod(0o755)
    return {"AKSON_ENV": "test", "AKSON_DATABASE_URL": durable.url_of(name), "AKSON_DATA": str(folder / "data"),
            "AKSON_BACKUP": str(folder / "place"), "AKSON_POSTGRES_BIN": str(durable.binaries.folder)}  # fmt: skip


@pytest.fixture
def settings(env: dict[str, str]) -> Settings:
    made = from_environment(env)
    backing.new_key(made, made.data.parent / "key")
    return made


@pytest.fixture
def command(env: dict[str, str]) -> Callable[..., Result]:
    """`akson ...`, as an operator types it."""
    return lambda *words: CliRunner().invoke(main, [str(word) for word in words], env=env)


def place(settings: Settings) -> Place:
    return backing.place_of(settings)


async def restored(settings: Settings, to: datetime | None, folder: str, *looks: Looks) -> Restored:
    held = backing.identities(settings.data.parent / "key")
    where = settings.data.parent / folder
    return await put_back(settings, place(settings), held, to, where, backing.programs(settings), *looks)


@asynccontextmanager
async def kept(settings: Settings) -> AsyncIterator[tuple[Office, Callable[[], Awaitable[None]]]]:
    """An installation whose backup runs; the second carries all there is into the place."""
    ours = backing.backing(settings)
    receiver = ours.receiver
    async with opened(settings) as office, connected(settings) as connection:
        async with receiver.running():

            async def carried() -> None:
                await ours.ship(office)
                await receiver.all_carried(connection)

            await ours.copy()
            yield office, carried
        receiver.forget()


async def arrived(places: Places) -> str:
    """Let a message with the canary arrive; return the id of its Communication."""
    body = sample("helsefaglig-1.1.xml").replace(b"Endret vanndrivende", CANARY.encode())
    now = places.office.clock()
    await inbox.keep(places.office.database, body, now=now, envelope_from=HEART.her_id, envelope_to=NORDRE.her_id)
    assert await delivery.receive_due(places.office) == 1
    [found] = await places.found("Communication")
    return str(found["id"])


async def test_what_was_erased_after_the_moment_is_gone_again_with_its_copies(settings: Settings) -> None:
    async with opened(settings) as office:
        places = await make(office)
        nurse = await staff(office, places.practice, "Yusuf")
        letter = await arrived(places)
        async with office.work(nurse, Purpose.TREATMENT) as work:
            note = await journal.create(work, {
                "resourceType": "Observation", "status": "final", "subject": {"reference": places.astrid.reference},
                "code": {"text": CANARY}, "valueString": CANARY})  # fmt: skip
    async with kept(settings) as (office, carried):
        moment = clock()
        async with office.work(places.doctor, Purpose.TREATMENT) as work:
            filed = await erasing.all_of(work, letter)
        for references in ([note.reference], filed):
            async with office.work(places.doctor, Purpose.ADMINISTRATION, screen="sletting") as work:
                await erasure.erase(work, references, DECIDED)
        while await deliver(office.database, consumers(office), clock()):
            pass
        await carried()

    async def before(url: str) -> None:
        assert {"resource_version", "message_in"} <= await tables_with(url, CANARY)

    async def after(url: str) -> None:
        assert await tables_with(url, CANARY) == set()

    back = await restored(settings, moment, "back", before, after)
    assert back.again == 1 + len(filed) and back.report.faults == () and back.complete >= moment


async def test_nobody_is_served_from_a_database_that_was_put_back_before_the_erased_is_gone_again(
    settings: Settings, command: Callable[..., Result]
) -> None:
    async with opened(settings) as office:
        person = await patient(office)
        await backing.backing(settings).ship(office)
        await owner_says(settings, "CREATE TABLE kept AS SELECT * FROM resource_version")
        await erased(office, person)
        await backing.backing(settings).ship(office)
        await put_back_by_hand(settings)
    for program in ("serve", "worker"):
        refused = await asyncio.to_thread(command, program)
        assert refused.exit_code == 1 and "AK-L019" not in refused.output and "restore erasures" in refused.output
    with pytest.raises(Refused, match="AK-L019"):
        async with opened(settings) as office:
            await backing.backing(settings).ship(office)
    done = await asyncio.to_thread(command, "restore", "erasures", "--key", settings.data.parent / "key")
    assert done.exit_code == 0 and "Slettet 1 om igjen" in done.output, done.output
    await backing.refuse_restored(settings)
    proven = await asyncio.to_thread(command, "audit", "verify")
    assert proven.exit_code == 0, proven.output


async def test_the_drill_is_one_command_and_says_what_it_proved(
    settings: Settings, command: Callable[..., Result], room: Path
) -> None:
    async with opened(settings) as office:
        await patient(office)
    told = await asyncio.to_thread(command, "restore", "drill", "--in", room)
    assert told.exit_code == 0, told.output
    assert told.output.count("bevist: ") == 5 and "Alt holder" in told.output and "FEIL" not in told.output
    assert not list(room.glob("akson-drill-*"))
    async with connected(settings) as connection:
        assert await connection.fetchval("SELECT count(*) FROM pg_replication_slots") == 0
        assert await connection.fetchval("SELECT count(*) FROM resource r JOIN erasure USING (owner, type, id)") == 2


async def test_a_restore_as_an_operator_types_it(settings: Settings, command: Callable[..., Result]) -> None:
    async with kept(settings) as (office, carried):
        person = await patient(office)
        await carried()
    folder, key = settings.data.parent / "back", settings.data.parent / "key"
    listed = await asyncio.to_thread(command, "backup", "list")
    assert ".tar.zst.age" in listed.output and "deler av endringsloggen, den siste fra" in listed.output
    done = await asyncio.to_thread(command, "restore", "into", folder, "--key", key)
    assert done.exit_code == 0 and "0 feil" in done.output and "fullstendig til" in done.output, done.output
    with Postgres(folder, binaries=settings.postgres_bin, more=servers.SMALL) as server:
        connection = await asyncpg.connect(server.url_of(settings.database_url.split("/")[3].split("?")[0]))
        assert await connection.fetchval("SELECT count(*) FROM resource WHERE id = $1", person.id) == 1
        await connection.close()
    again = await asyncio.to_thread(command, "restore", "into", folder, "--key", key)
    assert again.exit_code == 1 and "Sikkerhetskopien har ikke det som trengs" in again.output


async def test_a_restore_refuses_without_the_ledger_the_keys_or_the_right_key(settings: Settings) -> None:
    async with kept(settings) as (office, carried):
        await erased(office, await patient(office))
        await carried()
    held = backing.identities(settings.data.parent / "key")
    keys = Keys.open(settings.data / "keys").seals
    pages = place(settings).folder / "erasures"
    assert [len(page) for page in ledger.read(place(settings), held, keys).pages] == [1]
    with pytest.raises(LedgerBroken, match="the mark was changed"):
        ledger.read(place(settings), held, [])
    with pytest.raises(Unreadable, match="another key"):
        ledger.read(place(settings), [Identity.new()], keys)
    (pages / "0000000001.age").rename(pages / "gone")
    with pytest.raises(LedgerBroken, match="tells of 1 pages"):
        await restored(settings, None, "a")
    (pages / "gone").rename(pages / "0000000001.age")
    (pages / "mark.json").unlink()
    with pytest.raises(LedgerBroken, match="no mark"):
        await restored(settings, None, "b")
    (settings.data / "keys" / "installation.json").unlink()
    with pytest.raises(Refused, match="AK-L023"):
        await restored(settings, None, "c")
    assert not (settings.data.parent / "c").exists()


async def test_pages_follow_each_other_whoever_writes_them_and_whenever_it_falls(settings: Settings) -> None:
    held, keys = backing.identities(settings.data.parent / "key"), Keys.open(settings.data / "keys").seals
    ours = backing.backing(settings)
    async with opened(settings) as office:
        assert await ours.ship(office) == 0
        for many in (2, 3):
            for _ in range(many):
                await erased(office, await patient(office))
            await asyncio.gather(*(ours.ship(office) for _ in range(3)))
        await erased(office, await patient(office))
        await office.database.execute(shipping.SQL.note, 500)  # and the process is killed before it writes
        assert await ours.ship(office) == 1
        await owner_says(settings, "UPDATE erasure_page SET written = false")  # or before it notes that it wrote
        assert await ours.ship(office) == 3
    told = ledger.read(ours.place, held, keys)
    assert sum(map(len, told.pages)) == 6 and len({one.id for page in told.pages for one in page}) == 6


@pytest.mark.parametrize("tampering", ["swapped", "forged", "mark"])
async def test_a_ledger_that_was_tampered_with_is_not_believed(settings: Settings, tampering: str) -> None:
    held, keys = backing.identities(settings.data.parent / "key"), Keys.open(settings.data / "keys").seals
    ours, pages = backing.backing(settings), place(settings).folder / "erasures"
    async with opened(settings) as office:
        for _ in range(2):
            await erased(office, await patient(office))
            await ours.ship(office)
    first, second, mark = pages / "0000000001.age", pages / "0000000002.age", pages / "mark.json"
    if tampering == "swapped":
        one = first.read_bytes()
        first.write_bytes(second.read_bytes())
        second.write_bytes(one)
    elif tampering == "forged":
        first.unlink()
        ledger.write_page(ours.place, 1, [], Signer(Ed25519PrivateKey.generate()), ours.recipients)
    else:
        mark.write_text(mark.read_text("utf-8").replace('"pages":2', '"pages":1'), "utf-8")
    with pytest.raises(LedgerBroken):
        ledger.read(ours.place, held, keys)


async def test_the_backup_keeps_itself_and_lets_go_of_what_nobody_needs(settings: Settings) -> None:
    said: list[str] = []
    keeping = asyncio.create_task(backing.keep(settings, every=timedelta(hours=1), days=1, told=said.append))
    async with opened(settings) as office:
        person = await patient(office)
        await erased(office, person)
        for _ in range(200):
            if keeping.done() or (said and ledger.last_page(place(settings))):
                break
            await asyncio.sleep(0.1)
    keeping.cancel()
    with pytest.raises(asyncio.CancelledError):
        await keeping
    assert len(place(settings).bases) == 1 and place(settings).segments and ledger.last_page(place(settings)) == 1
    assert (
        place(settings).forget(clock() + timedelta(hours=1)) == 0
    )  # the newest copy is needed, and all that follows it
    await owner_says(settings, "SELECT pg_drop_replication_slot('akson_backup')")


def test_the_key_of_backups_is_never_written_over(settings: Settings, command: Callable[..., Result]) -> None:
    file = settings.data.parent / "key"
    was = file.read_bytes()
    assert command("backup", "key", file).exit_code == 1 and file.read_bytes() == was
    assert file.stat().st_mode & 0o077 == 0
    assert command("restore", "into", "x", "--key", settings.data / "keys" / "backup.recipients").exit_code == 1
    assert "tidssone" in command("restore", "into", "x", "--key", file, "--to", "2026-11-22T14:00:00").output


def test_a_backup_needs_a_place_and_a_key(env: dict[str, str]) -> None:
    for more, code in (({}, "AK-L021"), ({"AKSON_BACKUP": "/nowhere"}, "AK-L021")):
        with pytest.raises(Refused, match=code):
            backing.backing(from_environment(env | more))
    made = from_environment(env | {"AKSON_BACKUP": "/nowhere"})
    backing.new_key(made, made.data.parent / "another")
    with pytest.raises(Refused, match="AK-L020"):
        backing.backing(made)


async def erased(office: Office, one: Stored) -> None:
    type_ = types.code_of(one.reference.partition("/")[0])
    decision = {"ground": "feil pasient", "reason": "Skrevet i feil pasients journal"}
    assert await carry_out(office.database, office.eraser, one.owner, [(type_, one.id)], decision, clock()) == 1


@asynccontextmanager
async def connected(settings: Settings) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(settings.database_url)
    try:
        yield connection
    finally:
        await connection.close()


async def owner_says(settings: Settings, statement: str) -> None:
    async with connected(settings) as connection:
        await connection.execute(statement)


async def put_back_by_hand(settings: Settings) -> None:
    """Let the database be as it was before the erasure, as another tool's restore leaves it."""
    await owner_says(
        settings,
        "DELETE FROM news; DELETE FROM erasure_line; DELETE FROM erasure_page; DELETE FROM erasure; DELETE FROM chain WHERE seq = 2;"
        "DELETE FROM resource_version; INSERT INTO resource_version SELECT * FROM kept; UPDATE resource SET deleted = false;"
        "UPDATE owner o SET chain_seq = 1, head = c.head FROM chain c WHERE c.owner = o.owner",
    )
