"""A notice of death (LOG_DOD) as it lies in the record: when, and whether its sender takes it back. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from akson.exchange import answers, blocks
from akson.exchange.filing import TEST_DATA, VOLVEN, message_type

DEATH: Final = "LOG_DOD"
_DIED: Final = ("", "13")  # Volven 9121; a notice of nothing but a death needs no code of it
_CHANGE: Final = f"urn:oid:{VOLVEN}7309"
_WITHDRAWN: Final = "C"
Resource = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Notice:
    """What a message tells of a death. at: when, as FHIR writes it, "" where it does not say."""

    at: str = ""
    withdrawn: bool = False


def tells(message: Resource) -> bool:
    """Say whether a Communication is a notice of death; a test is none."""
    test = TEST_DATA in (message.get("meta") or {}).get("tag", ())
    return message_type(message) == DEATH and not test


def notice(message: Resource, beside: Iterable[Resource]) -> Notice | None:
    """Return what a Communication tells of a death; None where it is of another kind.

    beside   what it is about
    """
    if not tells(message):
        return None
    codings = (each for reason in message.get("reasonCode", ()) for each in reason.get("coding", ()))
    withdrawn = any((each.get("system"), each.get("code")) == (_CHANGE, _WITHDRAWN) for each in codings)
    forms = (each for each in beside if each["resourceType"] == "QuestionnaireResponse")
    events = (event for form in forms for event in answers.tree("", form.get("item", ())).all("TidsfestetHendelse"))
    told = next((each for each in events if each.said("Hendelsekode") in _DIED), None)
    return Notice(at=blocks.moment(told.said("TidspunktForHendelse")) if told else "", withdrawn=withdrawn)
