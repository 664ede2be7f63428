"""What a message proposes is no part of the record before somebody here has vouched for it, once."""

from __future__ import annotations

import pytest

from akson.base.errors import Refused
from akson.base.work import Actor, Purpose
from akson.exchange import delivery, inbox, taking
from akson.record import journal
from akson.record.office import Office
from tests.exchange.care import care
from tests.exchange.letters import HEART
from tests.exchange.places import Places, make
from tests.offices import staff
from tests.workplace.browsing import browsing


@pytest.fixture
async def places(office: Office) -> Places:
    """A discharge report has come to the practice."""
    made = await make(office)
    await inbox.keep(office.database, care("UTSKRIVNINGSRAPPORT"), now=office.clock(), envelope_from=HEART.her_id)
    await delivery.receive_due(office)
    return made


async def page(places: Places) -> str:
    (message,) = await places.found("Communication")
    return f"/p/{places.astrid.id}/forslag/{message['id']}"


async def test_what_is_marked_is_taken_in_and_the_rest_is_left_out(places: Places) -> None:
    where = await page(places)
    async with browsing(places.office, places.doctor) as jonas:
        letter = await jonas.open(f"/p/{places.astrid.id}/samhandling?melding={where.rpartition('/')[2]}")
        assert where in letter.html and "6 å ta stilling til" in letter.text
        shown = await jonas.open(where)
        for said in (
            "Diagnose: Hjertesvikt",
            "Allergi: Fenoksymetylpenicillin",
            "Legemiddel: Furix tab 40 mg",
            "1 tablett morgen",
        ):
            assert said in shown.text
        version = shown.hidden("version")
        assert (await jonas.send(where, do="take", ta="f1", version=version)).status == 303
        for old in (version, "9" * 5000):  # from a page that is no longer true, or never was
            assert (await jonas.send(where, do="take", ta="f2", version=old)).status == 422
        assert "Alt i denne meldingen er tatt stilling til." in (await jonas.open(where)).text
    (condition,) = await places.found("Condition")
    assert (
        condition["verificationStatus"]["coding"][0]["code"] == "confirmed"
        and condition["code"]["text"] == "Hjertesvikt"
    )
    assert condition["identifier"][0]["system"] == taking.PROPOSAL and condition["onsetDateTime"] == "2026-11-19"
    assert await places.found("MedicationStatement") == await places.found("AllergyIntolerance") == []
    (proposed,) = await places.found("List")
    flags = [entry["flag"]["coding"][0]["code"] for entry in proposed["entry"] if "flag" in entry]
    assert flags == [taking.TAKEN] + [taking.LEFT] * 5


async def test_who_takes_in_an_entry_is_told_what_it_does_not_say(places: Places) -> None:
    where = await page(places)
    async with browsing(places.office, places.doctor) as jonas:
        shown = await jonas.open(where)
        assert "Furix tab 40 mg 1 tablett morgen Sier ikke: grunn." in shown.text
        assert (
            "Fenoksymetylpenicillin" in shown.text and "Sier ikke: reaksjon." in shown.text
        )  # vouched for, it is sure
        taken = await jonas.send(where, do="take", ta="f4", version=shown.hidden("version"))
        assert taken.status == 303 and len(await places.found("MedicationStatement")) == 1  # and nobody is stopped


@pytest.mark.parametrize(("id_", "type_", "found"), [
    ("f3", "AllergyIntolerance", {"verificationStatus": "confirmed"}),
    ("f4", "MedicationStatement", {"status": "active"}),
    ("f5", "Observation", {"status": "final"}),
])  # fmt: skip
async def test_each_kind_becomes_what_it_is_when_somebody_vouches_for_it(
    places: Places, id_: str, type_: str, found: dict[str, str]
) -> None:
    (proposed,) = await places.found("List")
    async with places.office.work(places.doctor, Purpose.TREATMENT) as work:
        stored = await journal.read(work, "List", proposed["id"])
        await taking.decide(work, stored, [id_], version=stored.version)
    (made,) = await places.found(type_)
    for name, wanted in found.items():
        assert (made[name]["coding"][0]["code"] if isinstance(made[name], dict) else made[name]) == wanted
    if type_ == "MedicationStatement":
        assert made["category"]["coding"][0]["code"] == "sykehus"


async def as_role(places: Places, role: str) -> Actor:
    return await staff(places.office, places.practice, "Lie", role=role)


async def test_what_the_role_cannot_take_in_waits_for_one_who_can(places: Places) -> None:
    where = await page(places)
    async with browsing(places.office, await as_role(places, "helsefagarbeider")) as lie:
        shown = await lie.open(where)
        assert 'id="f4"' in shown.html and 'id="f1"' not in shown.html and "Diagnose: Hjertesvikt" in shown.text
        assert (await lie.send(where, do="take", ta="f1", version=shown.hidden("version"))).status == 422
        assert (await lie.send(where, do="take", ta="f4", version=shown.hidden("version"))).status == 303
    async with browsing(places.office, places.doctor) as jonas:
        assert 'id="f1"' in (await jonas.open(where)).html
    assert await places.found("Condition") == [] and len(await places.found("MedicationStatement")) == 1


async def test_a_draft_is_decided_once(places: Places) -> None:
    (proposed,) = await places.found("List")
    async with places.office.work(places.doctor, Purpose.TREATMENT) as work:
        first = await journal.read(work, "List", proposed["id"])
        await taking.decide(work, first, [], version=first.version)
    async with places.office.work(places.doctor, Purpose.TREATMENT) as work:
        second = await journal.read(work, "List", proposed["id"])
        with pytest.raises(Refused, match="AK-J007"):
            await taking.decide(work, second, ["f1"], version=second.version)
    assert await places.found("Condition") == []


async def test_a_message_without_proposals_has_no_such_page(places: Places) -> None:
    await inbox.keep(places.office.database, care("LOG_INNLAGT", msg_id="x"), now=places.office.clock())
    await delivery.receive_due(places.office)
    notice = next(each for each in await places.found("Communication") if "innlagt" in each["topic"]["text"])
    async with browsing(places.office, places.doctor) as jonas:
        assert (await jonas.open(f"/p/{places.astrid.id}/forslag/{notice['id']}")).status == 404
