"""The patient banner: who this is, and what nobody who opens the record may overlook."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Final

from akson.access.areas import WHOLE
from akson.access.asking import Decision
from akson.access.facts import Facts
from akson.base.web.messages import texts
from akson.base.web.render import full_date, local
from akson.base.web.shell import Badge, Banner
from akson.patient.identity import Identity
from akson.patient.reading import Resource, code, codes, named, words
from akson.record.journal import Mark
from akson.record.representing import mandate, mandate_told
from akson.record.stored import Stored
from akson.registers.codes import KINSHIP, LOINC, REACTION

FLAG: Final = "https://akson.no/fhir/flag"
SOCIAL: Final = "https://akson.no/fhir/social"
EGFR: Final = "62238-1"  # LOINC, ml/min/1,73 m²
EGFR_LOW: Final = 60
WANTED: Final = {
    "Patient": 1, "Flag": 30, "AllergyIntolerance": 30, "RelatedPerson": 20, "Observation:egfr": 1,
    "Observation:living": 1,
}  # fmt: skip
MARKED: Final[Mapping[str, Mark]] = {
    "Observation:egfr": ("code", LOINC, EGFR),
    "Observation:living": ("code", SOCIAL, "bosituasjon"),
}
_LIMITS: Final = frozenset({"advance-directive"})  # flag categories that limit treatment
_NOT_CLINICAL: Final = frozenset({"admin"})  # key boxes and the like
_OVER: Final = frozenset({"inactive", "resolved", "refuted", "entered-in-error"})
_NEXT_OF_KIN: Final = frozenset({"N", "C"})
_GUARDIAN: Final = "GUARD"
Parts = Mapping[str, Sequence[Stored]]


def draw(identity: Identity, facts: Facts, parts: Parts, *, opened: Decision, now: datetime, today: date) -> Banner:
    """Return the banner of what was read of WANTED.

    opened  why the record may be read
    """
    critical = (*_dead(facts), *_critical(parts), *_blocked(facts, now))
    related = _resources(parts, "RelatedPerson")
    kin, phone = _next_of_kin(related)
    return Banner(
        id=identity.id, family=identity.family, given=identity.given, born=identity.born, age=identity.age(today),
        gender=identity.gender, fnr=identity.fnr, critical=critical,
        critical_known=bool(parts["AllergyIntolerance"] or parts["Flag"]), lives=_lives(identity, parts),
        next_of_kin=kin, next_of_kin_phone=phone, guardian=_guardian(related), basis=opened.basis,
    )  # fmt: skip


def _dead(facts: Facts) -> Iterator[Badge]:
    """Yield that the person has died, and when, where that is known."""
    if facts.deceased:
        day = full_date(local(facts.died).date()) if facts.died else ""
        yield Badge(head=texts().plain("patient.dead"), text=day)


def _critical(parts: Parts) -> Iterator[Badge]:
    """Yield what may harm, then what limits treatment, then what one must know."""
    for allergy in _resources(parts, "AllergyIntolerance"):
        if allergy.get("criticality") == "high" and not is_over(allergy):
            yield Badge(head=texts().plain("patient.cave"), text=_reaction(allergy), level="stop", icon="stop")
    flags = sorted(map(_flag, _clinical_flags(parts)), key=lambda badge: badge.level != "limit")
    yield from flags
    for measured in _resources(parts, "Observation:egfr"):
        value = (measured.get("valueQuantity") or {}).get("value")
        if value is not None and value < EGFR_LOW:
            text = texts().plain("patient.egfr", value=value)
            yield Badge(head=texts().plain("patient.kidneys"), text=text)


def is_over(allergy: Resource) -> bool:
    """Say whether an allergy no longer stands, or never did."""
    return bool(codes([allergy.get("clinicalStatus", {}), allergy.get("verificationStatus", {})]) & _OVER)


def _clinical_flags(parts: Parts) -> Iterator[Resource]:
    for flag in _resources(parts, "Flag"):
        if flag.get("status") == "active" and not codes(flag.get("category", ())) & _NOT_CLINICAL:
            yield flag


def _flag(flag: Resource) -> Badge:
    """Return the badge of a Flag, whose text is "Word in bold: the rest"."""
    head, _, rest = words(flag.get("code")).partition(":")
    limits = bool(codes(flag.get("category", ())) & _LIMITS)
    return Badge(head=head.strip(), text=rest.strip(), level="limit" if limits else "know")


def _reaction(allergy: Resource) -> str:
    """Return "Penicillin, anafylaktisk reaksjon 2009"."""
    told = [words(allergy.get("code"))]
    for reaction in (allergy.get("reaction") or ())[:1]:
        manifested = (reaction.get("manifestation") or [{}])[0]
        key = f"patient.reaction_{code(manifested, REACTION)}"  # the commonest by their short names
        shown = texts().plain(key) if key in texts() else words(manifested).lower()
        year = str(reaction.get("onset", ""))[:4]
        told.append(texts().plain("patient.reaction_year", reaction=shown, year=year).strip())
    return ", ".join(filter(None, told))


def _blocked(facts: Facts, now: datetime) -> Iterator[Badge]:
    """Yield the padlock when the citizen has closed something; it says nothing of what stands there."""
    holding = [block for block in facts.blocks if block.holds(now) and block.at_work]
    if holding:
        t, count = texts().plain, sum(len(block.documents) for block in holding)
        what = t("patient.blocked_items", count=count) if count else t("patient.blocked_for_some")
        yield Badge(head=t("patient.blocked"), text=what, icon="lock")


def _lives(identity: Identity, parts: Parts) -> str:
    """Return "alene, Strandveien 12"; a protected address is only said to be hidden."""
    told = [words(each.get("valueCodeableConcept")) for each in _resources(parts, "Observation:living")]
    how = told[0].removeprefix("Bor ") if told else ""
    place = texts().plain("patient.hidden_address") if identity.protected else identity.place
    return ", ".join(filter(None, (how, place)))


def _next_of_kin(related: Sequence[Resource]) -> tuple[str, str]:
    """Return ("Kari Vik (datter)", telephone) of the nearest next of kin; empty when nobody is named."""
    for person in related:
        relations = person.get("relationship") or ()
        if codes(relations) & _NEXT_OF_KIN and person.get("active") is not False:
            kin = next((words(r).lower() for r in relations if code(r, KINSHIP)), "")
            name = named(person)
            phones = [each["value"] for each in person.get("telecom", ()) if each.get("system") == "phone"]
            told = texts().plain("patient.kin", name=name, kin=kin) if kin else name
            return told, phones[0] if phones else ""
    return "", ""


def _guardian(related: Sequence[Resource]) -> str:
    names = [_with_mandate(person) for person in related
             if _GUARDIAN in codes(person.get("relationship") or ()) and person.get("active") is not False]  # fmt: skip
    return ", ".join(names) or texts().plain("patient.no_guardian")


def _with_mandate(person: Resource) -> str:
    """Return "Kari Vik", and what she is not guardian for, where that is anything here, or that nobody has told it."""
    areas = set(mandate(person)) - {""}
    if WHOLE in areas:
        return named(person)
    told = "guardian_in_part" if areas else "guardian_elsewhere" if mandate_told(person) else "guardian_untold"
    return texts().plain(f"patient.{told}", name=named(person))


def _resources(parts: Parts, name: str) -> list[Resource]:
    return [hit.resource for hit in parts[name]]
