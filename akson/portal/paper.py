"""A whole record as a document to read: parts in order, entries newest first, in words. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from akson.base.web import printing
from akson.base.web.messages import texts
from akson.base.web.printing import Line, Paper, Part
from akson.base.web.render import full_date, local
from akson.exchange.undoing import is_taken_back
from akson.fhir.dates import BEGINNING
from akson.patient.reading import display, moment, value, words
from akson.portal import medicines
from akson.portal.plain import dose, explained, sentence, usual
from akson.portal.record import text_inside

Resource = Mapping[str, Any]
_WRONG: Final = frozenset({"entered-in-error", "superseded", "cancelled", "nullified"})
_DATES: Final = (
    "date", "effectiveDateTime", "issued", "occurrenceDateTime", "performedDateTime", "sent", "start", "recordedDate",
    "dateAsserted", "authoredOn", "onsetDateTime", "created",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class _Sort:
    """Entries of some types, drawn alike; those that `draw` finds nothing to say of are left out."""

    head: str
    types: tuple[str, ...]
    draw: Callable[[Resource], tuple[str, str]]  # what it is, what it says


def paper(found: Sequence[Resource], *, name: str, born: date | None, now: datetime) -> Paper:
    """Return the record as a document. found: everything, in any order."""
    t, parts = texts().plain, (_part(sort, found) for sort in _SORTS)
    return printing.paper(t("copy.of", name=name), t("copy.paper_lead"), parts, name=name, born=born, now=now)


def _part(sort: _Sort, found: Iterable[Resource]) -> Part:
    held = [one for one in found if one["resourceType"] in sort.types and one.get("status") not in _WRONG]
    held.sort(key=lambda one: _at(one) or BEGINNING, reverse=True)
    lines = (_line(one, *sort.draw(one)) for one in held)
    return Part(head=texts().plain(sort.head), lines=tuple(line for line in lines if line.title))


def _line(resource: Resource, title: str, text: str) -> Line:
    at = _at(resource)
    people = [resource.get(name) or () for name in ("author", "sender", "recorder", "performer", "serviceProvider")]
    by = [
        display(one.get("actor", one)) for some in people for one in (some if isinstance(some, list) else [some]) if one
    ]
    day = full_date(local(at).date()) if at else ""
    return Line(title=title, about=", ".join(dict.fromkeys(filter(None, (day, *by)))), text=text)


def _at(resource: Resource) -> datetime | None:
    periods = (resource.get(name) or {} for name in ("period", "effectivePeriod", "performedPeriod"))
    given = (*(resource.get(name) for name in _DATES), *(one.get("start") for one in periods))
    return next((moment(one) for one in given if isinstance(one, str) and one), None)


def _coded(resource: Resource) -> tuple[str, str]:
    notes = " ".join(str(one.get("text", "")) for one in resource.get("note") or ())
    return words(resource.get("code") or resource.get("vaccineCode")), notes


def _allergy(resource: Resource) -> tuple[str, str]:
    reactions = (words(m) for r in resource.get("reaction") or () for m in r.get("manifestation") or ())
    return words(resource.get("code")), ", ".join(filter(None, reactions))


def _medicine(resource: Resource) -> tuple[str, str]:
    asked = ", ".join(dose(str(one["text"])) for one in resource.get("dosageInstruction") or () if one.get("text"))
    last = moment((resource.get("effectivePeriod") or {}).get("end"))
    until = texts().plain("copy.until", day=full_date(local(last).date())) if last else ""
    return medicines.name(resource), sentence(medicines.taken(resource) or asked, until)


def _observation(resource: Resource) -> tuple[str, str]:
    codes = (str(one.get("code", "")) for one in (resource.get("code") or {}).get("coding") or ())
    known = next((found for one in codes if (found := explained(one))), None)
    told, name = value(resource), known.name if known else words(resource.get("code"))
    return f"{name}: {told}" if told else "", usual(resource)


def _document(resource: Resource) -> tuple[str, str]:
    return str(resource.get("description") or words(resource.get("type"))), text_inside(resource)


def _plan(resource: Resource) -> tuple[str, str]:
    steps = (one.get("detail") or {} for one in resource.get("activity") or ())
    told = (": ".join(filter(None, (words(one.get("code")), str(one.get("description", ""))))) for one in steps)
    return str(resource.get("title") or texts().plain("copy.plans")), "\n".join(filter(None, told))


def _goal(resource: Resource) -> tuple[str, str]:
    return words(resource.get("description")), ""


def _typed(resource: Resource) -> tuple[str, str]:
    last = moment((resource.get("period") or {}).get("end"))
    until = texts().plain("copy.until", day=full_date(local(last).date())) if last else ""
    return ", ".join(filter(None, map(words, resource.get("type") or ()))), until


def _booked(resource: Resource) -> tuple[str, str]:
    return str(resource.get("description") or texts().plain("copy.appointment")), ""


def _message(resource: Resource) -> tuple[str, str]:
    said = "\n".join(str(one["contentString"]) for one in resource.get("payload") or () if one.get("contentString"))
    title = words(resource.get("topic")) or texts().plain("copy.message")
    return texts().plain("copy.taken_back", title=title) if is_taken_back(resource) else title, said


def _report(resource: Resource) -> tuple[str, str]:
    return words(resource.get("code")), str(resource.get("conclusion", ""))


_SORTS: Final = (
    _Sort(head="my_record.critical", types=("AllergyIntolerance", "Flag"), draw=_allergy),
    _Sort(head="my_record.problems", types=("Condition",), draw=_coded),
    _Sort(head="my_record.medicines", types=("MedicationStatement", "MedicationRequest"), draw=_medicine),
    _Sort(head="demands.measured", types=("Observation",), draw=_observation),
    _Sort(head="copy.reports", types=("DiagnosticReport",), draw=_report),
    _Sort(head="demands.written", types=("DocumentReference",), draw=_document),
    _Sort(head="copy.plans", types=("CarePlan",), draw=_plan),
    _Sort(head="copy.goals", types=("Goal",), draw=_goal),
    _Sort(head="my_record.services", types=("EpisodeOfCare",), draw=_typed),
    _Sort(head="copy.contacts", types=("Encounter",), draw=_typed),
    _Sort(head="my_record.coming", types=("Appointment",), draw=_booked),
    _Sort(head="copy.done", types=("Procedure", "ServiceRequest"), draw=_coded),
    _Sort(head="my_record.vaccines", types=("Immunization",), draw=_coded),
    _Sort(head="copy.messages", types=("Communication",), draw=_message),
)
