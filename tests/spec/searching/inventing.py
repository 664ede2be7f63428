"""Invents resources of every type from the StructureDefinitions: valid, repetitive enough to be found, odd at the edges.

Nothing here is about a real person. The same seed gives the same resources.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from random import Random
from typing import Any

from tests.spec.searching.definitions import Element, codes_of, elements, parameters
from tests.spec.searching.pools import (
    CODES,
    CODES_OF,
    DECIMALS,
    PRIMITIVES,
    SYSTEMS,
    TIME_UNITS,
    TIMES,
    UCUM,
    UNITS,
    URLS,
    WORDS,
)

NEVER_MADE = frozenset({"id", "extension", "modifierExtension"})
NOT_ON_TOP = frozenset({"meta", "implicitRules", "language", "text", "contained"})
NOT_OF_R4 = frozenset(
    "whyStopped comparisonGroup associatedParty label descriptionSummary classifier offeredIn".split()
)
# Members that name the person a resource is about; the first that a type has counts.
ABOUT = ("subject", "patient", "beneficiary", "individual", "for", "candidate")


@dataclass(frozen=True)
class Planned:
    """A resource to be: about the person with this key, or nobody (None)."""

    type: str
    id: str
    about: str | None

    @property
    def ref(self) -> str:
        return f"{self.type}/{self.id}"


@dataclass
class Inventor:
    """Makes resources that refer to each other. others: may not be referred to as carers, for that opens records."""

    random: Random
    absolute: bool  # what lies on other servers has the ids of what is here
    planned: Mapping[str, Sequence[Planned]]  # by type
    now: Planned = field(init=False)

    def make(self, one: Planned) -> dict[str, Any]:
        self.now = one
        made = {"resourceType": one.type, "id": one.id} | self._parts(one.type, one.type, 0)
        if self.random.random() < 0.4:
            made["meta"] = self._meta()
        if self.random.random() < 0.3 and "text" in elements(one.type):
            words = " ".join(self.random.sample(["søvn", "fall", "smerter", "hjemmet", "Østgård", "vik"], 3))
            made["text"] = {"status": "generated", "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{words}</div>'}
        return mended(made, self)

    def _meta(self) -> dict[str, Any]:
        one = self.random.choice
        security = {"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": one("NR")}
        return ({"security": [security]} if self.random.random() < 0.1 else {}) | {
            "tag": [{"system": one(SYSTEMS), "code": one(CODES)}],
            "profile": [one(URLS[:3])],
            "source": one(URLS[:4]),
        }

    def _parts(self, path: str, type_: str, depth: int) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for element in elements(path).values():
            if element.name in NEVER_MADE | (NOT_ON_TOP | NOT_OF_R4 if path == type_ else frozenset()):
                continue
            if (f"{path}.{element.name}").split(".").count(element.name) > 2:
                continue
            if self.random.random() > self._chance(element, type_, path, depth):
                continue
            member, kind = self.random.choice([m for m in element.members() if m[1] not in ODD] or element.members())
            count = self.random.choice((1, 1, 2, 3)) if element.many else 1
            values = [v for v in (self.value(kind, element, type_, depth) for _ in range(count)) if v not in (None, {})]
            if not values and element.least and kind in UNKNOWN:
                values = [UNKNOWN[kind]]
            if values:
                made[member] = values if element.many else values[0]
        return made

    def _chance(self, element: Element, type_: str, path: str, depth: int) -> float:
        if element.least or (path == type_ and element.name == about_member(type_)):
            return 1.0
        if element.name in sought(type_):
            return 0.75 if depth < 3 else 0.3
        return 0.04 if depth < 2 else 0.0

    def value(self, kind: str, element: Element, type_: str, depth: int) -> Any:
        one = self.random.choice
        if element.value_set and kind in ("code", "string", "uri"):
            listed = CODES_OF.get(element.value_set) or [c for _, c in codes_of(element.value_set)] or ("alfa",)
            return one(listed[:4])
        if kind in PRIMITIVES:
            return one(PRIMITIVES[kind])
        if kind in SHAPES:
            return SHAPES[kind](self, element)
        if kind == "Resource" or depth > 5:
            return None
        return self._parts(kind, type_, depth + 1)

    def reference(self, element: Element) -> dict[str, Any] | None:
        meant = ("Location",) if element.name == "site" else element.targets  # the package has it otherwise than R4
        targets = [t for t in meant if t in self.planned] or (
            list(self.planned) if "Resource" in element.targets or not element.targets else []
        )
        about = self.now.about
        if element.name == about_member(self.now.type) and about:
            return {"reference": about}
        if not targets:
            return None
        stranger = self.random.random() < 0.12
        pool = [
            p for p in self.planned[self.random.choice(targets)] if p.about in (about, None) or (stranger and about)
        ]
        if not about and concerns_people(self.now.type):
            pool = [p for p in pool if p.about is None]
        pool = [p for p in pool if not p.id.startswith("user-")]
        if self.random.random() < 0.06 and not concerns_people(self.now.type):
            there = self.random.choice(targets)
            id_ = self.planned[there][0].id if self.absolute else "utenfor"
            return {"reference": f"http://example.org/fhir/{there}/{id_}"}
        made: dict[str, Any] = {"reference": self.random.choice(pool).ref} if pool else {}
        if self.random.random() < 0.25:
            made["identifier"] = {"system": self.random.choice(SYSTEMS), "value": self.random.choice(CODES)}
        if self.random.random() < 0.3 and made:
            made["display"] = self.random.choice(WORDS)
        return made or None


@cache
def sought(type_: str) -> frozenset[str]:
    """Return the member names that some search parameter of the type goes through."""
    told = " ".join(f"{p.expression} {' '.join(e for _, e in p.components)}" for p in parameters(type_).values())
    return frozenset(re.findall(r"[a-z]\w*", told))


@cache
def about_member(type_: str) -> str | None:
    """Return the member that names the person a resource of this type is about."""
    known = elements(type_)
    fits = (
        n
        for n in ABOUT
        if n in known
        and {"Patient", "Resource"} & {*known[n].targets}
        | ({"Resource"} if n in known and known[n].types == ("Reference",) and not known[n].targets else set())
    )
    return next(fits, None) if type_ not in ("EventDefinition", "ResearchElementDefinition", "Library") else None


def concerns_people(type_: str) -> bool:
    """Tell whether resources of this type may be about a person."""
    return about_member(type_) is not None or type_ in BELONG


UNKNOWN: Mapping[str, Any] = {"Reference": {"display": "ukjent"}}  # for what must be there
ODD = frozenset({"SampledData", "Attachment", "Ratio", "Signature", "Meta"})


def _coding(i: Inventor, e: Element) -> dict[str, Any]:
    if e.value_set and (listed := codes_of(e.value_set)):
        system, code = i.random.choice(listed[:4])
        return {"system": system, "code": code}
    made: dict[str, Any] = {"code": i.random.choice(CODES)}
    if i.random.random() < 0.85:
        made["system"] = i.random.choice(SYSTEMS)
    if i.random.random() < 0.4:
        made["display"] = i.random.choice(WORDS)
    return made


def _concept(i: Inventor, e: Element) -> dict[str, Any]:
    made: dict[str, Any] = {}
    if i.random.random() < 0.95 or e.value_set:
        made["coding"] = [_coding(i, e) for _ in range(i.random.choice((1, 1, 2)))]
    if i.random.random() < 0.4 or not made:
        made["text"] = i.random.choice(WORDS)
    return made


def _identifier(i: Inventor, _e: Element) -> dict[str, Any]:
    made: dict[str, Any] = {"value": i.random.choice((*CODES, "987"))}
    if i.random.random() < 0.8:
        made["system"] = i.random.choice(SYSTEMS)
    if i.random.random() < 0.4:
        coding = {"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": i.random.choice(("MR", "PRN"))}
        made["type"] = {"coding": [coding], "text": i.random.choice(WORDS)}
    return made


def _name(i: Inventor, _e: Element) -> dict[str, Any]:
    made: dict[str, Any] = {"family": i.random.choice(WORDS), "given": i.random.sample(WORDS, i.random.choice((1, 2)))}
    if i.random.random() < 0.2:
        made |= {"text": i.random.choice(WORDS), "prefix": ["dr."], "suffix": ["jr."]}
    return made


def _address(i: Inventor, _e: Element) -> dict[str, Any]:
    w = i.random.choice
    return {
        "use": w(("home", "work")),
        "line": [w(WORDS), w(WORDS)],
        "city": w(WORDS),
        "postalCode": w(("5003", "0150")),
        "country": w(("NO", "SE")),
        "state": w(WORDS),
    }


def _contact(i: Inventor, _e: Element) -> dict[str, Any]:
    system = i.random.choice(("phone", "email", "url"))
    value = {"phone": "+47 900 00 000", "email": i.random.choice(("a@example.org", "B@example.org")), "url": URLS[0]}
    return {"system": system, "value": value[system], "use": "home"}


def _period(i: Inventor, _e: Element) -> dict[str, Any]:
    start = i.random.choice(("2019", "2019-12-31", "2020-01-01T00:00:00+01:00", "2020-02"))
    end = i.random.choice(("2020-03-01", "2020-02-29T23:30:00Z", "2021", "2020-10-25T02:30:00+01:00"))
    return i.random.choice(({"start": start, "end": end}, {"start": start}, {"end": end}))


def quantity(i: Inventor, units: Sequence[tuple[str | None, str | None, str | None]] = UNITS) -> dict[str, Any]:
    made: dict[str, Any] = {"value": i.random.choice(DECIMALS)}
    if i.random.random() < 0.9:
        unit, system, code = i.random.choice(units)
        made |= {k: v for k, v in (("unit", unit), ("system", system), ("code", code)) if v}
    return made


def _quantity(i: Inventor, e: Element) -> dict[str, Any]:
    made = quantity(i)
    if i.random.random() < 0.12 and "Quantity" in e.types and e.name == "value":
        made["comparator"] = i.random.choice(("<", "<=", ">", ">="))
    return made


def _age(i: Inventor, _e: Element) -> dict[str, Any]:
    unit, system, code = i.random.choice(TIME_UNITS)
    return {"value": i.random.choice(DECIMALS), "unit": unit, "system": system, "code": code}


def _range(i: Inventor, _e: Element) -> dict[str, Any]:
    unit, system, code = i.random.choice([u for u in UNITS if u[1]])
    low, high = sorted(i.random.sample(DECIMALS, 2))
    ends = {k: v for k, v in (("unit", unit), ("system", system), ("code", code)) if v}
    both = {"low": {"value": low} | ends, "high": {"value": high} | ends}
    return i.random.choice((both, both, {"low": both["low"]}, {"high": both["high"]}))


def _timing(i: Inventor, e: Element) -> dict[str, Any]:
    event = {"event": i.random.sample(("2020-01-01", "2020-02-29T23:30:00Z", "2021-06-15"), i.random.choice((1, 2)))}
    return i.random.choice((event, {"repeat": {"boundsPeriod": _period(i, e)}}, {"code": {"text": "ved behov"}}))


def _usage(i: Inventor, e: Element) -> dict[str, Any]:
    value = i.random.choice(
        ({"valueCodeableConcept": _concept(i, e)}, {"valueQuantity": quantity(i)}, {"valueRange": _range(i, e)})
    )
    return {"code": _coding(i, elements("UsageContext")["code"])} | value


SHAPES: Mapping[str, Callable[[Inventor, Element], Any]] = {
    "CodeableConcept": _concept, "Coding": _coding, "Identifier": _identifier, "HumanName": _name, "Address": _address,
    "ContactPoint": _contact, "Period": _period, "Quantity": _quantity, "Age": _age, "Duration": _age, "Range": _range,
    "Timing": _timing, "UsageContext": _usage, "Reference": lambda i, e: i.reference(e),
    "Count": lambda i, e: {"value": i.random.choice((1, 2, 7)), "system": UCUM, "code": "1"},
    "Distance": lambda i, e: {"value": i.random.choice(DECIMALS), "unit": "cm", "system": UCUM, "code": "cm"},
    "Money": lambda i, e: {"value": i.random.choice(DECIMALS), "currency": i.random.choice(("NOK", "EUR"))},
    "Ratio": lambda i, e: {"numerator": quantity(i), "denominator": quantity(i)},
    "Attachment": lambda i, e: {"contentType": "text/plain", "url": i.random.choice(URLS[:3]), "title": i.random.choice(WORDS)},
    "Annotation": lambda i, e: {"text": i.random.choice(WORDS)},
    "Dosage": lambda i, e: {"text": i.random.choice(WORDS)},
    "SampledData": lambda i, e: {"origin": {"value": 0}, "period": 1, "dimensions": 1, "data": "1 2 3"},
    "Narrative": lambda i, e: {"status": "empty", "div": '<div xmlns="http://www.w3.org/1999/xhtml">-</div>'},
}  # fmt: skip


# What a StructureDefinition does not tell: members that belong together, and those that open records -----------------


def mended(made: dict[str, Any], i: Inventor) -> dict[str, Any]:
    """Return the resource with what must fit together made to fit."""
    type_ = made["resourceType"]
    if type_ in BY_HAND:
        BY_HAND[type_](made, i)
    for member in ABOUT:
        if i.now.about and member == about_member(type_):
            many = elements(type_)[member].many
            made[member] = [{"reference": i.now.about}] if many else {"reference": i.now.about}
    if i.now.about is None and concerns_people(type_):
        for member in (*ABOUT, "encounter", "focus", "context"):
            made.pop(member, None)
    for opening in OPENS_RECORDS.get(type_, ()):
        made.pop(opening, None)
    return made


OPENS_RECORDS: Mapping[str, tuple[str, ...]] = {
    "Patient": ("generalPractitioner",), "EpisodeOfCare": ("managingOrganization", "careManager"), "CareTeam": ("participant",),
    "Encounter": ("serviceProvider",), "Consent": ("provision",),
}  # fmt: skip


# Types that name their person by hand, or through something that names it.
BELONG = frozenset("Appointment AppointmentResponse Provenance BiologicallyDerivedProduct EnrollmentResponse PaymentNotice"
                   " DeviceMetric SupplyRequest Binary".split())  # fmt: skip
THROUGH: Mapping[str, str] = {  # type -> the member that leads to what names the person
    "Provenance": "target", "EnrollmentResponse": "request", "PaymentNotice": "request", "DeviceMetric": "source",
}  # fmt: skip


def _appointment(made: dict[str, Any], i: Inventor) -> None:
    actors = [{"actor": {"reference": i.now.about}, "status": "accepted"}] if i.now.about else []
    made["participant"] = [*actors, {"actor": {"reference": i.planned["Location"][0].ref}, "status": "accepted"}]


def _by(member: str, *types: str) -> Callable[[dict[str, Any], Inventor], None]:
    """Return what makes `member` point to something of the same person."""

    def mend(made: dict[str, Any], i: Inventor) -> None:
        own = [p for t in types for p in i.planned[t] if p.about == i.now.about]
        made.pop(member, None)
        if own:
            made[member] = {"reference": i.random.choice(own).ref}

    return mend


def _provenance(made: dict[str, Any], i: Inventor) -> None:
    own = [p for t in ("Observation", "Condition", "Encounter") for p in i.planned[t] if p.about == i.now.about]
    made["target"] = [{"reference": i.random.choice(own).ref}]


def _reply(made: dict[str, Any], i: Inventor) -> None:
    made["actor"] = {"reference": i.now.about}
    made["appointment"] = {
        "reference": i.random.choice(
            [p for p in i.planned["Appointment"] if p.about == i.now.about] or i.planned["Appointment"]
        ).ref
    }


def _product(made: dict[str, Any], i: Inventor) -> None:
    made["collection"] = {"source": {"reference": i.now.about}, "collectedDateTime": "2020-02-29"}


def _bundle(made: dict[str, Any], i: Inventor) -> None:
    made.clear()
    made |= {"resourceType": "Bundle", "id": i.now.id, "type": "collection", "timestamp": i.random.choice(TIMES)}
    made["identifier"] = _identifier(i, elements("Bundle")["identifier"])


def _supply(made: dict[str, Any], i: Inventor) -> None:
    made.pop("requester", None)
    made["deliverTo"] = {"reference": i.now.about}


def _evidence(made: dict[str, Any], i: Inventor) -> None:
    made["characteristic"] = [{"definitionCanonical": i.random.choice(URLS[:4])}]


BY_HAND: Mapping[str, Callable[[dict[str, Any], Inventor], None]] = {
    "Appointment": _appointment, "AppointmentResponse": _reply, "Provenance": _provenance, "BiologicallyDerivedProduct": _product,
    "EnrollmentResponse": _by("request", "EnrollmentRequest"), "PaymentNotice": _by("request", "Claim"),
    "DeviceMetric": _by("source", "Device"), "SupplyRequest": _supply, "EvidenceVariable": _evidence, "Bundle": _bundle,
    "Binary": lambda made, i: made.pop("url", None) or made.update({"contentType": "text/plain", "data": "aGVp", "securityContext": {"reference": i.now.about}}),
}  # fmt: skip
