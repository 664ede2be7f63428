"""The hospital's own way of writing the nursing and care messages (PLO 1.6), and what follows when somebody goes home.

No code shared with Akson.
"""

from __future__ import annotations

from xml.sax.saxutils import escape

from peers import letters, reports
from peers.illnesses import Illness
from peers.letters import VOLVEN, Letter

PO = "http://www.kith.no/xmlstds/po/"
LOGISTICS = "Pasientlogistikk"
ADMITTED, LEFT, REPORT = "LOG_INNLAGT", "LOG_UTSKREVET", "UTSKRIVNINGSRAPPORT"
KINDS = {  # type -> what it is called, root element, folder of its namespace, what happened (Volven 9121)
    ADMITTED: ("Melding om innlagt pasient", "MeldingInnlagtPasient", LOGISTICS, "1"),
    "HELSEOPPL_SOKNAD": (
        "Helseopplysninger ved søknad",
        "HelseopplysningerVedSoknad",
        "HelseopplysningerVedSoknad",
        "",
    ),
    "LOG_UTSKRIVNINGSKLAR": ("Utskrivningsklar pasient", "MeldingUtskrivningsklarPasient", LOGISTICS, "3"),
    "LOG_AVMELDING": ("Avmelding av utskrivningsklar", "AvmeldingUtskrivningsklarPasient", LOGISTICS, "4"),
    LEFT: ("Melding om utskrevet pasient", "MeldingOmUtskrevetPasient", LOGISTICS, "2"),
    "LOG_DOD": ("Orientering om dødsfall", "OrienteringOmDod", LOGISTICS, "13"),
    REPORT: ("Utskrivningsrapport", "TverrfagligEpikrise", "TverrfagligEpikrise", ""),
}
# What the ward writes by itself when somebody has gone home, in this order: type, and whether it goes to the GP. The
# nurse's report goes at once; the last blood tests are answered next, and the doctor writes when they are there.
AFTERWARDS = ((REPORT, False), (reports.ANSWER, True), (reports.DISCHARGE, True))
_NEED = {1: "Ikke behov", 2: "Lite behov", 3: "Middels behov", 4: "Stort behov", 5: "Fullt bistandsbehov"}


def message(letter: Letter, now: str, kind: str, illness: Illness) -> bytes:
    """Write one: a notice with its time, or a report with the letter's text and what the illness brings."""
    name, root, folder, event = KINDS[kind]
    inner = _event(event, now) if event else _report(letter.text, illness)
    space = f'xmlns="{PO}{folder}/2012-04-01" xmlns:c="{PO}poKomponent/2012-04-01"'
    status = f'<c:Forsendelsesstatus V="N" S="{VOLVEN}7309" DN="Ny"/>'
    content = f"<{root} {space}><c:InformasjonOmForsendelse>{status}</c:InformasjonOmForsendelse>{inner}</{root}>"
    return letters.wrapped(letter, now, kind, name, content)


def _event(code: str, now: str) -> str:
    return (
        f'<c:TidsfestetHendelse><c:Hendelsekode V="{code}" S="{VOLVEN}9121"/><c:TidspunktForHendelse V="{now}"/>'
        f"</c:TidsfestetHendelse>"
    )


def _report(text: str, illness: Illness) -> str:
    code, name = illness.diagnosis
    medicines = "".join(
        f'<c:Legemiddel><c:Legemiddelkode V="{each.atc}" S="{VOLVEN}7180" DN="{each.name}"/>'
        f"<c:NavnFormStyrke>{each.product}</c:NavnFormStyrke><c:Dosering>{each.dose}</c:Dosering></c:Legemiddel>"
        for each in illness.in_use
    )
    manages = "".join(
        f'<c:KartlagtFunksjon><c:Funksjonsvariabel V="{function}" S="{VOLVEN}9111" DN="{what}"/>'
        f'<c:Vurdering V="{need}" DN="{_NEED[need]}"/></c:KartlagtFunksjon>'
        for function, what, need in illness.manages
    )
    return f"""<c:InfoMedisinskDiagnose><c:MedisinskDiagnose>
        <c:Hoveddiagnose>true</c:Hoveddiagnose><c:Diagnosekode V="{code}" S="{VOLVEN}7110" DN="{name}"/>
      </c:MedisinskDiagnose></c:InfoMedisinskDiagnose>
      <c:Legemiddelinfo>{medicines}</c:Legemiddelinfo>
      <c:Sykepleierdokumentasjon><c:InfoFraSykepleier>{escape(text)}</c:InfoFraSykepleier></c:Sykepleierdokumentasjon>
      <c:InfoKartleggingFunksjonsniva>{manages}</c:InfoKartleggingFunksjonsniva>"""
