"""The peers' own way of writing and reading messages: no code shared with Akson, so neither hides the other's faults.

Writes text templates and reads with the standard library's XML parser.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from xml.etree import ElementTree
from xml.sax.saxutils import escape, quoteattr

MSGHEAD = "http://www.kith.no/xmlstds/msghead/2006-05-24"
DIALOG = "http://www.kith.no/xmlstds/dialog/2013-01-23"
DIALOG_1_0 = "http://www.kith.no/xmlstds/dialog/2006-10-11"
APPREC = "http://www.kith.no/xmlstds/apprec/2012-02-15"
VOLVEN = "2.16.578.1.12.4.1.1."
STATUS = {"1": "OK", "2": "Avvist", "3": "OK, feil i delmelding"}


@dataclass(frozen=True)
class Place:
    """Sender or receiver: a service and the organisation it belongs to."""

    her_id: int
    name: str
    parent: int
    parent_name: str


NOBODY = Place(0, "", 0, "")


@dataclass(frozen=True)
class Read:
    """What the hospital makes of a message it got."""

    kind: str  # MsgInfo/Type, or APPREC
    msg_id: str
    sent: str
    sender: int
    receiver: Place
    patient: str
    title: str
    text: str
    status: str  # of an AppRec
    error: str
    original: str  # the message an AppRec answers, or the parent in the conversation


@dataclass(frozen=True)
class Letter:
    """What is written about a patient. answers: the message it answers; began: the first of that conversation."""

    msg_id: str
    sender: Place
    receiver: Place
    fnr: str
    given: str
    family: str
    title: str
    text: str
    answers: str = ""
    began: str = ""


def dialog(letter: Letter, now: str, kind: str = "DIALOG_HELSEFAGLIG") -> bytes:
    """Write a Hodemelding 1.2 with a Dialogmelding: "helsefaglig dialog" (1.1), or an enquiry or its answer (1.0)."""
    if kind in _ENQUIRIES:
        return wrapped(letter, now, kind, *_ENQUIRIES[kind](letter))
    return wrapped(
        letter,
        now,
        "DIALOG_HELSEFAGLIG",
        "Helsefaglig dialog",
        f"""<Dialogmelding xmlns="{DIALOG}">
        <Notat>
          <TemaKodet V="6" S="{VOLVEN}7322" DN="Henvendelse om pasient"/>
          <Tema>{escape(letter.title)}</Tema>
          <TekstNotatInnhold>{escape(letter.text)}</TekstNotatInnhold>
        </Notat>
      </Dialogmelding>""",
    )


def _enquiry(letter: Letter) -> tuple[str, str]:
    return (
        "Forespørsel",
        f"""<Dialogmelding xmlns="{DIALOG_1_0}">
        <Foresporsel>
          <TypeForesp V="99" S="{VOLVEN}9152" DN="Annen henvendelse"/>
          <Sporsmal>{escape(letter.text)}</Sporsmal>
        </Foresporsel>
      </Dialogmelding>""",
    )


def _answer(letter: Letter) -> tuple[str, str]:
    return (
        "Svar på forespørsel",
        f"""<Dialogmelding xmlns="{DIALOG_1_0}">
        <Notat>
          <TemaKodet V="5" S="{VOLVEN}9069" DN="Svar på forespørsel"/>
          <Tema>{escape(letter.title)}</Tema>
          <TekstNotatInnhold>{escape(letter.text)}</TekstNotatInnhold>
        </Notat>
      </Dialogmelding>""",
    )


_ENQUIRIES = {"DIALOG_FORESPORSEL": _enquiry, "DIALOG_SVAR": _answer}


def wrapped(letter: Letter, now: str, kind: str, name: str, content: str) -> bytes:
    """Write a Hodemelding 1.2 around the XML of a message."""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<mh:MsgHead xmlns:mh="{MSGHEAD}">{
        _mh(f'''
  <MsgInfo>
    <Type V="{kind}" DN="{name}"/>
    <MIGversion>v1.2 2006-05-24</MIGversion>
    <GenDate>{now}</GenDate>
    <MsgId>{letter.msg_id}</MsgId>
    <ProcessingStatus V="P" DN="Produksjon"/>
    <Ack V="J" DN="Ja"/>
    {_conversation(letter)}
    <Sender>{_organisation(letter.sender)}</Sender>
    <Receiver>{_organisation(letter.receiver)}</Receiver>
    <Patient>
      <FamilyName>{escape(letter.family)}</FamilyName>
      <GivenName>{escape(letter.given)}</GivenName>
      <Ident><Id>{escape(letter.fnr)}</Id><TypeId V="FNR" S="{VOLVEN}8116" DN="Fødselsnummer"/></Ident>
    </Patient>
  </MsgInfo>
  <Document>
    <RefDoc>
      <IssueDate V="{now}"/>
      <MsgType V="XML" DN="XML-instans"/>
      <Content>''')
    }{content}{_mh("</Content></RefDoc></Document>")}
</mh:MsgHead>
""".encode()


def receipt(
    *, msg_id: str, now: str, sender: Place, receiver: Place, read: Read, code: str, why: str, status: str = ""
) -> bytes:
    """Write an AppRec 1.1: OK where `code` is "", else refused with it. status: "3" where only a part is."""
    status = status or ("2" if code else "1")
    error = f'<Error V={quoteattr(code)} S="{VOLVEN}8221" DN={quoteattr(why)}/>' if code else ""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<AppRec xmlns="{APPREC}">
  <MsgType V="APPREC" DN="Applikasjonskvittering"/>
  <MIGversion>v1.1 2012-02-15</MIGversion>
  <SoftwareName>Sykehusprogrammet</SoftwareName>
  <GenDate>{now}</GenDate>
  <Id>{msg_id}</Id>
  <Sender>{institution(sender)}</Sender>
  <Receiver>{institution(receiver)}</Receiver>
  <Status V="{status}" DN="{STATUS[status]}"/>
  {error}
  <OriginalMsgId>
    <MsgType V={quoteattr(read.kind)}/>
    <IssueDate>{escape(read.sent or now)}</IssueDate>
    <Id>{escape(read.msg_id)}</Id>
  </OriginalMsgId>
</AppRec>
""".encode()


def read(data: bytes) -> Read | None:
    """Read a MsgHead, a message with its own head (an Epikrise), or an AppRec; None when it cannot be read."""
    if b"<!DOCTYPE" in data:
        return None
    try:
        root = ElementTree.fromstring(data)  # no DOCTYPE, so no entities
    except ElementTree.ParseError:
        return None
    if root.tag.endswith("}AppRec"):
        return _read_receipt(root)
    if root.tag.endswith("}Message"):
        return _read_report(root)
    return _read_dialog(root) if root.tag == f"{{{MSGHEAD}}}MsgHead" else None


def _read_receipt(root: ElementTree.Element) -> Read:
    error = root.find("{*}Error")
    original = root.find("{*}OriginalMsgId")
    said = "" if error is None else " ".join(filter(None, (error.get("V"), error.get("OT") or error.get("DN"))))
    return Read(
        kind="APPREC", msg_id=_text(root, "{*}Id"), sent=_text(root, "{*}GenDate"), sender=_her_id(root, "Sender"),
        receiver=NOBODY, patient="", title="", text="", status=_value(root, "{*}Status"), error=said,
        original="" if original is None else _text(original, "{*}Id"),
    )  # fmt: skip


def _read_dialog(root: ElementTree.Element) -> Read | None:
    info = root.find("{*}MsgInfo")
    if info is None:
        return None
    note = next((each for each in root.iter() if each.tag.endswith(("}Notat", "}Foresporsel"))), None)
    inside = [*note.findall("{*}TekstNotatInnhold"), *note.findall("{*}Sporsmal")] if note is not None else []
    text = "".join(inside[0].itertext()) if inside else _said(root.findall("{*}Document/{*}RefDoc/{*}Content"))
    return Read(
        kind=_value(info, "{*}Type"), msg_id=_text(info, "{*}MsgId"), sent=_text(info, "{*}GenDate"),
        sender=_her_id(info, "Sender"), receiver=_receiver(info),
        patient=_text(info, "{*}Patient/{*}Ident/{*}Id"),
        title="" if note is None else _text(note, "{*}Tema"), text=text,
        status="", error="", original=_text(info, "{*}ConversationRef/{*}RefToParent"),
    )  # fmt: skip


def _said(contents: list[ElementTree.Element]) -> str:
    """Return what a message says that is no dialog: its words, and what its codes are called."""
    every = (each for content in contents for each in content.iter())
    return "\n".join(filter(None, ((each.text or "").strip() or each.get("DN", "") for each in every)))


def _read_report(root: ElementTree.Element) -> Read | None:
    report = next((each for each in root if each.tag.endswith(("}ServRprt", "}ServReport"))), None)
    if report is None:
        return None
    said = [each.text or "" for each in report.iter() if each.tag.endswith("}TextResultValue")]
    return Read(
        kind=_value(root, "{*}Type"), msg_id=_text(root, "{*}MsgId"), sent=_value(root, "{*}GenDate"),
        sender=_her_id(report, "ServProvider"), receiver=_requester(report),
        patient=_text(report, "{*}Patient/{*}OffId"),
        title="", text="\n".join(said), status="", error="", original="",
    )  # fmt: skip


def _text(node: ElementTree.Element, path: str) -> str:
    return (node.findtext(path) or "").strip()


def _value(node: ElementTree.Element, path: str) -> str:
    found = node.find(path)
    return "" if found is None else found.get("V", "")


def _her_id(node: ElementTree.Element, side: str) -> int:
    """Return the innermost HER-id of sender or receiver."""
    below = node.find(f"{{*}}{side}")
    found = 0
    for each in [] if below is None else below.iter():
        kind, number = each.find("{*}TypeId"), _text(each, "{*}Id")
        if kind is not None and kind.get("V") == "HER" and number.isdigit():
            found = int(number)
    return found


def _receiver(info: ElementTree.Element) -> Place:
    """Return whom a message is for, so that the answer comes from the same."""
    outer = info.find("{*}Receiver/{*}Organisation")
    if outer is None:
        return NOBODY
    inner = outer.find("{*}Organisation")
    above = _text(outer, "{*}Ident/{*}Id")
    if inner is None:
        return Place(_her_id(info, "Receiver"), _text(outer, "{*}OrganisationName"), 0, "")
    return Place(
        _her_id(info, "Receiver"), _text(inner, "{*}OrganisationName"),
        int(above) if above.isdigit() else 0, _text(outer, "{*}OrganisationName"),
    )  # fmt: skip


def _requester(report: ElementTree.Element) -> Place:
    """Return whom a message with its own head is for."""
    outer = report.find("{*}Requester/{*}HCP/{*}Inst")
    if outer is None:
        return NOBODY
    inner, above = outer.find("{*}Dept"), _text(outer, "{*}Id")
    if inner is None:
        return Place(_her_id(report, "Requester"), _text(outer, "{*}Name"), 0, "")
    parent = int(above) if above.isdigit() else 0
    return Place(_her_id(report, "Requester"), _text(inner, "{*}Name"), parent, _text(outer, "{*}Name"))


def _conversation(letter: Letter) -> str:
    if not letter.answers:
        return ""
    parent, first = escape(letter.answers), escape(letter.began or letter.answers)
    return (
        f"<ConversationRef><RefToParent>{parent}</RefToParent><RefToConversation>{first}</RefToConversation>"
        "</ConversationRef>"
    )


def _organisation(place: Place) -> str:
    if not place.parent:
        name = f"<OrganisationName>{escape(place.name)}</OrganisationName>"
        return f"<Organisation>{name}{_her(place.her_id)}</Organisation>"
    return (
        f"<Organisation><OrganisationName>{escape(place.parent_name)}</OrganisationName>{_her(place.parent)}"
        f"<Organisation><OrganisationName>{escape(place.name)}</OrganisationName>{_her(place.her_id)}</Organisation>"
        f"</Organisation>"
    )


def _her(her_id: int) -> str:
    return f'<Ident><Id>{her_id}</Id><TypeId V="HER" S="{VOLVEN}9051" DN="HER-id"/></Ident>'


def institution(place: Place) -> str:
    """Return a place as an HCP, as messages without Hodemelding name who sends and receives."""
    if not place.parent:
        return (
            f'<HCP><Inst><Name>{escape(place.name)}</Name><Id>{place.her_id}</Id><TypeId V="HER" DN="HER-id"/></Inst>'
            "</HCP>"
        )
    return (
        f'<HCP><Inst><Name>{escape(place.parent_name)}</Name><Id>{place.parent}</Id><TypeId V="HER" DN="HER-id"/>'
        f'<Dept><Name>{escape(place.name)}</Name><Id>{place.her_id}</Id><TypeId V="HER" DN="HER-id"/></Dept>'
        f"</Inst></HCP>"
    )


def _mh(xml: str) -> str:
    """Give every element the prefix this hospital's system writes."""
    return re.sub(r"<(/?)(?=[A-Z])", r"<\1mh:", xml)
