"""The staff's screens across patients and the first page of a chart. Paths as in the URL map; each is one page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType
from typing import Final

from akson.access.roles import Permission, has
from akson.advice.unseen import matters
from akson.audit.last import last_look
from akson.base.errors import Refused
from akson.base.web import sent
from akson.base.web.messages import texts
from akson.base.web.screens import Go, Menu, Page, Screens, Visit
from akson.base.work import Work
from akson.clinical.notes import drafts
from akson.clinical.vitals import actions as vitals
from akson.patient import demands, openings
from akson.patient.banner import MARKED
from akson.patient.chart import local, open_chart
from akson.patient.reading import reference
from akson.record import journal, unnamed, worklist
from akson.record.search.searching import search
from akson.record.searches import TOO_OFTEN
from akson.record.session import Within, undo
from akson.record.stored import Stored
from akson.workplace import (
    answers,
    consulting,
    day,
    find,
    forms,
    handling,
    inbox,
    invited,
    messages,
    nameless,
    overview,
    quick,
    refused,
    repeated,
    reporting,
    tasks,
)
from akson.workplace.model import Search

SCREENS = Screens(__name__)
_MOST: Final = "50"
_OPEN: Final = ",".join(worklist.OPEN)
Handling = Callable[[Work, Stored, int], Awaitable[Stored]]
_HANDLED: Final[dict[str, Handling]] = {
    "take": handling.take, "pass": handling.hand_to_unit, "done": consulting.finish,
    "withdraw": consulting.withdraw,
}  # fmt: skip


@SCREENS.screen("/start", needs="at-work", title="start.title", methods=("GET",),
                menu=Menu(text="start.menu", icon="cal", order=1, keys="g d"))  # fmt: skip
async def start(work: Work, visit: Visit) -> Page | Go:
    """Show my day; whoever reviews the log and meets no patients has their cases."""
    if has(work.actor.role, Permission.REVIEW_LOG):
        return Go("/personvern")
    today = local(work.now).date().isoformat()
    pairs = [("practitioner", work.actor.id), ("date", today), ("_sort", "date"), ("_count", _MOST)]
    appointments = (await search(work, "Appointment", pairs)).hits
    waiting, sent, visits = await _waiting(work), await _sent(work), await _visits(work)
    begun = await drafts.of(work)
    named = [day.patient_of(hit.resource) for hit in appointments] + [f"Patient/{one.patient}" for one in begun]
    named += [reference(hit.resource.get("subject")) for hit in visits]
    named += [tasks.whom(task.resource) for task in (*waiting, *sent)]
    patients = await journal.read_many(work, [name for name in named if name.startswith("Patient/")])
    found = day.Gathered(
        appointments=appointments, visits=visits, waiting=waiting, sent=sent, patients=patients, drafts=begun
    )
    return Page("start.html", day=day.present(found, work.actor, work.now))


@SCREENS.screen("/sok", needs="find-people", title="search.title",
                menu=Menu(text="search.menu", icon="search", order=3, keys="g f"))  # fmt: skip
async def look_for(work: Work, visit: Visit) -> Page | Go:
    """Find a patient; what is searched for is posted, never in an address. A number that fits one opens the record."""
    asked, report = visit.form.get("q", "").strip(), reporting.PAGE if reporting.is_for(work.actor) else ""
    if not visit.sent or not asked:
        return Page("sok.html", search=Search(report=report))
    try:
        found = await find.find(work, asked)
    except Refused as too_little:
        if too_little.status == TOO_OFTEN:
            raise
        return Page("sok.html", status=too_little.status,
                    search=Search(asked=asked, report=report, fault=too_little.text))  # fmt: skip
    if found.hits and len(found.hits) == 1 and found.hits[0].fnr == asked.replace(" ", ""):
        return Go(found.hits[0].href)
    return Page("sok.html", search=replace(found, report=report))


@SCREENS.screen("/p/{patient}", needs="find-people", title="overview.title", methods=("GET",),
                menu=Menu(text="overview.menu", icon="home", order=1, keys="g o"))  # fmt: skip
async def chart(work: Work, visit: Visit, patient: str) -> Page:
    """Show everything one must know of a patient."""
    return await _overview(work, patient, everything=visit.query.get("nytt") == "alt")


@SCREENS.screen("/p/{patient}/hurtig", needs="write-tasks", title="overview.title", methods=("POST",))
async def quickly(work: Work, visit: Visit, patient: str) -> Page | Go:
    """Register what one line says: measurements or a task."""
    line = visit.form.get("linje", "").strip()
    told = quick.read(line, local(work.now).date())
    if told is None:
        return await _overview(work, patient, typed=line, fault=texts().plain("overview.quick_fault"))
    try:
        if isinstance(told, quick.Task):
            await handling.note_to_self(work, patient, told.text, told.day)
            return Go(f"/p/{patient}", said="overview.said_task")
        await vitals.register(work, patient, told, work.now)
    except Refused as wrong:
        if not wrong.path:
            raise
        await undo(work)
        return await _overview(work, patient, typed=line, fault=wrong.text)
    return Go(f"/p/{patient}", said="overview.said_vitals")


async def _overview(work: Work, patient: str, *, typed: str = "", fault: str = "", everything: bool = False) -> Page:
    opened = await open_chart(work, patient, overview.WANTED, marked=overview.MARKED, page="oversikt")
    responsible = await answers.shown(work, opened)
    read = await last_look(Within(work), opened.identity.owner, work.actor.key, "oversikt", work.now)
    unseen = await matters(work, opened.facts, overview.weighed(opened), {**MARKED, **overview.MARKED})
    shown = overview.present(opened, work.actor, read, work.now, everything=everything, unseen=unseen)
    view = replace(
        shown, typed=typed, fault=fault, answers=responsible, disputed=await demands.pending(work, opened.facts)
    )
    return Page("oversikt.html", status=422 if fault else 200, title=opened.banner.name,
                patient=opened.banner, view=view)  # fmt: skip


@SCREENS.screen("/p/{patient}/apne", needs="open-with-reason", title="refused.title")
async def open_with_reason(work: Work, visit: Visit, patient: str) -> Page | Go:
    """Open a record that no relation opens, with a reason that the patient can read."""
    who, facts = await refused.asked_for(work, patient)
    form = forms.opening(refused.choices())
    filled = form.read(visit.form) if visit.sent else form.blank()
    if filled.valid:
        work.reason = str(filled.values["begrunnelse"])
        try:
            await openings.open_with_reason(work, patient, template=str(filled.values["grunnlag"]), reason=work.reason)
            return Go(f"/p/{patient}", said="refused.opened")
        except Refused as not_a_reason:
            await undo(work)
            filled = filled.with_fault(forms.at_field(not_a_reason), "begrunnelse")
    return refused.page(work, who, facts, filled)


@SCREENS.screen("/p/{patient}/nodapning", needs="open-emergency", title="emergency.title")
async def open_in_emergency(work: Work, visit: Visit, patient: str) -> Page | Go:
    """Open a record because life or health is in danger: said once by getting here, once more by the tick."""
    who, facts = await refused.asked_for(work, patient)
    filled = forms.EMERGENCY.read(visit.form) if visit.sent else forms.EMERGENCY.blank()
    if filled.valid:
        work.reason = str(filled.values["begrunnelse"])
        try:
            await openings.open_in_emergency(work, patient, reason=work.reason,
                                             danger=filled.values["fare"] is True)  # fmt: skip
            return Go(f"/p/{patient}", said="emergency.opened")
        except Refused as not_a_reason:
            await undo(work)
            filled = filled.with_fault(forms.at_field(not_a_reason), "begrunnelse")
    return refused.emergency_page(work, who, facts, filled)


@SCREENS.screen("/innboks", needs="write-tasks", title="inbox.title", methods=("GET",),
                menu=Menu(text="inbox.menu", icon="inbox", order=2, keys="g i"))  # fmt: skip
async def incoming(work: Work, visit: Visit) -> Page:
    """Show what waits for me and my unit."""
    return await _inbox(work, _tab(visit))


@SCREENS.screen("/innboks/{task}", needs="write-tasks", title="inbox.title")
async def handle(work: Work, visit: Visit, task: str) -> Page | Go:
    """Show one task beside the list; when something is done with it, do it and go on to the next."""
    opened = await handling.find(work, task)
    if not visit.sent:
        return await _inbox(work, _tab(visit), opened)
    version, answer = sent.version(visit.form.get("version", "")), visit.form.get("svar", "")
    do, made = visit.form.get("do", ""), None
    try:
        if do == "answer" and nameless.is_question(opened.resource):
            await consulting.answer(work, opened, version, answer)
        elif do == "answer":
            made = await handling.answer(work, opened, version, visit.form)
        elif do in _HANDLED:
            if nameless.is_question(opened.resource):
                unnamed.by_page(work)  # who has it and how far it is: no text comes with it
            await _HANDLED[do](work, opened, version)
        else:
            raise Refused("AK-J007")
    except Refused as not_now:
        await undo(work)
        return await _inbox(work, _tab(visit), opened, typed=visit.form, wrong=not_now)
    if do == "take":
        return Go(f"/innboks/{task}", said="inbox.said_take")
    page = "/innboks" if _tab(visit) == inbox.TABS[0] else f"/innboks?fane={_tab(visit)}"
    if made is None:
        return Go(page, said=f"inbox.said_{do}")
    where = f"/p/{messages.patient_of(made)}/samhandling?melding={made.id}"
    return Go(page, said="inbox.said_rests", undo=where)


async def _inbox(
    work: Work, tab: str, opened: Stored | None = None, *, typed: Mapping[str, str] = MappingProxyType({}),
    wrong: Refused | None = None,
) -> Page:  # fmt: skip
    waiting, sent, done = await _waiting(work), await _sent(work), []
    if tab == "ferdig":
        pairs = [("owner", work.actor.id), ("status", "completed"), ("_sort", "-modified"), ("_count", _MOST)]
        done = (await search(work, "Task", pairs)).hits
    beside = await journal.read_many(work, inbox.references((*waiting, *sent, *done), opened))
    banner = None
    if opened and (patient := tasks.whom(opened.resource)).startswith("Patient/"):
        if await messages.opens(work, opened.owner):
            banner = (await open_chart(work, patient.removeprefix("Patient/"), page="innboks")).banner
        focus = beside.get(reference(opened.resource.get("focus")))
        about = [reference(each) for each in focus.resource.get("about", ())] if focus else []
        beside |= await journal.read_many(work, [*about, *filter(None, [nameless.asked_of(opened.resource)])])
    found = inbox.Gathered(waiting=waiting, sent=sent, done=done, beside=beside, banner=banner)
    shown = inbox.present(found, inbox.Reader(actor=work.actor, now=work.now, tab=tab, open=opened))
    if shown.open and wrong:
        shown = replace(shown, open=invited.as_sent(shown.open, typed, wrong))
    message = beside.get(reference(opened.resource.get("focus"))) if opened else None
    if shown.open and message and message.type == "Communication":
        since = await repeated.since_last(work, message, shown.open.record_href)
        shown = replace(shown, open=replace(shown.open, repeated=since))
    return Page("innboks.html", status=422 if wrong else 200, inbox=shown)


async def _waiting(work: Work) -> list[Stored]:
    """Return the open tasks of the actor and the unit that the actor may see."""
    items = await worklist.items(work, kinds=("task", "notice"))
    found = await journal.read_many(work, [item.reference for item in items])
    return list(found.values())


async def _visits(work: Work) -> list[Stored]:
    """Return today's visits at home that are the actor's, or the unit's without a name."""
    dawn = local(work.now).replace(hour=0, minute=0, second=0, microsecond=0)
    items = await worklist.items(work, kinds=("visit",), states=day.VISITS, due=(dawn, dawn + timedelta(days=1)))
    found = await journal.read_many(work, [item.reference for item in items])
    return list(found.values())


async def _sent(work: Work) -> list[Stored]:
    """Return the open tasks that the actor has given to others."""
    pairs = [("requester", work.actor.id), ("status", _OPEN), ("_sort", "-_lastUpdated"), ("_count", _MOST)]
    hits = (await search(work, "Task", pairs)).hits
    return [hit for hit in hits if not reference(hit.resource.get("owner")).startswith("Patient/")]


def _tab(visit: Visit) -> str:
    given = visit.query.get("fane") or visit.form.get("fane") or ""
    return given if given in inbox.TABS else inbox.TABS[0]
