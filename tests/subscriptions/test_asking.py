"""$status and $events: what a subscriber asks about its own subscriptions."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from akson.fhir import checks
from akson.subscriptions.delivering import clean
from tests.fhirapi.clients import ASTRID, about, issue, refused
from tests.offices import VENDOR, patient
from tests.subscriptions.receiving import Got, Receiver
from tests.subscriptions.test_access import blocked, nurse_of
from tests.subscriptions.world import Subscribing, plain, topical


def told(answer: httpx.Response) -> Got:
    """Read an answer as a receiver would, after seeing that it is whole."""
    assert answer.status_code == 200, answer.text
    checks.check(answer.content, expected="Bundle")
    return Got("GET", "", {}, answer.content)


def numbers(answer: httpx.Response) -> list[str]:
    return [event["event-number"] for event in told(answer).events]


@pytest.fixture
async def vendor(world: Subscribing) -> httpx.AsyncClient:
    return world.api.as_(VENDOR)


@pytest.fixture
async def five(world: Subscribing, vendor: httpx.AsyncClient, receiver: Receiver) -> str:
    """A subscription that has told of five events."""
    astrid = f"Patient/{(await vendor.post('Patient', json=ASTRID)).json()['id']}"
    id_ = await world.subscribed(vendor, topical(receiver.url, content="id-only"))
    await world.turn()
    for _ in range(5):
        await vendor.post("Observation", json=about(astrid))
    await world.turn()
    return id_


async def test_the_status_of_one_is_told(vendor: httpx.AsyncClient, five: str) -> None:
    answer = await vendor.get(f"Subscription/{five}/$status")
    one = told(answer)
    assert answer.json()["type"] == "searchset"
    assert one.said("subscription") == {"reference": f"http://akson.test/fhir/Subscription/{five}"}
    assert (one.said("status"), one.kind) == ("active", "query-status")
    assert one.said("events-since-subscription-start") == "5"
    assert (await vendor.get(f"Subscription/{five}/$status?status=off&id=x")).json()[
        "total"
    ] == 1  # they count for all only


async def test_the_status_of_all_is_told_and_narrowed(
    world: Subscribing, vendor: httpx.AsyncClient, five: str, receiver: Receiver
) -> None:
    other = await world.subscribed(vendor, plain(receiver.url))
    await world.subscribed(world.api.as_(replace(VENDOR, id="Device/other")), plain(receiver.url))

    async def found(question: str) -> set[str]:
        answer = await vendor.get(f"Subscription/$status{question}")
        parameters = [one["resource"]["parameter"] for one in answer.json().get("entry", [])]
        return {one[0]["valueReference"]["reference"].rpartition("/")[2] for one in parameters}

    assert await found("") == {five, other}
    assert await found(f"?id={five}") == {five}
    assert await found("?status=active") == {five}
    assert await found("?status=active&status=requested") == {five, other}
    assert await found(f"?id={five}&status=off") == set()
    asked: dict[str, Any] = {"resourceType": "Parameters", "parameter": [{"name": "id", "valueId": other}]}
    assert (await vendor.post("Subscription/$status", json=asked)).json()["total"] == 1


@pytest.mark.parametrize(("question", "expected"), [
    ("", "12345"), ("?eventsSinceNumber=3", "345"), ("?eventsUntilNumber=2", "12"),
    ("?eventsSinceNumber=2&eventsUntilNumber=4", "234"), ("?eventsSinceNumber=6", ""), ("?eventsSinceNumber=0", "12345"),
])  # fmt: skip
async def test_events_are_told_again_from_one_number_to_another(
    vendor: httpx.AsyncClient, five: str, question: str, expected: str
) -> None:
    answer = await vendor.get(f"Subscription/{five}/$events{question}")
    assert numbers(answer) == list(expected)
    assert answer.json()["type"] == "history" and told(answer).kind == "query-event"


@pytest.mark.parametrize(
    ("content", "entries", "bodies"), [("empty", 1, 0), ("id-only", 2, 0), ("full-resource", 2, 1)]
)
async def test_a_reader_chooses_how_much_of_each(
    vendor: httpx.AsyncClient, five: str, content: str, entries: int, bodies: int
) -> None:
    answer = await vendor.get(f"Subscription/{five}/$events?eventsSinceNumber=5&content={content}")
    assert len(answer.json()["entry"]) == entries
    assert len([one for one in answer.json()["entry"][1:] if "resource" in one]) == bodies


async def test_old_events_are_gone_and_that_is_said(world: Subscribing, vendor: httpx.AsyncClient, five: str) -> None:
    await clean(world.office.database, world.office.clock() + timedelta(days=20), timedelta(days=14))
    answer = await vendor.get(f"Subscription/{five}/$events?eventsSinceNumber=2")
    assert answer.status_code == 410
    assert "before number 6" in issue(answer)["diagnostics"]
    assert numbers(await vendor.get(f"Subscription/{five}/$events")) == []
    assert numbers(await vendor.get(f"Subscription/{five}/$events?eventsSinceNumber=6")) == []


@pytest.mark.parametrize("question", [
    "eventsSinceNumber=x", "eventsUntilNumber=-1", "content=all", "nothing=1", "eventsSinceNumber=3&eventsUntilNumber=2",
])  # fmt: skip
async def test_a_question_that_makes_no_sense_is_refused(vendor: httpx.AsyncClient, five: str, question: str) -> None:
    assert refused(await vendor.get(f"Subscription/{five}/$events?{question}"))[0] == 400


async def test_others_learn_nothing_by_asking(world: Subscribing, five: str) -> None:
    stranger = world.api.as_(replace(VENDOR, id="Device/other"))
    for path in (f"Subscription/{five}/$status", f"Subscription/{five}/$events"):
        assert (await stranger.get(path)).content == (await stranger.get(path.replace(five, "no-such-id"))).content
    assert (await stranger.get(f"Subscription/$status?id={five}")).json()["total"] == 0


async def test_what_may_no_longer_be_seen_is_not_told_again(world: Subscribing, receiver: Receiver) -> None:
    nurse = await nurse_of(world)
    hers, client = await patient(world.office, at=nurse), world.api.as_(nurse)
    id_ = await world.subscribed(client, topical(receiver.url))
    await world.turn()
    await client.post("Observation", json=about(hers.reference))
    await world.turn()
    assert hers.id in (await client.get(f"Subscription/{id_}/$events")).text
    await blocked(world, hers.reference)
    again = await client.get(f"Subscription/{id_}/$events?content=full-resource")
    assert told(again).events == [{"event-number": "1"}] and hers.id not in again.text


async def test_while_it_is_in_error_events_are_counted_and_the_status_is_told(
    world: Subscribing, vendor: httpx.AsyncClient, five: str, receiver: Receiver
) -> None:
    receiver.answers = [503] * 100
    astrid = (await vendor.get("Patient")).json()["entry"][0]["resource"]["id"]
    for _ in range(4):
        await vendor.post("Observation", json=about(f"Patient/{astrid}"))
        await world.turn(times=1, passing=timedelta(minutes=30))
    one = told(await vendor.get(f"Subscription/{five}/$status"))
    assert (one.said("status"), one.said("events-since-subscription-start")) == ("error", "9")
    assert one.said("error") == {"text": "Mottakeren svarte 503."}
    assert (await vendor.get(f"Subscription/{five}")).json()["status"] == "error"


async def test_a_subscription_is_found_by_where_it_is_delivered(
    vendor: httpx.AsyncClient, five: str, receiver: Receiver
) -> None:
    found = (await vendor.get("Subscription", params={"url": receiver.url})).json()["entry"]
    assert [one["resource"]["id"] for one in found] == [five]
    assert "entry" not in (await vendor.get("Subscription", params={"url": f"{receiver.url}/other"})).json()


async def test_the_capabilities_tell_of_topics_and_operations(vendor: httpx.AsyncClient) -> None:
    statement = (await vendor.get("metadata")).json()
    (one,) = [each for each in statement["rest"][0]["resource"] if each["type"] == "Subscription"]
    profile = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-subscription"
    assert one["supportedProfile"] == [profile]
    assert "https://akson.no/fhir/SubscriptionTopic/Observation" in {
        each["valueCanonical"] for each in one["extension"]
    }
    assert {each["name"] for each in one["operation"]} >= {"status", "events"}
    assert any(each.endswith("backport-subscription-server-r4") for each in statement["instantiates"])
