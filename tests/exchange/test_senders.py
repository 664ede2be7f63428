"""Who sent a message is whom the transport and the address register know: no name or number in it makes it another's."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from akson.base.database import Database
from akson.base.work import Purpose
from akson.exchange import addresses, delivery, inbox
from akson.exchange.addresses import Address
from akson.exchange.opening import opened
from akson.exchange.states import State
from akson.record import journal
from akson.record.office import Office
from akson.registers.identifiers import ORG_SYSTEM
from tests.exchange.care import care
from tests.exchange.letters import HEART, MSG_ID, conversation, sample, swapped
from tests.exchange.places import Places, make
from tests.exchange.test_delivery import answered, standing
from tests.offices import JOB
from tests.programs import HANG

OTHER = replace(HEART, her_id=99000043, parent=99000041)  # in every word the same as the hospital
ADMITTED, EARLIER, LEFT = "2026-11-20T14:00:00+01:00", "2026-11-20T09:00:00+01:00", "2026-11-24T12:00:00+01:00"

WAITING = """SELECT count(*)::integer FROM pg_stat_activity
              WHERE datname = current_database() AND wait_event_type = 'Lock'"""


async def two(office: Office, *, number: str = "") -> Places:
    """Make the places with two hospitals of one name. number: the organisation number of the first."""
    places = await make(office)
    await addresses.put(office.database, [
        Address(her_id=HEART.parent, name=HEART.parent_name, ours=False, endpoint="edi:", org_number=number),
        Address(her_id=OTHER.parent, name=OTHER.parent_name, ours=False, endpoint="edi:"),
        Address(her_id=OTHER.her_id, name=OTHER.name, ours=False, parent=OTHER.parent, endpoint="edi:"),
    ])  # fmt: skip
    return places


def by_other(body: bytes) -> bytes:
    """Return a message as the other hospital sends it."""
    return body.replace(b"99000033", b"99000043").replace(b"99000031", b"99000041")


async def comes(places: Places, body: bytes, *, delivered_by: int = 0) -> str:
    """Let a message in; return what was wrong with it."""
    digest = await inbox.keep(
        places.office.database, body, now=places.office.clock(), envelope_from=delivered_by, envelope_id=MSG_ID
    )
    await delivery.receive_due(places.office)
    (row,) = await places.rows("SELECT fault_code FROM message_in WHERE digest = $1", bytes.fromhex(digest))
    return str(row["fault_code"])


ABOUT_A_STAY = [
    care("LOG_UTSKREVET", at=LEFT, msg_id="b"), care("LOG_INNLAGT", at=ADMITTED, change="C", msg_id="b"),
    care("LOG_INNLAGT", at=EARLIER, msg_id="b"), care("LOG_DOD", at=LEFT, msg_id="b"),
]  # fmt: skip


@pytest.mark.parametrize("body", ABOUT_A_STAY, ids=["finishes", "withdraws", "moves", "dies"])
async def test_only_the_hospital_itself_moves_its_stay_and_another_of_its_name_does_not(
    office: Office, body: bytes
) -> None:
    places = await two(office)
    assert await comes(places, care("LOG_INNLAGT", at=ADMITTED, msg_id="a")) == ""
    (stay,), orders = await places.found("Encounter"), await places.found("ServiceRequest")
    assert await comes(places, by_other(body)) == ""
    found = {each["id"]: each for each in await places.found("Encounter")}
    assert found[stay["id"]] == stay
    assert [each for each in await places.found("ServiceRequest") if each["id"] == orders[0]["id"]] == orders
    assert await comes(places, body.replace(b">b<", b">c<")) == ""
    found = {each["id"]: each for each in await places.found("Encounter")}
    assert found[stay["id"]] != stay


@pytest.mark.parametrize("number", ["", "310000023"])
async def test_a_hospital_is_known_by_its_number_under_whatever_name_it_writes(office: Office, number: str) -> None:
    places = await two(office, number=number)
    await comes(places, care("LOG_INNLAGT", at=ADMITTED, msg_id="a"))
    renamed = care("LOG_UTSKREVET", at=LEFT, msg_id="b").replace(b"Vestfjell sykehus", b"Vestfjell HF")
    assert b"Vestfjell HF" in renamed and await comes(places, renamed) == ""
    (stay,) = await places.found("Encounter")
    known = {"system": ORG_SYSTEM, "value": number} if number else {
        "system": "urn:oid:2.16.578.1.12.4.1.2", "value": str(HEART.parent)}  # fmt: skip
    assert (stay["status"], stay["serviceProvider"]["identifier"]) == ("finished", known)


async def test_people_read_who_a_message_is_from_by_the_register_and_not_by_what_it_says(office: Office) -> None:
    places = await two(office)
    await addresses.put(office.database, [
        Address(her_id=OTHER.parent, name="Fjellheim AS", ours=False, endpoint="edi:"),
        Address(her_id=OTHER.her_id, name="Fjellheim fysioterapi", ours=False, parent=OTHER.parent, endpoint="edi:"),
    ])  # fmt: skip
    assert await comes(places, by_other(care("HELSEOPPL_SOKNAD", msg_id="a"))) == ""
    (message,), (task,) = await places.found("Communication"), await places.found("Task")
    assert message["sender"]["display"] == "Fjellheim fysioterapi, Fjellheim AS"
    assert task["description"].endswith("fra Fjellheim fysioterapi, Fjellheim AS")


NUMBER = b'<Ident><Id>99000043</Id><TypeId V="HER" S="2.16.578.1.12.4.1.1.9051" DN="HER-id"/></Ident></Organisation>'
KARI = (b"</Ident><HealthcareProfessional><FamilyName>Dahl, Vestfjell sykehus</FamilyName><GivenName>Kari</GivenName>"
        b"</HealthcareProfessional></Organisation>")  # fmt: skip
CLAIMS = {
    "as a service without a HER-id": (NUMBER, b"</Organisation>", "Lite Legekontor"),
    "as a service that nobody knows": (b"99000043", b"99000099", "Lite Legekontor"),
    "as a person": (b"</Ident></Organisation>", KARI, "Allmennlegen, Lite Legekontor ved Kari Dahl, Vestfjell sykehus"),
}


@pytest.mark.parametrize(("old", "new", "read"), CLAIMS.values(), ids=list(CLAIMS))
async def test_nobody_is_read_as_a_service_of_a_hospital_by_what_they_call_themselves(
    office: Office, old: bytes, new: bytes, read: str
) -> None:
    places = await two(office)
    await addresses.put(office.database, [
        Address(her_id=OTHER.parent, name="Lite Legekontor", ours=False, endpoint="edi:"),
        Address(her_id=OTHER.her_id, name="Allmennlegen", ours=False, parent=OTHER.parent, endpoint="edi:"),
    ])  # fmt: skip
    body = by_other(care("HELSEOPPL_SOKNAD", msg_id="a"))
    body = body.replace(b"Hjertepoliklinikken", b"Kreftklinikken, Vestfjell sykehus")
    assert old in body and await comes(places, body.replace(old, new, 1), delivered_by=OTHER.parent) == ""
    (message,), (task,) = await places.found("Communication"), await places.found("Task")
    assert message["sender"]["display"] == task["requester"]["display"] == read
    assert task["description"].endswith(f"fra {read}") and "Kreftklinikken" not in str((message, task))


async def test_a_stay_that_was_written_before_hospitals_had_numbers_is_the_one_of_its_first_message(
    office: Office,
) -> None:
    places = await two(office)
    await comes(places, care("LOG_INNLAGT", at=ADMITTED, msg_id="a"))
    (stay,) = await places.found("Encounter")
    del stay["serviceProvider"]["identifier"]
    async with office.work(JOB, Purpose.SYSTEM) as work:
        await journal.update(work, stay, id_=stay["id"])
    await comes(places, by_other(care("LOG_UTSKREVET", at=LEFT, msg_id="b")))
    assert {each["id"]: each["status"] for each in await places.found("Encounter")}[stay["id"]] == "in-progress"
    await comes(places, care("LOG_UTSKREVET", at=LEFT, msg_id="c"))
    found = {each["id"]: each for each in await places.found("Encounter")}
    assert len(found) == 2 and found[stay["id"]]["status"] == "finished"
    assert found[stay["id"]]["serviceProvider"]["identifier"]["value"] == str(HEART.parent)


async def test_two_messages_of_one_new_stay_at_the_same_instant_make_one(office: Office, owner_db: Database) -> None:
    places = await two(office)
    for body in (care("LOG_INNLAGT", at=ADMITTED, msg_id="a"), care("LOG_UTSKRIVNINGSKLAR", at=LEFT, msg_id="b")):
        await inbox.keep(office.database, body, now=office.clock())
    async with owner_db.transaction() as other:
        await other.execute("SELECT FROM owner WHERE owner = $1 FOR NO KEY UPDATE", places.astrid.owner)
        waits = [bucket for bucket in await inbox.waiting(office.database, office.clock()) for _ in range(2)]
        kept = [one for bucket in waits for one in await inbox.claim(office.database, bucket, office.clock())]
        filing = [asyncio.create_task(delivery.receive(office, one)) for one in kept]
        async with asyncio.timeout(HANG):
            while await owner_db.fetchval(WAITING) < 2:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
    await asyncio.gather(*filing)
    assert await places.counts() == {"in filed": 2, "out queued": 2}
    assert len(await places.found("Encounter")) == len(await places.found("ServiceRequest")) == 1


@pytest.mark.parametrize(("delivered_by", "code"), [
    (HEART.her_id, ""), (HEART.parent, ""), (OTHER.her_id, "X99"), (OTHER.parent, "X99"), (99000099, "X99"),
])  # fmt: skip
async def test_who_delivers_cannot_put_another_beside_itself(office: Office, delivered_by: int, code: str) -> None:
    places = await two(office)
    body = care("LOG_INNLAGT", at=ADMITTED, msg_id="a")
    if delivered_by not in (HEART.her_id, HEART.parent):
        body = body.replace(str(HEART.parent).encode(), str(delivered_by).encode())
    assert await comes(places, body, delivered_by=delivered_by) == code
    assert len(await places.found("Encounter")) == (not code)


FIRST = sample("svar-1.4.xml")
WITHDRAWN = FIRST.replace(b">svar-1<", b">svar-2<").replace(
    b'<ServType V="N" DN="Ny"/>\n    <Issue', b'<ServType V="C"/>\n    <Issue'
)
NUMBERED = b'<Id>310000023</Id><TypeId V="ENH"/><AdditionalId><Id>99000031</Id><Type V="HER"/></AdditionalId>'


def numbered(body: bytes) -> bytes:
    """Return a report whose sender writes the hospital's organisation number before its own HER-id."""
    own = b'<Id>99000031</Id><TypeId V="HER" DN="HER-id"/>'
    assert body.count(own) == 1
    return body.replace(own, NUMBERED)


@pytest.mark.parametrize(("first", "withdrawn", "id_"), [
    (FIRST, WITHDRAWN, b"L-1001"), (numbered(FIRST), numbered(WITHDRAWN), b"L-1001"),
    (FIRST, WITHDRAWN, b"x,https://akson.no/fhir/report-id/99000031|L-1001"),
], ids=["its own number", "the other's number before its own", "the other's number in that of the report"])  # fmt: skip
async def test_another_laboratory_withdraws_no_report_whatever_numbers_it_writes(
    office: Office, first: bytes, withdrawn: bytes, id_: bytes
) -> None:
    places = await two(office, number="310000023")
    assert await comes(places, first) == ""
    (report,) = await places.found("DiagnosticReport")
    assert await comes(places, by_other(withdrawn).replace(b"L-1001", id_)) == ""
    assert {each["id"]: each for each in await places.found("DiagnosticReport")}[report["id"]] == report
    assert len(await places.found("DiagnosticReport")) == 2
    assert await comes(places, WITHDRAWN) == ""
    found = {each["id"]: each for each in await places.found("DiagnosticReport")}
    assert len(found) == 2 and found[report["id"]]["status"] == "cancelled"


async def test_only_the_one_we_wrote_to_answers_our_message(office: Office) -> None:
    places = await two(office)
    communication, body = await answered(places)
    ours = opened(body).envelope
    assert ours is not None
    told = conversation(ours.msg_id)
    reply = swapped('<mh:Ack V="J" DN="Ja"/>', f'<mh:Ack V="J" DN="Ja"/>{told}', msg_id="m-3")
    assert await comes(places, by_other(reply)) == ""
    assert (await standing(places, communication)).state is State.QUEUED
    asked = [{"reference": f"Communication/{communication}"}]
    assert [each for each in await places.found("Communication") if each.get("inResponseTo") == asked] == []
    assert await comes(places, reply.replace(b"m-3", b"m-4")) == ""
    assert (await standing(places, communication)).state is State.ANSWERED
