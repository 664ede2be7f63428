"""What citizens tell of themselves: what matters to them, whom to call, what they wish (domain rule C17).

One QuestionnaireResponse in the person's own record, of those who may write there each their own; the newest counts,
and holds all of it. Whom to call is the citizen's word and nothing more: a RelatedPerson decides who acts for somebody,
and that is for the registers. What is taken back leaves the newest version, and stands in the earlier ones (hpl § 42).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from akson.base.work import Work
from akson.record import journal
from akson.record.authors import authors
from akson.record.journal import Mark
from akson.record.stored import Stored
from akson.record.weighing import OWN_WORDS

SYSTEM: Final = OWN_WORDS  # identifier: it is this one, and no other form that was filled in
_CODE: Final = "about-me"
NAME: Final = "QuestionnaireResponse:own"  # of the chart
MOST: Final = 10  # of those who may each have written one
MARK: Final[Mapping[str, Mark]] = {NAME: ("identifier", SYSTEM, _CODE)}
ABOUT, CONTACTS, WISHES = "about", "contacts", "wishes"
PARTS: Final[Mapping[str, tuple[str, ...]]] = {  # linkIds, as they are asked
    ABOUT: ("important", "everyday", "talking"),
    CONTACTS: ("name1", "who1", "phone1", "name2", "who2", "phone2"),
    WISHES: ("wanted", "unwanted", "end"),
}
Resource = Mapping[str, Any]
Answers = Mapping[str, str]  # linkId -> the words


@dataclass(frozen=True, kw_only=True)
class OwnWords:
    """What is told now. parts: only those with answers; at: when it was last written."""

    parts: Mapping[str, Answers] = field(default_factory=dict)
    at: datetime | None = None


def told(found: Iterable[Stored]) -> OwnWords:
    """Return what the newest of them says; nothing when it was all taken back."""
    newest = max(found, key=lambda hit: (hit.last_updated, hit.id), default=None)
    if newest is None or newest.resource.get("status") != "completed":
        return OwnWords()
    groups = {group.get("linkId"): group.get("item") or () for group in newest.resource.get("item") or ()}
    parts = {part: answers for part, ids in PARTS.items() if (answers := _answers(groups.get(part, ()), ids))}
    return OwnWords(parts=parts, at=newest.last_updated)


def _answers(items: Iterable[Resource], ids: Sequence[str]) -> Answers:
    said = {item.get("linkId"): _first(item.get("answer") or ()) for item in items}
    return {id_: said[id_] for id_ in ids if said.get(id_)}


def _first(answers: Sequence[Resource]) -> str:
    return str(answers[0].get("valueString", "")) if answers else ""


def contacts(answers: Answers) -> tuple[str, ...]:
    """Return those to call, each in one line: "Kari Nordli, datter, 900 00 001"."""
    lines = (
        ", ".join(filter(None, (answers.get(f"{name}{n}", "") for name in ("name", "who", "phone")))) for n in "12"
    )
    return tuple(filter(None, lines))


async def version(work: Work, found: Sequence[Stored]) -> int:
    """Return the version of what the actor has written; 0 when that is nothing."""
    mine = await _mine(work, found)
    return mine.version if mine else 0


async def _mine(work: Work, found: Sequence[Stored]) -> Stored | None:
    """Return what the actor wrote first, as the chain has it: what it says of its author itself proves nothing."""
    owner = found[0].owner if found else 0
    wrote = await authors(work, owner, "QuestionnaireResponse", [hit.id for hit in found])
    return next((hit for hit in found if hit.id in wrote and wrote[hit.id].id == work.actor.id), None)


async def tell(
    work: Work, patient: str, found: Sequence[Stored], part: str, answers: Answers, *, asked: Answers, drawn: int
) -> Stored:
    """Write one part anew and keep the others; without answers it is taken back.

    asked   linkId -> the question, as the citizen read it
    drawn   what `version` was when the page was drawn
    Raises  Refused AK-J003 when it was changed meanwhile, or what access says
    Leaves  QuestionnaireResponse in the person's record, access-log row, news
    """
    mine, before = await _mine(work, found), told(found)
    parts = {name: answers if name == part else before.parts.get(name, {}) for name in PARTS}
    items = [_group(name, given, asked) for name, given in parts.items() if any(given.values())]
    resource = {
        "resourceType": "QuestionnaireResponse", "identifier": {"system": SYSTEM, "value": _CODE},
        "status": "completed" if items else "stopped", "subject": {"reference": f"Patient/{patient}"},
        "author": {"reference": work.actor.id}, "source": {"reference": work.actor.id},
        "authored": work.now.isoformat(timespec="milliseconds"), **({"item": items} if items else {}),
    }  # fmt: skip
    if mine is None:
        return await journal.create(work, resource)
    return await journal.update(work, resource, id_=mine.id, if_match=drawn)


def _group(name: str, given: Answers, asked: Answers) -> dict[str, Any]:
    items = [{"linkId": id_, "text": asked[id_], "answer": [{"valueString": given[id_]}]}
             for id_ in PARTS[name] if given.get(id_)]  # fmt: skip
    return {"linkId": name, "text": asked[name], "item": items}
