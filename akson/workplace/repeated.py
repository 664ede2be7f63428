"""A message that repeats one before it: what is new, changed and gone in it since the last from the same organisation.

For the messages of nursing and care that tell of health: the same form comes again and again while somebody is ill.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from akson.base.web.messages import texts
from akson.base.web.render import said
from akson.base.work import Work
from akson.exchange import answers, inbox
from akson.exchange.comparing import Difference, Way, differences
from akson.exchange.filing import MESSAGE_TYPE, TEST_DATA, message_type
from akson.exchange.messages.pleieomsorg import CHANGE, KINDS
from akson.exchange.parts import Part
from akson.fhir.dates import BEGINNING
from akson.patient.reading import code, moment, reference
from akson.record import journal
from akson.record.search.searching import search
from akson.record.stored import Stored
from akson.workplace.model import Repeated

REPEATED: Final = frozenset(name for name, kind in KINDS.items() if not kind.bare)
_MOST: Final = "50"
_WITHDRAWS, _ADDS = "C", "A"


async def since_last(work: Work, message: Stored, root: str) -> Repeated | None:
    """Return what differs from the last message of the type, from the same organisation, of the same stay.

    message  a Communication, as just read by the same work; three statements at most, and none for other types
    root     "/p/<id>" of its patient
    Returns  None where it repeats none, takes one back, or the other may not be read
    """
    resource = message.resource
    if message_type(resource) not in REPEATED or not resource.get("received") or _change(resource) == _WITHDRAWS:
        return None
    before = await _before(work, message)
    forms = await _forms(work, before, message) if before else None
    if before is None or forms is None:
        return None
    found = differences(*forms)
    if _change(resource) == _ADDS:
        found = [_more(one) for one in found if _more(one).details or one.way is Way.NEW]
    t = texts().plain
    return Repeated(
        head=t("repeated.head", at=said(_sent(before.resource), work.now)),
        href=f"{root}/samhandling?melding={before.id}#valgt",
        parts=tuple((way.value, t(f"repeated.{way.value}"), same) for way in Way if (same := _of(found, way))),
    )  # fmt: skip


async def _before(work: Work, message: Stored) -> Stored | None:
    """Return the message that this one repeats."""
    resource = message.resource
    kind, stay = message_type(resource), reference(resource.get("encounter"))
    wanted = [("subject", reference(resource.get("subject"))), ("category", f"{MESSAGE_TYPE}|{kind}"),
              ("_sort", "-sent"), ("_count", _MOST)]  # fmt: skip
    hits = (await search(work, "Communication", [*wanted, *([("encounter", stay)] if stay else [])])).hits
    earlier = [each for each in hits if each.id != message.id and _precedes(each.resource, resource)]
    if not earlier:
        return None
    of = await inbox.organisations(work, message.owner, [message.id, *(each.id for each in earlier)])
    same = (each for each in earlier if message.id in of and of.get(each.id) == of[message.id])
    return max(same, key=lambda each: _sent(each.resource), default=None)


async def _forms(work: Work, *messages: Stored) -> list[Part] | None:
    """Return the forms of messages as they came; None where one may not be read, or was rewritten since."""
    names = [_form(each.resource) for each in messages]
    held = await journal.read_many(work, [name for name in names if name])
    stand = [held[name] for name in names if name in held and held[name].version == 1]
    came = [
        one.resource.get("identifier") in each.resource.get("identifier", ())
        for one, each in zip(stand, messages, strict=False)
    ]
    if len(stand) < len(messages) or not all(came):
        return None
    return [answers.tree("", one.resource.get("item", ())) for one in stand]


def _precedes(before: Mapping[str, Any], resource: Mapping[str, Any]) -> bool:
    """Say whether one message can be what another repeats: received and sent before it, and as real as it is."""
    tests = [TEST_DATA in (each.get("meta") or {}).get("tag", ()) for each in (before, resource)]
    stays = [reference(each.get("encounter")) for each in (before, resource)]
    whole = "received" in before and _change(before) not in (_WITHDRAWS, _ADDS)
    return whole and stays[0] == stays[1] and tests[0] == tests[1] and _sent(before) < _sent(resource)


def _sent(message: Mapping[str, Any]) -> datetime:
    return moment(message.get("sent")) or moment(message.get("received")) or BEGINNING


def _change(message: Mapping[str, Any]) -> str:
    """Return what the message says of the one before it: new, changed, added to or taken back (Volven 7309)."""
    found = (code(each, f"urn:oid:{CHANGE}") for each in message.get("reasonCode", ()))
    return next(filter(None, found), "")


def _form(message: Mapping[str, Any]) -> str:
    about = (reference(each) for each in message.get("about", ()))
    return next((name for name in about if name.startswith("QuestionnaireResponse/")), "")


def _more(one: Difference) -> Difference:
    """Return what an addition says of something: what it leaves out still stands."""
    kept = () if one.way is Way.GONE else tuple(detail for detail in one.details if detail.now)
    return replace(one, details=kept)


def _of(found: Sequence[Difference], way: Way) -> tuple[Difference, ...]:
    return tuple(one for one in found if one.way is way)
