"""Whoever subscribes is told what they may read when it is told, and nothing of what they may not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from akson.access.releasing import mark
from akson.base.work import Actor, Purpose
from akson.record import journal
from akson.record.facts import PROTECTION
from akson.registers.identifiers import synthetic_fnr
from tests.fhirapi.clients import about, issue, refused
from tests.offices import JOB, VENDOR, citizen, let_pass, patient, staff, unit
from tests.subscriptions.receiving import Receiver
from tests.subscriptions.world import Subscribing, extra, plain, topical

OTHER = replace(VENDOR, id="Device/other", name="En annen")
ROLE = "http://terminology.hl7.org/CodeSystem/v3-RoleCode"


async def nurse_of(world: Subscribing) -> Actor:
    return await staff(world.office, await unit(world.office, "Hjemmesykepleien nord"), "Berg")


async def measured(world: Subscribing, whose: str, **more: Any) -> None:
    """Write a measurement as one of our own jobs would."""
    let_pass(world.office, timedelta(seconds=1))
    async with world.office.work(JOB, Purpose.SYSTEM) as work:
        await journal.create(work, about(whose) | more)


async def blocked(world: Subscribing, whose: str) -> None:
    """Let the person block everybody."""
    async with world.office.work(JOB, Purpose.SYSTEM) as work:
        await journal.create(work, {
            "resourceType": "Consent", "status": "active", "patient": {"reference": whose},
            "scope": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "patient-privacy"}]},
            "category": [{"coding": [{"system": "http://loinc.org", "code": "59284-0"}]}],
            "policyRule": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "OPTOUT"}]},
            "provision": {"type": "deny"},
        })  # fmt: skip


async def test_a_nurse_hears_of_her_units_patients_and_of_no_others(world: Subscribing, receiver: Receiver) -> None:
    nurse = await nurse_of(world)
    hers, others = await patient(world.office, at=nurse), await patient(world.office)
    await world.subscribed(world.api.as_(nurse), topical(receiver.url))
    await world.turn()
    await measured(world, others.reference)
    await measured(world, hers.reference)
    await measured(world, others.reference)
    await world.turn()
    (told,) = receiver.got[1:]
    assert [event["event-number"] for event in told.events] == ["1"]
    assert told.said("events-since-subscription-start") == "1"
    assert told.json["entry"][1]["resource"]["subject"]["reference"] == hers.reference
    assert others.id not in told.body.decode()


async def test_nothing_more_comes_when_the_employment_has_ended(world: Subscribing, receiver: Receiver) -> None:
    nurse = await nurse_of(world)
    hers, client = await patient(world.office, at=nurse), world.api.as_(nurse)
    id_ = await world.subscribed(
        client, topical(receiver.url, extension=[extra("heartbeat-period", valueUnsignedInt=5)])
    )
    await world.turn()
    world.gone.add(nurse.id)
    await measured(world, hers.reference)
    await world.turn(times=5, passing=timedelta(seconds=10))
    assert [one.kind for one in receiver.got] == ["handshake"]
    ended = (await client.get(f"Subscription/{id_}")).json()
    assert ended["status"] == "off" and ended["error"] == "Den som abonnerer, har ikke lenger tilgang."


async def test_a_block_holds_from_the_moment_it_is_there(world: Subscribing, receiver: Receiver) -> None:
    """What was numbered before the block and not yet told keeps its number, and is told by nothing else."""
    nurse = await nurse_of(world)
    hers = await patient(world.office, at=nurse)
    await world.subscribed(world.api.as_(nurse), topical(receiver.url))
    await world.turn()
    receiver.answers = [503]
    await measured(world, hers.reference)
    await world.turn(times=1)
    await blocked(world, hers.reference)
    await measured(world, hers.reference)
    await world.turn(times=5, passing=timedelta(minutes=1))
    (told,) = receiver.got[1:]
    assert told.events == [{"event-number": "1"}]
    assert len(told.json["entry"]) == 1
    assert told.said("events-since-subscription-start") == "1"
    assert hers.id not in told.body.decode()


async def test_a_block_leaves_no_call_at_all_where_events_have_no_numbers(
    world: Subscribing, receiver: Receiver
) -> None:
    nurse = await nurse_of(world)
    hers = await patient(world.office, at=nurse)
    await world.subscribed(world.api.as_(nurse), plain(receiver.url))
    await world.turn()
    receiver.answers = [503]
    await measured(world, hers.reference)
    await world.turn(times=1)
    await blocked(world, hers.reference)
    await world.turn(times=5, passing=timedelta(minutes=1))
    assert receiver.got == []


async def test_citizens_hear_of_their_own_record(world: Subscribing, receiver: Receiver) -> None:
    me, other = await patient(world.office), await patient(world.office)
    await world.subscribed(world.api.as_(citizen(me)), topical(receiver.url))
    await world.turn()
    await measured(world, other.reference)
    await measured(world, me.reference)
    await measured(world, me.reference, meta={"security": [{"code": "withheld"}]})
    await world.turn()
    (told,) = receiver.got[1:]
    assert [event["event-number"] for event in told.events] == ["1"]
    assert told.json["entry"][1]["resource"]["subject"]["reference"] == me.reference


async def test_criteria_answer_nobody_where_somebody_with_a_hidden_address_is_to_be(
    world: Subscribing, receiver: Receiver
) -> None:
    number = synthetic_fnr(date(1971, 2, 3), 1, female=True).identifier()
    daughter = await patient(world.office, identifier=[number], birthDate="1971-02-03")
    acts, found = replace(citizen(daughter), born=date(1971, 2, 3)), {}
    async with world.office.work(JOB, Purpose.SYSTEM) as work:
        place = (await journal.create(work, {"resourceType": "Location", "name": "Kirkegata"})).reference
    await world.subscribed(world.api.as_(acts), plain(receiver.url, f"Encounter?location={place}"))
    await world.turn()
    for name, marked in (("hidden", {"meta": {"security": [{"system": PROTECTION, "code": "kode7"}]}}), ("open", {})):
        found[name] = (await patient(world.office, **marked)).reference
        let_pass(world.office, timedelta(seconds=1))
        async with world.office.work(JOB, Purpose.SYSTEM) as work:
            await journal.create(work, {
                "resourceType": "RelatedPerson", "active": True, "identifier": [number], "patient": {"reference": found[name]},
                "relationship": [{"coding": [{"system": ROLE, "code": "POWATT"}]}]})  # fmt: skip
            await journal.create(work, {
                "resourceType": "Encounter", "status": "planned", "class": {"code": "AMB"},
                "subject": {"reference": found[name]}, "location": [{"location": {"reference": place}}]})  # fmt: skip
    await world.turn()
    assert [one.json["subject"]["reference"] for one in receiver.got] == [found["open"]]


async def test_citizens_hear_of_what_was_to_be_told_them_first_when_its_instant_passes(
    world: Subscribing, receiver: Receiver
) -> None:
    me = await patient(world.office)
    await world.subscribed(world.api.as_(citizen(me)), topical(receiver.url))
    await world.turn()
    at = world.office.clock() + timedelta(days=2)
    await measured(world, me.reference, meta={"security": [{"code": mark(at, "tell")}]})
    await world.turn()
    assert receiver.got[1:] == []
    await world.turn(times=2, passing=timedelta(days=1))
    (told,) = receiver.got[1:]
    assert [event["event-number"] for event in told.events] == ["1"]
    assert told.json["entry"][1]["resource"]["subject"]["reference"] == me.reference


async def test_a_program_hears_what_its_token_gives_and_no_more(world: Subscribing, receiver: Receiver) -> None:
    whose = (await patient(world.office)).reference
    narrow = "system/Observation.r?code=http://loinc.org|8310-5"
    program = replace(VENDOR, scopes=frozenset({"system/Subscription.crud", narrow}))
    await world.subscribed(world.api.as_(program), topical(receiver.url))
    await world.turn()
    await measured(world, whose, code={"coding": [{"system": "http://loinc.org", "code": "8867-4"}]})
    await measured(world, whose)
    await world.turn()
    (told,) = receiver.got[1:]
    assert [event["event-number"] for event in told.events] == ["1"]
    assert told.json["entry"][1]["resource"]["code"]["coding"][0]["code"] == "8310-5"


async def test_every_disclosure_stands_in_the_access_log_before_it_leaves(
    world: Subscribing, receiver: Receiver
) -> None:
    nurse = await nurse_of(world)
    hers = await patient(world.office, at=nurse)
    await world.subscribed(world.api.as_(nurse), topical(receiver.url))
    await world.turn()
    receiver.answers = [500]  # a receiver that says no has seen it all the same
    await measured(world, hers.reference)
    await world.turn(times=1)
    told = [
        row for row in await world.office.database.fetch("SELECT actor_id, patients, seen FROM access_log")
        if "event Observation/" in row["seen"]
    ]  # fmt: skip
    assert [(row["actor_id"], row["patients"]) for row in told] == [(nurse.id, [hers.owner])]


@pytest.fixture
async def ours(world: Subscribing, receiver: Receiver) -> str:
    """A subscription of a program, with a secret in it."""
    secret = ["Authorization: Bearer very-secret"]
    return await world.subscribed(world.api.as_(VENDOR), topical(receiver.url, header=secret))


async def test_a_subscription_is_unknown_to_everybody_else(world: Subscribing, ours: str) -> None:
    nurse = await nurse_of(world)
    boss = replace(nurse, role="administrator")
    mine = (await world.api.as_(VENDOR).get(f"Subscription/{ours}")).json()
    for stranger in (OTHER, nurse, boss, citizen(await patient(world.office))):
        client = world.api.as_(stranger)
        for answer in (
            await client.get(f"Subscription/{ours}"), await client.get(f"Subscription/{ours}/_history"),
            await client.get(f"Subscription/{ours}/_history/1"),
            *([] if stranger is boss else [await client.delete(f"Subscription/{ours}")]),  # who may end it unread
            await client.put(f"Subscription/{ours}", json=mine),
            await client.patch(f"Subscription/{ours}", content=b'[{"op":"replace","path":"/reason","value":"x"}]',
                               headers={"content-type": "application/json-patch+json"}),
        ):  # fmt: skip
            assert refused(answer)[0] == 404, (stranger.name, answer.text)
        for path in ("Subscription", f"Subscription?_id={ours}", "Subscription?status=requested,active",
                     "Subscription/_history", "?_type=Subscription", "Subscription?_summary=count"):  # fmt: skip
            answer = await client.get(path)
            assert "very-secret" not in answer.text
            assert "entry" not in answer.json() and answer.json().get("total", 0) == 0
    assert (await world.api.as_(VENDOR).get("Subscription?_total=accurate")).json()["total"] == 1


async def test_also_one_that_was_deleted_stays_its_subscribers(world: Subscribing, ours: str) -> None:
    client = world.api.as_(VENDOR)
    mine = (await client.get(f"Subscription/{ours}")).json()
    await client.delete(f"Subscription/{ours}")
    assert (await client.get(f"Subscription/{ours}")).status_code == 410
    assert (await world.api.as_(OTHER).get(f"Subscription/{ours}")).status_code == 404
    assert (await world.api.as_(OTHER).put(f"Subscription/{ours}", json=mine)).status_code == 404
    assert (await client.put(f"Subscription/{ours}", json=mine)).status_code in (200, 201)


async def test_only_so_many_go_on_for_one_subscriber(
    world: Subscribing, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("akson.subscriptions.keeping.MOST", 2)
    client = world.api.as_(VENDOR)
    first = await world.subscribed(client, topical(receiver.url))
    await world.subscribed(client, topical(receiver.url))
    answer = await client.post("Subscription", json=topical(receiver.url))
    assert issue(answer)["details"]["coding"][0]["code"] == "AK-H003"
    await client.delete(f"Subscription/{first}")
    await world.subscribed(client, topical(receiver.url))


async def test_nobody_else_is_named_in_what_is_told(world: Subscribing, receiver: Receiver) -> None:
    nurse = await nurse_of(world)
    hers, other = await patient(world.office, at=nurse), await patient(world.office)
    await world.subscribed(
        world.api.as_(nurse), topical(receiver.url, topic="https://akson.no/fhir/SubscriptionTopic/Communication")
    )
    await world.turn()
    async with world.office.work(JOB, Purpose.SYSTEM) as work:
        named = {"reference": other.reference, "display": "Kari Hemmelig"}
        await journal.create(work, {"resourceType": "Communication", "status": "completed",
                                    "subject": {"reference": hers.reference}, "recipient": [named]})  # fmt: skip
    await world.turn()
    (told,) = receiver.got[1:]
    assert "Kari" not in told.body.decode()


async def test_an_administrator_ends_what_a_colleague_or_a_program_follows_and_reads_nothing_of_it(
    world: Subscribing, receiver: Receiver
) -> None:
    nurse = await nurse_of(world)
    hers = await patient(world.office, at=nurse)
    manager = await staff(world.office, nurse, "Rud", "administrator")
    stranger = await staff(world.office, await unit(world.office, "En annen kommune"), "Lie", "administrator")
    ends, looks = world.api.as_(manager), world.api.as_(stranger)
    for who in (nurse, VENDOR):
        made = await world.subscribed(world.api.as_(who), topical(receiver.url))
        at = f"Subscription/{made}"
        assert refused(await ends.get(at))[0] == 404
        assert (await ends.put(at, json=topical(receiver.url) | {"id": made})).status_code == 404
        assert (await ends.delete(at)).is_success
        assert (await world.api.as_(who).get(at)).status_code == 410
    kept = await world.subscribed(world.api.as_(nurse), topical(receiver.url))
    assert not (await looks.delete(f"Subscription/{kept}")).is_success
    own = await world.subscribed(world.api.as_(citizen(hers)), topical(receiver.url))
    assert not (await ends.delete(f"Subscription/{own}")).is_success
    receiver.got.clear()
    await world.turn()
    await measured(world, hers.reference)
    await world.turn()
    told = {
        one.said("subscription")["reference"].rpartition("/")[2]
        for one in receiver.got
        if one.kind == "event-notification"
    }
    assert told == {kept, own}
