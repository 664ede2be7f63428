"""What the message server does not let us do for one address, and what stands before it answers, harms nothing else."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from akson.exchange import addresses, mailboxes
from akson.exchange.addresses import Address
from akson.exchange.states import State
from akson.exchange.transports import edi
from tests.exchange.edi_world import EdiWorld, edi_keys, edi_world
from tests.exchange.letters import NORDRE, written
from tests.exchange.test_delivery import clock
from tests.exchange.test_edi_at_once import Watched
from tests.signin.provider import needs_provider

__all__ = ["edi_keys", "edi_world"]
NEW, OTHER = 99000091, 99000092  # of units that are entered here, and not with the message server yet
OWN = {"error": "x", "errorCode": 1000, "requestId": "1"}


@needs_provider
async def test_an_address_that_the_server_does_not_let_us_fetch_for_holds_up_no_other_and_is_told_of_once(
    edi_world: EdiWorld, caplog: pytest.LogCaptureFixture
) -> None:
    office, lists = edi_world.places.office, Watched(edi_world, edi_world.edi).asked
    units = [Address(her_id=each, name="Ny enhet", ours=True, parent=NORDRE.parent) for each in (NEW, OTHER)]
    await addresses.put(office.database, units)
    await edi_world.broker.grants(NORDRE.her_id, OTHER)
    caplog.set_level("INFO", "akson.exchange")
    for number in range(4):
        await edi_world.broker.delivers(written(msg_id=f"m-{number}"))
        assert await edi_world.edi.fetch(office) == 1
        clock(office).pass_(timedelta(minutes=1))
    assert lists["/Messages"] == 1 + 2 + 2 + 3  # together, by halves, and then together again but for the one
    told = [f"the message server does not let us fetch for {NEW}", f"the message server lets us fetch for {NEW} again"]
    assert [each.getMessage() for each in caplog.records] == told[:1]
    assert await mailboxes.refused(office.database, office.clock()) == {"addresses not fetched": 1}
    await edi_world.broker.delivers(written(msg_id="m-5"), receiver=NEW)
    clock(office).pass_(mailboxes.AGAIN)
    assert await edi_world.edi.fetch(office) == 0
    await edi_world.broker.grants(NORDRE.her_id, NEW, OTHER)
    assert await edi_world.edi.fetch(office) == 0
    clock(office).pass_(mailboxes.AGAIN)
    assert await edi_world.edi.fetch(office) == 1
    assert await mailboxes.refused(office.database, office.clock()) == {"addresses not fetched": 0}
    assert [each.getMessage() for each in caplog.records] == told


@needs_provider
async def test_an_address_that_the_server_does_not_let_us_send_for_is_told_of_once(
    edi_world: EdiWorld, caplog: pytest.LogCaptureFixture
) -> None:
    office, waits = edi_world.places.office, [await edi_world.writes() for _ in range(3)]
    caplog.set_level("INFO", "akson.exchange")
    told = [(f"the message server does not let us send for {NORDRE.her_id}", 403),
            (f"the message server lets us send for {NORDRE.her_id} again", None)]  # fmt: skip
    for granted, state, lines in (
        (OTHER, State.QUEUED, told[:1]), (OTHER, State.QUEUED, told[:1]), (NORDRE.her_id, State.SENT, told),
    ):  # fmt: skip
        await edi_world.broker.grants(granted)
        assert await edi_world.exchange.deliver_due(office) == len(waits)
        clock(office).pass_(timedelta(minutes=1))
        assert {(await edi_world.standing(each)).state for each in waits} == {state}
        assert [(each.getMessage(), getattr(each, "status", None)) for each in caplog.records] == lines


@needs_provider
async def test_what_stands_before_the_server_ends_no_message_and_makes_none_go_twice(
    edi_world: EdiWorld, caplog: pytest.LogCaptureFixture
) -> None:
    office, broker = edi_world.places.office, edi_world.broker
    taken = await edi_world.writes()
    await edi_world.exchange.deliver_due(office)
    waits = [await edi_world.writes() for _ in range(3)]
    for status in (302, 400, 403, 404, 405):
        await broker.behaves(astray=1, by=status)
        clock(office).pass_(timedelta(minutes=9))
        await edi_world.turn()
        assert (await edi_world.standing(taken)).state is State.SENT
        assert {(await edi_world.standing(each)).state for each in waits} == {State.QUEUED}
    assert [getattr(each, "failure", "") for each in caplog.records] == ["302", "400", "403", "404", "405"]
    assert await edi_world.places.found("Task") == []
    await broker.behaves()
    await broker.delivers(written())
    assert await edi_world.edi.fetch(office) == 2  # the receipt too, at once: none of our addresses was refused

    async def done() -> bool:
        return {(await edi_world.standing(each)).state for each in (taken, *waits)} == {State.ACCEPTED}

    await edi_world.until(done, each=lambda: clock(office).pass_(timedelta(minutes=1)))
    assert len([each for each in await broker.messages() if not each["apprec"]]) == 1 + 1 + len(waits)


@pytest.mark.parametrize(
    ("answer", "of_message", "of_receipt"),
    [
        (httpx.Response(400, json=OWN), True, True),
        (httpx.Response(422, json=OWN), True, True),
        (httpx.Response(404, json=OWN), False, True),  # it knows no such address of its own, no such message
        (httpx.Response(409, json=OWN), False, False),
        (httpx.Response(413), True, True),  # too large, whoever says so
        (httpx.Response(400, json={"type": "about:blank", "status": 400}), False, False),  # no error of its description
        (httpx.Response(400, html="<h1>Bad request</h1>"), False, False),
        (httpx.Response(404), False, False),
        (httpx.Response(200, html="<h1>Logg inn</h1>"), False, False),
    ],
)
def test_only_the_servers_own_word_refuses_a_message_for_good(
    answer: httpx.Response, *, of_message: bool, of_receipt: bool
) -> None:
    assert [edi._refuses(answer, answers=one) for one in (False, True)] == [of_message, of_receipt]
