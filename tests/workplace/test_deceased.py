"""A notice of death enters nobody as dead: health personnel do, others are told, and what was wrong is taken back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from akson.base.jobs import deliver
from akson.base.work import Purpose
from akson.exchange.messages import pleieomsorg
from akson.exchange.messages.pleieomsorg import KINDS
from akson.exchange.opening import opened
from akson.patient import deaths
from akson.record import journal
from akson.record.office import Office
from tests.exchange.care import SERVICE as HOME_CARE
from tests.exchange.care import care
from tests.exchange.letters import HEART
from tests.exchange.places import Places, make
from tests.offices import JOB, let_pass, staff
from tests.workplace.browsing import Browser, browsing
from tests.workplace.test_discharge import ADMITTED, comes, nurse_of

DIED = "2026-11-22T04:40:00+01:00"


@pytest.fixture
async def places(office: Office) -> Places:
    return await make(office)


async def told(places: Places, **how: Any) -> str:
    """Let the hospital tell of a death; return the page where it is entered, which the message leads to."""
    await comes(places, care("LOG_DOD", **{"at": DIED, "msg_id": "died", **how}))
    (message,) = [one for one in await places.found("Communication") if one["identifier"][0]["value"] == "died"]
    return f"/p/{places.astrid.id}/dodsfall?melding={message['id']}"


async def stands(places: Places) -> str:
    async with places.office.work(JOB, Purpose.SYSTEM) as work:
        return (await journal.read(work, "Patient", places.astrid.id)).resource.get("deceasedDateTime", "")


async def sends(browser: Browser, page: str, **typed: str) -> Any:
    return await browser.send(page, versjon=(await browser.open(page)).hidden("versjon"), **typed)


async def worked(places: Places) -> list[str]:
    """Let the worker see to what a death ends; return what the tasks about it say."""
    let_pass(places.office, timedelta(minutes=1))
    while await deliver(places.office.database, [deaths.consumer(places.office)], places.office.clock()):
        pass
    every = await places.found("Task")
    return [one["description"] for one in every if one.get("requester", {}).get("display") == "Akson"]


async def test_a_notice_enters_nobody_and_is_entered_by_who_has_checked_it_with_the_time_that_was_told(
    places: Places,
) -> None:
    page = await told(places)
    assert await stands(places) == ""
    (task,) = await places.found("Task")
    async with browsing(places.office, places.doctor) as jonas:
        for where in (f"/innboks/{task['id']}", f"/p/{places.astrid.id}/samhandling?melding={page[-27:]}"):
            assert f'href="{page}"' in (await jonas.open(where)).html
        shown = await jonas.open(page)
        assert "har meldt at pasienten døde 22.11.2026 klokken 04.40" in shown.text and "Død 22.11" not in shown.text
        assert 'value="2026-11-22"' in shown.html and 'value="04:40"' in shown.html
        unchecked = await sends(jonas, page, dag="2026-11-22", klokken="04:40")
        assert unchecked.status == 422 and await stands(places) == ""
        assert (await sends(jonas, page, dag="2026-11-22", klokken="04:40", kontrollert="ja")).status == 303
        assert await stands(places) == DIED
        after = await jonas.open(page)
        assert "Død 22.11.2026" in after.text and "Døde 22.11.2026 klokken 04.40" in after.text


async def test_what_was_entered_by_mistake_is_taken_back_and_those_who_were_told_are_told(places: Places) -> None:
    page = f"/p/{places.astrid.id}/dodsfall"
    about, place = {"reference": places.astrid.reference}, {"reference": places.practice.unit_id}
    async with places.office.work(JOB, Purpose.SYSTEM) as work:
        await journal.create(work, {"resourceType": "EpisodeOfCare", "status": "active", "patient": about,
                                    "managingOrganization": place, "period": {"start": "2026-09-01"}})  # fmt: skip
    async with browsing(places.office, places.doctor) as jonas:
        await sends(jonas, page, dag="22.11.2026", kontrollert="ja")
        assert await stands(places) == "2026-11-22"
        assert [one.partition(".")[0] for one in await worked(places)] == ["Døde 22"]
        drawn = (await jonas.open(page)).hidden("versjon")
        assert (await sends(jonas, page, hvorfor="")).status == 422
        assert (await sends(jonas, page, hvorfor="Feil pasient.")).status == 303
        assert await stands(places) == ""
        late = await jonas.send(page, versjon=drawn, dag="2026-11-22", kontrollert="ja")  # a page drawn before that
        assert late.status == 422 and await stands(places) == ""
    assert sum("trukket tilbake" in one for one in await worked(places)) == 1
    reasons = await places.rows("SELECT reason FROM access_log WHERE reason = 'Feil pasient.'")
    assert reasons


@pytest.mark.parametrize(("typed", "fault"), [
    ({"dag": "2026-12-24"}, "i framtiden"), ({"dag": "2026-11-23", "klokken": "23:59"}, "i framtiden"),
    ({"dag": "1900-01-01"}, "før fødselen"), ({"dag": ""}, "Må fylles ut"), ({"dag": "i går"}, "dato"),
])  # fmt: skip
async def test_a_death_that_cannot_be_is_not_entered(places: Places, typed: dict[str, str], fault: str) -> None:
    async with places.office.work(JOB, Purpose.SYSTEM) as work:
        born = dict(places.astrid.resource) | {"birthDate": "1941-03-14"}
        await journal.update(work, born, id_=places.astrid.id)
    async with browsing(places.office, places.doctor) as jonas:
        wrong = await sends(jonas, f"/p/{places.astrid.id}/dodsfall", kontrollert="ja", **typed)
    assert wrong.status == 422 and fault in wrong.text and await stands(places) == ""


@pytest.mark.parametrize(("role", "status"), [
    ("sykepleier", 200), ("legesekretær", 200), ("kontormedarbeider", 403), ("saksbehandler", 403), ("assistent", 403),
])  # fmt: skip
async def test_only_health_personnel_who_register_people_enter_a_death(places: Places, role: str, status: int) -> None:
    one = await staff(places.office, places.practice, "Berg", role=role)
    page = await told(places)
    async with browsing(places.office, one) as berg:
        assert (await berg.open(page)).status == status
        if status == 403:
            assert (await berg.send(page, dag="2026-11-22", kontrollert="ja", versjon="1")).status == 403
    assert await stands(places) == ""


@pytest.mark.parametrize(("how", "said", "filled"), [
    ({"change": "C"}, "har trukket meldingen om dødsfallet tilbake", False),
    ({"at": ""}, "har meldt at pasienten er død.", False),
    ({"test": True}, "", False),
    ({"at": "2026-11-22"}, "døde 22.11.2026.", True),
])  # fmt: skip
async def test_only_what_a_notice_says_is_filled_in(
    places: Places, how: dict[str, Any], said: str, filled: bool
) -> None:
    page = await told(places, **how)
    async with browsing(places.office, places.doctor) as jonas:
        shown = await jonas.open(page)
        message = await jonas.open(f"/p/{places.astrid.id}/samhandling?melding={page[-27:]}")
    assert said in shown.text and ("har meldt" in shown.text or "har trukket" in shown.text) is bool(said)
    assert ('value="2026-11-22"' in shown.html) is filled and (page in message.html) is bool(said)


async def test_home_care_tells_hospital_and_gp_of_a_death_that_stands_in_the_record_and_of_no_other(
    places: Places,
) -> None:
    nurse, where = await nurse_of(places), f"/p/{places.astrid.id}/samhandling/ny/dodsfall"
    await comes(places, care("LOG_INNLAGT", at=ADMITTED, to=HOME_CARE))
    clerk = await staff(places.office, places.practice, "Vik", role="saksbehandler")
    async with browsing(places.office, clerk) as vik:
        assert "ikke ført i journalen" in (await vik.open(where)).text
    async with browsing(places.office, nurse) as berg:
        early = await berg.open(where)
        assert early.status == 303 and early.leads_to.endswith("/dodsfall")
        await sends(berg, early.leads_to, dag="2026-11-22", klokken="04:40", kontrollert="ja")
        typed = {"mottaker": str(HEART.her_id), "tekst": "Hun døde hjemme."}
        seen = await berg.send(where, do="look", **typed)
        assert seen.status == 200 and "Pasienten er død" in seen.text and "Hun døde hjemme." in seen.text
        assert (await berg.send(where, do="send", **typed)).status == 303
    (row,) = await places.rows("SELECT body, type FROM message_out WHERE told_of <> ''")
    arrived = opened(row["body"]).envelope
    assert arrived is not None and (row["type"], arrived.receiver.her_id) == ("LOG_DOD", HEART.her_id)
    event = pleieomsorg.event_of(KINDS["LOG_DOD"], pleieomsorg.parts.read(arrived.body), arrived)
    assert event is not None and event.at.isoformat() == DIED and event.step.value == "13"
