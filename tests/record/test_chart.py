"""The newest of a code from one record are the same however they are found, and a code that few have costs few rows."""

from __future__ import annotations

import json

import pytest

from akson.access.facts import Facts, Labels
from akson.access.rules import Act, Decision
from akson.base.database import Database
from akson.base.work import Purpose, Work
from akson.fhir.types import code_of
from akson.record import deciding, journal
from akson.record.deciding import asked
from akson.record.journal import Mark, rows_of, token_of
from akson.record.office import Office
from akson.record.stored import Stored
from tests.exchange.test_scale import read
from tests.offices import JOB, patient, temperature

LOINC, LOCAL = "http://loinc.org", "https://akson.no/test"
MANY = 300  # measurements of one code, of which none of the others is


async def written(office: Office, person: Stored, code: str, times: int, system: str = LOINC) -> list[str]:
    """Write measurements of a code, one each day, and return their ids, the newest first."""
    bodies = []
    for n in range(times):
        body = json.loads(temperature(person, when=f"{2000 + n // 300}-{n % 12 + 1:02}-{n // 12 % 25 + 1:02}"))
        bodies.append(body | {"code": {"coding": [{"system": system, "code": code}]}})
    async with office.work(JOB, Purpose.SYSTEM) as work:
        made = await journal.write_set(work, [journal.draft("POST", body) for body in bodies])
    whens = {one.id: body["effectiveDateTime"] for one, body in zip(made, bodies, strict=True)}
    return sorted(whens, key=lambda id_: (whens[id_], id_), reverse=True)


async def newest(office: Office, person: Stored, mark: Mark | None, most: int = 3) -> list[str]:
    async with office.work(JOB, Purpose.SYSTEM) as work:
        marked = {"Observation:it": mark} if mark else {}
        hits = (await journal.chart(work, person.id, {"Observation:it": most}, marked=marked))["Observation:it"]
    return [hit.id for hit in hits]


async def test_the_newest_of_a_code_are_the_same_be_they_few_or_many(office: Office) -> None:
    astrid, other = await patient(office), await patient(office)
    many, few = await written(office, astrid, "8310-5", MANY), await written(office, astrid, "egfr", 4)
    await written(office, astrid, "egfr", 2, system=LOCAL)
    await written(office, other, "rare", 2)
    async with office.work(JOB, Purpose.SYSTEM) as work:
        await journal.delete(work, "Observation", few[0])
    everything = await newest(office, astrid, None, MANY * 2)
    assert len(everything) == MANY + 5
    assert await newest(office, astrid, ("code", LOINC, "8310-5")) == many[:3]
    assert await newest(office, astrid, ("code", LOINC, "egfr"), 2) == few[1:3]
    assert set(await newest(office, astrid, ("code", LOINC, "egfr"), 9)) == set(few[1:])
    both = await newest(office, astrid, ("code", None, "egfr"), 9)
    assert both == [one for one in everything if one in both] and len(both) == 5
    assert await newest(office, astrid, ("code", LOINC, "rare")) == []
    assert len(await newest(office, astrid, ("category", None, "vital-signs"), MANY * 2)) == MANY + 5


async def test_what_stands_is_judged_by_its_row_and_not_taken_for_an_old_version(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    astrid = await patient(office)
    known = await written(office, astrid, "egfr", 3)
    judged: list[Labels] = []

    def noted(work: Work, facts: Facts, labels: Labels | None, act: Act) -> Decision:
        judged.extend([labels] if labels else [])
        return asked(work, facts, labels, act)

    monkeypatch.setattr(journal, "asked", noted)
    monkeypatch.setattr(deciding, "marks_of", None)  # would be called with the body, to look for marks in it
    assert await newest(office, astrid, None) == known
    assert [(one.id, one.past) for one in judged] == [(id_, False) for id_ in known]


@pytest.mark.parametrize(("code", "most"), [("none-has-it", 40), ("egfr", 60), ("8310-5", 230)])
async def test_a_code_that_few_have_costs_few_rows_of_a_large_record(
    office: Office, owner_db: Database, code: str, most: int
) -> None:
    """Of a code that many have a hundred are counted, each twice in the plan, before the record is walked."""
    astrid = await patient(office)
    await written(office, astrid, "8310-5", MANY)
    await written(office, astrid, "egfr", 4)
    for table in ("resource", "resource_version", "search_token"):
        await owner_db.execute(f"VACUUM ANALYZE {table}")
    async with office.work(JOB, Purpose.SYSTEM) as work:
        mark = "code", LOINC, code
        token, by = token_of(work, "Observation", mark), rows_of(work, "Observation", mark)
    asked = astrid.owner, [code_of("Observation")], [1], [token], [], [by]
    told = await office.database.searches.fetch(f"EXPLAIN (ANALYZE, FORMAT JSON) {journal.SQL.chart}", *asked)
    assert read(json.loads(told[0][0])[0]["Plan"]) < most
