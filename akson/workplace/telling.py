"""What those who answer for the record read of cases and of the entries they are about, in words."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from akson.base.web.messages import texts
from akson.base.web.render import full_date, local, said
from akson.base.work import Work
from akson.patient.cases import Case
from akson.patient.reading import Resource, display, moment, plain_text, words
from akson.record.stored import Stored
from akson.workplace import casework
from akson.workplace.words import uncapital

SOON: Final = timedelta(days=7)
_SAYS: Final = 20_000  # letters of a note


def entry(found: Stored) -> casework.Entry:
    """Return one entry of a record: what it is, who wrote it and when, what it says."""
    resource = found.resource
    given = [resource.get(name) or () for name in ("author", "recorder", "informationSource")]
    by = [display(one) for some in given for one in (some if isinstance(some, list) else [some]) if one]
    at = moment(resource.get("date") or resource.get("recordedDate") or resource.get("effectiveDateTime"))
    named = (resource.get(name) for name in ("code", "vaccineCode", "medicationCodeableConcept"))
    title = resource.get("description") or next((words(one) for one in named if one), "") or found.type
    when = full_date(local(at).date()) if at else ""
    told = ", ".join(filter(None, (*by, when)))
    return casework.Entry(reference=found.reference, title=str(title), by=told, text=_text(resource))


def _text(resource: Resource) -> str:
    """Return what a document says, or what was noted of another entry."""
    text = plain_text(resource)
    return "\n".join(str(one.get("text", "")) for one in resource.get("note", ())) if text is None else text[:_SAYS]


def near(case: Case, work: Work) -> bool:
    """Say whether a case must be answered within a week."""
    return not case.closed and case.due - local(work.now).date() <= SOON


def title(case: Case) -> str:
    """Return what a case is about: "Vil ha noe rettet"."""
    return texts().plain(f"demand.sort_{case.sort}")


def state(case: Case, work: Work) -> str:
    """Return how far a case is: "kom i går", "22.11.2026, avslås"."""
    if case.closed:
        found = uncapital(texts().plain(f"demand.{case.outcome}").partition("\n")[0])
        return texts().plain("demand.closed_as", when=said(local(case.changed).date(), work.now), outcome=found)
    return texts().plain("demand.arrived", when=said(local(case.asked).date(), work.now))
