"""A database comes back as it stood at any moment, from files that only the holder of the key can read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from tempfile import mkdtemp

import asyncpg
import pytest

from akson.base.age import Identity, Unreadable
from akson.base.backups.place import OtherLog, Place, content
from akson.base.backups.programs import ProgramFailed
from akson.base.backups.restoring import NotKept, restored
from akson.base.backups.taking import Receiver, whole_copy
from akson.base.postgres import Postgres
from tests import servers

CANARY = "kanarifugl"


@pytest.fixture(scope="module")
def room() -> Iterator[Path]:
    with servers.room() as folder:
        yield folder


@pytest.fixture(scope="module")
def durable(room: Path, postgres: Postgres) -> Iterator[Postgres]:
    with servers.durable(room / "durable", postgres) as server:
        yield server


@pytest.fixture
def folder(room: Path) -> Path:
    made = Path(mkdtemp(dir=room))
    made.chmod(0o755)
    return made


@asynccontextmanager
async def connected(server: Postgres) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(server.url)
    try:
        yield connection
    finally:
        await connection.close()


async def said(server: Postgres) -> list[str]:
    async with connected(server) as connection:
        return [row[0] for row in await connection.fetch("SELECT what FROM diary ORDER BY n")]


class Kept:
    """A backup of a diary: the first line before the base backup, the others after it, with the moments between."""

    def __init__(self, place: Place, identity: Identity, moments: list[datetime]) -> None:
        self.place, self.identity, self.moments = place, identity, moments

    async def at(self, moment: datetime | None, folder: Path, server: Postgres) -> list[str]:
        with await asyncio.to_thread(restored, self.place, [self.identity], moment, folder, server.binaries) as back:
            return await said(back)


@pytest.fixture
async def kept(durable: Postgres, folder: Path) -> Kept:
    place, identity, moments = Place(folder / "place"), Identity.new(), list[datetime]()
    keys = [Identity.new().recipient, identity.recipient]
    receiver = Receiver(durable.url, durable.binaries, place, keys, folder / "spool")
    async with connected(durable) as connection:
        await connection.execute("DROP TABLE IF EXISTS diary; CREATE TABLE diary (n serial, what text)")
        await connection.execute("INSERT INTO diary (what) VALUES ($1)", CANARY)
        async with receiver.running():
            await whole_copy(durable.url, durable.binaries, place, keys)
            for line in ("én", "to", "tre"):
                moments.append(await connection.fetchval("SELECT clock_timestamp()"))
                await connection.execute("INSERT INTO diary (what) VALUES ($1)", line)
                if line == "to":
                    await connection.execute("SELECT pg_switch_wal()")
            await receiver.all_carried(connection)
        receiver.forget()
    return Kept(place, identity, moments)


async def test_the_database_comes_back_as_it_stood_at_each_moment(kept: Kept, durable: Postgres, folder: Path) -> None:
    assert await kept.at(kept.moments[1], folder / "a", durable) == [CANARY, "én"]
    assert await kept.at(kept.moments[2], folder / "b", durable) == [CANARY, "én", "to"]
    assert await kept.at(None, folder / "c", durable) == [CANARY, "én", "to", "tre"]


async def test_what_comes_back_takes_writes_and_can_be_backed_up_into_the_same_place(
    kept: Kept, durable: Postgres, folder: Path
) -> None:
    keys = [kept.identity.recipient]
    await kept.at(kept.moments[1], folder / "a", durable)
    with Postgres(folder / "a", binaries=durable.binaries, more=servers.SMALL) as back:
        receiver = Receiver(back.url, back.binaries, kept.place, keys, folder / "spool-of-a")
        async with connected(back) as connection, receiver.running():
            await connection.execute("INSERT INTO diary (what) VALUES ('en annen vei')")
            await receiver.all_carried(connection)
    assert await kept.at(None, folder / "b", durable) == [CANARY, "én", "en annen vei"]


async def test_nothing_in_the_place_can_be_read_without_the_key(kept: Kept) -> None:
    files = [*(base.file for base in kept.place.bases), *(one.file for one in kept.place.segments)]
    assert len(files) >= 3
    for file in files:
        assert CANARY.encode() not in file.read_bytes()
        with pytest.raises(Unreadable, match="another key"):
            list(content(file, [Identity.new()]))
    assert any(CANARY.encode() in b"".join(content(file, [kept.identity])) for file in files)


async def test_a_restore_says_what_is_not_kept(kept: Kept, durable: Postgres, folder: Path) -> None:
    base = kept.place.bases[0]
    with pytest.raises(NotKept, match="no base backup is that old"):
        await kept.at(base.ended.replace(year=2020), folder / "a", durable)
    with pytest.raises(NotKept, match="ends before"):
        await kept.at(base.ended.replace(year=2099), folder / "b", durable)
    first, *_, last = kept.place.segments
    first.file.unlink()
    with pytest.raises(NotKept, match="the log from the base backup on"):
        await kept.at(None, folder / "c", durable)
    assert last.name != first.name


@pytest.mark.parametrize("what", ["cut", "changed"])
async def test_a_file_that_was_tampered_with_is_not_restored(
    kept: Kept, durable: Postgres, folder: Path, what: str
) -> None:
    file = kept.place.bases[0].file
    held = file.read_bytes()
    file.write_bytes(held[:-1000] if what == "cut" else held[:9000] + bytes([held[9000] ^ 1]) + held[9001:])
    with pytest.raises(Unreadable):
        await kept.at(None, folder / "a", durable)


async def test_another_log_is_never_put_under_a_name_that_is_taken(kept: Kept, folder: Path) -> None:
    whole = next(one for one in kept.place.segments if not one.partial)
    (folder / whole.name).write_bytes(b"".join(content(whole.file, [kept.identity])))
    kept.place.keep_segment(folder / whole.name, [kept.identity.recipient])  # the same again is no fault
    (folder / whole.name).write_bytes(b"another")
    with pytest.raises(OtherLog):
        kept.place.keep_segment(folder / whole.name, [kept.identity.recipient])


async def test_a_copy_that_fails_leaves_nothing(durable: Postgres, folder: Path) -> None:
    place = Place(folder / "place")
    async with connected(durable) as connection:
        await connection.execute("CREATE ROLE nobody_much LOGIN")
    with pytest.raises(ProgramFailed, match="pg_basebackup"):
        await whole_copy(durable.url_of("akson", "nobody_much"), durable.binaries, place, [Identity.new().recipient])
    assert place.bases == [] and list((folder / "place" / "base").iterdir()) == []
