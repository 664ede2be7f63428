"""The write protocol when many write at once: nothing lost, nobody in each other's way, decided on what is true now.

The two long tests take 4 seconds each; AKSON_SOAK=60 lets them take a minute.
"""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest

from akson.audit.verify import verify
from akson.base.database import Database
from akson.base.errors import Refused
from akson.base.work import Actor, Purpose, Work
from akson.fhir.types import code_of
from akson.record import journal
from akson.record.drafts import Draft
from akson.record.erasure import Decision, Ground, erase
from akson.record.office import Office
from akson.record.stored import Stored
from akson.record.writing import flush
from akson.registers.identifiers import synthetic_fnr
from tests.offices import FNR, JOB, let_pass, opened_office, patient, staff, temperature, unit
from tests.programs import HANG

SECONDS = float(os.environ.get("AKSON_SOAK", "4"))
CLIENTS, OWNERS = 16, 20
KINDS = 4  # of things that a family's clients do; each is done
# Facts that name a number and tell another holder than the one it has; numbers that nobody holds and nothing names.
ASTRAY = """SELECT count(*) FROM fact f LEFT JOIN person_identifier p ON p.system || '|' || p.value = f.data::json #>> '{value,named}'
             WHERE f.kind = 'representation' AND p.owner IS DISTINCT FROM f.person"""
FORGOTTEN = """SELECT count(*) FROM person_identifier p WHERE p.owner = 0 AND NOT EXISTS (
  SELECT FROM fact f WHERE f.data::json #>> '{value,named}' = p.system || '|' || p.value)"""
AGAIN = {"AK-J003", "AK-J008", "AK-J011"}  # another was first: read and try again


def counter(person: Stored, value: int) -> dict[str, Any]:
    """Return a number that stands in somebody's record."""
    return {"resourceType": "Observation", "status": "final", "code": {"text": "teller"}, "valueInteger": value,
            "subject": {"reference": person.reference}}  # fmt: skip


async def add_one(work: Work, numbers: Mapping[str, Stored]) -> None:
    """Read the numbers (id -> whose), and write one more in each on the condition that nobody did so meanwhile."""
    found = await journal.read_many(work, [f"Observation/{id_}" for id_ in numbers])
    for seen in found.values():
        more = counter(numbers[seen.id], seen.resource["valueInteger"] + 1)
        await journal.update(work, more, id_=seen.id, if_match=seen.version)


async def made(office: Office, resource: dict[str, Any] | bytes) -> Stored:
    async with office.work(JOB, Purpose.SYSTEM) as work:
        return await journal.create(work, resource)


async def deadlocks(database: Database) -> int:
    """Return how many there have been in this database. Sessions tell when they end."""
    found: int = await database.fetchval("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
    return found


async def times_that_stand_still(database: Database) -> int:
    """Return how many writes have a time that is not later than the same owner's write before."""
    query = ("SELECT count(*) FROM (SELECT at <= lag(at) OVER (PARTITION BY owner ORDER BY seq) AS still FROM chain) c "
             "WHERE still")  # fmt: skip
    found: int = await database.fetchval(query)
    return found


async def until_somebody_waits(database: Database, many: int = 1) -> None:
    """Return when a session waits for a lock, or so many do."""
    for _ in range(1000):
        if await database.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted") >= many:
            return
        await asyncio.sleep(0.01)
    pytest.fail("nobody waits")


@pytest.fixture
async def crowded(database_url: str) -> AsyncIterator[Office]:
    """An office with a connection for each client."""
    async with opened_office(database_url, size=CLIENTS) as office:
        yield office


async def test_two_writers_on_one_record_lose_no_update(office: Office, database_url: str) -> None:
    astrid = await patient(office)
    number = await made(office, counter(astrid, 0))
    until = time.monotonic() + SECONDS

    async def writer() -> int:
        written = 0
        while time.monotonic() < until or not written:
            try:
                async with office.work(JOB, Purpose.SYSTEM) as work:
                    await add_one(work, {number.id: astrid})
                written += 1
            except Refused as refused:
                assert refused.code in AGAIN
        return written

    async with asyncio.timeout(SECONDS + HANG):
        written = await asyncio.gather(writer(), writer())
    async with office.work(JOB, Purpose.SYSTEM) as work:
        seen = await journal.read(work, "Observation", number.id)
    assert min(written) > 0 and seen.resource["valueInteger"] == sum(written) == seen.version - 1
    assert (await verify(database_url, keys=[])).faults == ()


class Client:
    """One of many who write sets over several people: a number of each, a new entry for some, now and then a fact."""

    def __init__(self, office: Office, people: Sequence[Stored], numbers: Sequence[str], seed: int) -> None:
        self.office, self.people, self.numbers = office, people, numbers
        self.random = random.Random(seed)
        self.added: Counter[int] = Counter()  # by place in `people`; acknowledged ones only
        self.entries: list[str] = []

    async def work(self, until: float) -> None:
        while time.monotonic() < until or not self.added:  # on a slow machine the last get through when the others stop
            chosen = self.random.sample(range(OWNERS), self.random.randint(1, 5))
            try:
                new = await self._write(chosen)
            except Refused as refused:
                assert refused.code in AGAIN
            else:
                self.added.update(chosen)
                self.entries += [one.id for one in new]

    async def _write(self, chosen: Sequence[int]) -> list[Stored]:
        async with self.office.work(JOB, Purpose.SYSTEM) as work:
            await add_one(work, {self.numbers[n]: self.people[n] for n in chosen})
            new = [await journal.create(work, temperature(self.people[n])) for n in chosen[1:]]
            if self.random.random() < 0.1:
                who = {"reference": self.people[chosen[0]].reference}
                episode = {"resourceType": "EpisodeOfCare", "status": "active", "patient": who}
                new.append(await journal.create(work, episode))
            return new


async def test_sixteen_clients_on_overlapping_sets_of_twenty_records_lose_nothing_and_never_deadlock(
    database_url: str, owner_db: Database
) -> None:
    async with opened_office(database_url, size=CLIENTS) as office:
        people = [await patient(office) for _ in range(OWNERS)]
        numbers = [(await made(office, counter(one, 0))).id for one in people]
        before = await owner_db.fetchval("SELECT count(*) FROM resource")
        clients = [Client(office, people, numbers, seed) for seed in range(CLIENTS)]
        async with asyncio.timeout(SECONDS + HANG):
            await asyncio.gather(*(client.work(time.monotonic() + SECONDS) for client in clients))
        async with office.work(JOB, Purpose.SYSTEM) as work:
            seen = await journal.read_many(work, [f"Observation/{id_}" for id_ in numbers])
        counted = [seen[f"Observation/{id_}"].resource["valueInteger"] for id_ in numbers]
    added = sum((client.added for client in clients), Counter[int]())
    assert counted == [added[n] for n in range(OWNERS)] and all(client.added for client in clients)
    entries = [id_ for client in clients for id_ in client.entries]
    assert await owner_db.fetchval("SELECT count(*) FROM resource WHERE id = ANY ($1)", entries) == len(entries)
    assert await owner_db.fetchval("SELECT count(*) FROM resource") == before + len(entries)  # and nothing unsaid
    assert await deadlocks(owner_db) == 0
    assert await times_that_stand_still(owner_db) == 0
    assert (await verify(database_url, keys=[])).faults == ()


def block(person: Stored, **provision: Any) -> dict[str, Any]:
    """Return a citizen's refusal."""
    return {"resourceType": "Consent", "status": "active", "patient": {"reference": person.reference},
            "scope": {"coding": [{"code": "patient-privacy"}]}, "category": [{"text": "sperring"}],
            "policyRule": {"coding": [{"code": "OPTOUT"}]}, "provision": {"type": "deny", **provision}}  # fmt: skip


def against(who: Actor) -> dict[str, Any]:
    return {"actor": [{"role": {"text": "leser"}, "reference": {"reference": who.id}}]}


async def blocked_meanwhile(office: Office, database: Database, refusal: dict[str, Any], write: Any) -> Any:
    """Let `write` wait for the lock that a block holds until it is committed; return what came of the write."""
    async with office.work(JOB, Purpose.SYSTEM) as work:
        await journal.create(work, refusal)
        await flush(work)
        late = asyncio.create_task(write)
        await until_somebody_waits(database)
        assert not late.done()
    return (await asyncio.gather(late, return_exceptions=True))[0]


async def test_a_block_committed_while_a_write_waits_for_its_lock_refuses_the_write(
    office: Office, owner_db: Database
) -> None:
    home = await unit(office, "Sone nord")
    mariam, astrid = await staff(office, home, "Yusuf"), await patient(office, at=home)

    async def write() -> None:
        async with office.work(mariam, Purpose.TREATMENT) as work:
            await journal.create(work, temperature(astrid))

    told = await blocked_meanwhile(office, owner_db, block(astrid, **against(mariam)), write())
    assert isinstance(told, Refused) and told.code == "AK-A030"
    assert await owner_db.fetchval("SELECT count(*) FROM search_token JOIN resource USING (owner, id) WHERE unit = $1",
                                   home.unit) == 0  # fmt: skip
    rows = await owner_db.fetch("SELECT outcome FROM access_log WHERE actor_name = 'Yusuf'")
    assert [row["outcome"] for row in rows] == ["refuse"]


async def test_a_block_of_what_another_unit_wrote_refuses_a_change_to_it_that_waited(
    office: Office, owner_db: Database
) -> None:
    north, south = await unit(office, "Sone nord"), await unit(office, "Sone sør")
    mariam, other = await staff(office, north, "Yusuf"), await staff(office, south, "Lie")
    astrid = await patient(office, at=north)
    await made(office, {"resourceType": "EpisodeOfCare", "status": "active", "patient": {"reference": astrid.reference},
                        "managingOrganization": {"reference": south.unit_id}})  # fmt: skip
    async with office.work(other, Purpose.TREATMENT) as work:
        theirs = await journal.create(work, temperature(astrid))

    async def write() -> None:
        async with office.work(mariam, Purpose.TREATMENT) as work:
            await journal.update(work, temperature(astrid, "39.0"), id_=theirs.id)

    part = {"data": [{"meaning": "authoredby", "reference": {"reference": south.unit_id}}]}
    told = await blocked_meanwhile(office, owner_db, block(astrid, **part), write())
    assert isinstance(told, Refused) and told.code == "AK-A031"


async def test_a_set_that_brings_a_new_person_is_decided_again_like_any_other(
    office: Office, owner_db: Database
) -> None:
    astrid = await patient(office)

    async def write() -> int:
        async with office.work(JOB, Purpose.SYSTEM) as work:
            child = await journal.create(work, {"resourceType": "Patient", "birthDate": "2026-11-01"})
            await journal.create(work, temperature(child))
            await journal.create(work, temperature(astrid))
        return child.version

    assert await blocked_meanwhile(office, owner_db, block(astrid), write()) == 1


async def test_one_number_is_given_to_one_person_however_many_register_it_at_once(
    crowded: Office, owner_db: Database
) -> None:
    numbers = ["14834142059", "14834150191"]

    async def register(given: Sequence[str]) -> Stored | Refused:
        try:
            async with crowded.work(JOB, Purpose.SYSTEM) as work:
                found = [await journal.create(work, {"resourceType": "Patient", "identifier": [{"system": FNR, "value": n}]})
                         for n in given]  # fmt: skip
        except Refused as refused:
            return refused
        return found[0]

    answers = await asyncio.gather(*(register(numbers[::way]) for way in (1, -1) * 8))
    assert Counter(getattr(one, "code", "written") for one in answers) == {"written": 1, "AK-J006": 15}
    assert await owner_db.fetchval("SELECT count(*) FROM person_identifier") == 2
    await crowded.database.close()
    assert await deadlocks(owner_db) == 0


class Family:
    """Clients who give mothers numbers, take them away, and write who the children's mothers are, all at once."""

    def __init__(self, office: Office, mothers: Sequence[Stored], children: Sequence[Stored], doctor: Actor) -> None:
        self.office, self.mothers, self.children, self.doctor = office, mothers, children, doctor
        self.said: list[Stored] = []
        self.numbers = [synthetic_fnr(date(1990, 1, 1 + n), 40, female=True).value for n in range(len(mothers))]
        self.written: Counter[str] = Counter()

    async def work(self, seed: int, until: float) -> None:
        own = random.Random(seed)
        while time.monotonic() < until or len(self.written) < KINDS:
            doing = own.choice([self._number, self._bundle, self._ended, self._entries])
            try:
                await doing(own)
            except Refused as refused:
                assert refused.code in AGAIN | {"AK-J006"}
            else:
                self.written[doing.__name__] += 1

    def _mother(self, own: random.Random) -> Draft:
        """Return a mother with her own number, somebody else's, both, or none."""
        n = own.randrange(len(self.mothers))
        other = own.choice(self.numbers)
        held = own.choice([{self.numbers[n]}, {self.numbers[n]}, {other}, {other, self.numbers[n]}, set[str]()])
        mother: dict[str, Any] = {"resourceType": "Patient", "id": self.mothers[n].id, "birthDate": "1990-01-01"}
        if held:
            mother["identifier"] = [{"system": FNR, "value": number} for number in held]
        return journal.draft("PUT", mother, id_=self.mothers[n].id)

    def _named(self, own: random.Random) -> Draft:
        n = own.randrange(len(self.children))
        named = {
            "resourceType": "RelatedPerson", "id": self.said[n].id, "active": own.random() < 0.8,
            "patient": {"reference": self.children[n].reference}, "relationship": [{"coding": [{"code": "MTH"}]}],
            "identifier": [{"system": FNR, "value": v} for v in own.sample(self.numbers, own.randint(1, 2))],
        }  # fmt: skip
        return journal.draft("PUT", named, id_=self.said[n].id)

    async def _set(self, drafts: Sequence[Draft]) -> None:
        async with self.office.work(JOB, Purpose.SYSTEM) as work:
            await journal.write_set(work, drafts)

    async def _number(self, own: random.Random) -> None:
        await self._set([self._mother(own)])

    async def _bundle(self, own: random.Random) -> None:
        await self._set([self._named(own), self._mother(own)])

    async def _entries(self, own: random.Random) -> None:
        async with self.office.work(JOB, Purpose.SYSTEM) as work:
            for one in own.sample([*self.children, *self.mothers], 3):
                await journal.create(work, temperature(one))

    async def _ended(self, own: random.Random) -> None:
        """Write a mother who held a number that a child names, and erase her at once."""
        number = synthetic_fnr(date(1980, 1, 1) + timedelta(own.randrange(300)), 41, female=True).value
        holder = {"resourceType": "Patient", "identifier": [{"system": FNR, "value": number}]}
        async with self.office.work(JOB, Purpose.SYSTEM) as work:
            made = await journal.create(work, holder)
            child = own.choice(self.children)
            await journal.create(work, {
                "resourceType": "RelatedPerson", "patient": {"reference": child.reference},
                "relationship": [{"coding": [{"code": "MTH"}]}], "identifier": holder["identifier"]})  # fmt: skip
            await journal.create(work, {
                "resourceType": "EpisodeOfCare", "status": "active", "patient": {"reference": made.reference},
                "managingOrganization": {"reference": self.doctor.unit_id}})  # fmt: skip
        async with self.office.work(self.doctor, Purpose.ADMINISTRATION) as work:
            decided = Decision(ground=Ground.WRONG_PATIENT, reason="Skrevet i feil pasients journal")
            await erase(work, [made.reference], decided)


async def test_mothers_children_and_numbers_written_at_once_never_deadlock_and_follow_each_other(
    crowded: Office, owner_db: Database, database_url: str
) -> None:
    mothers, children = [await patient(crowded) for _ in range(4)], [await patient(crowded) for _ in range(4)]
    doctor = await staff(crowded, await unit(crowded, "Sone nord"), "Eikeland", role="fastlege")
    family = Family(crowded, mothers, children, doctor)
    for child in children:
        related = {"resourceType": "RelatedPerson", "patient": {"reference": child.reference}}
        family.said.append(await made(crowded, related))
    async with asyncio.timeout(SECONDS + HANG):
        await asyncio.gather(*(family.work(seed, time.monotonic() + SECONDS) for seed in range(CLIENTS)))
    assert len(family.written) == KINDS
    await crowded.database.close()
    await crowded.eraser.close()
    assert await deadlocks(owner_db) == 0
    assert await owner_db.fetchval(ASTRAY) == 0
    assert await owner_db.fetchval(FORGOTTEN) == 0
    assert (await verify(database_url, keys=[])).faults == ()


def organisations(*ids: str) -> list[Draft]:
    """Return organisations under ids that a client chose."""
    return [journal.draft("PUT", {"resourceType": "Organization", "id": id_, "name": id_}, id_=id_) for id_ in ids]


async def test_sets_that_bring_the_same_ids_in_opposite_orders_never_deadlock(
    database_url: str, owner_db: Database
) -> None:
    async def brought(*ids: str) -> None:
        async with office.work(JOB, Purpose.SYSTEM) as work:
            await journal.write_set(work, organisations(*ids))

    async with opened_office(database_url) as office:
        with pytest.raises(InterruptedError):
            async with owner_db.transaction() as held:  # holds the one in the middle until both are under way
                await held.execute("INSERT INTO locator (type, id, owner) VALUES ($1, 'm', 1)", code_of("Organization"))
                both = [asyncio.create_task(brought("a", "m", "z"))]
                await until_somebody_waits(office.database)
                both.append(asyncio.create_task(brought("z", "m", "a")))
                await until_somebody_waits(office.database, 2)
                raise InterruptedError
        told = await asyncio.gather(*both, return_exceptions=True)
        assert [one.code for one in told if isinstance(one, Refused)] == ["AK-J006"] and None in told
    assert await owner_db.fetchval("SELECT count(*) FROM locator WHERE id IN ('a', 'm', 'z')") == 3
    assert await deadlocks(owner_db) == 0


async def test_times_increase_strictly_also_when_the_clock_stands_still_or_goes_back(
    office: Office, owner_db: Database
) -> None:
    astrid = await patient(office)
    number = await made(office, counter(astrid, 0))
    seen = [number.last_updated]
    for back in (timedelta(0), timedelta(0), timedelta(hours=-1), timedelta(0), timedelta(microseconds=1)):
        let_pass(office, back)
        async with office.work(JOB, Purpose.SYSTEM) as work:
            changed = await journal.update(work, counter(astrid, 1), id_=number.id)
        seen.append(changed.last_updated)
    assert all(after - before >= timedelta(milliseconds=1) for before, after in pairwise(seen))
    assert await times_that_stand_still(owner_db) == 0
