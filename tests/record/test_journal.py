"""The journal: what is written is read back token for token, by those who may and by nobody else."""

from __future__ import annotations

import pytest

from akson.base.errors import Refused
from akson.base.work import Purpose
from akson.record import journal
from akson.record.office import Office
from akson.record.search.searching import search
from tests.offices import JOB, VENDOR, citizen, patient, staff, temperature, unit


async def test_what_a_nurse_registers_her_colleague_reads_token_for_token(office: Office) -> None:
    home = await unit(office, "Hjemmetjenesten sone nord")
    mariam, colleague = await staff(office, home, "Yusuf"), await staff(office, home, "Vik")
    astrid = await patient(office, at=home)
    async with office.work(mariam, Purpose.TREATMENT) as work:
        made = await journal.create(work, temperature(astrid, "38.40"))
    async with office.work(colleague, Purpose.TREATMENT) as work:
        seen = await journal.read(work, "Observation", made.id)
    assert seen.version == 1
    assert b'"value":38.40,' in (seen.body or b"")


async def test_a_nurse_elsewhere_is_refused_and_the_attempt_is_logged(office: Office) -> None:
    north, south = await unit(office, "Sone nord"), await unit(office, "Sone sør")
    mariam, stranger = await staff(office, north, "Yusuf"), await staff(office, south, "Lie")
    astrid = await patient(office, at=north)
    async with office.work(mariam, Purpose.TREATMENT) as work:
        made = await journal.create(work, temperature(astrid))
    with pytest.raises(Refused, match="AK-A"):
        async with office.work(stranger, Purpose.TREATMENT) as work:
            await journal.read(work, "Observation", made.id)
    rows = await office.database.fetch("SELECT outcome FROM access_log WHERE actor_name = 'Lie'")
    assert [row["outcome"] for row in rows] == ["refuse"]


async def test_search_finds_what_a_read_would_show_and_no_more(office: Office) -> None:
    north, south = await unit(office, "Sone nord"), await unit(office, "Sone sør")
    mariam, stranger = await staff(office, north, "Yusuf"), await staff(office, south, "Lie")
    astrid = await patient(office, at=north)
    async with office.work(mariam, Purpose.TREATMENT) as work:
        made = await journal.create(work, temperature(astrid))
    pairs = [("code", "http://loinc.org|8310-5"), ("date", "ge2026-11"), ("value-quantity", "gt38||Cel"),
             ("_total", "accurate")]  # fmt: skip
    for who, found in ((mariam, [made.id]), (stranger, []), (VENDOR, [made.id]), (citizen(astrid), [made.id])):
        async with office.work(who, Purpose.TREATMENT) as work:
            page = await search(work, "Observation", pairs)
        assert ([hit.id for hit in page.hits], page.total) == (found, len(found))


async def test_every_version_stays_and_a_stale_writer_is_told(office: Office) -> None:
    home = await unit(office, "Sone nord")
    mariam = await staff(office, home, "Yusuf")
    astrid = await patient(office, at=home)
    async with office.work(mariam, Purpose.TREATMENT) as work:
        made = await journal.create(work, temperature(astrid, "38.4"))
    async with office.work(mariam, Purpose.TREATMENT) as work:
        await journal.update(work, temperature(astrid, "38.5"), id_=made.id, if_match=1)
    with pytest.raises(Refused, match="AK-J003"):
        async with office.work(mariam, Purpose.TREATMENT) as work:
            await journal.update(work, temperature(astrid, "39.9"), id_=made.id, if_match=1)
    async with office.work(mariam, Purpose.TREATMENT) as work:
        assert [one.version for one in await journal.history(work, "Observation", made.id)] == [2, 1]
        assert b"38.4," in ((await journal.vread(work, "Observation", made.id, 1)).body or b"")


async def test_others_named_in_a_record_stay_nameless_to_those_who_may_not_read_theirs(office: Office) -> None:
    home = await unit(office, "Sone nord")
    mariam = await staff(office, home, "Yusuf")
    astrid, odd = await patient(office, at=home), await patient(office, name=[{"family": "Hemmelig"}])
    task = {
        "resourceType": "Task", "status": "requested", "intent": "order", "for": {"reference": astrid.reference},
        "input": [{"type": {"text": "om"}, "valueReference": {"reference": odd.reference, "display": "Odd Hemmelig"}}],
    }  # fmt: skip
    async with office.work(JOB, Purpose.SYSTEM) as work:
        made = await journal.create(work, task)
    async with office.work(mariam, Purpose.TREATMENT) as work:
        seen = [await journal.read(work, "Task", made.id), *(await search(work, "Task", [])).hits,
                *(await journal.chart(work, astrid.id, {"Task": 5}))["Task"],
                *await journal.history(work, "Task", made.id)]  # fmt: skip
    assert [b"Hemmelig" in (one.body or b"") for one in seen] == [False] * 4
    async with office.work(citizen(odd), Purpose.OWN) as work:
        assert (await journal.read(work, "Patient", odd.id)).resource["name"] == [{"family": "Hemmelig"}]
