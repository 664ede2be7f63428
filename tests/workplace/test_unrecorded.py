"""Reporting a child who has no record here: it makes none, is its writer's alone, and with a number of ours it is as any."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import pytest

import seeds
from akson.access.duty import CONCERN
from akson.base.errors import Refused
from akson.base.work import Actor, Purpose
from akson.doors.seeding import address_of
from akson.exchange import addresses, delivery, outbox
from akson.exchange.states import Event
from akson.record import journal
from akson.record.search.searching import search
from tests.fhirapi.clients import Api
from tests.offices import JOB
from tests.seeded import Town
from tests.workplace.browsing import Shown, browsing
from tests.workplace.conftest import caught_up
from tests.workplace.test_reporting import STORY, WORRY, _looks, answers, found

PAGE, STRANGER = "/bekymring", "14831510049"


@pytest.fixture(autouse=True)
async def listed(town: Town) -> None:
    """The address register of the demo."""
    told = [address_of(town.office, one, town.names, 8000) for one in seeds.addresses()]
    await addresses.put(town.office.database, told)


def unknown(**more: str) -> dict[str, str]:
    return answers(fnr="", navn="Ukjent gutt", alder="omtrent 6 år", bosted="Lekeplassen i Nordgata", **more)


async def sends(town: Town, who: str, **more: str) -> Shown:
    async with browsing(town.office, await town.at_work(who)) as page:
        return await page.send(PAGE, **unknown(**{"do": "send"}) | more)


async def sent(town: Town) -> dict[str, Any]:
    """Return the report as it leaves."""
    (row,) = await town.office.database.fetch("SELECT body FROM message_out WHERE type = 'BEKYMRINGSMELDING'")
    written: dict[str, Any] = msgspec.json.decode(row["body"])
    return written


async def persons(town: Town) -> int:
    return int(await town.office.database.fetchval("SELECT count(*) FROM person_identifier"))


@pytest.mark.parametrize(("who", "number"), [("mariam", ""), ("hanne", STRANGER)])
async def test_a_child_nobody_knows_is_reported_from_the_search_and_only_its_writer_reads_it(
    town: Town, who: str, number: str
) -> None:
    before = await persons(town)
    async with browsing(town.office, await town.at_work(who)) as page:
        assert f'href="{PAGE}"' in (await page.send("/sok", q="Ukjentesen, Per")).html
        assert "Det lages ingen journal" in (await page.open(PAGE)).text
        draft = await page.send(PAGE, **unknown(do="look") | {"fnr": number})
        assert (
            draft.status == 200 and "Ukjent gutt, omtrent 6 år" in draft.text and "Lekeplassen i Nordgata" in draft.text
        )
        assert await found(town, "Communication") == []
        made = await page.send(PAGE, **unknown(do="send") | {"fnr": number})
        assert made.status == 303, made.text
        shown = await page.open(made.leads_to)
        assert WORRY in shown.text and "Venter på sending" in shown.text and "ikke i noen journal" in shown.text
        await caught_up(town)
        (told,), (task,) = await found(town, "Communication"), await found(town, "Task")
        assert WORRY in (await page.open(f"/innboks/{task['id']}")).text
        assert "Venter på tilbakemelding fra barnevernet" in (await page.open("/start")).text
    assert "subject" not in told and "for" not in task and await persons(town) == before
    child = (await sent(town))["offentligBarn"][0]
    assert (child["fnr"], child["personnavn"]) == (number, "Ukjent gutt, omtrent 6 år")
    await _is_read_by_nobody_else(town, who, told, task)
    async with browsing(town.office, await town.at_work(who)) as page:
        done = await page.send(f"/innboks/{task['id']}", do="done", version="1")
    assert done.status == 303 and (await found(town, "Task"))[0]["status"] == "completed"


async def _is_read_by_nobody_else(town: Town, who: str, *every: dict[str, Any]) -> None:
    """Colleagues of the same unit, its manager, a doctor, the administrator, who answers for messages: nobody."""
    me = await town.at_work(who)
    others = [
        one for name in ("mariam", "hanne", "jonas", "camilla", "siri") if (one := await town.at_work(name)).id != me.id
    ]
    colleague = replace(me, id="Practitioner/x", key=1)
    for other in [*others, colleague]:
        async with town.office.work(other, Purpose.TREATMENT) as work:
            for one in every:
                with pytest.raises(Refused):
                    await journal.read(work, one["resourceType"], one["id"])
                assert not (await search(work, one["resourceType"], [("_security", CONCERN)])).hits
        api = Api(town.office)
        app = api.as_(other)
        for asked in (
            "Communication/_history",
            "_history",
            "Task/_history",
            "Communication?_count=100",
            "Task?_count=100",
        ):
            answer = (await app.get(asked)).text
            assert not [one["id"] for one in every if one["id"] in answer], asked
        await api.close()
        async with browsing(town.office, other) as page:
            assert (await page.open(f"{PAGE}?melding={every[0]['id']}")).status in (403, 404)


async def test_the_number_of_a_child_who_is_here_puts_it_into_the_record_and_tells_no_parent(town: Town) -> None:
    async with town.office.work(JOB, Purpose.SYSTEM) as work:
        emil = (await journal.read(work, "Patient", town.id("Patient/emil"))).resource
    number = next(one["value"] for one in emil["identifier"])
    before = await _looks(town)
    async with browsing(town.office, await town.at_work("mariam")) as page:
        draft = await page.send(PAGE, **unknown(do="look") | {"fnr": number})
        assert "Emil Lunde" in draft.text and emil["address"][0]["line"][0] not in draft.html
        made = await page.send(PAGE, **unknown(do="send") | {"fnr": number})
        assert made.leads_to.startswith(f"/p/{emil['id']}/bekymring")
    (told,) = await found(town, "Communication")
    assert told["subject"]["reference"] == f"Patient/{emil['id']}"
    assert (await sent(town))["offentligBarn"][0]["personnavn"] == "Emil Lunde"
    assert await _looks(town) == before


async def test_of_a_child_with_kode_6_the_page_tells_no_more_than_of_one_who_is_not_here(town: Town) -> None:
    async with town.office.work(JOB, Purpose.SYSTEM) as work:
        lena = (await journal.read(work, "Patient", town.id("Patient/lena"))).resource
    number = next(one["value"] for one in lena["identifier"])
    made = await sends(town, "hanne", fnr=number)
    assert made.leads_to.startswith(f"{PAGE}?melding=")
    (told,) = await found(town, "Communication")
    assert "subject" not in told


async def test_what_did_not_arrive_is_a_task_of_who_wrote_it_and_marked_as_it(town: Town) -> None:
    hanne: Actor = await town.at_work("hanne")
    assert (await sends(town, "hanne")).status == 303
    row = await town.office.database.fetchrow(
        "SELECT owner, key, msg_id FROM message_out WHERE type = 'BEKYMRINGSMELDING'"
    )
    assert row is not None
    async with town.office.work(delivery.AKSON, Purpose.MESSAGE) as work:
        assert (await outbox.by_id(work, row["msg_id"])) == [(row["owner"], row["key"])]
        await delivery.move(work, row["owner"], row["key"], Event.GIVE_UP)
    (task,) = [one for one in await found(town, "Task") if one["priority"] == "urgent"]
    assert task["owner"]["reference"] == hanne.id and task["meta"]["security"]


@pytest.mark.parametrize(("wrong", "told"), [
    ({"fnr": "123"}, "sifre"), ({"fnr": "14834142050"}, "ontroll"), ({"navn": ""}, "Må fylles ut"),
    ({"tekst": "Gjelder 14834142059 også"}, "fødselsnummer"), ({"historie": "Jeg så [dato] at"}, "[dato]"),
])  # fmt: skip
async def test_what_is_wrong_is_said_and_nothing_is_lost_or_sent(town: Town, wrong: dict[str, str], told: str) -> None:
    shown = await sends(town, "hanne", **wrong)
    assert shown.status == 422 and told in shown.text and "Lekeplassen" in shown.html
    assert STORY in shown.text or "historie" in wrong
    assert await found(town, "Communication") == []


async def test_who_is_no_health_personnel_is_not_shown_the_way_and_does_not_get_in(town: Town) -> None:
    async with browsing(town.office, await town.at_work("siri")) as page:
        assert (await page.open(PAGE)).status == 403
