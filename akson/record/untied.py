"""The end of what stands in no record: a report to the barnevern of somebody unknown, its task, and what came back.

Only who wrote it reads it, for a term (akson/access/duty.py); nobody answers for it as for a record. So nobody decides:
when all of it has been unreadable for as long as insight may take, our own job erases it, by a rule that says so.
A hold on any of it keeps all.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import asyncpg
import msgspec

from akson.access.facts import Labels
from akson.access.rules import Act
from akson.base.apart import Stopped, apart
from akson.base.database import Record
from akson.base.queries import queries
from akson.base.work import Purpose, Work
from akson.fhir import types
from akson.record import erasure
from akson.record.deciding import allow, asked, facts_in
from akson.record.ending import BUSY, JOB
from akson.record.erasure import HELD, Ground
from akson.record.office import Office
from akson.record.session import fetch
from akson.record.stored import Stored, stored

SQL = queries(__file__, "untied.sql")
REASON: Final = "Ingen kan lese meldingen lenger, og tiden for å be om innsyn i den er ute"
_SCREEN: Final = "job:retention"
_TYPES: Final = [types.code_of("Communication"), types.code_of("Task")]
LOG = logging.getLogger("akson.record")


async def end(office: Office) -> int:
    """Erase what stands in no record and whose time is over; return how many entries went.

    What came back first, the report with its task last; a fall in between leaves the rest to the next turn, and so does
    what fails.
    Leaves  erasures and news (what keeps copies lets go of them, messages too), and the log before and after each
    """
    gone = 0
    async with office.work(JOB, Purpose.SYSTEM, screen=_SCREEN) as work:
        found = _together(await fetch(work, SQL.standing, _TYPES))
        due = [rows for report, group in found.items() if _over(work, group) for rows in _by_owner(report, group)]
    for rows in due:
        did = await apart(_erased(office, rows))
        if isinstance(did, Stopped):
            LOG.error("an end failed", extra={"entry": _named(rows), "failure": did.failure})
        else:
            gone += did
    return gone


def _together(rows: Iterable[Record]) -> Mapping[str, Sequence[Record]]:
    """Return by "Communication/<id>" of each report all that hangs on it, also when the report has gone already.

    Of what is said to answer each other in a circle the first by id stands for the report.
    """
    found = {one.reference: (one, row) for row in rows for one in (stored(row),)}
    groups: dict[str, list[Record]] = defaultdict(list)
    for reference, (one, row) in found.items():
        way, leads = [reference], _leads_to(one)
        while leads and leads not in way:
            way.append(leads)
            leads = _leads_to(found[leads][0]) if leads in found else ""
        groups[min(way[way.index(leads) :]) if leads else way[-1]].append(row)
    return groups


def _by_owner(report: str, group: Iterable[Record]) -> list[list[Record]]:
    """Return what is erased as one decision each, the report and its task last."""
    owned: dict[int, list[Record]] = defaultdict(list)
    for row in group:
        owned[row["owner"]].append(row)
    return sorted(owned.values(), key=lambda rows: report in {stored(row).reference for row in rows})


def _leads_to(one: Stored) -> str:
    """Return what it came of: of a task what it is about, of an answer what it answers; "" of a report."""
    answers: list[dict[str, Any]] = one.resource.get("inResponseTo") or []
    named = one.resource.get("focus") or next(iter(answers), {})
    return str(named.get("reference", ""))


def _over(work: Work, group: Sequence[Record]) -> bool:
    return not any(row["held"] for row in group) and all(
        asked(work, facts_in(row), _labels(row), Act.END).permit for row in group
    )


async def _erased(office: Office, rows: Sequence[Record]) -> int:
    named, told = _named(rows), msgspec.json.encode(_decision()).decode()
    async with office.work(JOB, Purpose.SYSTEM, screen=_SCREEN) as work:
        asked_of = [allow(work, facts_in(row), _labels(row), Act.END, f"ENDING {_named([row])}") for row in rows]
    owner, rev = rows[0]["owner"], rows[0]["facts_rev"]
    keys = [row["type"] for row in rows], [row["id"] for row in rows]
    async with office.work(JOB, Purpose.SYSTEM, screen=_SCREEN) as work:
        try:
            await office.eraser.fetchval(erasure.SQL.erase, work.now, owner, rev, *keys, told)
        except asyncpg.PostgresError as problem:
            if problem.sqlstate not in (*BUSY, HELD):
                raise
            LOG.warning("an end waits", extra={"entry": named, "failure": problem.sqlstate})
            return 0
        for row, why in zip(rows, asked_of, strict=True):
            work.saw(0, f"ERASE {_named([row])}", rule=why.rule, basis=why.basis)
    return len(rows)


def _named(rows: Sequence[Record]) -> str:
    return stored(rows[0]).reference


def _decision() -> dict[str, str]:
    ground = Ground.REPORT_ENDED
    return {"ground": ground, "law": ground.law, "reason": REASON, "by": JOB.id, "name": JOB.name, "role": JOB.role,
            "unit": ""}  # fmt: skip


def _labels(row: Record) -> Labels:
    one = stored(row)
    return Labels(type=one.type, id=one.id, security=frozenset(row["labels"] or ()))
