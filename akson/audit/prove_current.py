"""Prove what readers go by: each current row is its newest version's, and each owner's facts are the rows of `fact`.

A current row, its labels and its facts also follow from content; that is not computed anew here (docs/operate.md).
"""

from __future__ import annotations

from typing import Any

import asyncpg

from akson.audit.report import Findings, resource_name
from akson.base.queries import queries
from akson.fhir import types

SQL = queries(__file__, "verify.sql")
_AUTHORS = [types.code_of("Patient"), types.code_of("Practitioner")]


async def prove_current(connection: asyncpg.Connection, findings: Findings) -> None:
    """Compare every current row with its versions, and what every owner's row says of its facts with the facts."""
    async for row in connection.cursor(SQL.current, _AUTHORS):
        for what in _wrong(row):
            findings.fault("resource", row["owner"], resource_name(row["type"], row["id"]), what=what)
    async for row in connection.cursor(SQL.facts):
        if row["facts_differ"]:
            findings.fault("owner", row["owner"], what="its facts are not the rows of fact")
        if row["restricted_differs"]:
            findings.fault("owner", row["owner"], what="restricted is not what the rows of fact say")


def _wrong(row: Any) -> list[str]:
    """Say what is wrong with a current row; where it stands at another version, nothing else can be compared."""
    if row["version"] is None:
        return ["is missing, but has versions"]
    if row["newest"] is None:
        return [f"stands at version {row['version']}, but has no versions"]
    if row["version"] != row["newest"] or row["many"] != row["newest"]:
        return [f"stands at version {row['version']}, but its versions end at {row['newest']} or have a gap"]
    told = {
        "deleted_differs": "deleted is not what its newest version or an erasure says",
        "time_differs": "its time is not that of its newest version",
        "unit_differs": "its unit is not the one its newest version was written at",
        "author_differs": "its author is not the one who wrote its newest version",
    }
    return [what for name, what in told.items() if row[name]]
