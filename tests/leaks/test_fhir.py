"""The FHIR API as somebody without a basis: in every interaction and search the canaries do not exist.

Each question goes to both worlds; the answers must be equal to the byte, but for moments and ids newly made.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any, TypeVar

import httpx
import pytest

from akson.fhir import bodies, owners
from akson.fhir.definitions import facts
from tests.leaks.canary import CANARIES, GIRL, TYPES, WORD, Canary
from tests.leaks.questions import INTERACTIONS, OPERATIONS, Entry, around, entry, pages, reverse
from tests.leaks.worlds import BASE, EMPTY, KEPT, STRANGERS, WITHOUT_SIGNING_IN, Viewer, Worlds, in_text

pytestmark = pytest.mark.asyncio(loop_scope="module")

T = TypeVar("T")
FNR = "urn:oid:2.16.578.1.12.4.1.4.1"
FHIR_JSON = {"content-type": "application/fhir+json"}
NDJSON = {"content-type": "application/fhir+ndjson"}
MAY_REGISTER_NOBODY = ("a case worker of the tildelingskontor", "another citizen", "the mother of a girl of 16")
AT_ONCE = 400  # entries in one batch
COMMON = ("Practitioner", "Organization", "PractitionerRole", "Location")  # what many may see, and records point at
HERS = [WORD, *(word for canary in CANARIES for word in (canary.family, canary.fnr.value))]


async def batch(worlds: Worlds, viewer: Viewer, entries: Sequence[Entry], world: str) -> list[Any]:
    """Ask one world many things; return the answers in order."""
    found: list[Any] = []
    for start in range(0, len(entries), AT_ONCE):
        body = bodies.dumps({"resourceType": "Bundle", "type": "batch", "entry": entries[start : start + AT_ONCE]})
        told = await worlds.ask(viewer, "POST", "/fhir", world=world, content=body, headers=FHIR_JSON)
        assert told.status == 200, told.body[:500]
        found += json.loads(told.body)["entry"]
    return found


async def told_apart(worlds: Worlds, who: str, entries: Sequence[Entry]) -> str:
    """Return what a stranger is told otherwise where the canaries live, a line for each."""
    viewer = worlds.town.viewers[who]
    without, with_ = [await batch(worlds, viewer, entries, world) for world in (EMPTY, KEPT)]
    return "\n".join(
        f"{asked['request']['method']} {asked['request']['url'][:150]}: {_short(a)} but {_short(b)}"
        for asked, a, b in zip(entries, without, with_, strict=True)
        if a != b
    )


def _short(answer: Any) -> str:
    content = answer.get("resource") or answer["response"].get("outcome")
    return f"{answer['response']['status']} {json.dumps(content)[:300]}"


def turn(who: str, every: Sequence[T]) -> list[T]:
    """Return what is this stranger's turn: together they ask all of it, and each of them all in `make leaks`."""
    return list(every[list(STRANGERS).index(who) :: len(STRANGERS)])


def changes(every: Sequence[dict[str, Any]]) -> list[Entry]:
    """Return every interaction but search on each resource."""
    ways = [way for name, way in INTERACTIONS.items() if name != "search-type"]
    return [asked for one in every for way in ways for asked in way(one)]


def operations(every: Sequence[dict[str, Any]]) -> list[Entry]:
    """Return every operation on each resource."""
    return [asked for one in every for way in OPERATIONS.values() for asked in way(one)]


def compartments(worlds: Worlds, canary: Canary) -> list[Entry]:
    """Return the searches in the compartment of each resource of a record that has one."""
    known = facts()["compartments"]
    return [
        entry("GET", f"{one['resourceType']}/{one['id']}/{kind}?_total=accurate")
        for one in worlds.town.record(canary) if one["resourceType"] in known
        for kind in ("*", *sorted(known[one["resourceType"]])[::5])
    ]  # fmt: skip


def searches(worlds: Worlds, canary: Canary) -> list[Entry]:
    """Return every search that finds something of a record."""
    return [asked for one in worlds.town.record(canary) for asked in INTERACTIONS["search-type"](one)]


async def test_every_interaction_the_server_tells_of_has_a_way_to_be_walked(worlds: Worlds) -> None:
    told = json.loads((await worlds.ask(worlds.town.viewers["the GP"], "GET", "/fhir/metadata")).body)["rest"][0]
    assert {one["code"] for kind in told["resource"] for one in kind["interaction"]} == set(INTERACTIONS)
    assert {one["code"] for one in told["interaction"]} == {"batch", "transaction", "history-system", "search-system"}
    operations = [*told.get("operation", []), *(one for kind in told["resource"] for one in kind.get("operation", []))]
    assert {one["name"] for one in operations} == set(OPERATIONS)


async def test_the_doctor_finds_every_resource_by_every_value_so_these_are_the_right_questions(worlds: Worlds) -> None:
    record = worlds.town.record(GIRL)
    asked = [(one["id"], way) for one in record for way in INTERACTIONS["search-type"](one)]
    assert len(asked) > 1200
    found = await batch(worlds, worlds.town.viewers["the GP"], [way for _, way in asked], KEPT)
    missed = [way["request"]["url"] for (id_, way), one in zip(asked, found, strict=True) if id_ not in json.dumps(one)]
    assert not missed, "\n".join(missed)


@pytest.mark.parametrize("who", STRANGERS)
@pytest.mark.parametrize("canary", CANARIES, ids=lambda canary: canary.key)
async def test_no_interaction_tells_the_worlds_apart(worlds: Worlds, who: str, canary: Canary) -> None:
    record = worlds.town.record(canary)
    asked = changes(turn(who, record)) + operations(turn(who, record))
    assert not await told_apart(worlds, who, asked)


@pytest.mark.parametrize("who", STRANGERS)
@pytest.mark.parametrize("canary", CANARIES, ids=lambda canary: canary.key)
async def test_no_id_chosen_by_a_client_tells_the_worlds_apart(worlds: Worlds, who: str, canary: Canary) -> None:
    kept = turn(who, worlds.town.minted_elsewhere(canary))
    asked = changes(kept)
    asked += [entry("PUT", f"{one['resourceType']}/{one['id']}", _about_nobody(one)) for one in kept]
    assert not await told_apart(worlds, who, asked)


def _about_nobody(one: dict[str, Any]) -> dict[str, Any]:
    """Return a resource about a person who is in neither world."""
    named = owners.owner_reference(one)
    return bodies.loads(bodies.rewrite_references(bodies.dumps(one), {str(named): "Patient/nobody"}))


async def test_the_doctor_reads_what_stands_under_the_ids_that_a_client_chose(worlds: Worlds) -> None:
    asked = [entry("GET", f"{one['resourceType']}/{one['id']}") for one in worlds.town.minted_elsewhere(GIRL)]
    read = await batch(worlds, worlds.town.viewers["the GP"], asked, KEPT)
    assert {one["response"]["status"][:3] for one in read} == {"200"}


@pytest.mark.parametrize("who", STRANGERS)
@pytest.mark.parametrize("canary", CANARIES, ids=lambda canary: canary.key)
async def test_no_search_tells_the_worlds_apart(worlds: Worlds, who: str, canary: Canary) -> None:
    asked = turn(who, searches(worlds, canary)) + turn(who, compartments(worlds, canary))
    assert not await told_apart(worlds, who, asked)


@pytest.mark.parametrize("who", STRANGERS)
async def test_no_count_order_or_company_of_hits_tells_the_worlds_apart(worlds: Worlds, who: str) -> None:
    questions = turn(who, [question for kind in (*TYPES, *COMMON) for question in pages(kind)])
    questions += turn(who, [question for kind in COMMON for question in reverse(kind)])
    questions += turn(who, [question for kind in TYPES for question in around(kind)])
    assert not await told_apart(worlds, who, [entry("GET", question) for question in questions])


@pytest.mark.parametrize("who", STRANGERS)
@pytest.mark.parametrize("path", ["$export", "Patient/$export"])
async def test_no_export_tells_the_worlds_apart(worlds: Worlds, who: str, path: str) -> None:
    viewer = worlds.town.viewers[who]
    without, with_ = [await _exported(worlds, viewer, path, world) for world in (EMPTY, KEPT)]
    assert without == with_
    assert ("Patient.ndjson" in with_) is ("officer" not in who)  # who reads cases and no record


async def _exported(worlds: Worlds, viewer: Viewer, path: str, world: str) -> dict[str, set[str]]:
    """Return what each file of an export holds, each resource by its id, in the manifest's order."""
    headers = {"prefer": "respond-async"}
    begun = await worlds.ask(viewer, "GET", f"/fhir/{path}?_since=2020-01-01T00:00:00Z", world=world, headers=headers)
    assert begun.status == 202, begun.body[:300]
    place = begun.raw.partition("content-location: ")[2].partition("\n")[0].removeprefix(BASE)
    told = await worlds.ask(viewer, "GET", place, world=world)
    while told.status == 202:
        await asyncio.sleep(0.1)
        told = await worlds.ask(viewer, "GET", place, world=world)
    files = json.loads(told.body)
    found = {}
    for one in files["output"] + files["deleted"]:
        lines = await worlds.ask(viewer, "GET", one["url"].removeprefix(BASE), world=world)
        assert lines.status == 200, lines.body[:300]
        assert not [word for word in HERS if word in lines.body]
        found[one["url"].rpartition("/")[2]] = {line.partition('"id":')[2][:40] for line in lines.body.splitlines()}
    await worlds.ask(viewer, "DELETE", place, world=world)
    return found


@pytest.mark.parametrize("who", [*STRANGERS, WITHOUT_SIGNING_IN])
async def test_requests_of_their_own_are_answered_alike_to_the_last_header(worlds: Worlds, who: str) -> None:
    viewer = worlds.town.viewers[who]
    for one in [one for canary in CANARIES for one in worlds.town.record(canary)][::9]:
        place, body = f"/fhir/{one['resourceType']}/{one['id']}", bodies.dumps(one)
        for method, path, more in (
            ("GET", place, {}), ("GET", f"{place}?_pretty=true", {}), ("HEAD", place, {}), ("PATCH", place, {}),
            ("GET", f"{place}/_history/1", {}), ("GET", f"{place}/_history", {}), ("GET", f"{place}/$everything", {}),
            ("PUT", place, {"content": body, "headers": FHIR_JSON}), ("DELETE", place, {}),
            ("POST", f"/fhir/{one['resourceType']}", {"content": body, "headers": FHIR_JSON | {"if-none-exist": "x=y"}}),
            ("POST", f"/fhir/{one['resourceType']}/_search", {"data": {"_id": one["id"], "_total": "accurate"}}),
        ):  # fmt: skip
            without, with_ = await worlds.both(viewer, method, path, **more)
            assert without == with_, (method, path)
            assert not in_text(HERS, with_.raw), (method, path)


@pytest.mark.parametrize("who", STRANGERS)
@pytest.mark.parametrize("canary", CANARIES, ids=lambda canary: canary.key)
async def test_nobody_is_found_by_number_name_or_condition(worlds: Worlds, who: str, canary: Canary) -> None:
    viewer, id_, number = worlds.town.viewers[who], worlds.town.id(canary.ref), canary.fnr.value
    asked: list[tuple[str, dict[str, Any]]] = [
        ("/fhir/Patient/_search", {"data": question})
        for question in ({"identifier": f"{FNR}|{number}"}, {"identifier": number}, {"name": canary.family},
                         {"birthdate": canary.born.isoformat()}, {"family:contains": "kanari", "_total": "accurate"})
    ]  # fmt: skip
    for subject in ({"reference": f"Patient?identifier={FNR}|{number}"}, {"reference": f"Patient?name={canary.family}"},
                    {"identifier": {"system": FNR, "value": number}}, {"reference": f"Patient/{id_}"}):  # fmt: skip
        about = {"resourceType": "Observation", "status": "final", "code": {"text": "Puls"}, "subject": subject}
        for kind in ("batch", "transaction"):
            sent = {"resourceType": "Bundle", "type": kind, "entry": [entry("POST", "Observation", about)]}
            asked.append(("/fhir", {"content": bodies.dumps(sent), "headers": FHIR_JSON}))
        if "?" not in str(subject):
            asked.append(("/fhir/Observation", {"content": bodies.dumps(about), "headers": FHIR_JSON}))
        for mode in ("skip", "refuse"):
            asked.append((f"/fhir/$import?onFault={mode}", {"content": bodies.dumps(about), "headers": NDJSON}))
    known = {"headers": FHIR_JSON | {"if-none-exist": f"identifier={FNR}|{number}"}}
    if viewer.who in MAY_REGISTER_NOBODY:
        asked.append(("/fhir/Patient", {"content": b'{"resourceType":"Patient"}', **known}))
    read = {"resourceType": "Bundle", "type": "transaction", "entry": [entry("GET", f"Patient/{id_}")]}
    asked.append(("/fhir", {"content": bodies.dumps(read), "headers": FHIR_JSON}))
    for path, more in asked:
        without, with_ = await worlds.both(viewer, "POST", path, **more)
        assert without == with_, (path, more)


async def test_a_link_to_the_next_page_opens_no_more_for_somebody_else(worlds: Worlds) -> None:
    """The link of the doctor's search, sent on to a stranger, asks the doctor's question in the stranger's name."""
    viewers = worlds.town.viewers
    question = f"/fhir/Observation?patient={worlds.town.id(GIRL.ref)}&_count=0&_total=accurate"
    assert json.loads((await worlds.ask(viewers["the GP"], "GET", question)).body)["total"] > 0
    first = await worlds.ask(viewers["the GP"], "GET", "/fhir/Observation?_count=1")
    links = {one["relation"]: one["url"] for one in json.loads(first.raw.partition("\n{")[2].join(("{", "")))["link"]}
    for who in STRANGERS:
        without, with_ = await worlds.both(viewers[who], "GET", httpx.URL(links["next"]).raw_path.decode())
        assert without == with_, who


async def test_who_is_named_in_another_record_is_named_by_nothing_but_an_id(worlds: Worlds) -> None:
    """A daughter's proxy, a neighbour's note: the record is open, the other person in it is not."""
    doctor, nurse = worlds.town.viewers["the GP"], worlds.town.viewers["a nurse in another district"]
    mine = json.loads((await worlds.ask(nurse, "GET", "/fhir/Patient?_count=1")).body)["entry"][0]["resource"]["id"]
    note = {
        "resourceType": "Communication", "status": "completed", "subject": {"reference": f"Patient/{mine}"},
        "recipient": [{"reference": worlds.town.names[GIRL.ref], "display": f"Canaria {GIRL.family}"}],
    }  # fmt: skip
    made = await worlds.ask(nurse, "POST", "/fhir/Communication", content=bodies.dumps(note), headers=FHIR_JSON)
    assert made.status == 201, made.body
    place = made.raw.partition("location: ")[2].partition("\n")[0].partition("/_history")[0]
    for path in (httpx.URL(place).path, f"{httpx.URL(place).path}/_history/1", f"{httpx.URL(place).path}/_history",
                 f"/fhir/Communication?patient={mine}", f"/fhir/Patient?_id={mine}&_revinclude=Communication:subject"):  # fmt: skip
        told = await worlds.ask(nurse, "GET", path)
        assert told.status == 200
        assert not in_text([GIRL.family], told.raw), path
    assert (await worlds.ask(doctor, "GET", httpx.URL(place).path)).status == 404
