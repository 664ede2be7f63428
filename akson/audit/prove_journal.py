"""Prove the journal: every version stands in its owner's chain as it was written, every chain ends in its owner's head.

leaf = sha256(salt || "owner|type|id|version|method|microseconds|author" || body); digest = sha256 of a set's leaves in
order; head = sha256(head before || sequence number as 8 bytes, big endian || digest); prints = the first 8 bytes of
each leaf, which name the row that was changed. A body is missing where a decided erasure stands in the same chain, and
only there; then its leaf is the one the erasure kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import asyncpg
import msgspec

from akson.audit.prove_current import prove_current
from akson.audit.report import Findings, resource_name
from akson.base.queries import queries

SQL = queries(__file__, "verify.sql")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PRINT = 8  # bytes of a leaf that the chain keeps
_KEY = 8  # bytes of the hash of who wrote
_NO_DECISION = "has no content, and no decision says why"
_leaves = msgspec.json.Decoder(list[list[int | str]])  # version, leaf; of new ones method, author, microseconds too
Row = Any  # of asyncpg, by column name
Place = tuple[int, int]  # owner, sequence number


class _Leaf(NamedTuple):
    """What one row of a set amounts to; `leaf` is None when its content is missing without a decision."""

    table: str
    key: tuple[object, ...]
    leaf: bytes | None


class _Ordered:
    """A cursor in the order of the chain, read along with another."""

    def __init__(self, rows: AsyncIterator[Row], place: Callable[[Row], Place]) -> None:
        self._rows = rows
        self._place = place
        self._ahead: Row | None = None

    async def before(self, place: Place | None) -> AsyncIterator[Row]:
        """Yield the rows that stand before `place`, all that are left when it is None."""
        while (row := await self._peek()) is not None and (place is None or self._place(row) < place):
            self._ahead = None
            yield row

    async def at(self, place: Place) -> AsyncIterator[Row]:
        while (row := await self._peek()) is not None and self._place(row) == place:
            self._ahead = None
            yield row

    async def _peek(self) -> Row | None:
        if self._ahead is None:
            self._ahead = await anext(self._rows, None)
        return self._ahead


async def prove_journal(connection: asyncpg.Connection, findings: Findings) -> None:
    """Walk all chains once, with their versions, erasures and heads beside them."""
    versions = _Ordered(aiter(connection.cursor(SQL.versions, prefetch=50)), lambda r: (r["owner"], r["chain_seq"]))
    erasures = _Ordered(aiter(connection.cursor(SQL.erasures, prefetch=50)), lambda r: (r["owner"], r["seq"]))
    heads = _Ordered(aiter(connection.cursor(SQL.heads, prefetch=500)), lambda r: (r["owner"], 0))
    owner: int | None = None
    seq, head = 0, {b""}
    await _prove_authors(connection, findings)
    async for link in connection.cursor(SQL.chain, prefetch=500):
        findings.rows["chain"] += 1
        if link["owner"] != owner:
            await _end(heads, owner, seq, head, findings)
            owner, seq, head = link["owner"], 0, {b""}
        await _orphans(versions, erasures, (link["owner"], link["seq"]), findings)
        if link["seq"] != seq + 1:
            findings.fault("chain", owner, seq + 1, what="is missing")
        head = await _prove_link(connection, link, head, versions, erasures, findings)
        seq = link["seq"]
    await _end(heads, owner, seq, head, findings)
    await _orphans(versions, erasures, None, findings)
    async for row in heads.before(None):
        _lonely_owner(row, findings)
    async for row in connection.cursor(SQL.not_erased):
        findings.fault("resource_version", *_named(row), what="was erased by a decision, but its content is here")
    await prove_current(connection, findings)


async def _prove_authors(connection: asyncpg.Connection, findings: Findings) -> None:
    """Compare who wrote with the keys they stand under: one that was changed changes every version of theirs."""
    async for row in connection.cursor(SQL.authors, prefetch=500):
        findings.rows["author"] += 1
        if int.from_bytes(hashlib.sha256(row["told"].encode()).digest()[:_KEY], "big", signed=True) != row["author"]:
            findings.fault("author", row["author"], what="was changed after it was written")
    async for row in connection.cursor(SQL.authors_missing):
        findings.fault("author", row["author"], what="is missing, but has versions")


async def _end(heads: _Ordered, owner: int | None, seq: int, head: set[bytes], findings: Findings) -> None:
    """Compare the end of a chain with its owner's row."""
    if owner is None:
        return
    async for row in heads.before((owner, 0)):
        _lonely_owner(row, findings)
    found = False
    async for row in heads.at((owner, 0)):
        found = True
        findings.rows["owner"] += 1
        if row["chain_seq"] != seq or row["head"] not in head:
            findings.fault("owner", owner, what=f"says {row['chain_seq']} writes, its chain ends at {seq} or elsewhere")
    if not found:
        findings.fault("owner", owner, what="is missing, but has a chain")


def _lonely_owner(row: Row, findings: Findings) -> None:
    findings.rows["owner"] += 1
    if row["chain_seq"]:
        findings.fault("owner", row["owner"], what=f"says {row['chain_seq']} writes, but has no chain")


async def _orphans(versions: _Ordered, erasures: _Ordered, place: Place | None, findings: Findings) -> None:
    """Tell what stands before `place` and belongs to no link."""
    async for row in versions.before(place):
        findings.rows["resource_version"] += 1
        findings.fault("resource_version", *_named(row), what=f"its write {row['chain_seq']} is not in the chain")
    async for row in erasures.before(place):
        findings.fault("erasure", row["owner"], row["seq"], what="is not in the chain")


async def _prove_link(
    connection: asyncpg.Connection, link: Row, heads: set[bytes], versions: _Ordered, erasures: _Ordered,
    findings: Findings,
) -> set[bytes]:  # fmt: skip
    """Compute one link anew from its rows and the heads before it; return its own head, as computed and as it stands.

    Both are right to follow, so that one changed head is one fault.
    """
    owner, seq = place = (link["owner"], link["seq"])
    rows, in_time = list[_Leaf](), True
    async for row in versions.at(place):
        findings.rows["resource_version"] += 1
        rows.append(_Leaf("resource_version", _named(row), await _leaf(connection, row)))
        in_time &= row["last_updated"] == link["at"]
    async for row in erasures.at(place):
        findings.rows["erasure"] += 1
        rows.append(_Leaf("erasure", (owner, seq, _resource(row)), _erasure_leaf(row)))
    _tell_changes(link, rows, findings)
    if not in_time:
        findings.fault("chain", owner, seq, what="its time is not that of its versions")
    follow = {_head(head, link) for head in heads}
    if link["head"] not in follow:
        findings.fault("chain", owner, seq, what="does not follow the link before")
    return {*follow, link["head"]}


def _tell_changes(link: Row, rows: list[_Leaf], findings: Findings) -> None:
    """Compare a link with the rows it covers, and name each that is not what was written."""
    where = "chain", link["owner"], link["seq"]
    kept = [link["prints"][at : at + _PRINT] for at in range(0, len(link["prints"]), _PRINT)]
    leaves = [row.leaf or b"" for row in rows]
    prints = [leaf[:_PRINT] for leaf in leaves]
    changed: list[_Leaf] = []
    if len(rows) != link["leaves"]:
        findings.fault(*where, what=f"covers {link['leaves']} rows, but {len(rows)} are there")
        changed = [row for row, print_ in zip(rows, prints, strict=True) if print_ not in kept]
    elif hashlib.sha256(b"".join(leaves)).digest() != link["digest"]:
        changed = [row for n, row in enumerate(rows) if not row.leaf or kept[n : n + 1] not in ([], [prints[n]])]
        if not changed:
            findings.fault(*where, what="its digest is not that of its rows")
    elif prints != kept:
        findings.fault(*where, what="its prints are not those of its rows")
    for row in changed:
        gone = row.leaf is None
        findings.fault(row.table, *row.key, what=_NO_DECISION if gone else "was changed after it was written")


async def _leaf(connection: asyncpg.Connection, row: Row) -> bytes | None:
    """Return the leaf of a version, from its content or from the erasure that took it; None when there is neither."""
    if row["salt"] is None:
        return await _erased_leaf(connection, row) if row["body"] is None else None
    micros = (row["last_updated"] - _EPOCH) // timedelta(microseconds=1)
    names = (row["owner"], row["type"], row["id"], row["version"], row["method"], micros, row["author"])
    return hashlib.sha256(row["salt"] + "|".join(map(str, names)).encode() + (row["body"] or b"")).digest()


async def _erased_leaf(connection: asyncpg.Connection, row: Row) -> bytes | None:
    for (leaves,) in await connection.fetch(SQL.erasures_of, row["owner"], row["type"], row["id"]):
        try:
            leaf, *told = next(kept for version, *kept in _leaves.decode(leaves) if version == row["version"])
            micros = (row["last_updated"] - _EPOCH) // timedelta(microseconds=1)
            return b"" if told and told != [row["method"], row["author_key"], micros] else bytes.fromhex(str(leaf))
        except (msgspec.DecodeError, StopIteration, ValueError):
            continue  # the erasure is not as it was decided, which its own leaf tells
    return None


def _erasure_leaf(row: Row) -> bytes:
    names = ("erased", row["owner"], row["seq"], row["type"], row["id"], row["leaves"], row["decision"])
    return hashlib.sha256("|".join(map(str, names)).encode()).digest()


def _head(before: bytes, link: Row) -> bytes:
    return hashlib.sha256(before + link["seq"].to_bytes(8, "big", signed=True) + link["digest"]).digest()


def _named(row: Row) -> tuple[object, object, object]:
    return row["owner"], _resource(row), row["version"]


def _resource(row: Row) -> str:
    return resource_name(row["type"], row["id"])
