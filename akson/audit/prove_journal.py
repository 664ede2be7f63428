"""Prove the journal: every version stands in its owner's chain as it was written, every chain ends in its owner's head.

leaf = sha256(salt || "owner|type|id|version|method|microseconds|author" || body); digest = sha256 of a set's leaves in
order; head = sha256(head before || sequence number as 8 bytes, big endian || digest). A body may be missing only where
a decided erasure stands in the same chain; then its leaf is the one the erasure kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import msgspec

from akson.audit.report import Findings
from akson.base.queries import queries
from akson.fhir import types

SQL = queries(__file__, "verify.sql")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SUSPECTS = 20  # named when a set does not fit its digest
Row = Any  # of asyncpg, by column name
Place = tuple[int, int]  # owner, sequence number
Suspect = tuple[str, object, object, object]  # table, owner, resource or sequence number, version or resource


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
    async for row in connection.cursor(SQL.current):
        if row["owner"] is None:
            continue  # its version is told by the chain
        what = f"stands at version {row['version']}, but its versions end at {row['newest']} or have a gap"
        findings.fault("resource", row["owner"], _resource(row), what=what)


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
    digest, count, suspects = hashlib.sha256(), 0, list[Suspect]()
    async for row in versions.at(place):
        digest.update(await _version_leaf(connection, row, link, findings))
        count += 1
        if len(suspects) < _SUSPECTS:
            suspects.append(("resource_version", *_named(row)))
    async for row in erasures.at(place):
        findings.rows["erasure"] += 1
        digest.update(_erasure_leaf(row))
        count += 1
        suspects.append(("erasure", owner, seq, _resource(row)))
    if count != link["leaves"]:
        findings.fault("chain", owner, seq, what=f"covers {link['leaves']} rows, but {count} are there")
    elif digest.digest() != link["digest"]:
        _tell_changed(link, suspects, count, findings)
    follow = {_head(head, link) for head in heads}
    if link["head"] not in follow:
        findings.fault("chain", owner, seq, what="does not follow the link before")
    return {*follow, link["head"]}


def _tell_changed(link: Row, suspects: list[Suspect], count: int, findings: Findings) -> None:
    """Name the row of a set of one; of a larger set the chain knows only that one of them was changed."""
    if count == 1:
        table, *key = suspects[0]
        findings.fault(table, *key, what="was changed after it was written")
        return
    named = ", ".join(f"{resource}/{version}" for _, _, resource, version in suspects)
    more = f" and {count - len(suspects)} more" if count > len(suspects) else ""
    findings.fault("chain", link["owner"], link["seq"], what=f"one of its {count} rows was changed: {named}{more}")


async def _version_leaf(connection: asyncpg.Connection, row: Row, link: Row, findings: Findings) -> bytes:
    findings.rows["resource_version"] += 1
    leaf = await _leaf(connection, row)
    if leaf is None:
        findings.fault("resource_version", *_named(row), what="has no content, and no decision says why")
    elif row["last_updated"] != link["at"]:
        findings.fault("chain", row["owner"], link["seq"], what="its time is not that of its versions")
    return leaf or b""


async def _leaf(connection: asyncpg.Connection, row: Row) -> bytes | None:
    """Return the leaf of a version, from its content or from the erasure that took it; None when there is neither."""
    if row["salt"] is None:
        return await _erased_leaf(connection, row) if row["body"] is None else None
    micros = (row["last_updated"] - _EPOCH) // timedelta(microseconds=1)
    names = (row["owner"], row["type"], row["id"], row["version"], row["method"], micros, row["author"])
    return hashlib.sha256(row["salt"] + "|".join(map(str, names)).encode() + (row["body"] or b"")).digest()


async def _erased_leaf(connection: asyncpg.Connection, row: Row) -> bytes | None:
    for (leaves,) in await connection.fetch(SQL.erasures_of, row["owner"], row["type"], row["id"]):
        for version, leaf in msgspec.json.decode(leaves):
            if version == row["version"]:
                return bytes.fromhex(leaf)
    return None


def _erasure_leaf(row: Row) -> bytes:
    names = ("erased", row["owner"], row["seq"], row["type"], row["id"], row["leaves"], row["decision"])
    return hashlib.sha256("|".join(map(str, names)).encode()).digest()


def _head(before: bytes, link: Row) -> bytes:
    return hashlib.sha256(before + link["seq"].to_bytes(8, "big", signed=True) + link["digest"]).digest()


def _named(row: Row) -> tuple[object, object, object]:
    return row["owner"], _resource(row), row["version"]


def _resource(row: Row) -> str:
    """Return "Type/id", with the bare code where it names no type."""
    code = row["type"]
    name = types.name_of(code) if 0 < code <= len(types.TYPES) else str(code)
    return f"{name}/{row['id']}"
