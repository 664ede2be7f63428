"""The rows that searches look in: after any change as if the newest version were the only one, and untouched where it may be."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from akson.base.work import Actor, Purpose
from akson.record import journal
from akson.record.office import Office
from akson.record.stored import Stored
from tests.offices import JOB, opened_office, patient, staff, temperature, unit

# All rows of one resource but its id and owner, with the place each has in its table.
ROWS = """
SELECT 'token' AS name, ctid::text, token::text AS row FROM search_token WHERE owner = $1 AND id = $2
UNION ALL SELECT 'all tokens', '', unnest(tokens)::text FROM resource WHERE owner = $1 AND id = $2
UNION ALL SELECT 'group', ctid::text, concat_ws('|', grp, (SELECT array_agg(t ORDER BY t) FROM unnest(tokens) t))
  FROM search_group WHERE owner = $1 AND id = $2
UNION ALL SELECT 'reference', ctid::text, concat_ws('|', slot, grp, target_type, target)
  FROM search_reference WHERE owner = $1 AND id = $2
UNION ALL SELECT 'string', ctid::text, concat_ws('|', slot, grp, exact, value) FROM search_string WHERE owner = $1 AND id = $2
UNION ALL SELECT 'date', ctid::text, concat_ws('|', slot, grp, low, high) FROM search_date WHERE owner = $1 AND id = $2
UNION ALL SELECT 'number', ctid::text, concat_ws('|', slot, grp, base, code, name, low, high, base_low, base_high)
  FROM search_number WHERE owner = $1 AND id = $2
UNION ALL SELECT 'text', ctid::text, concat_ws('|', narrative, words) FROM search_text WHERE owner = $1 AND id = $2
"""
PLAIN = '{"resourceType":"Observation","status":"final","code":{"text":"Puls"},'
PULSE = PLAIN + '"effectiveDateTime":"2026-11-20","valueInteger":71,"component":[%s]}'
PART = '{"code":{"coding":[{"code":"8867-4"}],"text":"%s"},"valueQuantity":{"value":%s,"unit":"slag"}}'


@pytest.fixture
async def office(database_url: str) -> AsyncIterator[Office]:
    async with opened_office(database_url) as made:
        yield made


@pytest.fixture
async def mariam(office: Office) -> Actor:
    return await staff(office, await unit(office, "Sone nord"), "Yusuf")


def about(person: Stored, body: str) -> bytes:
    return f'{body[:-1]},"subject":{{"reference":"{person.reference}"}}}}'.encode()


def versions(person: Stored) -> list[bytes]:
    """Return contents of one Observation that differ in one kind of search value, in several, or in none."""
    return [
        temperature(person), temperature(person, "39.1"), temperature(person, when="2026-11-24"),
        temperature(person).replace(b"final", b"amended"), temperature(person).replace(b"8310-5", b"8867-4"),
        temperature(person)[:-1] + b',"note":[{"text":"I hvile, med lue"}]}',
        about(person, PLAIN + '"issued":"2026-11-20T08:00:00Z"}'), about(person, PULSE % (PART % ("Puls", "71"))),
        about(person, PULSE % ",".join(PART % one for one in (("Puls", "71"), ("Hvile", "64")))),
    ]  # fmt: skip


async def rows(office: Office, one: Stored) -> list[Any]:
    return sorted(map(tuple, await office.database.fetch(ROWS, one.owner, one.id)))


def content(found: list[Any]) -> list[Any]:
    return sorted((name, row) for name, _, row in found)


async def test_after_a_change_the_rows_are_those_of_the_new_version_alone(office: Office, mariam: Actor) -> None:
    person = await patient(office, at=mariam)
    bodies = versions(person)
    async with office.work(mariam, Purpose.TREATMENT) as work:
        alone = [await journal.create(work, body) for body in bodies]
        changing = [await journal.create(work, body) for body in bodies]
    expected = [content(await rows(office, one)) for one in alone]
    assert len({str(one) for one in expected}) == len(bodies)
    for step in range(1, len(bodies)):
        async with office.work(mariam, Purpose.TREATMENT) as work:  # all of them at once, each to another version
            for n, one in enumerate(changing):
                await journal.update(work, bodies[(n + step) % len(bodies)], id_=one.id)
        for n, one in enumerate(changing):
            assert content(await rows(office, one)) == expected[(n + step) % len(bodies)], (n, step)


async def test_rows_that_stay_are_not_written_again(office: Office, mariam: Actor) -> None:
    person = await patient(office, at=mariam)
    async with office.work(mariam, Purpose.TREATMENT) as work:
        entry = await journal.create(work, temperature(person))
    before = await rows(office, entry)
    async with office.work(mariam, Purpose.TREATMENT) as work:
        await journal.update(work, temperature(person).replace(b"final", b"amended"), id_=entry.id)
    after = await rows(office, entry)
    assert {name for name, *_ in set(before) ^ set(after)} == {"all tokens"}


async def test_a_deleted_resource_leaves_no_rows_and_gets_them_back_with_its_next_version(
    office: Office, mariam: Actor
) -> None:
    person = await patient(office, at=mariam)
    async with office.work(mariam, Purpose.TREATMENT) as work:
        entry = await journal.create(work, temperature(person))
    before = content(await rows(office, entry))
    async with office.work(mariam, Purpose.TREATMENT) as work:
        await journal.delete(work, "Observation", entry.id)
    assert await rows(office, entry) == []
    async with office.work(mariam, Purpose.TREATMENT) as work:
        await journal.update(work, temperature(person), id_=entry.id)
    assert content(await rows(office, entry)) == before


async def test_what_was_written_before_prints_were_kept_is_taken_away_whole(office: Office, owner_db: Any) -> None:
    async with office.work(JOB, Purpose.SYSTEM) as work:
        entry = await journal.create(work, {"resourceType": "Organization", "name": "Sone nord"})
    await owner_db.execute("UPDATE resource SET hot = NULL, prints = NULL WHERE id = $1", entry.id)
    async with office.work(JOB, Purpose.SYSTEM) as work:
        await journal.update(work, {"resourceType": "Organization", "name": "Sone sør"}, id_=entry.id)
    names = [row for name, _, row in await rows(office, entry) if name == "string"]
    assert names and all("sor" in row or "sør" in row for row in names)
