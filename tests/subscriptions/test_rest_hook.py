"""Notifications over REST: what comes, in which order, and that nothing is lost whatever the receiver does."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import httpx
import pytest

from akson.fhir import checks
from akson.subscriptions.delivering import waiting
from tests.fhirapi.clients import ASTRID, about, refused
from tests.offices import VENDOR
from tests.subscriptions.receiving import Receiver, listening
from tests.subscriptions.world import TOPIC, Subscribing, extra, plain, topical


@pytest.fixture
async def vendor(world: Subscribing) -> httpx.AsyncClient:
    return world.api.as_(VENDOR)


@pytest.fixture
async def astrid(vendor: httpx.AsyncClient) -> str:
    return f"Patient/{(await vendor.post('Patient', json=ASTRID)).json()['id']}"


async def test_a_topic_is_followed_from_the_handshake_to_the_last_delete(
    world: Subscribing, vendor: httpx.AsyncClient, astrid: str, receiver: Receiver
) -> None:
    id_ = await world.subscribed(vendor, topical(receiver.url, header=["Authorization: Bearer abc", "X-Where: here"]))
    assert (await vendor.get(f"Subscription/{id_}")).json()["status"] == "requested"
    await world.turn()
    assert [(one.kind, one.method, one.path) for one in receiver.got] == [("handshake", "POST", "/hook")]
    assert receiver.got[0].said("status") == "requested"
    assert (await vendor.get(f"Subscription/{id_}")).json()["status"] == "active"
    made = (await vendor.post("Observation", json=about(astrid))).json()
    place = f"Observation/{made['id']}"
    await world.turn()
    await vendor.put(place, json=made | {"status": "amended"})
    await vendor.delete(place)
    await world.turn()
    first, *rest = receiver.got[1:]
    assert first.kind == "event-notification"
    assert first.headers["authorization"] == "Bearer abc" and first.headers["x-where"] == "here"
    assert first.headers["content-type"] == "application/fhir+json"
    assert first.said("events-since-subscription-start") == "1" and first.said("topic") == TOPIC
    entry = first.json["entry"][1]
    assert entry["resource"] == made
    assert entry["fullUrl"] == f"http://akson.test/fhir/{place}"
    assert entry["request"] == {"method": "POST", "url": "Observation"}
    numbers = [event["event-number"] for event in receiver.notified()]
    assert numbers == ["1", "2", "3"]
    methods = [one["request"]["method"] for got in rest for one in got.json["entry"][1:]]
    assert methods == ["PUT", "DELETE"]
    for one in receiver.got:
        checks.check(one.body, expected="Bundle")


@pytest.mark.parametrize(("content", "entries", "focus", "topic"), [
    ("empty", 0, False, False), ("id-only", 1, True, True), ("full-resource", 1, True, True),
])  # fmt: skip
async def test_a_notification_holds_as_much_as_was_asked_for(
    world: Subscribing, vendor: httpx.AsyncClient, astrid: str, receiver: Receiver, content: str, entries: int,
    focus: bool, topic: bool,
) -> None:  # fmt: skip
    await world.subscribed(vendor, topical(receiver.url, content=content))
    await world.turn()
    await vendor.post("Observation", json=about(astrid))
    await world.turn()
    told = receiver.got[-1]
    assert told.kind == "event-notification"
    assert len(told.json["entry"]) == 1 + entries
    assert ("focus" in told.events[0]) is focus
    assert any(one["name"] == "topic" for one in told.parameters) is topic
    assert any("resource" in one for one in told.json["entry"][1:]) is (content == "full-resource")
    checks.check(told.body, expected="Bundle")


async def test_all_filters_of_a_topic_must_be_met(
    world: Subscribing, vendor: httpx.AsyncClient, astrid: str, receiver: Receiver
) -> None:
    filters = (f"Observation?patient={astrid}", "code=http://loinc.org|8310-5,http://loinc.org|8867-4", "status=final")
    await world.subscribed(vendor, topical(receiver.url, filters=filters))
    await world.turn()
    other = f"Patient/{(await vendor.post('Patient', json=ASTRID)).json()['id']}"
    for whose, more in (
        (astrid, {}),
        (other, {}),
        (astrid, {"status": "preliminary"}),
        (astrid, {"code": {"text": "x"}}),
    ):
        await vendor.post("Observation", json=about(whose) | more)
    await world.turn()
    (entry,) = [entry for one in receiver.got for entry in one.json["entry"][1:]]
    assert entry["resource"]["subject"]["reference"] == astrid and entry["resource"]["status"] == "final"


async def test_r4s_own_kind_keeps_a_server_up_to_date(
    world: Subscribing, vendor: httpx.AsyncClient, astrid: str, receiver: Receiver
) -> None:
    await world.subscribed(vendor, plain(receiver.url))
    await world.turn()
    assert receiver.got == []
    made = (await vendor.post("Observation", json=about(astrid))).json()
    other = about(astrid) | {"code": {"text": "vekt"}}
    await vendor.post("Observation", json=other)
    await vendor.put(f"Observation/{made['id']}", json=made | {"status": "amended"})
    await vendor.delete(f"Observation/{made['id']}")
    await world.turn()
    assert [(one.method, one.path) for one in receiver.got] == [
        ("PUT", f"/hook/Observation/{made['id']}"), ("PUT", f"/hook/Observation/{made['id']}"),
        ("DELETE", f"/hook/Observation/{made['id']}"),
    ]  # fmt: skip
    assert [one.json["status"] for one in receiver.got[:2]] == ["final", "amended"]


async def test_r4s_own_kind_without_a_payload_is_a_bare_call(
    world: Subscribing, vendor: httpx.AsyncClient, astrid: str, receiver: Receiver
) -> None:
    await world.subscribed(vendor, plain(receiver.url, payload=None, header=["X-Key: 1"]))
    await world.turn()
    await vendor.post("Observation", json=about(astrid))
    await world.turn()
    (one,) = receiver.got
    assert (one.method, one.path, one.body, one.headers["x-key"]) == ("POST", "/hook", b"", "1")


async def test_a_receiver_that_is_down_for_a_day_hears_everything_in_order_when_it_is_up(
    world: Subscribing, vendor: httpx.AsyncClient, astrid: str
) -> None:
    async with listening(Receiver()) as receiver:
        id_ = await world.subscribed(vendor, topical(receiver.url, content="id-only"))
        await world.turn()
        assert (await vendor.get(f"Subscription/{id_}")).json()["status"] == "active"
    made = [(await vendor.post("Observation", json=about(astrid))).json() for _ in range(3)]
    for one in made:
        for status in ("amended", "corrected"):
            await vendor.put(f"Observation/{one['id']}", json=one | {"status": status})
    await world.turn(times=48, passing=timedelta(minutes=30))
    away = (await vendor.get(f"Subscription/{id_}")).json()
    assert away["status"] == "error" and away["error"] == "Mottakeren kan ikke nås."
    async with listening(receiver):
        await world.turn(passing=timedelta(minutes=20))
    assert [event["event-number"] for event in receiver.notified()] == [str(n) for n in range(1, 10)]
    versions = [one["response"]["etag"] for got in receiver.got for one in got.json["entry"][1:]]
    assert versions == ['W/"1"'] * 3 + ['W/"2"', 'W/"3"'] * 3
    up = (await vendor.get(f"Subscription/{id_}")).json()
    assert up["status"] == "active" and "error" not in up


async def test_what_was_not_taken_is_told_again_and_nothing_goes_before_it(
    world: Subscribing, vendor: httpx.AsyncClient, astrid: str, receiver: Receiver
) -> None:
    many = [extra("max-count", valuePositiveInt=2)]
    await world.subscribed(vendor, topical(receiver.url, content="id-only", extension=many))
    await world.turn()
    for _ in range(5):
        await vendor.post("Observation", json=about(astrid))
    receiver.answers = [500, 302, 200, 404]
    receiver.headers = [(b"location", b"/elsewhere")]
    await world.turn(times=20, passing=timedelta(minutes=1))
    assert [event["event-number"] for event in receiver.notified()] == ["1", "2", "3", "4", "5"]
    assert [len(one.events) for one in receiver.got[1:]] == [2, 2, 1]


async def test_a_failed_handshake_is_an_error_and_a_new_request_begins_anew(
    world: Subscribing, vendor: httpx.AsyncClient, astrid: str, receiver: Receiver
) -> None:
    receiver.answers = [403]
    id_ = await world.subscribed(vendor, topical(receiver.url))
    await world.turn(times=1)
    failed = (await vendor.get(f"Subscription/{id_}")).json()
    assert failed["status"] == "error" and failed["error"] == "Mottakeren svarte 403."
    await vendor.post("Observation", json=about(astrid))
    await vendor.put(f"Subscription/{id_}", json=failed | {"status": "requested"})
    await world.turn()
    assert [one.kind for one in receiver.got] == ["handshake", "event-notification"]
    assert (await vendor.get(f"Subscription/{id_}")).json()["status"] == "active"


async def test_a_receiver_that_stays_away_is_given_up_in_sight(
    world: Subscribing, vendor: httpx.AsyncClient, astrid: str, receiver: Receiver
) -> None:
    id_ = await world.subscribed(vendor, topical(receiver.url))
    await world.turn()
    await vendor.post("Observation", json=about(astrid))
    receiver.answers = [503] * 400
    await world.turn(times=30, passing=timedelta(hours=8))
    over = (await vendor.get(f"Subscription/{id_}")).json()
    assert over["status"] == "off" and over["error"].startswith("Mottakeren har ikke svart på lenge.")
    receiver.answers = []
    await world.turn(passing=timedelta(hours=8))
    assert [one.kind for one in receiver.got] == ["handshake"]


async def test_heartbeats_come_when_they_were_asked_for_and_never_else(
    world: Subscribing, vendor: httpx.AsyncClient, receiver: Receiver
) -> None:
    await world.subscribed(vendor, topical(receiver.url, extension=[extra("heartbeat-period", valueUnsignedInt=60)]))
    await world.subscribed(vendor, topical(f"{receiver.url}/quiet"))
    await world.turn(times=13, passing=timedelta(seconds=20))
    kinds = [one.kind for one in receiver.got if one.path == "/hook"]
    assert kinds == ["handshake", "heartbeat", "heartbeat", "heartbeat", "heartbeat"]
    assert [one.kind for one in receiver.got if one.path != "/hook"] == ["handshake"]
    assert {one.said("events-since-subscription-start") for one in receiver.got} == {"0"}


async def test_a_slow_receiver_fails_after_the_time_it_was_given(
    world: Subscribing, vendor: httpx.AsyncClient, receiver: Receiver
) -> None:
    receiver.pause = 5
    id_ = await world.subscribed(vendor, topical(receiver.url, extension=[extra("timeout", valueUnsignedInt=1)]))
    await asyncio.wait_for(world.turn(times=1), 3)
    assert (await vendor.get(f"Subscription/{id_}")).json()["error"] == "Mottakeren svarte ikke i tide."


async def test_it_ends_when_it_said_it_would_and_when_it_is_deleted(
    world: Subscribing, vendor: httpx.AsyncClient, astrid: str, receiver: Receiver
) -> None:
    end = (world.office.clock() + timedelta(hours=1)).isoformat()
    short = await world.subscribed(vendor, topical(receiver.url) | {"end": end})
    gone = await world.subscribed(vendor, topical(f"{receiver.url}/gone"))
    await world.turn()
    await vendor.delete(f"Subscription/{gone}")
    await world.turn(times=2, passing=timedelta(hours=2))
    await vendor.post("Observation", json=about(astrid))
    await world.turn()
    assert [one.kind for one in receiver.got] == ["handshake", "handshake"]
    assert (await vendor.get(f"Subscription/{short}")).json()["status"] == "off"
    assert refused(await vendor.get(f"Subscription/{gone}"))[0] == 410


async def test_two_workers_at_once_tell_each_event_once_and_in_order(
    world: Subscribing, vendor: httpx.AsyncClient, astrid: str, receiver: Receiver
) -> None:
    one = [extra("max-count", valuePositiveInt=1)]
    await world.subscribed(vendor, topical(receiver.url, content="id-only", extension=one))
    await world.turn()
    made = (await vendor.post("Observation", json=about(astrid))).json()
    for n in range(12):
        await vendor.put(f"Observation/{made['id']}", json=made | {"issued": f"2026-11-23T09:00:{n:02}Z"})
    receiver.pause = 0.01
    await asyncio.gather(*(world.turn(times=12) for _ in range(3)))
    await world.turn(times=14)
    assert [event["event-number"] for event in receiver.notified()] == [str(n) for n in range(1, 14)]
    etags = [one.json["entry"][1]["response"]["etag"] for one in receiver.got if one.kind == "event-notification"]
    assert etags == [f'W/"{n}"' for n in range(1, 14)]


async def test_an_operator_sees_what_waits_and_nothing_of_anybody(
    world: Subscribing, vendor: httpx.AsyncClient, astrid: str, receiver: Receiver
) -> None:
    await world.subscribed(vendor, topical(receiver.url))
    await world.turn()
    receiver.answers = [503] * 9
    await vendor.post("Observation", json=about(astrid))
    await world.turn(times=1)
    seen = {what: count for what, count in (await waiting(world.office.database)).items() if count}
    assert seen == {"subscriptions active": 1, "subscription events": 1}
