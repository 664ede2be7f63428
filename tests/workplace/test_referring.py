"""Henvisning and epikrise from the record: what goes with them is seen, only doctors send them, and answers find them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from akson.base.work import Actor, Purpose
from akson.exchange import addresses, delivery, inbox
from akson.exchange.addresses import Address
from akson.exchange.messages import fagdokument
from akson.exchange.opening import opened
from akson.record import journal
from akson.record.office import Office
from tests.exchange.letters import HEART
from tests.exchange.places import Places, make
from tests.exchange.test_fagdokument import ASKING, carried
from tests.exchange.test_letters_out import TOLD, TYPES, a_status
from tests.offices import JOB, patient, staff
from tests.workplace.browsing import browsing

GP: Any = Address(her_id=99000051, name="Strandby legesenter", ours=False, takes=("EPIKRISE",), endpoint="edi:")
TYPED = {"mottaker": str(HEART.her_id), "hensikt": "1", "hastegrad": "urgent", "fag": "150", "valgt": "ja",
         "problem": "Tungpust i trapper.\nVerre siste uke.", "onske": "Ekkokardiografi."}  # fmt: skip


@pytest.fixture
async def places(office: Office) -> Places:
    """Return the places with a hospital that takes referrals, a GP outside, and what is known of Astrid."""
    places = await make(office)
    hospital = Address(her_id=HEART.her_id, name=HEART.name, ours=False, parent=HEART.parent, takes=TYPES[:2],
                       endpoint="http://127.0.0.1:1/exchange/local")  # fmt: skip
    await addresses.put(office.database, [hospital, GP])
    async with office.work(JOB, Purpose.SYSTEM) as work:
        for each in TOLD:
            whose = "patient" if "patient" in each else "subject"
            status = {"status": "active"} if each["resourceType"] == "MedicationStatement" else {}
            await journal.create(work, each | {whose: {"reference": places.astrid.reference}} | status)
    return places


def page(places: Places, rest: str = "henvisning") -> str:
    return f"/p/{places.astrid.id}/samhandling/{rest}"


async def problems(places: Places) -> dict[str, str]:
    """Return what Astrid has, by name: "Condition/<id>"."""
    return {each["code"]["text"]: f"Condition/{each['id']}" for each in await places.found("Condition")}


async def test_a_gp_refers_with_what_is_ticked_and_takes_it_back(places: Places) -> None:
    known = await problems(places)
    async with browsing(places.office, places.doctor) as jonas:
        blank = await jonas.open(page(places))
        for said in ("K77 Hjertesvikt, EF 38 %", "siden 2019", "Furix tab 40 mg", "Penicillin", "Hjertepoliklinikken"):
            assert said in blank.text, said
        assert "Strandby" not in blank.html.partition("</select>")[0] and "Fall i hjemmet" not in blank.text  # is over
        assert "kan ikke velges: Strandby" in blank.text  # takes none
        assert blank.html.count(" checked") == len(TOLD) - 1 + 1  # all that stands, and how much it hurries
        seen = await jonas.send(page(places), do="look", ta=known["Hjertesvikt, EF 38 %"], **TYPED)
        for said in (
            "Slik ser mottakeren",
            "Aktuell problemstilling",
            "Tungpust i trapper.",
            "Hjertesykdommer",
            "EF 38 %",
        ):
            assert said in seen.text, said
        assert "Furix" not in seen.text and await places.counts() == {} and await places.found("ServiceRequest") == []
        sent = await jonas.send(page(places), do="send", ta=known["Hjertesvikt, EF 38 %"], **TYPED)
        assert sent.status == 303
        (order,) = await places.found("ServiceRequest")
        assert (order["status"], order["priority"], order["code"]["text"]) == ("active", "urgent", "Hjertesykdommer")
        assert order["reasonReference"] == [{"reference": known["Hjertesvikt, EF 38 %"]}]
        shown = await jonas.open(sent.leads_to)
        assert "Henvisning: Hjertesykdommer" in shown.text and "Aktuell problemstilling" in shown.text
        undone = await jonas.send(sent.leads_to, do="undo")
        assert undone.status == 303 and (await places.found("ServiceRequest"))[0]["status"] == "revoked"
        (message,) = await places.found("Communication")
        again = await jonas.open(page(places, f"henvisning?angret={message['id']}"))
    assert (
        "Ekkokardiografi." in again.html and again.html.count(" checked") == 2
    )  # the diagnosis, and how much it hurries
    envelope = opened((await places.rows("SELECT body FROM message_out"))[0]["body"]).envelope
    assert envelope is not None and "Ekkokardiografi." in "\n".join(fagdokument.in_words(envelope).paragraphs)


@pytest.mark.parametrize(("changed", "said"), [
    ({"problem": " "}, "Må fylles ut."), ({"mottaker": str(GP.her_id)}, "Velg ett av svarene."),
    ({"onske": "Gjelder 13916900362."}, "fødselsnummeret til en annen person"), ({"hastegrad": "nå"}, "Velg ett av svarene."),
])  # fmt: skip
@pytest.mark.parametrize("do", ["look", "send"])
async def test_what_cannot_be_sent_is_explained_and_nothing_is_written(
    places: Places, changed: dict[str, str], said: str, do: str
) -> None:
    async with browsing(places.office, places.doctor) as jonas:
        shown = await jonas.send(page(places), do=do, **TYPED | changed)
    assert shown.status == 422 and said in shown.text and (TYPED | changed)["onske"] in shown.html
    assert await places.counts() == {} and await places.found("ServiceRequest") == []


async def test_anothers_problem_does_not_go_along_whoever_ticks_it(places: Places) -> None:
    other = await patient(places.office, at=places.practice)
    async with places.office.work(JOB, Purpose.SYSTEM) as work:
        secret = await journal.create(
            work, TOLD[0] | {"subject": {"reference": other.reference}, "code": {"text": "Hemmelig"}}
        )
    async with browsing(places.office, places.doctor) as jonas:
        seen = await jonas.send(page(places), do="look", ta=secret.reference, **TYPED)
    assert seen.status == 200 and "Hemmelig" not in seen.text


@pytest.mark.parametrize(("role", "may"), [
    ("fastlege", True), ("legevaktlege", True), ("sykehjemslege", True), ("lis1", True), ("sykepleier", False),
    ("fysioterapeut", False), ("legesekretær", False), ("saksbehandler", False),
])  # fmt: skip
async def test_only_doctors_refer(places: Places, role: str, may: bool) -> None:
    who: Actor = await staff(places.office, places.practice, "Dahl", role=role)
    async with browsing(places.office, who) as dahl:
        assert ((await dahl.open(page(places, "ny"))).html.count("/samhandling/henvisning") > 0) is may
        for name in ("henvisning", "epikrise"):
            assert ((await dahl.open(page(places, name))).status == 200) is may
            assert ((await dahl.send(page(places, name), do="look", **TYPED)).status == 403) is not may
    assert await places.counts() == {}


async def test_an_epikrise_is_begun_to_the_patients_own_doctor_outside(places: Places) -> None:
    async with places.office.work(JOB, Purpose.SYSTEM) as work:
        own = {"generalPractitioner": [{"display": "Strandby legesenter"}]}
        await journal.update(work, {**places.astrid.resource, **own}, id_=places.astrid.id)
    async with browsing(places.office, places.doctor) as jonas:
        assert f'value="{GP.her_id}" selected' in (await jonas.open(page(places, "epikrise"))).html
        typed = {"mottaker": str(GP.her_id), "forlop": "Falt, ingen brudd.", "vurdering": "Hjem.", "valgt": "ja"}
        sent = await jonas.send(page(places, "epikrise"), do="send", **typed)
        assert sent.status == 303 and "Falt, ingen brudd." in (await jonas.open(sent.leads_to)).text
    assert await places.found("ServiceRequest") == []
    (row,) = await places.rows("SELECT body, type FROM message_out")
    assert row["type"] == "EPIKRISE" and b"<Message" in row["body"] and b"MsgHead" not in row["body"]


async def test_a_referral_that_came_is_sent_on_from_its_message(places: Places) -> None:
    office = places.office
    await inbox.keep(office.database, carried(TYPES[0], ASKING), now=office.clock(), envelope_from=HEART.her_id)
    await delivery.receive_due(office)
    (came,) = await places.found("Communication")
    on = page(places, f"{came['id']}/videre")
    async with browsing(office, places.doctor) as jonas:
        assert on in (await jonas.open(f"/p/{places.astrid.id}/samhandling?melding={came['id']}")).html
        typed = {"mottaker": str(HEART.her_id), "vurdering": "Bør vurderes av hjertelege.", "rett": "3"}
        seen = await jonas.send(on, do="look", **typed)
        for said in ("Smerter i hofte.", "Ortopedi", "Bør vurderes av hjertelege.", "rett til nødvendig helsehjelp"):
            assert said in seen.text, said
        assert (await jonas.send(on, do="send", **typed)).status == 303
        ours = next(each["id"] for each in await places.found("Communication") if "received" not in each)
        assert (await jonas.open(page(places, f"{ours}/videre"))).status == 404  # it never came
    assert len(await places.found("ServiceRequest")) == 1  # what was asked of us; nothing new is


async def test_what_the_hospital_says_of_a_referral_stands_where_it_was_sent(places: Places) -> None:
    async with browsing(places.office, places.doctor) as jonas:
        sent = await jonas.send(page(places), do="send", **TYPED)
        (message,) = await places.found("Communication")
        ours = message["identifier"][0]["value"]
        body = a_status("4", "Henvisningen er avvist", ours, ours, "status-1")
        await inbox.keep(places.office.database, body, now=places.office.clock(), envelope_from=HEART.her_id)
        await delivery.receive_due(places.office)
        shown = await jonas.open(sent.leads_to)
    assert shown.text.count("Henvisningen er avvist") == 3  # in the list, in the course, on the order
    assert "Svar på henvisningen: Henvisningen er avvist" in shown.text
    assert (await places.found("ServiceRequest"))[0]["status"] == "revoked"


async def test_the_page_costs_the_same_however_much_is_known(places: Places) -> None:
    async with browsing(places.office, places.doctor) as jonas:
        await jonas.open(page(places))
        few = await jonas.open(page(places))
        async with places.office.work(JOB, Purpose.SYSTEM) as work:
            for number in range(20):
                more = {"subject": {"reference": places.astrid.reference}, "code": {"text": f"Nr {number}"}}
                await journal.create(work, TOLD[0] | more)
        many = await jonas.open(page(places))
    assert "Nr 19" in many.text and few.statements == many.statements <= 9


async def test_where_nobody_has_said_what_they_take_those_are_offered_who_have_said_nothing(places: Places) -> None:
    """An address register that tells of no types is no reason that nobody can be referred to."""
    silent = replace(GP, her_id=99000052, name="Sandvik sykehus", takes=())
    await addresses.put(places.office.database, [silent])
    reads = places.office.database
    assert "Sandvik sykehus" not in [name for _, name in await addresses.partners(reads, TYPES[0])]
    heart = next(iter((await addresses.find(reads, [HEART.her_id])).values()))
    await addresses.put(reads, [replace(heart, takes=("EPIKRISE",))])
    offered = [name for _, name in await addresses.partners(reads, TYPES[0])]
    assert "Sandvik sykehus" in offered and "Strandby legesenter" not in offered


async def test_who_has_not_said_what_they_take_is_offered_also_when_another_has(places: Places) -> None:
    silent = Address(her_id=99000077, name="Øyeklinikken", ours=False, endpoint="edi:")
    await addresses.put(places.office.database, [silent])
    async with browsing(places.office, places.doctor) as jonas:
        offered = (await jonas.open(page(places))).html.partition("</select>")[0]
    assert "Øyeklinikken" in offered and "Hjertepoliklinikken" in offered
