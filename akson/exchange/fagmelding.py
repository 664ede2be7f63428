"""Messages that carry their own head, without Hodemelding: `Message` of Svarrapport and Epikrise. Pure.

They go bare, or inside a Hodemelding; then that one is the head. Source: the national standard for Svarrapport 1.4
"""

from __future__ import annotations

import base64
import binascii
from typing import Final

from lxml import etree

from akson.exchange import hcp, nodes
from akson.exchange.envelope import Ack, Attachment, Code, Envelope, Ident, Party, Person, Sketch
from akson.exchange.hodemelding import LARGEST_ATTACHMENTS, LONGEST_ID
from akson.exchange.nodes import child, children, code, text
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
