"""What those who answer for the record read of cases and of the entries they are about, in words."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from akson.base.web.messages import texts
from akson.base.web.render import full_date, local, said
from akson.base.work import Work
from akson.patient.cases import Case
from akson.patient.reading import Resource, display, moment, plain_text, value, words
from akson.record.stored import Stored
from akson.workplace import casework
from akson.workplace.words import uncapital

SOON: Final = timedelta(days=7)
_WHEN: Final = ("date", "recordedDate", "effectiveDateTime", "issued", "sent", "occurrenceDateTime", "authoredOn")
_WHAT: Final = ("code", "vaccineCode", "medicationCodeableConcept", "topic")
_SAYS: Final = 20_000  # letters of a note


def entry(found: Stored) -> casework.Entry:
    """Return one entry of a record: what it is, who wrote it and when, what it says."""
    resource = found.resource
    given = [
        resource.get(name) or ()
        for name in ("author", "recorder", "informationSource", "performer", "sender", "assessor")
    ]
    by = [display(one) for some in given for one in (some if isinstance(some, list) else [some]) if one]
    at = moment(next((resource[name] for name in _WHEN if resource.get(name)), None))
    named = (words(one) for name in _WHAT if isinstance(one := resource.get(name), dict))
    title = resource.get("description") or next(filter(None, named), "") or _kind(found.type)
    when = full_date(local(at).date()) if at else ""
    told = ", ".join(filter(None, (*by, when)))
    return casework.Entry(reference=found.reference, title=str(title), by=told, text=_text(resource))


def _kind(type_: str) -> str:
    """Return what entries of a type are called; of one that has no word here the type."""
    key = f"withhold.{type_}"
    return texts().plain(key) if key in texts() else type_


def _text(resource: Resource) -> str:
    """Return what a document says, or of another entry what was found, agreed or written, and noted beside."""
    text = plain_text(resource)
    if text is not None:
        return text[:_SAYS]
    doses = [*(resource.get("dosage") or ()), *(resource.get("dosageInstruction") or ())]
    parts = [value(resource), *(str(resource.get(name, "")) for name in ("conclusion", "summary")),
             *(str(one.get("text", "")) for one in doses),
             *(str(one.get("contentString", "")) for one in resource.get("payload") or ()),
             *(str(one.get("text", "")) for one in resource.get("note") or ())]  # fmt: skip
    return "\n".join(filter(None, parts))[:_SAYS]


def asked(case: Case, work: Work) -> dict[str, Any]:
    """Return what the page of every case about a record tells, but for its outcome; see `casework.Asked`."""
    by = case.asker if case.relative or case.asker != case.name else ""
    return {
        "title": title(case), "person": case.name, "asker": by, "words": case.words,
        "asked": said(case.asked, work.now), "due": "" if case.passed_on else full_date(case.due),
        "now": near(case, work), "state": state(case, work), "action": f"/krav/{case.stored.id}", "answer": case.answer,
    }  # fmt: skip


def near(case: Case, work: Work) -> bool:
    """Say whether a case must be answered within a week."""
    return not (case.closed or case.passed_on) and case.due - local(work.now).date() <= SOON


def title(case: Case) -> str:
    """Return what a case is about: "Vil ha noe rettet"."""
    return texts().plain("_".join(filter(None, (f"demand.sort_{case.sort}", case.demanded))))


def state(case: Case, work: Work) -> str:
    """Return how far a case is: "kom i går", "22.11.2026, avslås"."""
    if case.closed:
        found = uncapital(texts().plain(f"demand.{case.outcome}").partition("\n")[0])
        return texts().plain("demand.closed_as", when=said(local(case.changed).date(), work.now), outcome=found)
    if case.passed_on:
        return texts().plain("demand.passed_on_when", day=full_date(case.passed_on))
    return texts().plain("demand.arrived", when=said(local(case.asked).date(), work.now))
