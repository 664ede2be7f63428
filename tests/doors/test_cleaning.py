"""What the worker clears away now and then."""

from __future__ import annotations

from datetime import timedelta

import pytest

from akson.base.errors import Refused
from akson.doors.running import clean
from akson.doors.sending import reserve
from akson.record.office import Office
from akson.signin.tickets import Tickets
from tests.offices import NOW

SETTLE = "UPDATE sending SET led = '/start' WHERE key = $1"


async def test_a_form_that_a_crash_left_half_carried_out_can_be_sent_again_after_a_minute(office: Office) -> None:
    await reserve(office, "crashed", "first")
    await clean(office.database, NOW + timedelta(seconds=59))
    with pytest.raises(Refused, match="AK-W004"):
        await reserve(office, "crashed", "second", patience=timedelta())
    await clean(office.database, NOW + timedelta(seconds=61))
    assert await reserve(office, "crashed", "second") is None


async def test_a_form_that_was_carried_out_is_remembered_for_a_day(office: Office) -> None:
    database = office.database
    await reserve(office, "done", "first")
    await database.execute(SETTLE, "done")
    await clean(database, NOW + timedelta(hours=23))
    assert await reserve(office, "done", "second") == "/start"
    await clean(database, NOW + timedelta(hours=25))
    assert await database.fetchval("SELECT count(*) FROM sending") == 0


async def test_what_sign_in_kept_for_a_while_is_forgotten(office: Office) -> None:
    await Tickets(office.database).put("state", {}, until=NOW)
    await clean(office.database, NOW + timedelta(hours=2))
    assert await office.database.fetchval("SELECT count(*) FROM signin_ticket") == 0
