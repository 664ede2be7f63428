"""Canaries: records that hold something of every type a person can own, full of one word that must never sing.

The resources are made from R4's own definitions, every element that can be filled: so that every search parameter of
every type has a value, and a type or parameter that is new tomorrow is in the record tomorrow.
"""

from __future__ import annotations

import base64
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from akson.fhir.definitions import Element, codes, codings, elements
from akson.fhir.owners import OF_PERSONS, OWNERS
from akson.registers.identifiers import Fnr, synthetic_fnr
from seeds import fjordvik as at
from seeds import staff as by
from seeds.citizens.family import HEGE
from seeds.shapes import PROTECTION, Resource, Seed

WORD = "kanarifugl"
THERE = "the place"  # its id, until it has one
REGISTERS = (
    "Location",
    "Organization",
    "HealthcareService",
    "PractitionerRole",
    "Practitioner",
)  # lead to where they are
NEVER = frozenset({"AuditEvent"})  # the trail is kept elsewhere, and no face writes one
MADE_BY_HAND = frozenset({"Bundle", "Consent", "RelatedPerson"})
TYPES = tuple(sorted(OF_PERSONS - NEVER))
_DEEP = 4  # levels below the resource that are filled
_LEFT_OUT = frozenset("Extension Resource Meta Narrative xhtml SampledData ElementDefinition".split())
_PLAIN: dict[str, Any] = {
    "base64Binary": base64.b64encode(f"{WORD} i klartekst".encode()).decode(), "boolean": True,
    "canonical": f"https://kanari.example/{WORD}", "code": WORD, "date": "2026-05-06",
    "dateTime": "2026-05-06T07:08:09+02:00", "decimal": 7.25, "id": WORD, "instant": "2026-05-06T07:08:09+02:00",
    "integer": 7, "markdown": f"{WORD} synger", "oid": "urn:oid:1.2.3", "positiveInt": 7, "string": f"{WORD} synger",
    "time": "07:08:09", "unsignedInt": 7, "uri": f"https://kanari.example/{WORD}", "url": f"https://kanari.example/{WORD}",
    "uuid": "urn:uuid:6d5ef0c5-fc6c-4210-a12e-0156b27a3aad",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Canary:
    """One person whose record is to be kept.

    marks      security labels of the Patient
    to_places  what may point to a place, a unit or a helper does, rather than to the person
    """

    key: str
    family: str
    born: date
    index: int
    gp: by.Member
    unit: at.Unit  # that cares for them
    marks: tuple[str, ...] = ()
    to_places: bool = False

    @property
    def fnr(self) -> Fnr:
        return synthetic_fnr(self.born, self.index, female=True)

    @property
    def ref(self) -> str:
        return f"Patient/{self.key}"

    def seeds(self) -> list[Seed]:
        """Return everything in the record, the Patient first."""
        filled = [kind for kind in TYPES if kind not in MADE_BY_HAND | {"Patient"}]
        told = [Seed(f"{kind}/{self.key}", _Filling(self).resource(kind)) for kind in filled]
        return [Seed(self.ref, self._patient()), *self._by_hand(), *told]

    def filled(self, kind: str) -> Resource:
        """Return a resource of a type about this person, with every element that can be filled."""
        return _Filling(self).resource(kind)

    def _patient(self) -> Resource:
        made = _Filling(self).resource("Patient")
        for name in ("link", "deceasedBoolean"):
            made.pop(name)
        made |= {
            "identifier": [self.fnr.identifier()], "birthDate": self.born.isoformat(), "gender": "female",
            "name": [{"family": self.family, "given": ["Canaria"], "text": f"Canaria {self.family}"}],
            "address": [{"line": ["Granstien 8"], "city": "Fjordvik"}],
            "generalPractitioner": [{"reference": self.gp.ref}, {"reference": self.gp.unit.key}],
        }  # fmt: skip
        if self.marks:
            made["meta"] = {"security": [{"system": PROTECTION, "code": mark} for mark in self.marks]}
        return made

    def _by_hand(self) -> Iterator[Seed]:
        """Yield what the rules of access read: a mother, and a refusal that names the neighbour; and a Bundle."""
        made = _Filling(self).resource("RelatedPerson")
        parent = {"system": "http://terminology.hl7.org/CodeSystem/v3-RoleCode", "code": "MTH"}
        made |= {"identifier": [HEGE.fnr.identifier()], "relationship": [{"coding": [parent]}], "active": True}
        made.pop("period")
        yield Seed(f"RelatedPerson/{self.key}", made)
        made = _Filling(self).resource("Consent")
        made |= {"status": "active", "provision": {
            "type": "deny", "actor": [{"role": {"text": WORD}, "reference": {"reference": by.BERIT.ref}}]}}  # fmt: skip
        yield Seed(f"Consent/{self.key}", made)
        inside = _Filling(self).resource("Observation")
        yield Seed(f"Bundle/{self.key}", {
            "resourceType": "Bundle", "type": "collection", "timestamp": _PLAIN["instant"],
            "identifier": {"system": f"https://kanari.example/{WORD}", "value": WORD}, "entry": [{"resource": inside}],
        })  # fmt: skip


@dataclass(frozen=True)
class _Filling:
    """Fills resources about one person."""

    of: Canary

    def resource(self, kind: str) -> Resource:
        made: Resource = {"resourceType": kind, "meta": {
            "tag": [{"system": f"https://kanari.example/{WORD}", "code": WORD}],
            "profile": [f"https://kanari.example/{WORD}"], "source": f"https://kanari.example/{WORD}"}}  # fmt: skip
        if any(element.name == "text" for element in elements(kind)):
            div = f'<div xmlns="http://www.w3.org/1999/xhtml">{WORD} synger</div>'
            made["text"] = {"status": "generated", "div": div}
        return made | self._members(kind, 0) | self._relations(kind)

    def _relations(self, kind: str) -> Resource:
        """Return what makes the unit one that cares for the person, now."""
        if kind == "EpisodeOfCare":
            return {"status": "active", "managingOrganization": {"reference": self.of.unit.key},
                    "period": {"start": "2020-01-01"}}  # fmt: skip
        if kind == "Task":
            return {"status": "requested", "owner": {"reference": self.of.unit.key}}
        return {}

    def _members(self, path: str, depth: int) -> Resource:
        made = {}
        for element in elements(path):
            for kind in element.types:
                value = None if element.name == "id" else self._value(element, kind, path, depth)
                if value is not None:
                    made[element.json_name(kind)] = [value] if element.many else value
                    break
        return made

    def _value(self, element: Element, kind: str, path: str, depth: int) -> Any:
        if kind in _LEFT_OUT or (element.name == "comparator") or (depth >= _DEEP and not element.required):
            return None
        if kind == "Reference":
            return self._reference(element, f"{path}.{element.name}")
        if element.codes and kind == "code":
            return "text/plain" if element.codes == "mimetypes" else sorted(codes(element.codes))[0]
        if element.codes and kind in ("Coding", "CodeableConcept"):
            system, code = sorted(codings(element.codes))[0]
            coding = {"system": system, "code": code, "display": WORD}
            return coding if kind == "Coding" else {"coding": [coding], "text": f"{WORD} synger"}
        if kind in _PLAIN:
            return _PLAIN[kind]
        return self._members(kind, depth + 1) or (self._members(kind, _DEEP - 1) if element.required else None)

    def _reference(self, element: Element, path: str) -> Resource:
        """Return a reference to the person, or to somebody everyone may see, another part of the record, or nothing."""
        targets = element.targets
        if self.of.to_places and not _says_whose(path) and (place := _place(targets, path)):
            return {"reference": f"{place}/{THERE}", "display": f"{WORD} synger"}
        if "Patient" in targets or "Resource" in targets:
            return {"reference": self.of.ref, "display": f"Canaria {self.of.family}"}
        known = {"Practitioner": by.MARIAM.ref, "Organization": self.of.unit.key}
        found = next((known[name] for name in targets if name in known), None)
        found = found or next((f"{name}/{self.of.key}" for name in targets if name in TYPES), f"{targets[0]}/{WORD}")
        return {"reference": found, "display": f"{WORD} synger"}


def _says_whose(path: str) -> bool:
    kind, _, member = path.partition(".")
    return member in {one.removesuffix("!") for one in OWNERS.get(kind, ())}


def _place(targets: Collection[str], path: str) -> str:
    """Return one of the types of a register that a reference may point to, not the same at every path; "" for none."""
    able = [one for one in REGISTERS if one in targets or "Resource" in targets]
    return able[len(path) % len(able)] if able else ""


GIRL = Canary(key="kanari", family="Kanarisen", born=date(2010, 5, 6), index=4, gp=by.JONAS, unit=at.NORD)
HIDDEN = Canary(key="hemmelig", family="Kanarihemmelig", born=date(2010, 5, 7), index=4, gp=by.INGRID, unit=at.SENTRUM,
                marks=("kode6",))  # fmt: skip
CANARIES = (GIRL, HIDDEN)
