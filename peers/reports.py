"""The hospital's own way of writing what has a head of its own: Epikrise 1.2 and Svarrapport 1.4.

No code shared with Akson. Of the Epikrise no schema could be had: its elements are those of the national tables.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from xml.sax.saxutils import escape

from peers.illnesses import TO_STOP, Analysis, Illness, Medicine
from peers.letters import VOLVEN, Letter, institution

DISCHARGE, ANSWER = "EPIKRISE", "SVAR_LAB"
KINDS = {DISCHARGE: "Epikrise", ANSWER: "Svar på blodprøver"}
_IN_THE_LABORATORY = timedelta(hours=3)
_SPACES = {
    DISCHARGE: "http://www.kith.no/xmlstds/epikrise/2012-02-15",
    ANSWER: "http://www.kith.no/xmlstds/labsvar/2012-02-15",
}


@dataclass(frozen=True)
class Stay:
    """One stay, as the hospital has it. admitted, left: "" where that is not known, or has not happened."""

    illness: Illness
    admitted: str = ""
    left: str = ""


def message(letter: Letter, now: str, kind: str, stay: Stay) -> bytes:
    """Write one about a stay; the letter's own text comes first in an Epikrise, and is a remark on answers."""
    name, version = (KINDS[kind], "v1.2") if kind == DISCHARGE else ("Svarrapport-Laboratoriemedisin", "v1.4")
    ack = '<Ack V="J" DN="Ja"/>'  # an Epikrise asks for its receipt beside the report, an answer inside it
    report = ack + _discharge(letter, now, stay) if kind == DISCHARGE else _answers(letter, now, stay)
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<Message xmlns="{_SPACES[kind]}">
  <Type V="{kind}" DN="{name}"/>
  <MIGversion>{version} 2012-02-15</MIGversion>
  <GenDate V="{now}"/>
  <MsgId>{letter.msg_id}</MsgId>
  {report}
</Message>
""".encode()


def _discharge(letter: Letter, now: str, stay: Stay) -> str:
    dates = [f'<{name} V="{at}"/>' for name, at in (("AdmDate", stay.admitted), ("DischDate", stay.left)) if at]
    own = [("FO", "Forløp og behandling", letter.text)] if letter.text.strip() else []
    told = "".join(
        f'<ReasonAsText><Heading V="{code}" S="{VOLVEN}8231" DN="{head}"/>'
        f"<TextResultValue>{escape(said)}</TextResultValue></ReasonAsText>"
        for code, head, said in (*own, *stay.illness.told)
    )
    code, name = stay.illness.diagnosis
    return f"""<ServRprt>
    <ServType V="N" DN="Ny"/>
    <IssueDate V="{now}"/>
    <Status V="F" DN="Endelig rapport"/>
    <MsgDescr V="E" S="{VOLVEN}7315" DN="Epikrise"/>
    <Patient>{_person(letter)}</Patient>
    {_parties(letter)}
    <Event><AdmCat V="1" S="{VOLVEN}8240" DN="Heldøgnsopphold"/>{"".join(dates)}</Event>
    <Diagnosis><Concept V="{code}" S="{VOLVEN}7110" DN="{name}"/></Diagnosis>
    {told}
    {"".join(map(_medicine, stay.illness.medicines))}
  </ServRprt>"""


def _medicine(one: Medicine) -> str:
    code, name = one.use
    dose = "" if one.use == TO_STOP else f"<DosageText>{one.dose}</DosageText>"
    return (
        f'<Medication>{dose}<Status V="{code}" S="{VOLVEN}7307" DN="{name}"/>'
        f'<DrugId V="{one.atc}" S="{VOLVEN}7180" DN="{one.name}" OT="{one.product}"/></Medication>'
    )


def _answers(letter: Letter, now: str, stay: Stay) -> str:
    taken = (datetime.fromisoformat(now) - _IN_THE_LABORATORY).isoformat(timespec="seconds")
    remark = f"<Comment>{escape(letter.text)}</Comment>" if letter.text.strip() else ""
    return f"""<ServReport>
    <ServType V="N" DN="Ny"/>
    <IssueDate V="{now}"/>
    <Status V="F" DN="Endelig rapport"/>
    <Ack V="J" DN="Ja"/>
    <MsgDescr V="CLIN" DN="Medisinsk biokjemi"/>
    <ServProvId>{letter.msg_id}</ServProvId>
    {remark}
    <Patient>{_person(letter)}
      <AnalysedSubject>
        <CollectedSample><CollectedDate V="{taken}"/></CollectedSample>
        <TypeCoded V="P" S="{VOLVEN}8351" DN="Plasma"/>
        <IdByServProvider>1</IdByServProvider>
      </AnalysedSubject>
      {"".join(_result(number, each) for number, each in enumerate(stay.illness.analyses, 1))}
    </Patient>
    {_parties(letter)}
  </ServReport>"""


def _result(number: int, one: Analysis) -> str:
    code, name = one.outside
    outside = f'<DevResultInd V="{code}" DN="{name}"/>' if code else ""
    return f"""<ResultItem>
        <NumResult><NumResultValue V="{one.value}" U="{one.unit}"/></NumResult>
        <ServType V="N" DN="Ny"/>
        <RefInterval><Descr>{escape(one.usual)}</Descr></RefInterval>
        <Investigation><Id V="{one.code}" S="{VOLVEN}7280" DN="{one.name}"/></Investigation>
        {outside}
        <IdResultItem>{number}</IdResultItem>
        <StatusInvestigation V="3" DN="Endelig"/>
        <RefAnalysedSubject>1</RefAnalysedSubject>
      </ResultItem>"""


def _person(letter: Letter) -> str:
    name = ", ".join(filter(None, (letter.family, letter.given)))
    named = f"<Name>{escape(name)}</Name>" if name else ""
    return f'{named}<OffId>{escape(letter.fnr)}</OffId><TypeOffId V="FNR" DN="Fødselsnummer"/>'


def _parties(letter: Letter) -> str:
    sender, receiver = institution(letter.sender), institution(letter.receiver)
    return f"<ServProvider>{sender}</ServProvider><Requester>{receiver}</Requester>"
