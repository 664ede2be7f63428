"""A death ends what was planned: appointments are cancelled, services end, those who gave care are told by a task.
One that is taken back begins nothing anew: those who got that task are told at once, and judge.

Whoever tells of it: Folkeregisteret, another system, somebody here. Proxies and what was shared end the same moment, by
the rules of access. The task lets its unit into the record for two weeks more, to finish what was begun.

Source: hpl §§ 39, 40 (who gave care completes the record); pjl § 19 (access ends with the care); domain rule R32
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any, Final

from akson.base.errors import Refused
from akson.base.jobs import Consumer, News
from akson.base.web.messages import texts
from akson.base.web.render import full_date, local
from akson.base.work import Purpose, Work
from akson.fhir import types
from akson.fhir.dates import interval
from akson.patient.cases import JOB
from akson.patient.reading import reference
from akson.record import journal
from akson.record.drafts import Draft
from akson.record.office import Office
from akson.record.search.searching import search
from akson.record.stored import Stored
from akson.record.worklist import TASK

DEATH: Final = "https://akson.no/fhir/death"  # system of the identifier of the tasks: there is one for each unit
TAKEN_BACK: Final = "https://akson.no/fhir/death-taken-back"  # and of those that tell the same units it is not so
TO_FINISH: Final = timedelta(days=14)
PAGE: Final = "200"  # of one search
_PATIENT: Final = types.code_of("Patient")
_CANCELLED: Final = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/appointment-cancellation-reason",
                                 "code": "pat-dec"}]}  # fmt: skip
_BOOKED: Final = "proposed,pending,booked,waitlist"
_GOES_ON: Final = "planned,waitlist,active,onhold"
Resource = Mapping[str, Any]


def consumer(office: Office) -> Consumer:
    """Return the consumer that sees to what ends when somebody who was alive here has died."""

    async def handle(news: News) -> None:
        ids = {id_ for type_, id_ in zip(news.types, news.ids, strict=True) if type_ == _PATIENT}
        for id_ in ids:
            async with office.work(JOB, Purpose.SYSTEM, screen="death") as work:
                await close(work, id_)

    return Consumer(name="deaths", types=frozenset({_PATIENT}), handle=handle)


async def close(work: Work, id_: str) -> None:
    """End what was planned for a patient who has died, once; tell who were told of a death that is taken back.

    Who was loaded as dead has come with what has ended already.

    Leaves  Appointments cancelled, EpisodesOfCare finished, a Task for each unit; access-log row; news
    """
    try:
        patient = await journal.read(work, "Patient", id_)
    except Refused:  # deleted meanwhile
        return
    if patient.version == 1:
        return
    told = await _told(work, id_)
    if not _dead(patient.resource):
        await journal.write_set(work, [journal.draft("POST", _alarm(work, patient, *one)) for one in told])
    elif not told:
        await _end(work, patient)


async def _end(work: Work, patient: Stored) -> None:
    id_ = patient.id
    services = await _found(work, "EpisodeOfCare", [("patient", id_), ("status", _GOES_ON)])
    booked = await _found(work, "Appointment", [("patient", id_), ("status", _BOOKED)])
    at = str(patient.resource.get("deceasedDateTime") or local(work.now).date().isoformat())
    drafts = [_changed(one, status="cancelled", cancelationReason=_CANCELLED) for one in booked]
    drafts += [_changed(one, **_ended(one.resource, at)) for one in services]
    drafts += [journal.draft("POST", _task(work, patient, *one, at)) for one in _carers(patient.resource, services)]
    await journal.write_set(work, drafts)


def _dead(patient: Resource) -> bool:
    return bool(patient.get("deceasedDateTime") or patient.get("deceasedBoolean"))


async def _told(work: Work, id_: str) -> list[tuple[str, str]]:
    """Return the value of the identifier and the unit of each task about a death that has not been taken back."""
    given: dict[str, Counter[tuple[str, str]]] = {DEATH: Counter(), TAKEN_BACK: Counter()}
    for task in await _found(work, "Task", [("patient", id_), ("identifier", f"{DEATH}|,{TAKEN_BACK}|")]):
        for one in task.resource["identifier"]:
            if one.get("system") in given:
                given[one["system"]][one["value"], reference(task.resource["owner"])] += 1
    return list((given[DEATH] - given[TAKEN_BACK]).elements())


async def _found(work: Work, type_: str, asked: list[tuple[str, str]]) -> list[Stored]:
    """Return all there are, page by page."""
    page = await search(work, type_, [*asked, ("_count", PAGE)])
    found = page.hits
    while page.next:
        page = await search(work, type_, [*asked, ("_count", PAGE), ("_after", page.next)])
        found = found + page.hits
    return found


def _changed(one: Stored, **changed: Any) -> Draft:
    return journal.draft("PUT", {**one.resource, **changed}, id_=one.id, if_match=one.version)


def _ended(episode: Resource, at: str) -> dict[str, Any]:
    """Return what changes in a service: over at death, or called off where it had not begun."""
    period = dict(episode.get("period") or {})
    begun = episode["status"] in ("active", "onhold")
    start = period.get("start")
    end = max(at, start) if start and interval(start)[0] > interval(at)[0] else at
    return {"status": "finished" if begun else "cancelled", "period": period | {"end": end}}


def _carers(patient: Resource, services: Iterable[Stored]) -> Iterator[tuple[Resource, str]]:
    """Yield each unit once that gave care, with the service; and the practice of the GP."""
    seen: set[str] = set()
    given = [(one.resource.get("managingOrganization") or {}, one.reference) for one in services]
    practices = [(one, "") for one in patient.get("generalPractitioner") or ()]
    for unit, service in (*given, *practices):
        where = reference(unit)
        if where.startswith("Organization/") and where not in seen:
            seen.add(where)
            yield unit, service


def _task(work: Work, patient: Stored, unit: Resource, service: str, at: str) -> dict[str, Any]:
    day = local(interval(at)[0]).date()
    made = _asks(work, patient, unit, texts().plain("death.task", day=full_date(day)))
    made |= {"identifier": [{"system": DEATH, "value": f"{patient.id}/{day}"}], "priority": "routine"}
    return made | ({"basedOn": [{"reference": service}]} if service else {})


def _alarm(work: Work, patient: Stored, value: str, unit: str) -> dict[str, Any]:
    day = full_date(date.fromisoformat(value.rpartition("/")[2]))
    made = _asks(work, patient, {"reference": unit}, texts().plain("death.taken_back", day=day))
    return made | {"identifier": [{"system": TAKEN_BACK, "value": value}], "priority": "urgent"}


def _asks(work: Work, patient: Stored, unit: Resource, text: str) -> dict[str, Any]:
    now = local(work.now)
    return {
        "resourceType": "Task", "status": "requested", "intent": "order", "description": text,
        "code": {"coding": [{"system": TASK, "code": "handling"}]}, "for": {"reference": patient.reference},
        "requester": {"display": JOB.name}, "owner": dict(unit), "authoredOn": now.isoformat(),
        "lastModified": now.isoformat(), "restriction": {"period": {"end": (now + TO_FINISH).isoformat()}},
    }  # fmt: skip
