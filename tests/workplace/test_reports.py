"""Writing a message of care: what of the record goes along, whom it goes to and why, and what must not leave."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from akson.base.work import Actor, Purpose
from akson.exchange import addresses
from akson.exchange.addresses import Address
from akson.exchange.messages import pleieomsorg
from akson.exchange.opening import opened
from akson.record import journal
from akson.record.office import Office
from akson.registers.codes import OBSERVATION_CATEGORY, SERVICE, volven
from akson.workplace.reports.content import KINDS
from tests.exchange.care import SERVICE as HOME_CARE
from tests.exchange.care import care
from tests.exchange.letters import HEART
from tests.exchange.places import Places, make
from tests.offices import JOB, unit
from tests.workplace.browsing import browsing
from tests.workplace.test_cooperation import page
from tests.workplace.test_discharge import ADMITTED, comes, nurse_of

HL7 = "http://terminology.hl7.org/CodeSystem/"
OUTSIDE = Address(her_id=99000055, name="Vestbyen legekontor", ours=False, endpoint="http://127.0.0.1:1/x")
NAV = Address(her_id=99000066, name="NAV Fjordvik", ours=False, endpoint="http://127.0.0.1:1/x", takes=("LEGEERKL",))


@pytest.fixture
async def places(office: Office) -> Places:
    return await make(office)


async def known(places: Places) -> None:
    """Let the record know something of Astrid, now and before."""
    about = {"subject": {"reference": places.astrid.reference}}
    survey = [{"coding": [{"system": OBSERVATION_CATEGORY, "code": "survey"}]}]

    def function(value: str, day: str) -> dict[str, Any]:
        return {
            "resourceType": "Observation", "status": "final", "category": survey, "effectiveDateTime": day,
            "code": {"coding": [{"system": volven(9111), "code": "10", "display": "Spise"}]},
            "valueCodeableConcept": {"coding": [{"system": volven(9112), "code": "3", "display": value}]}, **about,
        }  # fmt: skip

    async with places.office.work(JOB, Purpose.SYSTEM) as work:
        for made in (
            {"resourceType": "Condition", "code": {"text": "Hjertesvikt"},
             "clinicalStatus": {"coding": [{"system": f"{HL7}condition-clinical", "code": "active"}]}, **about},
            {"resourceType": "MedicationStatement", "status": "active", "dosage": [{"text": "1 x 1"}],
             "medicationCodeableConcept": {"text": "Furix tab 40 mg"}, **about},
            function("Delvis", "2026-10-01"), function("Klarer selv", "2026-01-01"),
            {"resourceType": "EpisodeOfCare", "status": "active", "patient": about["subject"],
             "type": [{"coding": [{"system": SERVICE, "code": "5", "display": "Matombringing"}]}],
             "managingOrganization": {"reference": places.practice.unit_id, "display": "Sone nord"},
             "period": {"start": "2026-05-01"}},
            {"resourceType": "EpisodeOfCare", "status": "finished", "patient": about["subject"],
             "type": [{"text": "Avlastning"}], "managingOrganization": {"reference": places.practice.unit_id},
             "period": {"start": "2025-05-01", "end": "2025-06-01"}},
        ):  # fmt: skip
            await journal.create(work, made)


ALL = {"Hjertesvikt", "Furix tab 40 mg", "Delvis", "Matombringing"}


@pytest.mark.parametrize(("kind", "brings"), [
    ("innleggelsesrapport", ALL), ("helseopplysninger", ALL),
    ("medisinske-opplysninger", {"Hjertesvikt", "Furix tab 40 mg"}), ("tjenestetilbud", {"Matombringing", "Sone nord"}),
])  # fmt: skip
async def test_each_kind_takes_along_what_it_is_for_and_only_what_is_true_now(
    places: Places, kind: str, brings: set[str]
) -> None:
    await known(places)
    where = page(places, f"/ny/{kind}")
    typed = {"mottaker": str(HEART.her_id), "tekst": "Vi ber om råd."}
    async with browsing(places.office, places.doctor) as jonas:
        seen = await jonas.send(where, do="look", **typed)
        assert seen.status == 200 and await places.counts() == {}
        assert {one for one in ALL | brings if one in seen.text} == brings and "Vi ber om råd." in seen.text
        assert "Klarer selv" not in seen.text and "Avlastning" not in seen.text
        sent = await jonas.open((await jonas.send(where, do="send", **typed)).leads_to)
        assert "Meldingen sendes om 60 sekunder" in sent.text
    (row,) = await places.rows("SELECT body, type FROM message_out")
    arrived = opened(row["body"]).envelope
    assert arrived is not None and row["type"] == KINDS[kind].type
    told = "\n".join(pleieomsorg.in_words(arrived).paragraphs)
    assert {one for one in ALL | brings if one in told} == brings


async def test_the_writer_leaves_out_what_the_receiver_does_not_need(places: Places) -> None:
    await known(places)
    where, typed = page(places, "/ny/innleggelsesrapport"), {"mottaker": str(HEART.her_id), "tekst": "Vi ber om råd."}
    (heart,) = await places.found("Condition")
    async with browsing(places.office, places.doctor) as jonas:
        shown = (await jonas.open(where)).html
        boxes = re.findall(r'<input[^>]* name="ta"[^>]*>', shown)
        assert len(boxes) == 5 and all(" checked" in each for each in boxes) and "Spise: Delvis" in shown
        assert all(label.strip() for label in re.findall(r"<label[^>]*>(.*?)</label>", shown))
        for do in ("look", "send"):
            done = await jonas.send(where, do=do, valgt="ja", ta=f"Condition/{heart['id']}", **typed)
            assert done.status == (200 if do == "look" else 303)
            assert do == "send" or done.html.count('name="ta"') == 1  # what was chosen is carried on
    (row,) = await places.rows("SELECT body FROM message_out")
    arrived = opened(row["body"]).envelope
    told = "\n".join(pleieomsorg.in_words(arrived).paragraphs) if arrived else ""
    assert {one for one in ALL if one in told} == {"Hjertesvikt"}


async def test_the_hospital_where_the_patient_lies_is_chosen_and_the_reason_is_said(places: Places) -> None:
    nurse = await nurse_of(places)
    other = Address(her_id=99000077, name="A først i listen", ours=False, endpoint="http://127.0.0.1:1/x")
    await addresses.put(places.office.database, [other, NAV])
    async with browsing(places.office, nurse) as berg:
        await comes(places, care("LOG_INNLAGT", at=ADMITTED, to=HOME_CARE))
        shown = await berg.open(page(places, "/ny/innleggelsesrapport"))
    assert f'value="{HEART.her_id}" selected' in shown.html
    assert "Sykehuset der pasienten ligger: Vestfjell sykehus." in shown.text
    assert "A først i listen" in shown.text and "NAV Fjordvik" not in shown.text  # they take no such message


@pytest.mark.parametrize("ours", [True, False])
async def test_the_gp_is_chosen_and_one_who_reads_the_same_record_needs_no_message(places: Places, ours: bool) -> None:
    office = await unit(places.office, "Vestbyen legekontor")
    gp = replace(OUTSIDE, unit=office.unit, unit_id=office.unit_id)
    at_home = replace(gp, ours=True, endpoint="") if ours else gp
    await addresses.put(places.office.database, [at_home])
    async with places.office.work(JOB, Purpose.SYSTEM) as work:
        listed = dict(places.astrid.resource) | {"generalPractitioner": [
            {"reference": office.unit_id}, {"reference": places.practice.unit_id}]}  # fmt: skip
        await journal.update(work, listed, id_=places.astrid.id)
    async with browsing(places.office, places.doctor) as jonas:
        shown = await jonas.open(page(places, "/ny/helseopplysninger"))
    if ours:
        assert "leser samme journal som dere og trenger ikke meldingen" in shown.text and " selected" not in shown.html
    else:
        assert "Pasientens fastlege: Vestbyen legekontor." in shown.text
        assert f'value="{OUTSIDE.her_id}" selected' in shown.html


@pytest.mark.parametrize(("role", "said"), [
    ("fastlege", "Legemidler: ingen i journalen"), ("saksbehandler", "Legemidler: følger ikke med, for rollen din"),
])  # fmt: skip
async def test_what_its_reader_will_not_find_is_said_and_why(places: Places, role: str, said: str) -> None:
    who: Actor = places.doctor if role == "fastlege" else await nurse_of(places, role)
    if role != "fastlege":
        await comes(places, care("LOG_INNLAGT", at=ADMITTED, to=HOME_CARE))
    async with browsing(places.office, who) as one:
        assert said in (await one.open(page(places, "/ny/innleggelsesrapport"))).text


async def test_nothing_leaves_without_content_and_no_other_kind_is_written(places: Places) -> None:
    async with browsing(places.office, places.doctor) as jonas:
        bare = await jonas.send(
            page(places, "/ny/medisinske-opplysninger"), do="send", mottaker=str(HEART.her_id), tekst=""
        )
        assert bare.status == 422 and "Meldingen har ingen tekst." in bare.text
        wordless = await jonas.send(
            page(places, "/ny/innleggelsesrapport"), do="send", mottaker=str(HEART.her_id), tekst=" "
        )
        assert wordless.status == 422 and "Må fylles ut." in wordless.text
        assert (await jonas.open(page(places, "/ny/LOG_DOD"))).status == 404
        assert "Innleggelsesrapport" in (await jonas.open(page(places, "/ny"))).text
    assert await places.counts() == {}


async def test_a_page_costs_the_same_whatever_the_record_holds(places: Places) -> None:
    async with browsing(places.office, places.doctor) as jonas:
        await jonas.open(page(places, "/ny/helseopplysninger"))
        empty = await jonas.open(page(places, "/ny/helseopplysninger"))
        await known(places)
        full = await jonas.open(page(places, "/ny/helseopplysninger"))
    assert empty.statements == full.statements <= 14
