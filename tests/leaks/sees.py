"""The oracle of the leak suite: who sees what of whom, written by hand from the law as domain.md tells it (R1-R33, C3-C10).

This file imports nothing of the application, least of all its rules: where the two differ, one of them is wrong.

Each person below is in one situation. A row says which askers see which parts of the record; who is not named sees
nothing of it, not even that it is there. What a role or a token is not for is taken away from that (TYPES).

parts   plain: ordinary content. closed: what the block of this person is about. consent: the block, or the consent, itself.
        name: as it stands in somebody else's record. place: where somebody with a hidden address is, as placing.py
        has it. The others are called as their mark, or as what was done with them.
askers  a name of ASKERS; "self": the person; else their unit ("nord", "sentrum", "fjell", "lege") or "program". The
        first of these that a row has counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

_OWN: Final = {"self": "plain", "program": "plain"}  # nothing stands in the way of the person and of agreements
_SAID: Final = {"self": "plain consent", "program": "plain consent"}  # the person's own word on who acts for them
_SHUT: Final = {"self": "plain consent"}  # a block of everything for everybody
_DEAD: Final = {"program": "plain"}  # nobody signs in as the dead, or acts for them
_NORD: Final = {**_OWN, "nord": "plain"}

RECORDS: Final[Mapping[str, Mapping[str, str]]] = {
    # R1, R10: a tie to the patient, now, and of one's own unit
    "known to nobody": {**_OWN, "program": "plain name", "self": "plain name"},
    "on the GP's list": {**_OWN, "lege": "plain"},
    "served": {**_NORD, "the nurse's app for her": "plain", "a doctor elsewhere, for one served": "plain"},
    "served by both": {**_NORD, "sentrum": "plain", "fjell": "plain"},
    "served before": _OWN,
    "served from next year": _OWN,
    "in the team of one by name": {**_OWN, "the team's member": "plain"},
    "answered for": _OWN,  # R20: to answer for a record lets nobody in
    "in a team": _NORD,
    "in a team that has ended": _OWN,
    "to be met this week": {**_OWN, "sykepleier in sentrum": "plain"},
    "met a month ago": _OWN,
    "to be met by one who declined": _OWN,
    "with a cancelled appointment": _OWN,
    "admitted": _NORD,
    "admitted before": _OWN,
    "referred": _NORD,
    "referred a year ago": _OWN,
    "proposed only": _OWN,
    "assigned": _NORD,
    "told of in a message": _OWN,
    # R2, R14: opened by oneself
    "opened with a reason": {**_OWN, "who opens with a reason": "plain"},
    "opened yesterday": _OWN,
    "opened in an emergency": {**_SHUT, "who opens in an emergency": "plain consent"},
    "opened in an emergency two hours ago": _SHUT,
    "closed to who opened it": {**_OWN, "self": "plain consent", "program": "plain consent"},
    "closed in emergencies too": _SHUT,
    # R11, R12, C3, C4: blocks
    "closed": _SHUT,
    "closed to Berit": {"self": "plain consent", "program": "plain consent", "nord": "plain consent", "Berit": ""},
    "closed to nurses": {"self": "plain consent", "program": "plain consent", "nord": "plain consent",
                         **dict.fromkeys(("sykepleier in nord", "Berit", "a nurse who is a patient", "a nurse who is a mother",
                                          "the nurse's app", "the nurse's app for her", "a nurse's app for doctors' notes"), "")},
    "closed to a unit": {"self": "plain consent", "program": "plain consent", "sentrum": "plain consent",
                         "fjell": "plain consent"},
    "closed to an organisation": {"self": "plain consent", "program": "plain consent", "fjell": "plain consent"},
    "with a closed document": {"self": "plain closed consent", "program": "plain consent", "nord": "plain consent",
                               "the daughter": "plain", "a doctor elsewhere, for one with a closed document": "plain"},
    "with a closed year": {"self": "plain closed consent", "program": "plain consent", "nord": "plain consent"},
    "closed what a unit wrote": {"self": "plain closed consent", "program": "plain consent", "nord": "plain consent",
                                 "sentrum": "plain closed consent"},
    "closed what Berit wrote": {"self": "plain closed consent", "program": "plain consent", "nord": "plain consent",
                                "Berit": "plain closed consent"},
    "closed what is marked": {"self": "plain closed consent", "program": "plain consent", "nord": "plain consent"},
    "closed until last week": {"self": "plain consent", "program": "plain consent", "nord": "plain consent"},
    "closed from next week": {"self": "plain consent", "program": "plain consent", "nord": "plain consent"},
    # R13: the author's presumed objection; R25, R35: withheld from the citizen
    "who would object": {"self": "plain objection", "nord": "plain objection", "sentrum": "plain", "program": "plain"},
    "with something withheld": {"self": "plain", "nord": "plain withheld", "program": "plain withheld"},
    # C1: not to be seen by the citizen, nor by who acts for them, before an instant
    "with something not released": {"self": "plain released", "the daughter": "plain released",
                                    "nord": "plain released unreleased", "program": "plain released unreleased"},
    "a child with something not released": {"the mother": "plain", "nord": "plain unreleased",
                                            "program": "plain unreleased", "a nurse who is a mother": ""},
    # R29, R30: protected addresses
    "strictly confidential": {"self": "plain address"},
    "strictly confidential and served": {"self": "plain address", "nord": "plain"},
    "confidential and served": {**_NORD, "self": "plain address"},
    "at a klientadresse": {**_NORD, "self": "plain address"},
    # R25-R28, C10: children
    "a child of 6": {"the mother": "plain", "the father": "plain", "nord": "plain withheld-parents",
                     "program": "plain withheld-parents", "a nurse who is a mother": ""},
    "a child of 12": {"the mother": "plain", "program": "plain consent"},
    "a youth of 14": {"the mother": "plain", "program": "plain withheld-parents"},
    "a youth of 14 who signs in": {"the mother": "plain", "self": "plain consent", "program": "plain consent"},
    "a youth of 16": {"self": "plain", "program": "plain"},
    "a child in care": {"program": "plain"},
    "a child of one parent": {"the mother": "plain", "program": "plain"},
    "a child with a closed document": {"the mother": "plain closed consent", "program": "plain consent"},
    "a youth with a closed document": {"the mother": "plain", "program": "plain consent"},
    # R33: who has reported a child reads that, past all that is closed, for that unit and a term; no parent ever does
    "a reported child": {"the mother": "plain", "nord": "plain report", "lege": "plain report", "who reported": "report",
                         "program": "plain report", "a nurse who is a mother": ""},
    "a reported child who is told": {"the mother": "plain", "self": "plain report consent", "who reported": "report",
                                     "program": "plain report consent"},
    "a reported child who is closed": {"the mother": "plain consent", "who reported": "report"},
    "a reported child in care": {"nord": "plain report", "who reported": "report", "program": "plain report",
                                 "a nurse who is a mother": ""},
    "a child reported a year ago": {"the mother": "plain", "nord": "plain report", "program": "plain report",
                                    "a nurse who is a mother": ""},
    "a child reported from another unit": {"the mother": "plain", "program": "plain report"},
    # C9, R32: who acts for somebody
    "acted for": {**_OWN, "the daughter": "plain", "who keeps the calendar": "plain", "who fetches medicines": "plain"},
    "acted for by own word": {**_SAID, "the daughter": "plain", "who keeps the calendar": "plain"},
    "acted for until taken back": {**_SAID, "who fetches medicines": "plain"},
    "acted for last year": _OWN,
    "acted for, and dead": _DEAD,
    "under guardianship": {**_OWN, "the guardian": "plain"},
    "under guardianship, and dead": _DEAD,
    "under guardianship for money": _OWN,
    "under guardianship in part": {**_OWN, "who keeps the calendar": "plain"},
    "a child who has died": {**_DEAD, "nord": "plain", "a nurse who is a mother": ""},
    "married, and dead": _DEAD,
    "married": _OWN,
    # R29, R30: who acts for somebody with a hidden address is told nothing that leads to where they are
    "confidential, with a proxy": {"self": "plain address place", "nord": "plain place", "program": "plain place",
                                   "the daughter": "plain", "who keeps the calendar": "plain"},
    "strictly confidential, with a proxy": {"self": "plain address place consent", "nord": "plain place consent",
                                            "the daughter": "plain"},
    "a confidential child": {"the mother": "plain", "nord": "plain place", "program": "plain place",
                             "a nurse who is a mother": ""},
    "a confidential youth": {"self": "plain address place consent", "the mother": "plain", "program": "plain place consent"},
    "at a klientadresse, under guardianship": {"self": "plain address place", "program": "plain place",
                                               "the guardian": "plain"},
    # R6: one's own record and one's family's, at work
    "a patient who is a nurse": {**_NORD, "a nurse who is a patient": ""},
    "a nurse's child": {**_NORD, "a nurse who is a mother": ""},
    # C2, R34: cases; R21, C7: what is gone
    "with a case": {"self": "plain case", "nord": "plain", "program": "plain", "the privacy officer": "case"},
    "with something deleted": {"self": "plain deleted", "nord": "plain deleted", "program": "plain deleted"},
    "with something erased": _NORD,
    # those who ask as citizens
    **dict.fromkeys(("the mother", "the father", "the daughter", "who keeps the calendar", "who fetches medicines",
                     "the guardian", "the husband", "who has nobody"), _OWN),
}  # fmt: skip

# What belongs to nobody, as alone.py has it. answer: what came back of a report; work: what a unit has to do.
NOBODYS: Final[Mapping[str, Mapping[str, str]]] = {
    # R33: a report of a child without a record here is its writer's alone, for that unit and a term; no program's
    "somebody unknown who is reported": {"who reported": "report answer"},
    "somebody unknown, reported a year ago": {},
    "somebody unknown, reported from another unit": {},
    # R1: what concerns no patient is for the unit whose work it is, and for agreements
    "a unit's own work": {"sentrum": "work", "program": "work"},
}
_ROWS: Final = {**RECORDS, **NOBODYS}

ALL: Final = frozenset({"*"})
_LESS = "Patient RelatedPerson Appointment CareTeam EpisodeOfCare Task Encounter Coverage Flag"
_CASE = (f"{_LESS} ServiceRequest CarePlan Goal QuestionnaireResponse Communication CommunicationRequest "
         "DocumentReference Consent Observation")  # fmt: skip
_DRUGS = (f"{_LESS} MedicationRequest MedicationStatement MedicationDispense MedicationAdministration Medication List "
          "AllergyIntolerance Condition Observation DetectedIssue Communication CommunicationRequest")  # fmt: skip

# R7: the types of information that a role has a use for; "*": all of the record.
TYPES: Final[Mapping[str, frozenset[str]]] = {
    **dict.fromkeys(
        "fastlege legevaktlege sykehjemslege kommuneoverlege lis1 legesekretær sykepleier helsefagarbeider helsesykepleier "
        "jordmor vernepleier fysioterapeut ergoterapeut psykolog miljøterapeut assistent avtalepart innbygger".split(), ALL,
    ),
    **dict.fromkeys(("saksbehandler", "koordinator"), frozenset(_CASE.split())),
    **dict.fromkeys(("hjemmehjelp", "kontormedarbeider", "leder"), frozenset(_LESS.split())),
    "farmasøyt": frozenset(_DRUGS.split()),
    # pjl § 19: what health personnel of another organisation need of the record, when that organisation vouches for them
    "ekstern": frozenset(
        "Patient AllergyIntolerance Condition Procedure Observation DiagnosticReport Specimen Media ImagingStudy "
        "Immunization ImmunizationRecommendation MedicationRequest MedicationStatement MedicationDispense "
        "MedicationAdministration Medication List DocumentReference Composition Bundle Binary CarePlan Goal CareTeam "
        "Encounter EpisodeOfCare Appointment ServiceRequest FamilyMemberHistory ClinicalImpression RiskAssessment Flag "
        "DetectedIssue NutritionOrder Device DeviceUseStatement QuestionnaireResponse".split()
    ),
    "administrator": frozenset(),
    "personvernombud": frozenset({"Task"}),  # of them the cases only
}  # fmt: skip
_LET_IN = ("a youth of 14 who signs in", "a reported child who is told", "a confidential youth")  # see a part
_YOUTHS = frozenset(
    "Patient Appointment AppointmentResponse Communication MedicationRequest MedicationStatement MedicationDispense "
    "Immunization Consent".split()
)


@dataclass(frozen=True, kw_only=True)
class Asker:
    """Somebody who asks. types: what the role, the proxy or the token is for; only: whose record it is for."""

    name: str
    kind: str  # "staff", "citizen" or "program"
    role: str = ""
    unit: str = ""
    scopes: tuple[str, ...] = ()
    types: frozenset[str] = ALL
    only: str = ""


def _staff() -> Iterator[Asker]:
    for role in (one for one in TYPES if one not in ("innbygger", "personvernombud", "ekstern")):
        for unit in ("nord", "sentrum"):
            yield Asker(name=f"{role} in {unit}", kind="staff", role=role, unit=unit, types=TYPES[role])
    for role, unit, name in (
        ("fastlege", "lege", "the GP"), ("legesekretær", "lege", "the GP's secretary"),
        ("sykepleier", "fjell", "a nurse of another organisation"), ("saksbehandler", "fjell", "a case worker elsewhere"),
        ("sykepleier", "nord", "Berit"), ("sykepleier", "nord", "a nurse who is a patient"),
        ("sykepleier", "nord", "a nurse who is a mother"), ("sykepleier", "sentrum", "the team's member"),
        ("sykepleier", "sentrum", "who opens with a reason"), ("sykepleier", "sentrum", "who opens in an emergency"),
        ("sykepleier", "sentrum", "who reported"),
        ("personvernombud", "fjordvik", "the privacy officer"), ("personvernombud", "fjell", "another's privacy officer"),
    ):  # fmt: skip
        yield Asker(name=name, kind="staff", role=role, unit=unit, types=TYPES[role])


def _vouched_for() -> Iterator[Asker]:
    """Yield doctors of another organisation, each with its word for one patient."""
    for person in ("served", "served by both", "closed", "with a closed document", "strictly confidential"):
        yield Asker(name=f"a doctor elsewhere, for one {person}", kind="staff", role="ekstern", unit="fjell", only=person,
                    types=TYPES["ekstern"])  # fmt: skip


def _machines() -> Iterator[Asker]:
    """Yield programs, and apps that act in somebody's name: the person's rights, and of them what the token gives."""
    nurse = {"kind": "staff", "role": "sykepleier", "unit": "nord"}
    yield Asker(name="a program", kind="program", scopes=("system/*.cruds",))
    yield Asker(name="a program that loads", kind="program", scopes=("system/*.cruds", "akson/load"))
    for name, scope, types in (
        ("a program of measurements", "system/Observation.rs", {"Observation"}),
        ("a program of vital signs", "system/Observation.rs?category=vital-signs", {"vital"}),
        ("a program of nothing", "system/Slot.rs", set()),
    ):
        yield Asker(name=name, kind="program", scopes=(scope,), types=frozenset(types))
    yield Asker(name="the nurse's app", scopes=("user/Condition.rs",), types=frozenset({"Condition"}), **nurse)
    yield Asker(name="the nurse's app for her", scopes=("patient/*.rs",), only="served", **nurse)
    yield Asker(name="a nurse's app for doctors' notes", scopes=("user/DocumentReference.rs",),
                types=frozenset({"DocumentReference"}), **nurse)  # fmt: skip


_PROXIES = {
    "who keeps the calendar": frozenset({"Patient", "Appointment", "AppointmentResponse"}),
    "who fetches medicines": frozenset(
        "Patient MedicationRequest MedicationStatement MedicationDispense MedicationAdministration".split()
    ),
}
ASKERS: Final[tuple[Asker, ...]] = (
    *_staff(),
    *_machines(),
    *_vouched_for(),
    *(Asker(name=name, kind="citizen", role="innbygger") for name in RECORDS),
)


def sees(asker: Asker, person: str, part: str, kinds: frozenset[str]) -> bool:
    """Say whether the asker sees this part of the person's record. kinds: the resource's type, and "vital" of some."""
    if asker.only and asker.only != person:
        return False
    if asker.role == "personvernombud" and part != "case":
        return False
    row = _ROWS[person]
    own = asker.kind == "citizen" and asker.name == person
    group = "program" if asker.kind == "program" else asker.unit
    parts = next((row[one] for one in (asker.name, "self" if own else "", group) if one in row), "").split()
    return part in parts and _for(asker, own, person) & (kinds | ALL) != frozenset()


def _for(asker: Asker, own: bool, person: str) -> frozenset[str]:
    if own:
        return _YOUTHS if person in _LET_IN else ALL
    return _PROXIES.get(asker.name, asker.types)
