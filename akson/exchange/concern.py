"""A report of a child to the barnevern as the national format has it (bekymringsmelding, offentlig melder, v2). Pure.

What stands in it: who reports, in their own name; one or more children; one or two who have the care; what there is to
worry about. A child may be unknown by number, or unborn. The district of the receiver is filled in when it is sent.

Source  KS Fiks, the protocol no.ks.fiks.bekymringsmelding.v2 (docs/sources.md#barnevern); hpl § 33
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from akson.base.errors import Refused
from akson.exchange.nodes import OSLO

TYPE: Final = "BEKYMRINGSMELDING"  # of the outbox; no code of Volven 8279, for it is no Hodemelding
SYSTEM: Final = "https://akson.no/fhir/concern"
PHONE: Final = re.compile(r"[+]?[0-9]+([- ][0-9]+)*", re.ASCII)
_WORD = r"[A-Za-zæøåÆØÅ0-9_-]"
MAIL: Final = re.compile(rf"{_WORD}+(\.{_WORD}+)*@[A-Za-zæøåÆØÅ0-9-]+(\.[A-Za-zæøåÆØÅ0-9-]+)*\.[A-Za-z]{{2,}}")
NOT_KNOWN: Final = "Ikke kjent"
Document = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Reporter:
    """Who reports, and where they work. role: as people read it; place: the street of the organisation."""

    name: str
    role: str
    phone: str
    mail: str
    unit: str
    number: str
    place: str


@dataclass(frozen=True, kw_only=True)
class Person:
    """A child, or one who has the care of it. told: knows of the report; why: if not, why not."""

    name: str
    told: bool
    why: str = ""
    fnr: str = ""
    place: str = ""


@dataclass(frozen=True, kw_only=True)
class Report:
    """One report. municipality: number and name; channel: the organisation that sends it."""

    municipality: tuple[str, str]
    district: str
    reporter: Reporter
    child: Person
    carers: tuple[Person, ...]
    worry: str
    story: str
    views: str
    interpreter: str
    helpers: str
    channel: str
    sent: datetime


def document(report: Report) -> Document:
    """Return the report as JSON has it.

    Raises  Refused AK-X091 a telephone number, or AK-X092 an e-mail address, that the format does not take
    """
    who = report.reporter
    if not PHONE.fullmatch(who.phone):
        raise Refused("AK-X091", path="telefon")
    if not MAIL.fullmatch(who.mail):
        raise Refused("AK-X092", path="epost")
    return {
        "kommunenummer": report.municipality[0], "kommunenavn": report.municipality[1],
        "bydelsnummer": report.district, "bydelsnavn": "",
        "offentligMelder": {
            "personnavn": who.name, "rolle": who.role, "telefonnummer": who.phone, "epost": who.mail,
            "virksomhet": {"navn": who.unit, "orgnr": who.number, "adresse": _address(who.place)},
        },
        "offentligBarn": [{
            "fnr": report.child.fnr, "ufoedt": False, "personnavn": report.child.name,
            "adresse": _address(report.child.place), "orientert": report.child.told,
            "orientertGrunn": report.child.why,
        }],
        "foresatte": [{"personnavn": one.name, "orientert": one.told, "orientertGrunn": one.why}
                      for one in report.carers],
        "behovForTolk": report.interpreter, "andreHjelpeinstanser": report.helpers,
        "melding": {"melding": report.worry, "historie": report.story}
        | ({"andreSynspunkter": report.views} if report.views else {}),
        "sendingstidspunkt": report.sent.astimezone(OSLO).replace(tzinfo=None).isoformat(timespec="seconds"),
        "leveringskanal": report.channel,
    }  # fmt: skip


def in_district(written: Document, number: str, name: str) -> Document:
    """Return a report as it goes to one district of the municipality: there must be no doubt whom it is for."""
    return written | {"bydelsnummer": number, "bydelsnavn": name}


def in_words(written: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return (heading, text) of all that a report says, in the order it is read."""
    return [(head, text) for head, text in _words(written) if text]


def _words(written: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    said = written["melding"]
    yield "Bekymringen", said["melding"]
    yield "Hva som har skjedd", said["historie"]
    yield "Barnets og andres syn", said.get("andreSynspunkter", "")
    for child in written["offentligBarn"]:
        known = [child["personnavn"], child["fnr"], child["adresse"]["adresselinje1"]]
        yield "Barnet", ", ".join(filter(None, known))
        yield "Barnet er orientert", _told(child)
    for carer in written["foresatte"]:
        yield "Foresatt", f"{carer['personnavn']}. Orientert: {_told(carer)}"
    yield "Behov for tolk", written.get("behovForTolk", "")
    yield "Andre som hjelper", written.get("andreHjelpeinstanser", "")
    who = written["offentligMelder"]
    place = who["virksomhet"]
    yield "Melder", f"{who['personnavn']}, {who['rolle']}, {place['navn']}. Tlf. {who['telefonnummer']}, {who['epost']}"


def _told(person: Mapping[str, Any]) -> str:
    told = "Ja" if person["orientert"] else "Nei"
    why = person.get("orientertGrunn", "")
    return f"{told}. {why}" if why else f"{told}."


def _address(place: str) -> dict[str, str]:
    return {"adresselinje1": place or NOT_KNOWN}
