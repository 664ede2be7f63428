"""The desk for messages: what is stuck or went wrong, by unit; what is done with it, by whom, and what that leaves."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from akson.audit.view import looked_at
from akson.base.work import Actor, Purpose
from akson.exchange import addresses, delivery, inbox, outbox
from akson.exchange.states import Event
from tests.exchange.letters import NORDRE
from tests.exchange.places import Places
from tests.exchange.test_delivery import claimed, clock, comes
from tests.exchange.test_delivery import written as received
from tests.exchange.test_following import LUNG, WHY, happens, states, written
from tests.offices import staff, unit
from tests.workplace.browsing import browsing
from tests.workplace.test_unfiled import blocks, keeper, places

__all__ = ["keeper", "places"]

SAID = "Kommer hun mandag?"


async def refused(places: Places) -> tuple[str, str]:
    """Let a message be refused by its receiver; return its id and where it is shown."""
    msg_id = await written(places)
    await happens(places, msg_id, Event.RECEIPT, Event.REJECT)
    return msg_id, f"/meldinger/ut/{msg_id}"


async def test_a_refused_message_is_sent_to_another_receiver_and_the_patient_reads_why(
    places: Places, keeper: Actor
) -> None:
    await addresses.put(places.office.database, [LUNG])
    _, where = await refused(places)
    async with browsing(places.office, keeper) as vang:
        assert where in (await vang.open("/meldinger")).html
        one = await vang.open(where)
        assert "Avvist av mottaker" in one.text and "Lungepoliklinikken" in one.text
        assert SAID not in one.html and "Nordli" not in one.html and "148341" not in one.html
        short = await vang.send(where, do="elsewhere", mottaker=str(LUNG.her_id), hvorfor="fordi")
        assert short.status == 422 and "minst ti tegn" in short.text and len(await states(places)) == 1
        sent = await vang.send(where, do="elsewhere", mottaker=str(LUNG.her_id), hvorfor=WHY)
        assert sent.leads_to.startswith("/meldinger/ut/") and sent.leads_to != where
        log = (await vang.open(where)).text
        assert f"Fulgt opp for hånd: {WHY}" in log
    assert sorted((await states(places)).values()) == ["handled", "queued"]
    until = places.office.clock() + timedelta(minutes=1)
    visits = (await looked_at(places.office.database, places.astrid.owner, until)).visits
    assert [(visit.did, visit.reason) for visit in visits if visit.role == "legesekretær"] == [
        (("sendte en melding til en annen mottaker",), WHY)
    ]  # fmt: skip


async def test_what_is_stuck_is_listed_by_unit_and_marked_as_followed_up(places: Places, keeper: Actor) -> None:
    msg_id = await written(places)
    where = f"/meldinger/ut/{msg_id}"
    async with browsing(places.office, keeper) as vang:
        assert msg_id not in (await vang.open("/meldinger")).text
        clock(places.office).pass_(timedelta(hours=2))
        listed = await vang.open("/meldinger")
        assert msg_id in listed.text and f"/meldinger?enhet={NORDRE.her_id}" in listed.html
        assert msg_id in (await vang.open(f"/meldinger?enhet={NORDRE.her_id}")).text
        done = await vang.send(where, do="by_hand", gjort="Ringte avdelingen med beskjeden")
        assert done.leads_to == where
        assert msg_id not in (await vang.open("/meldinger")).text
        again = await vang.send(where, do="again", begrunnelse=WHY)
    assert again.status == 409 and await states(places) == {msg_id: "handled"}


@pytest.mark.parametrize(("do", "ends"), [
    ({"do": "by_hand", "gjort": "Ringte avdelingen med beskjeden"}, ["delivered", "handled"]),
    ({"do": "again", "begrunnelse": WHY}, ["delivered", "queued"]),
])  # fmt: skip
async def test_of_the_receipts_by_each_name_a_message_came_by_the_one_that_failed_is_seen_to(
    places: Places, keeper: Actor, do: dict[str, str], ends: list[str]
) -> None:
    for name, event in (("A", Event.RECEIPT), ("B", Event.GIVE_UP)):
        await comes(places.office, received(), name)
        await delivery.receive_due(places.office)
        (one,) = await claimed(places.office)
        async with places.office.work(delivery.AKSON, Purpose.MESSAGE) as work:
            assert await outbox.happened(work, one.owner, one.key, event)
    async with browsing(places.office, keeper) as vang:
        (where,) = set(re.findall(r"/meldinger/ut/[^\"?]+", (await vang.open("/meldinger")).html))
        assert (await vang.send(where, **do)).leads_to == where
        assert "/meldinger/ut/" not in (await vang.open("/meldinger")).html
        key = where.rpartition(".")[2]
        for wrong in (where[:-1], where + "0", where.replace(key, "f" * 16), where + ".1", f"{where}.{key}"):
            assert (await vang.open(wrong)).status == 404
    assert [row["state"] for row in await places.rows("SELECT state FROM message_out ORDER BY answers_as")] == ends


async def test_an_administrator_may_send_again_and_not_tell_somebody_else(places: Places) -> None:
    await addresses.put(places.office.database, [LUNG])
    msg_id, where = await refused(places)
    async with browsing(places.office, await staff(places.office, places.practice, "Rud", "administrator")) as rud:
        assert 'value="elsewhere"' not in (await rud.open(where)).html
        assert (await rud.send(where, do="elsewhere", mottaker=str(LUNG.her_id), hvorfor=WHY)).status == 409
        assert await states(places) == {msg_id: "rejected"}
        assert (await rud.send(where, do="again", begrunnelse=WHY)).status == 303
    assert sorted((await states(places)).values()) == ["handled", "queued"]


async def test_whom_a_rule_bars_from_the_patient_sends_nothing_to_others(places: Places, keeper: Actor) -> None:
    await addresses.put(places.office.database, [LUNG])
    await blocks(places, keeper)
    msg_id, where = await refused(places)
    async with browsing(places.office, keeper) as vang:
        barred = await vang.send(where, do="elsewhere", mottaker=str(LUNG.her_id), hvorfor=WHY)
    assert "sendt til" not in barred.text and await states(places) == {msg_id: "rejected"}


@pytest.mark.parametrize("form", [{}, {"do": "elsewhere"}, {"do": "slett"}])
async def test_what_cannot_be_done_changes_nothing(places: Places, keeper: Actor, form: dict[str, str]) -> None:
    msg_id = await written(places)
    async with browsing(places.office, keeper) as vang:
        assert (await vang.send(f"/meldinger/ut/{msg_id}", **form)).status in (400, 409, 422)
        assert (await vang.open("/meldinger/ut/finnes-ikke")).status == 404
    assert await states(places) == {msg_id: "queued"}


async def test_only_who_answers_for_messages_comes_to_the_desk(places: Places) -> None:
    _, where = await refused(places)
    async with browsing(places.office, places.doctor) as jonas:
        assert (await jonas.open(where)).status == 403
        assert (await jonas.send(where, do="by_hand", gjort="Ringte avdelingen")).status == 403


async def elsewhere(places: Places) -> Actor:
    """Return who answers for messages in another organisation, with an address of its own."""
    other = await unit(places.office, "Søndre legesenter")
    await addresses.put(places.office.database, [
        addresses.Address(her_id=99000071, name="Søndre legesenter", ours=True, parent=99000070, unit=other.unit,
                          unit_id=other.unit_id),
    ])  # fmt: skip
    return await staff(places.office, other, "Moe", role="legesekretær")


@pytest.mark.parametrize("late", [False, True])
async def test_no_row_count_or_tab_tells_of_the_messages_of_another_organisation(
    places: Places, keeper: Actor, late: bool
) -> None:
    moe = await elsewhere(places)
    async with browsing(places.office, moe) as browser:
        before = await browser.open("/meldinger")
    msg_id = await written(places) if late else (await refused(places))[0]
    clock(places.office).pass_(timedelta(hours=2))
    came = await inbox.keep(places.office.database, b"<unreadable/>", now=places.office.clock(),
                            envelope_to=NORDRE.her_id)  # fmt: skip
    await delivery.receive_due(places.office)
    async with browsing(places.office, moe) as browser:
        assert (await browser.open("/meldinger")).text == before.text
        assert (await browser.open(f"/meldinger?enhet={NORDRE.her_id}")).text == before.text
        for where in (f"/meldinger/ut/{msg_id}", f"/meldinger/{came}"):
            assert (await browser.open(where)).status == 404
            assert (await browser.send(where, do="handled", gjort="Ringte avdelingen med beskjeden")).status == 404
    async with browsing(places.office, keeper) as vang:
        listed = await vang.open("/meldinger")
        assert msg_id in listed.text and came in listed.html and f"enhet={NORDRE.her_id}" in listed.html
        assert (await vang.open(f"/meldinger/{came}")).status == 200


async def test_what_came_to_nobody_we_know_is_for_all_who_answer_for_messages(places: Places, keeper: Actor) -> None:
    came = await inbox.keep(places.office.database, b"<unreadable/>", now=places.office.clock(), envelope_to=12345678)
    await delivery.receive_due(places.office)
    for who in (keeper, await elsewhere(places)):
        async with browsing(places.office, who) as browser:
            assert came in (await browser.open("/meldinger")).html
