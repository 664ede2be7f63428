"""What citizens demand of entries in their record: a list by deadline, and for each the entry and the decision."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Final

from akson.access.roles import Permission
from akson.base.errors import Refused
from akson.base.web.forms import Choice, Choices, Fault, Filled, Form, Hidden, LongText
from akson.base.web.messages import texts
from akson.base.web.render import full_date, local, said
from akson.base.web.screens import Go, Menu, Page, Screens, Visit
from akson.base.web.sent import version
from akson.base.work import Work
from akson.patient import cases, demands
from akson.patient.cases import Case
from akson.record import journal, worklist
from akson.record.cases import CORRECTED, GONE, MOST_WORDS, SORTS
from akson.record.session import undo
from akson.record.stored import Stored
from akson.workplace import bereaved, casework, telling
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
    for sort in SORTS.values() if sort.about_entry
}  # fmt: skip


@SCREENS.screen("/krav", needs=NEEDS, title="demand.title", methods=("GET",),
                menu=Menu(text="demand.menu", icon="edit", order=6))  # fmt: skip
async def desk(work: Work, visit: Visit) -> Page:
    """Show what waits for a decision, soonest due first, and what was decided last."""
    found = [*await _cases(work, worklist.OPEN, worklist.MOST), *await _cases(work, CLOSED, MOST_CLOSED)]
    return Page("krav.html", sections=tuple(_sections(found, work)))


@SCREENS.screen("/krav/{task}", needs=NEEDS, title="demand.title")
async def one(work: Work, visit: Visit, task: str) -> Page | Go:
    """Show one demand and the entry it is about; decide, and carry out what is decided."""
    case = await _case(work, task)
    if visit.sent and case.closed:
        raise Refused("AK-B004")
    if SORTS[case.sort].about_dead:
        return await bereaved.page(work, visit, case)
    form = FORMS[case.sort]
    filled = form.read(visit.form) if visit.sent else form.blank(version=case.stored.version)
    if filled.valid:
        filled = _whole(filled)
    if filled.valid:
        try:
            await _decide(work, case, filled)
            return Go("/krav", said="demand.decided")
        except Refused as refused:
            await undo(work)
            filled = filled.with_refused(refused)
    return await _page(work, case, filled)


def _whole(filled: Filled) -> Filled:
    """Return the form with a fault when it corrects without saying how."""
    corrects = filled.values["utfall"] == CORRECTED and not str(filled.values["retting"] or "").strip()
    return filled.with_fault(Fault("form.must_fill"), "retting") if corrects else filled


async def _decide(work: Work, case: Case, filled: Filled) -> None:
    outcome, text, given = (str(filled.values[name]) for name in ("utfall", "svar", "version"))
    drawn = version(given)
    if outcome == CORRECTED:
        entry = await _readable(work, case)
        await demands.correct(work, case.stored, drawn, entry, text=text, correction=str(filled.values["retting"]))
    elif outcome in GONE:
        entry_or_gone = await _entry(work, case)
        await demands.erase(work, case.stored, drawn, entry_or_gone, text=text, outcome=outcome)
    else:
        await cases.answer(work, case.stored, drawn, text=text, outcome=outcome)


async def _cases(work: Work, states: Sequence[str], most: int) -> list[Case]:
    items = await worklist.items(work, kinds=(worklist.DEMAND,), states=states, most=most)
    found = await journal.read_many(work, [item.reference for item in items])
    return [case for hit in found.values() if (case := cases.case_of(hit))]


async def _case(work: Work, task: str) -> Case:
    """Return a demand. Raises Refused AK-J001, the same whether there is none or it is for others."""
    try:
        case = cases.case_of(await journal.read(work, "Task", task))
    except Refused as refused:
        raise (Refused("AK-J001") if refused.code.startswith("AK-A") else refused) from None
    if case is None or not SORTS[case.sort].of_record:
        raise Refused("AK-J001")
    return case


async def _readable(work: Work, case: Case) -> Stored:
    return await journal.read(work, *case.item.split("/", 1))


async def _entry(work: Work, case: Case) -> Stored | None:
    """Return the entry, None when it is gone. Raises Refused when it is closed to the one who asks."""
    try:
        return await _readable(work, case)
    except Refused as refused:
        if refused.code != "AK-J002":
            raise
        return None


async def _page(work: Work, case: Case, filled: Filled) -> Page:
    """Draw the page; the entry is there while the demand waits, for who may see it."""
    entry, fault = None, ""
    if not case.closed:
        try:
            entry = await _entry(work, case)
        except Refused as refused:
            fault = refused.text
    near = telling.near(case, work)
    shown = casework.Demanded(
        title=telling.title(case), person=case.name, asker=case.asker if case.asker != case.name else "",
        words=case.words, asked=said(case.asked, work.now), due=full_date(case.due), now=near,
        state=telling.state(case, work), entry=telling.entry(entry) if entry else None, closed_to_you=fault,
        action=f"/krav/{case.stored.id}", answer=case.answer,
        outcome=texts().plain(f"demand.{case.outcome}") if case.closed else "",
    )  # fmt: skip
    return Page("krav_sak.html", status=422 if filled.sent else 200, title=shown.title, case=shown,
                form=None if case.closed else filled)  # fmt: skip


def _sections(found: Iterable[Case], work: Work) -> Iterator[casework.CaseSection]:
    """Yield what there is something in: overdue, this week, later, decided; by what each demand says itself."""
    parts: dict[str, list[Case]] = {name: [] for name in ("over", "soon", "later", "closed")}
    for case in sorted({one.stored.id: one for one in found}.values(), key=lambda one: one.due):
        over = case.due < local(work.now).date()
        place = "closed" if case.closed else "over" if over else "soon" if telling.near(case, work) else "later"
        parts[place].append(case)
    parts["closed"].sort(key=lambda one: one.changed, reverse=True)
    for name, cases_ in parts.items():
        if cases_:
            rows = tuple(_row(one, work) for one in cases_)
            yield casework.CaseSection(head=texts().plain(f"demand.{name}"), rows=rows)


def _row(case: Case, work: Work) -> casework.CaseRow:
    limit = due(case.due.isoformat(), work.now, weekday=True)
    return casework.CaseRow(
        title=telling.title(case), href=f"/krav/{case.stored.id}", who="", person=case.name or case.asker, day="",
        due="" if case.closed else limit.text, now=telling.near(case, work), state=telling.state(case, work),
        icon="check" if case.closed else "mail",
    )  # fmt: skip
