"""The surveillance on the invented municipality: what is in the log comes out as findings, once, whoever looks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from akson.base.database import Record
from akson.base.work import Actor, Purpose, Seen
from akson.fhir import types
from akson.fhir.dates import HERE
from akson.patient import identity
from akson.patient.cases import JOB
from akson.patient.openings import open_in_emergency
from akson.patient.watching import job
from akson.record import journal
from akson.record import watched as watched_
from akson.record.office import Doing
from akson.record.search.searching import search
from tests.fhirapi.clients import Api, transaction
from tests.offices import let_pass, stranger
from tests.seeded import MEMBERS, Town


@pytest.fixture
async def there(town: Town) -> AsyncIterator[Api]:
    made = Api(town.office)
    yield made
    await made.close()


HOME = {"use": "home", "line": ["Fjellveien 3"], "postalCode": "9996", "city": "Fjordvik"}
NEXT_DOOR = HOME | {"line": ["Fjellveien 5 B"]}
PAGE = "page oversikt"
ID = "SELECT id FROM resource WHERE owner = $1 AND type = $2"


async def resident(
    town: Town, family: str, *, key: str = "", address: dict[str, Any] = HOME, secret: bool = False
) -> int:
    """Let somebody live in Fjordvik; key: of the member of staff it is. Return their owner key."""
    label = {"system": "https://akson.no/fhir/protection", "code": "kode7"}
    person: dict[str, Any] = {"resourceType": "Patient", "name": [{"family": family, "given": ["Per"]}]}
    person |= {"address": [address]} if address else {}
    person |= {"identifier": [MEMBERS[key].fnr.identifier()]} if key else {}
    person |= {"meta": {"security": [label]}} if secret else {}
    async with town.office.work(JOB, Purpose.SYSTEM) as work:
        return (await journal.create(work, person)).owner


async def named(town: Town, owner: int) -> str:
    """Return the reference of a person by owner key."""
    return f"Patient/{await town.office.database.fetchval(ID, owner, types.code_of('Patient'))}"


async def look(town: Town, key: str, owner: int, what: str = PAGE, **more: Any) -> None:
    """Let somebody at work look at a record, as the log tells of it."""
    async with town.office.work(await town.at_work(key), Purpose.TREATMENT) as work:
        work.saw(owner, what, **more)


async def watched(town: Town, *, after: timedelta = timedelta(hours=1)) -> list[Record]:
    """Let time pass and the surveillance catch up; return the findings, the strongest first."""
    let_pass(town.office, after)
    while await job.turn(town.office.database, town.office.clock()):
        pass
    return await town.office.database.fetch(
        "SELECT * FROM finding WHERE strength >= 4 ORDER BY strength DESC, actor_name"
    )


async def test_what_stands_out_is_found_with_why(town: Town) -> None:
    await resident(town, "Lien", key="tommy")
    wife, neighbour = await resident(town, "Lien"), await resident(town, "Ås", address=NEXT_DOOR)
    secret = await resident(town, "Vik", secret=True)
    for owner in (wife, neighbour, secret):
        await look(town, "tommy", owner)
    soon = await watched(town)
    assert {(row["patient"], tuple(row["signs"])) for row in soon} == {
        (wife, ("address", "name")), (secret, ("address",)),
    }  # fmt: skip
    later = await watched(town, after=timedelta(days=9))
    assert {(row["patient"], tuple(row["signs"])) for row in later} == {
        (wife, ("address", "name", "unwritten")), (secret, ("address", "unwritten")),
        (neighbour, ("neighbour", "unwritten")),
    }  # fmt: skip
    assert later[0]["actor_name"] == "Tommy Lien" and later[0]["unit_name"] == "Hjemmetjenesten sone nord"


async def test_family_and_colleagues_are_found_by_what_the_registers_say(town: Town) -> None:
    me = await resident(town, "Lien", key="tommy", address={})
    colleague = await resident(town, "Yusuf", key="mariam", address={})
    son = await resident(town, "Dahl", address={})
    mother = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-RoleCode", "code": "MTH"}]}
    async with town.office.work(JOB, Purpose.SYSTEM) as work:
        await journal.create(work, {
            "resourceType": "RelatedPerson", "patient": {"reference": await named(town, son)},
            "identifier": [MEMBERS["tommy"].fnr.identifier()], "relationship": [mother],
        })  # fmt: skip
    await look(town, "tommy", colleague)
    await look(town, "tommy", son, outcome="refuse", rule="close_family")
    await look(town, "tommy", me, outcome="refuse", rule="own_record_as_staff")
    found = {row["patient"]: (row["signs"], row["opened"], row["refused"]) for row in await watched(town)}
    assert found == {son: (["family"], 0, 1), me: (["self"], 0, 1), colleague: (["colleague"], 1, 0)}


async def test_work_for_the_person_lowers_what_looked_wrong(town: Town) -> None:
    await resident(town, "Lien", key="tommy")
    neighbour = await resident(town, "Ås", address=NEXT_DOOR)
    await look(town, "tommy", neighbour)
    async with town.office.work(await town.at_work("mariam"), Purpose.EMERGENCY) as work:
        await open_in_emergency(
            work, (await named(town, neighbour)).partition("/")[2], reason="Falt på gaten", danger=True
        )
    async with town.office.work(await town.at_work("mariam"), Purpose.EMERGENCY) as work:
        await journal.create(work, {
            "resourceType": "Observation", "status": "final", "code": {"text": "Puls"},
            "subject": {"reference": await named(town, neighbour)}, "valueString": "god",
        })  # fmt: skip
    assert await watched(town, after=timedelta(days=9)) == []


async def test_lists_and_hits_of_a_search_are_no_looks(town: Town) -> None:
    await resident(town, "Lien", key="tommy")
    wife, other = await resident(town, "Lien"), await resident(town, "Vik")
    await look(town, "tommy", wife, "search identity name")
    async with town.office.work(await town.at_work("tommy"), Purpose.TREATMENT) as work:
        work.seen += [Seen(patient=one, what="Task/x/_history/1", outcome="permit") for one in (wife, other)]
    assert await watched(town, after=timedelta(days=9)) == []


async def test_a_search_that_finds_one_alone_is_no_look_until_they_are_opened(town: Town) -> None:
    await resident(town, "Lien", key="tommy")
    wife = await resident(town, "Sjeldensen")
    async with town.office.work(await town.at_work("tommy"), Purpose.TREATMENT) as work:
        assert [one.owner for one in (await identity.find(work, "Sjeldensen"))[0]] == [wife]
    assert await watched(town) == []
    await look(town, "tommy", wife)
    assert [row["opened"] for row in await watched(town)] == [1]


async def test_unusually_many_in_a_day_is_one_finding_about_the_day(town: Town) -> None:
    owners = range(1, 41)
    for _ in range(6):
        for owner in owners[:3]:
            await look(town, "tommy", owner)
            await look(town, "berit", owner)
        let_pass(town.office, timedelta(days=1))
    for owner in owners:
        await look(town, "tommy", owner)
    (found,) = await watched(town)
    assert (found["patient"], found["signs"], found["records"], found["usual"]) == (0, ["volume"], 40, 3)


async def searches(town: Town, key: str, times: int, *, opens: bool = False) -> None:
    """Search for persons by name, as the page does, and open none of those found, or one each time."""
    for _ in range(times):
        async with town.office.work(await town.at_work(key), Purpose.TREATMENT) as work:
            found, _ = await identity.find(work, "nordli")
        if opens:
            await look(town, key, found[0].owner)


async def test_searching_for_many_and_opening_none_is_one_finding_about_the_day(town: Town) -> None:
    other = await resident(town, "Vik", address={})
    for _ in range(6):
        await searches(town, "tommy", 2)
        await searches(town, "berit", 40, opens=True)  # a desk: whoever is searched for is opened
        let_pass(town.office, timedelta(days=1))
    await searches(town, "tommy", 45)
    await look(town, "tommy", other)
    await searches(town, "berit", 40, opens=True)
    (found,) = await watched(town)
    assert (found["patient"], found["signs"], found["strength"]) == (0, ["searches"], 5)
    assert (found["actor_name"], found["searches"], found["searches_usual"]) == ("Tommy Lien", 45, 2)


async def app(town: Town, key: str) -> Doing:
    """Begin what an app of somebody at work does."""
    return town.office.work(await town.at_work(key), Purpose.TREATMENT, screen="FHIR search")


async def test_what_is_a_search_that_led_nowhere(town: Town) -> None:
    """Not one for somebody known by id, nor in records that are open, page after page, nor one whose hit is opened after
    it; but one whose hit was open before is, and each fifty whom an app was shown beside others and who were not opened,
    whatever it asked for and whatever the pages."""
    owner = await resident(town, "Sjeldensen", address={})
    reference, counted = await named(town, owner), "SELECT sum(searches) FROM watch_day"
    await searches(town, "tommy", 3)
    async with await app(town, "tommy") as work:
        page = await search(work, "Patient", [("name", "n"), ("_count", "1")])
        await search(work, "Patient", [("name", "n"), ("_count", "1"), ("_after", page.next or "")])
    some, more = ([*range(n, n + 50)] for n in (10_000, 20_000))  # with the two above one short of 100
    for asked, type_, hits in (
        ("search Patient _count", "Patient", [*some[3:25], owner]), ("search Patient _id", "Patient", some[20:40]),
        ("search EpisodeOfCare _include", "Patient", some[40:]), ("history Patient", "Patient", more[:20]),
        ("search Observation patient", "Observation", more[20:25]), ("search Person _count", "Person", more[25:]),
    ):  # fmt: skip
        for _ in range(2):  # asked for again, they are who they were
            async with await app(town, "tommy") as work:
                work.saw(0, asked)
                for n in hits:
                    work.saw(n, f"{type_}/{n}/_history/1")
    async with town.office.work(await town.at_work("tommy"), Purpose.TREATMENT, screen="visits") as work:
        for n in range(30_000, 30_200):  # the work of a day, on a page of ours
            work.saw(n, f"Patient/{n}/_history/1")
    async with town.office.work(await town.at_work("tommy"), Purpose.TREATMENT) as work:
        await search(work, "Patient", [("_id", reference.partition("/")[2])])
        await identity.minimal(work, reference.partition("/")[2])
    await look(town, "tommy", owner)
    let_pass(town.office, timedelta(minutes=1))
    async with town.office.work(await town.at_work("tommy"), Purpose.TREATMENT) as work:
        await identity.find(work, "Sjeldensen")
    assert await watched(town, after=timedelta(minutes=10)) == []
    assert await town.office.database.fetchval(counted) == 3 + 1 + 1
    await look(town, "tommy", owner)
    assert await watched(town) == [] and await town.office.database.fetchval(counted) == 3 + 1
    async with await app(town, "tommy") as work:
        for n in some[20:40]:
            work.saw(n, f"Patient/{n}/_history/1")
    now = town.office.clock()
    while await job.turn(town.office.database, now):
        pass
    assert await town.office.database.fetchval(
        "SELECT min(due) > $1 FROM watch_look", now + timedelta(days=1)
    )  # nobody new
    let_pass(town.office, timedelta(days=9))
    await watched(town)
    assert await town.office.database.fetchval(counted) == 3 + 1
    await job.forget(town.office.database, town.office.clock())
    kept = (
        "SELECT array_agg(n) FROM (SELECT count(*) FROM watch_search UNION ALL SELECT count(*) FROM watch_listed) k (n)"
    )
    assert all(await town.office.database.fetchval(kept))
    let_pass(town.office, timedelta(days=9))
    await job.forget(town.office.database, town.office.clock())
    assert not any(await town.office.database.fetchval(kept))
    assert await watched(town) == [] and await town.office.database.fetchval(counted) == 3 + 1


async def test_what_a_transaction_reads_by_id_is_looked_at_and_who_comes_along_is_listed(
    town: Town, there: Api
) -> None:
    """By staff's app, whatever else the transaction asks: each record named is a look, as it is when read alone."""
    opened = "SELECT array_agg(patient ORDER BY patient) FROM watch_look WHERE patient <> 0 AND opened > 0"
    listed = "SELECT count(*) FROM watch_listed"
    berit = there.as_(await town.at_work("berit"))
    several = (await berit.get("EpisodeOfCare?_include=EpisodeOfCare:patient")).json()["entry"]
    persons = sorted({one["resource"]["id"] for one in several if one["resource"]["resourceType"] == "Patient"})
    assert await watched(town) == [] and len(persons) > 2
    assert await town.office.database.fetchval(opened) is None
    assert await town.office.database.fetchval(listed) == len(persons)
    by_id = [f"Patient/{persons[0]}", f"Patient/{persons[1]}/_history/1"]
    asked = ["EpisodeOfCare?_include=EpisodeOfCare:patient", *by_id, "Patient/_history"]
    answer = await berit.post("", content=transaction(*[{"request": {"method": "GET", "url": url}} for url in asked]))
    assert answer.status_code == 200, answer.text
    await watched(town)
    owners = sorted(town.office.ids.open(one) or 0 for one in persons[:2])
    assert await town.office.database.fetchval(opened) == owners


NAMING: list[tuple[list[str], str]] = [
    (["EpisodeOfCare?patient={0}", "EpisodeOfCare?patient={1}"], "01"),
    (["EpisodeOfCare?patient={0},{1}"], "01"),
    (["Observation?subject={0},{1}"], "01"),
    (["Observation?patient.identifier={6}&_count=1", "Patient?identifier={6},{7}"], "01"),
    (["Observation?patient:identifier={6},{7}"], "01"),
    (["EpisodeOfCare?patient:Patient={0},{1}&_include=EpisodeOfCare:patient"], "01"),
    (["EpisodeOfCare?patient=Patient/{0},Patient/{1}", "EpisodeOfCare?patient={2}"], "012"),
    (["EpisodeOfCare?patient._id={0},{1}"], "01"),
    (["Patient?_id={0},{1}"], "01"),
    (["?_type=EpisodeOfCare,Patient&_id={0},{1}"], "01"),
    (["Patient/{0}/EpisodeOfCare", "Patient/{1}/EpisodeOfCare"], "01"),
    (["Patient/{0}/EpisodeOfCare", "Patient"], "0"),
    (["EpisodeOfCare?patient={0},{1},{2},{3},{4}"], "01234"),
    (["EpisodeOfCare?patient={0},{1},{2},{3},{4},{5}"], ""),
    (["Observation?derived-from=Observation/{8},Observation/{9}"], "01"),
    (["EpisodeOfCare?patient={0},{1}&status=cancelled", "Patient"], ""),
    (["EpisodeOfCare?status=active", "Patient?_sort=birthdate"], ""),
]


async def test_what_is_shown_of_few_whom_a_question_names_is_a_look_at_each(town: Town, there: Api) -> None:
    """As it is when each is asked for alone; a list of many stays one, and what is not shown is no look."""
    who = await town.at_work("berit")
    numbers, firsts = {0: "tommy", 1: "mariam"}, list[str]()
    owners = [await resident(town, f"Navn {n}", address={}, key=numbers.get(n, "")) for n in range(6)]
    ids = [(await named(town, owner)).partition("/")[2] for owner in owners]
    async with town.office.work(JOB, Purpose.SYSTEM) as work:
        for n, id_ in enumerate(ids):
            person: dict[str, Any] = {"reference": f"Patient/{id_}"}
            person |= {"identifier": MEMBERS[numbers[n]].fnr.identifier()} if n in numbers else {}
            await journal.create(work, {
                "resourceType": "EpisodeOfCare", "status": "active", "patient": person,
                "managingOrganization": {"reference": who.unit_id}})  # fmt: skip
            pulse = {"resourceType": "Observation", "status": "final", "code": {"text": "Puls"}, "subject": person}
            first = await journal.create(work, pulse)
            firsts.append(first.id)
            await journal.create(work, pulse | {"derivedFrom": [{"reference": f"Observation/{first.id}"}]})
    ids += [*(MEMBERS[key].fnr.value for key in numbers.values()), *firsts]
    for asked, looked_at in NAMING:
        urls = [one.format(*ids) for one in asked]
        berit = there.as_(await town.at_work("berit"))
        bundle = transaction(*[{"request": {"method": "GET", "url": url}} for url in urls])
        answer = await (berit.post("", content=bundle) if len(urls) > 1 else berit.get(urls[0]))
        assert answer.status_code == 200, answer.text
        day = town.office.clock().astimezone(HERE).date()
        await watched(town, after=timedelta(days=1))
        found = await town.office.database.fetch(
            "SELECT patient FROM watch_look WHERE patient <> 0 AND opened > 0 AND day = $1", day
        )
        assert {row["patient"] for row in found} == {owners[int(n)] for n in looked_at}, asked


async def test_a_worker_that_comes_late_finds_what_it_would_have_found(town: Town) -> None:
    """Searches are kept until their day is judged, and no day is judged milder for what was forgotten since."""
    for _ in range(101):
        async with town.office.work(await town.at_work("tommy"), Purpose.TREATMENT) as work:
            work.saw(0, "search identity Patient _count,_sort,name")
    database, kept = town.office.database, "SELECT count(*) FROM watch_search"
    (first,) = await watched(town)
    let_pass(town.office, timedelta(days=20))  # nobody judges meanwhile
    await job.forget(database, town.office.clock())
    assert await database.fetchval(kept) == 101
    (late,) = await watched(town)
    await job.forget(database, town.office.clock())
    assert await database.fetchval(kept) == 0
    await database.execute("UPDATE watch_look SET due = $1", town.office.clock())  # one more row of that day was found
    (again,) = await watched(town)
    assert [(one["searches"], one["strength"]) for one in (first, late, again)] == [(101, 5)] * 3


async def test_staff_of_others_are_told_apart_and_found_for_who_keeps_the_record(town: Town) -> None:
    """Strangers have no key here and their organisation no officer: each is one person all the same, found for ours."""
    astrid = town.office.ids.open(town.id("Patient/astrid"))
    assert astrid
    first, second = stranger("7005555"), stranger("7006666")
    for _ in range(6):
        for owner in range(1, 4):
            await seen_by(town, first, owner)
            await seen_by(town, second, owner)
        let_pass(town.office, timedelta(days=1))
    for owner in range(1, 16):
        await seen_by(town, first, owner)
        await seen_by(town, second, owner + 15)
    assert await watched(town) == []  # fifteen each are not thirty of one
    for owner in range(1, 41):
        await seen_by(town, first, owner)
    await seen_by(town, first, astrid)
    await seen_by(town, replace(second, key=7, controller=8), astrid)  # known here by number, as is the hospital
    (found,) = await watched(town)
    assert (found["actor_id"], found["patient"], found["signs"]) == (first.id, 0, ["volume"])
    looks = await town.office.database.fetch("SELECT * FROM watch_look WHERE patient = $1 AND unit = 0", astrid)
    keeper = (await town.at_work("per")).unit
    assert {(one["actor_id"], one["controller"]) for one in [*looks, found]} == {
        (first.id, keeper),
        (second.id, keeper),
    }
    assert len({one["actor"] for one in looks} - {0}) == 2


async def test_what_nobody_s_unit_wrote_is_no_work_of_strangers(town: Town) -> None:
    owner = await resident(town, "Vik")  # written by a job: by nobody, at no unit
    asked = watched_.Asked(patient=owner, actor=5, unit=0, since=town.office.clock() - timedelta(days=7),
                           until=town.office.clock() + timedelta(days=7))  # fmt: skip
    assert await watched_.traces(town.office.database, [asked]) == [watched_.Trace(own=False, units=False)]


async def seen_by(town: Town, who: Actor, owner: int) -> None:
    async with town.office.work(who, Purpose.TREATMENT) as work:
        work.saw(owner, "Observation/x", rule="attested_by_own_organisation")


async def test_however_often_it_runs_and_is_stopped_nothing_is_counted_twice(town: Town) -> None:
    await resident(town, "Lien", key="tommy")
    wife = await resident(town, "Lien")
    for _ in range(3):
        await look(town, "tommy", wife)
    let_pass(town.office, timedelta(hours=1))
    now: datetime = town.office.clock()
    await asyncio.gather(*(job.turn(town.office.database, now) for _ in range(4)))  # as several workers do
    while await job.turn(town.office.database, now):
        pass
    await town.office.database.execute("UPDATE watch_look SET due = $1", now)
    (found,) = await watched(town)
    assert (found["opened"], found["strength"]) == (3, 10)


async def test_a_turn_is_a_page_and_asks_the_database_so_many_times(town: Town) -> None:
    for owner in range(1, 60):
        await look(town, "tommy", owner)
    let_pass(town.office, timedelta(hours=1))
    database, now = town.office.database, town.office.clock()
    assert await job.turn(database, now) > 59
    before = database.statements
    assert await job.turn(database, now) == job.LOOKS or await job.turn(database, now) == 0
    assert database.statements - before <= 9


async def test_what_has_an_outcome_stays_as_it_was(town: Town) -> None:
    await resident(town, "Lien", key="tommy")
    wife = await resident(town, "Lien")
    await look(town, "tommy", wife)
    (found,) = await watched(town)
    await town.office.database.execute(
        "INSERT INTO finding_outcome VALUES ($1, 'lawful', 'På oppdrag', 'Practitioner/x', 'Per', $2)",
        found["id"], town.office.clock(),
    )  # fmt: skip
    (after,) = await watched(town, after=timedelta(days=9))
    assert dict(after) == dict(found)
    refused = "permission denied"
    for statement in ("UPDATE finding_outcome SET words = ''", "DELETE FROM finding_outcome", "DELETE FROM finding"):
        try:
            await town.office.database.execute(statement)
        except Exception as failure:  # noqa: BLE001 - whatever it is, it says so
            assert refused in str(failure)
        else:
            raise AssertionError(statement)
