"""What a patient has agreed to or refused, as those who give care write it down: a Consent that nothing is opened by.

It names no reader, no part of the record and no rule that denies: what is refused is a Consent that was rejected. So it
states no fact to the access rules (akson/record/consents.py), whatever it is about.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from akson.access.consenting import WRITTEN_DOWN
from akson.base.errors import Refused
from akson.base.web.messages import texts
from akson.base.web.render import local
from akson.base.work import Work
from akson.patient.reading import code, display, extension, moment
from akson.record import journal
from akson.record.stored import Stored

Resource = Mapping[str, Any]
TYPE: Final = "Consent"
ABOUT: Final = "https://akson.no/fhir/consent-about"  # categories: what it is about
FORM: Final = "https://akson.no/fhir/consent-form"  # categories: how it was given
REMARK: Final = "https://akson.no/fhir/consent-remark"  # extensions
WITHDRAWN: Final = "https://akson.no/fhir/consent-withdrawn"
MARK: Final = "https://akson.no/fhir/mark"
SUBJECTS: Final = ("relatives", "school", "service", "treatment", "plan", "pictures", "learning", "other")
GIVERS: Final = ("patient", "parent", "guardian", "proxy", "relative")
FORMS: Final = ("oral", "written")
_TREATMENT: Final = "treatment"  # of SUBJECTS, and of FHIR's scopes
_SCOPE: Final = "http://terminology.hl7.org/CodeSystem/consentscope"


@dataclass(frozen=True, kw_only=True)
class Said:
    """What somebody has said.

    about, by, form  of SUBJECTS, GIVERS and FORMS
    name             whose word it is, when not the patient's
    """

    about: str
    given: bool
    by: str
    name: str
    form: str
    day: date
    until: date | None = None
    remark: str = ""


@dataclass(frozen=True, kw_only=True)
class Agreed:
    """One consent as it is read. state: given, refused, withdrawn, over; ended: who took note that it was withdrawn."""

    stored: Stored
    about: str
    state: str
    by: str
    form: str
    day: date | None
    until: date | None
    remark: str
    ended: str = ""
    ended_on: date | None = None


async def write_down(work: Work, patient: str, said: Said) -> Stored:
    """Write down what a patient, or who may do so for them, has agreed to or refused.

    Raises  an access refusal; then nothing is written
    Leaves  Consent in the record, access-log row, news
    Source  pbrl §§ 4-1, 4-2, hpl § 22
    """
    return await journal.create(work, _consent(patient, said))


async def withdraw(work: Work, consent: Stored, version: int) -> Stored:
    """Write down that a consent is withdrawn, now; it stays, with who took note of it.

    Raises  Refused AK-J001 of what is no consent that was given here and stands, AK-J003 changed meanwhile, or access
    Leaves  the Consent as inactive, access-log row, news
    Source  pbrl § 4-1 second paragraph
    """
    if not is_written_down(consent.resource) or consent.resource.get("status") != "active":
        raise Refused("AK-J001")
    ended = {"url": WITHDRAWN, "extension": [
        {"url": "at", "valueDateTime": local(work.now).isoformat()},
        {"url": "by", "valueReference": {"reference": work.actor.id, "display": work.actor.name}},
    ]}  # fmt: skip
    told = [*consent.resource.get("extension", ()), ended]
    changed = {**consent.resource, "extension": told, "status": "inactive"}
    return await journal.update(work, changed, id_=consent.id, if_match=version)


def is_written_down(resource: Resource) -> bool:
    """Say whether a Consent is one of these: by its subject, and that it rules nothing.

    What blocks or opens is told where it belongs, or nowhere, whatever it calls itself.
    """
    rules = (resource.get("provision") or {}).keys() - {"period"}
    return not rules and any(code(one, ABOUT) for one in resource.get("category") or ())


def agreed(found: Iterable[Stored], today: date) -> list[Agreed]:
    """Return the consents among these, those that hold first, then the latest first."""
    read = [_read(one, today) for one in found if is_written_down(one.resource)]
    read.sort(key=lambda one: one.day or date.min, reverse=True)
    return sorted(read, key=lambda one: one.state not in ("given", "refused"))


def _consent(patient: str, said: Said) -> dict[str, Any]:
    scope = _TREATMENT if said.about == _TREATMENT else "patient-privacy"
    giver = {"reference": f"Patient/{patient}"} if said.by == "patient" else {
        "type": "RelatedPerson", "display": f"{said.name}, {told(f'by_{said.by}').lower()}"}  # fmt: skip
    until = {"provision": {"period": {"end": said.until.isoformat()}}} if said.until else {}
    remark = {"extension": [{"url": REMARK, "valueString": said.remark}]} if said.remark else {}
    return {
        "resourceType": TYPE, "status": "active" if said.given else "rejected",
        "meta": {"security": [{"system": MARK, "code": WRITTEN_DOWN}]},
        "scope": {"coding": [{"system": _SCOPE, "code": scope}]},
        "category": [_concept(ABOUT, "about", said.about), _concept(FORM, "form", said.form)],
        "patient": {"reference": f"Patient/{patient}"}, "dateTime": said.day.isoformat(), "performer": [giver],
        "policyRule": {"text": "pasient- og brukerrettighetsloven § 4-1"}, **until, **remark,
    }  # fmt: skip


def told(key: str) -> str:
    """Return a word of these consents as it is read."""
    return texts().plain(f"agreed.{key}")


def _concept(system: str, kind: str, value: str) -> Resource:
    return {"coding": [{"system": system, "code": value}], "text": told(f"{kind}_{value}")}


def _read(stored: Stored, today: date) -> Agreed:
    one = stored.resource
    until = _day(((one.get("provision") or {}).get("period") or {}).get("end"))
    ended = next((e.get("extension", ()) for e in one.get("extension", ()) if e.get("url") == WITHDRAWN), ())
    at = next((e.get("valueDateTime") for e in ended if e.get("url") == "at"), None)
    return Agreed(
        stored=stored, about=_word(one, ABOUT, "about"), state=_state(one, until, today), form=_word(one, FORM, "form"),
        by=next(filter(None, map(display, one.get("performer", ()))), told("by_patient")),
        day=_day(one.get("dateTime")), until=until, remark=extension(one, REMARK), ended_on=_day(at),
        ended=next((display(e.get("valueReference")) for e in ended if e.get("url") == "by"), ""),
    )  # fmt: skip


def _state(one: Resource, until: date | None, today: date) -> str:
    if one.get("status") in ("rejected", "active"):
        stands = "given" if one["status"] == "active" else "refused"
        return "over" if until and until < today else stands
    return "withdrawn"


def _word(one: Resource, system: str, kind: str) -> str:
    """Return a category in the reader's language; of a code that is not ours, its own words."""
    concept: Resource = next((c for c in one.get("category") or () if code(c, system)), {})
    key = f"agreed.{kind}_{code(concept, system)}"
    return texts().plain(key) if key in texts() else str(concept.get("text", ""))


def _day(text: str | None) -> date | None:
    at = moment(text)
    return local(at).date() if at else None
