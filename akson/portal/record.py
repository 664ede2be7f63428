"""Min journal: the same record the professionals read, in plain words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from akson.access.children import GROWN
from akson.base.web.messages import texts
from akson.base.web.render import full_date, local, said
from akson.base.work import Work
from akson.fhir.dates import BEGINNING
from akson.patient import agreeing, answering, capacity
from akson.patient.banner import FLAG
from akson.patient.cases import Case
from akson.patient.chart import LABORATORY, VITAL_SIGNS
from akson.patient.reading import code, codes, display, extension, moment, plain_text, value, words
from akson.portal import coming, demands, looks, medicines, model, refusals
from akson.portal.opening import Opened
from akson.portal.plain import and_, explained, flowing, in_order, often, sentence, until, usual
from akson.record.journal import Mark
from akson.registers.codes import SERVICE_AMOUNT

Resource = Mapping[str, Any]
WANTED: Final = {
    "Flag": 30, "AllergyIntolerance": 30, "Condition": 100, "MedicationStatement": 200, "Observation:lab": 100,
    "Observation:vital": 100, "DocumentReference": 50, "EpisodeOfCare": 50, "CarePlan": 5, "Goal": 20,
    "Immunization": 60, "Task": 200, agreeing.TYPE: 200, capacity.TYPE: 100,
}  # fmt: skip
MARKED: Final[Mapping[str, Mark]] = {
    "Observation:lab": LABORATORY,
    "Observation:vital": VITAL_SIGNS,
}
COPY: Final = "/min/journal/kopi"
_NOT_CLINICAL: Final = frozenset({"admin"})
_NOT_TRUE: Final = frozenset({"refuted", "entered-in-error"})
_OVER: Final = frozenset({"inactive", "resolved", "remission"})


async def record(work: Work, opened: Opened) -> model.MyRecord:
    """Return the whole record of one person, in words."""
    _, booked = await coming.ahead(work, opened.identity.id)
    known = await coming.units(work, opened)
    documents = [one for one in opened["DocumentReference"] if one.get("status") == "current"]
    notes = [one for one in documents if code(one.get("type"), looks.DOCUMENT) == looks.NOTE]
    waiting = demands.open_about(opened)
    problems = [one for one in opened["Condition"] if not codes([one.get("verificationStatus", {})]) & _NOT_TRUE]
    return model.MyRecord(
        critical=tuple(_critical(opened)),
        problems=tuple(_problem(one) for one in problems if _is_active(one)),
        former=tuple(dict.fromkeys(words(one.get("code")) for one in problems if not _is_active(one))),
        medicines=medicines.drawn(opened["MedicationStatement"], problems, work.now),
        results=tuple(_results(opened["Observation:lab"], work.now)),
        measured=tuple(_results(opened["Observation:vital"], work.now)),
        notes=tuple(_letter(opened, one, waiting) for one in notes),
        letters=tuple(_letter(opened, one, waiting) for one in documents if one not in notes),
        plans=tuple(_plan(opened, one, known) for one in opened["CarePlan"] if one.get("status") == "active"),
        services=tuple(_service(opened, one) for one in coming.services(opened)),
        vaccines=tuple(_vaccine(one) for one in opened["Immunization"] if one.get("status") == "completed"),
        coming=coming.entries(opened, booked, work.now),
        ask_href=opened.href(demands.PAGE) if opened.decides else "",
        copy_href=opened.href(COPY) if opened.decides else "",
        refused=refusals.entries(opened, await refusals.kept(work, opened)),
        agreed=tuple(_agreed(opened, work.now)),
        assessed=tuple(_assessed(opened)),
        withheld=_withheld(opened, work.now),
        absent=texts().plain("my_record.absent") if not opened.own or _is_youth(opened, work.now) else "",
    )


def _is_youth(opened: Opened, now: datetime) -> bool:
    """Say whether it is their own record, of which they see a part until they are 16."""
    age = opened.identity.age(local(now).date())
    return opened.own and age is not None and age < GROWN


def _withheld(opened: Opened, now: datetime) -> str:
    """Return why not all is shown; "" where it is."""
    if _is_youth(opened, now):
        return texts().plain("my_record.youth")
    return "" if opened.own else texts().plain("my_record.withheld", name=opened.given)


async def answers(work: Work, opened: Opened) -> tuple[model.Entry, ...]:
    """Return who answers for the record in each organisation that keeps one; told to the person alone."""
    if not opened.own:
        return ()
    ties, teams = answering.seen_ties(work, opened.parts), opened.parts[answering.NAME]
    found = await answering.kept_by(work, ties, teams)
    every = answering.answering(found, ties, teams, work.now)
    nobody = texts().plain("my_record.answers_nobody")
    return tuple(
        model.Entry(title=one.home_name, text=f"{one.worker.name}, {one.role}" if one.worker else nobody, icon="user")
        for one in every
    )


def _is_active(problem: Resource) -> bool:
    return not codes([problem.get("clinicalStatus", {})]) & _OVER


def _critical(opened: Opened) -> Iterator[str]:
    """Yield what everybody who helps must know: what is not tolerated, then limits and warnings."""
    for one in opened["AllergyIntolerance"]:
        if not codes([one.get("clinicalStatus", {}), one.get("verificationStatus", {})]) & (_OVER | _NOT_TRUE):
            reactions = [words(m).lower() for r in one.get("reaction", ()) for m in r.get("manifestation", ())]
            what = words(one.get("code"))
            text = texts().plain("my_record.intolerant", what=what[:1].lower() + what[1:])
            yield ", ".join(filter(None, (text, and_(filter(None, reactions)))))
    for one in opened["Flag"]:
        if one.get("status") == "active" and not codes(one.get("category", ())) & _NOT_CLINICAL:
            rest = words(one.get("code")).partition(":")[2].strip()
            key = f"my_record.flag.{code(one.get('code'), FLAG)}"
            yield texts().plain(key, rest=rest) if rest and key in texts() else words(one.get("code"))


def _problem(problem: Resource) -> model.Entry:
    since = str(problem.get("onsetDateTime", ""))[:4]
    text = texts().plain("my_record.since", year=since) if since else ""
    return model.Entry(title=words(problem.get("code")), text=text, icon="heart")


def _results(observations: Sequence[Resource], now: datetime) -> Iterator[model.Entry]:
    """Yield the newest of each sort: what it is, what it was, whether it is as usual, what it tells."""
    sorts: dict[str, list[Resource]] = {}
    for one in observations:
        if one.get("status") not in ("entered-in-error", "cancelled") and value(one):
            sorts.setdefault(_sort(one), []).append(one)
    for sort in in_order(sorts):
        newest, *older = sorts[sort]
        known = explained(sort)
        title = known.name if known else words(newest.get("code"))
        at = moment(newest.get("effectiveDateTime") or newest.get("issued"))
        was = texts().plain("my_record.was", value=value(older[0])) if older else ""
        text = sentence(said(at, now), usual(newest), was, known.about if known else "")
        yield model.Entry(title=f"{title}: {value(newest)}", text=text, icon="flask")


def _sort(observation: Resource) -> str:
    """Return the first code we have words for, else the first."""
    given = [c.get("code", "") for c in (observation.get("code") or {}).get("coding", ())]
    return next((one for one in given if explained(one)), given[0] if given else words(observation.get("code")))


def _letter(opened: Opened, document: Resource, waiting: Mapping[str, Case]) -> model.Letter:
    by = [display(one) for one in document.get("author", ())]
    letter = model.Letter(
        id=f"d-{document['id']}", title=str(document.get("description", "")), by=and_(filter(None, by)),
        at=moment(document.get("date")) or BEGINNING, text=text_inside(document),
    )  # fmt: skip
    return demands.marked(opened, letter, f"DocumentReference/{document['id']}", waiting)


def text_inside(document: Resource) -> str:
    """Return the text inside a document; for other formats, that it cannot be shown here."""
    text = plain_text(document)
    return texts().plain("my_record.not_text") if text is None else flowing(text)


def _plan(opened: Opened, plan: Resource, known: Mapping[str, Resource]) -> model.Plan:
    steps = [one["detail"] for one in plan.get("activity", ()) if one.get("detail")]
    named = {one.get("reference") for one in plan.get("goal", ())}
    return model.Plan(
        title=str(plan.get("title", "")),
        goals=tuple(words(one.get("description")) for one in opened["Goal"] if f"Goal/{one['id']}" in named),
        steps=tuple(model.Entry(title=words(one.get("code")), text=str(one.get("description", "")), icon="check")
                    for one in steps),
        ring=coming.ring_about_plan(opened, plan, known),
    )  # fmt: skip


def _service(opened: Opened, service: Resource) -> model.Entry:
    unit = "" if opened.secret else display(service.get("managingOrganization"))
    last = moment((service.get("period") or {}).get("end"))
    ends = until(local(last).date()) if last else ""
    title = and_(words(kind) for kind in service.get("type", ()))
    return model.Entry(title=title, text=sentence(often(extension(service, SERVICE_AMOUNT)), unit, ends), icon="home")


def _agreed(opened: Opened, now: datetime) -> Iterator[model.Entry]:
    """Yield what staff have written down that is agreed to or refused."""
    for one in agreeing.agreed(opened.parts[agreeing.TYPE], local(now).date()):
        day = full_date(one.day) if one.day else ""
        last = texts().plain("my_record.agreed_until", day=full_date(one.until)) if one.until else ""
        text = sentence(agreeing.told(one.state), ", ".join(filter(None, (one.by, day))), one.form, last, one.remark)
        yield model.Entry(title=one.about, text=text, icon="check" if one.state == "given" else "lock")


def _assessed(opened: Opened) -> Iterator[model.Entry]:
    for one in capacity.assessments(opened.parts[capacity.TYPE]):
        day = full_date(one.day) if one.day else ""
        by = ", ".join(filter(None, (one.by, day)))
        yield model.Entry(title=one.matter, text=sentence(one.told, one.reason, by), icon="user")


def _vaccine(given: Resource) -> model.Entry:
    at = moment(given.get("occurrenceDateTime"))
    day = full_date(local(at).date()) if at else ""
    return model.Entry(title=words(given.get("vaccineCode")), text=day, icon="shield")
