"""The walk through the village: whoever asks, by whatever way, gets what the hand-written table of sees.py says.

The whole walk is `python -m tests.conformance leaks`; here is a part of it, and the proof that it sees what is broken.
"""

from __future__ import annotations

import ast
import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from akson.base.postgres import Postgres
from tests.conftest import administer
from tests.fhirapi.clients import Api
from tests.leaks import sees as table
from tests.leaks.alone import build
from tests.leaks.attempts import by_word
from tests.leaks.faults import FAULTS, PAGE_FAULTS, Fault
from tests.leaks.judging import Tally, Walk
from tests.leaks.lives import LIVES
from tests.leaks.paging import Reading, read_pages, readers
from tests.leaks.sees import ASKERS, NOBODYS, RECORDS
from tests.leaks.village import Item, Village
from tests.offices import opened_office

DATABASE = "village"
EVERY = 8  # of the askers, and of what they see
SHARE = 60  # attempts of each; the whole walk makes 750
PARTS = 20  # in which all the ways to one person are tried
SOME = {"Patient", "vital", "DocumentReference", "Consent"}
NAMED = {one.name: one for one in ASKERS}
NEAR_A_REPORT = ("who reported", "sykepleier in sentrum", "leder in sentrum", "Berit", "administrator in sentrum",
                 "a program that loads")  # fmt: skip


@pytest.fixture(scope="module")
def built(postgres: Postgres, template: str) -> Iterator[Village]:
    """The village in a database of its own, built once: the walk leaves everything as it was."""

    async def made() -> Village:
        await administer(postgres, f"CREATE DATABASE {DATABASE} TEMPLATE {template} STRATEGY file_copy")
        async with opened_office(postgres.url_of(DATABASE)) as office:
            return await build(office)

    yield asyncio.run(made())
    asyncio.run(administer(postgres, f"DROP DATABASE {DATABASE} WITH (FORCE)"))


@pytest.fixture
async def village(postgres: Postgres, built: Village) -> AsyncIterator[Village]:
    async with opened_office(postgres.url_of(DATABASE)) as office:
        yield replace(built, office=office)


@pytest.fixture
async def api(village: Village) -> AsyncIterator[Api]:
    made = Api(village.office)
    yield made
    await made.close()


async def walked(village: Village, api: Api, fault: Fault) -> Tally:
    """Walk where a fault would show, until it does: as one who asks, at what is hidden of one person."""
    walk = Walk(village, api, NAMED[fault.asker])
    for first in range(PARTS):
        await walk.hidden(near=PARTS, far=PARTS, first=first, about=lambda item: _telling(item, fault.person))
        if walk.tally.leaks:
            return walk.tally
    await walk.wide()  # what should be masked shows in what one may see
    return walk.tally


def _telling(item: Item, person: str) -> bool:
    """Say whether it is one of those things of a person that tell most: what is kept apart, and some of the rest."""
    return item.person == person and (item.part != "plain" or bool(item.kinds & SOME))


def test_the_oracle_knows_nothing_of_the_application() -> None:
    source = Path(table.__file__).read_text("utf-8")
    imported = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Import | ast.ImportFrom)]
    named = {name for node in imported for name in ([node.module] if isinstance(node, ast.ImportFrom) else
                                                    [one.name for one in node.names])}  # fmt: skip
    assert named == {"__future__", "collections.abc", "dataclasses", "typing"}


def test_every_row_of_the_table_is_somebodys_life_and_names_askers_that_there_are() -> None:
    assert RECORDS.keys() == LIVES.keys() and not RECORDS.keys() & NOBODYS.keys()
    groups = {"self", "program"} | {one.unit for one in ASKERS}
    assert {who for row in (*RECORDS.values(), *NOBODYS.values()) for who in row} <= groups | NAMED.keys()


async def test_everything_the_table_speaks_of_is_there(village: Village) -> None:
    rows = {**RECORDS, **NOBODYS}
    parts = {part for row in rows.values() for told in row.values() for part in told.split()}
    assert parts | {"erased"} == {one.part for one in village.items}
    assert all(any(one.person == person for one in village.items) for person in rows)


async def test_nobody_gets_what_the_table_does_not_say_they_see(village: Village, api: Api) -> None:
    told = Tally()
    for n, asker in list(enumerate(ASKERS))[::EVERY]:
        walk = Walk(village, api, asker)
        await walk.share(SHARE, n)
        await walk.alone(SHARE // 10, n)
        await walk.wide(every=700, first=n)
        await walk.seen(every=EVERY)
        told.add(walk.tally)
    assert told.leaks == [], "\n".join(map(str, told.leaks[:5]))
    assert told.missing == []
    assert told.attempts > SHARE * len(ASKERS) // EVERY
    assert told.seen > 50


async def test_the_walk_makes_no_person(village: Village, api: Api) -> None:
    """A Patient more between a question and the same about nothing looks like a leak of every history."""
    walk = Walk(village, api, NAMED["a program that loads"])
    item = next(one for one in village.items if one.part == "address" and not walk.sees(one))
    asked = [one for one in by_word(item) if one["request"]["method"] == "PUT"]
    assert asked and "201 Created" not in str(await walk._ask(asked))


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
async def test_the_walk_sees_what_is_broken(village: Village, api: Api, fault: Fault) -> None:
    with fault.seeded():
        assert (await walked(village, api, fault)).leaks


async def test_the_walk_sees_nothing_where_nothing_is_broken(village: Village, api: Api) -> None:
    for fault in FAULTS[::3]:
        walk = Walk(village, api, NAMED[fault.asker])
        await walk.hidden(near=PARTS, far=PARTS, about=lambda item, of=fault.person: _telling(item, of))
        assert walk.tally.leaks == []
        assert walk.tally.attempts > 0


async def test_no_page_tells_who_acts_for_somebody_where_that_one_is(village: Village) -> None:
    told = Tally()
    for reading in (one for asker in ASKERS for one in readers(village, asker)):
        told.add(await read_pages(reading))
    assert told.leaks == [], "\n".join(map(str, told.leaks[:5]))
    assert told.seen > 45
    herself = Reading(village, NAMED["a confidential youth"], "a confidential youth")
    assert village.whereabouts[herself.person].called("Practitioner") in await herself.page("/min", {})


@pytest.mark.parametrize("fault", PAGE_FAULTS, ids=lambda fault: fault.name)
async def test_pages_are_seen_to_be_broken(village: Village, fault: Fault) -> None:
    with fault.seeded():
        assert (await read_pages(Reading(village, NAMED[fault.asker], fault.person), first=True)).leaks


async def test_what_stands_in_no_record_is_for_those_alone_whom_the_table_names(village: Village, api: Api) -> None:
    """Who wrote it, colleagues of theirs and of others, their manager, who loads records: the whole walk asks for all."""
    told = Tally()
    for name in NEAR_A_REPORT:
        walk = Walk(village, api, NAMED[name])
        await walk.hidden(near=2 * PARTS, far=2 * PARTS, first=2, about=lambda item: item.person in NOBODYS)
        await walk.seen(about=lambda item: item.person in NOBODYS)
        told.add(walk.tally)
    assert told.leaks == [], "\n".join(map(str, told.leaks[:5]))
    assert told.missing == []
    assert told.seen > len(NOBODYS) and told.attempts > 10 * len(NEAR_A_REPORT)
