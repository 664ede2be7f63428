"""What is older than the log shall be kept goes, and what is left is proven: also that what went was whole."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from akson.audit.log import AccessLog
from akson.audit.removal import NotWhole, Removed, ended, remove
from akson.audit.seal import Signer, export_seals, seal
from akson.audit.signed import by_id
from akson.audit.verify import verify
from akson.base.database import Database
from tests.audit.looks import ASTRID, KARI, look, saw

KEY = Ed25519PrivateKey.generate()
NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
BEFORE = datetime(2016, 11, 1, tzinfo=UTC)
SEPTEMBER, OCTOBER = datetime(2016, 9, 5, 9, 0, tzinfo=UTC), datetime(2016, 10, 31, 20, 0, tzinfo=UTC)
NOVEMBER = datetime(2016, 11, 1, 8, 0, tzinfo=UTC)
REMOVE = "SELECT access_remove_v2($1, now(), $2, $3, $4, '', '', '', '')"
FOUND = """INSERT INTO finding (actor, day, unit, patient, controller, actor_id, actor_name, actor_role, unit_name, first, last,
                                opened, refused, signs, strength, at)
           VALUES (1, $2::timestamptz::date, 1, $1, 1, '', '', '', '', $2, $2, 1, 0, '{}', 1, $2)"""
FALL = """CREATE FUNCTION falls() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION 'it falls'; END$$;
          CREATE TRIGGER falls BEFORE DELETE ON access_log FOR EACH ROW WHEN (OLD.seq = 3) EXECUTE FUNCTION falls()"""


@dataclass(frozen=True)
class Log:
    """A log of September, October and November, as it is taken away."""

    url: str
    db: Database
    eraser: Database

    async def remove(self, before: datetime = BEFORE, **how: int) -> Removed | None:
        return await remove(self.db, self.eraser, Signer(KEY), by_id([KEY.public_key()]), NOW, before, **how)

    async def more(self, *days: int) -> None:
        """Let there be more streams of September, each of four rows under two seals."""
        for day in days:
            writer = AccessLog(self.url)
            for hour in range(4):
                await writer.write(look(saw(), saw(patient=KARI), at=SEPTEMBER + timedelta(days=day, hours=hour)))
                if hour % 2:
                    await seal(self.db, Signer(KEY), SEPTEMBER + timedelta(days=day, hours=hour, minutes=1))
            await writer.close()

    async def partition(self, month: str) -> bool:
        return await self.db.fetchval("SELECT to_regclass('access_log_' || $1) IS NOT NULL", month)

    async def faults(self, witnessed: bytes = b"") -> list[str]:
        return list(map(str, (await verify(self.url, keys=[KEY.public_key()], witnessed=witnessed)).faults))

    async def left(self) -> list[tuple[datetime, int]]:
        """Return when each row that is left is of, and how often the citizens' projection names it."""
        return [tuple(row) for row in await self.db.fetch(
            "SELECT l.at, (SELECT count(*) FROM access_log_patient p WHERE p.stream = l.stream AND p.seq = l.seq)"
            "  FROM access_log l ORDER BY l.at")]  # fmt: skip


@pytest.fixture
async def log(database_url: str, db: Database, owner_db: Database) -> Log:
    eraser = await Database.open(database_url, size=1, role="akson_eraser", ready=0)
    for month in (SEPTEMBER, OCTOBER, NOVEMBER):
        writer = AccessLog(database_url)
        await owner_db.execute("SELECT access_log_ahead($1)", month.date())
        for hour in range(4):
            await writer.write(look(saw(), saw(patient=KARI), at=month + timedelta(hours=hour)))
            await seal(db, Signer(KEY), month + timedelta(hours=hour, minutes=1))
        await writer.close()
    yield Log(database_url, db, eraser)
    await eraser.close()


async def test_month_after_month_goes_until_nothing_is_too_old_and_each_time_the_rest_is_proven(log: Log) -> None:
    witnessed = await export_seals(log.db, SEPTEMBER)
    assert await log.remove() == Removed(datetime(2016, 9, 1, tzinfo=UTC), 1, 4)
    assert await log.faults(witnessed) == []
    assert await log.remove(datetime(2017, 1, 1, tzinfo=UTC)) == Removed(datetime(2016, 10, 1, tzinfo=UTC), 1, 4)
    assert await log.faults(witnessed) == []
    assert await log.left() == [(NOVEMBER + timedelta(hours=n), 2) for n in range(4)]
    assert await log.remove() is None
    assert await log.db.fetchval("SELECT to_regclass('access_log_2016_09')") is None
    assert await log.db.fetchval("SELECT count(*) FROM access_seal WHERE prints = ''") == 8


async def test_a_month_goes_in_batches_of_streams_each_signed_and_its_partition_with_the_last_of_them(log: Log) -> None:
    await log.more(1, 2, 3)
    september = datetime(2016, 9, 1, tzinfo=UTC)
    for left, removed in ((4, 1), (4, 2), (0, 1)):
        assert await log.remove(most_rows=8 if removed == 2 else 7) == Removed(september, removed, 4 * removed)
        assert await log.faults() == [] and await log.partition("2016_09") == bool(left)
    assert [tuple(row) for row in await log.db.fetch("SELECT number, rows FROM access_removal ORDER BY number")] == [
        (1, [4]), (2, [4, 4]), (3, [4])]  # fmt: skip
    assert len(await log.left()) == 8


@pytest.mark.parametrize("at_once", [1, 3, 4, 5])
async def test_a_stream_goes_in_slices_whatever_seals_they_cut_through(log: Log, at_once: int) -> None:
    await log.more(1)
    assert await log.remove(at_once=at_once) == Removed(datetime(2016, 9, 1, tzinfo=UTC), 2, 8)
    assert await log.faults() == [] and len(await log.left()) == 8
    assert await log.db.fetchval("SELECT count(*) FROM access_seal WHERE prints = ''") == 6


async def test_a_fall_between_two_slices_leaves_the_batch_whole_and_the_next_turn_goes_on_from_there(
    log: Log, owner_db: Database
) -> None:
    await log.more(1, 2)
    assert await log.remove(most_rows=4) is not None
    await owner_db.execute(FALL)
    with pytest.raises(asyncpg.RaiseError, match="falls"):
        await log.remove(most_rows=4, at_once=1)
    assert len(await log.left()) == 16 and await log.faults() == []
    assert await log.db.fetchval("SELECT count(*) FROM access_removal") == 1
    await owner_db.execute("DROP FUNCTION falls CASCADE")
    assert [await log.remove(most_rows=4, at_once=1) for _ in range(2)] == [
        Removed(datetime(2016, 9, 1, tzinfo=UTC), 1, 4)] * 2  # fmt: skip
    assert len(await log.left()) == 8 and await log.faults() == []


async def test_while_somebody_reads_the_log_rows_go_and_the_partition_waits_for_a_later_turn(
    log: Log, owner_db: Database
) -> None:
    async with owner_db.transaction() as reader:
        await reader.fetch("SELECT FROM access_log")
        assert await log.remove() == Removed(datetime(2016, 9, 1, tzinfo=UTC), 1, 4)
        assert await log.partition("2016_09") and await log.faults() == []
    assert await log.remove(datetime(2016, 10, 1, tzinfo=UTC)) is None
    assert not await log.partition("2016_09") and await log.faults() == [] and len(await log.left()) == 8


TRIED = """CREATE TABLE tried (month text);
           ALTER FUNCTION access_drop_v2 RENAME TO access_drop_really;
           CREATE FUNCTION access_drop_v2(month date) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER AS $$
           BEGIN INSERT INTO tried VALUES (to_char(month, 'YYYY-MM')); RETURN access_drop_really(month); END$$;"""


async def test_while_somebody_reads_the_log_one_month_is_tried_in_a_turn_and_the_rest_wait_behind_it(
    log: Log, owner_db: Database
) -> None:
    await owner_db.execute(TRIED)
    async with owner_db.transaction() as reader:
        await reader.fetch("SELECT FROM access_log")
        assert [bool(await log.remove(datetime(2016, 12, 1, tzinfo=UTC))) for _ in range(4)] == [
            True,
            True,
            True,
            False,
        ]
        assert (
            await tried(owner_db) == ["2016-09"] * 2
        )  # when it had come to its end, and when nothing was left to take
    for months in (["2016-09"], ["2016-10"], ["2016-11"], []):
        assert await log.remove(datetime(2016, 12, 1, tzinfo=UTC)) is None and await tried(owner_db) == months
    assert await log.faults() == []


async def tried(db: Database) -> list[str]:
    """Return which months were tried since this was asked last."""
    return [row["month"] for row in await db.fetch("DELETE FROM tried RETURNING month")]


async def test_who_writes_the_log_waits_a_tenth_of_a_second_at_most_for_a_month_that_cannot_go(log: Log) -> None:
    told = await log.db.fetchval("SELECT proconfig FROM pg_proc WHERE proname = 'access_drop_v2'")
    assert "lock_timeout=100ms" in told


async def test_a_month_of_which_much_stands_keeps_none_that_is_younger(log: Log, owner_db: Database) -> None:
    await much_stands(log, owner_db)
    assert [bool(await log.remove()) for _ in range(3)] == [True, True, False]
    assert [await log.partition(month) for month in ("2016_09", "2016_10", "2016_11")] == [True, False, True]


async def test_the_log_is_written_while_a_batch_goes_and_another_process_leaves_it_alone(log: Log) -> None:
    (stream,) = await log.db.fetch("SELECT stream FROM access_stream WHERE opened = $1", SEPTEMBER)
    other = await Database.open(log.url, size=1, role="akson_eraser", ready=0)
    async with log.eraser.transaction() as batch:
        assert await batch.fetchval(REMOVE, 1, BEFORE, [stream["stream"]], [4]) is True
        await batch.execute("SELECT access_remove_rows_v1(1, $1, 1, 4)", stream["stream"])
        await log.more(1)
        assert await remove(log.db, other, Signer(KEY), by_id([KEY.public_key()]), NOW, BEFORE) is None
    await other.close()
    assert len(await log.left()) == 12 and await log.partition("2016_09")


async def test_a_stream_that_reaches_into_the_next_month_stays_whole_until_that_goes_too(log: Log) -> None:
    writer, midnight = AccessLog(log.url), NOVEMBER.replace(hour=0)
    minute = timedelta(minutes=1)
    await asyncio.gather(*(writer.write(look(at=at)) for at in (midnight - minute, midnight + minute)))
    await writer.close()
    await seal(log.db, Signer(KEY), midnight + 2 * minute)
    assert [await log.remove(), await log.remove()] == [
        Removed(datetime(2016, month, 1, tzinfo=UTC), 1, 4) for month in (9, 10)
    ]
    assert await log.remove() is None
    assert [at for at, _ in await log.left()][:2] == [midnight - minute, midnight + minute]
    assert len(await log.left()) == 6 and await log.faults() == []
    assert await log.remove(datetime(2016, 12, 1, tzinfo=UTC)) == Removed(datetime(2016, 10, 1, tzinfo=UTC), 1, 2)
    assert len(await log.left()) == 4 and await log.faults() == []


async def test_what_stays_of_a_month_is_kept_when_its_partition_goes(log: Log, owner_db: Database) -> None:
    writer = AccessLog(log.url)
    await writer.write(look(saw(patient=99), at=SEPTEMBER))
    await writer.close()
    await seal(log.db, Signer(KEY), SEPTEMBER + timedelta(hours=5))
    await owner_db.execute("INSERT INTO hold VALUES (99, now(), 'klage', 'Per Tveit')")
    assert await log.remove() == Removed(datetime(2016, 9, 1, tzinfo=UTC), 1, 4)
    assert await log.faults() == [] and (await log.left())[0] == (SEPTEMBER, 1)
    assert await owner_db.fetchval("SELECT tableoid::regclass::text FROM access_log WHERE 99 = ANY (patients)") == (
        "access_log_default")  # fmt: skip
    await owner_db.execute("UPDATE hold SET ended = now(), ended_by = 'Per Tveit'")
    assert await log.remove() == Removed(datetime(2016, 9, 1, tzinfo=UTC), 1, 1)
    assert await log.faults() == []


@pytest.mark.parametrize("tampering", [
    "UPDATE access_log SET reason = 'x' WHERE at = $1", "DELETE FROM access_log WHERE at = $1",
    "UPDATE access_stream SET opened = opened - interval '1 s' WHERE opened = $1",
    "DELETE FROM access_seal WHERE at > $1::timestamptz + interval '3 hours' AND at < $1 + interval '4 hours'",
    "UPDATE access_seal SET signature = 'x' WHERE at < $1::timestamptz + interval '10 minutes'",
])  # fmt: skip
async def test_a_log_that_is_not_whole_stays_where_it_is(log: Log, owner_db: Database, tampering: str) -> None:
    await owner_db.execute(tampering, SEPTEMBER)
    with pytest.raises(NotWhole):
        await log.remove()
    assert len(await log.left()) >= 11
    assert await log.db.fetchval("SELECT count(*) FROM access_removal") == 0


GONE = "(SELECT streams[1] FROM access_removal WHERE number = 1)"
TAMPERINGS = [
    ("UPDATE access_removal SET before = before + interval '1 day'", "the signature does not hold"),
    ("UPDATE access_removal SET at = at + interval '1 us' WHERE number = 1", "the signature does not hold"),
    ("UPDATE access_removal SET digests = sha256('x') WHERE number = 1", "its seals are not those it had"),
    ("UPDATE access_removal SET rows = '{3}' WHERE number = 1", "its seals are not those it had"),
    ("UPDATE access_removal SET streams = '{7}' WHERE number = 1", "is missing"),
    ("UPDATE access_removal SET streams = streams || streams, rows = rows || rows, digests = digests || digests"
     " WHERE number = 1", "away again"),
    ("UPDATE access_removal SET streams = streams || 5::bigint WHERE number = 1", "how many rows"),
    ("UPDATE access_removal SET previous = sha256('x') WHERE number = 2", "does not follow the removal before"),
    ("UPDATE access_removal SET key_id = 'x' WHERE number = 2", "the signature does not hold"),
    ("DELETE FROM access_removal WHERE number = 1", "a removal from 1 is missing"),
    ("DELETE FROM access_removal WHERE number = 2", "is missing"),
    ("DELETE FROM access_removal", "is missing"),
    (f"DELETE FROM access_seal WHERE stream = {GONE} AND from_seq = 4", "its seals are not those it had"),
    (f"DELETE FROM access_seal WHERE stream = {GONE}", "its seals are not those it had"),
    (f"UPDATE access_seal SET prints = 'x' WHERE stream = {GONE} AND from_seq = 2", "keeps prints"),
    (f"UPDATE access_seal SET root = sha256('x') WHERE stream = {GONE} AND from_seq = 2", "signature does not hold"),
    (f"UPDATE access_stream SET opened = opened + interval '1 us' WHERE stream = {GONE}", "its seals are not those"),
    (f"DELETE FROM access_stream WHERE stream = {GONE}", "its seals are not those it had"),
    (f"DELETE FROM access_stream WHERE stream = {GONE}; DELETE FROM access_seal WHERE stream = {GONE}",
     "was taken away, and now nothing says that it ever was"),
    (f"INSERT INTO access_log SELECT (jsonb_populate_record(l, jsonb_build_object('stream', {GONE}))).*"
     " FROM access_log l WHERE l.seq = 1", "stands where all was taken away"),
    (f"INSERT INTO access_log_patient SELECT patient, at, {GONE}, seq FROM access_log_patient WHERE seq = 1",
     "has no row in the log"),
    ("UPDATE access_log SET actor_name = 'En annen' WHERE seq = 2", "was changed after it was written"),
    ("DELETE FROM access_log WHERE seq = 3", "is missing"),
]  # fmt: skip


@pytest.mark.parametrize(("tampering", "found"), TAMPERINGS)
async def test_what_is_done_after_a_removal_is_found(log: Log, owner_db: Database, tampering: str, found: str) -> None:
    for _ in range(2):
        assert await log.remove(datetime(2016, 12, 1, tzinfo=UTC).replace(day=1)) is not None
    assert await log.faults() == []
    await owner_db.execute(tampering)
    assert [fault for fault in await log.faults() if found in fault], await log.faults()


async def test_two_who_take_the_same_away_do_it_once_and_another_key_signs_for_nothing(log: Log) -> None:
    assert await log.remove() is not None
    taken = await log.db.fetchrow("SELECT * FROM access_removal")
    assert taken is not None
    assert await log.eraser.fetchval(REMOVE, 1, BEFORE, taken["streams"], taken["rows"]) is False
    assert await log.eraser.fetchval(REMOVE, 2, BEFORE, [], []) is True
    assert [fault for fault in await log.faults() if "access_removal 2: the signature does not hold" in fault]


@pytest.mark.parametrize(("before", "rows", "hold"), [
    (datetime.now(UTC) - timedelta(days=330), 4, 0), (SEPTEMBER + timedelta(hours=2), 4, 0), (BEFORE, 3, 0), (BEFORE, 5, 0),
    (BEFORE, 4, KARI),
], ids=["of the last year", "too new", "more than said", "fewer than said", "of one on hold"])  # fmt: skip
async def test_the_database_itself_refuses_what_may_not_go(
    log: Log, owner_db: Database, before: datetime, rows: int, hold: int
) -> None:
    (stream,) = await log.db.fetch("SELECT stream FROM access_stream WHERE opened = $1", SEPTEMBER)
    await owner_db.execute("INSERT INTO hold VALUES ($1, now(), 'klage', 'Per Tveit')", hold)
    with pytest.raises(asyncpg.RaiseError):
        async with log.eraser.transaction() as batch:
            assert await batch.fetchval(REMOVE, 1, before, [stream["stream"]], [rows]) is True
            await batch.execute("SELECT access_remove_rows_v1(1, $1, 1, $2)", stream["stream"], 2**63 - 1)
    assert len(await log.left()) == 12


@pytest.mark.parametrize("call", [
    "access_remove_rows_v1(1, {stream}, 1, 4)", f"access_drop_v2('{datetime.now(UTC):%Y-%m}-01'::date - 330)",
])  # fmt: skip
async def test_nothing_goes_that_no_removal_tells_of(log: Log, call: str) -> None:
    stream = await log.db.fetchval("SELECT stream FROM access_stream WHERE opened = $1", SEPTEMBER)
    with pytest.raises(asyncpg.RaiseError):
        await log.eraser.execute(f"SELECT {call.format(stream=stream)}")
    assert len(await log.left()) == 12


async def test_what_surveillance_found_goes_with_the_rows_but_for_one_on_hold(log: Log, owner_db: Database) -> None:
    for patient, last in ((1, SEPTEMBER), (2, SEPTEMBER), (3, NOVEMBER)):
        await owner_db.execute(FOUND, patient, last)
    await owner_db.execute("INSERT INTO finding_outcome SELECT id, 'lawful', '', '', '', now() FROM finding")
    await owner_db.execute("INSERT INTO hold VALUES (2, now(), 'klage', 'Per Tveit')")
    assert await log.remove() is not None
    assert [row["patient"] for row in await log.db.fetch("SELECT patient FROM finding ORDER BY patient")] == [2, 3]
    assert await log.db.fetchval("SELECT count(*) FROM finding_outcome") == 2


async def much_stands(log: Log, owner_db: Database) -> None:
    """Let more of September be on hold than is put elsewhere."""
    writer = AccessLog(log.url)
    await writer.write(look(saw(patient=99), at=SEPTEMBER))
    await writer.close()
    await owner_db.execute(
        "UPDATE access_log SET patients = ARRAY(SELECT generate_series(1, 10000)) WHERE 99 = ANY (patients)"
    )
    await owner_db.execute("INSERT INTO hold VALUES (99, now(), 'klage', 'Per Tveit')")


async def test_a_month_of_which_much_stands_keeps_its_partition(log: Log, owner_db: Database) -> None:
    await much_stands(log, owner_db)
    assert await log.remove() == Removed(datetime(2016, 9, 1, tzinfo=UTC), 1, 4)
    assert await log.partition("2016_09") and (await log.left())[0] == (SEPTEMBER, 1)


async def test_the_log_of_one_on_hold_stays_with_the_streams_that_tell_of_them(log: Log, owner_db: Database) -> None:
    await owner_db.execute("INSERT INTO hold VALUES ($1, now(), 'klage', 'Per Tveit')", ASTRID)
    assert await log.remove() is None and len(await log.left()) == 12


@pytest.mark.parametrize(("now", "before"), [
    (NOW, BEFORE), (datetime(2024, 2, 29, 12, tzinfo=UTC), datetime(2014, 2, 1, tzinfo=UTC)),
])  # fmt: skip
def test_a_term_ends_with_a_whole_month(now: datetime, before: datetime) -> None:
    assert ended(now, 10) == before
