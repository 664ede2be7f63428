"""What a human does with a sent message that went wrong: send it again, send it to somebody else, or see to it by hand.

Each is a move in the log of the message, with who and why. What a receiver has already refused is never sent under the
same id: it would be answered as before. It goes as a new message, and the old one says where it went.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final
from uuid import uuid4

from akson.base.errors import Refused
from akson.base.work import Work
from akson.exchange import addresses, closing, concern, consents, outbox, registry
from akson.exchange.addresses import Address
from akson.exchange.keeping import kept_back
from akson.exchange.opening import opened
from akson.exchange.states import CAN_BE_HANDLED, CAN_BE_SENT_AGAIN, Event, State
from akson.record import journal
from akson.record.deciding import facts_for
from akson.record.passing import told_by
from akson.record.session import Within

_REFUSED = (State.REJECTED, State.PARTIAL)
_KEY: Final = re.compile(r"[0-9a-f]{16}")


def name_of(sent: Mapping[str, Any]) -> str:
    """Return what a message we sent is found by: its id and its key, as the receipts of one message share an id."""
    return f"{sent['msg_id']}.{sent['key'].to_bytes(8, signed=True).hex()}"


async def find(work: Work, name: str, *, content: bool = False) -> Any:
    """Return a message we sent, by what `name_of` says; by its id alone the first under it. Raises Refused AK-J001."""
    msg_id, _, written = name.partition(".")
    for owner, first in await outbox.by_id(work, msg_id):
        key = int.from_bytes(bytes.fromhex(written), signed=True) if _KEY.fullmatch(written) else first
        found = await outbox.sent(work, owner, key, content=content)
        if found and name in (msg_id, name_of(found)):
            return found
    raise Refused("AK-J001")


def is_anothers_report(work: Work, sent: Any) -> bool:
    """Say whether it is another's report to the barnevern: the duty is personal, and nobody else ends it for them."""
    return bool(sent["type"] == concern.TYPE and sent["responsible"] != work.actor.id)


def can_be_sent_again(sent: Any) -> bool:
    """Say whether a message may be sent to the same receiver once more; a receipt that was refused may not.

    Nor a report to the barnevern that Fiks has taken: it answers for it, and knows no second one as the same.
    """
    state = State(sent["state"])
    if sent["type"] == concern.TYPE and state is not State.FAILED:
        return False
    return state in CAN_BE_SENT_AGAIN or (state in _REFUSED and bool(sent["told_of"]))


def can_go_elsewhere(sent: Any) -> bool:
    """Say whether a message may be sent to somebody else: not while it may still arrive, and never a receipt."""
    can = bool(sent["told_of"]) and sent["type"] != concern.TYPE  # a report names its one receiver inside
    return can and State(sent["state"]) in (*_REFUSED, State.OVERDUE, State.FAILED)


async def send_again(work: Work, sent: Any, why: str) -> str:
    """Send a message to the same receiver once more; return the id it goes under.

    sent    from `find`, with its content
    Raises  Refused AK-J001 another's report, AK-X010 when it has moved on meanwhile, AK-X011 when it has been erased,
            AK-X033 when the receiver does not take it, AK-X093 when the consent it takes stands no more, AK-X101 when
            the receiver gets none of it, as where it has been closed to it since
    """
    if is_anothers_report(work, sent):
        raise Refused("AK-J001")
    if not can_be_sent_again(sent):
        raise Refused("AK-X010")
    to = (await addresses.find(Within(work), [sent["receiver"]])).get(sent["receiver"])
    if State(sent["state"]) in _REFUSED:
        return await _copied(work, sent, to, why)
    if sent["body"] is None:
        raise Refused("AK-X011")
    await _hold(work, sent, to)
    if not await outbox.happened(work, sent["owner"], sent["key"], Event.SEND_AGAIN, why=why):
        raise Refused("AK-X010")
    return str(sent["msg_id"])


async def send_elsewhere(work: Work, sent: Any, to: int, why: str) -> str:
    """Send a message to another receiver, as a new message about the same; return its id.

    Raises  as `send_again`; Refused AK-X003 no such receiver
    """
    known = await addresses.find(Within(work), [to])
    if to not in known or known[to].ours or to == sent["receiver"]:
        raise Refused("AK-X003", her_id=to)
    if not can_go_elsewhere(sent):
        raise Refused("AK-X010")
    return await _copied(work, sent, known[to], why)


async def by_hand(work: Work, sent: Any, why: str) -> None:
    """Say that a message has been seen to in another way; one that has not left is not sent.

    Raises  Refused AK-J001 another's report, AK-X010
    """
    if is_anothers_report(work, sent):
        raise Refused("AK-J001")
    if State(sent["state"]) not in CAN_BE_HANDLED or not await outbox.happened(
        work, sent["owner"], sent["key"], Event.BY_HAND, why=why
    ):
        raise Refused("AK-X010")


async def _hold(work: Work, sent: Any, to: Address | None) -> None:
    """Refuse to tell anew what would not be told today; receipts, and reports of one's own duty, are not asked about.

    Raises  Refused AK-X003 no such receiver, AK-X011, AK-X033, AK-X093, AK-X101; what access says
    """
    if not sent["told_of"] or sent["type"] == concern.TYPE:
        return
    if to is None:
        raise Refused("AK-X003", her_id=sent["receiver"])
    if to.takes and sent["type"] not in to.takes:
        envelope = opened(sent["body"]).envelope
        raise Refused("AK-X033", name=to.name, type=envelope.type.name if envelope else sent["type"])
    if to.consented:
        told = (await journal.read(work, "Communication", sent["told_of"])).resource
        await consents.hold(work, told["subject"]["reference"].removeprefix("Patient/"), to)
    await _hold_back(work, sent, to)


async def _hold_back(work: Work, sent: Any, to: Address) -> None:
    """Refuse what the citizen has closed to a receiver: a message, or what one of a type of its own tells of.

    Who presses the button has not written it, and may not even read it: so the message itself counts too
    """
    named = await told_by(work, sent["owner"], sent["told_of"])
    if named is None:
        raise Refused("AK-X011")
    told = named if registry.writer(sent["type"]) else []
    facts = (await facts_for(work, [sent["owner"]]))[sent["owner"]]
    if await kept_back(work, facts, [f"Communication/{sent['told_of']}", *told], to):
        raise Refused("AK-X101", name=to.name)


async def _copied(work: Work, sent: Any, to: Address | None, why: str) -> str:
    """Queue the same content as a new message to `to`, and leave the old one in its favour."""
    envelope = opened(sent["body"]).envelope if sent["body"] is not None else None
    if envelope is None or to is None:
        raise Refused("AK-X011")
    await _hold(work, sent, to)
    msg_id = str(uuid4())
    body = closing.closed(replace(envelope, msg_id=msg_id, sent=work.now, receiver=to.party))
    if not await outbox.happened(work, sent["owner"], sent["key"], Event.BY_HAND, why=why):
        raise Refused("AK-X010")
    await outbox.queue(work, outbox.Letter(
        type=sent["type"], msg_id=msg_id, sender=sent["sender"], receiver=to.her_id, body=body,
        responsible=sent["responsible"], owner=sent["owner"], unit=sent["unit"], told_of=sent["told_of"],
        wants_apprec=sent["wants_apprec"],
    ))  # fmt: skip
    return msg_id
