"""Seeds: Fjordvik is valid, invented, complete, and the same every time."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

import seeds
from akson.access.roles import ROLES
from akson.fhir.checks import check_resource
from akson.registers.identifiers import PERSON_SYSTEMS, Fnr, Hpr, OrgNr
from seeds import staff as by
from seeds.citizens import GROWN_UP, STORIES
from seeds.citizens.astrid import astrid
from seeds.personas import citizen_personas, staff_personas
from seeds.shapes import OSLO, Clock

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)  # a Monday, eleven in the morning in Fjordvik
FEW = 120


@pytest.fixture(scope="module")
def sets() -> list[list[seeds.Seed]]:
    return list(seeds.resources(FEW, NOW))


@pytest.fixture(scope="module")
def by_key(sets: list[list[seeds.Seed]]) -> dict[str, dict[str, Any]]:
    return {seed.key: seed.resource for group in sets for seed in group}


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("reference"), str):
            yield value["reference"]
        for inner in value.values():
            yield from _references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _references(inner)


def _of(by_key: dict[str, dict[str, Any]], kind: str, person: str) -> list[dict[str, Any]]:
    return [
        r
        for r in by_key.values()
        if r["resourceType"] == kind
        and {"reference": f"Patient/{person}"} in (r.get("subject"), r.get("patient"), r.get("for"))
    ]


def test_every_resource_is_valid_r4(by_key: dict[str, dict[str, Any]]) -> None:
    for resource in by_key.values():
        check_resource(resource)


def test_every_reference_points_into_its_own_set_or_an_earlier_one(sets: list[list[seeds.Seed]]) -> None:
    known: set[str] = set()
    for group in sets:
        keys = [seed.key for seed in group]
        assert known.isdisjoint(keys) and len(set(keys)) == len(keys)
        known.update(keys)
        for seed in group:
            assert seed.key.partition("/")[0] == seed.resource["resourceType"] and "id" not in seed.resource
            assert known.issuperset(_references(seed.resource)), seed


def test_the_same_number_and_time_give_the_same_people(sets: list[list[seeds.Seed]]) -> None:
    assert list(seeds.resources(FEW, NOW)) == sets
    assert list(seeds.resources(FEW, NOW, seed=2)) != sets


def test_more_people_do_not_change_those_who_were_there() -> None:
    few, more = ({s.key: s.resource for group in seeds.resources(n, NOW) for s in group} for n in (20, 60))
    assert all(more[key] == resource for key, resource in few.items())


def test_nobody_is_real_and_no_number_is_used_twice(by_key: dict[str, dict[str, Any]]) -> None:
    used: dict[str, list[str]] = {"Patient": [], "Practitioner": []}
    for resource in by_key.values():
        for identifier in resource.get("identifier", []):
            if identifier["system"] in PERSON_SYSTEMS:
                number = Fnr.parse(identifier["value"])
                assert number.synthetic and int(number.value[2:4]) > 80
                assert resource["birthDate"][2:4] == number.value[4:6]
                if resource["resourceType"] in used:
                    used[resource["resourceType"]].append(number.value)
            elif resource["resourceType"] == "Organization":
                assert OrgNr.parse(identifier["value"]).synthetic
            else:
                assert not Hpr.parse(identifier["value"]).doubtful
        for telecom in resource.get("telecom", []):
            assert telecom["value"].startswith("+470000")
        for address in resource.get("address", []):
            assert address["city"] == "Fjordvik"
    assert all(len(set(numbers)) == len(numbers) for numbers in used.values())
    shared = set(used["Patient"]) & set(used["Practitioner"])
    assert shared == {by.BERIT.fnr.value}  # the neighbour who is a nurse has a record of her own


def test_every_story_is_there(by_key: dict[str, dict[str, Any]]) -> None:
    assert len(STORIES) >= 12
    assert all(key in by_key for key in STORIES)
    assert all(citizen.ref in by_key for citizen in GROWN_UP)


@pytest.mark.parametrize(("person", "label"), [("lena", "kode6"), ("marius", "kode7"), ("stein", "klientadresse")])
def test_protected_people_carry_their_label(by_key: dict[str, dict[str, Any]], person: str, label: str) -> None:
    patient = by_key[f"Patient/{person}"]
    assert patient["meta"]["security"] == [{"system": "https://akson.no/fhir/protection", "code": label}]
    assert ("address" in patient) is (label != "kode6")


def test_a_neighbour_is_refused_by_name_in_the_district_that_cares(by_key: dict[str, dict[str, Any]]) -> None:
    consent = _of(by_key, "Consent", "torunn")[0]
    assert consent["provision"]["type"] == "deny"
    assert [actor["reference"]["reference"] for actor in consent["provision"]["actor"]] == ["Practitioner/berit"]
    units = {e["managingOrganization"]["reference"] for e in _of(by_key, "EpisodeOfCare", "torunn")}
    assert units == {by.BERIT.unit.key}


def test_a_child_with_two_homes_has_two_parents_known_by_number(by_key: dict[str, dict[str, Any]]) -> None:
    emil, related = by_key["Patient/emil"], _of(by_key, "RelatedPerson", "emil")
    assert len(emil["address"]) == 2
    assert {r["identifier"][0]["value"] for r in related} == {
        by_key[f"Patient/{parent}"]["identifier"][0]["value"] for parent in ("ida", "ola")
    }
    codes = [{c["code"] for concept in r["relationship"] for c in concept["coding"]} for r in related]
    assert all("felles" in found and found & {"MTH", "FTH"} for found in codes)


def test_the_ages_of_the_children_follow_the_clock() -> None:
    for now in (NOW, NOW + timedelta(days=3 * 365)):
        people = {s.key: s.resource for group in seeds.resources(1, now) for s in group}
        for key, age in (("emil", 7), ("mia", 13), ("sander", 15), ("nora", 0)):
            born = date.fromisoformat(people[f"Patient/{key}"]["birthDate"])
            assert (now.date() - born).days // 365.25 == age


def test_what_a_youth_holds_back_is_marked_for_the_access_rules(by_key: dict[str, dict[str, Any]]) -> None:
    for person in ("mia", "sander"):
        marks = [
            d.get("meta", {}).get("security", [{}])[0].get("code") for d in _of(by_key, "DocumentReference", person)
        ]
        assert marks.count("withheld-parents") == 1 and len(marks) == 2


def test_astrid_is_the_patient_of_the_drawings(by_key: dict[str, dict[str, Any]]) -> None:
    astrid = by_key["Patient/astrid"]
    assert astrid["identifier"][0]["value"] == "14834142059"
    assert (astrid["birthDate"], astrid["address"][0]["line"]) == ("1941-03-14", ["Strandveien 12"])
    conditions = _of(by_key, "Condition", "astrid")
    active = [c for c in conditions if c["clinicalStatus"]["coding"][0]["code"] == "active"]
    assert [c["code"]["coding"][0]["code"] for c in active] == ["K77", "K78", "R95", "U99", "T90", "L75", "P20", "L95"]
    assert len(conditions) - len(active) == 11
    assert [f["code"]["text"] for f in _of(by_key, "Flag", "astrid")][:2] == [
        "HLR minus: ikke respirator, avklart 02.09.2026",
        "Blodfortynnende: apiksaban",
    ]
    assert by_key["AllergyIntolerance/astrid-1"]["criticality"] == "high"


def test_astrids_sources_agree_on_seven_medicines_and_differ_on_three(by_key: dict[str, dict[str, Any]]) -> None:
    told: dict[str, dict[str, str]] = {}
    for statement in _of(by_key, "MedicationStatement", "astrid"):
        source = statement["category"]["coding"][0]["code"]
        told.setdefault(statement["medicationCodeableConcept"]["text"], {})[source] = statement["dosage"][0]["text"]
    assert len(told) == 10
    assert told["Furosemid"] == {"fastlege": "40 mg × 1", "multidose": "40 mg × 1", "sykehus": "40 mg × 2"}
    assert told["Apiksaban"] == {"fastlege": "5 mg × 2", "multidose": "5 mg × 2", "sykehus": "2,5 mg × 2"}
    assert told["Ibuprofen"] == {"pasient": "400 mg ved smerter"}
    assert sum(len(set(doses.values())) == 1 and "fastlege" in doses for doses in told.values()) == 7


def test_astrids_measurements_and_scores_are_those_of_the_drawings(by_key: dict[str, dict[str, Any]]) -> None:
    observations = _of(by_key, "Observation", "astrid")
    scores = {o["effectiveDateTime"][:10]: o["valueInteger"] for o in observations if "valueInteger" in o}
    assert scores == {
        "2026-11-09": 1,
        "2026-11-16": 6,
        "2026-11-18": 3,
        "2026-11-20": 1,
        "2026-11-21": 1,
        "2026-11-22": 2,
        "2026-11-23": 4,
    }
    latest = [o for o in observations if o["effectiveDateTime"] == "2026-11-23T08:12:00+01:00"]
    values = {o["code"]["text"]: str(o["valueQuantity"]["value"]) for o in latest if "valueQuantity" in o}
    assert values == {
        "Respirasjonsfrekvens": "20",
        "Oksygenmetning": "93",
        "Puls": "96",
        "Kroppstemperatur": "37.4",
        "Vekt": "58.4",
    }


def test_astrids_tasks_appointments_and_services_are_those_of_the_drawings(by_key: dict[str, dict[str, Any]]) -> None:
    tasks = [t for t in _of(by_key, "Task", "astrid") if t["owner"]["reference"] != "Patient/astrid"]
    assert [(t["description"], t["restriction"]["period"]["end"][:16]) for t in tasks] == [
        ("Samstem legemidler", "2026-11-23T16:00"),
        ("Økt vekt og tungpust", "2026-11-23T15:00"),
        ("Kontroll kreatinin og kalium", "2026-11-26T16:00"),
        ("Ny vurdering av hukommelse", "2026-12-15T16:00"),
    ]
    booked = [
        r["start"][:16]
        for r in by_key.values()
        if r["resourceType"] == "Appointment" and r["participant"][0]["actor"]["reference"] == "Patient/astrid"
    ]
    assert booked == ["2026-11-24T10:40", "2026-11-26T09:00", "2026-11-27T13:00", "2026-12-15T10:00"]
    services = [e["type"][0]["text"] for e in _of(by_key, "EpisodeOfCare", "astrid")]
    assert services == ["Hjemmesykepleie", "Multidose", "Trygghetsalarm", "Fysioterapi hjemme", "Matombringing"]
    assert by_key["EpisodeOfCare/astrid-1"]["period"]["end"] == "2027-02-28"


def test_the_gps_inbox_holds_seven_to_act_on_twelve_to_know_and_three_awaited(
    by_key: dict[str, dict[str, Any]],
) -> None:
    tasks = [r for r in by_key.values() if r["resourceType"] == "Task"]
    mine = {"Practitioner/jonas", "Practitioner/anne", "Organization/kontor-2"}  # Jonas covers for Anne
    kinds = [t["code"]["coding"][0]["code"] for t in tasks if t["owner"]["reference"] in mine]
    assert (kinds.count("handling"), kinds.count("orientering")) == (7, 12)
    awaited = [t for t in tasks if t["businessStatus"]["text"] == "Sendt, venter svar"]
    assert {t["requester"]["reference"] for t in awaited} == {"Practitioner/jonas"} and len(awaited) == 3


def test_nothing_that_has_happened_lies_ahead_whatever_the_time_of_day() -> None:
    for hour in (0, 6, 9, 15, 23):
        now = datetime(2026, 11, 23, hour, 15, tzinfo=OSLO)
        for group in seeds.resources(30, now):
            for seed in group:
                for name in ("effectiveDateTime", "sent", "authoredOn", "date", "recordedDate", "birthDate"):
                    value = seed.resource.get(name)
                    assert value is None or value <= now.isoformat(), (seed.key, name)


def test_nothing_is_told_of_anybody_before_they_were_born(by_key: dict[str, dict[str, Any]]) -> None:
    for key, resource in by_key.items():
        about = (resource.get("subject") or resource.get("patient") or {}).get("reference")
        if about in by_key and resource["resourceType"] != "RelatedPerson":
            told = [resource.get(name) for name in ("effectiveDateTime", "onsetDateTime", "date", "occurrenceDateTime")]
            told += [(resource.get(name) or {}).get("start") for name in ("period", "effectivePeriod")]
            assert all(at is None or at >= by_key[about]["birthDate"] for at in told), key


def test_what_is_to_come_counts_from_today_even_at_night() -> None:
    night = Clock(datetime(2026, 11, 22, 23, 30, tzinfo=UTC))  # half past midnight on Monday
    assert (night.ago(0, "08.12")[:10], night.ahead(0, "15.00")[:10]) == ("2026-11-22", "2026-11-23")


@pytest.mark.parametrize(("now", "words"), [
    (datetime(2026, 11, 23, 10, tzinfo=UTC), ("Innlagt 16.–20. med", "til 28. februar.", "hjem fredag.")),
    (datetime(2026, 12, 4, 10, tzinfo=UTC), ("Innlagt 27.11.–1.12. med", "til 11. mars.", "hjem tirsdag.")),
])  # fmt: skip
def test_what_astrids_letters_say_of_days_follows_the_calendar(now: datetime, words: tuple[str, ...]) -> None:
    told = [
        base64.b64decode(one["content"][0]["attachment"]["data"]).decode()
        for seed in astrid(Clock(now)) if (one := seed.resource)["resourceType"] == "DocumentReference"
    ]  # fmt: skip
    told += [
        seed.resource["payload"][0]["contentString"]
        for seed in astrid(Clock(now)) if seed.resource["resourceType"] == "Communication"
    ]  # fmt: skip
    assert [word for word in words if not any(word in text for text in told)] == []


def test_staff_have_roles_the_access_rules_know(by_key: dict[str, dict[str, Any]]) -> None:
    roles = [r for r in by_key.values() if r["resourceType"] == "PractitionerRole"]
    codes = [coding["code"] for r in roles for concept in r["code"] for coding in concept["coding"]]
    assert len(roles) >= 20 and len(set(codes)) >= 8
    assert set(codes) <= set(ROLES)


def test_personas_sign_in_as_people_who_exist(by_key: dict[str, dict[str, Any]]) -> None:
    for persona in (*staff_personas(), *citizen_personas(NOW.date())):
        assert by_key[persona.key]["identifier"][0]["value"] == persona.fnr
        assert persona.hint and persona.title


def test_addresses_for_messages_stand_apart_from_the_resources(by_key: dict[str, dict[str, Any]]) -> None:
    listed = seeds.addresses()
    assert len({address.her_id for address in listed}) == len(listed)
    assert all(address.unit in by_key for address in listed)
    assert '2.16.578.1.12.4.1.2"' not in json.dumps([by_key[address.unit] for address in listed])
    assert {address.name for address in listed if not address.ours} >= {"Vestfjell sykehus", "NAV Fjordvik"}


def test_letters_can_be_read(by_key: dict[str, dict[str, Any]]) -> None:
    letter = by_key["DocumentReference/astrid-epikrise"]["content"][0]["attachment"]
    assert "furosemid 40 mg × 2 i en uke" in base64.b64decode(letter["data"]).decode().lower()


def test_two_thousand_people_have_a_believable_amount_of_record() -> None:
    everything = [seed for group in seeds.resources(seeds.PEOPLE, NOW) for seed in group]
    people = sum(seed.key.startswith("Patient/") for seed in everything)
    assert seeds.PEOPLE <= people <= seeds.PEOPLE + 60
    assert 10 <= len(everything) / people <= 25
