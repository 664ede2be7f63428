"""Hodemelding 1.2: read leniently, write strictly.

Source   http://www.kith.no/xmlstds/msghead/2006-05-24; order of elements as in MsgHead-v1_2.xsd
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from dataclasses import replace
from typing import Final, TypeVar

from lxml import etree

from akson.exchange import nodes
from akson.exchange.envelope import (
    Ack,
    Attachment,
    Code,
    Conversation,
    Envelope,
    Organisation,
    Party,
    Person,
    Professional,
    Sketch,
)
from akson.exchange.nodes import child, children, code, local, put, put_code, put_idents, put_text, text
from akson.exchange.safexml import Unreadable

MSGHEAD: Final = "http://www.kith.no/xmlstds/msghead/2006-05-24"
BASE64: Final = "http://www.kith.no/xmlstds/base64container"
VERSION: Final = "v1.2 2006-05-24"
LARGEST_ATTACHMENTS: Final = 18 * 1024 * 1024  # together; what the national clients agree on
LONGEST_ID: Final = 200

Found = TypeVar("Found")

UNANSWERED: Final = frozenset({"DIALOG_INNBYGGER_TEST", "DIALOG_INNBYGGER_TIMERESERVASJON"})  # by their agreement (CPA)
_ACK_NAMES: Final = {Ack.YES: "Ja", Ack.ON_ERROR: "Kun ved feil", Ack.NO: "Nei"}


def read(root: etree._Element) -> Envelope:
    """Open a MsgHead.

    Raises   Unreadable T02, T10, T99, E10: the message is not what the standard says, or too much of it
    """
    info = child(root, "MsgInfo")
    if info is None or children(root, "PatientReport"):
        raise Unreadable("T02" if info is None else "T10", "Hodemeldingen mangler MsgInfo eller er en registermelding.")
    if text(info, "MIGversion") != VERSION:
        raise Unreadable("T10", "Hodemeldingen har en annen versjon enn 1.2.")
    documents = [_document(each) for each in children(root, "Document")]
    body = next((content for content, _ in documents if content is not None), None)
    if body is None:
        raise Unreadable("T02", "Meldingen mangler innhold.")
    attachments = tuple(
        attachment if content is None else _as_file(content, attachment)
        for content, attachment in documents
        if content is not body
    )
    if sum(len(each.data) for each in attachments) > LARGEST_ATTACHMENTS:
        raise Unreadable("T99", "Vedleggene er til sammen større enn 18 MB.")
    return Envelope(
        type=_needed(code(info, "Type"), "Type"),
        msg_id=_msg_id(info),
        sent=nodes.moment(text(info, "GenDate"), what="GenDate"),
        sender=_needed(_party(child(info, "Sender")), "Sender"),
        receiver=_needed(_party(child(info, "Receiver")), "Receiver"),
        patient=_patient(child(info, "Patient")),
        conversation=_conversation(child(info, "ConversationRef")),
        ack=_ack(info),
        test=(code(info, "ProcessingStatus") or Code(value="")).value == "D",
        body=body,
        attachments=attachments,
        copies=tuple(party for each in children(info, "OtherReceiver") if (party := _party(each))),
    )


def sketch(root: etree._Element) -> Sketch:
    """Return what can be made out of a message that `read` refused."""
    info = child(root, "MsgInfo")
    return Sketch(
        type=(code(info, "Type") or Code(value="")).value,
        msg_id=text(info, "MsgId")[:LONGEST_ID],
        sent=_or_none(lambda: nodes.moment(text(info, "GenDate"), what="GenDate")),
        sender=_or_none(lambda: _party(child(info, "Sender"))),
        receiver=_or_none(lambda: _party(child(info, "Receiver"))),
        ack=_ack(info),
    )


def build(envelope: Envelope) -> bytes:
    """Write `envelope` as a MsgHead, in the order the schema demands."""
    root = nodes.document(MSGHEAD, "MsgHead")
    info = put(root, "MsgInfo")
    put_code(info, "Type", replace(envelope.type, system=""))
    put(info, "MIGversion", VERSION)
    put(info, "GenDate", nodes.iso(envelope.sent))
    put(info, "MsgId", envelope.msg_id)
    if envelope.test:
        put_code(info, "ProcessingStatus", Code(value="D", name="Test"))
    put_code(info, "Ack", Code(value=envelope.ack, name=_ACK_NAMES[envelope.ack]))
    if envelope.conversation:
        reference = put(info, "ConversationRef")
        put(reference, "RefToParent", envelope.conversation.parent)
        put(reference, "RefToConversation", envelope.conversation.conversation)
    _put_party(put(info, "Sender"), envelope.sender)
    _put_party(put(info, "Receiver"), envelope.receiver)
    if envelope.patient:
        _put_person(put(info, "Patient"), envelope.patient)
    _put_body(root, envelope)
    for attachment in envelope.attachments:
        _put_attachment(root, attachment)
    return nodes.serialize(root)


def _msg_id(info: etree._Element) -> str:
    written = text(info, "MsgId")
    if not written or len(written) > LONGEST_ID:
        raise Unreadable("E10", "MsgId mangler eller er for lang.")
    return written


def _needed(found: Found | None, what: str) -> Found:
    if found is None:
        raise Unreadable("T02", f"Hodemeldingen mangler {what}.")
    return found


def _or_none(reading: Callable[[], Found | None]) -> Found | None:
    try:
        return reading()
    except Unreadable:
        return None


def _ack(info: etree._Element | None) -> Ack:
    """Return which answers are wanted; a sender who says nothing gets them all, save for what is never answered."""
    if (code(info, "Type") or Code(value="")).value in UNANSWERED:
        return Ack.NO
    wanted = code(info, "Ack")
    return Ack(wanted.value) if wanted and wanted.value in set(Ack) else Ack.YES


def _conversation(node: etree._Element | None) -> Conversation | None:
    parent, conversation = text(node, "RefToParent"), text(node, "RefToConversation")
    if not (parent or conversation):
        return None
    return Conversation(parent=parent or conversation, conversation=conversation or parent)


def _party(node: etree._Element | None) -> Party | None:
    """Return sender or receiver: the outermost organisation and the innermost service in it."""
    outermost = child(node, "Organisation")
    if outermost is None:
        return None
    organisation = _organisation(outermost)
    if organisation is None:
        raise Unreadable("T02", "Avsender eller mottaker mangler navn og identifikator.")
    levels = [each for each in outermost.iter() if isinstance(each.tag, str) and local(each) == "Organisation"]
    services = [service for service in map(_organisation, levels[1:]) if service]
    people = [person for level in levels for person in children(level, "HealthcareProfessional")]
    return Party(
        organisation=organisation,
        service=services[-1] if services else None,
        professional=_professional(people[-1]) if people else None,
    )


def _organisation(node: etree._Element) -> Organisation | None:
    """Return one level; None for the empty `<Organisation/>` some senders write."""
    name, idents = text(node, "OrganisationName"), nodes.idents(node)
    return Organisation(name=name, idents=idents) if name or idents else None


def _patient(node: etree._Element | None) -> Person | None:
    if node is None:
        return None
    person = Person(
        family=text(node, "FamilyName"),
        middle=text(node, "MiddleName"),
        given=text(node, "GivenName"),
        born=nodes.day(text(node, "DateOfBirth")),
        sex=code(node, "Sex"),
        idents=nodes.idents(node),
    )
    return person if person.name or person.idents else None


def _professional(node: etree._Element) -> Professional:
    return Professional(
        family=text(node, "FamilyName"),
        middle=text(node, "MiddleName"),
        given=text(node, "GivenName"),
        idents=nodes.idents(node),
        profession=code(node, "TypeHealthcareProfessional"),
        role=code(node, "RoleToPatient"),
    )


def _document(node: etree._Element) -> tuple[etree._Element | None, Attachment]:
    """Return the XML a Document holds, if it holds XML, and what it says of itself as a file."""
    reference = _needed(child(node, "RefDoc"), "RefDoc")
    content = child(reference, "Content")
    inner = None if content is None else next((each for each in content if isinstance(each.tag, str)), None)
    issued = child(reference, "IssueDate")
    attachment = Attachment(
        title=text(reference, "Description") or text(node, "ContentDescription"),
        mime=text(reference, "MimeType"),
        issued="" if issued is None else issued.get("V", ""),
        link=text(reference, "FileReference"),
    )
    if inner is None or local(inner) != "Base64Container":
        return inner, attachment
    return None, replace(attachment, data=_bytes(inner), mime=attachment.mime or "application/octet-stream")


def _bytes(container: etree._Element) -> bytes:
    written = "".join(map(str, container.itertext())).split()
    try:
        return base64.b64decode("".join(written), validate=True)
    except (binascii.Error, ValueError):
        raise Unreadable("T02", "Et vedlegg er ikke gyldig base64.") from None


def _as_file(content: etree._Element, attachment: Attachment) -> Attachment:
    """Keep a further XML document beside the main one as a file: nothing that was sent is dropped."""
    data: bytes = etree.tostring(content, method="c14n")
    return replace(attachment, data=data, mime="application/xml", title=attachment.title or local(content))


def _put_party(parent: etree._Element, party: Party) -> None:
    outer = _put_organisation(parent, party.organisation)
    innermost = _put_organisation(outer, party.service) if party.service else outer
    if party.professional:
        node = put(innermost, "HealthcareProfessional")
        put_code(node, "TypeHealthcareProfessional", party.professional.profession)
        put_code(node, "RoleToPatient", party.professional.role)
        _put_person(node, party.professional)


def _put_organisation(parent: etree._Element, organisation: Organisation) -> etree._Element:
    node = put(parent, "Organisation")
    put(node, "OrganisationName", nodes.writable(organisation.name))
    put_idents(node, organisation.idents)
    return node


def _put_person(node: etree._Element, person: Person) -> None:
    for name, content in (("FamilyName", person.family), ("MiddleName", person.middle), ("GivenName", person.given)):
        put_text(node, name, content)
    if person.born:
        put(node, "DateOfBirth", person.born.isoformat())
    put_code(node, "Sex", person.sex)
    put_idents(node, person.idents)


def _put_body(root: etree._Element, envelope: Envelope) -> None:
    document = put(root, "Document")
    put_code(document, "DocumentConnection", Code(value="H", name="Hoveddokument"))
    reference = put(document, "RefDoc")
    put_code(reference, "IssueDate", Code(value=nodes.iso(envelope.sent)))
    put_code(reference, "MsgType", Code(value="XML", name="XML-instans"))
    put(reference, "MimeType", "text/xml")
    put(reference, "Content").append(envelope.body)


def _put_attachment(root: etree._Element, attachment: Attachment) -> None:
    document = put(root, "Document")
    put_code(document, "DocumentConnection", Code(value="V", name="Vedlegg"))
    reference = put(document, "RefDoc")
    put_code(reference, "MsgType", Code(value="A", name="Vedlegg"))
    put(reference, "MimeType", attachment.mime)
    put_text(reference, "Description", attachment.title)
    container = nodes.document(BASE64, "Base64Container")
    container.text = base64.b64encode(attachment.data).decode()
    put(reference, "Content").append(container)
