"""A message as people read it: plain values for a template. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from akson.exchange.envelope import Envelope
from akson.exchange.nodes import OSLO


@dataclass(frozen=True, kw_only=True)
class Told:
    """A message as people read it, whatever its type."""

    title: str
    kind: str
    sender: str
    receiver: str
    patient: str
    sent: str
    paragraphs: tuple[str, ...]
    contacts: tuple[str, ...]
    attachments: tuple[str, ...]
    test: bool


def told(envelope: Envelope, *, title: str, paragraphs: Iterable[str], contacts: Iterable[str] = ()) -> Told:
    """Return what every message says of itself, around the words of its type."""
    return Told(
        title=title,
        kind=envelope.type.name or envelope.type.value,
        sender=envelope.sender.name,
        receiver=envelope.receiver.name,
        patient=envelope.patient.name if envelope.patient else "",
        sent=f"{envelope.sent.astimezone(OSLO):%d.%m.%Y %H:%M}",
        paragraphs=tuple(paragraphs),
        contacts=tuple(contacts),
        attachments=tuple(each.title or each.mime for each in envelope.attachments),
        test=envelope.test,
    )
