"""A question to a colleague that does not tell whom it is about: what may stand in it, and what it is kept as. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from datetime import date, datetime
from typing import Any, Final

from akson.access.commons import NAMELESS
from akson.base.web.messages import texts
from akson.patient.banner import is_over
from akson.patient.identity import Identity
from akson.patient.reading import Resource, display, words
from akson.record import worklist
from akson.record.stored import Stored, marks_in
from akson.record.worklist import FOR_INFORMATION, OPEN, TASK
from akson.workplace import measured
from akson.workplace.words import year

MARK: Final = "https://akson.no/fhir/nameless"  # meta.security: NAMELESS and the ids of the two units
LINK: Final = (
    "https://akson.no/fhir/nameless-question"  # identifier of what waits in the record: "Task/<id>" of the question
)
_NUMBER: Final = re.compile(r"(?<!\d)\d{6}[ .\-]?\d{5}(?!\d)")
_ID: Final = re.compile(r"[a-z0-9]{27}")
_MONTHS: Final = ("januar", "februar", "mars", "april", "mai", "juni", "juli", "august", "september", "oktober",
                  "november", "desember")  # fmt: skip
_SHORTEST_PHONE: Final = 5


def traces(text: str, identity: Identity, patient: Resource, owner_of: Callable[[str], int | None]) -> list[str]:
    """Return what of a text tells whom it is about, as message keys; [] when nothing does.

    owner_of  whose record an id opens
    """
    low, digits = text.casefold(), re.sub(r"\D", "", re.sub(r"(?<=\d)[ \-](?=\d)", "", text))
    contacts = [str(each.get("value", "")) for each in patient.get("telecom", ())]
    numbers = [re.sub(r"^(\+|00)?47|\D", "", each) for each in contacts]
    found = {
        "name": any(re.search(rf"\b{re.escape(name)}\b", low) for name in _names(patient)),
        "number": bool(_NUMBER.search(text)) or any(owner_of(one) == identity.owner for one in _ID.findall(low)),
        "born": identity.born is not None and any(re.search(one, low) for one in _dates(identity.born)),
        "contact": any(len(one) >= _SHORTEST_PHONE and one in digits for one in numbers)
        or any("@" in one and one.casefold() in low for one in contacts),
        "address": any(place and place in low for place in _places(patient)),
    }
    return [name for name, there in found.items() if there]


def _names(patient: Resource) -> Iterator[str]:
    """Yield every name the patient has, each of several words too."""
    for name in patient.get("name", ()):
        for part in (name.get("family", ""), *name.get("given", ())):
            yield from (one.casefold() for one in re.split(r"[\s\-]+", part) if len(one) > 1)


def _places(patient: Resource) -> Iterator[str]:
    """Yield the streets, with and without their number, and the postal places of a patient's addresses."""
    for address in patient.get("address", ()):
        for line in address.get("line", ()):
            yield line.casefold().strip()
            yield re.sub(r"\s+\d+\s*\w?$", "", line.casefold().strip())
        yield f"{address.get('postalCode', '')} {address.get('city', '')}".casefold().strip()


def _dates(born: date) -> Iterator[str]:
    """Yield how a birth date is written, as patterns."""
    day, month, full, short = born.day, born.month, f"{born.year}", f"{born.year % 100:02}"
    yield rf"(?<!\d)0?{day}\s*[./\-]\s*0?{month}\s*[./\-]\s*({full}|{short})(?!\d)"
    yield rf"(?<!\d){full}-0?{month}-0?{day}(?!\d)"
    yield rf"(?<!\d){day:02}{month:02}({full}|{short})(?!\d)"
    yield rf"(?<!\d)0?{day}\.?\s+{_MONTHS[month - 1]}"


def facts_of(
    parts: Mapping[str, Sequence[Stored]], chosen: Mapping[str, object], now: datetime, closed: Set[str]
) -> Iterator[str]:
    """Yield the chosen parts of a record as lines, without dates but the year; nothing that carries a mark.

    closed  what the citizen has closed, "Type/id" or id: not told, whomever it is closed to
    """
    t = texts().plain
    open_ = {name: [one for one in hits if _open(one, closed)] for name, hits in parts.items()}
    told = {
        "diagnoser": [_since(one.resource) for one in open_["Condition"]],
        "legemidler": [_dose(one.resource) for one in open_["MedicationStatement"]],
        "allergier": [
            words(one.resource.get("code")) for one in open_["AllergyIntolerance"] if not is_over(one.resource)
        ],
        "malinger": list(_measured(open_["Observation:vitals"], now)),
    }
    for name, lines in told.items():
        if chosen.get(name):
            yield f"{t(f'nameless.{name}')}: {'; '.join(filter(None, lines)) or t('nameless.none')}"


def _open(one: Stored, closed: Set[str]) -> bool:
    return closed.isdisjoint({one.id, one.reference}) and not marks_in(one.resource.get("meta") or {})


def _since(condition: Resource) -> str:
    since = year(str(condition.get("onsetDateTime", "")))
    return f"{words(condition.get('code'))} ({since})" if since else words(condition.get("code"))


def _dose(statement: Resource) -> str:
    told = [str(each.get("text", "")) for each in statement.get("dosage", ())][:1]
    name = words(statement.get("medicationCodeableConcept")) or display(statement.get("medicationReference"))
    return " ".join(filter(None, (name, *told)))


def _measured(found: Sequence[Stored], now: datetime) -> Iterator[str]:
    panel = measured.panel(found, now, href="")
    for row in panel.rows if panel else ():
        yield f"{row.name} {row.value} {row.unit}".strip()


def somebody(identity: Identity, today: date) -> str:
    """Return "Kvinne, 85 år": all that is told of who it is."""
    age = identity.age(today)
    return ", ".join(filter(None, (identity.gender, texts().plain("start.years", age=age) if age is not None else "")))


def question(text: str, who: Resource, to: Resource, between: Sequence[str], now: str) -> dict[str, Any]:
    """Return the question as it is kept: in nobody's record. between: ids of the two units."""
    marks = [NAMELESS, *dict.fromkeys(between)]
    return {
        "resourceType": "Task", "meta": {"security": [{"system": MARK, "code": one} for one in marks]},
        "status": "requested", "intent": "order", "code": {"coding": [{"system": TASK, "code": worklist.NAMELESS}]},
        "description": texts().plain("nameless.topic"), "requester": who, "owner": to, "authoredOn": now,
        "lastModified": now, "input": [{"type": {"text": texts().plain("nameless.question")}, "valueString": text}],
    }  # fmt: skip


def waiting(asked: Stored, message: Stored, patient: Resource, who: Resource, to: Resource, now: str) -> dict[str, Any]:
    """Return what waits in the record for the answer, with who asked."""
    return {
        "resourceType": "Task", "status": "on-hold", "intent": "order", "for": patient, "requester": who, "owner": who,
        "code": {"coding": [{"system": TASK, "code": FOR_INFORMATION}]}, "focus": {"reference": message.reference},
        "description": texts().plain("nameless.waits", name=display(to)), "authoredOn": now, "lastModified": now,
        "identifier": [{"system": LINK, "value": asked.reference}],
    }  # fmt: skip


def is_question(task: Resource) -> bool:
    return NAMELESS in marks_in(task.get("meta") or {})


def asked_of(task: Resource) -> str:
    """Return the "Task/<id>" of the question that a task waits for the answer of, "" when it does not."""
    named = [str(one.get("value", "")) for one in task.get("identifier", ()) if one.get("system") == LINK]
    # the first questions were named by an extension; those open at an upgrade are still to get their answers
    named += [str(one.get("valueString", "")) for one in task.get("extension", ()) if one.get("url") == LINK]
    return next(iter(named), "")


def is_unanswered(task: Resource) -> bool:
    """Say whether a question still waits for an answer."""
    return is_question(task) and not task.get("output") and task.get("status") in OPEN


def said(parts: Sequence[Resource]) -> str:
    """Return the question, or the answer, of a task's inputs or outputs."""
    return "\n\n".join(str(one["valueString"]) for one in parts if one.get("valueString"))


def conversation(task: Resource) -> str:
    """Return the question, and the answer when there is one."""
    answer = said(task.get("output", ()))
    told = [said(task.get("input", ()))] + ([texts().plain("nameless.answer", text=answer)] if answer else [])
    return "\n\n".join(told)
