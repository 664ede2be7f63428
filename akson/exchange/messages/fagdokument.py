"""Letters that are read and kept whole: told in words, as a form, with what they propose.

Henvisning 2.0 and Epikrise 1.2, both ways; Epikrise 1.1, which is read.
In: a Communication with all that was sent as text and the original XML as a file, and a Task for the unit; of a
referral a ServiceRequest to the unit. Out: from a Communication and the resources it is about.
Source: docs/sources.md#documents; names of elements and types from the national tables, no schema was held to.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from lxml import etree

from akson.access.roles import Permission
from akson.base.work import Work
from akson.exchange import blocks, fagmelding, filing, forms, letterparts, lettertelling, nodes, parts
from akson.exchange.envelope import Code, Envelope
from akson.exchange.filing import Resource
from akson.exchange.parts import Part
from akson.exchange.registry import Filed, Letter, Standard, message, speaks, writes
from akson.exchange.safexml import Unreadable
from akson.exchange.telling import Told, told
from akson.record import journal


@dataclass(frozen=True, kw_only=True)
class Document:
    """One type: what it is called, and its root element."""

    name: str
    root: str


REFERRAL: Final = {
    "HENVISNING_NYTILSTAND": Document(name="Henvisning", root="Henvisning"),
    "HENVISNING_VIDERE": Document(name="Viderehenvisning", root="Henvisning"),
}
DISCHARGE: Final = {"EPIKRISE": Document(name="Epikrise", root="Message")}
_REFERRAL: Final = "Henvisning"
_ABOUT_PERSONS: Final = frozenset(  # who they are stands in the envelope; files lie beside the message
    ["Patient", "ServProvider", "Requester", "CopyDest", "RelHCProvider", "PatRelHCP", "RefDoc", "Base64Container"]
)
DOCUMENTS: Final[Mapping[str, Document]] = REFERRAL | DISCHARGE
REFERRALS: Final = {"2.0": "http://ehelse.no/xmlstds/henvisning/2017-11-30"}
_SPACES: Final = {*REFERRALS.values(), *fagmelding.LETTERS.values()}

speaks(Standard(name="Henvisning", namespaces=REFERRALS, reads=tuple(REFERRAL), writes=dict.fromkeys(REFERRAL, "2.0")))
speaks(
    Standard(
        name="Epikrise", namespaces=fagmelding.LETTERS, reads=tuple(DISCHARGE), writes=dict.fromkeys(DISCHARGE, "1.2")
    )
)


def in_words(envelope: Envelope) -> Told:
    """Return a document as people read it. Raises Unreadable T10."""
    return told(envelope, title=_document(envelope).name, paragraphs=lettertelling.paragraphs(_content(envelope)))


@message(*DOCUMENTS, told=in_words)
async def receive(work: Work, letter: Letter) -> Filed:
    """Put a document into the record as it was sent, readable, and a task into the unit's inbox.

    Raises   Unreadable T10, T99 -> negative AppRec; the message is kept for a human
    Leaves   Communication, Task, QuestionnaireResponse with all that was coded, a List of what is proposed; the
             ServiceRequest of a referral that is no test; for each large attachment a Binary and a DocumentReference
    """
    document, said = _document(letter.envelope), lettertelling.paragraphs(_content(letter.envelope))
    beside = [await journal.create(work, each) for each in _made(document, letter)]
    priority = next((each.resource["priority"] for each in beside if each.type == "ServiceRequest"), "routine")
    about = [{"reference": each.reference} for each in beside]
    letter = replace(letter, envelope=forms.with_original(letter.envelope, document.name))
    topic = filing.concept(Code(value="", name=document.name))
    made = filing.communication(
        letter, await filing.documents(work, letter), topic=topic, said=said, priority=priority, about=about,
    )  # fmt: skip
    stored = await journal.create(work, made)
    await journal.create(work, filing.task(letter, stored.id, title=document.name, priority=priority))
    return Filed(communication=stored.id)


@writes(*REFERRAL, *DISCHARGE, needs=Permission.REFER)
def from_communication(
    communication: Resource, beside: Sequence[Mapping[str, Any]], now: datetime
) -> tuple[Code, etree._Element]:
    """Return the message for a Communication one of us has written.

    beside   the patient, the resources it is about, its orders and its Encounter
    Raises   Refused AK-X001 it would say nothing, AK-X032 it is about what it cannot tell of
    """
    kind = filing.message_type(communication)
    code = Code(value=kind, name=DOCUMENTS[kind].name)
    if kind in DISCHARGE:
        space = fagmelding.LETTERS["1.2"]
        return code, parts.build(letterparts.discharge(communication, beside), space, space)
    space = REFERRALS["2.0"]
    return code, parts.build(letterparts.referral(communication, beside, forward="VIDERE" in kind), space, space)


def _made(document: Document, letter: Letter) -> Iterator[Resource]:
    """Yield what a document becomes beside its message."""
    root = parts.without(parts.read(_content(letter.envelope)), _ABOUT_PERSONS)
    held = blocks.proposals(root, filing.subject(letter), letter.envelope.sent.isoformat())
    yield forms.form(root, letter)
    if proposed := forms.proposed(held, document.name, letter):
        yield proposed
    if document.root == _REFERRAL and not letter.envelope.test:
        yield referral(root, letter)


def referral(root: Part, letter: Letter) -> Resource:
    """Return what a referral asks of our unit; it lets the unit in until it is done, and no longer than any order."""
    asked = root.first("ReqServ") or root
    sorts = [code for code in (asked.coded("Purpose"), root.coded("TypeInnhold")) if code]
    wanted = asked.coded("MedSpeciality") or asked.coded("ServId") or asked.coded("Purpose")
    haste = asked.said("Priority")
    reasons = [code for each in root.all("Diagnosis") if (code := each.coded("Concept"))]
    why = [each.said("TextResultValue") for each in root.all("ReasonAsText")]
    return filing.filled({
        "resourceType": "ServiceRequest",
        "identifier": [{"system": filing.MESSAGE_ID, "value": letter.envelope.msg_id}],
        "status": "active",
        "intent": "order",
        "category": [{"text": "Henvisning"}, *(blocks.concept(each) for each in sorts if each is not wanted)],
        "priority": next((name for name, each in letterparts.HASTE.items() if each.value == haste), "routine"),
        "code": blocks.concept(wanted) if wanted else {"text": "Henvisning"},
        "subject": filing.subject(letter),
        "occurrenceDateTime": blocks.moment(asked.said("ReqDate")),
        "authoredOn": letter.envelope.sent.isoformat(),
        "requester": {"type": "Organization", "display": letter.envelope.sender.known_first},
        "performer": [{"reference": letter.unit.reference, "display": letter.unit.name}],
        "reasonCode": [blocks.concept(each) for each in reasons],
        "note": [{"text": each} for each in why if each],
    })  # fmt: skip


def _document(envelope: Envelope) -> Document:
    """Return what sort of document a message holds. Raises Unreadable T10 when its content is of another sort."""
    document = DOCUMENTS.get(envelope.type.value) or DOCUMENTS[envelope.type.name]
    space = nodes.namespace(envelope.body)
    if nodes.local(envelope.body) != document.root or space not in _SPACES:
        raise Unreadable("T10", "Innholdet er et annet enn meldingstypen sier, eller i en versjon vi ikke kan lese.")
    return document


def _content(envelope: Envelope) -> etree._Element:
    """Return what is told: of a message with its own head, what stands below the head."""
    inner: etree._Element | None = nodes.child(envelope.body, "ServRprt")
    return envelope.body if inner is None else inner
