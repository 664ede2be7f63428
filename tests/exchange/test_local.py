"""The local transport, against the hospital as a program of its own."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from akson.base.work import Purpose
from akson.exchange import delivery, inbox, outbox, sending
from akson.exchange.addresses import Address
from akson.exchange.exchanging import Exchange
from akson.exchange.handing import POISON
from akson.exchange.safexml import LARGEST
from akson.exchange.states import ATTEMPTS, State
from akson.exchange.transports.local import PATH, Local
from akson.record.office import Office
from tests.exchange.letters import ASTRID, HEART, NORDRE, written
from tests.exchange.places import Places, make
from tests.exchange.test_delivery import clock
from tests.exchange.world import SECRET, World, served, world
from tests.programs import ROOT

__all__ = ["world"]


async def test_the_hospital_writes_the_doctor_answers_and_both_see_the_receipts(world: World) -> None:
    await world.sends()
    (communication,) = await world.until(lambda: world.places.found("Communication"))
    assert communication["payload"][0]["contentString"] == "Hun reiser hjem i morgen."

    async def accepted() -> bool:
        sent = await world.told("ut", "DIALOG_HELSEFAGLIG")
        return sent is not None and sent["state"] == "AppRec OK"

    await world.until(accepted)
    async with world.places.office.work(world.places.doctor, Purpose.TREATMENT) as work:
        mine = await sending.answer(work, communication["id"], "Vi er klare.")
    assert await world.standing(mine.id) is State.QUEUED
    await world.exchange.deliver_due(world.places.office)
    assert await world.standing(mine.id) is State.DELIVERED

    async def settled() -> bool:
        return await world.standing(mine.id) is State.ACCEPTED

    await world.until(settled)
    arrived = await world.told("inn", "DIALOG_HELSEFAGLIG")
    assert arrived is not None and arrived["text"] == "Vi er klare."


@pytest.mark.parametrize(("fnr", "to", "said"), [
    ("13916900362", NORDRE.her_id, "AppRec Avvist E35 Pasienten finnes ikke hos mottakeren."),
    (ASTRID, 99999999, "AppRec Avvist E21 Mottakeren finnes ikke her."),
])  # fmt: skip
async def test_a_misaddressed_message_is_refused_and_the_hospital_learns_why(
    world: World, fnr: str, to: int, said: str
) -> None:
    await world.sends(fnr=fnr, to=to)

    async def refused() -> bool:
        sent = await world.told("ut", "DIALOG_HELSEFAGLIG")
        return sent is not None and sent["state"] == said

    await world.until(refused)
    assert len(await inbox.for_humans(world.places.office.database, None)) == 1


async def test_a_ruined_message_is_answered_with_t01(world: World) -> None:
    await world.mood("uleselig")
    await world.sends()

    async def refused() -> str:
        sent = await world.told("ut", "DIALOG_HELSEFAGLIG")
        return sent["state"] if sent and sent["state"].startswith("AppRec") else ""

    assert "T01" in await world.until(refused)


async def test_a_hospital_that_sends_everything_twice_is_filed_once(world: World) -> None:
    await world.mood("dobbel")
    await world.sends()

    twice = "SELECT FROM message_in WHERE times = 2 AND state = 'filed' AND NOT EXISTS (SELECT FROM message_again)"

    async def both() -> bool:
        return await world.places.rows(twice) != []

    await world.until(both)
    assert len(await world.places.found("Communication")) == 1


async def test_a_hospital_that_refuses_gives_the_doctor_a_task(world: World) -> None:
    await world.mood("feilkode")
    new = {"resourceType": "Communication", "subject": {"reference": world.places.astrid.reference}}
    async with world.places.office.work(world.places.doctor, Purpose.TREATMENT) as work:
        made = await sending.send(work, new | {"payload": [{"contentString": "Hei"}]}, to=HEART.her_id)

    async def rejected() -> bool:
        return await world.standing(made.id) is State.REJECTED

    await world.until(rejected)
    (task,) = await world.places.found("Task")
    assert task["description"] == "Melding: Avvist av mottaker"


async def test_a_message_nobody_takes_stays_queued_and_is_shown_as_such(office: Office) -> None:
    places = await make(office)  # nobody listens at that port
    await inbox.keep(office.database, written(), now=office.clock(), envelope_from=HEART.her_id)
    async with httpx.AsyncClient(timeout=1) as client:
        exchange = Exchange(carriers={"http": Local(secret=SECRET, client=client)})
        assert await exchange.turn(office) == 2
        (row,) = await places.rows("SELECT state, attempts, fault_text, due > created_at AS later FROM message_out")
        assert row == {"state": "queued", "attempts": 1, "fault_text": "Mottakeren svarer ikke.", "later": True}
        assert await exchange.turn(office) == 0


async def writes(places: Places) -> str:
    new = {"resourceType": "Communication", "subject": {"reference": places.astrid.reference}}
    async with places.office.work(places.doctor, Purpose.TREATMENT) as work:
        return (await sending.send(work, new | {"payload": [{"contentString": "Hei"}]}, to=HEART.her_id)).id


async def test_what_has_waited_for_hours_goes_at_once_when_its_receiver_answers_again(office: Office) -> None:
    awake, came = [False], list[int]()

    async def receive(_: Request) -> Response:
        came.append(awake[0])
        return Response(status_code=202 if awake[0] else 503)

    async with served([Route(PATH, receive, methods=["POST"])]) as url, httpx.AsyncClient(timeout=20) as client:
        places = await make(office, endpoint=f"{url}{PATH}")
        exchange = Exchange(carriers={"http": Local(secret=SECRET, client=client)})
        for _ in range(8):
            await writes(places)
        for _ in range(60):
            clock(office).pass_(timedelta(minutes=10))
            await exchange.deliver_due(office)
        (row,) = await places.rows(
            "SELECT max(due) AS due, count(*) AS waits FROM message_out WHERE state = 'queued' AND rests_for <> ''"
        )
        assert row["waits"] == 8 and row["due"] > office.clock() + timedelta(hours=1)
        assert len(came) < 60 * 4  # it was not asked by every message again and again
        awake[0] = True
        clock(office).pass_(timedelta(minutes=1))
        for _ in range(2):
            await exchange.deliver_due(office)
        assert await places.rows("SELECT DISTINCT state FROM message_out") == [{"state": "delivered"}]


async def test_a_message_nobody_takes_is_given_up_after_two_days_and_not_before(office: Office) -> None:
    places = await make(office)
    await writes(places)
    async with httpx.AsyncClient(timeout=1) as client:
        exchange = Exchange(carriers={"http": Local(secret=SECRET, client=client)})
        for _ in range(47 * 6):
            clock(office).pass_(timedelta(minutes=10))
            await exchange.deliver_due(office)
        assert await places.rows("SELECT state FROM message_out") == [{"state": "queued"}]
        clock(office).pass_(timedelta(hours=2))
        await exchange.deliver_due(office)
    (row,) = await places.rows("SELECT state, fault_text FROM message_out")
    assert row == {"state": "failed", "fault_text": "Mottakeren svarer ikke."}


async def test_a_worker_that_dies_over_a_message_again_and_again_is_kept_from_it(office: Office) -> None:
    places = await make(office)
    await writes(places)
    async with httpx.AsyncClient(timeout=1) as client:
        exchange = Exchange(carriers={"http": Local(secret=SECRET, client=client)})
        for _ in range(20):  # told of: it may go on
            clock(office).pass_(timedelta(hours=1))
            await exchange.deliver_due(office)
        for _ in range(ATTEMPTS):
            clock(office).pass_(timedelta(hours=1))
            for bucket in await outbox.waiting(office.database, office.clock()):
                assert await outbox.claim(office.database, bucket, office.clock())
        clock(office).pass_(timedelta(hours=1))
        await exchange.deliver_due(office)
    assert (await places.rows("SELECT fault_text FROM message_out"))[0]["fault_text"] == POISON


@pytest.mark.parametrize(("headers", "body", "status"), [
    ({}, b"<x/>", 401),
    ({"authorization": "Bearer feil"}, b"<x/>", 401),
    ({"authorization": SECRET}, b"<x/>", 401),
    ({"authorization": f"Bearer {SECRET}"}, b"", 400),
    ({"authorization": f"Bearer {SECRET}"}, b"x" * (LARGEST + 1), 413),
    ({"authorization": f"Bearer {SECRET}", "x-from-her-id": "-1; DROP"}, b"<x/>", 202),
])  # fmt: skip
async def test_only_those_with_the_secret_get_a_receipt_and_only_for_what_is_kept(
    office: Office, headers: dict[str, str], body: bytes, status: int
) -> None:
    local = Local(secret=SECRET, client=httpx.AsyncClient())
    app = Starlette(routes=local.routes(office))
    async with local.client, httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://a") as client:
        answer = await client.post(PATH, content=body, headers=headers)
    kept = await office.database.fetch("SELECT encode(digest, 'hex') AS id, envelope_from FROM message_in")
    assert answer.status_code == status
    assert [dict(row) for row in kept] == ([{"id": answer.json()["id"], "envelope_from": 0}] if status == 202 else [])


def test_the_secret_is_long_and_never_leaves_this_machine() -> None:
    with pytest.raises(ValueError, match="short"):
        Local(secret="kort", client=httpx.AsyncClient())
    for elsewhere in (
        "http://sykehus.example/x",
        "https://127.0.0.1/x",
        "http://127.0.0.1.example/x",
        "ftp://localhost",
    ):
        with pytest.raises(ValueError, match="this machine"):
            Address(her_id=1, name="Ute", ours=False, endpoint=elsewhere)
    assert SECRET not in repr(Local(secret=SECRET, client=httpx.AsyncClient()))


def test_the_hospital_shares_no_code_with_akson() -> None:
    for path in (ROOT / "peers").glob("*.py"):
        text = path.read_text("utf-8").replace("--akson-url", "").replace("akson_url", "")
        assert "akson." not in text.replace("https://akson.no/fhir/", ""), path  # what codes are called is no code


async def test_filing_costs_the_same_few_statements_whatever_the_record_holds(office: Office) -> None:
    places = await make(office)
    costs = []
    for number in range(4):  # the first writes down who wrote, which all after it name
        await inbox.keep(office.database, written(msg_id=f"m-{number}"), now=office.clock(), envelope_from=HEART.her_id)
        (bucket,) = await inbox.waiting(office.database, office.clock())
        (kept,) = await inbox.claim(office.database, bucket, office.clock())
        before = office.database.statements
        await delivery.receive(office, kept)
        costs.append(office.database.statements - before)
    assert len(set(costs[1:])) == 1
    assert len(await places.found("Communication")) == 4
