"""What stands before the message server, and answers in its place, harms nothing."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from akson.exchange.states import State
from akson.exchange.transports import edi
from tests.exchange.edi_world import EdiWorld, edi_keys, edi_world
from tests.exchange.letters import written
from tests.exchange.test_delivery import clock
from tests.signin.provider import needs_provider

__all__ = ["edi_keys", "edi_world"]
OWN = {"error": "x", "errorCode": 1000, "requestId": "1"}


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
    assert await edi_world.edi.fetch(office) == 2  # the receipt too, at once

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
