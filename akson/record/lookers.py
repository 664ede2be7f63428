"""Who looked in a record, as who reads may be told: all pages of citizens read the log here.

Whoever acts for somebody whose whereabouts are hidden is told when it was, what was done and on what basis; but not who
it was, where that one works, or what they wrote of why. Who looked is known to them by a name that stands for that one
in this record and leads nowhere: by it they ask for an explanation, which is the person's right all the same.

Source: domain rules R17, R29
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Final

from akson.audit import view
from akson.audit.view import NOTHING, Looks, Unseen, Visit
from akson.base.queries import queries
from akson.base.work import Work
from akson.fhir import types
from akson.record import cases
from akson.record.masking import whereabouts_hidden
from akson.record.session import Within, fetch
from akson.record.staff import ELSEWHERE
from akson.record.stored import stored

SQL = queries(__file__, "reading.sql")
_PERSON: Final = "Patient"
_AT_ONCE: Final = 500  # rows of the log that are looked through for a name


async def looked_at(
    work: Work, owner: int, before: datetime, limit: int = 200, unseen: Unseen = NOTHING
) -> Looks:  # fmt: skip
    """Return who looked at one person's record before an instant, as audit/view.py does.

    Of those who may not be told of: who, role, unit, controller and reason are "", place 0
    """
    found = await view.looked_at(Within(work), owner, before, limit, unseen)
    if not await whereabouts_hidden(work, owner):
        return found
    return replace(found, visits=tuple(_nameless(work, owner, one) for one in found.visits))


async def looked_at_by(
    work: Work, owner: int, who: str, period: tuple[datetime, datetime], unseen: Unseen = NOTHING
) -> tuple[Visit, ...]:
    """Return the visits of one to another's record, newest first; who: as `looked_at` names them."""
    hides = await whereabouts_hidden(work, owner)
    named = await behind(work, owner, who, period, unseen)
    found = await view.looked_at_by(Within(work), owner, named, period, unseen=unseen) if named else ()
    return tuple(_nameless(work, owner, one) for one in found) if hides else found


async def behind(work: Work, owner: int, who: str, period: tuple[datetime, datetime], unseen: Unseen = NOTHING) -> str:
    """Return who it is that the reader knows by a name, as the log names them; "" for nobody who looked in the period.

    Where nothing hides who looked, it is the name itself. No id of a member of staff is one: trying those would tell.
    """
    if not await whereabouts_hidden(work, owner):
        return who
    since, until = period
    before: datetime | None = until + datetime.resolution
    while before and before > since:
        found = await view.looked_at(Within(work), owner, before, _AT_ONCE, unseen)
        for one in found.visits:
            if one.ended >= since and who == _known_as(work, owner, one.actor):
                return one.actor
        before = found.before
    return ""


async def asked_about(work: Work, owner: int, ids: Collection[str]) -> dict[str, str]:
    """Return whose looks each of these cases is about, as `looked_at` names them, by id of the case.

    For cases that the caller has been given already, without the name: nothing is decided here. One statement, none for
    nothing.
    """
    if not ids:
        return {}
    hides, many = await whereabouts_hidden(work, owner), len(ids)
    rows = await fetch(work, SQL.current, [owner] * many, [types.code_of(cases.TASK)] * many, list(ids))
    found = {row["id"]: cases.about(stored(row).resource) for row in rows if not row["deleted"]}
    return {id_: _known_as(work, owner, who) if hides else who for id_, who in found.items() if who}


def _nameless(work: Work, owner: int, visit: Visit) -> Visit:
    if visit.actor.startswith(f"{_PERSON}/"):
        return visit
    did = tuple(one for one in visit.did if one not in visit.elsewhere)
    return replace(visit, actor=_known_as(work, owner, visit.actor), who="", role="", unit="", controller="", reason="",
                   did=did, place=0)  # fmt: skip


def _known_as(work: Work, owner: int, actor: str) -> str:
    """Return the name of one who looked in one record, of the same sort; who has no id here has one that says so."""
    kind, _, id_ = actor.partition("/")
    made = work.office.hasher.wide(f"who looked|{owner}|{actor}".encode()).hex()
    return f"{kind}/{ELSEWHERE if id_.startswith(ELSEWHERE) else ''}{made}"
