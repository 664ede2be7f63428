"""Things that whoever owns the database may do to the trails, by chance: edits, removals, insertions, exchanges and cuts.

Each is done in a transaction that is undone again, and the verifier looks at it from inside.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

import asyncpg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from akson.audit.log import AccessLog
from akson.audit.removal import remove
from akson.audit.report import Report
from akson.audit.seal import Signer, export_seals, seal
from akson.audit.signed import by_id
from akson.audit.verify import proven
from akson.base.work import Actor, Purpose
from akson.fhir import types
from akson.record import journal
from akson.record.office import Office
from akson.record.replaying import carry_out
from akson.record.sealing import chain_seals, seal_chains
from akson.record.stored import Stored
from tests.audit.looks import KARI, look, saw
from tests.offices import NOW, patient, staff, temperature, unit

KEY = Ed25519PrivateKey.generate()
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Table:
    """A table of the trails. keys: its primary key; columns: all that is proven; marks: what a fault names it by."""

    name: str
    keys: tuple[str, ...]
    columns: tuple[str, ...]
    marks: tuple[str, ...]


def table(name: str, keys: str, columns: str, marks: str) -> Table:
    return Table(name, tuple(keys.split()), (*keys.split(), *columns.split()), tuple(marks.split()))


LOG = table(
    "access_log",
    "stream seq at",
    "actor_kind actor_id actor_key actor_name actor_role unit unit_name controller "
    "controller_name signed_in purpose screen request outcome reason patients seen leaf",
    "stream",
)
TABLES = (
    # Not n: what it says is the order within a set, and that is proven.
    table("resource_version", "owner type id version", "last_updated chain_seq method author body salt", "owner"),
    table("chain", "owner seq", "at leaves digest prints head", "owner"),
    table("erasure", "owner seq type id", "leaves decision", "owner"),
    table("author", "author", "told", "author"),
    table("owner", "owner", "chain_seq head facts restricted", "owner"),
    table("resource", "owner type id", "version deleted last_updated unit author", "owner"),
    LOG,
    table("access_log_patient", "patient at stream seq", "", "patient stream"),
    table("access_stream", "stream", "opened", "stream"),
    table("access_removal", "number", "at before streams rows digests previous signature key_id", "number streams"),
    table("access_seal", "stream from_seq", "upto_seq at root prints previous signature key_id", "stream"),
    table("chain_seal", "number", "at owners seqs prints root previous signature key_id", "number"),
)  # fmt: skip


@dataclass(frozen=True)
class Tampering:
    """What was done, and the names of which a fault must bear one: owner, stream, number of a seal."""

    told: str
    names: frozenset[str]


async def trails(office: Office, log: AccessLog) -> bytes:
    """Write trails of every kind, and return what a witness holds: its seals."""
    signer = Signer(KEY)
    await _ended(office, log, signer)
    place = await unit(office, "Sone nord")
    nurse = await staff(office, place, "Yusuf")
    people = [await patient(office, at=place) for _ in range(6)]
    for turn in range(3):
        for person in people:
            await _measured(office, nurse, person)
            await log.write(look(request=f"r{turn}", reason="øvelse"))
            await log.write(look(saw("page oversikt", KARI), saw(patient=person.owner)))
        await seal(office.database, signer, NOW + turn * MINUTE)
        await seal_chains(office.database, signer, NOW + turn * MINUTE)
    for person in people[:2]:
        made = await _measured(office, nurse, person)
        decision = {"ground": "feil pasient", "reason": "Skrevet i feil pasients journal"}
        await carry_out(
            office.database, office.eraser, person.owner, [(types.code_of("Observation"), made.id)], decision, NOW
        )
    await seal_chains(office.database, signer, NOW + 3 * MINUTE)
    return await export_seals(office.database, NOW - MINUTE) + await chain_seals(office.database, NOW - MINUTE)


async def _ended(office: Office, log: AccessLog, signer: Signer) -> None:
    """Let two months of the log be of a time that is over, and be taken away."""
    for month in (1, 2):
        at = NOW.replace(year=2014, month=month)
        for turn in range(3):
            await log.write(look(request=f"old {turn}", at=at))
            await seal(office.database, signer, at)
    for _ in range(2):
        known = by_id([KEY.public_key()])
        assert await remove(office.database, office.eraser, signer, known, NOW, NOW.replace(year=2015))


async def _measured(office: Office, nurse: Actor, person: Stored) -> Stored:
    """Write two measurements as one set, correct one, delete the other."""
    async with office.work(nurse, Purpose.TREATMENT) as work:
        first = await journal.create(work, temperature(person))
        second = await journal.create(work, temperature(person, "37.0"))
    async with office.work(nurse, Purpose.TREATMENT) as work:
        await journal.update(work, temperature(person, "38.5"), id_=first.id)
    async with office.work(nurse, Purpose.TREATMENT) as work:
        await journal.delete(work, "Observation", second.id)
    return first


async def tried(connection: asyncpg.Connection, seed: int, witnessed: bytes) -> str | None:
    """Tamper by chance, prove, undo; return what the verifier did not find or name, None when it did both."""
    dice = Random(seed)
    transaction = connection.transaction(isolation="repeatable_read")
    await transaction.start()
    try:
        done = None
        while done is None:  # chance may pick what cannot be done: a key that is taken, a table without such rows
            done = await _once(connection, dice)
        report = await proven(connection, keys=[KEY.public_key()], witnessed=witnessed)
    finally:
        await transaction.rollback()
    return _missed(done, report)


def _missed(done: Tampering, report: Report) -> str | None:
    if not report.faults:
        return f"{done.told}: nothing is found"
    parts = {part for fault in report.faults for part in (*fault.key.split("/"), *re.findall(r"-?\d+", fault.what))}
    if not done.names & parts:
        return f"{done.told}: {report.faults[0]} names none of {', '.join(done.names)}"
    return None


async def _once(connection: asyncpg.Connection, dice: Random) -> Tampering | None:
    ways: Sequence[tuple[Callable[[asyncpg.Connection, Random], Any], int]] = (
        (_edit, 50), (_remove, 15), (_insert, 10), (_exchange, 15), (_cut_chain, 5), (_cut_log, 5),
    )  # fmt: skip
    [way] = dice.choices([way for way, _ in ways], [weight for _, weight in ways])
    inner = connection.transaction()
    await inner.start()
    try:
        done: Tampering | None = await way(connection, dice)
    except asyncpg.PostgresError:
        done = None
    if done is None:
        await inner.rollback()
    else:
        await inner.commit()
    return done


async def _picked(connection: asyncpg.Connection, dice: Random, of: Table, many: int = 1) -> list[asyncpg.Record]:
    rows = await connection.fetch(f"SELECT * FROM {of.name} ORDER BY {', '.join(of.keys)}")
    return dice.sample(rows, many) if len(rows) >= many else []


def _names(of: Table, *rows: Any) -> frozenset[str]:
    """Return what a fault may name: a removal by its number or any of the streams it took."""
    marks = [row[mark] for row in rows for mark in of.marks]
    return frozenset(str(one) for mark in marks for one in (mark if isinstance(mark, list) else [mark]))


async def _set(connection: asyncpg.Connection, of: Table, row: Any, column: str, value: object) -> None:
    where = " AND ".join(f"{key} = ${n}" for n, key in enumerate(of.keys, 2))
    done = await connection.execute(
        f"UPDATE {of.name} SET {column} = $1 WHERE {where}", value, *(row[key] for key in of.keys)
    )
    assert done == "UPDATE 1", done


async def _edit(connection: asyncpg.Connection, dice: Random) -> Tampering | None:
    of = dice.choice(TABLES)
    [row] = await _picked(connection, dice, of)
    column = dice.choice(of.columns)
    value = _other(dice, row[column])
    await _set(connection, of, row, column, value)
    new = {str(value)} if column == "author" else set()  # nobody is known by that key
    return Tampering(f"edit {of.name}.{column}", _names(of, row, {**row, column: value}) | new)


async def _remove(connection: asyncpg.Connection, dice: Random) -> Tampering | None:
    of = dice.choice(TABLES)
    rows = await _picked(connection, dice, of, dice.randint(1, 2))
    if not rows:
        return None
    for row in rows:
        where = " AND ".join(f"{key} = ${n}" for n, key in enumerate(of.keys, 1))
        await connection.execute(f"DELETE FROM {of.name} WHERE {where}", *(row[key] for key in of.keys))
    return Tampering(f"remove {len(rows)} of {of.name}", _names(of, *rows))


async def _insert(connection: asyncpg.Connection, dice: Random) -> Tampering | None:
    """Put a copy of a row in at another place. A stream without rows says nothing: none is put in."""
    of = dice.choice([one for one in TABLES if one.name not in ("access_stream", "owner")])
    [row] = await _picked(connection, dice, of)
    key = dice.choice(of.keys)
    copy = dict(row) | {key: _other(dice, row[key])}
    places = ", ".join(f"${n}" for n in range(1, len(copy) + 1))
    await connection.execute(f"INSERT INTO {of.name} ({', '.join(copy)}) VALUES ({places})", *copy.values())
    return Tampering(f"insert into {of.name} with another {key}", _names(of, row, copy))


async def _exchange(connection: asyncpg.Connection, dice: Random) -> Tampering | None:
    """Let two rows change places: all they say, or one thing they say."""
    of = dice.choice([one for one in TABLES if len(one.columns) > len(one.keys)])
    rows = await _picked(connection, dice, of, 2)
    if not rows:
        return None
    said = list(of.columns[len(of.keys) :])
    columns = said if dice.random() < 0.5 else [dice.choice(said)]
    one, other = rows
    if all(one[column] == other[column] for column in columns):
        return None
    for column in columns:
        await _set(connection, of, one, column, other[column])
        await _set(connection, of, other, column, one[column])
    return Tampering(f"exchange {of.name}.{' '.join(columns)}", _names(of, one, other))


async def _cut_chain(connection: asyncpg.Connection, dice: Random) -> Tampering | None:
    """Take the end of a chain away with all that hangs on it, so that what is left fits; often the seals over it too."""
    [link] = await _picked(connection, dice, TABLES[1])
    owner, upto = link["owner"], link["seq"] - 1
    await connection.execute(
        "DELETE FROM resource r USING resource_version v WHERE v.owner = r.owner AND v.type = r.type"
        " AND v.id = r.id AND v.version = 1 AND v.owner = $1 AND v.chain_seq > $2",
        owner,
        upto,
    )
    for name, column in (("resource_version", "chain_seq"), ("erasure", "seq"), ("chain", "seq")):
        await connection.execute(f"DELETE FROM {name} WHERE owner = $1 AND {column} > $2", owner, upto)
    await connection.execute("UPDATE owner o SET chain_seq = $2, head = coalesce((SELECT head FROM chain c WHERE c.owner ="
                             " o.owner AND c.seq = $2), '') WHERE o.owner = $1", owner, upto)  # fmt: skip
    names = {str(owner)}
    if dice.random() < 0.5:
        first = await connection.fetchval("SELECT min(number) FROM chain_seal, unnest(owners, seqs) AS l (owner, seq)"
                                          " WHERE l.owner = $1 AND l.seq > $2", owner, upto)  # fmt: skip
        gone = await connection.fetch("DELETE FROM chain_seal WHERE number >= $1 RETURNING number", first)
        names = {str(row["number"]) for row in gone} | {str(owner)}
    return Tampering(f"cut a chain at {upto}", frozenset(names))


async def _cut_log(connection: asyncpg.Connection, dice: Random) -> Tampering | None:
    """Take the end of the log away with all that hangs on it, and the seals over it too."""
    [row] = await _picked(connection, dice, LOG)
    stream, seq = row["stream"], row["seq"]
    first = await connection.fetchval("SELECT from_seq FROM access_seal WHERE stream = $1 AND from_seq <= $2"
                                      " ORDER BY from_seq DESC LIMIT 1", stream, seq)  # fmt: skip
    for name, column in (("access_log", "seq"), ("access_log_patient", "seq"), ("access_seal", "from_seq")):
        await connection.execute(f"DELETE FROM {name} WHERE stream = $1 AND {column} >= $2", stream, first)
    return Tampering(f"cut the log at {first}", frozenset({str(stream)}))


def _other(dice: Random, value: Any) -> Any:
    """Return another value of the same kind."""
    match value:
        case bool():
            return not value
        case int():
            return value + dice.choice((-3, -2, -1, 1, 2, 3))
        case str():
            return _other_text(dice, value)
        case bytes():
            at = dice.randrange(len(value)) if value else 0
            return value[:at] + bytes([value[at] ^ dice.randint(1, 255)]) + value[at + 1 :] if value else b"x"
        case datetime():
            return value + dice.choice((-1, 1)) * timedelta(microseconds=dice.choice((1, 1000, 10**6, 10**10)))
        case list():
            return [*value, dice.randint(1, 99)] if not value or dice.random() < 0.5 else value[:-1]
        case None:
            return b"x"
    raise TypeError(type(value))


def _other_text(dice: Random, value: str) -> str:
    if value.startswith("[{") and '"what"' in value:  # what was seen: it must stay JSON
        seen = json.loads(value)
        seen[0]["what"] += "x"
        return json.dumps(seen)
    at = dice.randrange(len(value) + 1)
    return value[:at] + dice.choice("xyzæ 7") + value[at:]
