"""Seals over the journal's chains: each minute the links that have come since, chained to the last seal and signed.

With such a seal outside, nobody cuts a chain short unseen, nor writes a whole one anew. Format:
migrations/0039_chain_seal.sql and 0041_roles.sql.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from akson.audit.seal import ChainSeal, Signer
from akson.base.database import Database, Record
from akson.base.queries import queries

SQL = queries(__file__, "sealing.sql")
_MOST: Final = 100_000  # links under one seal
_LATE: Final = timedelta(minutes=15)  # that a link may be committed after the time it bears
_CLOCKS: Final = timedelta(hours=1)  # by which those of processes may differ
_PRINT: Final = 8
_FIRST: Final = bytes(32)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


async def seal_chains(database: Database, signer: Signer, now: datetime) -> int:
    """Seal every link that has no seal yet; return how many seals were made. Two who seal at once make one seal."""
    made, last = 0, await database.fetchrow(SQL.last)
    since = last["at"] - _LATE if last else None
    while links := await database.fetch(SQL.unsealed, since, since and since - _CLOCKS, _MOST):
        seal = _sealed(links, last and _handed(last), signer, now)
        done = await database.execute(
            SQL.add, seal.number, now, [one["owner"] for one in links], [one["seq"] for one in links],
            b"".join(one["head"][:_PRINT] for one in links), bytes.fromhex(seal.root), bytes.fromhex(seal.previous),
            bytes.fromhex(seal.signature), seal.key_id,
        )  # fmt: skip
        if done.endswith(" 0") or len(links) < _MOST:
            return made + done.endswith(" 1")
        made, last = made + 1, await database.fetchrow(SQL.last)
    return made


def _sealed(links: list[Record], last: ChainSeal | None, signer: Signer, now: datetime) -> ChainSeal:
    root = hashlib.sha256()
    for one in links:
        micros = (one["at"] - _EPOCH) // timedelta(microseconds=1)
        root.update(b"".join(map(_bytes, (one["owner"], one["seq"], micros))) + one["head"])
    previous = _FIRST
    if last:
        previous = hashlib.sha256(last.statement() + bytes.fromhex(last.signature)).digest()
    unsigned = ChainSeal(
        number=last.number + 1 if last else 1, at=now, links=len(links), root=root.hexdigest(), previous=previous.hex(),
        signature="", key_id=signer.key_id,
    )  # fmt: skip
    return msgspec.structs.replace(unsigned, signature=signer.sign(unsigned.statement()).hex())


async def chain_seals(database: Database, since: datetime) -> bytes:
    """Return the seals made since then, one JSON object a line, to hand to a witness."""
    rows = await database.fetch(SQL.since, since)
    return b"".join(msgspec.json.encode(_handed(row)) + b"\n" for row in rows)


def _handed(row: Record) -> ChainSeal:
    return ChainSeal(
        number=row["number"], at=row["at"], links=row["links"], root=row["root"].hex(), previous=row["previous"].hex(),
        signature=row["signature"].hex(), key_id=row["key_id"],
    )  # fmt: skip


def _bytes(number: int) -> bytes:
    return number.to_bytes(8, "big", signed=True)
