"""What is blocked and would change the advice about medicines: one sentence for who prescribes, where it is turned on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from akson.audit import view
from akson.base.work import Purpose
from akson.record import journal
from seeds import fjordvik
from tests.offices import JOB, let_pass
from tests.seeded import Town
from tests.workplace.test_overview import overview

SENTENCE = "Det finnes opplysninger som ikke vises"
ACTIVE = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical", "code": "active"}]}
ATC, ICPC2 = "http://www.whocc.no/atc", "urn:oid:2.16.578.1.12.4.1.1.7170"


def coded(system: str, code: str, text: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code, "display": text}], "text": text}


ALLERGY = {"resourceType": "AllergyIntolerance", "clinicalStatus": ACTIVE, "code": coded(ATC, "C07AB02", "Metoprolol")}
HARMLESS = {
    "resourceType": "AllergyIntolerance",
    "clinicalStatus": ACTIVE,
    "code": coded(ATC, "V01AA02", "Gresspollen"),
}
REFUTED = {"system": "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification", "code": "refuted"}
OVER = {"resourceType": "AllergyIntolerance", "code": ALLERGY["code"], "verificationStatus": {"coding": [REFUTED]}}
THINNER = {"resourceType": "MedicationStatement", "status": "active", "effectiveDateTime": "2026-11-20",
           "medicationCodeableConcept": coded(ATC, "B01AA03", "Warfarin")}  # fmt: skip
NEURO = {"resourceType": "MedicationStatement", "status": "active", "effectiveDateTime": "2026-11-20",
         "medicationCodeableConcept": coded(ATC, "N05AH03", "Olanzapin")}  # fmt: skip


async def closed(town: Town, made: Mapping[str, Any], block: Mapping[str, Any] | None = None) -> str:
    """Write something in Astrid's record, closed to everybody at work; return its reference."""
    astrid = {"reference": town.names["Patient/astrid"]}
    whose = {"patient" if made["resourceType"] == "AllergyIntolerance" else "subject": astrid}
    async with town.office.work(JOB, Purpose.SYSTEM) as work:
        hidden = await journal.create(work, {**made, **whose})
    consent = {
        "resourceType": "Consent", "status": "active", "patient": astrid,
        "scope": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "patient-privacy"}]},
        "category": [{"coding": [{"system": "http://loinc.org", "code": "59284-0"}]}],
        "policyRule": {"coding": [{"code": "OPTOUT"}]}, "provision": {
            "type": "deny", "data": [{"meaning": "instance", "reference": {"reference": hidden.reference}}]},
        **(block or {}),
    }  # fmt: skip
    async with town.office.work(JOB, Purpose.SYSTEM) as work:
        await journal.create(work, consent)
    return hidden.reference


def approves(town: Town, *keys: str) -> None:
    town.office.past_blocks = frozenset(town.office.ids.open(town.id(key)) or 0 for key in keys)


CONTROLLER = fjordvik.MUNICIPALITY.key


@pytest.mark.parametrize(("hidden", "warned"), [
    (ALLERGY, True), (THINNER, True), (HARMLESS, False), (OVER, False), (NEURO, False),
])  # fmt: skip
async def test_what_would_change_the_advice_is_warned_of_and_nothing_of_it_is_told(
    at_work: Town,
    hidden: Mapping[str, Any],
    warned: bool,
) -> None:
    name = (hidden.get("code") or hidden["medicationCodeableConcept"])["text"]
    approves(at_work, CONTROLLER)
    before = (await overview(at_work, "jonas")).text
    reference = await closed(at_work, hidden)
    page = await overview(at_work, "jonas")
    assert (SENTENCE in page.text) is warned and SENTENCE not in before
    assert reference not in page.html and (name in page.text) is (name in before)
    rest = page.text.replace(f"{SENTENCE}, og som kan ha betydning for legemidlene. Snakk med pasienten før du "
                             "forskriver eller gir noe nytt.", "")  # fmt: skip
    assert rest.count("avvik") == before.count("avvik") and "Warfarin" not in rest


async def test_it_is_off_until_the_controller_of_the_reader_turns_it_on(at_work: Town) -> None:
    await closed(at_work, ALLERGY)
    assert SENTENCE not in (await overview(at_work, "jonas")).text
    approves(at_work, fjordvik.NORDRE.key)
    assert SENTENCE not in (await overview(at_work, "jonas")).text
    approves(at_work, CONTROLLER)
    assert SENTENCE in (await overview(at_work, "jonas")).text


async def test_what_is_closed_in_emergencies_too_is_not_warned_of(at_work: Town) -> None:
    approves(at_work, CONTROLLER)
    strong = {"coding": [{"system": "https://akson.no/fhir/block", "code": "even-emergency"}]}
    await closed(at_work, ALLERGY, {"policyRule": strong})
    assert SENTENCE not in (await overview(at_work, "jonas")).text


async def test_the_citizen_reads_that_it_was_weighed(at_work: Town) -> None:
    owner = at_work.office.ids.open(at_work.id("Patient/astrid")) or 0
    approves(at_work, CONTROLLER)
    await overview(at_work, "jonas")
    said = "fikk legemidlene vurdert også mot det som er sperret, uten å se det"

    async def told() -> bool:
        seen = await view.looked_at(at_work.office.database, owner, at_work.office.clock())
        return any(said in one.did for one in seen.visits)

    assert not await told()
    await closed(at_work, HARMLESS)
    await overview(at_work, "jonas")
    let_pass(at_work.office, view.SAME_VISIT)
    assert await told()
