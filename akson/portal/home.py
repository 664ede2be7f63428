"""Min side: what happens next, what one must do, what is new, who has looked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from akson.audit import view
from akson.base.web.messages import texts
from akson.base.web.render import local, long_day, said
from akson.base.work import Work
from akson.patient.reading import code, display, moment, reference, words
from akson.portal import alerts, appeals, cases, coming, emergencies, looks, medicines, model
from akson.portal.opening import Opened
from akson.portal.plain import sentence, until
from akson.record.lookers import looked_at
from akson.record.releasing import released

Resource = Mapping[str, Any]
WANTED: Final = {"EpisodeOfCare": 50, "Task": 50, "DocumentReference": 30, "DiagnosticReport": 10,
                 "MedicationStatement": 100, "Consent": 50}  # fmt: skip
FIRST_TIME: Final = timedelta(days=7)  # what is new to one who has not been here
ARRIVES_LATE: Final = timedelta(days=30)  # what is older than this when it comes is an archive, not news
MOST_NEW: Final = 8
MOST_LOOKS: Final = 3
_OVER: Final = frozenset({"completed", "cancelled", "rejected", "failed", "entered-in-error", "draft"})
_LINKS: Final = {"CarePlan": "plan", "MedicationStatement": "med", "MedicationRequest": "med"}


async def home(work: Work, opened: Opened) -> model.Home:
    """Return what Min side shows of one record."""
    visits, booked = await coming.ahead(work, opened.identity.id)
    known = await coming.units(work, opened)
    unseen = opened.unreleased(work.now)
    seen = (await looked_at(work, opened.identity.owner, work.now, unseen=unseen)).visits
    since = last_here(work, seen)
    return model.Home(
        given=opened.given,
        next=coming.soonest(opened, visits, booked, known, work.now),
        opened=await emergencies.unread(work, opened),
        alerts=await alerts.unread(work, opened),
        todo=tuple(_todo(opened)),
        new=_new(opened, since, work.now),
        coming=coming.entries(opened, booked, work.now),
        looks=_looks(seen) if opened.log else None,
        contact=coming.contacts(opened, known),
    )


def _looks(seen: Sequence[view.Visit]) -> tuple[model.Look, ...]:
    return tuple(looks.short(day[0]) for day in looks.by_day(filter(looks.is_by_others, seen)))[:MOST_LOOKS]


def last_here(work: Work, seen: Sequence[view.Visit]) -> datetime | None:
    """Return when this citizen was last here, before now; None when it is not known."""
    ended = [visit.ended for visit in seen if visit.actor == work.actor.id and not visit.refused]
    return next((at for at in ended if work.now - at > view.SAME_VISIT), None)


def _todo(opened: Opened) -> Iterator[model.Entry]:
    """Yield the tasks that wait for the person themself."""
    for task in opened["Task"]:
        mine = reference(task.get("owner")) == f"Patient/{opened.identity.id}"
        if mine and task.get("status") not in _OVER:
            due = moment(((task.get("restriction") or {}).get("period") or {}).get("end"))
            answer = texts().plain("my.answer_by", day=long_day(local(due))) if due else ""
            who = display(task.get("requester"))
            asks = texts().plain("my.asks", who=who) if who else ""
            about = _LINKS.get(reference(task.get("focus")).partition("/")[0], "")
            title = _title(opened, str(task.get("description", "")))
            yield model.Entry(title=title, text=sentence(asks, answer), icon="edit",
                              href=opened.href("/min/journal") + f"#{about}" if about else "")  # fmt: skip


def _title(opened: Opened, asked: str) -> str:
    """Return what is asked in the words it was asked in; to one who acts for the person, as said to the person."""
    return asked if opened.own else texts().plain("my.asked_other", name=opened.given, what=asked)


def _new(opened: Opened, since: datetime | None, now: datetime) -> tuple[model.Entry, ...]:
    """Return what has come since `since`; for one who has not been here, what the last week brought."""

    def is_new(hit: Any, at: datetime | None) -> bool:
        if at is None:
            return False
        if since is None:
            return released(hit.resource, at) > now - FIRST_TIME
        return released(hit.resource, hit.last_updated) > since and released(hit.resource, at) > since - ARRIVES_LATE

    drawn = (("DocumentReference", _document), ("DiagnosticReport", _report), ("MedicationStatement", _dose))
    found = [
        (at, entry)
        for kind, draw in drawn
        for hit in opened.parts[kind]
        for at, entry in [draw(opened, hit.resource, now)]
        if entry and is_new(hit, at)
    ]
    answered = [(one, cases.answered(opened, one, now)) for one in cases.of(opened) if one.closed]
    lies = [(one, appeals.passed_on(opened, one)) for one in cases.of(opened) if one.passed_on and not one.closed]
    found += [(one.changed, entry) for one, entry in (*answered, *lies) if is_new(one.stored, one.changed)]
    found.sort(key=lambda pair: (local(pair[0] or now).date(), pair[1].icon == "pill", pair[0]), reverse=True)
    return tuple(entry for _, entry in found[:MOST_NEW] if entry)


_Drawn = tuple[datetime | None, model.Entry | None]


def _document(opened: Opened, document: Resource, now: datetime) -> _Drawn:
    if document.get("status") != "current":
        return None, None
    at = moment(document.get("date"))
    by = display((document.get("author") or [{}])[0])
    note = code(document.get("type"), looks.DOCUMENT) == looks.NOTE
    unsigned = texts().plain("my.note_new" if note else "my.letter_new")
    title = texts().plain("my.note_from" if note else "my.letter_from", by=by) if by else unsigned
    text = sentence(said(at, now), str(document.get("description", "")))
    return at, model.Entry(title=title, text=text, icon="doc" if note else "mail",
                           href=f"{opened.href('/min/journal')}#d-{document['id']}")  # fmt: skip


def _report(opened: Opened, report: Resource, now: datetime) -> _Drawn:
    at = moment(report.get("issued"))
    by = display((report.get("performer") or [{}])[0])
    text = sentence(said(at, now), by)
    return at, model.Entry(title=words(report.get("code")), text=text, icon="flask",
                           href=f"{opened.href('/min/journal')}#svar")  # fmt: skip


def _dose(opened: Opened, statement: Resource, now: datetime) -> _Drawn:
    """Draw a medicine that a doctor has begun or changed; a repeated list is no news."""
    period = statement.get("effectivePeriod") or {}
    if medicines.source(statement) not in medicines.PRESCRIBED or statement.get("status") != "active":
        return None, None
    at, last = moment(period.get("start")), period.get("end")
    ends = until(local(moment(last) or now).date()) if last else ""
    title = f"{medicines.name(statement)}: {medicines.taken(statement)}"
    others = medicines.drawn(opened["MedicationStatement"], (), now)
    differs = any(line.warn and line.name == medicines.name(statement) for line in others)
    source = display(statement.get("informationSource"))
    by = texts().plain("my.from", by=source) if source else ""
    text = sentence(ends, by, texts().plain("my.differs") if differs else "")
    return at, model.Entry(title=title, text=text, icon="pill", href=f"{opened.href('/min/journal')}#med")
