"""What a structured message leaves in the record beside its words: the form as it was filled in, what it proposes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from lxml import etree

from akson.exchange import answers, filing
from akson.exchange.envelope import Attachment, Envelope
from akson.exchange.filing import filled
from akson.exchange.parts import Part
from akson.exchange.registry import Letter

Resource = dict[str, Any]


def form(root: Part, letter: Letter, encounter: Resource | None = None) -> Resource:
    """Return all that was coded and written as a QuestionnaireResponse."""
    return filled({
        "resourceType": "QuestionnaireResponse",
        "identifier": {"system": filing.MESSAGE_ID, "value": letter.envelope.msg_id},
        "status": "completed",
        "subject": filing.subject(letter),
        "encounter": encounter,
        "authored": letter.envelope.sent.isoformat(),
        "item": answers.items(root),
    })  # fmt: skip


def proposed(
    found: Sequence[Resource],
    name: str,
    letter: Letter,
    encounter: Resource | None = None,
) -> Resource | None:
    """Return what a message would add to the record, as a List of drafts inside itself; None where it is nothing.

    name   of the message, as people say it
    """
    if not found:
        return None
    return filled({
        "resourceType": "List",
        "contained": [each | {"id": f"f{number}"} for number, each in enumerate(found, 1)],
        "identifier": [{"system": filing.MESSAGE_ID, "value": letter.envelope.msg_id}],
        "status": "current",
        "mode": "changes",
        "title": f"Forslag fra {name.lower()}",
        "subject": filing.subject(letter),
        "encounter": encounter,
        "date": letter.envelope.sent.isoformat(),
        "entry": [{"item": {"reference": f"#f{number}"}} for number in range(1, len(found) + 1)],
    })  # fmt: skip


def with_original(envelope: Envelope, name: str) -> Envelope:
    """Return the message with the form itself among its files: nothing that was coded is lost."""
    data: bytes = etree.tostring(envelope.body, method="c14n")
    original = Attachment(title=f"{name} (XML)", mime="application/xml", data=data)
    return replace(envelope, attachments=(*envelope.attachments, original))
