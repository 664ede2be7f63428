"""What we have asked others to do: the order our referral stands on, and what its receiver has made of it.

A status on a referral that answers a message of ours leads to the order that message told of: there it stands as an
extension, and beside every message of the thread. One that is refused is asked for no longer.
Source: national standard for status on referrals (Dialogmelding 1.1), Volven 9148
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from akson.base.work import Work
from akson.exchange.addresses import Address
from akson.exchange.envelope import Envelope
from akson.exchange.filing import MESSAGE_ID, VOLVEN
from akson.exchange.registry import Letter
from akson.record import journal
from akson.record.stored import Stored

Resource = dict[str, Any]
TYPE: Final = "DIALOG_STATUS_HENVISNING"
STATUS: Final = "https://akson.no/fhir/referral-status"  # extension of a ServiceRequest: what its receiver said last
STATUSES: Final = f"urn:oid:{VOLVEN}9148"
REFUSED: Final = "4"
NAMES: Final = {"1": "Innkalles til helsehjelp", "2": "Rett til helsehjelp, tidspunkt kommer",
                "3": "Henvisningen er videresendt", REFUSED: "Henvisningen er avvist"}  # fmt: skip


def ordered(made: Resource, envelope: Envelope, receiver: Address, work: Work) -> Resource:
    """Return what is written with a message; an order also says who asks whom, and by which message."""
    if made["resourceType"] != "ServiceRequest":
        return made
    name = ", ".join(dict.fromkeys(filter(None, (receiver.name, receiver.parent_name))))
    return {
        "status": "active",
        "intent": "order",
        **made,
        "identifier": [*made.get("identifier", ()), {"system": MESSAGE_ID, "value": envelope.msg_id}],
        "authoredOn": work.now.isoformat(),
        "requester": {"reference": work.actor.id, "display": work.actor.name},
        "performer": [{"type": "Organization", "identifier": receiver.numbers[0], "display": name}],
    }


def with_made(communication: Resource, made: Stored) -> Resource:
    """Return a Communication that is about what was written with it, and stands on it where that is an order."""
    names = ("about", "basedOn") if made.type == "ServiceRequest" else ("about",)
    more = {name: [*communication.get(name, ()), {"reference": made.reference}] for name in names}
    return communication | more


async def heard(work: Work, letter: Letter, status: Resource) -> list[Resource]:
    """Let a status on a referral stand on the orders that our message told of; return references to them.

    status   CodeableConcept
    Leaves   the next version of each ServiceRequest: with the status, and revoked where our own was refused
    """
    told = await journal.read(work, "Communication", letter.answers)
    named = [str(each.get("reference", "")) for each in told.resource.get("basedOn", ())]
    orders = await journal.read_many(work, [each for each in named if each.startswith("ServiceRequest/")])
    if not letter.envelope.test:
        for order in orders.values():
            changed = moved(dict(order.resource), told.resource, status)
            await journal.update(work, changed, id_=order.id, if_match=order.version)
    return [{"reference": each} for each in orders]


async def withdraw(work: Work, message: Stored) -> None:
    """Revoke what a message of ours asked for that never left."""
    named = [str(each.get("reference", "")) for each in message.resource.get("basedOn", ())]
    orders = await journal.read_many(work, [each for each in named if each.startswith("ServiceRequest/")])
    for order in orders.values():
        if _own(order.resource, message.resource):
            revoked = {**order.resource, "status": "revoked"}
            await journal.update(work, revoked, id_=order.id, if_match=order.version)


def moved(order: Resource, told: Mapping[str, Any], status: Resource) -> Resource:
    """Return an order with the status of its referral; told: the message that asked, whose own order it may be."""
    kept = [each for each in order.get("extension", ()) if each.get("url") != STATUS]
    after = order | {"extension": [*kept, {"url": STATUS, "valueCodeableConcept": status}]}
    return after | ({"status": "revoked"} if _own(order, told) and refused(status) else {})


def _own(order: Mapping[str, Any], told: Mapping[str, Any]) -> bool:
    """Say whether a message asked for this itself, and did not send on what another asked for."""
    return any(each in told.get("identifier", ()) for each in order.get("identifier", ()))


def refused(status: Mapping[str, Any]) -> bool:
    """Say whether a status says no."""
    return _code(status) == REFUSED


def in_words(status: Mapping[str, Any] | None) -> str:
    """Return a status as people read it: by its code; one without a known one by what its sender called it."""
    found = status or {}
    return NAMES.get(_code(found), "") or str(found.get("text", ""))


def _code(status: Mapping[str, Any]) -> str:
    codings = status.get("coding", ())
    return next((str(each.get("code", "")) for each in codings if each.get("system") == STATUSES), "")
