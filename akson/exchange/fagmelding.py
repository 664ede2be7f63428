"""Messages that carry their own head, without Hodemelding: `Message` of Svarrapport and Epikrise. Pure.

They go bare, or inside a Hodemelding; then that one is the head. An Epikrise is written bare.
Source: the national standards for Svarrapport 1.4 and Epikrise 1.2; of the latter no schema was held to
"""

from __future__ import annotations

import base64
import binascii
from copy import deepcopy
from dataclasses import replace
from typing import Final

from lxml import etree

from akson.exchange import hcp, nodes
from akson.exchange.envelope import Ack, Attachment, Code, Envelope, Ident, Party, Person, Sketch
from akson.exchange.hodemelding import LARGEST_ATTACHMENTS, LONGEST_ID
from akson.exchange.nodes import child, children, code, put, put_code, put_text, text
from akson.exchange.safexml import Unreadable

REPORTS: Final = {
    "1.3": "http://www.kith.no/xmlstds/labsvar/2008-12-01",
    "1.4": "http://www.kith.no/xmlstds/labsvar/2012-02-15",
}
LETTERS: Final = {
    "1.1": "http://www.kith.no/xmlstds/epikrise/2006-09-23",
    "1.2": "http://www.kith.no/xmlstds/epikrise/2012-02-15",
}
_SPACES: Final = frozenset({*REPORTS.values(), *LETTERS.values()})
_TEST: Final = frozenset({"TEST", "D"})
_VERSION: Final = "v1.2 2012-02-15"
_FIRST: Final = ("ServType", "Status", "MsgDescr", "ServReq")  # of a report, before those it names
_BASE64: Final = "http://www.kith.no/xmlstds/base64container"


def is_head(root: etree._Element) -> bool:
    """Say whether `root` is such a message."""
    return nodes.local(root) == "Message" and nodes.namespace(root) in _SPACES


def read(root: etree._Element) -> Envelope:
    """Open a message with its own head.

    Raises   Unreadable T02, T99, E10
    """
    report, msg_id = _report(root), text(root, "MsgId")
    kind, sender, receiver = code(root, "Type"), _party(report, "ServProvider"), _party(report, "Requester")
    if report is None or kind is None or sender is None or receiver is None:
        raise Unreadable("T02", "Meldingen mangler type, innhold, avsender eller mottaker.")
    if not msg_id or len(msg_id) > LONGEST_ID:
        raise Unreadable("E10", "MsgId mangler eller er for lang.")
    return Envelope(
        type=kind,
        msg_id=msg_id,
        sent=nodes.moment(value(root, "GenDate") or text(root, "GenDate"), what="GenDate"),
        sender=sender,
        receiver=receiver,
        patient=_patient(child(report, "Patient")),
        ack=_ack(root, report),
        test=(code(root, "Status") or Code(value="")).value in _TEST,
        body=root,
        attachments=_attachments(report),
        copies=tuple(party for each in children(report, "CopyDest") if (party := hcp.read(child(each, "HCP")))),
    )


def sketch(root: etree._Element) -> Sketch:
    """Return what can be made out of a message that `read` refused."""
    report = _report(root)
    return Sketch(
        type=(code(root, "Type") or Code(value="")).value,
        msg_id=text(root, "MsgId")[:LONGEST_ID],
        sender=_party(report, "ServProvider"),
        receiver=_party(report, "Requester"),
        ack=_ack(root, report),
    )


def build(envelope: Envelope) -> bytes:
    """Write a message with its own head around the report in its body.

    What the head says of time, persons and files is the envelope's; a body that has been sent before can go again.
    """
    root = nodes.document(nodes.namespace(envelope.body), "Message")
    put_code(root, "Type", replace(envelope.type, system=""))
    put(root, "MIGversion", _VERSION)
    put_code(root, "GenDate", Code(value=nodes.iso(envelope.sent)))
    put(root, "MsgId", envelope.msg_id)
    if envelope.test:
        put_code(root, "Status", Code(value="D", name="Test"))
    put_code(root, "Ack", Code(value=envelope.ack))
    report, told = put(root, "ServRprt"), _report(envelope.body)
    named = {"Patient", "ServProvider", "Requester", "RefDoc", "IssueDate"}
    content = [] if told is None else [deepcopy(each) for each in told if nodes.local(each) not in named]
    first = [each for each in content if nodes.local(each) in _FIRST]
    report.extend(first[:1])
    put_code(report, "IssueDate", Code(value=nodes.iso(envelope.sent)))
    report.extend(first[1:])
    _put_persons(report, envelope)
    report.extend(each for each in content if nodes.local(each) not in _FIRST)
    for attachment in envelope.attachments:
        _put_attachment(report, attachment)
    return nodes.serialize(root)


def _put_persons(report: etree._Element, envelope: Envelope) -> None:
    if person := envelope.patient:
        node, numbers = put(report, "Patient"), person.idents[:1]
        put_code(node, "Sex", person.sex)
        put_code(node, "DateOfBirth", Code(value=person.born.isoformat()) if person.born else None)
        put_text(node, "Name", ", ".join(filter(None, (person.family, f"{person.given} {person.middle}".strip()))))
        for number in numbers:
            put(node, "OffId", number.value)
            put_code(node, "TypeOffId", Code(value=number.kind, name=number.name))
    hcp.write(put(report, "ServProvider"), envelope.sender)
    hcp.write(put(report, "Requester"), envelope.receiver)


def _put_attachment(report: etree._Element, attachment: Attachment) -> None:
    node = put(report, "RefDoc")
    put_code(node, "MsgType", Code(value="A", name="Vedlegg"))
    put(node, "MimeType", attachment.mime)
    put_text(node, "Description", attachment.title)
    container = nodes.document(_BASE64, "Base64Container")
    container.text = base64.b64encode(attachment.data).decode()
    put(node, "Content").append(container)


def value(node: etree._Element | None, *names: str) -> str:
    """Return what the element at `names` has as its V, or ""."""
    found = child(node, *names)
    return "" if found is None else found.get("V", "").strip()


def broken_files(envelope: Envelope) -> bool:
    """Say whether a file in the message could not be read: it is then named in the message, and left out."""
    return any(each.data == each.link.encode() == b"" and each.mime for each in envelope.attachments)


def _party(report: etree._Element | None, name: str) -> Party | None:
    return hcp.read(child(report, name, "HCP"))


def _report(root: etree._Element) -> etree._Element | None:
    """Return what stands below the head, as the two standards call it."""
    found = child(root, "ServReport")
    return child(root, "ServRprt") if found is None else found


def _ack(root: etree._Element, report: etree._Element | None) -> Ack:
    wanted = value(report, "Ack") or value(root, "Ack")
    return Ack(wanted) if wanted in set(Ack) else Ack.YES


def _patient(node: etree._Element | None) -> Person | None:
    """Return the patient; the name stands as "Nett, Else", or in any order the sender likes."""
    if node is None:
        return None
    family, _, given = text(node, "Name").partition(",")
    number, kind = text(node, "OffId"), code(node, "TypeOffId")
    return Person(
        family=family.strip(),
        given=given.strip(),
        born=nodes.day(value(node, "DateOfBirth")),
        sex=code(node, "Sex"),
        idents=(Ident(number, kind.value, "", kind.name),) if number and kind else (),
    )


def _attachments(report: etree._Element) -> tuple[Attachment, ...]:
    found = tuple(map(_attachment, children(report, "RefDoc")))
    if sum(len(each.data) for each in found) > LARGEST_ATTACHMENTS:
        raise Unreadable("T99", "Vedleggene er til sammen større enn 18 MB.")
    return found


def _attachment(node: etree._Element) -> Attachment:
    """Return a file that stands in a report or is pointed to; one that cannot be read has no bytes, but a type."""
    container = child(node, "Content", "Base64Container")
    written = "" if container is None else "".join("".join(map(str, container.itertext())).split())
    try:
        data = base64.b64decode(written, validate=True)
    except (binascii.Error, ValueError):
        data = b""
    mime = text(node, "MimeType") or ("application/octet-stream" if container is not None else "")
    title = text(node, "Description") or text(node, "Id")
    return Attachment(title=title, mime=mime, data=data, link=text(node, "FileReference"))
