"""AppRec 1.0 and 1.1: the receipt of the receiving system. An AppRec is never answered by an AppRec. Pure.

Source   http://www.kith.no/xmlstds/apprec/2004-11-21 and …/2012-02-15; codes in Volven 8258 and 8221
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from lxml import etree

from akson.exchange import hcp, nodes
from akson.exchange.envelope import Code, Party
from akson.exchange.nodes import child, children, code, put, put_code, text
from akson.exchange.registry import Standard, speaks
from akson.exchange.safexml import Fault, Unreadable
from akson.exchange.states import Event

NAMESPACES: Final = {
    "1.0": "http://www.kith.no/xmlstds/apprec/2004-11-21",
    "1.1": "http://www.kith.no/xmlstds/apprec/2012-02-15",
}
_VERSIONS: Final = {namespace: version for version, namespace in NAMESPACES.items()}
_MIG: Final = {"1.0": "1.0 2004-11-21", "1.1": "v1.1 2012-02-15"}
speaks(Standard(name="AppRec", namespaces=NAMESPACES, reads=("APPREC",), writes={"APPREC": "1.1"}, older=("1.0",),
                proved=True))  # fmt: skip
ERROR_CODES: Final = "2.16.578.1.12.4.1.1.8221"
ERRORS: Final = {
    "E10": "Ugyldig meldingsidentifikator",
    "E20": "Lege finnes ikke",
    "E21": "Mottaker finnes ikke",
    "E30": "Pasientens fødselsnummer mangler",
    "E31": "Pasientens fødselsnummer er feil",
    "E32": "Pasientens navn mangler",
    "E33": "Pasientens etternavn mangler",
    "E34": "Pasientens fornavn mangler",
    "E35": "Pasienten finnes ikke i mottakersystemet",
    "E36": "Pasientopplysninger er utilstrekkelige",
    "E53": "Pasientens fødselsnummer eller D-nummer finnes ikke i Folkeregisteret",
    "E54": "Pasientens fødselsnummer er ikke registrert hos mottakeren",
    "S01": "Feil på signatur",
    "S02": "Ugyldig sertifikat",
    "S03": "Tilbaketrukket sertifikat",
    "S99": "Annen feil på signatur eller sertifikat",
    "T01": "Ikke XML / ikke 'well formed' / uleselig",
    "T02": "XML validerer ikke",
    "T10": "Støtter ikke meldingsformatet",
    "T99": "Annen feil på format",
    "X99": "Annen feil",
}


class Status(StrEnum):
    """What the receiving system made of the message."""

    OK = "1"
    REJECTED = "2"
    PARTIAL = "3"


STATUS_NAMES: Final = {Status.OK: "OK", Status.REJECTED: "Avvist", Status.PARTIAL: "OK, feil i delmelding"}
EVENTS: Final = {Status.OK: Event.ACCEPT, Status.REJECTED: Event.REJECT, Status.PARTIAL: Event.PARTIAL}
NO_REASON: Final = {
    Event.REJECT: "Mottakeren avviste meldingen uten å si hvorfor.",
    Event.PARTIAL: "Mottakeren godtok meldingen, men fant en feil uten å si hvilken.",
}


@dataclass(frozen=True, kw_only=True)
class Original:
    """The message that is answered."""

    type: Code
    msg_id: str
    sent: datetime


@dataclass(frozen=True, kw_only=True)
class AppRec:
    """One receipt."""

    msg_id: str
    sent: datetime
    sender: Party
    receiver: Party
    status: Status
    original: Original
    errors: tuple[Code, ...] = ()
    version: str = "1.1"
    sender_role: Code | None = None
    receiver_role: Code | None = None


def answer(original: Original, fault: Fault | None, *, sender: Party, receiver: Party, now: datetime,
           msg_id: str, filed: bool = False, version: str = "1.1") -> AppRec:  # fmt: skip
    """Return the receipt for `original`: OK, refused, or (filed all the same) OK with an error in a part."""
    status = Status.OK if fault is None else Status.PARTIAL if filed else Status.REJECTED
    errors = () if fault is None else (error(fault),)
    return AppRec(
        msg_id=msg_id, sent=now, sender=sender, receiver=receiver, status=status, original=original, errors=errors,
        version=version,
    )  # fmt: skip


def error(fault: Fault) -> Code:
    """Return `fault` as AppRec writes it."""
    return Code(value=fault.code, system=ERROR_CODES, name=ERRORS.get(fault.code, ""), other=fault.text)


def read(root: etree._Element) -> AppRec:
    """Read a receipt.

    Raises   Unreadable T10 (unknown version), T02, E10
    """
    version = _VERSIONS.get(nodes.namespace(root))
    if version is None:
        raise Unreadable("T10", "Ukjent versjon av applikasjonskvittering.")
    original = child(root, "OriginalMsgId")
    original_id, msg_id = text(original, "Id"), text(root, "Id")
    if not original_id or not msg_id:
        raise Unreadable("E10", "Applikasjonskvitteringen sier ikke hvilken melding den gjelder.")
    return AppRec(
        version=version,
        msg_id=msg_id,
        sent=nodes.moment(text(root, "GenDate"), what="GenDate"),
        sender_role=code(root, "Sender", "Role"),
        receiver_role=code(root, "Receiver", "Role"),
        sender=_party(child(root, "Sender", "HCP")),
        receiver=_party(child(root, "Receiver", "HCP")),
        status=_status(root),
        errors=tuple(found for each in children(root, "Error") if (found := code(each))),
        original=Original(
            type=code(original, "MsgType") or Code(value=""),
            msg_id=original_id,
            sent=nodes.moment(text(original, "IssueDate"), what="IssueDate"),
        ),
    )


def build(apprec: AppRec) -> bytes:
    """Write a receipt, in the order the schema demands."""
    root = nodes.document(NAMESPACES[apprec.version], "AppRec")
    put_code(root, "MsgType", Code(value="APPREC", name="Applikasjonskvittering"))
    put(root, "MIGversion", _MIG[apprec.version])
    put(root, "SoftwareName", "Akson")
    put(root, "GenDate", nodes.iso(apprec.sent))
    put(root, "Id", apprec.msg_id)
    for name, role, party in (
        ("Sender", apprec.sender_role, apprec.sender), ("Receiver", apprec.receiver_role, apprec.receiver)
    ):  # fmt: skip
        node = put(root, name)
        put_code(node, "Role", role)
        hcp.write(node, party)
    put_code(root, "Status", Code(value=apprec.status, name=STATUS_NAMES[apprec.status]))
    for each in apprec.errors:
        put_code(root, "Error", replace(each, other=nodes.writable(each.other)))
    original = put(root, "OriginalMsgId")
    put_code(original, "MsgType", replace(apprec.original.type, system=""))
    put(original, "IssueDate", nodes.iso(apprec.original.sent))
    put(original, "Id", nodes.writable(apprec.original.msg_id))
    return nodes.serialize(root)


def in_words(apprec: AppRec) -> str:
    """Return the receipt as people read it."""
    reasons = "; ".join(each.other or each.name or ERRORS.get(each.value, each.value) for each in apprec.errors)
    said = {Status.OK: "Godtatt", Status.REJECTED: "Avvist", Status.PARTIAL: "Godtatt, men noe var feil"}[apprec.status]
    return f"{said}: {reasons}" if reasons else said


def fault(apprec: AppRec) -> Fault:
    """Return what a receipt says is wrong with the message, or that it does not say it; nothing where all is well."""
    if not apprec.errors:
        return Fault("", NO_REASON.get(EVENTS[apprec.status], ""))
    return Fault(apprec.errors[0].value, in_words(apprec))


def _status(root: etree._Element) -> Status:
    written = code(root, "Status")
    if written is None or written.value not in set(Status):
        raise Unreadable("T02", "Applikasjonskvitteringen mangler gyldig status.")
    return Status(written.value)


def _party(node: etree._Element | None) -> Party:
    party = hcp.read(node)
    if party is None:
        raise Unreadable("T02", "Applikasjonskvitteringen mangler avsender eller mottaker.")
    return party
