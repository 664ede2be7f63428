"""Erasure: the one lawful way anything leaves the journal, always by a decision that stays.

Erased are body and salt of every version, search values, facts and worklist rows; news of it (version 0) tells those
who keep copies. The leaves of the chain stay, and so does the decision. An erased id never carries content again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import asyncpg
import msgspec
from msgspec.structs import replace

from akson.access.rules import Act
from akson.base.database import Database
from akson.base.errors import Refused
from akson.base.queries import queries
from akson.base.work import Work
from akson.record import appeals, holds
from akson.record.deciding import allow_row, facts_in
from akson.record.journal import key_of, unknown
from akson.record.session import fetch, session
from akson.record.writing import REFUSALS

SQL = queries(__file__, "erasure.sql")
READING = queries(__file__, "reading.sql")
HELD = "AK023"  # as migrations/0057_held.sql has it
_IN_THE_WAY = dict.fromkeys(("55P03", "40P01"), "AK-J008")  # somebody who writes is
_REFUSALS = REFUSALS | _IN_THE_WAY | {HELD: "AK-J008"}
_PAUSES = (0.1, 0.3, 1.0, 2.0)  # seconds: meanwhile all may write
SHORTEST_REASON = 10  # characters that say something


class Ground(StrEnum):
    """Why something may be erased."""

    WRONG_PATIENT = "feil pasient"
    CITIZENS_RIGHT = "innbyggerens krav"
    RETENTION_ENDED = "lagringstiden er ute"
    REPORT_ENDED = "meldingens tid er ute"

    @property
    def law(self) -> str:
        return _LAW[self]


_LAW = {
    Ground.WRONG_PATIENT: "helsepersonelloven § 44",
    Ground.CITIZENS_RIGHT: "helsepersonelloven § 43",
    Ground.RETENTION_ENDED: "pasientjournalloven § 25",
    Ground.REPORT_ENDED: "personvernforordningen artikkel 5 nr. 1 bokstav e",
}


@dataclass(frozen=True, kw_only=True)
class Decision:
    """A decided erasure. The reason stays for ever and the citizen reads it: nothing of the content may stand in it.

    case  the id of the case that it answers, if it does
    """

    ground: Ground
    reason: str
    case: str = ""


async def erase(work: Work, references: Sequence[str], decision: Decision) -> int:
    """Erase entries of one record, in all their versions; return the number of the chain entry that says so.

    references   "Type/id"; everything that came of one mistake is one decision
    Raises       Refused: AK-J001 unknown, AK-J002 erased already, AK-J008 facts changed, or somebody writes for long,
                 AK-J012 no reason, AK-J013 of several records, AK-J023 on hold, AK-J024 while an appeal lies with
                 Statsforvalteren (but the one that is decided), or an access refusal; then nothing is erased
    Leaves       a row in `erasure` for each, an entry in the chain, news: at once, whatever becomes of the work's rest
    """
    if len(decision.reason.strip()) < SHORTEST_REASON:
        raise Refused("AK-J012", path="reason")
    state, work.reason = session(work), decision.reason
    if state.queue or state.connection is not None:
        raise RuntimeError("an erasure is a transaction of its own")
    looked = len(work.seen)
    rows = [await _standing(work, reference) for reference in dict.fromkeys(references)]
    if len({row["owner"] for row in rows}) != 1:
        raise Refused("AK-J013")
    if await appeals.lies_elsewhere(work, facts_in(rows[0]), references, decision.case):
        work.seen[looked:] = [replace(one, outcome="refuse") for one in work.seen[looked:]]
        raise Refused("AK-J024")
    actor, ground = work.actor, decision.ground
    told = {"ground": ground, "law": ground.law, "reason": decision.reason, "by": actor.id, "name": actor.name,
            "role": actor.role, "unit": actor.unit_name}  # fmt: skip
    owner, rev = rows[0]["owner"], rows[0]["facts_rev"]
    keys = [row["type"] for row in rows], [row["id"] for row in rows]
    try:
        entry = await carried_out(
            work.office.eraser, SQL.erase, work.now, owner, rev, *keys, msgspec.json.encode(told).decode()
        )
    except asyncpg.PostgresError as problem:
        work.seen[looked:] = [replace(one, outcome="refuse") for one in work.seen[looked:]]  # nothing went
        if problem.sqlstate not in _REFUSALS:
            raise
        raise await _refusal(work, owner, problem.sqlstate) from None
    state.facts.pop(owner, None)
    return int(entry)


async def carried_out(eraser: Database, statement: str, *values: Any) -> Any:
    """Return what an erasure says, once those who write let it through: see migration 0096, it waits a moment only."""
    for pause in _PAUSES:
        try:
            return await eraser.fetchval(statement, *values)
        except (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError):
            await asyncio.sleep(pause)
    return await eraser.fetchval(statement, *values)


async def _refusal(work: Work, owner: int, state: str) -> Refused:
    """Return why the database refused; that facts changed, when the hold it met has ended since."""
    held = await holds.refusal(work, owner) if state == HELD else None
    return held or Refused(_REFUSALS[state])


async def _standing(work: Work, reference: str) -> Any:
    """Return the current row of what shall be erased, once the rules have said that the actor may decide on it."""
    type_, _, id_ = reference.partition("/")
    owner, code, _ = await key_of(work, type_, id_)
    rows = await fetch(work, READING.current, [owner], [code], [id_])
    if not rows:
        raise unknown(work, type_, id_)
    allow_row(work, rows[0], Act.ERASE, f"ERASE {reference}")
    return rows[0]
