"""What pages know of referrals and epikriser among the messages of a patient. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from akson.base.web.messages import texts
from akson.exchange.filing import message_type
from akson.exchange.letterparts import HEADING
from akson.patient.reading import words
from akson.record.stored import Stored

REFERRALS: Final = ("HENVISNING_NYTILSTAND", "HENVISNING_VIDERE")
PAGES: Final = {"HENVISNING_NYTILSTAND": "henvisning", "EPIKRISE": "epikrise"}  # where one is written anew
NAMES: Final = {"Condition": "code", "AllergyIntolerance": "code", "MedicationStatement": "medicationCodeableConcept"}


def can_go_on(message: Mapping[str, Any]) -> bool:
    """Say whether a message is a referral that came to us, and can be sent on to somebody else."""
    return message_type(message) in REFERRALS and bool(message.get("received"))


def text_of(message: Mapping[str, Any]) -> str:
    """Return all that a message says in words, each part under the heading it was written under."""
    said = [each for each in message.get("payload", ()) if "contentString" in each]
    between = "\n\n" if any("extension" in each for each in said) else "\n"
    return between.join(map(_told, said))


def along(beside: Iterable[Stored]) -> Iterator[str]:
    """Yield what of the record went with a letter of ours, by type: "Diagnoser som følger med: Hjertesvikt, Kols"."""
    names: dict[str, list[str]] = {}
    for hit in beside:
        if hit.type in NAMES:
            names.setdefault(hit.type, []).append(words(hit.resource.get(NAMES[hit.type])))
    for type_, found in names.items():
        yield f"{texts().plain(f'referring.{type_}')}: {', '.join(found)}"


def _told(part: Mapping[str, Any]) -> str:
    heads = [one["valueCoding"].get("display", "") for one in part.get("extension", ()) if one.get("url") == HEADING]
    return "\n".join(filter(None, (*heads, str(part["contentString"]))))
