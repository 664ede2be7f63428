"""What of the record goes along with a message, ticked by its writer: how it is shown there. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from akson.base.web.messages import texts
from akson.base.web.render import local
from akson.patient.reading import code, moment, words
from akson.record.stored import Stored
from akson.registers.codes import ICD10, ICPC2
from akson.workplace.words import year

_NAMES: Final = {"MedicationStatement": "medicationCodeableConcept"}


@dataclass(frozen=True, kw_only=True)
class Item:
    """Something of the record that can go with a letter. id: "Condition/<id>"; ticked: it does."""

    id: str
    text: str
    more: str
    ticked: bool


@dataclass(frozen=True, kw_only=True)
class Group:
    """Items of one type. kind: "Diagnoser"."""

    kind: str
    items: tuple[Item, ...]


def label(hit: Stored) -> str:
    """Return what something of the record is called where it is ticked."""
    if hit.type == "DocumentReference":
        title = next((each["attachment"].get("title") for each in hit.resource.get("content", ())), "")
        return str(hit.resource.get("description") or title or words(hit.resource.get("type")))
    concept = hit.resource.get(_NAMES.get(hit.type, "code"))
    shown = code(concept, ICPC2) or code(concept, ICD10) if hit.type == "Condition" else ""
    return " ".join(filter(None, (shown, words(concept))))


def more(hit: Stored) -> str:
    """Return what else says which one it is: the dose, since when, of which day."""
    return ", ".join(_details(hit.resource))


def _details(resource: Mapping[str, Any]) -> Iterator[str]:
    yield from filter(None, (str(each.get("text", "")) for each in resource.get("dosage", ())))
    if since := year(resource.get("onsetDateTime")):
        yield texts().plain("referring.since", when=since)
    if at := moment(resource.get("date")):
        yield f"{local(at):%d.%m.%Y}"
