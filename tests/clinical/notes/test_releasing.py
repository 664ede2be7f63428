"""A note that the patient is to hear of from its author first: nothing tells of it until then, and then it is there."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from akson.audit import view
from akson.base.errors import Refused
from akson.base.work import Purpose
from akson.clinical.notes import screens
from akson.clinical.notes.model import Notes, Signed
from akson.record import journal
from tests.clinical.drawing import drawn
from tests.clinical.notes.test_screens import Desk, asked
from tests.fhirapi.clients import Api
from tests.offices import JOB, let_pass
from tests.portal.pages import citizen, show
from tests.portal.test_insight import later
from tests.seeded import Town

LATER = {"ser_fra": "7", "ser_hvorfor": "tell", "koder": "B74", "problemer": "B74", "type": "konsultasjon"}
SAYS, WEEK = "Forverret hjertesvikt.", timedelta(days=7)
KINDS = ("DocumentReference", "Encounter", "Condition")


async def counted(town: Town, who: str = "astrid") -> dict[str, int]:
    """Return how many of each kind a citizen finds in Astrid's record, by FHIR."""
    api, path = Api(town.office), f"?patient={town.id('Patient/astrid')}&_summary=count"
    try:
        client = api.as_(await citizen(town, who))
        return {kind: (await client.get(kind + path)).json()["total"] for kind in KINDS}
    finally:
        await api.close()


async def test_nothing_tells_the_patient_of_the_note_before_its_time_and_then_all_of_it_is_there(town: Town) -> None:
    before = [await counted(town, who) for who in ("astrid", "kari")]
    desk = Desk(town, "jonas")
    id_ = await desk.sign(**LATER)
    later(town)
    astrid = await citizen(town, "astrid")
    for path in ("/min", "/min/journal"):
        page = await show(town, astrid, path)
        assert SAYS not in page.text and id_ not in page.html and "B74" not in page.text
    assert "holdt tilbake" not in (await show(town, astrid, "/min/journal")).text
    assert [await counted(town, who) for who in ("astrid", "kari")] == before
    let_pass(town.office, WEEK)
    after = [await counted(town, who) for who in ("astrid", "kari")]
    assert after == [{kind: many + 1 for kind, many in one.items()} for one in before]
    assert SAYS in (await show(town, astrid, "/min/journal")).text
    assert id_ in (await show(town, astrid, "/min")).html  # it is news now


async def test_the_log_does_not_tell_the_patient_that_something_was_written(town: Town) -> None:
    desk, owner = Desk(town, "jonas"), town.office.ids.open(town.id("Patient/astrid")) or 0
    let_pass(town.office, WEEK)  # away from what the seeds wrote
    began = town.office.clock()
    await desk.sign(**LATER)
    later(town)

    async def told() -> str:
        page: Any = (await show(town, await citizen(town, "astrid"), "/min/innsyn")).page.values["insight"]
        return str([(one.who, one.what, one.more) for one in page.looks if began <= one.at < began + WEEK / 2])

    assert "Jonas" in await told() and "Skrev" not in await told()
    everything = (await view.looked_at(town.office.database, owner, town.office.clock())).visits
    assert "skrev" in str([one.did for one in everything if one.ended >= began])  # the log itself says it
    let_pass(town.office, WEEK)
    assert "Skrev" in await told()


async def test_nor_does_it_when_what_waits_is_deleted(town: Town) -> None:
    desk, me = Desk(town, "jonas"), await citizen(town, "astrid")
    let_pass(town.office, WEEK)  # away from what the seeds wrote
    id_ = await desk.sign(**LATER)
    later(town)
    async with town.office.work(JOB, Purpose.SYSTEM) as work:
        await journal.delete(work, "DocumentReference", id_)

    async def told() -> list[str]:
        page: Any = (await show(town, me, "/min/innsyn")).page.values["insight"]
        return [one.who for one in page.looks if "Jonas" in one.who and "Skrev" in f"{one.what} {one.more}"]

    assert await told() == []
    let_pass(town.office, WEEK)
    assert await told()


async def test_those_who_give_care_are_told_from_when_the_patient_sees_it_and_its_author_lets_it_be_seen_now(
    town: Town,
) -> None:
    desk = Desk(town, "jonas")
    id_ = await desk.sign(**LATER)
    shown: Signed = (await desk.open(screens.note, asked(), id_)).values["view"]
    assert (shown.note.seen, shown.seen_why) == (
        "Pasienten ser dette fra 30.11.2026 kl. 11.00", "Jeg vil fortelle det selv")  # fmt: skip
    other: Signed = (await Desk(town, "anne").open(screens.note, asked(), id_)).values["view"]
    assert other.note.seen and not other.mine
    with pytest.raises(Refused, match="AK-N003"):
        await Desk(town, "anne").open(screens.note, asked({"do": "release"}), id_)
    before = await counted(town)
    assert (await desk.open(screens.note, asked({"do": "release"}), id_)).said == "signed.released"
    assert await counted(town) == {kind: many + 1 for kind, many in before.items()}
    listed: Notes = (await desk.open(screens.notes, asked())).values["view"]
    assert not any(one.seen for one in listed.notes)
    with pytest.raises(Refused, match="AK-J003"):
        await desk.open(screens.note, asked({"do": "release"}), id_)


async def test_a_correction_is_seen_no_sooner_than_the_note(town: Town) -> None:
    desk = Desk(town, "jonas")
    id_ = await desk.sign(**LATER)
    begun = await desk.open(screens.note, asked({"do": "correct"}), id_)
    draft = str(begun.path).rpartition("/")[2]
    sent = {"retter": id_, "versjon": "1", "vurdering": "Stabil hjertesvikt."}
    assert (await desk.send(draft, "sign", **sent)).said == "note.signed"
    for version in (1, 2):
        with pytest.raises(Refused, match="AK-J001"):
            async with town.office.work(await citizen(town, "astrid"), Purpose.OWN) as work:
                await journal.vread(work, "DocumentReference", id_, version)


@pytest.mark.parametrize(("second", "same"), [("0", False), ("3", False), ("7", True), ("14", True)])
async def test_a_note_never_points_to_a_contact_that_the_patient_sees_later(
    town: Town, second: str, *, same: bool
) -> None:
    desk = Desk(town, "jonas")
    ids = [await desk.sign(**LATER), await desk.sign(**LATER | {"ser_fra": second, "problemer": ""})]
    async with town.office.work(await town.at_work("jonas"), Purpose.TREATMENT) as work:
        notes = [(await journal.read(work, "DocumentReference", id_)).resource for id_ in ids]
    first, then = [note["context"]["encounter"][0]["reference"] for note in notes]
    assert (first == then) is same


@pytest.mark.parametrize(("form", "says"), [
    ({"ser_fra": "7", "ser_hvorfor": ""}, "Velg hvorfor pasienten"),
    ({"ser_fra": "7", "ser_hvorfor": "praktisk"}, ""),
    ({"ser_fra": "90", "ser_hvorfor": "tell"}, ""),
])  # fmt: skip
async def test_a_delay_without_a_reason_or_of_another_length_is_not_signed(
    town: Town, form: dict[str, str], says: str
) -> None:
    desk = Desk(town, "jonas")
    page = await desk.send(await desk.begin(), "sign", **form)
    assert page.status == 422 and says in drawn("clinical/notes", page)


async def test_what_is_to_be_seen_at_once_carries_no_mark(town: Town) -> None:
    id_ = await Desk(town, "jonas").sign(ser_fra="0")
    async with town.office.work(await citizen(town, "astrid"), Purpose.OWN) as work:
        assert "security" not in (await journal.read(work, "DocumentReference", id_)).resource["meta"]
