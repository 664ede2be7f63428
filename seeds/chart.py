"""Chart: what is gathered about one person, and the facts that decide who may see it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from akson.registers.codes import ATC, KINSHIP, REACTION, REACTION_SOURCE
from akson.registers.identifiers import Fnr, synthetic_fnr
from seeds.fjordvik import MUNICIPALITY
from seeds.shapes import (
    FLAG,
    HL7,
    KEY_CODE,
    NO_BASIS,
    OURS,
    PROTECTION,
    Clock,
    Resource,
    Seed,
    coded,
    hl7,
    home,
    human_name,
    period,
    person,
    phone,
    ref,
)
from seeds.staff import Member


@dataclass(frozen=True, kw_only=True)
class Citizen:
    """One invented resident. `index` keeps the numbers of two born on one day apart."""

    key: str
    given: tuple[str, ...]
    family: str
    born: date
    female: bool
    gp: Member
    line: str = ""  # street and number; "" where no address is to be known
    place: str = "9996 Fjordvik"
    index: int = 0
    protection: str = ""  # kode6, kode7, klientadresse
    phone: int = 0

    @property
    def ref(self) -> str:
        return f"Patient/{self.key}"

    @property
    def name(self) -> str:
        return f"{' '.join(self.given)} {self.family}"

    @property
    def link(self) -> Resource:
        return ref(self.ref, self.name)

    @cached_property
    def fnr(self) -> Fnr:
        return synthetic_fnr(self.born, self.index, female=self.female)


@dataclass
class Chart:
    """The seeds of one person, in the order they are added."""

    of: Citizen
    clock: Clock
    seeds: list[Seed] = field(default_factory=list)
    used: Counter[str] = field(default_factory=Counter)

    def add(self, kind: str, resource: Resource, name: str = "") -> str:
        """Add one resource and return the key others name it by: "Kind/person-name", numbered if it has no name."""
        self.used[kind] += 1
        key = f"{kind}/{self.of.key}-{name or self.used[kind]}"
        self.seeds.append(Seed(key, {"resourceType": kind, **resource}))
        return key

    @property
    def who(self) -> Resource:
        return {"reference": self.of.ref}


def open_chart(citizen: Citizen, clock: Clock, *, died: str = "", marital: str = "") -> Chart:
    """Begin a chart with the Patient itself."""
    name = human_name(citizen.family, *citizen.given)
    made: Resource = {
        "resourceType": "Patient",
        **person(citizen.fnr, name, citizen.born.isoformat(), female=citizen.female),
    }
    made |= {"managingOrganization": MUNICIPALITY.link, "generalPractitioner": [citizen.gp.link, citizen.gp.unit.link]}
    if citizen.line:
        made["address"] = [home(citizen.line, citizen.place)]
    if citizen.phone:
        made["telecom"] = [phone(citizen.phone)]
    if citizen.protection:
        made["meta"] = {"security": [{"system": PROTECTION, "code": citizen.protection}]}
    if marital:
        made["maritalStatus"] = hl7("v3-MaritalStatus", marital)
    if died:
        made["deceasedDateTime"] = died
    return Chart(citizen, clock, [Seed(citizen.ref, made)])


KIN = {
    "MO": "Mor",
    "FA": "Far",
    "DA": "Datter",
    "SO": "Sønn",
    "EF": "Ektefelle",
    "SA": "Samboer",
    "SI": "Søster",
    "BR": "Bror",
}
PARENTS = {"MO": ("mor", "MTH"), "FA": ("far", "FTH")}


def relative(
    chart: Chart,
    other: Citizen,
    kin: str,
    *,
    parent: bool = False,
    shared: bool = True,
    next_of_kin: bool = False,
    proxy: bool = False,
) -> str:
    """Add a relative of kin `kin` (KIN); `parent`: holds parental responsibility, alone unless `shared`.

    The identifier leads to the relative's own Patient; that is how a parent or proxy who signs in is known again.
    """
    relations = [coded(KINSHIP, kin, KIN[kin])]
    if parent:
        relations += [_parental("felles" if shared else PARENTS[kin][0]), hl7("v3-RoleCode", PARENTS[kin][1])]
    if proxy:
        relations.append(coded(HL7 + "v3-RoleCode", "POWATT", "Fullmakt"))
    if next_of_kin:
        relations.append(coded(HL7 + "v2-0131", "N", "Nærmeste pårørende"))
    known = human_name(other.family, *other.given)
    made: Resource = person(other.fnr, known, other.born.isoformat(), female=other.female)
    made |= {"patient": chart.who, "relationship": relations}
    if other.phone:
        made["telecom"] = [phone(other.phone)]
    return chart.add("RelatedPerson", made, other.key)


def guardian(chart: Chart, other: Citizen, mandate: str) -> str:
    """Add somebody who is appointed to act for the person; mandate: in Folkeregisteret's word."""
    made: Resource = person(
        other.fnr, human_name(other.family, *other.given), other.born.isoformat(), female=other.female
    )
    relations = [coded(HL7 + "v3-RoleCode", "GUARD", "Verge"), coded(OURS + "guardian-mandate", mandate, "Mandat")]
    return chart.add("RelatedPerson", made | {"patient": chart.who, "relationship": relations}, other.key)


def _parental(code: str) -> Resource:
    return coded(NO_BASIS + "CodeSystem/no-basis-parental-responsibility", code, "Foreldreansvar, " + code)


def block(chart: Chart, *, against: str = "", data: tuple[str, ...] = ()) -> str:
    """Add a citizen's refusal: against one professional or unit (default: all), of `data` (default: the record)."""
    provision: Resource = {"type": "deny", "period": period(chart.clock.before(40))}
    if against:
        provision["actor"] = [{"role": hl7("v3-ParticipationType", "IRCP"), "reference": ref(against)}]
    if data:
        provision["data"] = [{"meaning": "instance", "reference": ref(key)} for key in data]
    return chart.add("Consent", _consent(chart, provision), "sperring")


def _consent(chart: Chart, provision: Resource) -> Resource:
    return {
        "status": "active",
        "scope": hl7("consentscope", "patient-privacy"),
        "category": [{"coding": [{"system": "http://loinc.org", "code": "59284-0"}]}],
        "patient": chart.who,
        "dateTime": chart.clock.ago(40),
        "performer": [chart.who],
        "policyRule": hl7("v3-ActCode", "OPTOUT"),
        "provision": provision,
    }


def flag(chart: Chart, code: str, text: str, since: str, *, category: str = "clinical", by: str = "") -> str:
    """Add a line for the banner. `text` is "Word in bold: the rest"."""
    made: Resource = {
        "status": "active",
        "category": [hl7("flag-category", category)],
        "subject": chart.who,
        "code": {"coding": [{"system": FLAG, "code": code}], "text": text},
        "period": period(since),
    }
    return chart.add("Flag", made | ({"author": ref(by)} if by else {}), code)


def key_box(chart: Chart, text: str, code: str, since: str) -> str:
    """Add where the key is; the code is an extension, shown only to who asks for it."""
    made: Resource = {
        "extension": [{"url": KEY_CODE, "valueString": code}],
        "status": "active",
        "category": [hl7("flag-category", "admin")],
        "subject": chart.who,
        "code": {"coding": [{"system": FLAG, "code": "nokkel"}], "text": text},
        "period": period(since),
    }
    return chart.add("Flag", made, "nokkel")


def allergy(chart: Chart, atc: str, text: str, reaction: tuple[str, str], onset: str, *, severe: bool = True) -> str:
    """Add one hypersensitivity with its one reaction (no-basis: exactly one)."""
    source = {
        "url": NO_BASIS + "StructureDefinition/no-basis-sourceofinformation",
        "valueCodeableConcept": coded(REACTION_SOURCE, "2", "Observert av behandlende lege"),
    }
    manifested = {
        "manifestation": [coded(REACTION, *reaction)],
        "onset": onset,
        "severity": "severe" if severe else "mild",
    }
    made = {
        "extension": [source],
        "clinicalStatus": hl7("allergyintolerance-clinical", "active"),
        "verificationStatus": hl7("allergyintolerance-verification", "confirmed"),
        "type": "allergy",
        "category": ["medication"],
        "criticality": "high" if severe else "low",
        "code": coded(ATC, atc, text),
        "patient": chart.who,
        "recordedDate": onset,
        "recorder": chart.of.gp.link,
        "reaction": [manifested],
    }
    return chart.add("AllergyIntolerance", made)


def lives(chart: Chart, text: str, since: str) -> str:
    """Add how the person lives, as people read it ("Bor alene")."""
    made = {
        "status": "final",
        "category": [hl7("observation-category", "social-history")],
        "code": coded(OURS + "social", "bosituasjon", "Bosituasjon"),
        "subject": chart.who,
        "effectiveDateTime": since,
        "valueCodeableConcept": {"text": text},
    }
    return chart.add("Observation", made, "bosituasjon")
