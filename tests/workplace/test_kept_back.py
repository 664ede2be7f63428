"""What the citizen has closed to a receiver is not offered to go along with what is written to it, and does not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from akson.base.errors import Refused
from akson.base.work import Purpose
from akson.exchange import addresses, sending
from akson.record import journal
from akson.registers.identifiers import ORG_SYSTEM, synthetic_orgnr
from tests.exchange.letters import HEART
from tests.exchange.places import Places
from tests.offices import JOB
from tests.workplace.browsing import browsing
from tests.workplace.test_referring import TYPED, page, places, problems

__all__ = ["places"]
NUMBER, NOTE = synthetic_orgnr(77).value, "Noe i journalen følger ikke med"
HEARTS = "Hjertesvikt, EF 38 %"


async def closed(places: Places, names: list[str], **to: list[dict[str, Any]]) -> None:
    """Let Astrid close something of her record."""
    scope = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "patient-privacy"}]}
    data = [{"meaning": "instance", "reference": {"reference": name}} for name in names]
    async with places.office.work(JOB, Purpose.SYSTEM) as work:
        await journal.create(work, {
            "resourceType": "Consent", "status": "active", "scope": scope, "category": [{"text": "Sperre"}],
            "patient": {"reference": places.astrid.reference}, "policyRule": {"text": "pjl § 17"},
            "provision": {"type": "deny", **({"data": data} if data else {}), **to},
        })  # fmt: skip


async def hospital(places: Places) -> dict[str, Any]:
    """Let the hospital be known here by its number alone, as the citizen closed to it; return who that is."""
    named = {
        "resourceType": "Organization",
        "identifier": [{"system": ORG_SYSTEM, "value": NUMBER}],
        "name": "Sykehuset",
    }
    async with places.office.work(JOB, Purpose.SYSTEM) as work:
        made = await journal.create(work, named)
    there = (await addresses.find(places.office.database, [HEART.her_id]))[HEART.her_id]
    await addresses.put(places.office.database, [
        replace(there, org_number=NUMBER, takes=(*there.takes, "MEDISINSKE_OPPLYSNINGER"))
    ])  # fmt: skip
    role = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "code": "IRCP"}]}
    return {"role": role, "reference": {"reference": made.reference}}


@pytest.mark.parametrize(("kind", "told"), [("henvisning", HEARTS), ("ny/medisinske-opplysninger", "01.03.2019")])
async def test_it_is_not_offered_nor_sent_and_the_writer_is_told_that_something_is_kept_and_not_what(
    places: Places, kind: str, told: str
) -> None:
    there, known = await hospital(places), await problems(places)
    form = TYPED if kind == "henvisning" else {"mottaker": str(HEART.her_id), "tekst": "Se over.", "valgt": "ja"}
    ticked = {"do": "look", "ta": known[HEARTS], **form}
    async with browsing(places.office, places.doctor) as jonas:
        before = await jonas.send(page(places, kind), **ticked)
        assert before.status == 200 and told in before.text and NOTE not in before.text
        await closed(places, [known[HEARTS]], actor=[there])
        seen = await jonas.send(page(places, kind), **ticked)
        assert seen.status == 200 and NOTE in seen.text and told not in seen.text
        mended = await jonas.send(page(places, kind), **ticked | {"do": "edit"})
        assert NOTE in mended.text and HEARTS not in mended.text and "Furix" in mended.text
        assert (await jonas.send(page(places, kind), **ticked | {"do": "send"})).status == 303
    (message,) = await places.found("Communication")
    assert known[HEARTS] not in str(message) and known[HEARTS] not in str(await places.found("ServiceRequest"))


async def test_before_a_receiver_is_chosen_nothing_is_offered_that_is_closed_to_all_outside(places: Places) -> None:
    known = await problems(places)
    role = {"coding": [{"system": "https://akson.no/fhir/role", "code": "ekstern"}]}
    await closed(places, [known[HEARTS]], actor=[{"role": role, "reference": {"display": "Andre virksomheter"}}])
    async with browsing(places.office, places.doctor) as jonas:
        blank = await jonas.open(page(places))
        assert NOTE in blank.text and HEARTS not in blank.text and "Furix" in blank.text


@pytest.mark.parametrize("whole", [True, False])
async def test_no_other_way_of_sending_passes_it_on(places: Places, whole: bool) -> None:
    there, known = await hospital(places), await problems(places)
    told = {
        "resourceType": "Communication", "subject": {"reference": places.astrid.reference},
        "category": [{"coding": [{"system": sending.filing.MESSAGE_TYPE, "code": "MEDISINSKE_OPPLYSNINGER"}]}],
        "about": [{"reference": known[HEARTS]}],
    }  # fmt: skip
    await closed(places, [] if whole else [known[HEARTS]], actor=[there])
    with pytest.raises(Refused) as refused:
        async with places.office.work(places.doctor, Purpose.TREATMENT) as work:
            await sending.send(work, told, to=HEART.her_id)
    assert refused.value.code == "AK-X101" and HEARTS not in refused.value.text
    assert await places.found("Communication") == []
