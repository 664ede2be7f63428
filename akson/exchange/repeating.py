"""A message that its sender's system has written anew under its old id, because our receipt was lost on the way.

It is the same message where nothing but its time of writing, its signature and the blanks between its parts are others:
then it gets the receipt it had. Under an id that is taken nothing else is taken.
"""

from __future__ import annotations

from typing import Any, Final

from lxml import etree

from akson.base.queries import queries
from akson.base.work import Work
from akson.exchange import inbox, outbox
from akson.exchange.entering import Accepted, TakenByAnother
from akson.exchange.inbox import Again, Outcome
from akson.exchange.safexml import parse
from akson.record.session import fetch

SQL = queries(__file__)
_SIGNATURE: Final = etree.QName("http://www.w3.org/2000/09/xmldsig#", "Signature")


def same(one: bytes, other: bytes) -> bool:
    """Say whether two messages are one, written twice. Raises Unreadable where one of them is no XML."""
    return _said(one) == _said(other)


async def answered(work: Work, one: Accepted) -> bool:
    """Answer a message as the one that was filed under its id; False, and nothing is done, where it is another.

    Raises   TakenByAnother
    """
    desk = one.desk
    for before in await fetch(work, SQL.filed_under, one.envelope.msg_id, one.sender.her_id):
        if same(before["body"], desk.kept.body):
            if not await inbox.settle(work, [(desk.kept, _as(before, one))]):
                raise TakenByAnother
            kept = desk.kept
            await outbox.receipt_again(work, kept.digest, kept.envelope_id, kept.answer_to)
            return True
    return False


async def answer(work: Work, again: Again) -> None:
    """Let the receipt of a message that came again go by the name it came by, unless another worker has done so."""
    if await inbox.answered_again(work, again):
        await outbox.receipt_again(work, again.digest, again.name, again.answer_to)


def _as(before: Any, one: Accepted) -> Outcome:
    """Return what it became before: so what erases that empties this too."""
    return Outcome(
        state="repeated", type=before["type"], msg_id=one.envelope.msg_id, sender=one.sender.her_id,
        owner=before["owner"], filed_as=before["filed_as"], unit=before["unit"],
    )  # fmt: skip


def _said(body: bytes) -> str:
    root = parse(body)
    for node in list(root.iter(etree.Element)):
        parent, name = node.getparent(), etree.QName(node)
        if parent is not None and (name.localname == "GenDate" or name == _SIGNATURE) and _of_the_head(parent, root):
            parent.remove(node)
    return str(etree.canonicalize(root, strip_text=True, rewrite_prefixes=True))


def _of_the_head(parent: Any, root: Any) -> bool:
    return parent is root or parent.getparent() is root
