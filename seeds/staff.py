"""Staff: named people who work in Fjordvik, their roles, and those the demo lets you be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from akson.registers.codes import PROFESSION, SPECIALTY
from akson.registers.identifiers import Fnr, Hpr, synthetic_fnr, synthetic_hpr
from seeds import fjordvik as at
from seeds.fjordvik import Unit
from seeds.shapes import COVERED_BY, ROLE, Clock, Resource, Seed, coded, human_name, period, person, phone, ref

PROFESSIONS = {
    "LE": "Lege",
    "SP": "Sykepleier",
    "HE": "Helsesekretær",
    "HF": "Helsefagarbeider",
    "JO": "Jordmor",
    "FT": "Fysioterapeut",
    "PS": "Psykolog",
}
TITLES = {
    "fastlege": "Fastlege",
    "legevaktlege": "Lege i vakt",
    "sykehjemslege": "Sykehjemslege",
    "legesekretær": "Legesekretær",
    "sykepleier": "Sykepleier",
    "helsefagarbeider": "Helsefagarbeider",
    "helsesykepleier": "Helsesykepleier",
    "fysioterapeut": "Fysioterapeut",
    "psykolog": "Psykolog",
    "kommuneoverlege": "Kommuneoverlege",
    "saksbehandler": "Saksbehandler",
    "personvernombud": "Personvernombud",
    "administrator": "Systemansvarlig",
    "leder": "Leder",
}


@dataclass(frozen=True)
class Member:
    """One person at work.

    role        a code of akson/access/roles.py
    profession  a code of Volven 9060, "" for those without authorisation
    title       what they are called, where the role does not say it
    """

    key: str
    given: str
    family: str
    born: int
    sex: str  # k or m
    role: str
    profession: str
    unit: Unit
    title: str = ""

    @property
    def ref(self) -> str:
        return f"Practitioner/{self.key}"

    @property
    def female(self) -> bool:
        return self.sex == "k"

    @property
    def name(self) -> str:
        return f"{self.given} {self.family}"

    @property
    def called(self) -> str:
        return self.title or TITLES[self.role]

    @property
    def link(self) -> Resource:
        return ref(self.ref, self.name)

    @property
    def birth_date(self) -> date:
        return date(self.born, 1 + self._number % 12, 1 + self._number)

    @property
    def fnr(self) -> Fnr:
        return synthetic_fnr(self.birth_date, self._number, female=self.female)

    @property
    def hpr(self) -> Hpr | None:
        return synthetic_hpr(self._number) if self.profession else None

    @property
    def _number(self) -> int:
        return _KNOWN.index(self)


JONAS = Member("jonas", "Jonas", "Eikeland", 1979, "m", "fastlege", "LE", at.NORDRE)
ANNE = Member("anne", "Anne", "Lie", 1971, "k", "fastlege", "LE", at.NORDRE)
KRISTIN = Member("kristin", "Kristin", "Bakke", 1985, "k", "legesekretær", "HE", at.NORDRE)
INGRID = Member("ingrid", "Ingrid", "Storhaug", 1976, "k", "fastlege", "LE", at.SENTRUM)
ROLF = Member("rolf", "Rolf", "Tangen", 1963, "m", "fastlege", "LE", at.SENTRUM)
TURID = Member("turid", "Turid", "Moe", 1968, "k", "legesekretær", "HE", at.SENTRUM)
SARA = Member("sara", "Sara", "Nygård", 1990, "k", "legevaktlege", "LE", at.LEGEVAKT)
KNUT = Member("knut", "Knut", "Aas", 1982, "m", "sykepleier", "SP", at.LEGEVAKT, "Sykepleier i vakt")
MARIAM = Member("mariam", "Mariam", "Yusuf", 1991, "k", "sykepleier", "SP", at.NORD, "Hjemmesykepleier")
BERIT = Member("berit", "Berit", "Solli", 1974, "k", "sykepleier", "SP", at.NORD, "Hjemmesykepleier")
TOMMY = Member("tommy", "Tommy", "Lien", 1996, "m", "helsefagarbeider", "HF", at.NORD)
ELIN = Member("elin", "Elin", "Haugen", 1988, "k", "sykepleier", "SP", at.SOR, "Hjemmesykepleier")
DANIEL = Member("daniel", "Daniel", "Berge", 1994, "m", "helsefagarbeider", "HF", at.SOR)
GRO = Member("gro", "Gro", "Vatne", 1969, "k", "sykepleier", "SP", at.SYKEHJEM, "Sykehjemssykepleier")
ALI = Member("ali", "Ali", "Rezai", 1987, "m", "helsefagarbeider", "HF", at.SYKEHJEM)
NILS = Member("nils", "Nils", "Hovland", 1972, "m", "sykehjemslege", "LE", at.SYKEHJEM)
HANNE = Member("hanne", "Hanne", "Moen", 1983, "k", "helsesykepleier", "SP", at.HELSESTASJON)
LISE = Member("lise", "Lise", "Kvam", 1980, "k", "helsesykepleier", "JO", at.HELSESTASJON, "Jordmor")
SIRI = Member("siri", "Siri", "Aune", 1977, "k", "saksbehandler", "", at.TILDELING)
OLAV = Member("olav", "Olav", "Strand", 1966, "m", "saksbehandler", "", at.TILDELING)
JON = Member("jon", "Jon", "Hagen", 1984, "m", "fysioterapeut", "FT", at.FYSIO)
VIGDIS = Member("vigdis", "Vigdis", "Rønning", 1975, "k", "psykolog", "PS", at.PSYKISK)
PER = Member("per", "Per", "Tveit", 1970, "m", "personvernombud", "", at.MUNICIPALITY)
CAMILLA = Member("camilla", "Camilla", "Rud", 1986, "k", "administrator", "", at.MUNICIPALITY)
GURI = Member("guri", "Guri", "Holt", 1972, "k", "leder", "", at.LEGEVAKT)
GUNNAR = Member("gunnar", "Gunnar", "Falk", 1967, "m", "kommuneoverlege", "LE", at.MUNICIPALITY)

STAFF = (
    JONAS,
    ANNE,
    KRISTIN,
    INGRID,
    ROLF,
    TURID,
    SARA,
    KNUT,
    MARIAM,
    BERIT,
    TOMMY,
    ELIN,
    DANIEL,
    GRO,
    ALI,
    NILS,
    HANNE,
    LISE,
    SIRI,
    OLAV,
    JON,
    VIGDIS,
    PER,
    CAMILLA,
    GUNNAR,
    GURI,
)
FASTLEGER = (JONAS, ANNE, INGRID, ROLF)
RAGNHILD = Member("ragnhild", "Ragnhild", "Sund", 1974, "k", "fastlege", "LE", at.VESTBYEN)
NEIGHBOURS = (RAGNHILD,)  # known by name here; they work in systems of their own and have no role in ours
_KNOWN = (*STAFF, *NEIGHBOURS)


def everybody_at_work(clock: Clock) -> Iterator[Seed]:
    """Yield everybody at work and the neighbours, then the roles of ours."""
    yield from (Seed(member.ref, _practitioner(member)) for member in _KNOWN)
    for member in STAFF:
        yield Seed(f"PractitionerRole/{member.key}", _role(member, clock))


def _practitioner(member: Member) -> Resource:
    known = person(
        member.fnr, human_name(member.family, member.given), member.birth_date.isoformat(), female=member.female
    )
    made: Resource = {"resourceType": "Practitioner", **known}
    made["telecom"] = [phone(8000 + _KNOWN.index(member), "work")]
    if member.hpr:
        made["identifier"].append(member.hpr.identifier())
        made["qualification"] = [{"code": coded(PROFESSION, member.profession, PROFESSIONS[member.profession])}]
    return made


def _role(member: Member, clock: Clock) -> Resource:
    code = coded(ROLE, member.role, TITLES[member.role]) | {"text": member.called}
    made: Resource = {
        "resourceType": "PractitionerRole",
        "active": True,
        "practitioner": member.link,
        "organization": member.unit.link,
        "code": [code],
        "period": period(f"{max(2015, member.born + 28)}-01-01"),
    }
    if member in FASTLEGER:
        made["specialty"] = [coded(SPECIALTY, "1", "Allmennmedisin")]
    if member is ANNE:
        made["notAvailable"] = [_away(clock)]
    return made


def _away(clock: Clock) -> Resource:
    covers = {"url": COVERED_BY, "valueReference": JONAS.link}
    return {
        "extension": [covers],
        "description": "Ferie, Jonas Eikeland dekker",
        "during": period(clock.before(7), clock.after(6)),
    }
