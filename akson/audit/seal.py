"""Seals over the access log: each minute one Merkle root per stream, chained to the last and signed.

A seal can be handed to somebody outside. Whoever then changes, removes or inserts rows must forge a signature, and
whoever cuts the end off the log must get the handed-out seal back. Format: migrations/0002_audit.sql.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from akson.base.database import Database, Record
from akson.base.queries import queries

SQL = queries(__file__)
_MOST_ROWS = 100_000  # under one seal
_FIRST = bytes(32)
_PRINT = 8  # bytes of each leaf kept in the seal
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Seal(msgspec.Struct, frozen=True, kw_only=True):
    """One seal as it is handed out."""

    stream: int
    from_seq: int
    upto_seq: int
    at: datetime
    root: str  # hexadecimal, as are the next two
    previous: str
    signature: str
    key_id: str

    def statement(self) -> bytes:
        """Return what is signed."""
        return told("akson access seal 1", self.stream, self.from_seq, self.upto_seq, _micros(self.at), self.root,
                     self.previous)  # fmt: skip


class ChainSeal(msgspec.Struct, frozen=True, kw_only=True):
    """One seal over the journal's chains as it is handed out; akson/record/sealing.py makes it."""

    number: int
    at: datetime
    links: int
    root: str  # hexadecimal, as are the next two
    previous: str
    signature: str
    key_id: str

    def statement(self) -> bytes:
        """Return what is signed."""
        return told("akson chain seal 1", self.number, self.links, _micros(self.at), self.root, self.previous)


def told(*values: object) -> bytes:
    """Return values as they stand in what is signed."""
    return b"".join(len(raw).to_bytes(4, "big") + raw for raw in (str(value).encode() for value in values))


def _micros(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(microseconds=1)


class Signer:
    """Signs seals with one Ed25519 key; the doors load it from its file.

    key_id   first 16 hexadecimal digits of sha256 of the raw public key
    """

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.key_id = hashlib.sha256(key.public_key().public_bytes_raw()).hexdigest()[:16]

    def sign(self, statement: bytes) -> bytes:
        return self._key.sign(statement)


async def seal(database: Database, signer: Signer, now: datetime, *, opened_since: datetime | None = None) -> int:
    """Seal every row that has none yet, in every stream; return how many seals were made.

    Any process may seal any stream: a stream's rows are committed in order, and two who seal at once make one seal.

    opened_since   look only at streams opened since then (a stream lasts a day); None for all, as at start-up
    """
    made = 0
    for stream in await database.fetch(SQL.open_streams, opened_since):
        made += await _seal_stream(database, signer, stream, now)
    return made


async def export_seals(database: Database, since: datetime) -> bytes:
    """Return the seals made since then, one JSON object a line, to hand to a witness."""
    rows = await database.fetch(SQL.seals_since, since)
    return b"".join(msgspec.json.encode(_handed(row)) + b"\n" for row in rows)


async def _seal_stream(database: Database, signer: Signer, stream: Record, now: datetime) -> int:
    made, upto = 0, stream["upto_seq"]
    previous = _FIRST if stream["from_seq"] is None else _link(_handed(stream))
    while rows := await database.fetch(SQL.unsealed, stream["stream"], upto, _MOST_ROWS):
        leaves = [row["leaf"] for row in rows]
        unsigned = Seal(
            stream=stream["stream"], from_seq=upto + 1, upto_seq=rows[-1]["seq"], at=now,
            root=merkle_root(leaves).hex(), previous=previous.hex(), signature="", key_id=signer.key_id,
        )  # fmt: skip
        signature = signer.sign(unsigned.statement())
        done = await database.execute(
            SQL.add_seal, unsigned.stream, unsigned.from_seq, unsigned.upto_seq, now, bytes.fromhex(unsigned.root),
            b"".join(leaf[:_PRINT] for leaf in leaves), previous, signature, signer.key_id,
        )  # fmt: skip
        if done.endswith(" 0"):
            break  # another process has sealed from here; it goes on
        made, upto, previous = made + 1, unsigned.upto_seq, hashlib.sha256(unsigned.statement() + signature).digest()
    return made


def _handed(row: Record) -> Seal:
    return Seal(
        stream=row["stream"], from_seq=row["from_seq"], upto_seq=row["upto_seq"], at=row["at"], root=row["root"].hex(),
        previous=row["previous"].hex(), signature=row["signature"].hex(), key_id=row["key_id"],
    )  # fmt: skip


def _link(seal: Seal) -> bytes:
    return hashlib.sha256(seal.statement() + bytes.fromhex(seal.signature)).digest()


def merkle_root(leaves: Sequence[bytes]) -> bytes:
    """Return the root over `leaves` (at least one)."""
    level = list(leaves)
    while len(level) > 1:
        level = list(_parents(level))
    return level[0]


def _parents(level: Sequence[bytes]) -> Iterable[bytes]:
    for left in range(0, len(level) - 1, 2):
        yield hashlib.sha256(b"\x01" + level[left] + level[left + 1]).digest()
    if len(level) % 2:
        yield level[-1]
