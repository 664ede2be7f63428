"""Whose records a search may find is asked anew each time: what is kept of facts is never older than their revision."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from akson.base.work import Actor, Purpose
from akson.record import journal
from akson.record.office import Office
from akson.record.search.searching import search
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


async def service(office: Office, person: Stored, at: Actor, status: str = "active", id_: str = "") -> Stored:
    resource = {"resourceType": "EpisodeOfCare", "status": status, "patient": {"reference": person.reference},
                "managingOrganization": {"reference": at.unit_id}}  # fmt: skip
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
