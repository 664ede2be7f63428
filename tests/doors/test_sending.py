"""A form that is sent twice: one of the two is carried out, whatever each of them meets meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final

import pytest

from akson.base.errors import Refused
from akson.base.work import Actor, Purpose
from akson.doors import sending
from akson.record import journal
from akson.record.office import Office
from akson.record.stored import Stored
from tests.offices import NOW, patient, staff, unit

KEY: Final = "one form"


@asynccontextmanager
async def carrying_out(office: Office, who: Actor, about: Stored, holder: str) -> AsyncIterator[None]:
    """Write as a form does: the block goes on while it is under way."""
    async with office.work(who, Purpose.TREATMENT) as work:
        task = {"resourceType": "Task", "status": "requested", "intent": "order", "description": holder,
                "for": {"reference": about.reference}}  # fmt: skip
        await journal.create(work, task)
        yield
        await sending.carried(work, KEY, holder, f"/{holder}")


async def written(office: Office, who: Actor, about: Stored) -> list[str]:
    """Return whose tasks stand in the record."""
    async with office.work(who, Purpose.TREATMENT) as work:
        return [hit.resource["description"] for hit in (await journal.chart(work, about.id, {"Task": 9}))["Task"]]


async def test_a_sending_freed_while_its_first_sender_was_only_slow_is_written_once(office: Office) -> None:
    place = await unit(office, "Sone nord")
    mariam, astrid = await staff(office, place, "Yusuf"), await patient(office, at=place)
    assert await sending.reserve(office, KEY, "first") is None
    with pytest.raises(Refused, match="AK-W004"):
        async with carrying_out(office, mariam, astrid, "first"):
            await sending.clean(office.database, NOW + timedelta(seconds=61))
            assert await sending.reserve(office, KEY, "second") is None
            async with carrying_out(office, mariam, astrid, "second"):
                pass
    await sending.free(office, KEY, "first")  # what the door does after a refusal
    assert await written(office, mariam, astrid) == ["second"]
    assert await sending.reserve(office, KEY, "third") == "/second"


async def test_one_freed_and_not_sent_again_is_written_by_its_first_sender(office: Office) -> None:
    place = await unit(office, "Sone nord")
    mariam, astrid = await staff(office, place, "Yusuf"), await patient(office, at=place)
    await sending.reserve(office, KEY, "first")
    async with carrying_out(office, mariam, astrid, "first"):
        await sending.clean(office.database, NOW + timedelta(seconds=61))
    assert await written(office, mariam, astrid) == ["first"]
    assert await sending.reserve(office, KEY, "second") == "/first"


async def test_who_presses_twice_comes_to_where_the_first_press_leads(office: Office) -> None:
    place = await unit(office, "Sone nord")
    mariam, astrid = await staff(office, place, "Yusuf"), await patient(office, at=place)
    await sending.reserve(office, KEY, "first")
    async with carrying_out(office, mariam, astrid, "first"):
        second = asyncio.create_task(sending.reserve(office, KEY, "second"))
        await asyncio.sleep(0.2)
        assert not second.done()
    assert await second == "/first"
    assert await written(office, mariam, astrid) == ["first"]


async def test_when_the_first_press_is_refused_the_second_is_carried_out_with_its_text(office: Office) -> None:
    await sending.reserve(office, KEY, "first")
    second = asyncio.create_task(sending.reserve(office, KEY, "second"))
    await asyncio.sleep(0.2)
    await sending.free(office, KEY, "first")
    assert await second is None
    with pytest.raises(Refused, match="AK-W004"):
        await sending.reserve(office, KEY, "third", patience=timedelta(seconds=0.3))
