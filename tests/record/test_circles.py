"""Whose records a search may find is asked anew each time: what is kept of facts is never older than their revision."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from random import Random
from typing import Any

import asyncpg
import pytest

from akson.access import many
from akson.access.rules import decide
from akson.base.database import FAILURES
from akson.base.errors import Refused
from akson.base.work import Actor, Purpose
from akson.record import circles, journal
from akson.record.office import Office
from akson.record.search.searching import search
from akson.record.session import transaction
from akson.record.stored import Stored
from tests.offices import JOB, opened_office, patient, staff, temperature, unit


@pytest.fixture
async def office(database_url: str) -> AsyncIterator[Office]:
    async with opened_office(database_url) as made:
        yield made


@pytest.fixture
async def mariam(office: Office) -> Actor:
    return await staff(office, await unit(office, "Sone nord"), "Yusuf")


async def found(office: Office, who: Actor) -> set[int]:
    async with office.work(who, Purpose.TREATMENT) as work:
        return {hit.owner for hit in (await search(work, "Patient", [])).hits}


def serving(person: Stored, at: Actor, status: str = "active") -> dict[str, Any]:
    return {"resourceType": "EpisodeOfCare", "status": status, "patient": {"reference": person.reference},
            "managingOrganization": {"reference": at.unit_id}}  # fmt: skip


async def service(office: Office, person: Stored, at: Actor, status: str = "active", id_: str = "") -> Stored:
    resource = serving(person, at, status)
    async with office.work(JOB, Purpose.SYSTEM) as work:
        return await (journal.update(work, resource, id_=id_) if id_ else journal.create(work, resource))


async def test_a_relation_that_begins_or_ends_counts_in_the_next_search(office: Office, mariam: Actor) -> None:
    stays, comes = await patient(office, at=mariam), await patient(office)
    assert await found(office, mariam) == {stays.owner}
    episode = await service(office, comes, mariam)
    assert await found(office, mariam) == {stays.owner, comes.owner}
    await service(office, comes, mariam, "finished", episode.id)
    assert await found(office, mariam) == {stays.owner}


async def test_what_another_server_writes_counts_in_the_next_search(
    office: Office, mariam: Actor, database_url: str
) -> None:
    here = await patient(office, at=mariam)
    assert await found(office, mariam) == {here.owner}
    async with opened_office(database_url) as other:
        blocked = {"resourceType": "Consent", "status": "active", "patient": {"reference": here.reference},
                   "scope": {"coding": [{"code": "patient-privacy"}]}, "category": [{"coding": [{"code": "59284-0"}]}],
                   "provision": {"type": "deny", "actor": [
                       {"role": {"coding": [{"code": "PRCP"}]}, "reference": {"reference": mariam.id}}]}}  # fmt: skip
        async with other.work(JOB, Purpose.SYSTEM) as work:
            await journal.create(work, blocked)
    assert await found(office, mariam) == set()


async def test_a_work_that_is_undone_leaves_nothing_behind_for_others(office: Office, mariam: Actor) -> None:
    person, stranger = await patient(office, at=mariam), await patient(office)
    resource = {"resourceType": "EpisodeOfCare", "status": "active", "patient": {"reference": stranger.reference},
                "managingOrganization": {"reference": mariam.unit_id}}  # fmt: skip
    with pytest.raises(RuntimeError):
        async with office.work(JOB, Purpose.SYSTEM) as work:
            await journal.create(work, resource)
            await search(work, "EpisodeOfCare", [])
            assert await found(office, mariam) == {person.owner}
            raise RuntimeError
    assert await found(office, mariam) == {person.owner}


async def test_searches_that_come_together_share_the_question_whose_records_they_may_find(
    office: Office, mariam: Actor
) -> None:
    person = await patient(office, at=mariam)
    async with office.work(mariam, Purpose.TREATMENT) as work:
        await journal.create(work, temperature(person, "37.1"))
    await found(office, mariam)
    before = office.database.keyed.statements
    assert await asyncio.gather(*(found(office, mariam) for _ in range(20))) == [{person.owner}] * 20
    assert office.database.keyed.statements - before <= 3


async def test_what_is_committed_late_counts_though_its_number_was_given_out_early(
    office: Office, mariam: Actor
) -> None:
    leaves, comes, late = await patient(office), await patient(office), await patient(office)
    episode = await service(office, leaves, mariam)
    assert await found(office, mariam) == {leaves.owner}
    async with office.work(JOB, Purpose.SYSTEM) as early:
        await journal.update(early, serving(leaves, mariam, "finished"), id_=episode.id)
        await journal.create(early, serving(late, mariam))
        await search(early, "EpisodeOfCare", [])  # written, not committed
        await service(office, comes, mariam)  # a later number, committed first
        assert await found(office, mariam) == {leaves.owner, comes.owner}
    assert await found(office, mariam) == {comes.owner, late.owner}


async def test_whatever_servers_write_at_once_a_circle_is_what_it_is_when_asked_for_in_whole(
    office: Office, mariam: Actor, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(circles, "CHANGES", 3)
    lot = Random(11)
    people = [await patient(office) for _ in range(6)]
    async with opened_office(database_url) as other:
        standing: dict[int, list[str]] = {}
        for _ in range(25):
            changed = lot.sample(people, lot.randrange(5))

            async def change(person: Stored) -> None:
                at = lot.choice((office, other))
                if standing.setdefault(person.owner, []) and lot.random() < 0.5:
                    await service(at, person, mariam, "finished", standing[person.owner].pop())
                else:
                    standing[person.owner].append((await service(at, person, mariam)).id)

            await asyncio.gather(*(change(person) for person in changed), found(office, mariam), found(other, mariam))
            assert await found(office, mariam) == await found(other, mariam) == await found_in_whole(office, mariam)


async def test_a_circle_is_told_in_whole_when_a_connection_was_lost_since_numbers_may_come_again(
    office: Office, mariam: Actor, database_url: str
) -> None:
    person = await patient(office, at=mariam)
    assert await found(office, mariam) == {person.owner}
    connection = await asyncpg.connect(database_url)
    try:  # as by a transaction whose number the snapshot holds already, after a crash took what had it first
        await connection.execute("DELETE FROM fact WHERE owner = $1 AND kind = 'relation'", person.owner)
        await connection.execute("UPDATE owner SET facts = '[]' WHERE owner = $1", person.owner)
        await connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                                 " WHERE pid <> pg_backend_pid() AND datname = current_database()")  # fmt: skip
    finally:
        await connection.close()
    for _ in range(20):  # until all that were cut are found out
        with suppress(Refused, *FAILURES):
            assert await found(office, mariam) == set()
    assert await found(office, mariam) == set()


async def test_a_search_reads_no_facts_while_none_have_changed(office: Office, mariam: Actor) -> None:
    await patient(office, at=mariam)
    await found(office, mariam)
    stranger = await patient(office)
    assert len(await found(office, mariam)) == 1
    before = office.database.keyed.statements, office.database.searches.statements
    assert stranger.owner not in await found(office, mariam)
    assert office.database.keyed.statements - before[0] <= 2  # employments, changes
    assert office.database.searches.statements - before[1] == 1  # the page


async def test_who_asks_for_all_that_points_at_a_hit_is_judged_once_of_each_type_that_does(
    office: Office, mariam: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    people = [await patient(office) for _ in range(3)]
    async with office.work(JOB, Purpose.SYSTEM) as work:
        for day, person in enumerate(people, 1):  # since different days: they are alike while all are cared for
            await journal.create(work, serving(person, mariam) | {"period": {"start": f"2026-03-0{day}"}})
    async with office.work(mariam, Purpose.TREATMENT) as work:
        measured = await journal.create(work, json.loads(temperature(people[0])))
    await found(office, mariam)
    monkeypatch.setattr(many, "decide", lambda *question: asked.append(question[3].type) or decide(*question))
    pairs = [("_id", people[0].id), *[("_revinclude", "*")] * 20, ("_revinclude:iterate", "*")]
    for _ in range(2):
        async with office.work(mariam, Purpose.TREATMENT) as work:
            page = await search(work, "Patient", pairs)
        assert measured.reference in {one.reference for one in page.included}
    assert sorted(asked) == ["EpisodeOfCare", "Observation"]


async def found_in_whole(office: Office, who: Actor) -> set[int]:
    async with office.work(who, Purpose.TREATMENT) as work:
        await transaction(work)  # inside one nothing is kept
        return {hit.owner for hit in (await search(work, "Patient", [])).hits}
