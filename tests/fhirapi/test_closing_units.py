"""No unit is closed over anybody's head: not on any way in, and not in the moment that somebody comes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from akson.base.database import Database
from akson.base.errors import Refused
from akson.base.work import Actor, Purpose
from akson.exchange import outbox
from akson.fhir.types import code_of
from akson.record import journal, occupied, worklist
from akson.record.office import Office
from akson.record.session import transaction
from akson.record.writing import flush
from akson.registers.codes import ROLE
from tests.exchange.test_scale import rows
from tests.fhirapi.clients import Api, issue
from tests.fhirapi.clients import transaction as bundle
from tests.fhirapi.test_patch import JSON_PATCH
from tests.offices import JOB, NOW, VENDOR, patient, staff, unit
from tests.record.test_contention import until_somebody_waits

Resource = dict[str, Any]


async def care(office: Office, place: Actor) -> Resource:
    astrid = await patient(office)
    return {"resourceType": "EpisodeOfCare", "status": "active", "patient": {"reference": astrid.reference},
            "managingOrganization": {"reference": place.unit_id}}  # fmt: skip


async def role(office: Office, place: Actor) -> Resource:
    who = await staff(office, place, "Yusuf")
    return {"resourceType": "PractitionerRole", "active": True, "practitioner": {"reference": who.id},
            "organization": {"reference": place.unit_id}, "code": [{"coding": [{"system": ROLE, "code": "sykepleier"}]}]}  # fmt: skip


async def below(_office: Office, place: Actor) -> Resource:
    return {"resourceType": "Organization", "name": "Kontor 4", "partOf": {"reference": place.unit_id}}


async def task(office: Office, place: Actor) -> Resource:
    astrid = await patient(office)
    return {"resourceType": "Task", "status": "requested", "intent": "order", "for": {"reference": astrid.reference},
            "owner": {"reference": place.unit_id}, "authoredOn": "2026-11-20"}  # fmt: skip


WHO = [(role, "AK-W023"), (below, "AK-W024"), (care, "AK-W025"), (task, "AK-W026")]
ROUTES = [(care, "AK-W025", route) for route in ("PUT", "DELETE", "Bundle")] + [(*one, "PATCH") for one in WHO]
Comes = Callable[[Office, Actor], Awaitable[Resource]]


async def close(office: Office, place: Actor) -> None:
    async with office.work(JOB, Purpose.SYSTEM) as work:
        id_ = place.unit_id.partition("/")[2]
        stands = (await journal.read(work, "Organization", id_)).resource
        await journal.update(work, stands | {"active": False}, id_=id_)


async def is_open(office: Office, place: Actor) -> bool:
    async with office.work(JOB, Purpose.SYSTEM) as work:
        return (await journal.read(work, *place.unit_id.split("/", 1))).resource.get("active") is not False


@pytest.mark.parametrize(("comes", "code", "route"), ROUTES)
async def test_what_is_left_at_a_unit_keeps_it_open_on_every_way_in(
    office: Office, api: Api, comes: Comes, code: str, route: str
) -> None:
    place, client = await unit(office, "Sone nord"), api.as_(VENDOR)
    async with office.work(JOB, Purpose.SYSTEM) as work:
        there = await journal.create(work, await comes(office, place))
    closed = {
        "resourceType": "Organization",
        "id": place.unit_id.partition("/")[2],
        "name": "Sone nord",
        "active": False,
    }

    async def ask() -> Any:
        match route:
            case "PUT":
                return await client.put(place.unit_id, json=closed)
            case "PATCH":
                what = [{"op": "add", "path": "/active", "value": False}]
                return await client.patch(place.unit_id, json=what, headers=JSON_PATCH)
            case "DELETE":
                return await client.delete(place.unit_id)
        request = {"method": "PUT", "url": place.unit_id}
        return await client.post("", content=bundle({"resource": closed, "request": request}))

    answer = await ask()
    assert answer.status_code == 409 and code in str(issue(answer)) and await is_open(office, place)
    assert (await client.delete(there.reference)).status_code in (200, 204)
    assert (await ask()).status_code in (200, 204)


@pytest.mark.parametrize(("comes", "code"), WHO[:3])
async def test_who_is_about_to_come_is_waited_for(office: Office, comes: Comes, code: str) -> None:
    place = await unit(office, "Sone nord")
    coming = await comes(office, place)
    async with office.work(JOB, Purpose.SYSTEM) as work:
        await transaction(work)
        await journal.create(work, coming)
        await flush(work)
        closing = asyncio.create_task(close(office, place))
        await until_somebody_waits(office.database)
    with pytest.raises(Refused, match=code):
        await closing
    assert await is_open(office, place)


@pytest.mark.parametrize("comes", [each for each, _ in WHO[:3]])
async def test_who_comes_while_a_unit_is_closed_is_refused_and_nothing_is_written(office: Office, comes: Comes) -> None:
    place = await unit(office, "Sone nord")
    coming = await comes(office, place)

    async def come() -> None:
        async with office.work(JOB, Purpose.SYSTEM) as work:
            await journal.create(work, coming)

    async with office.work(JOB, Purpose.SYSTEM) as work:
        id_ = place.unit_id.partition("/")[2]
        await journal.update(
            work, (await journal.read(work, "Organization", id_)).resource | {"active": False}, id_=id_
        )
        await flush(work)
        joining = asyncio.create_task(come())
        await until_somebody_waits(office.database)
    for late in (joining, come()):
        with pytest.raises(Refused, match="AK-J025"):
            await late
    assert await office.database.fetchval("SELECT count(*) FROM fact WHERE unit = $1", place.unit) == 0


async def test_what_was_there_before_a_unit_was_closed_can_still_be_told_and_nobody_new(office: Office) -> None:
    place = await unit(office, "Sone nord")
    await close(office, place)
    over = {"start": "2024-01-01", "end": (NOW - timedelta(days=30)).date().isoformat()}
    was = await care(office, place) | {"period": over}
    async with office.work(JOB, Purpose.SYSTEM) as work:
        await journal.create(work, was)
        await journal.create(work, await care(office, place) | {"status": "finished"})


UNDERWAY = [
    ("state = 'queued'", 1), ("state = 'sent', sent_at = now()", 1), ("state = 'delivered'", 1),
    ("state = 'delivered', wants_apprec = false", 0), ("state = 'accepted'", 0), ("state = 'overdue'", 0),
    ("state = 'sent', carrier_id = 'x'", 1), ("type = 'BEKYMRINGSMELDING'", 0), ("told_of = ''", 0),
]  # fmt: skip


async def test_a_unit_is_not_closed_over_its_messages_that_are_underway(office: Office, owner_db: Database) -> None:
    """Nobody would have the task when one is lost."""
    place, other = await unit(office, "Sone nord"), await unit(office, "Sone sør")
    letter = outbox.Letter(type="DIALOG_HELSEFAGLIG", msg_id="m-1", sender=1, receiver=2, body=b"<x/>",
                           responsible="Practitioner/x", unit=place.unit, told_of="c-1")  # fmt: skip
    async with office.work(JOB, Purpose.SYSTEM) as work:
        await outbox.queue(work, letter)
    with pytest.raises(Refused, match="AK-W032"):
        await close(office, place)
    await close(office, other)
    for changed, count in UNDERWAY:
        await owner_db.execute(f"UPDATE message_out SET {changed}")
        async with office.work(JOB, Purpose.SYSTEM) as work:
            assert (await occupied.left(work, place.unit)).underway == count, changed
    await close(office, place)


NEWS = """INSERT INTO news (owner, seq, bucket, at, types, ids, versions)
SELECT n, 1, n & 63, now(), ARRAY[$1::smallint], ARRAY['id' || n], ARRAY[1] FROM generate_series($2::bigint, $3::bigint) n"""


async def test_what_no_worker_has_carried_is_not_read_before_a_unit_is_closed_but_for_tasks(
    office: Office, owner_db: Database
) -> None:
    await owner_db.execute(NEWS, code_of("Observation"), 4, 20_000)
    await owner_db.execute(NEWS, code_of("Task"), 1, 3)
    await owner_db.execute("VACUUM ANALYZE news")
    assert await rows(owner_db, office, worklist.SQL.untold, ()) < 100
