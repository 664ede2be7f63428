"""Adresseregisteret over a real socket: what it says of a party stands here, and nothing goes to one that is gone."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from akson.doors.parties import SCOPE, Adresseregisteret
from akson.exchange import addresses, registering
from akson.exchange.addresses import EDI, Address
from akson.record.office import Office
from akson.registers.parties import read
from akson.registers.professionals import Away
from tests.offices import let_pass
from tests.signin.provider import behind_provider, needs_provider

HEART, NAV, OURS = 99000033, 99000041, 99000011
PARTIES = [{"her_id": HEART, "name": "Hjertepoliklinikken", "number": "974760673", "parent": 99000031},
           {"her_id": NAV, "name": "NAV Fjordvik", "number": "974760673"}]  # fmt: skip


@dataclass(frozen=True)
class World:
    office: Office
    page: httpx.AsyncClient
    register: Adresseregisteret

    async def tells(self, **changed: Any) -> None:
        assert (await self.page.put("/control/parties", json=changed)).status_code == 204

    async def behaves(self, mood: str) -> None:
        await self.page.put("/control/mood", json={"mood": mood})

    async def is_told(self, **form: str) -> int:
        """Send a form of its page, as people do; return the status."""
        return (await self.page.post("/set", data=form)).status_code

    async def works(self, after: timedelta = registering.AGAIN) -> None:
        """Let a while pass, and the worker ask about all who are due."""
        let_pass(self.office, after)
        while await registering.turn(self.office, self.register):
            pass

    async def stands(self, her_id: int) -> Address:
        return (await addresses.find(self.office.database, [her_id]))[her_id]


@pytest.fixture
async def world(office: Office, tmp_path: Path) -> AsyncIterator[World]:
    known = tmp_path / "parties.json"
    known.write_text(json.dumps(PARTIES))
    service = behind_provider("peers.parties", "--parties", str(known), folder=tmp_path, scope=SCOPE)
    async with service as (url, page, machine):
        await addresses.put(office.database, [
            Address(her_id=HEART, name="Hjerte", ours=False, endpoint=EDI),
            Address(her_id=NAV, name="NAV", ours=False, endpoint=EDI), Address(her_id=OURS, name="Vårt", ours=True),
        ])  # fmt: skip
        yield World(office, page, Adresseregisteret(url=url, machine=machine))


@needs_provider
async def test_a_party_stands_as_the_register_has_it_and_is_closed_and_opened_again(world: World) -> None:
    await world.works()
    heart = await world.stands(HEART)
    assert (heart.name, heart.parent, heart.org_number, heart.endpoint) == (
        "Hjertepoliklinikken", 99000031, "974760673", EDI)  # fmt: skip
    assert (await world.stands(OURS)).name == "Vårt"
    first = await world.office.database.fetchval("SELECT encryption FROM address_register WHERE her_id = $1", HEART)
    await world.tells(**{str(HEART): {"renewed": 1}, str(NAV): None})
    await world.works()
    renewed = await world.office.database.fetchval("SELECT encryption FROM address_register WHERE her_id = $1", HEART)
    assert len(first) == 40 and first != renewed
    assert (await world.stands(NAV)).endpoint == EDI  # it is asked once more
    await world.works()
    await world.works(registering.ONCE_MORE)
    assert (await world.stands(NAV)).endpoint == "" and [
        one["her_id"] for one in await registering.gone(world.office)
    ] == [NAV]
    assert NAV not in dict(await addresses.partners(world.office.database))
    await world.tells(**{str(NAV): {"name": "NAV Fjordvik", "number": "974760673"}})
    await world.works()
    assert (await world.stands(NAV)).endpoint == EDI and not await registering.gone(world.office)
    await world.tells(**{str(NAV): {"until": "2026-11-01T00:00:00+00:00"}})
    await world.works()
    assert (await world.stands(NAV)).endpoint == ""  # its time is over: that is sure at once


@needs_provider
@pytest.mark.parametrize("mood", ["borte", "uleselig", "tom"])
async def test_while_it_does_not_answer_or_knows_nobody_what_it_said_stands(world: World, mood: str) -> None:
    await world.works()
    await world.behaves(mood)
    for _ in range(3):
        await world.works()
    assert [(await world.stands(one)).endpoint for one in (HEART, NAV)] == [EDI, EDI]
    assert bool((await registering.standing(world.office))["why"]) is (mood != "tom")
    await world.behaves("vanlig")
    await world.works()
    assert (await registering.standing(world.office))["why"] == ""


@needs_provider
async def test_one_that_cannot_be_asked_about_or_is_told_in_part_takes_nothing_from_anybody(world: World) -> None:
    await world.works()
    await world.tells(**{str(HEART): {"part": True, "name": "Hjertet"}, str(NAV): {"status": 400}})
    await world.works()
    assert ((await world.stands(HEART)).name, (await world.stands(HEART)).parent) == ("Hjertet", 99000031)
    assert await world.office.database.fetchval("SELECT encryption FROM address_register WHERE her_id = $1", HEART)
    await world.tells(**{str(NAV): {"status": 200}, str(HEART): {"status": 400, "part": False}})
    await world.works()  # whoever is asked about first, the other is asked about too
    asked = await world.office.database.fetch("SELECT her_id FROM address_register WHERE asked = $1 AND why = ''",
                                              world.office.clock())  # fmt: skip
    assert [row["her_id"] for row in asked] == [NAV]


@needs_provider
async def test_people_tell_it_on_its_page_how_it_and_its_parties_stand_and_the_operator_lets_it_be_asked_at_once(
    world: World,
) -> None:
    await world.works()
    page = (await world.page.get("/")).text
    assert str(HEART) in page and "svarer 503" in page
    for wrong in ({"mood": "noe"}, {"her_id": "7", "standing": "finnes"}, {"her_id": str(NAV), "standing": "noe"}, {}):
        assert await world.is_told(**wrong) == 400
    assert await world.is_told(her_id=str(HEART), standing="utløpt") == 303
    assert await world.is_told(her_id=str(NAV), name="NAV Fjordvik og omegn") == 303
    await world.works(timedelta(0))
    assert (await world.stands(HEART)).endpoint == EDI  # nobody has asked yet
    await registering.again(world.office)
    await world.works(timedelta(0))
    assert ((await world.stands(HEART)).endpoint, (await world.stands(NAV)).name) == ("", "NAV Fjordvik og omegn")
    assert await world.is_told(her_id=str(HEART), standing="finnes") == 303
    assert await world.is_told(mood="borte") == 303
    await registering.again(world.office)
    await world.works(timedelta(0))
    assert (await world.stands(HEART)).endpoint == "" and (await registering.standing(world.office))["why"]
    assert await world.is_told(mood="vanlig") == 303
    await registering.again(world.office)
    await world.works(timedelta(0))
    assert (await world.stands(HEART)).endpoint == EDI


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"herId": 8, "name": "En annen"}', b'{"herId": 7}', b"\xff",
             b'{"herId": 7, "name": "Uten sone", "validTo": "2026-01-01T00:00:00"}', b'{"herId": 7, "name": "En\\u0000"}',
             b'{"herId": 7, "name": "En", "personDetails": {"parentOrganization": {"herId": 99999999999999999999}}}'],
)  # fmt: skip
def test_what_makes_no_sense_is_no_answer(body: bytes) -> None:
    with pytest.raises(Away):
        read(body, 7)
