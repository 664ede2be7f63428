"""Prove the seals over the journal's chains: none is gone, each is signed, and its links stand as they were sealed."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import asyncpg

from akson.audit.prove_log import by_place
from akson.audit.report import Findings
from akson.audit.signed import Keys, field, holds, micros
from akson.base.queries import queries

SQL = queries(__file__, "verify.sql")
_GRACE = timedelta(hours=1)  # within which every link has its seal
_LINK = 8 + 8 + 8 + 32  # bytes: owner, seq, microseconds, head
Row = Any  # of asyncpg, by column name


async def prove_chain_seals(
    connection: asyncpg.Connection, findings: Findings, keys: Keys, witnessed: Sequence[dict[str, Any]]
) -> None:
    """Prove every seal, that nothing a witness holds is gone, and that no link was left out."""
    handed = by_place(witnessed, "number")
    previous, expected = bytes(32), 1
    async for seal in connection.cursor(SQL.chain_seals, prefetch=10):
        findings.rows["chain_seal"] += 1
        number = seal["number"]
        _prove_place(seal, expected, previous, findings)
        if not holds(_statement(seal), seal["signature"], keys.get(seal["key_id"])):
            findings.fault("chain_seal", number, what="the signature does not hold")
        if handed.pop((number,), set()) - {seal["root"].hex() + seal["signature"].hex()}:
            findings.fault("chain_seal", number, what="is not the one the witness holds")
        now = seal["now"] or b""
        if hashlib.sha256(now).digest() != seal["root"]:
            await _tell_links(connection, number, findings)
        elif not seal["fits"]:
            findings.fault("chain_seal", number, what="its links are not those that were sealed")
        elif seal["prints"] != b"".join(now[at : at + 8] for at in range(_LINK - 32, len(now), _LINK)):
            findings.fault("chain_seal", number, what="its prints are not those of its rows")
        previous = hashlib.sha256(_statement(seal) + seal["signature"]).digest()
        expected = number + 1
    for (number,) in sorted(handed):
        findings.fault("chain_seal", number, what="the witness holds this seal, but it is gone")
    async for link in connection.cursor(SQL.never_sealed, _GRACE):
        findings.fault("chain", link["owner"], link["seq"], what="was never sealed")


def _prove_place(seal: Row, expected: int, previous: bytes, findings: Findings) -> None:
    if seal["number"] != expected:
        findings.fault("chain_seal", seal["number"], what=f"a seal from {expected} is missing")
    elif seal["previous"] != previous:
        findings.fault("chain_seal", seal["number"], what="does not follow the seal before")


async def _tell_links(connection: asyncpg.Connection, number: int, findings: Findings) -> None:
    """Name the links of a seal that are not as they were: those whose time nothing else proves, where no other is."""
    named, links = False, await connection.fetch(SQL.chain_seal_links, number)
    for link in links:
        if link["head"] is None:
            findings.fault("chain", link["owner"], link["seq"], what=f"was sealed under {number}, but is gone")
        elif link["head"][:8] != link["print"]:
            findings.fault("chain", link["owner"], link["seq"], what=f"is not the link that was sealed under {number}")
        else:
            continue
        named = True
    if named:
        return
    findings.fault("chain_seal", number, what="its links are not those that were sealed")
    if all(link["in_time"] is not False for link in links):
        for link in (link for link in links if link["in_time"] is None):
            findings.fault(
                "chain", link["owner"], link["seq"], what=f"may have another time than was sealed under {number}"
            )


def _statement(seal: Row) -> bytes:
    told = ("akson chain seal 1", seal["number"], seal["links"], micros(seal["at"]), seal["root"].hex(),
            seal["previous"].hex())  # fmt: skip
    return b"".join(map(field, told))
