"""Finding a patient: what a search shows of each, and what one may expect when opening."""

from __future__ import annotations

from akson.access.rules import Act, decide
from akson.base.web.messages import texts
from akson.base.work import Work
from akson.patient import identity
from akson.patient.identity import Identity
from akson.record.deciding import facts_for
from akson.workplace.model import Hit, Search


async def find(work: Work, asked: str) -> Search:
    """Return what `asked` finds: a number, or parts of a name with or without a birth date.

    Who has the number of whoever lies before them finds them however much was searched for today.

    Raises  Refused AK-S003 too little to search for, AK-S011 and AK-S012 too many searches
    """
    found, more = await identity.find(work, asked)
    facts = await facts_for(work, [one.owner for one in found])
    hits = []
    for one in found:
        decision = decide(work.actor, work.purpose, facts[one.owner], None, Act.READ, work.now)
        hits.append(_hit(one, basis=decision.basis if decision.permit else ""))
    return Search(asked=asked, hits=tuple(hits), more=more)


def _hit(one: Identity, *, basis: str) -> Hit:
    t = texts().plain
    marks = [("know", basis[:1].upper() + basis[1:]) if basis else ("warn", t("search.no_basis"))]
    marks += [("know", t("search.hidden"))] * one.protected + [("know", t("search.dead"))] * one.deceased
    return Hit(href=f"/p/{one.id}", name=one.name, born=one.born, gender=one.gender, fnr=one.fnr, place=one.place,
               marks=tuple(marks))  # fmt: skip
