"""Fjordvik: an invented municipality, its units and neighbours, and where messages to them go."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from akson.registers.codes import SERVICE_TYPE
from akson.registers.identifiers import HerId, OrgNr, synthetic_orgnr
from seeds.shapes import HL7, Resource, Seed, home, phone, ref


@dataclass(frozen=True)
class Unit:
    """One organisation. `kind` is its service in Volven 8663, "" where that list has none."""

    key: str
    name: str
    kind: str = ""
    kind_name: str = ""
    part_of: str = "Organization/fjordvik"
    line: str = "Torget 1"
    her_id: int = 0  # 0: has no address of its own
    takes: tuple[str, ...] = ()  # message types (Volven 8279) it says it takes; none: it does not say

    @property
    def link(self) -> Resource:
        return ref(self.key, self.name)


_DIALOG = tuple(f"DIALOG_{kind}" for kind in ("HELSEFAGLIG", "FORESPORSEL", "SVAR", "NOTAT", "AVVIK"))
CLINIC_TAKES = (
    *_DIALOG,
    "HENVISNING_NYTILSTAND",
    "HENVISNING_VIDERE",
    "INNLEGGELSESRAPPORT",
    "MEDISINSKE_OPPLYSNINGER",
    "LOG_DOD",
)
GP_TAKES = (
    *_DIALOG, "DIALOG_STATUS_HENVISNING", "EPIKRISE", "HELSEOPPLYSNINGER_LEGE", "ORIENTERING_TJENESTETILBUD", "LOG_DOD",
)  # fmt: skip
MUNICIPALITY = Unit("Organization/fjordvik", "Fjordvik kommune", part_of="", her_id=99000001)
NORDRE = Unit(
    "Organization/nordre", "Nordre legesenter", "KA01", "Fastlegetjeneste", line="Nordgata 4", her_id=99000011
)
SENTRUM = Unit(
    "Organization/sentrum", "Sentrum legegruppe", "KA01", "Fastlegetjeneste", line="Torget 6", her_id=99000012
)
LEGEVAKT = Unit("Organization/legevakt", "Fjordvik legevakt", "KA02", "Legevakt", line="Helseveien 2", her_id=99000013)
NORD = Unit(
    "Organization/sone-nord",
    "Hjemmetjenesten sone nord",
    "KP02",
    "Sykepleietjeneste",
    line="Nordgata 9",
    her_id=99000014,
)
SOR = Unit(
    "Organization/sone-sor", "Hjemmetjenesten sone sør", "KP02", "Sykepleietjeneste", line="Sørveien 3", her_id=99000015
)
SYKEHJEM = Unit(
    "Organization/sykehjem", "Fjordvik sykehjem", "KP02", "Sykepleietjeneste", line="Helseveien 8", her_id=99000016
)
HELSESTASJON = Unit(
    "Organization/helsestasjon",
    "Fjordvik helsestasjon",
    "KF01",
    "Helsestasjons- og skolehelsetjeneste",
    line="Helseveien 4",
    her_id=99000017,
)
TILDELING = Unit("Organization/tildeling", "Tildelingskontoret", "KD0501", "Saksbehandling", her_id=99000018)
FYSIO = Unit(
    "Organization/fysio",
    "Fysio- og ergoterapitjenesten",
    "KR01",
    "Fysioterapi, pleie og omsorg",
    line="Helseveien 4",
    her_id=99000019,
)
PSYKISK = Unit("Organization/psykisk", "Psykisk helse og rus", line="Helseveien 6")
HUKOMMELSE = Unit("Organization/hukommelsesteam", "Hukommelsesteamet", "KX07", "Demenskoordinator", line="Helseveien 8")
NORDRE_LAB = Unit("Organization/nordre-lab", "Laboratoriet, Nordre legesenter", part_of=NORDRE.key, line="Nordgata 4")
KONTOR2 = Unit("Organization/kontor-2", "Kontor 2, Nordre legesenter", part_of=NORDRE.key, line="Nordgata 4")
BARNEVERN = Unit("Organization/barnevern", "Barneverntjenesten i Fjordvik", "KX15", "Barnevern", her_id=99000021)
PPT = Unit("Organization/ppt", "PPT Fjordvik", "KX16", "Pedagogisk-psykologisk tjeneste (PPT)", her_id=99000022)
SYKEHUS = Unit("Organization/vestfjell", "Vestfjell sykehus", part_of="", line="Sykehusveien 1", her_id=99000031)
SYKEHUS_LAB = Unit(
    "Organization/vestfjell-lab",
    "Laboratoriet, Vestfjell sykehus",
    part_of=SYKEHUS.key,
    line="Sykehusveien 1",
    her_id=99000032,
)
HJERTE = Unit(
    "Organization/vestfjell-hjerte",
    "Hjertepoliklinikken, Vestfjell sykehus",
    part_of=SYKEHUS.key,
    line="Sykehusveien 1",
    her_id=99000033,
    takes=CLINIC_TAKES,
)
ORTOPEDI = Unit(
    "Organization/vestfjell-ortopedi",
    "Ortopedisk poliklinikk, Vestfjell sykehus",
    part_of=SYKEHUS.key,
    line="Sykehusveien 1",
    her_id=99000034,
    takes=CLINIC_TAKES,
)
NAV = Unit(
    "Organization/nav",
    "NAV Fjordvik",
    part_of="",
    line="Torget 3",
    her_id=99000041,
    takes=(*_DIALOG, "LEGEERKL"),
)
APOTEK = Unit("Organization/apotek", "Fjordvik apotek", part_of="", line="Torget 2", her_id=99000042)
SKOLE = Unit("Organization/skole", "Nordvik skole", line="Skolebakken 1", her_id=99000023)

VESTBYEN = Unit(
    "Organization/vestbyen", "Vestbyen legekontor", "KA01", "Fastlegetjeneste", part_of="", line="Vestveien 1",
    her_id=99000051, takes=GP_TAKES,
)  # fmt: skip

SOLHAUG = Unit(
    "Organization/solhaug", "Solhaug rehabiliteringssykehus", part_of="", line="Solhaugveien 12", her_id=99000061,
    takes=_DIALOG,
)  # fmt: skip

OWN_UNITS = (
    NORDRE,
    SENTRUM,
    LEGEVAKT,
    NORD,
    SOR,
    SYKEHJEM,
    HELSESTASJON,
    TILDELING,
    FYSIO,
    PSYKISK,
    HUKOMMELSE,
    NORDRE_LAB,
    KONTOR2,
    BARNEVERN,
    PPT,
)
OUTSIDE = (SYKEHUS, SYKEHUS_LAB, HJERTE, ORTOPEDI, NAV, APOTEK, VESTBYEN, SKOLE, SOLHAUG)
OTHER_SYSTEMS = (BARNEVERN, PPT)  # of the municipality, with systems of their own
FIKS = "4299/00"  # the barnevern in KS Fiks: kommunenummer/bydelsnummer; no municipality has that number
# Which of the demo's programs they are, by how far behind ours its port is; the others: the first. 0: none, they are
# reached through NHN's message server.
_BESIDE = {VESTBYEN.key: 3, NAV.key: 4, BARNEVERN.key: 5, PPT.key: 6, SKOLE.key: 6, SOLHAUG.key: 0}
UNITS = (MUNICIPALITY, *OWN_UNITS, *OUTSIDE)
PRACTICES = (NORDRE, SENTRUM)


@dataclass(frozen=True)
class Address:
    """Where messages to a unit go; kept apart from the resources, as no-basis asks."""

    her_id: HerId
    unit: str  # "Organization/nordre"
    name: str
    kind: str  # Volven 8663, or "" outside it
    orgnr: OrgNr
    parent: HerId | None  # the communication party on level 1, named in message headers
    ours: bool  # served by this installation
    fiks: str = ""  # where reports about children go
    consented: bool = False  # what it is told takes a consent
    beside: int = 1  # which of the demo's programs answers there; 0: it is reached through NHN's message server
    takes: tuple[str, ...] = ()


def addresses() -> tuple[Address, ...]:
    """Return the address register of the demo."""
    return tuple(address(unit) for unit in UNITS if unit.her_id)


def organizations() -> Iterator[Seed]:
    """Yield every organisation, those that others are part of first."""
    return (Seed(unit.key, _organization(number, unit)) for number, unit in enumerate(UNITS))


def address(unit: Unit) -> Address:
    """Return where messages to an organisation go."""
    above = next((other.her_id for other in UNITS if other.key == unit.part_of), 0)
    return Address(
        her_id=HerId(unit.her_id),
        unit=unit.key,
        name=unit.name,
        kind=unit.kind,
        orgnr=synthetic_orgnr(UNITS.index(unit)),
        parent=HerId(above) if above else None,
        ours=unit not in (*OUTSIDE, *OTHER_SYSTEMS),
        fiks=FIKS if unit is BARNEVERN else "",
        consented=unit in (PPT, SKOLE),
        beside=_BESIDE.get(unit.key, 1),
        takes=unit.takes,
    )


def _organization(number: int, unit: Unit) -> Resource:
    address = home(unit.line) | {"use": "work"}
    made: Resource = {
        "resourceType": "Organization",
        "identifier": [synthetic_orgnr(number).identifier()],
        "active": True,
        "name": unit.name,
        "address": [address],
        "telecom": [phone(9000 + number, "work")],
        "type": [_type(unit)],
    }
    return made | ({"partOf": ref(unit.part_of)} if unit.part_of else {})


def _type(unit: Unit) -> Resource:
    if unit.kind:
        return {
            "coding": [{"system": SERVICE_TYPE, "code": unit.kind, "display": unit.kind_name}],
            "text": unit.kind_name,
        }
    return {
        "coding": [{"system": HL7 + "organization-type", "code": "govt" if unit is MUNICIPALITY else "dept"}],
        "text": "Kommune" if unit is MUNICIPALITY else "Enhet",
    }
