"""What citizens demand of entries in their record: a list by deadline, and for each the entry and the decision."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Final

from starlette.responses import Response

from akson.access.roles import Permission
from akson.base.errors import Refused
from akson.base.web.forms import Choice, Choices, Filled, Form, Hidden, LongText
from akson.base.web.messages import texts
from akson.base.web.render import local
from akson.base.web.screens import Go, Menu, Page, Screens, Visit
from akson.base.work import Work
from akson.patient import cases
from akson.patient.cases import Case
from akson.record import journal, worklist
from akson.record.cases import CORRECTED, MOST_WORDS, SORTS
from akson.record.session import undo
from akson.workplace import appealing, bereaved, casework, deciding, handling, late, representing, telling
from akson.workplace.words import due

SCREENS = Screens(__name__)
NEEDS: Final = Permission.ANSWER_FOR_RECORD
CLOSED: Final = ("completed",)
MOST_CLOSED: Final = 20


def _told(outcomes: Iterable[str]) -> Choices:
    return tuple((one, texts().plain(f"demand.{one}")) for one in outcomes)


FORMS: Final = {
    sort.code: Form(
        Choice(name="utfall", label="demand.outcome",
               choices=partial(_told, sort.outcomes)),
        *([LongText(name="retting", label="demand.correction", help="demand.correction_help", required=False, rows=4)]
          if CORRECTED in sort.outcomes else []),
        LongText(name="svar", label="demand.answer", help=f"demand.help_{sort.code}", longest=MOST_WORDS, rows=6),
        Hidden(name="version"),
    )
    for sort in SORTS.values() if sort.about_entry and not sort.about_refusal
}  # fmt: skip


@SCREENS.screen("/krav", needs=NEEDS, title="demand.title", methods=("GET",),
                menu=Menu(text="demand.menu", icon="edit", order=6))  # fmt: skip
async def desk(work: Work, visit: Visit) -> Page:
    """Show what waits for a decision, soonest due first, and what was decided last."""
    found = [*await _cases(work, worklist.OPEN, worklist.MOST), *await _cases(work, CLOSED, MOST_CLOSED, latest=True)]
    return Page("krav.html", sections=tuple(_sections(found, work)))


@SCREENS.screen("/krav/{task}", needs=NEEDS, title="demand.title")
async def one(work: Work, visit: Visit, task: str) -> Page | Go:
    """Show one demand and the entry it is about; decide, and carry out what is decided."""
    case = await _case(work, task)
    if SORTS[case.sort].about_dead:
        return await bereaved.page(work, visit, case)
    if SORTS[case.sort].about_withheld:
        return await representing.page(work, visit, case)
    if SORTS[case.sort].about_refusal:
        return await appealing.page(work, visit, case)
    settled = "AK-B004" if case.closed else ""
    form = FORMS[case.sort]
    filled = late.filled(form, visit, settled=settled, version=case.stored.version)
    if filled.valid:
        filled = deciding.whole(filled)
    if filled.valid:
        try:
            await deciding.carry_out(work, case, filled)
            return Go("/krav", said="demand.decided")
        except Refused as refused:
            await undo(work)
            filled = filled.with_refused(refused)
    return await _page(work, case, filled)


@SCREENS.screen("/krav/{task}/fil/{number}", needs=NEEDS, title="demand.title", methods=("GET",))
async def file(work: Work, visit: Visit, task: str, number: str) -> Response:
    """Hand over a file of what is withheld, for the representative."""
    return await representing.file(work, await _case(work, task), number)


@SCREENS.screen("/krav/{task}/brev", needs=NEEDS, title="demand.title", methods=("GET",))
async def letter(work: Work, visit: Visit, task: str) -> Response:
    """Hand over the letter to Statsforvalteren with an appeal that has been passed on."""
    return await appealing.letter(work, await _case(work, task))


async def _cases(work: Work, states: Sequence[str], most: int, *, latest: bool = False) -> list[Case]:
    items = await worklist.items(work, kinds=(worklist.DEMAND,), states=states, most=most, latest=latest)
    found = await journal.read_many(work, [item.reference for item in items])
    return [case for hit in found.values() if (case := cases.case_of(hit))]


async def _case(work: Work, task: str) -> Case:
    """Return a demand. Raises Refused AK-J001, the same whether there is none or it is for others."""
    case = cases.case_of(await handling.find(work, task))
    if case is None or not SORTS[case.sort].of_record:
        raise Refused("AK-J001")
    return case


async def _page(work: Work, case: Case, filled: Filled) -> Page:
    """Draw the page; the entry is there while the demand waits, for who may see it."""
    entry, fault = None, ""
    if not case.closed:
        try:
            entry = await deciding.entry(work, case)
        except Refused as refused:
            fault = refused.text
    shown = casework.Demanded(
        **telling.asked(case, work), entry=telling.entry(entry) if entry else None, closed_to_you=fault,
        held=await deciding.held(work, case),
        outcome=texts().plain(f"demand.{case.outcome}") if case.closed else "",
    )  # fmt: skip
    return Page("krav_sak.html", status=422 if filled.sent else 200, title=shown.title, case=shown,
                **late.drawn(filled, settled=case.closed))  # fmt: skip


def _sections(found: Iterable[Case], work: Work) -> Iterator[casework.CaseSection]:
    """Yield what there is something in: overdue, this week, later, passed on, decided; by what it says itself."""
    parts: dict[str, list[Case]] = {name: [] for name in ("over", "soon", "later", "passed_on", "closed")}
    for case in sorted({one.stored.id: one for one in found}.values(), key=lambda one: one.due):
        parts[_place(case, work)].append(case)
    parts["closed"].sort(key=lambda one: one.changed, reverse=True)
    for name, cases_ in parts.items():
        if cases_:
            rows = tuple(_row(one, work) for one in cases_)
            yield casework.CaseSection(head=texts().plain(f"demand.{name}"), rows=rows)


def _place(case: Case, work: Work) -> str:
    if case.closed or case.passed_on:
        return "closed" if case.closed else "passed_on"
    return "over" if case.due < local(work.now).date() else "soon" if telling.near(case, work) else "later"


def _row(case: Case, work: Work) -> casework.CaseRow:
    limit = due(case.due.isoformat(), work.now, weekday=True).text
    return casework.CaseRow(
        title=telling.title(case), href=f"/krav/{case.stored.id}", who="", person=case.name or case.asker, day="",
        due="" if case.closed or case.passed_on else limit, now=telling.near(case, work),
        state=telling.state(case, work), icon="check" if case.closed else "mail",
    )  # fmt: skip
