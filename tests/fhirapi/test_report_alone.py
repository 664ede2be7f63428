"""A report to the barnevern that stands in no record is no program's: no block and no protection of a person reaches it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from akson.access.duty import marks
from akson.access.facts import WITHHELD, WITHHELD_FROM_PARENTS
from akson.base.work import Actor, Purpose
from akson.exchange.filing import MESSAGE_ID
from akson.record import journal
from akson.record.withholding import MARK
from tests.fhirapi.clients import Api
from tests.fhirapi.test_export import exported, ids
from tests.offices import JOB, LOADING, VENDOR, let_pass, staff, unit

WORD = "Ukjent gutt med kanarifugl"


async def reported(api: Api) -> list[tuple[str, str]]:
    """Let a nurse report somebody unknown; return (type, id) of the report and its task."""
    nurse = await staff(api.office, await unit(api.office, "Nord"), "Vik")
    codes = [*marks(nurse, api.office.clock()), WITHHELD_FROM_PARENTS, WITHHELD]
    meta = {"security": [{"system": MARK, "code": one} for one in codes]}
    at_unit = Actor(**{name: getattr(JOB, name) for name in ("kind", "id", "name", "role", "scopes")}, key=nurse.key,
                    unit=nurse.unit, unit_id=nurse.unit_id)  # fmt: skip
    async with api.office.work(at_unit, Purpose.SYSTEM) as work:
        told = await journal.create(work, {
            "resourceType": "Communication", "meta": meta, "status": "completed", "payload": [{"contentString": WORD}],
            "identifier": [{"system": MESSAGE_ID, "value": "m1"}], "sender": {"reference": nurse.id},
        })  # fmt: skip
        task = await journal.create(work, {
            "resourceType": "Task", "meta": meta, "status": "accepted", "intent": "order", "description": WORD,
            "focus": {"reference": told.reference}, "owner": {"reference": nurse.id},
        })  # fmt: skip
    async with api.office.work(nurse, Purpose.TREATMENT) as work:
        assert (await journal.read(work, "Communication", told.id)).id == told.id
    return [("Communication", told.id), ("Task", task.id)]


@pytest.mark.parametrize("who", [VENDOR, LOADING], ids=lambda who: who.name)
async def test_no_program_reads_finds_counts_or_exports_a_report_that_stands_alone(api: Api, who: Actor) -> None:
    program, of_nobody = api.as_(who), {"resourceType": "Task", "status": "draft", "intent": "order"}
    other = (await program.post("Task", json=of_nobody)).json()["id"]
    for type_, id_ in await reported(api):
        for path in (f"{type_}/{id_}", f"{type_}/{id_}/_history", f"{type_}/{id_}/_history/1"):
            assert (await program.get(path)).status_code == 404, path
        for asked in ("_total=accurate", f"_id={id_}&_total=accurate", "_total=accurate&_summary=count",
                      "_security=child-concern&_total=accurate", f"_content={WORD}&_total=accurate"):  # fmt: skip
            found = (await program.get(f"{type_}?{asked}")).json()
            assert found["total"] == (1 if type_ == "Task" and asked.startswith("_total") else 0), asked
            assert WORD not in str(found.get("entry"))
        assert id_ not in (await program.get(f"{type_}/_history")).text
    let_pass(api.office, timedelta(seconds=1))
    given = await exported(program)
    assert WORD not in str(given) and ids(given, "Task") == {other}
