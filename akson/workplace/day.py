"""My day: today's appointments, what I own, what waits for my signature, what I wait for. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from akson.access.roles import Permission, has
from akson.base.web.messages import texts
from akson.base.web.render import said
from akson.base.work import Actor
from akson.clinical.notes.drafts import Draft
from akson.patient.chart import local
from akson.patient.identity import Identity, identity_of
from akson.patient.reading import Resource, display, moment, reference, words
from akson.record.stored import Stored
from akson.workplace import tasks
from akson.workplace.model import Day, Meeting, Row
from akson.workplace.words import due, party

_MORNING_ENDS, _DAY_ENDS = 10, 18
_NOT_COMING: Final = ("cancelled", "noshow", "entered-in-error")
VISITS: Final = ("planned", "arrived", "triaged", "in-progress")  # not yet made
_PANELS: Final = {
    "meetings": Permission.FIND_PEOPLE, "tasks": Permission.WRITE_TASKS, "results": Permission.READ_CLINICAL,
    "drafts": Permission.WRITE_NOTES,
}  # fmt: skip
_OVER: Final = ("fulfilled", *_NOT_COMING)


@dataclass(frozen=True, kw_only=True)
class Gathered:
    """What was read: today's Appointments and visits at home, Tasks that wait and that were sent, drafts, patients."""

    appointments: Sequence[Stored]
    waiting: Sequence[Stored]
    sent: Sequence[Stored]
    patients: Mapping[str, Stored]
    drafts: Sequence[Draft] = ()
    visits: Sequence[Stored] = ()


def present(found: Gathered, actor: Actor, now: datetime) -> Day:
    """Return the page."""
    planned = [*(hit.resource for hit in found.appointments), *(_planned(hit.resource) for hit in found.visits)]
    today = sorted(planned, key=lambda one: moment(one.get("start")) or now)
    meetings = tuple(_meeting(one, found, now) for one in today if one.get("status") not in _NOT_COMING)
    mine = [task.resource for task in found.waiting if tasks.is_mine(task.resource, actor)]
    signing = [task for task in mine if reference(task.get("focus")).startswith("DiagnosticReport/")]
    others = [task for task in mine if task not in signing and tasks.is_action(task)]
    ahead = [one for one in today if one.get("status") not in _OVER and (moment(one.get("end")) or now) > now]
    return Day(
        greeting=_greeting(actor, now), meetings=meetings, tasks=_rows(others, found, now),
        results=_rows(signing, found, now), drafts=tuple(_drafts(found, now)),
        waiting=_rows([task.resource for task in found.sent], found, now, sent=True),
        next_href=_href(ahead[0]) if ahead else "", panels=frozenset(_panels(actor)),
    )  # fmt: skip


def _panels(actor: Actor) -> Iterator[str]:
    """Yield what the role can have something in."""
    for name, needs in _PANELS.items():
        if has(actor.role, needs):
            yield name


def _greeting(actor: Actor, now: datetime) -> str:
    hour = local(now).hour
    part = "morning" if hour < _MORNING_ENDS else "day" if hour < _DAY_ENDS else "evening"
    return texts().plain(f"start.good_{part}", name=actor.name.partition(" ")[0])


def _planned(visit: Resource) -> Resource:
    """Return a visit at home as an appointment is read."""
    period = visit.get("period") or {}
    return {
        "status": visit.get("status"), "start": period.get("start"), "end": period.get("end"),
        "description": words((visit.get("type") or [{}])[0]) or texts().plain("start.visit"),
        "participant": [{"actor": visit.get("subject")}],
    }  # fmt: skip


def _meeting(appointment: Resource, found: Gathered, now: datetime) -> Meeting:
    start, end = moment(appointment.get("start")) or now, moment(appointment.get("end"))
    who = _who(found, patient_of(appointment))
    status = f"start.state_{appointment.get('status')}"
    return Meeting(
        at=start, patient=who.listed if who else "", age=who.age(local(now).date()) if who else None,
        what=str(appointment.get("description") or "").partition(".")[0], href=_href(appointment),
        minutes=int((end - start).total_seconds() // 60) if end else 0,
        state=texts().plain(status) if status in texts() else "",
    )  # fmt: skip


def patient_of(appointment: Resource) -> str:
    """Return the reference of the patient an appointment is with, or ""."""
    actors = (reference(each.get("actor")) for each in appointment.get("participant", ()))
    return next((actor for actor in actors if actor.startswith("Patient/")), "")


def _href(appointment: Resource) -> str:
    return f"/p/{patient_of(appointment).removeprefix('Patient/')}"


def _rows(found: Iterable[Resource], beside: Gathered, now: datetime, *, sent: bool = False) -> tuple[Row, ...]:
    ordered = sorted((task for task in found if tasks.is_open(task)), key=lambda task: tasks.limit(task) or "9")
    return tuple(_row(task, beside, now, sent=sent) for task in ordered)


def _row(task: Resource, found: Gathered, now: datetime, *, sent: bool) -> Row:
    """Return one task: the patient, and who sent it or who it is waited for."""
    who, when = _who(found, tasks.whom(task)), due(tasks.limit(task), now)
    other = display(task.get("owner")) if sent else party(task.get("requester"))
    row = Row(
        text=tasks.title(task), href=f"/innboks/{task['id']}", due=when.text, now=when.now,
        by=". ".join(filter(None, (who.listed if who else "", other))), strong=tasks.is_urgent(task),
    )  # fmt: skip
    state = (task.get("businessStatus") or {}).get("text", "")
    if not sent:
        return row
    return replace(row, by=f"{row.by}. {state}", now=False,
                   due=texts().plain("start.sent", when=said(moment(task.get("authoredOn")), now)))  # fmt: skip


def _drafts(found: Gathered, now: datetime) -> Iterator[Row]:
    """Yield what the reader has begun to write; a patient whose record is closed meanwhile is not named."""
    for draft in found.drafts:
        who = _who(found, f"Patient/{draft.patient}")
        told = (texts().plain(f"start.draft_{draft.kind}"), who.listed if who else "")
        href = f"/p/{draft.patient}/notat/{draft.id}"
        yield Row(text=", ".join(filter(None, told)), href=href, due=said(draft.changed, now))


def _who(found: Gathered, name: str) -> Identity | None:
    stored = found.patients.get(name)
    return identity_of(stored) if stored else None
