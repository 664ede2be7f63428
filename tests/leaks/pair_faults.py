"""Seeded faults of pages that tell of what is hidden by what they show of it: numbers, order, and the thing itself.

Each shows in one pair: one more of a kind (a type or "vital") and part of the person's record, on one page, in whose
address {patient} stands for the person.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from akson.base.work import Work
from akson.portal import opening, persons
from akson.record import represented as representing
from akson.record import worklist
from akson.record.deciding import facts_in
from akson.record.represented import Represented
from tests.leaks.faults import BY_NAME, Fault, Patch


@dataclass(frozen=True, kw_only=True)
class PairFault:
    """One fault, and the pair that it shows in."""

    fault: Fault
    kind: str
    part: str
    page: str


def _counting_all(patch: Patch) -> None:
    """The top bar counts what waits, whoever may read it."""
    patch.setattr(worklist, "permitted", lambda _, rows: [(row, None) for row in rows])


def _ordered_by_withheld(patch: Patch) -> None:
    """Those whose records one may open stand in the order of how much is marked in them, the most first."""

    async def ordered(work: Work) -> list[Represented]:
        known = [facts_in(row) for row in await representing.circle(work)]
        marked = {one.owner: len(one.labelled) for one in known}
        return sorted(await representing.represented(work), key=lambda one: (-marked[one.owner], one.name))

    patch.setattr(persons, "represented", ordered)


def _looks_at_all(patch: Patch) -> None:
    """The number of looks counts those at what the reader is not told of yet."""
    patch.setattr(opening.Opened, "unreleased", lambda *_: {})


PAIR_FAULTS: Final[tuple[PairFault, ...]] = (
    PairFault(fault=Fault(name="a number counts what waits unseen", asker="sykepleier in nord", person="told of in a message",
                          put=_counting_all), kind="Task", part="plain", page="/start"),
    PairFault(fault=Fault(name="an order is that of what is withheld", asker="the mother", person="a youth of 14",
                          put=_ordered_by_withheld), kind="vital", part="withheld-parents", page="/min"),
    PairFault(fault=Fault(name="a total counts looks that are not told of", asker="the mother",
                          person="a child with something not released", put=_looks_at_all),
              kind="vital", part="unreleased", page="/min/innsyn?person={patient}"),
    PairFault(fault=BY_NAME["a presumed objection does not count"], kind="DocumentReference", part="objection",
              page="/p/{patient}/notater"),
    PairFault(fault=BY_NAME["a block is no bar"], kind="Appointment", part="plain", page="/p/{patient}"),
    PairFault(fault=BY_NAME["what is withheld is not"], kind="vital", part="withheld", page="/min/journal"),
)  # fmt: skip
