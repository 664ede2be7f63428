"""One row for each code that is searched across patients: by the code alone, with its system, of one system or several."""

from __future__ import annotations

import asyncpg
import pytest

from akson.base.work import Purpose
from akson.record import journal, sets
from akson.record.office import Office
from akson.record.search.reindexing import reindex
from akson.record.search.searching import search
from akson.record.stored import Stored
from akson.record.values import Values
from tests.offices import VENDOR, patient, temperature

LOINC, LOCAL, OTHER = "http://loinc.org", "urn:lokal", "urn:annen"
CODED = b'{"system":"http://loinc.org","code":"8310-5"}'
ALSO = CODED + b',{"system":"urn:lokal","code":"8310-5"}'
# What is asked for, and which are found: the measurement of one system, of two, without any.
ASKED = [
    ("8310-5", "one two none"), (f"{LOINC}|8310-5", "one two"), (f"{LOCAL}|8310-5", "two"), (f"{OTHER}|8310-5", ""),
    ("|8310-5", "none"), (f"{LOCAL}|8310-5,|8310-5", "two none"), (f"8310-5,{LOINC}|8310-5", "one two none"),
    (f"{LOINC}|", "one two"), (f"{LOINC}|8867-4", ""),
]  # fmt: skip


async def written(office: Office, person: Stored) -> dict[str, str]:
    """Write the three measurements; return what each id is called."""
    codings = {"one": CODED, "two": ALSO, "none": b'{"code":"8310-5"}'}
    async with office.work(VENDOR, Purpose.SYSTEM) as work:
        made = {
            name: await journal.create(work, temperature(person).replace(CODED, coding))
            for name, coding in codings.items()
        }
    return {one.id: name for name, one in made.items()}


async def found(
    office: Office, names: dict[str, str], *more: tuple[str, str]
) -> list[tuple[str, set[str], int | None]]:
    """Return what each question finds, none of it twice, and how many it counts."""
    answers = []
    async with office.work(VENDOR, Purpose.SYSTEM) as work:
        for asked, _ in ASKED:
            page = await search(work, "Observation", [("code", asked), ("_total", "accurate"), *more])
            hits = [names[hit.id] for hit in page.hits]
            assert len(hits) == len(set(hits))
            answers.append((asked, set(hits), page.total))
    return answers


@pytest.mark.parametrize("before", [False, True], ids=["written now", "written before rows told the system"])
async def test_a_code_is_found_by_its_system_by_itself_and_never_twice(
    office: Office, owner_db: asyncpg.Connection, *, before: bool
) -> None:
    astrid = await patient(office)
    names = await written(office, astrid)
    count = "SELECT count(*) FROM search_token s JOIN resource r USING (owner, id) WHERE r.id = ANY ($1)"
    assert await owner_db.fetchval(count, list(names)) == 2 * len(names)  # of each its code and its category
    if before:
        await owner_db.execute("UPDATE search_token SET named = 0")
    expected = [(asked, set(which.split()), len(which.split())) for asked, which in ASKED]
    assert await found(office, names) == expected
    assert await found(office, names, ("subject", astrid.reference)) == expected
    assert await found(office, names, ("status", "final")) == expected


async def test_an_erased_code_leaves_no_row(office: Office, owner_db: asyncpg.Connection) -> None:
    names = await written(office, await patient(office))
    for id_, name in names.items():
        async with office.work(VENDOR, Purpose.SYSTEM) as work:
            await journal.delete(work, "Observation", id_)
        assert await owner_db.fetchval("SELECT count(*) FROM search_token WHERE id = $1", id_) == 0, name


async def test_what_a_program_of_the_release_before_writes_is_found_too(
    office: Office, owner_db: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    # It told every token that is searched across patients as one of its own, in order, and how many they are above zero.
    monkeypatch.setattr(Values, "hot_first", property(_all_hot_first))
    monkeypatch.setattr(sets, "_hot", lambda values: len(values.tokens))
    names = await written(office, await patient(office))
    assert await owner_db.fetchval("SELECT min(hot) FROM resource WHERE id = ANY ($1)", list(names)) > 0
    expected = [(asked, set(which.split()), len(which.split())) for asked, which in ASKED]
    assert await found(office, names) == expected
    await owner_db.execute("INSERT INTO reindex SELECT owner FROM owner")
    monkeypatch.undo()
    await reindex(office.database, office.hasher, office.ids, lambda *_: None)
    assert await owner_db.fetchval("SELECT max(hot) FROM resource WHERE id = ANY ($1)", list(names)) < 0
    assert await found(office, names) == expected


def _all_hot_first(values: Values) -> list[int]:
    return sorted(values.tokens)
