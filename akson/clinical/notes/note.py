"""A note as FHIR: the four texts as one document, the contact, the problem. Pure: values to resources, and back."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from akson.base.web.messages import texts
from akson.clinical.notes.form import KINDS, SECTIONS
from akson.patient.reading import Resource, code, words
from akson.registers import codes
from akson.registers.codes import ICPC2

Body = dict[str, Any]
HL7: Final = "http://terminology.hl7.org/CodeSystem/"
REASON: Final = "https://akson.no/fhir/error-reason"  # extension: why a note is marked as an error
ENCOUNTERS: Final = {  # kind of note -> ActEncounterCode; no contact is made for the others
    "konsultasjon": "AMB", "telefon": "VR", "telefon-parorende": "VR", "sykebesok": "HH", "hjemmebesok": "HH",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Note:
    """What is signed.

    problems  those of `codes` that go into the problem list
    refs      "Observation/<id>" -> what it showed, in words
    seen      from when the patient sees it, and why not before; None: at once
    """

    kind: str
    texts: Mapping[str, str]  # by section
    codes: tuple[str, ...] = ()  # ICPC-2, the main one first
    problems: tuple[str, ...] = ()
    refs: Mapping[str, str]
    seen: tuple[datetime, str] | None = None

    @property
    def title(self) -> str:
        return dict(KINDS)[self.kind]


@dataclass(frozen=True, kw_only=True)
class Stamp:
    """Who signs what for whom, and when, as references and times of FHIR."""

    patient: str  # "Patient/<id>"
    author: Body
    unit: Body
    at: str  # Norwegian time

    @property
    def day(self) -> str:
        return self.at[:10]


def document(note: Note, stamp: Stamp, encounter: str) -> Body:
    """Return the note as a DocumentReference."""
    made: Body = {
        "resourceType": "DocumentReference", "status": "current", "docStatus": "final",
        "type": codes.JOURNAL_NOTE.concept(), "subject": {"reference": stamp.patient}, "date": stamp.at,
        "author": [stamp.author], "authenticator": stamp.author, "custodian": stamp.unit,
        "context": {"period": {"start": stamp.at, "end": stamp.at}},
    }  # fmt: skip
    if encounter:
        made["context"]["encounter"] = [{"reference": encounter}]
    return written(made, note, stamp.at)


def corrected(before: Resource, note: Note, at: str) -> Body:
    """Return the next version of a signed note; who, when, which contact and what it pointed to stay."""
    return written({**before, "docStatus": "amended", "context": dict(before.get("context", {}))}, note, at)


def marked_wrong(before: Resource, reason: str) -> Body:
    """Return the note as an error; its text stays readable in the record."""
    kept = [one for one in before.get("extension", ()) if one.get("url") != REASON]
    return {**before, "status": "entered-in-error", "extension": [*kept, {"url": REASON, "valueString": reason}]}


def written(made: Body, note: Note, at: str) -> Body:
    """Put what is written into the document `made` and return it."""
    made["description"] = note.title
    made["content"] = [{"attachment": {
        "contentType": "text/plain; charset=utf-8", "language": "nb", "title": note.title, "creation": at,
        "data": base64.b64encode(joined(note.texts).encode()).decode(),
    }}]  # fmt: skip
    context = made["context"]
    context.pop("event", None)
    if note.codes:
        context["event"] = [codes.icpc2()[one].concept() for one in note.codes]
    if note.refs:
        context["related"] = [{"reference": ref, "display": shown} for ref, shown in note.refs.items()]
    return made


def contact(note: Note, stamp: Stamp) -> Body:
    """Return the Encounter of a note."""
    made: Body = {
        "resourceType": "Encounter", "status": "finished",
        "class": {"system": f"{HL7}v3-ActCode", "code": ENCOUNTERS[note.kind]}, "type": [{"text": note.title}],
        "subject": {"reference": stamp.patient}, "period": {"start": stamp.at, "end": stamp.at},
        "participant": [{"individual": stamp.author}], "serviceProvider": stamp.unit,
    }  # fmt: skip
    return made | ({"reasonCode": [codes.icpc2()[one].concept() for one in note.codes]} if note.codes else {})


def problem(code_: str, stamp: Stamp, encounter: str) -> Body:
    """Return a new problem of the problem list."""
    made: Body = {
        "resourceType": "Condition",
        "clinicalStatus": {"coding": [{"system": f"{HL7}condition-clinical", "code": "active"}]},
        "verificationStatus": {"coding": [{"system": f"{HL7}condition-ver-status", "code": "confirmed"}]},
        "category": [{"coding": [{"system": f"{HL7}condition-category", "code": "problem-list-item"}]}],
        "code": codes.icpc2()[code_].concept(), "subject": {"reference": stamp.patient}, "onsetDateTime": stamp.day,
        "recordedDate": stamp.at, "recorder": stamp.author,
    }  # fmt: skip
    return made | ({"encounter": {"reference": encounter}} if encounter else {})


def joined(parts: Mapping[str, str]) -> str:
    """Return the four texts as one, under headings; a note of one part needs none."""
    filled = [(texts().plain(head), parts[name]) for name, head in SECTIONS if parts.get(name)]
    if len(filled) == 1 and parts.get("vurdering"):
        return filled[0][1]
    return "\n\n".join(f"{head}\n{text}" for head, text in filled)


def parted(text: str) -> dict[str, str]:
    """Return the four texts of one; what stands before the first heading belongs to the assessment."""
    heads = {texts().plain(head): name for name, head in SECTIONS}
    found: dict[str, list[str]] = {}
    here = "vurdering"
    for line in text.splitlines():
        if line in heads and heads[line] not in found:
            here = heads[line]
            found[here] = []
        else:
            found.setdefault(here, []).append(line)
    return {name: "\n".join(lines).strip() for name, lines in found.items()}


def text_of(resource: Resource) -> str:
    """Return the text of a document that carries it in itself, else ""."""
    attachment: Resource = next((one.get("attachment", {}) for one in resource.get("content", ())), {})
    if not str(attachment.get("contentType", "")).startswith("text/plain"):
        return ""
    return base64.b64decode(attachment.get("data", "")).decode("utf-8", "replace")


def codes_of(resource: Resource) -> tuple[str, ...]:
    """Return the ICPC-2 codes of a note, the main one first."""
    events = (resource.get("context") or {}).get("event", ())
    return tuple(found for event in events if (found := code(event, ICPC2)))


def codes_in_words(resource: Resource) -> str:
    """Return "K77 Hjertesvikt, A85 Bivirkning av legemiddel"."""
    events = (resource.get("context") or {}).get("event", ())
    return ", ".join(f"{code(event, ICPC2)} {words(event)}".strip() for event in events)
