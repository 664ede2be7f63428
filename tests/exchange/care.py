"""Messages of nursing and care for tests, as a hospital's system could write them: one full form for each type."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from lxml import etree

from akson.exchange import hodemelding
from akson.exchange.envelope import Code, Envelope, Ident, Organisation, Party
from akson.exchange.messages.pleieomsorg import INSIDE, KINDS, PO
from akson.exchange.opening import opened
from tests.exchange.letters import written

V = "2.16.578.1.12.4.1.1."
EVENT = """<po:TidsfestetHendelse><po:Hendelsekode V="{code}" S="{v}9121" DN="{code}"/>
  <po:TidspunktForHendelse V="{at}"/></po:TidsfestetHendelse>"""
HOME = f"""<po:UtskrevetTil><po:UtTil V="1" S="{V}8408" DN="Bosted"/><po:Uttilstand V="1" S="{V}8431" DN="Som levende"/>
  </po:UtskrevetTil>"""
CLINICAL = f"""<po:ParorendeForesatt><po:Slektskap V="DA" S="{V}9033" DN="Datter"/><po:Navn>Kari</po:Navn>
    </po:ParorendeForesatt>
  <po:InfoMedisinskDiagnose><po:MedisinskDiagnose><po:Hoveddiagnose>true</po:Hoveddiagnose>
    <po:Diagnosekode V="I50.9" S="{V}7110" DN="Hjertesvikt"/><po:Startdato V="2026-11-19"/></po:MedisinskDiagnose>
    <po:MedisinskDiagnose><po:Diagnosekode V="K77" S="{V}7170" DN="Hjertesvikt"/></po:MedisinskDiagnose>
    </po:InfoMedisinskDiagnose>
  <po:MedisinskfagligeOpplysninger><po:Cave><po:Stoff V="J01CE02" S="{V}7180" DN="Fenoksymetylpenicillin"/>
    <po:Merknad>Utslett</po:Merknad></po:Cave><po:RegistrertBlodtype V="A+" S="{V}9999" DN="A positiv"/>
    <po:GenereltJournalnotat><po:Overskriftskode V="FO" S="{V}9142" DN="Forløp"/><po:Journaltekst>Bedre dag for dag.
    </po:Journaltekst></po:GenereltJournalnotat></po:MedisinskfagligeOpplysninger>
  <po:Legemiddelinfo><po:Legemiddel><po:Legemiddelkode V="C03CA01" S="{V}7180" DN="Furosemid"/>
    <po:NavnFormStyrke>Furix tab 40 mg</po:NavnFormStyrke><po:Dosering>1 tablett morgen</po:Dosering>
    <po:Startdato V="2026-11-20"/></po:Legemiddel></po:Legemiddelinfo>
  <po:Sykepleierdokumentasjon><po:InfoFraSykepleier>Går med rullator.</po:InfoFraSykepleier></po:Sykepleierdokumentasjon>
  <po:InfoKartleggingFunksjonsniva><po:KartlagtFunksjon><po:Funksjonsvariabel V="10" S="{V}9111" DN="Spise"/>
    <po:Vurdering V="3" S="{V}9112" DN="Delvis"/></po:KartlagtFunksjon></po:InfoKartleggingFunksjonsniva>
  <po:TjenesteBehov><po:IPLOStjenestetype V="15" S="{V}9151" DN="Helsetjenester i hjemmet"/><po:AntallEnheter>3.5
    </po:AntallEnheter><po:Enhet V="t" S="{V}9089" DN="Timer per uke"/><po:Startdato V="2026-11-25"/></po:TjenesteBehov>
  <po:EksisterendeTjeneste><po:IPLOStjenestetype V="1" S="{V}9151" DN="Praktisk bistand"/>
    <po:TjenestenLevertAv>Hjemmetjenesten</po:TjenestenLevertAv></po:EksisterendeTjeneste>"""
SERVICE = Party(
    organisation=Organisation(name="Fjordvik kommune", idents=(Ident("99000001", "HER", f"{V}9051"),)),
    service=Organisation(name="Hjemmetjenesten", idents=(Ident("99000012", "HER", f"{V}9051"),)),
)


def xml(kind: str, *, at: str = "", change: str = "N", more: str = "") -> str:
    """Return the body of a message: with what its type can hold, as changed, withdrawn or new."""
    known = KINDS[kind]
    event = EVENT.format(code=known.step.value, v=V, at=at) if known.step and at else ""
    inside = "" if known.bare else CLINICAL
    sort = f'<po:TypeInnholdIMelding V="{known.usual}" S="{V}{known.list_}"/>' if known.list_ else ""
    return f"""<{known.root} xmlns="{PO}{known.space}/2012-04-01" xmlns:po="{INSIDE}"><po:InformasjonOmForsendelse>
  <po:Forsendelsesstatus V="{change}" S="{V}7309"/>{sort}</po:InformasjonOmForsendelse>{event}{more}{inside}</{known.root}>"""


def envelope(kind: str, body: str, *, msg_id: str = "plo-1", to: Party | None = None, test: bool = False) -> Envelope:
    """Return a message around a body, from the hospital."""
    read = opened(written(msg_id=msg_id)).envelope
    assert read is not None
    made = replace(read, type=Code(value=kind, name=KINDS[kind].name), body=etree.fromstring(body), test=test)
    return replace(made, receiver=to) if to else made


def care(kind: str, *, at: str = "", change: str = "N", more: str = "", msg_id: str = "plo-1", to: Party | None = None,
         test: bool = False, sent: datetime | None = None) -> bytes:  # fmt: skip
    """Return a whole message. sent: where all are not to be of one moment."""
    made = envelope(kind, xml(kind, at=at, change=change, more=more), msg_id=msg_id, to=to, test=test)
    return hodemelding.build(replace(made, sent=sent or made.sent))
