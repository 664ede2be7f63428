"""How many statements each thing costs: a fixed number, whatever the size of the set or of the record."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from itertools import count
from typing import Any

import pytest

from akson.base.work import Actor, Purpose
from akson.record import exports, histories, importing, journal
from akson.record.importing import Item
from akson.record.office import Office
from akson.record.search.searching import search
from akson.record.stored import Stored
from tests.fhirapi.clients import ASTRID, Api, about, post, transaction
from tests.offices import FNR, JOB, NOW, VENDOR, opened_office, patient, staff, temperature, unit

CONNECTIONS = 4
PERSON = Stored(type="Patient", id="import", version=1, owner=0, last_updated=NOW, packed=None)
WRITE = "journal_write_v4"
LOOK = re.compile("journal_standing|AS stated")  # how things stand: of a set alone, of those that ride together


class Told:
    """Every statement that the office's connections send, told by the driver itself."""

    def __init__(self) -> None:
        self.statements: list[str] = []

    async def of(self, doing: Callable[[], Any]) -> list[str]:
        """Return the statements that `doing` it costs, the second time: the first time prepares them."""
        await doing()
        await asyncio.sleep(0)
        self.statements.clear()
        await doing()
        await asyncio.sleep(0)
        return list(self.statements)


@pytest.fixture
async def office(database_url: str) -> AsyncIterator[Office]:
    async with opened_office(database_url, size=CONNECTIONS) as made:
        yield made


@pytest.fixture
async def told(office: Office) -> Told:
    made = Told()
    database = office.database
    connections = [await database.acquire() for _ in range(CONNECTIONS)]
    all_lanes = database.keyed, database.searches, database.writes
    lanes = [(lane, await lane.acquire()) for lane in all_lanes for _ in range(lane.size)]
    for connection in [*connections, *(lent for _, lent in lanes)]:
        connection.add_query_logger(lambda record: made.statements.append(record.query))
    for connection in connections:
        await database.release(connection)
    for lane, lent in lanes:
        lane.release(lent)
    return made


@pytest.fixture
async def mariam(office: Office) -> Actor:
    return await staff(office, await unit(office, "Sone nord"), "Yusuf")


@pytest.fixture
async def astrid(office: Office, mariam: Actor) -> Stored:
    return await patient(office, at=mariam)


async def write(office: Office, who: Actor, person: Stored, count: int) -> Sequence[Stored]:
    async with office.work(who, Purpose.TREATMENT) as work:
        return [await journal.create(work, temperature(person, f"{30 + n / 100:.2f}")) for n in range(count)]


async def test_a_write_is_one_look_and_one_write_for_one_entry_and_for_five_hundred(
    office: Office, told: Told, mariam: Actor, astrid: Stored
) -> None:
    one = await told.of(lambda: write(office, mariam, astrid, 1))
    assert len(one) == 2 and WRITE in one[-1]
    assert await told.of(lambda: write(office, mariam, astrid, 500)) == one


async def test_a_change_costs_what_a_new_entry_costs(office: Office, told: Told, mariam: Actor, astrid: Stored) -> None:
    (entry,) = await write(office, mariam, astrid, 1)

    async def change() -> None:
        async with office.work(mariam, Purpose.TREATMENT) as work:
            await journal.update(work, temperature(astrid, "39.1"), id_=entry.id)

    assert len(await told.of(change)) == 2


async def test_a_person_with_a_number_that_others_name_costs_what_one_without_costs(office: Office, told: Told) -> None:
    plain, mother, child = await patient(office), await patient(office), await patient(office)
    number = [{"system": FNR, "value": "08849700422"}]
    related = {"resourceType": "RelatedPerson", "patient": {"reference": child.reference}, "identifier": number,
               "relationship": [{"coding": [{"code": "MTH"}]}]}  # fmt: skip
    async with office.work(JOB, Purpose.SYSTEM) as work:
        await journal.create(work, related)
    turns = count()

    async def change(person: Stored, identifier: Sequence[dict[str, str]]) -> None:
        resource: dict[str, Any] = {"resourceType": "Patient", "birthDate": "1990-01-01"}
        if next(turns) % 2:
            resource["identifier"] = identifier
        async with office.work(JOB, Purpose.SYSTEM) as work:
            await journal.update(work, resource, id_=person.id)

    without = await told.of(lambda: change(plain, [{"system": "urn:x", "value": "1"}]))
    assert await told.of(lambda: change(mother, number)) == without and len(without) == 2


async def test_a_read_is_one_statement_and_readers_ride_together(
    office: Office, told: Told, mariam: Actor, astrid: Stored
) -> None:
    written = await write(office, mariam, astrid, 40)

    async def read(id_: str) -> None:
        async with office.work(mariam, Purpose.TREATMENT) as work:
            await journal.read(work, "Observation", id_)

    assert len(await told.of(lambda: read(written[0].id))) == 1
    assert len(await told.of(lambda: asyncio.gather(*(read(one.id) for one in written)))) <= 2


async def test_a_search_costs_the_same_in_a_thin_and_a_thick_record(
    office: Office, told: Told, mariam: Actor, astrid: Stored
) -> None:
    pairs = [("patient", astrid.reference), ("code", "http://loinc.org|8310-5"), ("_sort", "-date"), ("_count", "50"),
             ("_include", "Observation:patient"), ("_total", "accurate")]  # fmt: skip

    async def look() -> int:
        async with office.work(mariam, Purpose.TREATMENT) as work:
            return (await search(work, "Observation", pairs)).total or 0

    await write(office, mariam, astrid, 1)
    thin = await told.of(look)
    await write(office, mariam, astrid, 400)
    assert await told.of(look) == thin and len(thin) == 5  # facts, page, total, what to include, the included
    assert await look() == 401


async def test_a_search_across_patients_costs_the_same_for_few_and_many(
    office: Office, told: Told, mariam: Actor
) -> None:
    async def look() -> None:
        async with office.work(mariam, Purpose.TREATMENT) as work:
            await search(work, "Observation", [("code", "http://loinc.org|8310-5")])

    await write(office, mariam, await patient(office, at=mariam), 1)
    few = await told.of(look)
    for _ in range(15):
        await write(office, mariam, await patient(office, at=mariam), 3)
    assert len(await told.of(look)) == len(few) == 2  # whom the unit cares for, the page


async def test_a_chart_is_the_facts_and_one_statement_for_all_its_parts(
    office: Office, told: Told, mariam: Actor, astrid: Stored
) -> None:
    wanted = {"Condition": 50, "Observation": 60, "MedicationStatement": 50, "Task": 20, "Observation:lab": 10}

    async def chart() -> None:
        async with office.work(mariam, Purpose.TREATMENT) as work:
            await journal.chart(work, astrid.id, wanted)

    thin = await told.of(chart)
    await write(office, mariam, astrid, 300)
    assert await told.of(chart) == thin and len(thin) == 2


async def test_the_versions_of_an_entry_are_one_statement(
    office: Office, told: Told, mariam: Actor, astrid: Stored
) -> None:
    (entry,) = await write(office, mariam, astrid, 1)

    async def history() -> None:
        async with office.work(mariam, Purpose.TREATMENT) as work:
            await journal.history(work, "Observation", entry.id)

    assert len(await told.of(history)) == 1


async def test_versions_across_records_are_whom_the_unit_cares_for_and_one_page(
    office: Office, told: Told, mariam: Actor, astrid: Stored
) -> None:
    async def look(who: Actor, type_: str | None) -> None:
        async with office.work(who, Purpose.TREATMENT) as work:
            await histories.across(work, type_, histories.Period())

    for type_ in ("Observation", None):
        few = await told.of(partial(look, mariam, type_))
        await write(office, mariam, await patient(office, at=mariam), 20)
        assert await told.of(partial(look, mariam, type_)) == few
        assert len(few) == 2
        assert len(await told.of(partial(look, VENDOR, type_))) == 1


async def test_a_condition_costs_a_search_and_where_it_makes_something_a_lock_and_another(
    office: Office, told: Told, astrid: Stored
) -> None:
    api = Api(office)
    vendor = api.as_(VENDOR)
    numbers = count()

    async def create(number: int) -> None:
        body = about(astrid.reference) | {"identifier": [{"system": "urn:x", "value": str(number)}]}
        made = await vendor.post("Observation", json=body, headers={"if-none-exist": f"identifier=urn:x|{number}"})
        assert made.status_code in (200, 201)

    made = await told.of(lambda: create(next(numbers)))
    assert sum(WRITE in one for one in made) == 1
    found = await told.of(lambda: create(0))
    assert len(found) == 2  # who is restricted, the page
    assert len(made) == 2 * len(found) + 5  # twice that; begin, the lock, one look, one write, commit
    await api.close()


async def test_a_bundle_is_written_at_once_and_costs_the_same_whatever_its_size(office: Office, told: Told) -> None:
    api = Api(office)
    vendor = api.as_(VENDOR)

    async def load(count: int) -> None:
        entries = [post(ASTRID, "urn:uuid:1"), *(post(about("urn:uuid:1")) for _ in range(count))]
        answer = await vendor.post("", content=transaction(*entries))
        assert answer.status_code == 200, answer.text

    few = await told.of(lambda: load(5))
    assert sum(WRITE in one for one in few) == 1
    assert await told.of(lambda: load(500)) == few
    await api.close()


async def test_a_bundle_that_reads_what_it_wrote_is_still_one_write(office: Office, told: Told, astrid: Stored) -> None:
    api = Api(office)
    vendor = api.as_(VENDOR)
    look = {"request": {"method": "GET", "url": f"Observation?patient={astrid.reference}"}}

    async def load() -> None:
        answer = await vendor.post("", content=transaction(post(about(astrid.reference)), look))
        assert answer.status_code == 200, answer.text

    sent = await told.of(load)
    assert sum(WRITE in one for one in sent) == 1 and sum(one.startswith("COMMIT") for one in sent) == 1
    await api.close()


async def test_each_answer_is_one_statement_in_the_log_and_those_at_once_share_it(
    office: Office, mariam: Actor, astrid: Stored
) -> None:
    written = await write(office, mariam, astrid, 20)

    async def read(id_: str) -> None:
        async with office.work(mariam, Purpose.TREATMENT) as work:
            await journal.read(work, "Observation", id_)

    before = office.log.statements
    await read(written[0].id)
    assert office.log.statements == before + 1
    await asyncio.gather(*(read(one.id) for one in written))
    assert office.log.statements <= before + 3


async def test_a_part_of_an_export_costs_the_same_however_much_is_in_it(
    office: Office, told: Told, mariam: Actor, astrid: Stored
) -> None:
    async with office.work(VENDOR, Purpose.SYSTEM) as work:
        id_ = await exports.begin(work, "$export", exports.Wanted(types=("Observation",)))

    async def fetched() -> int:
        async with office.work(VENDOR, Purpose.SYSTEM) as work:
            export = replace(await exports.look(work, id_), at=office.clock() + timedelta(days=1))
        begun = lambda: office.work(VENDOR, Purpose.SYSTEM)  # noqa: E731
        return sum([len(hits) async for hits in exports.parts(begun, export, "Observation")])

    await write(office, mariam, astrid, 1)
    one = await told.of(fetched)
    assert len(one) == 3  # is it there, once more before the part, the part
    await write(office, mariam, astrid, 400)
    assert await told.of(fetched) == one
    assert await fetched() == 401


async def test_a_set_of_an_import_costs_the_same_for_one_line_and_for_five_hundred(office: Office, told: Told) -> None:
    numbers = count()

    def lines(most: int) -> list[Item]:
        return [
            Item(n=n, body=temperature(PERSON).replace(b"{", b'{"id":"import-%d",' % next(numbers), 1))
            for n in range(1, most + 1)
        ]

    async def imported(most: int) -> None:
        begun = lambda: office.work(VENDOR, Purpose.SYSTEM)  # noqa: E731
        assert not [fault async for fault in importing.write(begun, lines(most))]

    one = await told.of(lambda: imported(1))
    assert len(one) == 4  # is the person here, the ids, how things stand, the write
    assert [LOOK.search(sent) is not None for sent in one] == [False, False, True, False]
    many = await told.of(lambda: imported(500))
    assert LOOK.search(many.pop(2)) and many == [*one[:2], one[3]]


async def test_who_write_at_once_share_the_look_and_the_write(office: Office, told: Told, mariam: Actor) -> None:
    people = [await patient(office, at=mariam) for _ in range(30)]

    async def all_write() -> None:
        await asyncio.gather(*(write(office, mariam, person, 2) for person in people))

    sent = await told.of(all_write)
    assert 0 < sum(LOOK.search(one) is not None for one in sent) <= 2 and sum(WRITE in one for one in sent) <= 4
    assert len(sent) <= 6
