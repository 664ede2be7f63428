"""Personas: whom the demo lets you be, and what to try as each of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from seeds import staff as by
from seeds.chart import Citizen
from seeds.citizens.astrid import ASTRID, KARI
from seeds.citizens.cared_for import TONE
from seeds.citizens.family import IDA, OLA, mia
from seeds.citizens.inbox import ERIK
from seeds.citizens.own_system import OLAUG
from seeds.staff import Member


@dataclass(frozen=True)
class Persona:
    """One card on the demo's sign-in page.

    key   "Practitioner/jonas" or "Patient/astrid"
    fnr   the national identity number they sign in with; synthetic
    """

    key: str
    fnr: str
    name: str
    title: str
    hint: str
    role: str = ""  # a code of akson/access/roles.py; empty for residents


STAFF_CARDS = (
    (by.JONAS, "Se Astrid etter sykehuset, skriv notat"),
    (by.SARA, "Åpne journal uten tilknytning"),
    (by.MARIAM, "Skriv målinger hjemme hos Astrid, svar på meldinger"),
    (by.HANNE, "Les journalen til barn du følger, skriv notat"),
    (by.LISE, "Meld til barnevernet, skriv til skole eller PPT om Emil"),
    (by.SIRI, "Oppgaver i innboksen. Ser ikke notater"),
    (by.BERIT, "Naboen har sperret for henne"),
    (by.ELIN, "Astrid hører til den andre sonen"),
    (by.KRISTIN, "Innboks, og meldinger som må ordnes for hånd"),
    (by.PER, "Svar innbyggere som spør om oppslag, vurder nødåpninger"),
    (by.GURI, "Gå gjennom journaler de ansatte har åpnet selv"),
    (by.GUNNAR, "Avgjør krav om retting og sletting"),
    (by.CAMILLA, "Ansatte og roller, feil i meldinger. Ser ingen journal"),
)
CITIZEN_CARDS = (
    (ASTRID, "Timer, medisiner, hvem som har sett"),
    (KARI, "Datter med fullmakt. Ser det Astrid har valgt"),
    (OLA, "Far til Emil, 7 år. Les journalen hans, se hvem som har åpnet den"),
    (IDA, "Mor til Emil, som har to hjem, og nyfødte Nora"),
    (ERIK, "Krev at en diagnose slettes, og klag hvis det blir avslått"),
    (OLAUG, "Fastlegen har eget system. Se hva hun har lest hos kommunen"),
    (TONE, "Datter av Magne, som er død: be om innsyn. Verge for Arne"),
)


def staff_personas() -> tuple[Persona, ...]:
    """Return the cards of those at work."""
    return tuple(_at_work(member, hint) for member, hint in STAFF_CARDS)


def citizen_personas(today: date) -> tuple[Persona, ...]:
    """Return the cards of residents: grown-ups, whose numbers never change, and Mia as this year's seeds have her."""
    cards = (*CITIZEN_CARDS, (mia(today), "13 år. Kommer inn når faren, Ola, har samtykket"))
    return tuple(_at_home(citizen, hint) for citizen, hint in cards)


def _at_work(member: Member, hint: str) -> Persona:
    return Persona(
        key=member.ref,
        fnr=member.fnr.value,
        name=member.name,
        hint=hint,
        role=member.role,
        title=f"{member.called}, {member.unit.name}",
    )


def _at_home(citizen: Citizen, hint: str) -> Persona:
    return Persona(key=citizen.ref, fnr=citizen.fnr.value, name=citizen.name, title="Innbygger", hint=hint)
