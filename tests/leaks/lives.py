"""The people of sees.py: written into the journal so that each is in the situation that its row is called by.

A life is what makes the situation: ties, blocks, next of kin; everything else in the record is filled from R4's
definitions. What is written here is what the law speaks of, never what the rules of access read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

from seeds.shapes import PROTECTION
from tests.leaks.canary import THERE
from tests.offices import NOW

Resource = dict[str, Any]
TODAY: Final = NOW.date()
_ROLE_CODE: Final = "http://terminology.hl7.org/CodeSystem/v3-RoleCode"
_RESPONSIBILITY: Final = "http://hl7.no/fhir/CodeSystem/no-basis-parental-responsibility"
_IRCP: Final = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "code": "IRCP"}]}
MARK: Final = "https://akson.no/fhir/marks"
BY_MARK: Final = {part: (MARK, code) for part, code in (
    ("objection", "presumed-objection"), ("withheld", "withheld"), ("withheld-parents", "withheld-parents"),
    ("unreleased", f"release-{NOW + timedelta(days=7):%Y-%m-%dT%H:%M:%SZ}-tell"),
    ("released", f"release-{NOW - timedelta(minutes=1):%Y-%m-%dT%H:%M:%SZ}-tell"),
    ("closed", "R"))}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Life:
    """What makes a situation.

    ties     resources about the person, before everything else; "SELF", "DOC" stand for the person and the closed document
    parts    parts of the record beside the plain one: (part, who writes it, moment long ago)
    every    the record holds something of every type, not of some
    closed   the provision of the block, if there is one; shut: kept so by its policy in emergencies
    opened   who has opened the record: an asker, "reason" or "emergency", how long ago
    reported for which unit "who reported" has reported the child to the barnevern, how long ago, whether the child knows
    """

    born: date = date(1956, 5, 6)
    patient: Mapping[str, Any] = field(default_factory=dict)
    ties: tuple[Resource, ...] = ()
    parts: tuple[tuple[str, str, bool], ...] = ()
    closed: Mapping[str, Any] | None = None
    even_emergency: bool = False
    opened: tuple[str, str, timedelta] | None = None
    reported: tuple[str, timedelta, bool] = ("sentrum", timedelta(days=3), False)
    every: bool = False


def _ref(to: str) -> Resource:
    return {"reference": to}


def _day(days: int) -> str:
    return (TODAY + timedelta(days=days)).isoformat()


def served(unit: str = "nord", status: str = "active", start: str = "2020-01-01") -> Resource:
    return {"resourceType": "EpisodeOfCare", "status": status, "patient": _ref("SELF"),
            "managingOrganization": _ref(f"Organization/{unit}"), "period": {"start": start},
            "identifier": [{"system": "https://kanari.example/KX", "value": "KX"}]}  # fmt: skip


def _team(member: str, **period: str) -> Resource:
    return {"resourceType": "CareTeam", "status": "active", "subject": _ref("SELF"), "name": "KX",
            "participant": [{"member": _ref(member)}], "period": {"start": "2020-01-01", **period}}  # fmt: skip


def _meeting(days: int, status: str = "booked", answer: str = "accepted") -> Resource:
    met = [
        {"actor": _ref("SELF"), "status": "accepted"},
        {"actor": _ref("Practitioner/sykepleier in sentrum"), "status": answer},
    ]
    return {"resourceType": "Appointment", "status": status, "description": "KX", "participant": met,
            "start": f"{_day(days)}T10:00:00Z", "end": f"{_day(days)}T10:30:00Z"}  # fmt: skip


def _contact(status: str) -> Resource:
    return {"resourceType": "Encounter", "status": status, "subject": _ref("SELF"), "serviceProvider": _ref("Organization/nord"),
            "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "IMP", "display": "KX"}}  # fmt: skip


def _referral(days: int, intent: str = "order") -> Resource:
    return {"resourceType": "ServiceRequest", "status": "active", "intent": intent, "subject": _ref("SELF"),
            "performer": [_ref("Organization/nord")], "authoredOn": f"{_day(days)}T10:00:00Z", "code": {"text": "KX"}}  # fmt: skip


def _task(**more: Any) -> Resource:
    return {"resourceType": "Task", "status": "requested", "intent": "order", "for": _ref("SELF"), "description": "KX",
            "owner": _ref("Organization/nord"), "authoredOn": f"{_day(-3)}T10:00:00Z", **more}  # fmt: skip


def kin(who: str, *codes: str, period: Mapping[str, str] | None = None, said: str = "", area: str = "") -> Resource:
    """Return who somebody is to the person; NUMBER:who stands for their national number."""
    coded = [{"system": _ROLE_CODE, "code": code} for code in codes]
    coded += [{"system": _RESPONSIBILITY, "code": said}] if said else []
    coded += [{"system": "https://akson.no/fhir/proxy-area", "code": area}] if area else []
    return {"resourceType": "RelatedPerson", "active": True, "patient": _ref("SELF"), "identifier": [f"NUMBER:{who}"],
            "name": [{"text": "KX"}], "relationship": [{"coding": coded}], **({"period": dict(period)} if period else {})}  # fmt: skip


def _guardian(mandate: str = "personligeInteresser") -> Resource:
    told = kin("the guardian", "GUARD")
    said = {"coding": [{"system": "https://akson.no/fhir/guardian-mandate", "code": mandate}]}
    return {**told, "relationship": [*told["relationship"], said]}


def _barnevern() -> Resource:
    coded = [{"system": "https://akson.no/fhir/representation", "code": "barnevern"}]
    return {"resourceType": "RelatedPerson", "active": True, "patient": _ref("SELF"), "name": [{"text": "KX"}],
            "relationship": [{"coding": coded}]}  # fmt: skip


def _youth_in() -> Resource:
    coding = {"system": "https://akson.no/fhir/consent", "code": "youth-sign-in"}
    return {"resourceType": "Consent", "status": "active", "patient": _ref("SELF"), "dateTime": "2026-01-01",
            "scope": {"coding": [{"code": "patient-privacy"}]}, "category": [{"coding": [coding], "text": "KX"}],
            "policyRule": {"text": "samtykke"}, "provision": {"type": "permit", "period": {"start": "2026-01-01"}}}  # fmt: skip


def own_word(who: str, area: str = "", says: str = "permit") -> Resource:
    """Return what the person says here of who acts for them, or no longer."""
    coding = {"system": "https://akson.no/fhir/consent", "code": "proxy"}
    areas = {"class": [{"system": "https://akson.no/fhir/proxy-area", "code": area}]} if area else {}
    actor = {"role": _IRCP, "reference": {"identifier": f"NUMBER:{who}"}}
    return {"resourceType": "Consent", "status": "active", "patient": _ref("SELF"), "dateTime": "2026-01-01",
            "scope": {"coding": [{"code": "patient-privacy"}]}, "category": [{"coding": [coding], "text": "KX"}],
            "policyRule": {"text": "fullmakt"}, "provision": {"type": says, "actor": [actor], **areas}}  # fmt: skip


def _copy() -> Resource:
    """Return a message that names somebody else too; NAME stands for what that person is called in it."""
    return {"resourceType": "Communication", "status": "completed", "subject": _ref("SELF"), "payload": [{"contentString": "KX"}],
            "recipient": [{"reference": "Patient/known to nobody", "display": "NAME"}]}  # fmt: skip


def whom(reference: str) -> Resource:
    return {"role": _IRCP, "reference": _ref(reference)}


def _role(code: str) -> Resource:
    return {
        "role": {"coding": [{"system": "https://akson.no/fhir/role", "code": code}]},
        "reference": {"display": code},
    }


def _protected(mark: str) -> Resource:
    return {"meta": {"security": [{"system": PROTECTION, "code": mark}]}}


_NORD = (served(),)
_ALL_UNITS = (served(), served("sentrum"), served("fjell"))
_MOTHER, _FATHER = kin("the mother", "MTH"), kin("the father", "FTH")
_BERIT, _PLAIN_DENY = "Practitioner/Berit", {"type": "deny"}
_CLOSED = (("closed", "", False),)
_REPORT = (("report", "who reported", False),)
_DOCUMENT = {"data": [{"meaning": "instance", "reference": _ref("DOC")}]}
_HOUR, _NOW = timedelta(hours=1), timedelta(minutes=5)
_WHERE = served(THERE)  # the unit where somebody with a hidden address is
_HIDDEN = (("address", "", False), ("place", "", False))
_LAST_YEAR = {"start": "2025-01-01", "end": "2025-12-31"}


def _year(years: int, month: int = 6) -> date:
    return date(TODAY.year - years, month, 6)


LIVES: Final[Mapping[str, Life]] = {
    "known to nobody": Life(),
    "on the GP's list": Life(patient={"generalPractitioner": [_ref("Practitioner/the GP"), _ref("Organization/lege")]}),
    "served": Life(ties=(*_NORD, _copy())),
    "served by both": Life(ties=_ALL_UNITS),
    "served before": Life(ties=(served(status="finished"),)),
    "served from next year": Life(ties=(served(start="2027-01-01"),)),
    "in the team of one by name": Life(ties=(_team("Practitioner/the team's member"),)),
    "answered for": Life(ties=(_team("Practitioner/the team's member") | {"category": [{"coding": [
        {"system": "https://akson.no/fhir/care-team", "code": "answers-for-record"}]}]},)),
    "in a team": Life(ties=(_team("Organization/nord"),)),
    "in a team that has ended": Life(ties=(_team("Organization/nord", end="2026-11-01"),)),
    "to be met this week": Life(ties=(_meeting(2),)),
    "met a month ago": Life(ties=(_meeting(-30),)),
    "to be met by one who declined": Life(ties=(_meeting(2, answer="declined"),)),
    "with a cancelled appointment": Life(ties=(_meeting(2, "cancelled"),)),
    "admitted": Life(ties=(_contact("in-progress"),)),
    "admitted before": Life(ties=(_contact("finished"),)),
    "referred": Life(ties=(_referral(-10),)),
    "referred a year ago": Life(ties=(_referral(-365),)),
    "proposed only": Life(ties=(_referral(-10, "proposal"),)),
    "assigned": Life(ties=(_task(basedOn=[_ref("ServiceRequest/order")]),)),
    "told of in a message": Life(ties=(_task(),)),
    "opened with a reason": Life(opened=("who opens with a reason", "reason", _NOW)),
    "opened yesterday": Life(opened=("who opens with a reason", "reason", 24 * _HOUR)),
    "opened in an emergency": Life(
        ties=_NORD, closed=_PLAIN_DENY, opened=("who opens in an emergency", "emergency", _NOW)),
    "opened in an emergency two hours ago": Life(
        ties=_NORD, closed=_PLAIN_DENY, opened=("who opens in an emergency", "emergency", 2 * _HOUR)),
    "closed to who opened it": Life(
        opened=("who opens in an emergency", "emergency", _NOW),
        closed={"type": "deny", "actor": [whom("Practitioner/who opens in an emergency")]}),
    "closed in emergencies too": Life(
        ties=_NORD, opened=("who opens in an emergency", "emergency", _NOW), closed=_PLAIN_DENY, even_emergency=True),
    "closed": Life(ties=_ALL_UNITS, closed=_PLAIN_DENY),
    "closed to Berit": Life(ties=_NORD, closed={"type": "deny", "actor": [whom(_BERIT)]}),
    "closed to nurses": Life(ties=_NORD, closed={"type": "deny", "actor": [_role("sykepleier")]}),
    "closed to a unit": Life(ties=_ALL_UNITS, closed={"type": "deny", "actor": [whom("Organization/nord")]}),
    "closed to an organisation": Life(ties=_ALL_UNITS, closed={"type": "deny", "actor": [whom("Organization/fjordvik")]}),
    "with a closed document": Life(
        ties=(*_NORD, kin("the daughter", "POWATT")), closed={"type": "deny", **_DOCUMENT}, parts=_CLOSED),
    "with a closed year": Life(
        ties=_NORD, parts=(("closed", "", True),),
        closed={"type": "deny", "dataPeriod": {"start": "2024-01-01", "end": "2024-12-31"}}),
    "closed what a unit wrote": Life(
        ties=_ALL_UNITS[:2], parts=(("closed", "sykepleier in sentrum", False),),
        closed={"type": "deny", "data": [{"meaning": "authoredby", "reference": _ref("Organization/sentrum")}]}),
    "closed what Berit wrote": Life(
        ties=_NORD, parts=(("closed", "Berit", False),),
        closed={"type": "deny", "data": [{"meaning": "authoredby", "reference": _ref(_BERIT)}]}),
    "closed what is marked": Life(
        ties=_NORD, parts=_CLOSED,
        closed={"type": "deny", "securityLabel": [{"system": MARK, "code": "R"}]}),
    "closed until last week": Life(
        ties=_NORD, closed={"type": "deny", "period": {"start": "2026-01-01", "end": _day(-7)}}),
    "closed from next week": Life(ties=_NORD, closed={"type": "deny", "period": {"start": _day(7)}}),
    "who would object": Life(ties=_ALL_UNITS[:2], parts=(("objection", "sykepleier in nord", False),)),
    "with something withheld": Life(ties=_NORD, parts=(("withheld", "sykepleier in nord", False),)),
    "with something not released": Life(ties=(*_NORD, kin("the daughter", "POWATT")), parts=(
        ("unreleased", "sykepleier in nord", False), ("released", "sykepleier in nord", False))),
    "a child with something not released": Life(
        born=_year(6), ties=(*_NORD, _MOTHER), parts=(("unreleased", "sykepleier in nord", False),)),
    "strictly confidential": Life(patient=_protected("kode6"), parts=(("address", "", False),)),
    "strictly confidential and served": Life(ties=_NORD, patient=_protected("kode6"), parts=(("address", "", False),)),
    "confidential and served": Life(ties=_NORD, patient=_protected("kode7"), parts=(("address", "", False),)),
    "at a klientadresse": Life(ties=_NORD, patient=_protected("klientadresse"), parts=(("address", "", False),)),
    "a child of 6": Life(
        born=_year(6), ties=(*_NORD, _MOTHER, _FATHER), parts=(("withheld-parents", "sykepleier in nord", False),)),
    "a child of 12": Life(born=_year(12), ties=(_MOTHER, _youth_in())),
    "a youth of 14": Life(born=_year(14), ties=(_MOTHER,), parts=(("withheld-parents", "", False),)),
    "a youth of 14 who signs in": Life(born=_year(14), ties=(_MOTHER, _youth_in())),
    "a youth of 16": Life(born=date(TODAY.year - 16, TODAY.month, TODAY.day), ties=(_MOTHER,)),
    "a child in care": Life(born=_year(6), ties=(_MOTHER, _barnevern())),
    "a child of one parent": Life(born=_year(6), ties=(
        kin("the mother", "MTH", said="mor"), kin("the father", "FTH", said="mor"))),
    "a child with a closed document": Life(
        born=_year(6), ties=(_MOTHER,), closed={"type": "deny", **_DOCUMENT}, parts=_CLOSED),
    "a youth with a closed document": Life(
        born=_year(14), ties=(_MOTHER,), closed={"type": "deny", **_DOCUMENT}, parts=_CLOSED),
    "a reported child": Life(
        born=_year(6), ties=(*_NORD, kin("the mother", "MTH", said="mor"), kin("the father", "FTH", said="mor")), parts=_REPORT,
        patient={"generalPractitioner": [_ref("Practitioner/the GP"), _ref("Organization/lege")]}),
    "a reported child who is told": Life(
        born=_year(14), ties=(_MOTHER, _youth_in()), parts=_REPORT, reported=("sentrum", timedelta(days=3), True)),
    "a reported child who is closed": Life(born=_year(6), ties=(*_ALL_UNITS, _MOTHER), parts=_REPORT, closed=_PLAIN_DENY),
    "a reported child in care": Life(born=_year(6), ties=(*_NORD, _MOTHER, _barnevern()), parts=_REPORT),
    "a child reported a year ago": Life(
        born=_year(6), ties=(*_NORD, _MOTHER), parts=_REPORT, reported=("sentrum", timedelta(days=365), False)),
    "a child reported from another unit": Life(
        born=_year(6), ties=(_MOTHER,), parts=_REPORT, reported=("fjell", timedelta(days=3), False)),
    "acted for": Life(ties=(
        kin("the daughter", "POWATT"), kin("who keeps the calendar", "POWATT", area="timer"),
        kin("who fetches medicines", "POWATT", area="legemidler"))),
    "acted for by own word": Life(ties=(own_word("the daughter"), own_word("who keeps the calendar", "timer"))),
    "acted for until taken back": Life(ties=(
        kin("the daughter", "POWATT"), own_word("the daughter", says="deny"), kin("who fetches medicines", "POWATT", area="legemidler"))),
    "acted for last year": Life(ties=(kin("the daughter", "POWATT", period=_LAST_YEAR),)),
    "acted for, and dead": Life(ties=(kin("the daughter", "POWATT"),), patient={"deceasedDateTime": "2026-10-01"}),
    "under guardianship": Life(ties=(_guardian(),)),
    "under guardianship, and dead": Life(ties=(_guardian(),), patient={"deceasedDateTime": "2026-10-01"}),
    "under guardianship for money": Life(ties=(_guardian("oekonomiskeInteresser"),)),
    "under guardianship in part": Life(ties=(kin("who keeps the calendar", "GUARD", area="timer"), kin("the guardian", "GUARD"))),
    "a child who has died": Life(
        born=_year(6), ties=(*_NORD, _MOTHER), patient={"deceasedDateTime": "2026-10-01"}),
    "married, and dead": Life(ties=(kin("the husband", "HUSB"),), patient={"deceasedDateTime": "2026-10-01"}),
    "married": Life(ties=(kin("the husband", "HUSB"),)),
    "confidential, with a proxy": Life(
        ties=(*_NORD, _WHERE, kin("the daughter", "POWATT"), kin("who keeps the calendar", "POWATT", area="timer")),
        patient=_protected("kode7"), parts=_HIDDEN, every=True),
    "strictly confidential, with a proxy": Life(
        ties=(*_NORD, _WHERE, own_word("the daughter")), patient=_protected("kode6"), parts=_HIDDEN),
    "a confidential child": Life(born=_year(6), ties=(*_NORD, _WHERE, _MOTHER), patient=_protected("kode7"), parts=_HIDDEN),
    "a confidential youth": Life(born=_year(14), ties=(_WHERE, _MOTHER, _youth_in()), patient=_protected("kode7"), parts=_HIDDEN),
    "at a klientadresse, under guardianship": Life(
        ties=(_WHERE, _guardian()), patient=_protected("klientadresse"), parts=_HIDDEN),
    "a patient who is a nurse": Life(ties=_NORD),
    "a nurse's child": Life(born=_year(30), ties=(*_NORD, kin("the mother", "MTH"))),
    "with a case": Life(ties=_NORD),
    "with something deleted": Life(ties=_NORD, parts=(("deleted", "", False),)),
    "with something erased": Life(ties=_NORD, parts=(("erased", "", False),)),
    **dict.fromkeys(("the mother", "the father", "the daughter", "who keeps the calendar", "who fetches medicines",
                     "the guardian", "the husband", "who has nobody"), Life()),
}  # fmt: skip


def mapped(value: Any, known: Callable[[str], Any]) -> Any:
    """Return a resource with what stands for something ("SELF", "Practitioner/Berit", "NUMBER:x") replaced."""
    if isinstance(value, dict):
        return {name: mapped(inner, known) for name, inner in value.items()}
    if isinstance(value, list):
        return [mapped(inner, known) for inner in value]
    return known(value) if isinstance(value, str) else value
