"""Erasure: the one lawful way anything leaves the journal, always by a decision that stays.

Source: helsepersonelloven §§ 42-44. Erased are body and salt of every version, search values, facts and worklist rows;
news of it (version 0) tells those who keep copies. The leaves of the chain stay, and so does the decision.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum

import msgspec

from akson.access.rules import Act
from akson.base.errors import Refused
from akson.base.queries import queries
from akson.base.work import Work
from akson.fhir import types
from akson.record.deciding import allow, facts_in, labels_in
from akson.record.session import fetch, session
from akson.record.writing import flush

SQL = queries(__file__, "erasure.sql")
READING = queries(__file__, "reading.sql")
SHORTEST_REASON = 10


class Ground(StrEnum):
    """Why something may be erased."""

    WRONG_PATIENT = "feil pasient"  # hpl § 42: the entry was never about this person
    CITIZENS_RIGHT = "innbyggerens krav"  # hpl § 43
    RETENTION_ENDED = "lagringstiden er ute"  # pjf § 14


@dataclass(frozen=True, kw_only=True)
class Decision:
    """A decided erasure; nothing of the content may stand in `reason`."""

    ground: Ground
    reason: str
    law: str = "helsepersonelloven §§ 42-44"


async def erase(work: Work, type_: str, id_: str, decision: Decision) -> int:
    """Erase one resource in all its versions; return the entry of the chain that records the decision.

    Raises  Refused: AK-J001 unknown or erased already, AK-J012 no reason given, or an access refusal
    Leaves  a row in `erasure`, an entry in the chain, news
    """
    if len(decision.reason.strip()) < SHORTEST_REASON:
        raise Refused("AK-J012", path="reason")
    await flush(work)
    owner = work.office.ids.open(id_)
    if owner is None:
        located = await fetch(work, READING.located, [types.code_of(type_)], [id_])
        owner = located[0]["owner"] if located else 0
    rows = await fetch(work, READING.current, [owner], [types.code_of(type_)], [id_])
    if not rows:
        raise Refused("AK-J001")
    allow(work, facts_in(rows[0]), labels_in(rows[0]), Act.ERASE, f"ERASE {type_}/{id_}")
    told = asdict(decision) | {"by": work.actor.id, "name": work.actor.name, "unit": work.actor.unit_name}
    written = await work.office.eraser.fetchval(
        SQL.erase, work.now, owner, types.code_of(type_), id_, msgspec.json.encode(told).decode()
    )
    session(work).facts.pop(owner, None)
    return int(written)
