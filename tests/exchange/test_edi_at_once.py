"""The message server is asked for several things at a time: what is fetched is stored first, once, and by one worker."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from datetime import timedelta

import httpx
import pytest

from akson.base.errors import Refused
from akson.exchange import calls
from akson.exchange.transports.edi import Edi
from tests.exchange.edi_world import EdiWorld, edi, edi_keys, edi_world
from tests.exchange.letters import written
from tests.exchange.test_delivery import clock
from tests.signin.provider import needs_provider

__all__ = ["edi_keys", "edi_world"]
pytestmark = needs_provider
ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")
SOON, LATER = timedelta(seconds=10), timedelta(minutes=2)
FETCHES, MARKS, ASKS = "GET business-document", "PUT read", "GET status"


class Watched:
    """What the message server is asked for, and how much at a time. cuts: the message, or the path, whose connections are cut."""

    def __init__(self, world: EdiWorld, ours: Edi) -> None:
        self.asked, self.most, self.under_way, self.cuts = Counter[str](), 0, 0, ""
        self.too_early: list[str] = []
        self._places = world.places
        ours.machine.http.event_hooks = {"request": [self._goes], "response": [self._came]}

    async def _goes(self, request: httpx.Request) -> None:
        found = ID.search(request.url.path)
        if found is None:
            self.asked[request.url.path] += 1
            if request.url.path == self.cuts:
                await asyncio.sleep(0)  # all others come meanwhile
                raise httpx.ConnectError("cut")
            return
        what = f"{request.method} {request.url.path[found.end() + 1 :].partition('/')[0]}"
        self.asked[what] += 1
        if what == FETCHES and found[0] == self.cuts:
            raise httpx.ReadError("cut")
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        if what == MARKS:
            stored = await self._places.rows(f"SELECT 1 FROM message_in WHERE envelope_id = '{found[0]}'")
            self.too_early += [] if stored else [found[0]]

    async def _came(self, answer: httpx.Response) -> None:
        self.under_way -= ID.search(answer.request.url.path) is not None


async def test_one_that_never_comes_to_an_end_holds_up_no_other(
    edi_world: EdiWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever fetches does so for all workers: a body each byte of which comes in time kept all of them waiting."""
    ids = [(await edi_world.broker.delivers(written(msg_id=f"m-{number}")))[0] for number in range(6)]

    async def hangs(request: httpx.Request) -> None:
        if ids[0] in request.url.path:
            await asyncio.Event().wait()

    monkeypatch.setattr(calls, "LONGEST", 1.0)
    edi_world.edi.machine.http.event_hooks = {"request": [hangs]}
    assert await edi_world.edi.fetch(edi_world.places.office) == 5
    edi_world.edi.machine.http.event_hooks = {}
    assert await edi_world.edi.fetch(edi_world.places.office) == 1


async def test_four_messages_are_fetched_at_a_time_and_each_is_stored_before_it_is_marked_as_read(
    edi_world: EdiWorld,
) -> None:
    ids = [(await edi_world.broker.delivers(written(msg_id=f"m-{number}")))[0] for number in range(12)]
    watched, office = Watched(edi_world, edi_world.edi), edi_world.places.office
    watched.cuts = ids[5]
    assert await edi_world.edi.fetch(office) == 11
    watched.cuts = ""
    assert [each["id"] for each in await edi_world.broker.messages() if not each["read"]] == [ids[5]]
    assert await edi_world.edi.fetch(office) == 1
    assert (watched.asked[FETCHES], watched.asked[MARKS]) == (13, 12)
    assert (watched.most, watched.too_early) == (4, [])
    assert await edi_world.places.rows("SELECT count(*), sum(times) AS times FROM message_in") == [
        {"count": 12, "times": 12}
    ]


async def test_what_the_server_holds_back_keeps_nothing_behind_it_from_being_fetched(edi_world: EdiWorld) -> None:
    for number in range(30):
        await edi_world.broker.delivers(written(msg_id=f"m-{number}"))
    watched, office = Watched(edi_world, edi_world.edi), edi_world.places.office
    await edi_world.broker.behaves(withholds=1)
    assert await edi_world.edi.fetch(office) == 0 and watched.asked[FETCHES] == 30
    await edi_world.broker.behaves()
    assert await edi_world.edi.fetch(office) == 30


async def test_two_workers_do_not_fetch_the_same_at_the_same_time(edi_world: EdiWorld) -> None:
    for number in range(12):
        await edi_world.broker.delivers(written(msg_id=f"m-{number}"))
    office = edi_world.places.office
    async with httpx.AsyncClient(timeout=10) as http:
        other = edi(edi_world.broker.url, edi_world.issuer, edi_world.edi.machine.keys, http)
        watched = [Watched(edi_world, each) for each in (edi_world.edi, other)]
        fetched = await asyncio.gather(edi_world.edi.fetch(office), other.fetch(office))
        assert sorted(fetched) == [0, 12] and sum(each.asked[FETCHES] for each in watched) == 12
        await edi_world.broker.delivers(written(msg_id="m-12"))
        assert await other.fetch(office) == 1  # whoever comes when the first is done
    assert await edi_world.places.rows("SELECT max(times) AS times FROM message_in") == [{"times": 1}]


async def test_a_server_that_does_not_answer_is_asked_about_three_messages_of_many(edi_world: EdiWorld) -> None:
    office = edi_world.places.office
    for _ in range(8):
        await edi_world.writes()
    await edi_world.exchange.deliver_due(office)
    clock(office).pass_(SOON)
    watched = Watched(edi_world, edi_world.edi)
    await edi_world.broker.behaves(error=1)
    assert await edi_world.exchange.ask_due(office) == 8 and watched.asked[ASKS] == 3
    assert await edi_world.exchange.ask_due(office) == 0  # not at once again
    await edi_world.broker.behaves()
    clock(office).pass_(LATER)
    assert await edi_world.exchange.ask_due(office) == 8 and watched.asked[ASKS] == 11
    assert await edi_world.places.rows("SELECT DISTINCT state, untold FROM message_out") == [
        {"state": "accepted", "untold": 0}
    ]


async def test_a_token_that_is_no_longer_taken_is_replaced_once_for_all_calls_under_way(edi_world: EdiWorld) -> None:
    machine, url = edi_world.edi.machine, f"{edi_world.broker.url}/Messages"
    told, params = {"api-version": "2", "nhn-source-system": "x"}, httpx.QueryParams({"ReceiverHerIds": "99000011"})
    assert (await machine.call("GET", url, headers=told, params=params)).status_code == 200
    costs = []
    for at_once in (1, 4):
        machine._token, watched = "no longer good", Watched(edi_world, edi_world.edi)
        calls = [machine.call("GET", url, headers=told, params=params) for _ in range(at_once)]
        assert [answer.status_code for answer in await asyncio.gather(*calls)] == [200] * at_once
        costs.append(watched.asked["/token"])
    assert costs[0] == costs[1] >= 1


async def test_who_gives_no_token_is_asked_once_by_all_calls_under_way(edi_world: EdiWorld) -> None:
    """Each asked after the other, and waited as long as it takes to hear nothing."""
    machine, url = edi_world.edi.machine, f"{edi_world.broker.url}/Messages"
    told, params = {"api-version": "2", "nhn-source-system": "x"}, httpx.QueryParams({"ReceiverHerIds": "99000011"})
    assert (await machine.call("GET", url, headers=told, params=params)).status_code == 200
    machine._token, watched = "", Watched(edi_world, edi_world.edi)
    watched.cuts = "/token"
    calls = [machine.call("GET", url, headers=told, params=params) for _ in range(8)]
    failed = await asyncio.gather(*calls, return_exceptions=True)
    assert watched.asked["/token"] == 1 and {type(each) for each in failed} == {Refused}
    watched.cuts = ""
    assert (await machine.call("GET", url, headers=told, params=params)).status_code == 200
