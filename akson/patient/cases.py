"""What citizens ask for by right, what is looked into anyway, and the answers: the only writer of cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from akson.access.roles import OWN_JOB, called
from akson.base.errors import Refused
from akson.base.jobs import Consumer, News
from akson.base.work import Actor, Kind, Purpose, Work
from akson.fhir import types
from akson.fhir.dates import BEGINNING, interval
from akson.patient.reading import display, moment, reference
from akson.record import cases, journal
from akson.record.authors import authors
from akson.record.office import Office
from akson.record.stored import Stored, stored

Resource = Mapping[str, Any]
JOB: Final = Actor(kind=Kind.SYSTEM, id="Device/akson", key=0, name="Akson", role="system", scopes=frozenset({OWN_JOB}))
EMERGENCY: Final = "emergency"  # of cases.SORTS
_TREATS: Final = "ETREAT"  # of v3-ActReason
_CONSENT: Final = types.code_of("Consent")


@dataclass(frozen=True, kw_only=True)
class Case:
    """One case, as pages need it.

    sort     a code of cases.SORTS
    who      whose looks it is about: "Practitioner/<id>"; called: "Berit Solli, sykepleier"
    relative who asks after a death: "Patient/<id>", else ""; keeper: who keeps the record that is asked about
    named    whom the patient wants to be told what is withheld; as_: as what; reached: how to reach them
    held     the name under which that is withheld
    appeals  the refused case that it is about, "Task/<id>"; demanded: what that was, a code of cases.SORTS
    comment  what who refused says of an appeal; passed_on: the day it went to Statsforvalteren
    item     the entry it is about: "DocumentReference/<id>"; of those about looks ""; correction: what corrects it
    outcome  a code of cases.OUTCOMES, "" while it is open
    changed  when it was answered
    """

    stored: Stored
    sort: str
    patient: str
    name: str
    asker: str
    relative: str
    keeper: str
    asked: datetime
    due: date
    who: str
    called: str
    named: str
    as_: str
    reached: str
    held: str
    item: str
    demanded: str
    appeals: str
    comment: str
    passed_on: date | None
    since: datetime
    until: datetime
    words: str
    answer: str
    outcome: str
    correction: str
    by: str
    changed: datetime

    @property
    def closed(self) -> bool:
        return self.outcome != ""


def case_of(hit: Stored) -> Case | None:
    """Return a Task as a case; None when it is another one."""
    task = hit.resource
    sort, inputs, outputs = cases.sort_of(task), task.get("input") or (), task.get("output") or ()
    if sort not in cases.SORTS or not cases.is_marked(task):
        return None
    who, period, keeper = (cases.given(inputs, cases.INPUT, name) for name in (cases.WHO, cases.WHEN, cases.KEEPER))
    about_dead, sent = cases.SORTS[sort].about_dead, _text(outputs, cases.OUTPUT, cases.SENT)
    asked = moment(task.get("authoredOn")) or BEGINNING
    return Case(
        stored=hit, sort=sort, patient=reference(task["for"]).partition("/")[2], name=display(task["for"]),
        asker=display(task.get("requester")), relative=reference(task.get("requester")) if about_dead else "",
        named=_text(inputs, cases.INPUT, cases.NAMED), as_=_text(inputs, cases.INPUT, cases.AS),
        reached=_text(inputs, cases.INPUT, cases.REACHED), held=_text(inputs, cases.INPUT, cases.HELD),
        keeper=display(keeper), asked=asked, who=cases.about(task), called=display(who),
        item=reference(task.get("focus")) if cases.SORTS[sort].about_entry else "",
        due=date.fromisoformat(task["restriction"]["period"]["end"]), words=_text(inputs, cases.INPUT, cases.WORDS),
        since=moment(period.get("start")) or asked, until=_last(period, asked), outcome=cases.outcome_of(outputs),
        correction=reference(cases.given(outputs, cases.OUTPUT, cases.CORRECTION)),
        appeals=reference(next(iter(task.get("partOf") or ()), {})) if sort == cases.APPEAL else "",
        demanded=_text(inputs, cases.INPUT, cases.DEMANDED),
        comment=_text(outputs, cases.OUTPUT, cases.COMMENT), passed_on=date.fromisoformat(sent) if sent else None,
        answer=_text(outputs, cases.OUTPUT, cases.ANSWER), by=display(task.get("owner")),
        changed=moment(task.get("lastModified")) or asked,
    )  # fmt: skip


def _text(parts: Any, system: str, code: str) -> str:
    return cases.given(parts, system, code) or ""


def _last(period: Resource, asked: datetime) -> datetime:
    return interval(period["end"])[1] if "end" in period else asked


async def ask(
    work: Work, person: Resource, sort: str, *, who: str, period: tuple[datetime, datetime], words: str
) -> Stored:
    """Ask for something about one person's looks at the record; the journal says who answers, and by when.

    person  reference to the Patient, with what they are called; who: "Practitioner/<id>"
    Raises  Refused AK-B001 when there was no such look, or what access says
    Leaves  Task in the record, access-log row, news that bring it to those who answer
    """
    since, until = (at.isoformat(timespec="microseconds") for at in period)
    about = [cases.told(cases.INPUT, cases.WHO, valueReference={"reference": who}),
             cases.told(cases.INPUT, cases.WHEN, valuePeriod={"start": since, "end": until})]  # fmt: skip
    about += [cases.told(cases.INPUT, cases.WORDS, valueString=words)] if words else []
    task = {
        "resourceType": cases.TASK, "status": "requested", "intent": "order", "for": dict(person), "input": about,
        "code": {"coding": [{"system": cases.SYSTEM, "code": sort}]},
    }  # fmt: skip
    return await journal.create(work, task)


async def answer(
    work: Work, case: Stored, version: int, *, text: str, outcome: str, correction: str = "",
    more: Sequence[Resource] = (),
) -> Stored:  # fmt: skip
    """Answer a case and close it: what the citizen reads, and what the look through the log showed.

    correction  the document that corrects the entry it is about: "DocumentReference/<id>"
    more        other outputs: what a relative is given
    Raises  Refused AK-J003 when it was changed meanwhile, AK-B003, AK-B004, AK-B012
    Leaves  the Task completed, access-log row, news
    """
    coded = {"coding": [{"system": cases.OUTPUT, "code": outcome}]}
    outputs = [cases.told(cases.OUTPUT, cases.ANSWER, valueString=text),
               cases.told(cases.OUTPUT, cases.OUTCOME, valueCodeableConcept=coded)]  # fmt: skip
    if correction:
        outputs.append(cases.told(cases.OUTPUT, cases.CORRECTION, valueReference={"reference": correction}))
    outputs += map(dict, more)
    if case.resource.get("status") != "completed":
        outputs = [*map(dict, cases.passed_on(case.resource.get("output") or ())), *outputs]
    meta = {**case.resource["meta"], "security": cases.closed(case.resource)}
    closed = {
        **case.resource, "meta": meta, "status": "completed",
        "owner": {"reference": work.actor.id, "display": work.actor.name},
        "lastModified": work.now.isoformat(), "output": outputs,
    }  # fmt: skip
    return await journal.update(work, closed, id_=case.id, if_match=version)


def consumer(office: Office) -> Consumer:
    """Return the consumer that lets the privacy officer look into each emergency opening (domain rule R14)."""

    async def handle(news: News) -> None:
        ids = [id_ for type_, id_ in zip(news.types, news.ids, strict=True) if type_ == _CONSENT]
        rows = await office.database.fetch(journal.SQL.current, [news.owner] * len(ids), [_CONSENT] * len(ids), ids)
        found = [one for one in (stored(row) for row in rows if not row["deleted"]) if _in_emergency(one.resource)]
        if found:
            async with office.work(JOB, Purpose.SYSTEM, screen="job:cases") as work:
                for consent in found:
                    await _look_into(work, consent)

    return Consumer(name="cases", types=frozenset({_CONSENT}), handle=handle)


def _in_emergency(consent: Resource) -> bool:
    provision = consent.get("provision") or {}
    purposes = {one.get("code") for one in provision.get("purpose") or ()}
    return provision.get("type") == "permit" and _TREATS in purposes and consent.get("status") == "active"


async def _look_into(work: Work, consent: Stored) -> None:
    """Make the case of one emergency opening, unless there is one; under an id that nobody can take before us."""
    provision = consent.resource["provision"]
    actors = [reference(one.get("reference")) for one in provision.get("actor", ())]
    unit = next((one.partition("/")[2] for one in actors if one.startswith("Organization/")), "")
    who = next((one for one in actors if one.startswith("Practitioner/")), "")
    answerer = await cases.answerer_of(work, work.office.ids.open(unit) or 0)
    if not (who and answerer and provision.get("period")):  # without a time it opens nothing
        return
    id_ = work.office.hasher.wide(f"case of {consent.reference}".encode()).hex()
    by = (await authors(work, consent.owner, "Consent", [consent.id]))[consent.id]
    called_ = ", ".join(filter(None, (by.name, called(by.role), by.unit_name)))
    person = {**consent.resource["patient"], "display": await cases.name_of(work, consent.owner)}
    about = [cases.told(cases.INPUT, cases.WHO, valueReference={"reference": who, "display": called_}),
             cases.told(cases.INPUT, cases.WHEN, valuePeriod=provision["period"])]  # fmt: skip
    task = cases.task(EMERGENCY, person=person, requester={"display": JOB.name}, now=work.now,
                      about=about, answerers=[answerer])  # fmt: skip
    try:
        await journal.update(work, {**task, "focus": {"reference": consent.reference}}, id_=id_, if_match=0)
    except Refused as refused:
        if refused.code != "AK-J003":  # it is there already
            raise
