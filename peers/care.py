"""The hospital's own way of writing the nursing and care messages (PLO 1.6); no code shared with Akson."""

from __future__ import annotations

from xml.sax.saxutils import escape

from peers import letters
from peers.letters import VOLVEN, Letter

PO = "http://www.kith.no/xmlstds/po/"
LOGISTICS = "Pasientlogistikk"
KINDS = {  # type -> what it is called, root element, folder of its namespace, what happened (Volven 9121)
    "LOG_INNLAGT": ("Melding om innlagt pasient", "MeldingInnlagtPasient", LOGISTICS, "1"),
    "HELSEOPPL_SOKNAD": (
        "Helseopplysninger ved søknad",
        "HelseopplysningerVedSoknad",
        "HelseopplysningerVedSoknad",
        "",
    ),
    "LOG_UTSKRIVNINGSKLAR": ("Utskrivningsklar pasient", "MeldingUtskrivningsklarPasient", LOGISTICS, "3"),
    "LOG_AVMELDING": ("Avmelding av utskrivningsklar", "AvmeldingUtskrivningsklarPasient", LOGISTICS, "4"),
    "LOG_UTSKREVET": ("Melding om utskrevet pasient", "MeldingOmUtskrevetPasient", LOGISTICS, "2"),
    "UTSKRIVNINGSRAPPORT": ("Utskrivningsrapport", "TverrfagligEpikrise", "TverrfagligEpikrise", ""),
}


def message(letter: Letter, now: str, kind: str) -> bytes:
    """Write one: a notice with its time, or a report with the letter's text, a diagnosis and a medicine."""
    name, root, folder, event = KINDS[kind]
    inner = _event(event, now) if event else _report(letter.text)
    space = f'xmlns="{PO}{folder}/2012-04-01" xmlns:c="{PO}poKomponent/2012-04-01"'
    status = f'<c:Forsendelsesstatus V="N" S="{VOLVEN}7309" DN="Ny"/>'
    content = f"<{root} {space}><c:InformasjonOmForsendelse>{status}</c:InformasjonOmForsendelse>{inner}</{root}>"
    return letters.wrapped(letter, now, kind, name, content)


def _event(code: str, now: str) -> str:
    return (
        f'<c:TidsfestetHendelse><c:Hendelsekode V="{code}" S="{VOLVEN}9121"/><c:TidspunktForHendelse V="{now}"/>'
        f"</c:TidsfestetHendelse>"
    )


def _report(text: str) -> str:
    return f"""<c:InfoMedisinskDiagnose><c:MedisinskDiagnose>
        <c:Hoveddiagnose>true</c:Hoveddiagnose><c:Diagnosekode V="S72.0" S="{VOLVEN}7110" DN="Brudd i lårhals"/>
      </c:MedisinskDiagnose></c:InfoMedisinskDiagnose>
      <c:Legemiddelinfo><c:Legemiddel><c:Legemiddelkode V="N02BE01" S="{VOLVEN}7180" DN="Paracetamol"/>
        <c:NavnFormStyrke>Paracetamol tab 500 mg</c:NavnFormStyrke>
        <c:Dosering>2 tabletter inntil 4 ganger daglig</c:Dosering>
        </c:Legemiddel></c:Legemiddelinfo>
      <c:Sykepleierdokumentasjon><c:InfoFraSykepleier>{escape(text)}</c:InfoFraSykepleier></c:Sykepleierdokumentasjon>"""
