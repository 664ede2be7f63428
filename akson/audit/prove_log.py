"""Prove the access log: no gap, every row as it was written, every seal signed and chained."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import msgspec

from akson.audit.prove_removals import prove_removals, prove_removed
from akson.audit.report import Findings
from akson.audit.signed import Keys, field, holds, micros
from akson.base.queries import queries

SQL = queries(__file__, "verify.sql")
_GRACE = timedelta(hours=1)  # within which every row has its seal
_PLAIN = ("actor_kind", "actor_id", "actor_key", "actor_name", "actor_role", "unit", "unit_name", "controller",
          "controller_name", "signed_in", "purpose", "screen", "request", "outcome", "reason")  # fmt: skip
Row = Any  # of asyncpg, by column name


class _Item(msgspec.Struct, forbid_unknown_fields=True):
    """One thing seen, exactly as the log writes it."""

    patient: int
    what: str
    outcome: str
    rule: str
    basis: str


_items = msgspec.json.Decoder(list[_Item])


@dataclass
class _Tree:
    """The rows of one seal while they are read."""

    seal: Row
    leaves: list[bytes] = dataclasses.field(default_factory=list)
    named: bool = False  # a fault of this seal's rows is told already


async def prove_log(
    connection: asyncpg.Connection, findings: Findings, known: Keys, witnessed: Sequence[dict[str, Any]]
) -> None:
    """Prove every stream, the citizens' projection, and that nothing a witness holds is gone."""
    handed = by_place(witnessed, "stream", "from_seq")
    newest = await connection.fetchval(SQL.newest_seal)
    removed = await prove_removals(connection, findings, known)
    for stream, opened in await connection.fetch(SQL.streams):
        seals = await connection.fetch(SQL.seals, stream)
        _prove_witnessed(stream, seals, handed, findings)
        taken = removed.pop(stream, None)
        if taken is None:
            await prove_stream(connection, findings, known, stream, opened, seals, newest)
        else:
            findings.rows["access_stream"] += 1
            link, rows = _prove_seals(stream, seals, known, findings)
            await prove_removed(connection, findings, stream, opened, taken, link, rows, seals)
    for stream in removed:
        findings.fault("access_stream", stream, what="was taken away, and now nothing says that it ever was")
    for stream, from_seq in handed:
        findings.fault("access_seal", stream, from_seq, what="the witness holds this seal, but it is gone")
    async for row in connection.cursor(SQL.projection):
        what = "is missing" if row["missing"] else "has no row in the log"
        findings.fault("access_log_patient", row["patient"], row["stream"], row["seq"], what=what)


async def prove_stream(
    connection: asyncpg.Connection, findings: Findings, known: Keys, stream: int, opened: datetime | None,
    seals: Sequence[Row], newest: datetime | None,
) -> tuple[bytes, int]:  # fmt: skip
    """Prove one stream with all its rows; return the hash that ends its seals, and how many rows they cover.

    newest   when anything was sealed last: what is much older and under no seal is a fault
    """
    findings.rows["access_stream"] += 1
    first = await connection.fetchval(SQL.first, stream)
    if first is not None and opened != first:
        findings.fault("access_stream", stream, what="was not opened when its first row was written")
    ended = _prove_seals(stream, seals, known, findings)
    await _prove_rows(connection, stream, seals, newest, findings)
    return ended


def by_place(witnessed: Sequence[dict[str, Any]], *names: str) -> dict[tuple[int, ...], set[str]]:
    """Return root and signature of what a witness holds, by place; two at one place are two stories."""
    found: dict[tuple[int, ...], set[str]] = {}
    for seal in witnessed:
        found.setdefault(tuple(seal[name] for name in names), set()).add(seal["root"] + seal["signature"])
    return found


def _prove_seals(stream: int, seals: Sequence[Row], keys: Keys, findings: Findings) -> tuple[bytes, int]:
    previous, expected = bytes(32), 1
    for seal in seals:
        findings.rows["access_seal"] += 1
        key = (stream, seal["from_seq"])
        if seal["from_seq"] != expected or seal["upto_seq"] < seal["from_seq"]:
            findings.fault("access_seal", *key, what=f"a seal from {expected} is missing")
        elif seal["previous"] != previous:
            findings.fault("access_seal", *key, what="does not follow the seal before")
        if not holds(_statement(stream, seal), seal["signature"], keys.get(seal["key_id"])):
            findings.fault("access_seal", *key, what="the signature does not hold")
        previous = hashlib.sha256(_statement(stream, seal) + seal["signature"]).digest()
        expected = seal["upto_seq"] + 1
    return previous, expected - 1


def _statement(stream: int, seal: Row) -> bytes:
    told = ("akson access seal 1", stream, seal["from_seq"], seal["upto_seq"], micros(seal["at"]), seal["root"].hex(),
            seal["previous"].hex())  # fmt: skip
    return b"".join(field(value) for value in told)


def _prove_witnessed(
    stream: int, seals: Sequence[Row], handed: dict[tuple[int, ...], set[str]], findings: Findings
) -> None:
    """Compare with what was handed out; what is found is struck off `handed`."""
    for seal in seals:
        if handed.pop((stream, seal["from_seq"]), set()) - {seal["root"].hex() + seal["signature"].hex()}:
            findings.fault("access_seal", stream, seal["from_seq"], what="is not the one the witness holds")


async def _prove_rows(
    connection: asyncpg.Connection, stream: int, seals: Sequence[Row], newest: datetime | None, findings: Findings
) -> None:
    """Prove the rows of one stream against themselves and against the seals over them."""
    trees = iter(seals)
    tree = _next(trees)
    expected = 1
    async for row in connection.cursor(SQL.rows, stream, prefetch=500):
        findings.rows["access_log"] += 1
        seq = row["seq"]
        if seq < expected:
            findings.fault("access_log", stream, seq, what="stands there twice")
            continue
        while tree is not None and seq > tree.seal["upto_seq"]:
            _gap(stream, expected, tree.seal["upto_seq"] + 1, tree, findings)
            expected = max(expected, tree.seal["upto_seq"] + 1)
            _close(stream, tree, findings)
            tree = _next(trees)
        _gap(stream, expected, seq, tree, findings)
        _prove_row(stream, row, tree, findings)
        if tree is None and newest is not None and row["at"] < newest - _GRACE:
            findings.fault("access_log", stream, seq, what="was never sealed")
        expected = seq + 1
    while tree is not None:
        _gap(stream, expected, tree.seal["upto_seq"] + 1, tree, findings)
        expected = max(expected, tree.seal["upto_seq"] + 1)
        _close(stream, tree, findings)
        tree = _next(trees)


def _next(seals: Iterator[Row]) -> _Tree | None:
    seal = next(seals, None)
    return None if seal is None else _Tree(seal)


def _gap(stream: int, expected: int, seq: int, tree: _Tree | None, findings: Findings) -> None:
    """Tell the rows from `expected` until before `seq` as missing."""
    if seq > expected:
        many = str(expected) if seq == expected + 1 else f"{expected}-{seq - 1}"
        findings.fault("access_log", stream, many, what="is missing")
        if tree is not None:
            tree.named = True


def _prove_row(stream: int, row: Row, tree: _Tree | None, findings: Findings) -> None:
    leaf = _leaf(stream, row)
    what = "" if leaf == row["leaf"] else "was changed after it was written"
    if tree is not None and row["seq"] >= tree.seal["from_seq"]:
        tree.leaves.append(leaf)
        place = (row["seq"] - tree.seal["from_seq"]) * 8
        if not what and tree.seal["prints"][place : place + 8] != leaf[:8]:
            what = "is not the row that was sealed"
        tree.named = tree.named or bool(what)
    if what:
        findings.fault("access_log", stream, row["seq"], what=what)


def _close(stream: int, tree: _Tree, findings: Findings) -> None:
    """Compare the root over the rows read with the sealed one; faults of rows explain a difference."""
    if not tree.named and _root(tree.leaves) != tree.seal["root"]:
        what = f"the rows {tree.seal['from_seq']}-{tree.seal['upto_seq']} are not those that were sealed"
        findings.fault("access_seal", stream, tree.seal["from_seq"], what=what)


def _root(leaves: list[bytes]) -> bytes:
    while len(leaves) > 1:
        pairs = [hashlib.sha256(b"\x01" + a + b).digest() for a, b in zip(leaves[::2], leaves[1::2], strict=False)]
        leaves = pairs + leaves[len(pairs) * 2 :]
    return leaves[0] if leaves else b""


def _leaf(stream: int, row: Row) -> bytes:
    try:
        items = _items.decode(row["seen"])
    except msgspec.ValidationError:
        return b""
    told: list[object] = [stream, row["seq"], micros(row["at"]), *(row[name] for name in _PLAIN)]
    told += [len(row["patients"]), *row["patients"], len(items)]
    for item in items:
        told += [item.patient, item.what, item.outcome, item.rule, item.basis]
    return hashlib.sha256(b"\x00" + b"".join(map(field, told))).digest()
