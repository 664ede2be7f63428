"""NAV's dialogue meetings: when and where one is, and the doctor's answer as NAV reads it. Pure.

The standard has no place for when and where: both stand in what NAV writes, as lines under a heading, or in a sentence.
Only what cannot be misread is taken out; the words themselves are always shown beside it.

Source   Volven 8125 (meetings) and 8126 (answers to them)
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from akson.base.errors import Refused
from akson.exchange.envelope import Code
from akson.exchange.filing import VOLVEN, text_of
from akson.exchange.nodes import OSLO
from akson.exchange.requests import is_meeting

ANSWER: Final = f"{VOLVEN}8126"
COMING, OTHER_TIME, NOT_COMING = "1", "2", "3"
ANSWERS: Final[Mapping[str, Code]] = {
    value: Code(value=value, system=ANSWER, name=name)
    for value, name in ((COMING, "Ja, jeg kommer"), (OTHER_TIME, "Jeg ønsker nytt møtetidspunkt"),
                        (NOT_COMING, "Jeg kan ikke komme / begrunnelse for manglende oppmøte"))
}  # fmt: skip
_SAYS: Final = {COMING: "Ja, jeg kommer.", OTHER_TIME: "Jeg ønsker nytt møtetidspunkt: ",
                NOT_COMING: "Jeg kan ikke komme."}  # fmt: skip
_PROPOSED: Final = "%d.%m.%Y klokken %H.%M."
_WHEN: Final = ("nytt møtetidspunkt", "møtetidspunkt", "nytt tidspunkt", "tidspunkt", "møtetid")
_PLACE: Final = ("nytt møtested", "møtested", "ny møtestad", "møtestad", "sted", "stad")
_LONGEST: Final = 200  # signs: a longer line is no time and no place
_MOMENT: Final = r"(\d{1,2}\. ?(?:\d{1,2}\.|[a-z]+) ?\d{4},? (?:kl\.?|klokken|klokka) ?\d{1,2}[.:]\d{2})"
_NEW: Final = re.compile(rf"\bnytt (?:møte)?tidspunkt:? {_MOMENT}", re.IGNORECASE)
_ANY: Final = re.compile(_MOMENT, re.IGNORECASE)
Resource = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Invitation:
    """A meeting NAV invites to, or moves. when, place: as NAV writes them; "" where they stand in its words only."""

    when: str = ""
    place: str = ""


def invitation(communication: Resource) -> Invitation | None:
    """Return the meeting that a message invites to; None for a message about anything else."""
    if communication.get("resourceType") != "Communication" or not is_meeting(communication):
        return None
    text = text_of(communication)
    lines = [line.strip() for line in text.splitlines()]
    return Invitation(when=_under(lines, _WHEN) or _moment(" ".join(lines)), place=_under(lines, _PLACE))


def answer(code: str, text: str, proposed: datetime | None, now: datetime) -> tuple[Code, str]:
    """Return the code of an answer, and what it says in words.

    proposed  another time, where that is the answer
    Raises    Refused AK-X098 no answer that there is, AK-X099 no other time proposed or one that has been, AK-X100 no
              reason for not coming
    """
    if code not in ANSWERS:
        raise Refused("AK-X098", path="mote")
    if code == OTHER_TIME and (proposed is None or proposed <= now):
        raise Refused("AK-X099", path="dag")
    if code == NOT_COMING and not text.strip():
        raise Refused("AK-X100", path="svar")
    when = f"{proposed.astimezone(OSLO):{_PROPOSED}}" if proposed and code == OTHER_TIME else ""
    return ANSWERS[code], "\n".join(filter(None, (_SAYS[code] + when, text.strip())))


def answered(communication: Resource) -> tuple[str, str, datetime | None]:
    """Return what `answer` was told, of the Communication it became: the code, the text, the time proposed.

    The code is "" for an answer to anything else
    """
    codings = (communication.get("topic") or {}).get("coding", ())
    code = next((each["code"] for each in codings if each.get("system") == f"urn:oid:{ANSWER}"), "")
    if code not in ANSWERS:
        return "", text_of(communication), None
    said, _, text = text_of(communication).partition("\n")
    when = said.removeprefix(_SAYS[code]) if code == OTHER_TIME else ""
    return code, text, datetime.strptime(when, _PROPOSED).replace(tzinfo=OSLO) if when else None


def _under(lines: Sequence[str], heads: Sequence[str]) -> str:
    """Return what stands under the first of these headings that is there, or behind it on its line."""
    for head in heads:
        found = {_value(lines, number, head) for number, line in enumerate(lines) if _is_head(line, head)} - {""}
        if found:
            return found.pop() if len(found) == 1 else ""  # two that differ: which one counts, only people can tell
    return ""


def _is_head(line: str, head: str) -> bool:
    return line.lower() == head or line.lower().startswith(f"{head}:")


def _value(lines: Sequence[str], number: int, head: str) -> str:
    beside = lines[number][len(head) :].lstrip(": ")
    said = beside or next((line for line in lines[number + 1 :] if line), "")
    return said if len(said) <= _LONGEST else ""


def _moment(text: str) -> str:
    """Return the time a sentence tells: the new one where it says so, else the only one there is."""
    found = set(_NEW.findall(text)) or set(_ANY.findall(text))
    return found.pop() if len(found) == 1 else ""
