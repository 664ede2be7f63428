"""Prove both trails: who looked (access log and seals) and what was written (the journal's chains).

Written apart from what writes them: it imports neither log.py nor seal.py nor the journal, and computes every hash anew
from the formats that stand in migrations/0002_audit.sql, 0006_journal_write.sql and 0047_log_removal.sql. Rows are
streamed; memory is bounded.
"""

from __future__ import annotations

from collections.abc import Iterable

import asyncpg
import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from akson.audit.prove_chain_seals import prove_chain_seals
from akson.audit.prove_journal import prove_journal
from akson.audit.prove_log import prove_log
from akson.audit.report import Findings, Report
from akson.audit.signed import by_id


async def verify(url: str, *, keys: Iterable[Ed25519PublicKey], witnessed: bytes = b"") -> Report:
    """Read everything in one snapshot and return what does not hold.

    url        of a user who may read all tables
    keys       public keys that seals may be signed with
    witnessed  seals handed out earlier, one JSON object a line: shows when the end of the log or of chains was cut off
    """
    connection = await asyncpg.connect(url, server_settings={"jit": "off", "statement_timeout": "0"})
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            return await proven(connection, keys=keys, witnessed=witnessed)
    finally:
        await connection.close()


async def proven(connection: asyncpg.Connection, *, keys: Iterable[Ed25519PublicKey], witnessed: bytes = b"") -> Report:
    """As verify, in the transaction that a connection is in."""
    findings = Findings()
    known = by_id(keys)
    handed = [msgspec.json.decode(line) for line in witnessed.splitlines()]
    await prove_log(connection, findings, known, [seal for seal in handed if "stream" in seal])
    await prove_journal(connection, findings)
    await prove_chain_seals(connection, findings, known, [seal for seal in handed if "number" in seal])
    return findings.report()
