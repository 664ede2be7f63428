"""Drafts: nobody but the writer reads them, not even with the database in hand, and no text is lost or comes back."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from akson.base.errors import Refused
from akson.base.jobs import deliver
from akson.base.work import Purpose
from akson.clinical.notes import drafts
from akson.doors.running import clean, consumers
from akson.record import erasure, journal
from tests.offices import let_pass
from tests.seeded import Town

TEXT = {"type": "telefon", "vurdering": "Tyngre pust i trapp."}


async def begun(town: Town, who: str = "jonas") -> str:
    patient = town.id("Patient/astrid")
    owner = town.office.ids.open(patient) or 0
    id_ = town.office.ids.mint(owner)
    async with town.office.work(await town.at_work(who), Purpose.TREATMENT) as work:
        await drafts.keep(work, id_, owner, patient, TEXT)
    return id_


async def test_a_draft_is_found_again_by_its_writer_and_by_nobody_else(town: Town) -> None:
    id_ = await begun(town)
    async with town.office.work(await town.at_work("jonas"), Purpose.TREATMENT) as work:
        found = await drafts.load(work, id_)
        assert found is not None
        assert (found.fields, found.patient) == (TEXT, town.id("Patient/astrid"))
        assert [one.id for one in await drafts.of(work)] == [id_]
    async with town.office.work(await town.at_work("mariam"), Purpose.TREATMENT) as work:
        assert (await drafts.load(work, id_), await drafts.of(work)) == (None, [])


async def test_the_row_holds_no_readable_text_and_cannot_be_moved_to_somebody_else(town: Town) -> None:
    id_, mariam = await begun(town), await town.at_work("mariam")
    sealed = await town.office.database.fetchval("SELECT sealed FROM draft WHERE id = $1", id_)
    assert b"pust" not in sealed
    await town.office.database.execute("UPDATE draft SET person = $1", mariam.key)
    async with town.office.work(mariam, Purpose.TREATMENT) as work:
        assert await drafts.load(work, id_) is None


async def test_the_same_text_is_never_sealed_alike(town: Town) -> None:
    first, second = await begun(town), await begun(town)
    rows = await town.office.database.fetch("SELECT sealed FROM draft WHERE id IN ($1, $2)", first, second)
    assert rows[0]["sealed"] != rows[1]["sealed"]


async def test_a_correction_that_was_signed_is_not_kept_again(town: Town) -> None:
    id_, jonas = await begun(town), await town.at_work("jonas")
    async with town.office.work(jonas, Purpose.TREATMENT) as work:
        draft = await drafts.load(work, id_)
        assert draft is not None
        await drafts.keep_on(work, draft, TEXT | {"funn": "Ødem."})
        await drafts.drop(work, id_)
    with pytest.raises(Refused, match="AK-W005"):
        async with town.office.work(jonas, Purpose.TREATMENT) as work:
            await drafts.keep_on(work, draft, TEXT)


async def test_a_saving_at_the_moment_of_signing_waits_its_turn(town: Town) -> None:
    id_, jonas, patient = await begun(town), await town.at_work("jonas"), town.id("Patient/astrid")
    owner, order = town.office.ids.open(patient) or 0, []

    async def save() -> None:
        async with town.office.work(jonas, Purpose.TREATMENT) as work:
            await drafts.keep(work, id_, owner, patient, TEXT)
            order.append("saved")

    async with town.office.work(jonas, Purpose.TREATMENT) as work:
        await drafts.close(work, id_, owner, patient)
        saving = asyncio.create_task(save())
        await asyncio.sleep(0.2)
        order.append("signed")
    await saving
    assert order == ["signed", "saved"]


async def test_a_correction_that_is_begun_goes_when_the_note_it_corrects_is_erased(town: Town) -> None:
    jonas, patient = await town.at_work("jonas"), town.id("Patient/astrid")
    owner, other = town.office.ids.open(patient) or 0, await begun(town)
    note = {"resourceType": "DocumentReference", "status": "current", "subject": {"reference": f"Patient/{patient}"},
            "content": [{"attachment": {"contentType": "text/plain", "data": "a2FuYXJpZnVnbA=="}}]}  # fmt: skip
    async with town.office.work(jonas, Purpose.TREATMENT) as work:
        wrong = await journal.create(work, note)
    async with town.office.work(jonas, Purpose.TREATMENT) as work:
        fields = {"vurdering": "kanarifugl", "retter": wrong.id}
        await drafts.keep(work, town.office.ids.mint(owner), owner, patient, fields)
    decision = erasure.Decision(ground=erasure.Ground.WRONG_PATIENT, reason="Skrevet i feil pasients journal")
    async with town.office.work(jonas, Purpose.ADMINISTRATION) as work:
        await erasure.erase(work, [wrong.reference], decision)
    while await deliver(town.office.database, consumers(town.office), town.office.clock()):
        pass
    async with town.office.work(jonas, Purpose.TREATMENT) as work:
        assert [(one.id, one.fields) for one in await drafts.of(work)] == [(other, TEXT)]


async def test_what_was_begun_and_left_is_deleted_when_its_time_is_over(town: Town) -> None:
    left = await begun(town)
    let_pass(town.office, drafts.KEPT - timedelta(days=1))
    touched = await begun(town, "mariam")
    for days, there in ((0, {left, touched}), (2, {touched})):
        let_pass(town.office, timedelta(days=days))
        async with town.office.work(await town.at_work("jonas"), Purpose.TREATMENT) as work:
            now = work.now
        await clean(town.office.database, now)
        assert {row["id"] for row in await town.office.database.fetch("SELECT id FROM draft")} == there


async def test_what_a_tab_keeps_opens_for_a_week_and_after_a_change_of_the_key_and_for_nobody_else(town: Town) -> None:
    async def keys(who: str = "jonas") -> list[str]:
        async with town.office.work(await town.at_work(who), Purpose.TREATMENT) as work:
            return drafts.browser_keys(work).split()

    seals = (await keys())[0]
    assert seals not in await keys("mariam")
    town.office.drafts_keys = (b"e" * 32, *town.office.drafts_keys)
    assert (await keys())[0] != seals
    let_pass(town.office, timedelta(days=6))
    assert seals in await keys()
    let_pass(town.office, timedelta(days=1))
    assert seals not in await keys()
