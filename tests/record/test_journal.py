"""The journal: what is written is read back token for token, by those who may and by nobody else."""

from __future__ import annotations

import pytest

from akson.base.errors import Refused
from akson.base.work import Purpose
from akson.record import journal
from akson.record.office import Office
from akson.record.search import company
from akson.record.search.searching import search
from tests.offices import FNR, JOB, VENDOR, citizen, patient, staff, temperature, unit


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


async def test_names_stay_hidden_also_when_the_person_has_an_id_from_elsewhere_or_was_registered_later(
    office: Office,
) -> None:
    home = await unit(office, "Sone nord")
    mariam, astrid = await staff(office, home, "Yusuf"), await patient(office, at=home)
    secret = {"display": "Odd Hemmelig", "identifier": {"system": FNR, "value": "14834142059"}}
    late, known = (
        {"reference": reference} | secret for reference in ("Patient/sen", "https://x.test/Patient/odd/_history/1")
    )
    task = {
        "resourceType": "Task", "status": "requested", "intent": "order", "for": {"reference": astrid.reference},
        "input": [{"type": {"text": "om"}, "valueReference": named} for named in (known, late)],
    }  # fmt: skip
    async with office.work(JOB, Purpose.SYSTEM) as work:
        await journal.update(work, {"resourceType": "Patient"}, id_="odd")
    async with office.work(JOB, Purpose.SYSTEM) as work:
        made = await journal.create(work, task)
    async with office.work(JOB, Purpose.SYSTEM) as work:
        await journal.update(work, {"resourceType": "Patient"}, id_="sen")
    async with office.work(mariam, Purpose.TREATMENT) as work:
        seen = await journal.read(work, "Task", made.id)
    assert [one["valueReference"].keys() for one in seen.resource["input"]] == [{"reference"}] * 2
    async with office.work(VENDOR, Purpose.TREATMENT) as work:
        assert (await journal.read(work, "Task", made.id)).resource["input"] == task["input"]


async def test_whose_entry_it_is_is_told_only_to_those_who_may_change_it(office: Office) -> None:
    north, south = await unit(office, "Sone nord"), await unit(office, "Sone sør")
    mariam, stranger = await staff(office, north, "Yusuf"), await staff(office, south, "Lie")
    astrid, odd = await patient(office, at=north), await patient(office, at=north)
    async with office.work(mariam, Purpose.TREATMENT) as work:
        made = await journal.create(work, temperature(astrid))
    codes = {}
    for who in (mariam, stranger):
        for person in (astrid, odd):
            with pytest.raises(Refused) as caught:
                async with office.work(who, Purpose.TREATMENT) as work:
                    await journal.update(work, temperature(person), id_=made.id, if_match=9)
            codes[who.name, person.id] = caught.value.code
    assert (codes["Yusuf", astrid.id], codes["Yusuf", odd.id]) == ("AK-J003", "AK-J005")
    assert codes["Lie", astrid.id] == codes["Lie", odd.id]
    assert codes["Lie", odd.id].startswith("AK-A")


async def test_trying_a_number_that_is_taken_leaves_a_trace_in_the_log_of_the_one_who_has_it(office: Office) -> None:
    number = [{"system": FNR, "value": "14834142059"}]
    strictly = {"security": [{"system": "https://akson.no/fhir/protection", "code": "kode6"}]}
    hidden = await patient(office, meta=strictly, identifier=number)
    count = "SELECT count(*) FROM access_log_patient WHERE patient = $1"
    before = await office.database.fetchval(count, hidden.owner)
    with pytest.raises(Refused, match="AK-J006"):
        async with office.work(VENDOR, Purpose.TREATMENT) as work:
            await journal.create(work, {"resourceType": "Patient", "identifier": number})
    assert await office.database.fetchval(count, hidden.owner) == before + 1
    row = (
        await office.database.fetch("SELECT outcome, seen::text AS seen FROM access_log ORDER BY at DESC, seq DESC")
    )[0]
    assert row["outcome"] == "refuse"
    assert "number probed" in row["seen"]


async def test_what_does_not_fit_beside_the_hits_is_refused_and_never_left_out(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = await unit(office, "Sone nord")
    mariam, astrid = await staff(office, home, "Yusuf"), await patient(office, at=home)
    async with office.work(mariam, Purpose.TREATMENT) as work:
        for value in ("38.1", "38.2", "38.3"):
            await journal.create(work, temperature(astrid, value))
    pairs = [("_id", astrid.id), ("_revinclude", "Observation:patient")]
    monkeypatch.setattr(company, "MOST", 3)
    async with office.work(mariam, Purpose.TREATMENT) as work:
        assert len((await search(work, "Patient", pairs)).included) == 3
    monkeypatch.setattr(company, "MOST", 2)
    with pytest.raises(Refused, match="AK-S004"):
        async with office.work(mariam, Purpose.TREATMENT) as work:
            await search(work, "Patient", pairs)


async def test_of_many_references_those_that_are_not_here_are_left_out(office: Office) -> None:
    home = await unit(office, "Sone nord")
    mariam, astrid = await staff(office, home, "Yusuf"), await patient(office, at=home)
    async with office.work(mariam, Purpose.TREATMENT) as work:
        made = await journal.create(work, temperature(astrid))
    elsewhere = [await _put(office, name, astrid.reference) for name in ("maling-1", "maling-2")]
    strange = [
        "https://fhir.example/Patient/1",
        "Patient/ukjent",
        "#legen",
        "",
        "Observation",
        "Ukjent/1",
        "urn:uuid:1",
    ]
    async with office.work(mariam, Purpose.TREATMENT) as work:
        before = office.database.statements
        found = await journal.read_many(work, [*strange, made.reference, *elsewhere])
        statements = office.database.statements - before
    assert (set(found), statements) == ({made.reference, *elsewhere}, 2)  # where they are, and what they say
    async with office.work(mariam, Purpose.TREATMENT) as work:
        assert await journal.read_many(work, strange) == {}


async def _put(office: Office, id_: str, person: str) -> str:
    """Write a measurement under an id that was chosen elsewhere."""
    measured = {
        "resourceType": "Observation",
        "status": "final",
        "code": {"text": "puls"},
        "subject": {"reference": person},
    }
    async with office.work(VENDOR, Purpose.SYSTEM) as work:
        return (await journal.update(work, measured, id_=id_)).reference
