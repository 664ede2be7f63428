"""The privacy officer's desk: cases by deadline, and for each the looks it is about, from the log and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from akson.access.roles import called
from akson.audit.view import Visit, looked_at_by
from akson.base.errors import Refused
from akson.base.web.forms import Choice, Filled, Form, Hidden, LongText
from akson.base.web.messages import texts
from akson.base.web.render import clock, full_date, local, said
from akson.base.web.screens import Go, Menu, Page, Screens
from akson.base.web.screens import Visit as Sent
from akson.base.web.sent import version
from akson.base.work import Work
from akson.patient import cases
from akson.patient.cases import Case
from akson.record import journal, worklist
from akson.record.cases import MOST_WORDS, OUTCOMES, SORTS
from akson.record.session import Within, undo
from akson.workplace import casework, handling, late
from akson.workplace.words import due, uncapital

SCREENS = Screens(__name__)
NEEDS: Final = "review-log"
SOON: Final = timedelta(days=7)
CLOSED: Final = ("completed",)
MOST_CLOSED: Final = 20
_PAGE: Final = "personvern"  # as akson/audit/words-nb.toml has it
FORM: Final = Form(
    Choice(
        name="utfall",
        label="privacy.outcome",
        choices=lambda: tuple((one, texts().plain(f"privacy.{one}")) for one in OUTCOMES),
    ),
    LongText(name="svar", label="privacy.answer", help="privacy.answer_help", longest=MOST_WORDS, rows=6),
    Hidden(name="version"),
)


@SCREENS.screen("/personvern", needs=NEEDS, title="privacy.title", methods=("GET",),
                menu=Menu(text="privacy.menu", icon="shield", order=2, keys="g i"))  # fmt: skip
async def desk(work: Work, visit: Sent) -> Page:
    """Show what waits for an answer, soonest due first, and what was answered last."""
    found = [*await _cases(work, worklist.OPEN, worklist.MOST), *await _cases(work, CLOSED, MOST_CLOSED, latest=True)]
    return Page("personvern.html", sections=tuple(_sections(found, work.now)))


@SCREENS.screen("/personvern/{task}", needs=NEEDS, title="privacy.title")
async def one(work: Work, visit: Sent, task: str) -> Page | Go:
    """Show one case and the looks it is about; answer it."""
    case = await _case(work, task)
    settled = "AK-B004" if case.closed else ""
    filled = late.filled(FORM, visit, settled=settled, version=case.stored.version)
    if filled.valid:
        try:
            drawn = version(str(filled.values["version"]))
            await cases.answer(work, case.stored, drawn, text=str(filled.values["svar"]),
                               outcome=str(filled.values["utfall"]))  # fmt: skip
            return Go("/personvern", said="privacy.answered")
        except Refused as refused:
            await undo(work)
            filled = filled.with_refused(refused)
    return await _page(work, case, filled)


async def _cases(work: Work, states: Sequence[str], most: int, *, latest: bool = False) -> list[Case]:
    items = await worklist.items(work, kinds=(worklist.CASE,), states=states, most=most, latest=latest)
    found = await journal.read_many(work, [item.reference for item in items])
    return [case for hit in found.values() if (case := cases.case_of(hit))]


async def _case(work: Work, task: str) -> Case:
    """Return a case. Raises Refused AK-J001, the same whether there is none or it is for others."""
    case = cases.case_of(await handling.find(work, task))
    if case is None:
        raise Refused("AK-J001")
    return case


async def _page(work: Work, case: Case, filled: Filled) -> Page:
    """Read the log about the looks in question, which leaves its own row there, and draw the page."""
    owner, read = case.stored.owner, work.seen[-1]
    visits = await looked_at_by(Within(work), owner, case.who, (case.since, case.until))
    work.saw(owner, f"page {_PAGE}", rule=read.rule, basis=read.basis)
    shown = casework.Inspected(
        title=_title(case), person=case.name, asker=_asker(case), who=case.called,
        day=full_date(local(case.since).date()), words=case.words, asked=said(case.asked, work.now),
        due=full_date(case.due), now=_near(case, work.now), state=_state(case, work.now),
        looks=tuple(_look(visit, work.now) for visit in reversed(visits)), action=f"/personvern/{case.stored.id}",
        answer=case.answer, outcome=texts().plain(f"privacy.{case.outcome}") if case.closed else "",
        emergency=case.sort == cases.EMERGENCY,
    )  # fmt: skip
    return Page("sak.html", status=422 if filled.sent else 200, title=shown.title, case=shown,
                **late.drawn(filled, settled=case.closed))  # fmt: skip


def _asker(case: Case) -> str:
    """Return who asked on the citizen's behalf; nobody when it was the citizen, or nobody asked."""
    return case.asker if SORTS[case.sort].by_citizens and case.asker != case.name else ""


def _look(visit: Visit, now: datetime) -> casework.Inspection:
    first, last = clock(visit.begun), clock(visit.ended)
    return casework.Inspection(
        when=said(local(visit.begun).date(), now), clock=first if first == last else f"{first}–{last}",
        who=", ".join(filter(None, (visit.who, called(visit.role)))), unit=visit.unit,
        did=f"{visit.did[0][:1].upper()}{', '.join(visit.did)[1:]}" if visit.did else "",
        why=", ".join(visit.why), reason=visit.reason, refused=visit.refused,
    )  # fmt: skip


def _sections(found: Iterable[Case], now: datetime) -> Iterator[casework.CaseSection]:
    """Yield what there is something in: overdue, emergencies, this week, later, answered.

    By what each case says itself: the worklist, a moment behind, may still count an answered one among those that wait.
    """
    parts: dict[str, list[Case]] = {name: [] for name in ("over", "emergency", "soon", "later", "closed")}
    for case in sorted({one.stored.id: one for one in found}.values(), key=lambda one: one.due):
        parts[_place(case, now)].append(case)
    parts["closed"].sort(key=lambda one: one.changed, reverse=True)
    for name, cases_ in parts.items():
        if cases_:
            yield casework.CaseSection(
                head=texts().plain(f"privacy.{name}"), rows=tuple(_row(one, now) for one in cases_)
            )


def _place(case: Case, now: datetime) -> str:
    if case.closed:
        return "closed"
    if case.due < local(now).date():
        return "over"
    return "emergency" if case.sort == cases.EMERGENCY else "soon" if _near(case, now) else "later"


def _row(case: Case, now: datetime) -> casework.CaseRow:
    limit = due(case.due.isoformat(), now, weekday=True)
    return casework.CaseRow(
        title=_title(case), href=f"/personvern/{case.stored.id}", who=case.called, person=case.name or case.asker,
        day=full_date(local(case.since).date()), due="" if case.closed else limit.text, now=_near(case, now),
        state=_state(case, now), icon="check" if case.closed else "mail",
    )  # fmt: skip


def _near(case: Case, now: datetime) -> bool:
    return not case.closed and case.due - local(now).date() <= SOON


def _title(case: Case) -> str:
    return texts().plain(f"privacy.sort_{case.sort}")


def _state(case: Case, now: datetime) -> str:
    if case.closed:
        found = uncapital(texts().plain(f"privacy.{case.outcome}"))
        return texts().plain("privacy.closed_as", when=said(local(case.changed).date(), now), outcome=found)
    return texts().plain("privacy.arrived", when=said(local(case.asked).date(), now))
