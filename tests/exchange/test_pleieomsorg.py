"""Nursing and care messages: the stay moves on, content comes as proposals, codes come out as they went in."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from lxml import etree

from akson.base.errors import Refused
from akson.base.work import Actor, Purpose
from akson.exchange import (
    addresses,
    answers,
    blocks,
    delivery,
    erasing,
    filing,
    hodemelding,
    inbox,
    nodes,
    parts,
    stays,
)
from akson.exchange.addresses import Address
from akson.exchange.messages import pleieomsorg
from akson.exchange.messages.pleieomsorg import KINDS
from akson.exchange.stays import Event, Step
from akson.record import journal
from akson.record.office import Office
from tests.conformance.messages import coded
from tests.exchange.care import HOME, SERVICE, V, care, envelope, xml
from tests.exchange.places import Places, make
from tests.offices import JOB, NOW, Clock, staff, unit

ADMITTED, READY, LEFT = "2026-11-20T14:00:00+01:00", "2026-11-23T10:00:00+01:00", "2026-11-24T12:00:00+01:00"


async def comes(places: Places, *bodies: bytes) -> list[str]:
    """Let messages in, one after the other; return the codes they were answered with."""
    for body in bodies:
        await inbox.keep(places.office.database, body, now=places.office.clock())
        await delivery.receive_due(places.office)
    return [row["fault_code"] for row in await places.rows("SELECT fault_code FROM message_in ORDER BY received_at")]


async def nurses(places: Places) -> Actor:
    """Return a nurse of a unit that gives Astrid no care, and has an address of its own."""
    place = await unit(places.office, "Hjemmetjenesten")
    known = Address(
        her_id=99000012, name="Hjemmetjenesten", ours=True, parent=99000001, unit=place.unit, unit_id=place.unit_id
    )
    await addresses.put(places.office.database, [known])
    return await staff(places.office, place, "Berg")


async def reads(places: Places, who: Actor) -> bool:
    """Say whether somebody may read Astrid's stay."""
    try:
        async with places.office.work(who, Purpose.TREATMENT) as work:
            await journal.chart(work, places.astrid.id, {"Encounter": 1})
    except Refused:
        return False
    return True


async def test_the_whole_flow_is_one_stay_with_an_order_to_take_the_person_home(office: Office) -> None:
    places = await make(office)
    nurse = await nurses(places)
    assert not await reads(places, nurse)
    assert await comes(
        places,
        care("LOG_INNLAGT", at=ADMITTED, msg_id="a", to=SERVICE), care("HELSEOPPL_SOKNAD", msg_id="b"),
        care("LOG_UTSKRIVNINGSKLAR", at=READY, msg_id="c", to=SERVICE),
    ) == ["", "", ""]  # fmt: skip
    assert await reads(places, nurse)
    (stay,), (order,) = await places.found("Encounter"), await places.found("ServiceRequest", ("code", "take-home"))
    assert (stay["status"], stay["period"], stay["class"]["code"]) == ("in-progress", {"start": ADMITTED}, "IMP")
    assert (order["status"], order["intent"], order["occurrencePeriod"]) == ("active", "order", {"start": READY})
    assert {each["reference"] for each in order["performer"]} == {nurse.unit_id, places.practice.unit_id}
    await comes(
        places, care("LOG_AVMELDING", at=READY, msg_id="d"), care("LOG_UTSKREVET", at=LEFT, msg_id="e", more=HOME),
        care("UTSKRIVNINGSRAPPORT", msg_id="f", to=SERVICE),
    )  # fmt: skip
    (stay,), (order,) = await places.found("Encounter"), await places.found("ServiceRequest", ("code", "take-home"))
    assert (stay["status"], stay["period"]) == ("finished", {"start": ADMITTED, "end": LEFT})
    assert [each["code"] for each in stay["hospitalization"]["dischargeDisposition"]["coding"]] == ["1", "1"]
    ends = datetime.fromisoformat(order["occurrencePeriod"].pop("end"))
    assert ends == NOW + stays.AFTERWARDS and order["occurrencePeriod"] == {}
    messages = await places.found("Communication", ("encounter", f"Encounter/{stay['id']}"))
    assert len(messages) == 6
    clock = office.clock
    assert isinstance(clock, Clock)
    clock.pass_(stays.AFTERWARDS - timedelta(minutes=1))
    assert await reads(places, nurse)
    clock.pass_(timedelta(minutes=2))
    assert not await reads(places, nurse)


@pytest.mark.parametrize("order", ["abc", "cba", "bca", "cab"])
async def test_in_whatever_order_messages_come_they_tell_of_one_stay(office: Office, order: str) -> None:
    places = await make(office)
    flow = {"a": care("LOG_INNLAGT", at=ADMITTED, msg_id="a"), "b": care("LOG_UTSKRIVNINGSKLAR", at=READY, msg_id="b"),
            "c": care("LOG_UTSKREVET", at=LEFT, msg_id="c")}  # fmt: skip
    await comes(places, *(flow[each] for each in order))
    (stay,), (asked,) = await places.found("Encounter"), await places.found("ServiceRequest")
    assert (stay["status"], stay["period"]) == ("finished", {"start": ADMITTED, "end": LEFT})
    assert asked["occurrencePeriod"]["start"] == READY


AHEAD = "2026-11-23T14:00:00+01:00"
READINESS = {
    "a": care("LOG_INNLAGT", at=ADMITTED, msg_id="a", sent=NOW),
    "r": care("LOG_UTSKRIVNINGSKLAR", at=AHEAD, msg_id="r", sent=NOW + timedelta(hours=1)),
    "n": care("LOG_AVMELDING", at=READY, msg_id="n", sent=NOW + timedelta(hours=2)),
    "c": care("LOG_UTSKRIVNINGSKLAR", at=AHEAD, change="C", msg_id="c", sent=NOW + timedelta(hours=3)),
    "s": care("LOG_UTSKRIVNINGSKLAR", at=LEFT, msg_id="s", sent=NOW + timedelta(hours=4)),
}


@pytest.mark.parametrize("order", ["cra", *map("".join, permutations("arn")), *map("".join, permutations("rns"))])
async def test_whether_the_person_is_ready_is_what_was_written_last_in_whatever_order_it_comes(
    office: Office, order: str
) -> None:
    """Ready ahead of time, then no more, or taken back; then ready again the day after."""
    places = await make(office)
    assert set(await comes(places, *(READINESS[each] for each in order))) == {""}
    (stay,), (asked,) = await places.found("Encounter"), await places.found("ServiceRequest")
    assert asked.get("occurrencePeriod") == ({"start": LEFT} if "s" in order else None)
    assert stay["status"] == "in-progress" and stay.get("period") == ({"start": ADMITTED} if "a" in order else None)


async def test_a_test_message_moves_no_stay_and_lets_nobody_in(office: Office) -> None:
    places = await make(office)
    nurse = await nurses(places)
    assert await comes(places, care("LOG_INNLAGT", at=ADMITTED, to=SERVICE, test=True)) == [""]
    assert await places.found("Encounter") == [] and not await reads(places, nurse)


@pytest.mark.parametrize("kind", KINDS)
async def test_every_type_is_filed_with_all_that_was_coded_and_a_time_it_is_due(office: Office, kind: str) -> None:
    places = await make(office)
    assert await comes(places, care(kind, at=READY)) == [""]
    (message,), (task,) = await places.found("Communication"), await places.found("Task")
    (form,) = await places.found("QuestionnaireResponse")
    assert message["topic"] == {"text": KINDS[kind].name}
    assert {"reference": f"QuestionnaireResponse/{form['id']}"} in message["about"]
    due = datetime.fromisoformat(task["restriction"]["period"]["end"])
    assert due == NOW + KINDS[kind].due and task["priority"] == message["priority"]
    wanted = etree.fromstring(xml(kind, at=READY))
    again = parts.build(answers.tree(KINDS[kind].root, form["item"]), nodes.namespace(wanted), pleieomsorg.INSIDE)
    assert coded(again) == coded(wanted)
    lists = await places.found("List")
    assert bool(lists) is not KINDS[kind].bare
    assert await places.found("Condition") == await places.found("MedicationStatement") == []
    assert await places.found("Observation") == await places.found("AllergyIntolerance") == []


@pytest.mark.parametrize("kind", [kind for kind, one in KINDS.items() if not one.bare])
def test_what_is_proposed_is_written_again_with_every_code(kind: str) -> None:
    root = parts.read(etree.fromstring(xml(kind)))
    found = blocks.proposals(root, {"reference": "Patient/a"}, NOW.isoformat())
    assert [each["resourceType"] for each in found] == [
        "Condition", "Condition", "AllergyIntolerance", "MedicationStatement", "Observation", "Observation",
        "ServiceRequest", "ServiceRequest",
    ]  # fmt: skip
    assert {each.get("status") for each in found} == {None, "unknown", "preliminary", "draft", "active"}
    codings = [{"system": filing.MESSAGE_TYPE, "code": kind}]
    code, body = pleieomsorg.from_communication(
        {"resourceType": "Communication", "category": [{"coding": codings}], "payload": [{"contentString": "Hei"}]},
        found,
        NOW,
    )
    told = parts.read(body)
    names = ("MedisinskDiagnose", "Cave", "RegistrertBlodtype", "Legemiddel", "KartlagtFunksjon", "TjenesteBehov",
             "EksisterendeTjeneste")  # fmt: skip
    assert code.value == kind and [*told.all(*names)] == [*root.all(*names)]
    assert told.first("InformasjonOmForsendelse") is not None and "Hei" in etree.tostring(body, encoding="unicode")


STAY: dict[str, Any] = {"resourceType": "Encounter", "period": {"start": ADMITTED, "end": LEFT}, "hospitalization": {
    "dischargeDisposition": {"coding": [{"system": f"urn:oid:{V}8408", "code": "1", "display": "Bosted"},
                                        {"system": f"urn:oid:{V}8431", "code": "1", "display": "Som levende"}]}}}  # fmt: skip
ASKED: dict[str, Any] = {
    "resourceType": "ServiceRequest",
    "code": stays.TAKE_HOME,
    "occurrencePeriod": {"start": READY},
}


def bare(kind: str) -> dict[str, Any]:
    return {"resourceType": "Communication", "category": [{"coding": [{"system": filing.MESSAGE_TYPE, "code": kind}]}]}


@pytest.mark.parametrize(("kind", "at"), [
    ("LOG_INNLAGT", ADMITTED), ("LOG_UTSKRIVNINGSKLAR", READY), ("LOG_AVMELDING", nodes.iso(NOW)), ("LOG_UTSKREVET", LEFT),
    ("LOG_DOD", LEFT),
])  # fmt: skip
def test_a_notice_without_health_information_is_written_from_the_stay(kind: str, at: str) -> None:
    expired = {"hospitalization": {"dischargeDisposition": {"coding": [stays.EXPIRED]}}}
    stay = STAY | (expired if kind == "LOG_DOD" else {})
    _, body = pleieomsorg.from_communication(bare(kind), [stay, ASKED], NOW)
    event = parts.read(body).first("TidsfestetHendelse")
    assert event is not None and event.said("TidspunktForHendelse") == at
    step = KINDS[kind].step
    assert step is not None and event.said("Hendelsekode") == step.value
    assert nodes.local(body) == KINDS[kind].root


@pytest.mark.parametrize(("kind", "beside", "code"), [
    ("LOG_INNLAGT", [], "AK-X001"),
    ("INNLEGGELSESRAPPORT", [], "AK-X001"),
    ("LOG_DOD", [STAY], "AK-X001"),  # who left the hospital alive
    ("LOG_UTSKREVET", [STAY, {"resourceType": "Condition", "code": {"text": "Hjertesvikt"}}], "AK-X012"),
])  # fmt: skip
def test_a_message_that_says_nothing_or_too_much_is_not_written(kind: str, beside: list[Any], code: str) -> None:
    with pytest.raises(Refused, match=code):
        pleieomsorg.from_communication(bare(kind), beside, NOW)


def at(hours: float) -> datetime:
    return NOW + timedelta(hours=hours)


def stay(start: float | None, end: float | None = None, status: str = "in-progress") -> dict[str, Any]:
    period = {name: at(hours).isoformat() for name, hours in (("start", start), ("end", end)) if hours is not None}
    return {"status": status, "period": period, "meta": {"lastUpdated": at(end or 0).isoformat()}}


@pytest.mark.parametrize(("known", "event", "which"), [
    ([], Event(step=Step.ADMITTED, at=NOW), None),
    ([stay(-2)], Event(step=Step.ADMITTED, at=NOW), 0),  # the same admission, told again
    ([stay(-200)], Event(step=Step.ADMITTED, at=NOW), None),  # a new one, though nobody told of the end
    ([stay(-200, -100, "finished")], Event(step=Step.ADMITTED, at=NOW), None),
    ([stay(None, 5, "finished")], Event(step=Step.ADMITTED, at=NOW), 0),  # it ended before we heard that it began
    ([stay(-200, -100, "finished")], Event(step=Step.REPORTED, at=NOW), 0),
    ([stay(-900, -400, "finished")], Event(step=Step.REPORTED, at=NOW), None),
    ([stay(100)], Event(step=Step.READY, at=NOW), None),
    ([stay(-2), stay(-200, -100, "finished")], Event(step=Step.READY, at=NOW), 0),
    ([stay(None, 0, "finished")], Event(step=Step.DISCHARGED, at=at(3)), 0),
    ([stay(-90)], Event(step=Step.ADMITTED, at=NOW, withdrawn=True), 0),
])  # fmt: skip
def test_a_message_finds_the_stay_it_is_about(known: list[dict[str, Any]], event: Event, which: int | None) -> None:
    found = stays.chosen(known, event)
    assert found is (None if which is None else known[which])


@pytest.mark.parametrize(("event", "status", "period"), [
    (Event(step=Step.ADMITTED, at=at(-3)), "in-progress", (-3, None)),
    (Event(step=Step.DISCHARGED, at=at(4)), "finished", (-2, 4)),
    (Event(step=Step.DISCHARGED, at=at(-3)), "finished", (-2, -2)),  # before it began: the clocks differ
    (Event(step=Step.DIED, at=at(4)), "finished", (-2, 4)),
    (Event(step=Step.READY, at=at(4)), "in-progress", (-2, None)),
    (Event(step=Step.ADMITTED, at=at(-2), withdrawn=True), "cancelled", (-2, None)),
])  # fmt: skip
def test_an_event_moves_the_stay(event: Event, status: str, period: tuple[float, float | None]) -> None:
    moved = stays.moved(stay(-2), event)
    assert (moved["status"], moved["period"]) == (status, stay(*period)["period"])


def test_a_discharge_that_is_withdrawn_leaves_the_person_there() -> None:
    left = stays.moved(stay(-2), Event(step=Step.DISCHARGED, at=NOW, home={"text": "Hjem"}))
    back = stays.moved(left, Event(step=Step.DISCHARGED, at=NOW, withdrawn=True))
    assert back == stay(-2)


async def test_a_form_in_the_wrong_record_leaves_it_whole(office: Office) -> None:
    places = await make(office)
    await comes(places, care("HELSEOPPL_SOKNAD"))
    (message,) = await places.found("Communication")
    async with places.office.work(JOB, Purpose.SYSTEM) as work:
        gone = await erasing.all_of(work, message["id"])
    assert {each.partition("/")[0] for each in gone} == {
        "Communication", "Task", "QuestionnaireResponse", "List", "Encounter", "ServiceRequest"
    }  # fmt: skip


@pytest.mark.parametrize(("kind", "body", "code"), [
    ("LOG_UTSKREVET", xml("LOG_UTSKRIVNINGSKLAR", at=READY), "T10"),
    ("LOG_UTSKREVET", xml("LOG_UTSKREVET").replace("/po/", "/noe-annet/"), "T10"),
    ("LOG_UTSKREVET", xml("LOG_UTSKREVET", at="9999-12-31T23:59:59Z"), "T02"),
    ("UTSKRIVNINGSRAPPORT", xml("UTSKRIVNINGSRAPPORT", more="<po:Merknad>x</po:Merknad>" * parts.MOST), "T99"),
])  # fmt: skip
async def test_another_content_or_one_without_end_is_refused_and_nothing_is_half_filed(
    office: Office, kind: str, body: str, code: str
) -> None:
    places = await make(office)
    assert await comes(places, hodemelding.build(envelope(kind, body))) == [code]
    assert await places.found("Encounter") == await places.found("Communication") == []


PART = """<A><B V="1" S="9121" OT="fri"/><B OT="bare"/><B V="2026-11-23"/><B V="5" U="mg"/><D> x <E>1</E></D>
  <G V="a" S="q" DN="n"><H>1</H></G><I V="1" DN="k">tekst</I><J><p>En</p><p>To</p></J></A>"""


def test_a_form_says_all_that_its_xml_said() -> None:
    before = parts.read(etree.fromstring(PART))
    assert answers.tree("A", answers.items(before)) == before
