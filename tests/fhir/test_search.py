"""Which values a search compares, taken out of a resource."""

from __future__ import annotations

import warnings
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from akson.fhir import bodies
from akson.fhir.dates import BEGINNING, END, interval
from akson.fhir.search import Extracted, extract, normalise, parameters, sort_date, split, unsupported
from akson.fhir.types import TYPES
from akson.fhir.values import LEAST, MOST, split_reference

LOINC, UCUM = "http://loinc.org", "http://unitsofmeasure.org"


def rows(resource: dict[str, Any], kind: str, name: str) -> list[Any]:
    """Return the rows of one parameter, without their slot."""
    slots = {slot.id for slot in parameters(resource["resourceType"])[name].slots}
    return [row[1:] for row in getattr(extract(resource), kind) if row[0] > 0 and split(row[0])[0] in slots]


def of(kind: str, **members: Any) -> dict[str, Any]:
    return {"resourceType": kind, **members}


PULSE = of(
    "Observation", status="final", subject={"reference": "Patient/p1"}, effectiveDateTime="2026-11-22T10:00:00+01:00",
    category=[{"coding": [{"system": "http://example.org/c", "code": "vital-signs", "display": "Vital Signs"}]}],
    code={"coding": [{"system": LOINC, "code": "8867-4", "display": "Heart rate"}], "text": "Puls"},
    valueQuantity={"value": Decimal("72.50"), "unit": "slag/min", "system": UCUM, "code": "/min"},
    performer=[{"identifier": {"system": "urn:oid:2.16.578.1.12.4.1.4.4", "value": "9144889"}, "type": "Practitioner"}],
    component=[{"code": {"text": "x"}, "valueQuantity": {"value": 3, "comparator": "<"}}],
)  # fmt: skip


def test_tokens_come_with_system_code_and_text() -> None:
    assert rows(PULSE, "tokens", "code") == [(LOINC, "8867-4", "Heart rate"), (None, "", "Puls")]
    status = "http://hl7.org/fhir/observation-status"  # the system of a code stands in its definition
    assert rows(PULSE, "tokens", "status") == [(None, "final", None), (status, "final", None)]
    patient = of(
        "Patient", active=True, gender="female", telecom=[{"system": "phone", "value": "90000000"}, {"system": "email"}],
        identifier=[{"system": "urn:oid:2.16.578.1.12.4.1.4.1", "value": "14834142059"}],
    )  # fmt: skip
    assert rows(patient, "tokens", "identifier") == [("urn:oid:2.16.578.1.12.4.1.4.1", "14834142059", None)]
    assert rows(patient, "tokens", "active") == [(None, "true", None)]
    assert rows(patient, "tokens", "phone") == [(None, "90000000", None)]
    assert rows(patient, "tokens", "email") == []


@pytest.mark.parametrize(("members", "deceased"), [
    ({}, "false"), ({"deceasedBoolean": False}, "false"), ({"deceasedBoolean": True}, "true"),
    ({"deceasedDateTime": "2026"}, "true"),
])  # fmt: skip
def test_the_dead_are_found(members: dict[str, Any], deceased: str) -> None:
    assert rows(of("Patient", **members), "tokens", "deceased") == [(None, deceased, None)]


def test_references_are_told_by_type_and_id() -> None:
    assert rows(PULSE, "references", "subject") == [("Patient", "p1", None, None)]
    assert rows(PULSE, "references", "patient") == [("Patient", "p1", None, None)]
    assert rows(PULSE, "references", "performer") == [
        ("Practitioner", None, None, ("urn:oid:2.16.578.1.12.4.1.4.4", "9144889"))
    ]
    group = PULSE | {"subject": {"reference": "Group/1"}, "performer": [{"reference": "#a"}]}
    assert rows(group, "references", "subject") == [("Group", "1", None, None)]
    assert (parameters("Observation")["patient"].only, rows(group, "references", "performer")) == (("Patient",), [])


@pytest.mark.parametrize(("literal", "split"), [
    ("Patient/1", ("Patient", "1", None)),
    ("Patient/1/_history/2", ("Patient", "1", None)),
    ("https://example.org/fhir/Patient/1", ("Patient", "1", "https://example.org/fhir/Patient/1")),
    ("urn:uuid:1", (None, None, "urn:uuid:1")),
    ("https://example.org/Noe/1", (None, None, "https://example.org/Noe/1")),
])  # fmt: skip
def test_a_reference_is_split(literal: str, split: tuple[str | None, ...]) -> None:
    assert split_reference(literal) == split


def test_canonicals_are_references_with_and_without_their_version() -> None:
    answers = of("QuestionnaireResponse", status="completed", questionnaire="https://example.org/Questionnaire/q|1.0")
    url = "https://example.org/Questionnaire/q"
    assert rows(answers, "references", "questionnaire") == [
        ("Questionnaire", "q", url, None), (None, None, f"{url}|1.0", None)
    ]  # fmt: skip


def test_strings_are_folded_but_ours_are_letters_of_their_own() -> None:
    patient = of("Patient", name=[{"family": "Åsnes  Müller", "given": ["Élise", "Søren"], "prefix": ["dr."]}],
                 address=[{"line": ["Storgata 1"], "city": "Tromsø"}])  # fmt: skip
    assert rows(patient, "strings", "family") == [("åsnes muller", "Åsnes  Müller")]
    assert rows(patient, "strings", "name") == [
        ("åsnes muller", "Åsnes  Müller"), ("elise", "Élise"), ("søren", "Søren"), ("dr.", "dr."),
    ]  # fmt: skip
    assert rows(patient, "strings", "address-city") == [("tromsø", "Tromsø")]
    assert [normalise(t) for t in ("A\u030ase", "Kárášjohka", "Æ Ø Å", "Đuoddar", " a\tb ")] == [
        "åse", "karasjohka", "æ ø å", "duoddar", "a b",
    ]  # fmt: skip


def utc(year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0, micro: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, second, micro, tzinfo=UTC)


@pytest.mark.parametrize(("text", "low", "high"), [
    ("2026", utc(2025, 12, 31, 23), utc(2026, 12, 31, 22, 59, 59, 999999)),
    ("2026-02", utc(2026, 1, 31, 23), utc(2026, 2, 28, 22, 59, 59, 999999)),
    ("2026-12", utc(2026, 11, 30, 23), utc(2026, 12, 31, 22, 59, 59, 999999)),
    ("2026-07-01", utc(2026, 6, 30, 22), utc(2026, 7, 1, 21, 59, 59, 999999)),
    ("2026-07-01T10:00Z", utc(2026, 7, 1, 10), utc(2026, 7, 1, 10, 0, 59, 999999)),
    ("2026-07-01T10:00:00", utc(2026, 7, 1, 8), utc(2026, 7, 1, 8, 0, 0, 999999)),
    ("2026-07-01T10:00:00.5-02:00", utc(2026, 7, 1, 12, 0, 0, 500000), utc(2026, 7, 1, 12, 0, 0, 599999)),
    ("2026-07-01T10:00:00.123456789Z", utc(2026, 7, 1, 10, 0, 0, 123456), utc(2026, 7, 1, 10, 0, 0, 123456)),
    ("2016-12-31T23:59:60Z", utc(2016, 12, 31, 23, 59, 59), utc(2016, 12, 31, 23, 59, 59, 999999)),
    ("9999-12", utc(9999, 11, 30, 23), END),
    ("9999", utc(9998, 12, 31, 23), END),
    ("9999-11", utc(9999, 10, 31, 23), utc(9999, 11, 30, 22, 59, 59, 999999)),
    ("0001", BEGINNING, utc(1, 12, 31, 23, 16, 59, 999999)),
    ("9999-12-31", utc(9999, 12, 30, 23), END),
    ("0001-01-01T00:00:00+14:00", BEGINNING, BEGINNING),
    ("9999-12-31T23:59:59-12:00", END, END),
])  # fmt: skip
def test_a_date_covers_a_stretch_of_norwegian_time(text: str, low: datetime, high: datetime) -> None:
    assert interval(text) == (low, high)


def test_periods_and_timings_have_open_ends() -> None:
    stay = of("Encounter", period={"start": "2026-07-01T10:00:00Z"})
    assert rows(stay, "dates", "date") == [(utc(2026, 7, 1, 10), END)]
    plan = PULSE | {"effectiveDateTime": None, "effectiveTiming": {"event": ["2026-07-02", "2026-07-01"]}}
    assert rows(plan, "dates", "date") == [(utc(2026, 6, 30, 22), utc(2026, 7, 2, 21, 59, 59, 999999))]
    assert rows(plan | {"effectiveTiming": {"repeat": {"frequency": 1}}}, "dates", "date") == []


def test_quantities_and_numbers_are_exact_or_a_stretch() -> None:
    unit = (UCUM, "/min", "slag/min")
    assert rows(PULSE, "quantities", "value-quantity") == [(Decimal("72.50"), Decimal("72.50"), *unit)]
    assert rows(PULSE, "quantities", "component-value-quantity") == [(LEAST, Decimal(3), None, None, None)]
    risk = of("RiskAssessment", prediction=[{"probabilityRange": {"low": {"value": 5}}}, {"probabilityDecimal": 1}])
    assert rows(risk, "numbers", "probability") == [(Decimal(5), MOST), (Decimal(1), Decimal(1))]
    bill = of("Invoice", totalNet={"value": Decimal("100.10"), "currency": "NOK"})
    assert rows(bill, "quantities", "totalnet") == [
        (Decimal("100.10"), Decimal("100.10"), "urn:iso:std:iso:4217", "NOK", "NOK")
    ]
    ecg = PULSE | {"valueQuantity": None, "valueSampledData": {
        "origin": {"value": 10, "unit": "mV"}, "factor": 2, "data": "1 -3 E 4"}}  # fmt: skip
    assert rows(ecg, "quantities", "value-quantity") == [(Decimal(4), Decimal(18), None, None, "mV")]


def test_only_what_a_condition_allows_is_taken() -> None:
    library = of("Library", relatedArtifact=[{"type": "depends-on", "resource": "http://a"}, {"type": "successor",
                 "resource": "http://b"}])  # fmt: skip
    assert rows(library, "references", "depends-on") == [(None, None, "http://a", None)]
    bundle = of("Bundle", type="document", entry=[{"resource": {"resourceType": "Composition", "id": "c"}},
                {"resource": {"resourceType": "Patient", "id": "p"}}])  # fmt: skip
    assert rows(bundle, "references", "composition") == [("Composition", "c", None, None)]


def test_parameters_are_known_by_stable_numbers() -> None:
    found = parameters("Observation")
    assert {"_id", "_lastUpdated", "_tag", "code", "patient", "date", "combo-code-value-quantity"} <= set(found)
    assert (found["_id"].kind, found["code"].kind, found["code-value-quantity"].kind) == (
        "special",
        "token",
        "composite",
    )
    assert found["patient"].targets == ("Patient",)
    assert {"Patient", "Group", "Device", "Location"} == set(found["subject"].targets)
    assert found["code"].id == parameters("Condition")["code"].id == 1338
    assert found["code-value-quantity"].components[0] == (found["code"].id, "code")
    assert parameters("Pasient") == {}
    assert len({p.id for t in TYPES for p in parameters(t).values()}) == 1377


def test_only_composites_specials_and_a_few_odd_types_are_not_taken_out() -> None:
    odd = {(t, name, why) for t, name, why in unsupported() if why not in {"composite", "special"}}
    assert odd == {
        ("CarePlan", "activity-date", "date of string"),
        ("Consent", "source-reference", "reference of Attachment"),
        ("Immunization", "date", "date of string"),
        ("Procedure", "date", "date of string"),
        ("Procedure", "date", "date of Age"),
        ("Procedure", "date", "date of Range"),
    }
    assert {name for _, name, why in unsupported() if why == "special"} == {
        "_id", "_lastUpdated", "_text", "_content", "_query", "near",
    }  # fmt: skip


@pytest.mark.parametrize(("resource", "moment"), [
    (PULSE, utc(2026, 11, 22, 9)),
    (of("Condition", onsetAge={"value": 3}, recordedDate="2026-07-01T10:00:00Z"), utc(2026, 7, 1, 10)),
    (of("Encounter", period={"end": "2026-07-01T10:00:00Z"}), utc(2026, 7, 1, 10)),
    (of("Observation", effectiveTiming={"event": ["2026-07-01T10:00:00Z"]}), utc(2026, 7, 1, 10)),
    (of("Observation", effectiveTiming={"code": {"text": "x"}}, issued="2026-07-01T10:00:00Z"), utc(2026, 7, 1, 10)),
    (of("Patient", birthDate="1941-03-14"), None),
    (of("Observation"), None),
])  # fmt: skip
def test_the_timeline_goes_by_when_it_was_so(resource: dict[str, Any], moment: datetime | None) -> None:
    assert sort_date(resource) == moment


def _examples(shared: Path) -> list[dict[str, Any]]:
    found = [bodies.loads(f.read_bytes()) for f in sorted((shared / "fhir/r4-examples").glob("*-*.json"))]
    for file in sorted((shared / "fhir/synthea-r4").rglob("*.json"))[:2]:
        found += [bodies.loads(bytes(e.resource)) for e in bodies.slices(file.read_bytes()).entry[:60]]
    return found


def test_an_independent_fhirpath_finds_the_same(shared: Path) -> None:
    """We must have rows exactly where fhirpathpy finds something that can be compared."""
    evaluate = _fhirpath()
    compared = 0
    for resource in _examples(shared):
        numbers = _numbers(extract(resource))
        for p in parameters(resource["resourceType"]).values():
            if p.kind in {"composite", "special"} or "resolve()" in p.expression or "exists()" in p.expression:
                continue  # fhirpathpy has no resolve()
            if p.name == "activity-date" and resource["id"] == "f003":
                continue  # a date written as free text, which is no date to search for
            found = [v for v in evaluate(_about(p.expression, resource["resourceType"]))(resource) if _comparable(v)]
            assert bool(found) == any(slot.id in numbers for slot in p.slots), (
                resource["resourceType"],
                resource.get("id"),
                p.name,
                found,
            )
            compared += len(found)
    assert compared > 0


def _fhirpath() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from fhirpathpy import compile as compile_path
        from fhirpathpy.models import models
    return cache(lambda expression: compile_path(expression, models["r4"]))


def _numbers(found: Extracted) -> set[int]:
    kinds = ("tokens", "references", "strings", "dates", "numbers", "quantities", "uris")
    return {split(row[0])[0] for kind in kinds for row in getattr(found, kind) if row[0] > 0}


def _about(expression: str, kind: str) -> str:
    """Return the parts of a union that speak of this resource type."""
    parts = [e for e in expression.split(" | ") if e.strip("(").split(".")[0] in {kind, "Resource", "DomainResource"}]
    return " | ".join(parts).replace("Resource.", "")


def _comparable(value: Any) -> bool:
    """Tell whether there is something to compare: not for mere displays, contained resources, unbound timings."""
    if not isinstance(value, dict):
        return True
    literal = value.get("reference", "")
    if "boundsPeriod" in value.get("repeat", {}):
        return True
    told = set(value) - {"display", "use", "repeat", "title", "reference"}
    return bool(literal and not literal.startswith("#")) or bool(told - {"system"}) or set(value) == {"system", "value"}
