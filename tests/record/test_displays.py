"""The texts that codes are shown by: each once for all who have it, found by `:text`, also as releases before kept them."""

from __future__ import annotations

import asyncpg

from akson.base.work import Purpose
from akson.record import journal
from akson.record.office import Office
from akson.record.search.reindexing import reindex
from akson.record.search.searching import search
from akson.record.stored import Stored
from tests.offices import VENDOR, patient, temperature

TEXTS = "SELECT slot, value, token FROM search_display ORDER BY value, slot"


def shown(person: Stored) -> bytes:
    return temperature(person).replace(b'"8310-5"', b'"8310-5","display":"Temperatur"')


async def found(office: Office) -> list[list[str]]:
    """Return what is found by the text, by another condition besides, in order, and by a chain."""
    asked = [("Observation", [("code:text", "temp")]), ("Observation", [("code:text", "temp"), ("status", "final")]),
             ("Observation", [("code:text", "temp"), ("_sort", "-date")]),
             ("Patient", [("_has:Observation:patient:code:text", "temp")])]  # fmt: skip
    async with office.work(VENDOR, Purpose.SYSTEM) as work:
        return [sorted(hit.id for hit in (await search(work, type_, pairs)).hits) for type_, pairs in asked]


async def test_a_text_that_many_have_stands_once(office: Office, owner_db: asyncpg.Connection) -> None:
    async with office.work(VENDOR, Purpose.SYSTEM) as work:
        first = await journal.create(work, shown(await patient(office)))
    texts = list(map(tuple, await owner_db.fetch(TEXTS)))
    async with office.work(VENDOR, Purpose.SYSTEM) as work:
        second = await journal.create(work, shown(await patient(office)))
    assert list(map(tuple, await owner_db.fetch(TEXTS))) == texts and len(set(texts)) == len(texts) > 0
    assert await owner_db.fetchval("SELECT count(*) FROM search_string WHERE id = ANY ($1)", [first.id, second.id]) == 0
    assert (await found(office))[0] == sorted([first.id, second.id])


async def test_what_a_release_before_wrote_is_found_until_it_is_made_anew_and_after_that(
    office: Office, owner_db: asyncpg.Connection
) -> None:
    """It told a text in a row of its own, and in no token."""
    astrid = await patient(office)
    async with office.work(VENDOR, Purpose.SYSTEM) as work:
        entry = await journal.create(work, shown(astrid))
    expected = await found(office)
    assert expected == [[entry.id], [entry.id], [entry.id], [astrid.id]]
    await owner_db.execute(
        "INSERT INTO search_string (owner, slot, type, grp, exact, id, value)"
        " SELECT r.owner, d.slot, r.type, 0, 0, r.id, d.value FROM resource r JOIN search_display d ON d.token = ANY (r.tokens)")  # fmt: skip
    await owner_db.execute(
        "UPDATE resource SET tokens = ARRAY(SELECT t FROM unnest(tokens) WITH ORDINALITY AS k (t, n)"
        " WHERE t NOT IN (SELECT token FROM search_display) ORDER BY n)")  # fmt: skip
    await owner_db.execute("DELETE FROM search_display")
    assert await found(office) == expected
    await owner_db.execute("INSERT INTO reindex SELECT owner FROM owner")
    await reindex(office.database, office.hasher, office.ids, lambda *_: None)
    assert await found(office) == expected
    assert await owner_db.fetchval("SELECT count(*) FROM search_string WHERE id = $1", entry.id) == 0


async def test_two_who_bring_the_same_new_texts_the_other_way_round_do_not_wait_for_each_other(office: Office) -> None:
    bring = "SELECT search_display_v1('{1}', ARRAY[$1::text], ARRAY[$2::bigint], '{1}', NULL)"
    async with office.database.transaction() as one, office.database.transaction() as other:
        for writer, text, number in ((one, "a", 1), (other, "b", 2), (one, "b", 2), (other, "a", 1)):
            await writer.execute("SET LOCAL lock_timeout = '2s'")
            await writer.execute(bring, text, number)
