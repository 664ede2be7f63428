"""Sets that come at the same moment are written by one call, and each as if it had come alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from akson.audit.verify import verify
from akson.base.database import Database
from akson.base.errors import Refused
from akson.base.work import Actor, Purpose, Work
from akson.record import journal
from akson.record.erasure import Decision, Ground, erase
from akson.record.office import Office
from akson.record.session import session
from akson.record.sets import WriteSet, set_of
from akson.record.stored import Stored
from akson.record.writing import flush
from tests.offices import FNR, JOB, VENDOR, opened_office, patient, staff, temperature, unit

SIZE = 6
WRITE = "journal_write_v4"
Doing = Callable[[Work], Any]


class Crowd:
    """Works that all end at the same moment, and what was sent for them."""

    def __init__(self, office: Office, url: str) -> None:
        self.office, self.url = office, url
        self.calls: list[str] = []

    async def at_once(self, *works: tuple[Actor, Doing]) -> list[Any]:
        """Return what became of each: what it wrote, or its exception."""
        ready = asyncio.Barrier(len(works))

        async def one(who: Actor, doing: Doing) -> Any:
            async with self.office.work(who, Purpose.TREATMENT) as work:
                done = await doing(work)
                await ready.wait()
            return done

        await asyncio.sleep(0)  # the driver tells of a call after it is done
        self.calls.clear()
        found = await asyncio.gather(*(one(*each) for each in works), return_exceptions=True)
        await asyncio.sleep(0)
        return found


def measured(person: Stored, value: str = "38.40") -> Doing:
    return lambda work: journal.create(work, temperature(person, value))


def changed(person: Stored, entry: Stored, value: str, seen: int) -> Doing:
    return lambda work: journal.update(work, temperature(person, value), id_=entry.id, if_match=seen)


@pytest.fixture
async def crowd(database_url: str) -> AsyncIterator[Crowd]:
    async with opened_office(database_url, size=SIZE) as office:
        made = Crowd(office, database_url)
        connections, together = [await office.database.acquire() for _ in range(SIZE)], office.database.writes
        shared = await together.acquire()
        for connection in [*connections, shared]:
            connection.add_query_logger(
                lambda record: made.calls.append(record.query) if WRITE in record.query else None
            )
        for connection in connections:
            await office.database.release(connection)
        together.release(shared)
        yield made


@pytest.fixture
async def people(crowd: Crowd) -> Sequence[Stored]:
    await crowd.at_once((JOB, lambda work: journal.create(work, {"resourceType": "Organization", "name": "x"})))
    return [await patient(crowd.office) for _ in range(8)]  # who writes for them has been introduced


async def test_sets_of_different_people_are_one_call_and_each_stands_as_if_it_had_come_alone(
    crowd: Crowd, people: Sequence[Stored], owner_db: Database, database_url: str
) -> None:
    north, south = await unit(crowd.office, "Sone nord"), await unit(crowd.office, "Sone sør")
    yusuf, lie = await staff(crowd.office, north, "Yusuf"), await staff(crowd.office, south, "Lie")
    people = [*people[:4], await patient(crowd.office, at=north), await patient(crowd.office, at=south)]

    async def child(work: Work) -> Stored:
        born = await journal.create(work, {"resourceType": "Patient", "birthDate": "2026-11-01"})
        await journal.create(work, temperature(born, "36.9"))
        return born

    first = ((yusuf, people[4]), (lie, people[5]), (VENDOR, people[0]))
    for who, person in first:  # then they are introduced
        await crowd.at_once((who, measured(person)))
    written = await crowd.at_once(
        *((JOB, measured(person)) for person in people[:4]), (yusuf, measured(people[4])), (lie, measured(people[5])),
        (VENDOR, child), (JOB, child),
    )  # fmt: skip
    assert len(crowd.calls) == 1
    rows = await owner_db.fetch(
        "SELECT v.id, v.n, a.told, r.unit, r.controller, r.author, c.leaves FROM resource_version v JOIN author a USING (author) "
        "JOIN resource r USING (owner, type, id) JOIN chain c ON c.owner = v.owner AND c.seq = v.chain_seq "
        "WHERE v.id = ANY ($1)", [one.id for one in written],
    )  # fmt: skip
    told = {row["id"]: row for row in rows}
    for one, who, leaves in zip(written, [JOB] * 4 + [yusuf, lie, VENDOR, JOB], [1] * 6 + [2, 2], strict=True):
        row = told[one.id]
        assert (row["n"], row["leaves"], row["unit"], row["controller"], row["author"]) == (
            1, leaves, who.unit, who.controller, who.key)  # fmt: skip
        assert f'"name":"{who.name}"' in row["told"] and f'"id":"{who.id}"' in row["told"]
    assert (await verify(database_url, keys=[])).faults == ()


async def test_one_that_somebody_was_before_fails_alone(
    crowd: Crowd, people: Sequence[Stored], database_url: str
) -> None:
    entries = await crowd.at_once(*((JOB, measured(person)) for person in people))

    async def late(work: Work) -> None:
        await journal.update(work, temperature(people[3], "40.0"), id_=entries[3].id)
        async with crowd.office.work(JOB, Purpose.SYSTEM) as other:
            await journal.update(other, temperature(people[3], "35.0"), id_=entries[3].id)

    others = [(JOB, changed(people[n], entries[n], "39.5", 1)) for n in range(8) if n != 3]
    found = await crowd.at_once(*others[:3], (JOB, late), *others[3:])
    assert [type(one) for one in found] == [Stored] * 3 + [Refused] + [Stored] * 4
    assert found[3].code == "AK-J011" and len(crowd.calls) == 3  # the other's, all of them, all but the one
    async with crowd.office.work(JOB, Purpose.SYSTEM) as work:
        seen = await journal.read_many(work, [one.reference for one in entries])
    assert [seen[one.reference].version for one in entries] == [2] * 8
    assert (await verify(database_url, keys=[])).faults == ()


async def test_one_whose_facts_changed_is_decided_again_alone(crowd: Crowd, people: Sequence[Stored]) -> None:
    home = await unit(crowd.office, "Sone nord")
    yusuf, astrid = await staff(crowd.office, home, "Yusuf"), await patient(crowd.office, at=home)
    refusal = {"resourceType": "Consent", "status": "active", "patient": {"reference": astrid.reference},
               "scope": {"coding": [{"code": "patient-privacy"}]}, "category": [{"text": "sperring"}],
               "policyRule": {"coding": [{"code": "OPTOUT"}]},
               "provision": {"type": "deny", "actor": [{"role": {"text": "x"}, "reference": {"reference": yusuf.id}}]},
               }  # fmt: skip

    async def blocked(work: Work) -> Stored:
        made = await journal.create(work, temperature(astrid))
        async with crowd.office.work(JOB, Purpose.SYSTEM) as other:
            await journal.create(other, refusal)
        return made

    found = await crowd.at_once((yusuf, blocked), *((JOB, measured(person)) for person in people))
    assert isinstance(found[0], Refused) and found[0].code == "AK-A030"
    assert all(isinstance(one, Stored) for one in found[1:])


async def test_one_that_was_erased_meanwhile_fails_alone(crowd: Crowd, people: Sequence[Stored]) -> None:
    astrid = await patient(crowd.office)
    entry = (await crowd.at_once((JOB, measured(astrid))))[0]

    async def erased(work: Work) -> Stored:
        made = await journal.update(work, temperature(astrid, "39.0"), id_=entry.id)
        async with crowd.office.work(JOB, Purpose.SYSTEM) as other:
            await erase(other, [entry.reference], Decision(ground=Ground.WRONG_PATIENT, reason="ført på feil person"))
        return made

    found = await crowd.at_once((JOB, erased), *((JOB, measured(person)) for person in people))
    assert isinstance(found[0], Refused) and found[0].code in ("AK-J002", "AK-J001")
    assert all(isinstance(one, Stored) for one in found[1:])


async def test_what_the_database_cannot_keep_takes_nobody_along(
    crowd: Crowd, people: Sequence[Stored], owner_db: Database
) -> None:
    async def sets() -> list[WriteSet]:
        made = []
        for person in people:
            async with crowd.office.work(JOB, Purpose.SYSTEM) as work:
                await journal.create(work, temperature(person))
                made.append(set_of(work, session(work).queue))
                session(work).queue = []
        return made

    before = await owner_db.fetchval("SELECT count(*) FROM resource")
    waiting = await sets()
    waiting[2], waiting[5] = (replace(waiting[n], author='{"name":"\x00"}') for n in (2, 5))
    found = await asyncio.gather(*(crowd.office.together.write(one) for one in waiting), return_exceptions=True)
    assert [n for n, one in enumerate(found) if isinstance(one, BaseException)] == [2, 5]
    assert await owner_db.fetchval("SELECT count(*) FROM resource") == before + 6


async def test_nobody_waits_for_a_record_that_somebody_else_holds_but_who_writes_in_it(
    crowd: Crowd, people: Sequence[Stored], database_url: str
) -> None:
    async with crowd.office.work(JOB, Purpose.SYSTEM) as holding:
        await journal.create(holding, temperature(people[0]))
        await flush(holding)
        all_ = asyncio.create_task(crowd.at_once(*((JOB, measured(person)) for person in people)))
        async with asyncio.timeout(10):
            others = "SELECT count(*) FROM chain WHERE seq = 2"
            while await crowd.office.database.fetchval(others) < len(people) - 1:  # noqa: ASYNC110 - told by the database
                await asyncio.sleep(0.01)
            async with crowd.office.work(JOB, Purpose.SYSTEM) as work:
                await journal.create(work, temperature(people[1]))  # nor who comes later
        assert not all_.done()
    assert all(isinstance(one, Stored) for one in await all_)
    assert (await verify(database_url, keys=[])).faults == ()


async def test_sets_of_one_person_are_written_one_after_the_other(
    crowd: Crowd, people: Sequence[Stored], owner_db: Database, database_url: str
) -> None:
    found = await crowd.at_once(*((JOB, measured(people[0], f"3{n}.5")) for n in range(9)), (JOB, measured(people[1])))
    assert all(isinstance(one, Stored) for one in found) and len(crowd.calls) == 9
    assert await owner_db.fetchval("SELECT chain_seq FROM owner WHERE owner = $1", people[0].owner) == 10
    assert len({one.last_updated for one in found[:9]}) == 9
    assert (await verify(database_url, keys=[])).faults == ()


async def test_whoever_gives_up_before_the_call_has_written_nothing_and_afterwards_all(
    crowd: Crowd, people: Sequence[Stored], owner_db: Database, database_url: str
) -> None:
    async def two(work: Work, person: Stored) -> None:
        await journal.create(work, temperature(person))
        await journal.create(work, temperature(person, "37.0"))

    async def rows(person: Stored) -> int:
        found: int = await owner_db.fetchval("SELECT count(*) FROM resource WHERE owner = $1", person.owner)
        return found - 1

    for steps in range(12):
        before = [await rows(person) for person in people[:3]]
        tasks = [
            asyncio.create_task(_write(crowd.office, lambda work, p=person: two(work, p))) for person in people[:3]
        ]
        while not crowd.office.together.busy:  # noqa: ASYNC110 - to the step
            await asyncio.sleep(0)
        for _ in range(steps):
            await asyncio.sleep(0 if steps < 8 else 0.001)
        tasks[1].cancel()
        assert [type(one) for one in await asyncio.gather(*tasks, return_exceptions=True)][::2] == [type(None)] * 2
        await _write(crowd.office, measured(people[3]))  # behind whatever is in flight
        after = [await rows(person) for person in people[:3]]
        assert after[0] == before[0] + 2 and after[2] == before[2] + 2 and after[1] - before[1] in (0, 2)
    assert (await verify(database_url, keys=[])).faults == ()


async def _write(office: Office, doing: Doing) -> None:
    async with office.work(JOB, Purpose.TREATMENT) as work:
        await doing(work)


async def test_who_brings_or_holds_a_national_number_goes_alone_and_all_others_together(
    crowd: Crowd, people: Sequence[Stored], owner_db: Database
) -> None:
    numbered = {"resourceType": "Patient", "identifier": [{"system": FNR, "value": "14834142059"}]}
    plain = {"resourceType": "Patient", "birthDate": "1990-01-01"}
    (mother, _) = await crowd.at_once((JOB, lambda work: journal.create(work, numbered)), (JOB, measured(people[0])))
    assert len(crowd.calls) == 2
    found = await crowd.at_once(
        (JOB, lambda work: journal.update(work, plain, id_=mother.id)),
        *((JOB, lambda work, p=person: journal.update(work, plain, id_=p.id)) for person in people),
    )
    assert [one.version for one in found] == [2] * 9 and len(crowd.calls) == 2
    assert await owner_db.fetchval("SELECT count(*) FROM person_identifier WHERE owner <> 0") == 0


async def test_an_author_stands_once_however_many_begin_at_once(
    crowd: Crowd, people: Sequence[Stored], owner_db: Database
) -> None:
    fresh = [replace(VENDOR, id=f"Device/{n}", name="<>\\\"{},' 😀") for n in range(4)] * 2
    found = await crowd.at_once(*((who, measured(person)) for who, person in zip(fresh, people, strict=True)))
    assert all(isinstance(one, Stored) for one in found)
    again = [asyncio.create_task(_as(crowd.office, replace(VENDOR, id="Device/9"), people[n])) for n in range(8)]
    await asyncio.gather(*again)
    assert (
        await owner_db.fetchval("SELECT count(*) FROM author WHERE told LIKE '%Device/%' AND told NOT LIKE '%job%'")
        == 5
    )


async def _as(office: Office, who: Actor, person: Stored) -> None:
    async with office.work(who, Purpose.TREATMENT) as work:
        await journal.create(work, temperature(person))
        await flush(work)  # a transaction of its own: the same author is new to several at the same time


async def test_an_idle_office_writes_at_once(crowd: Crowd, people: Sequence[Stored]) -> None:
    async with asyncio.timeout(timedelta(seconds=5).total_seconds()):
        assert isinstance((await crowd.at_once((JOB, measured(people[0]))))[0], Stored)
    assert len(crowd.calls) == 1
