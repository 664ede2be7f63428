"""What may be subscribed to, and that a resource is judged exactly as a search for it would."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from akson.base.errors import Refused
from akson.base.work import Purpose
from akson.fhir import search as extraction
from akson.record.office import Office
from akson.record.search.asking import Asking
from akson.record.search.codes import coded
from akson.record.search.judging import Judge, Subject, refuse_unjudgeable
from akson.record.search.values import own_places
from akson.record.values import values_of
from tests.fhirapi.clients import issue, refused
from tests.offices import FHIR, VENDOR
from tests.spec.searching.features import TODAY
from tests.spec.searching.generating import Generator
from tests.spec.searching.oracle import Oracle
from tests.spec.searching.people import SYSTEM
from tests.spec.searching.world import World, build
from tests.subscriptions.world import Subscribing, extra, plain, topical

HOOK = "http://127.0.0.1:9/hook"
CHANNEL = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-channel-type"


async def judged(office: Office, world: World, type_: str, asked_for: list[tuple[str, str]]) -> set[str]:
    """Return the ids of what meets a question, resource by resource."""
    pairs = own_places(tuple(asked_for), FHIR)
    refuse_unjudgeable(pairs)
    async with office.work(VENDOR, Purpose.SYSTEM) as work:
        asked = Asking(type_, extraction.parameters, work.now).take(pairs)
        conditions = [await coded(work, one) for one in asked.conditions]
    judge = Judge(ids=office.ids, hasher=office.hasher, now=work.now)
    found = set()
    for one in world.held[type_]:
        values = values_of(type_, one.resource, office.hasher, office.ids.open)
        updated = work.now.fromisoformat(one.resource["meta"]["lastUpdated"])
        if judge.holds(conditions, Subject(id=one.id, updated=updated, values=values)):
            found.add(one.id)
    return found


async def test_each_resource_is_judged_as_a_search_would_find_it(office: Office) -> None:
    world = await build(office, features=TODAY, seed=3)
    generator, oracle = Generator(world, TODAY, seed=5), Oracle(world, TODAY, office.clock())
    asked = met = 0
    for _ in range(900):
        _, type_, given, _ = generator.question()
        if type_ not in world.held:  # of a compartment
            continue
        pairs = [
            (name, value)
            for name, value in given
            if not name.startswith(("_count", "_sort", "_total", "_incl", "_rev"))
        ]
        try:
            found = await judged(office, world, type_, pairs)
        except Refused as refused:
            assert refused.code == "AK-S001", (refused.code, type_, pairs)
            continue
        expected = oracle.search(SYSTEM, type_, pairs)
        hits, either = ({one.id for one in some.values()} for some in (expected.hits, expected.may))
        visible = {one.id for one in world.held[type_] if SYSTEM in one.sees}
        assert (found & visible) - either == hits - either, (type_, pairs)
        asked, met = asked + 1, met + bool(hits)
    assert asked > 500 and met > 200
    await world.api.close()


@pytest.mark.parametrize(("change", "path"), [
    ({"criteria": "Observation?subject:Patient.name=x"}, "Subscription.criteria"),
    ({"criteria": "Patient?_has:Observation:subject:code=x"}, "Subscription.criteria"),
    ({"criteria": "Observation?_include=Observation:subject"}, "Subscription.criteria"),
    ({"criteria": "Observation?_sort=date"}, "Subscription.criteria"),
    ({"criteria": "Observation?_content=feber"}, "Subscription.criteria"),
    ({"criteria": "Observation?_list=42"}, "Subscription.criteria"),
    ({"criteria": "Observation?subject:identifier=a|b"}, "Subscription.criteria"),
    ({"criteria": "Observation?nothing=x"}, "Subscription.criteria"),
    ({"criteria": "Observation?date=yesterday"}, "Subscription.criteria"),
    ({"criteria": "Observation?value-quantity=x"}, "Subscription.criteria"),
    ({"criteria": "Observation?code-value-quantity=a$b$c"}, "Subscription.criteria"),
    ({"criteria": "Observation?code:in=http://nowhere.example/vs"}, "Subscription.criteria"),
    ({"criteria": "Observation?code"}, "Subscription.criteria"),
    ({"criteria": "Nothing?code=x"}, "Subscription.criteria"),
    ({"criteria": "http://example.org/topic"}, "Subscription.criteria"),
    ({"criteria": "https://akson.no/fhir/SubscriptionTopic/Nothing"}, "Subscription.criteria"),
    ({"status": "error"}, "Subscription.status"),
])  # fmt: skip
async def test_what_cannot_be_judged_is_refused_where_it_stands(
    world: Subscribing, change: dict[str, Any], path: str
) -> None:
    vendor = world.api.as_(VENDOR)
    answer = await vendor.post("Subscription", json=plain(HOOK) | change)
    assert refused(answer)[0] in (400, 422)
    assert issue(answer)["expression"] == [path]
    assert (await vendor.get("Subscription?_total=accurate")).json()["total"] == 0


@pytest.mark.parametrize(("channel", "path"), [
    ({"type": "email"}, "Subscription.channel.type"),
    ({"type": "message"}, "Subscription.channel.type"),
    ({"_type": {"extension": [{"url": CHANNEL, "valueCoding": {"system": "http://example.org", "code": "zulip"}}]}},
     "Subscription.channel.type.extension[0]"),
    ({"endpoint": "ftp://example.org/x"}, "Subscription.channel.endpoint"),
    ({"endpoint": "http://10.0.0.1/x"}, "Subscription.channel.endpoint"),
    ({"endpoint": "http://169.254.169.254/latest/meta-data"}, "Subscription.channel.endpoint"),
    ({"endpoint": "http://user:secret@example.org/"}, "Subscription.channel.endpoint"),
    ({"endpoint": ""}, None),
    ({"payload": "application/fhir+xml"}, "Subscription.channel.payload"),
    ({"payload": "application/fhir+json; fhirVersion=5.0"}, "Subscription.channel.payload"),
    ({"_payload": {}}, None),
    ({"header": ["Authorization very-secret"]}, "Subscription.channel.header[0]"),
    ({"header": ["X: y", "Host: elsewhere"]}, "Subscription.channel.header[1]"),
    ({"extension": [extra("heartbeat-period", valueUnsignedInt=0)]}, "Subscription.channel.extension"),
    ({"extension": [extra("timeout", valueString="5")]}, "Subscription.channel.extension"),
])  # fmt: skip
async def test_a_channel_that_is_not_there_is_refused_where_it_stands(
    world: Subscribing, channel: dict[str, Any], path: str | None
) -> None:
    answer = await world.api.as_(VENDOR).post("Subscription", json=topical(HOOK, **channel))
    assert refused(answer)[0] == 422
    assert path is None or issue(answer)["expression"] == [path]
    assert "secret" not in answer.text


async def test_criteria_may_name_a_code_by_its_system(world: Subscribing) -> None:
    made = await world.api.as_(VENDOR).post(
        "Subscription", json=plain(HOOK, "Observation?code=http://loinc.org|1975-2")
    )
    assert made.status_code == 201, made.text


async def test_a_content_level_that_is_unknown_or_a_filter_on_another_type_is_refused(world: Subscribing) -> None:
    vendor = world.api.as_(VENDOR)
    level = await vendor.post("Subscription", json=topical(HOOK, content="everything"))
    assert issue(level)["expression"] == ["Subscription.channel.payload.extension"]
    other = await vendor.post("Subscription", json=topical(HOOK, filters=("Encounter?status=planned",)))
    assert issue(other)["expression"] == ["Subscription.criteria.extension[0]"]


async def test_a_refusal_in_a_transaction_names_the_entry_and_nothing_is_written(world: Subscribing) -> None:
    vendor = world.api.as_(VENDOR)
    entry = {"resource": plain(HOOK, "Observation?nothing=x"), "request": {"method": "POST", "url": "Subscription"}}
    answer = await vendor.post("", json={"resourceType": "Bundle", "type": "transaction", "entry": [entry]})
    assert issue(answer)["expression"] == ["Bundle.entry[0].resource.criteria"]


@pytest.mark.parametrize(("sent", "kept"), [("requested", "requested"), ("active", "requested"), ("off", "off")])
async def test_the_server_says_what_the_state_is(world: Subscribing, sent: str, kept: str) -> None:
    vendor = world.api.as_(VENDOR)
    made = await vendor.post("Subscription", json=plain(HOOK) | {"status": sent, "error": "min egen feil"})
    assert made.json()["status"] == kept and "error" not in made.json()


async def test_a_subscription_may_be_patched(world: Subscribing) -> None:
    vendor: httpx.AsyncClient = world.api.as_(VENDOR)
    id_ = await world.subscribed(vendor, plain(HOOK))
    patch = b'[{"op":"replace","path":"/criteria","value":"Observation?nothing=x"}]'
    answer = await vendor.patch(
        f"Subscription/{id_}", content=patch, headers={"content-type": "application/json-patch+json"}
    )
    assert issue(answer)["expression"] == ["Subscription.criteria"]
    answer = await vendor.patch(
        f"Subscription/{id_}", content=b'[{"op":"replace","path":"/status","value":"off"}]',
        headers={"content-type": "application/json-patch+json"},
    )  # fmt: skip
    assert answer.json()["status"] == "off"
