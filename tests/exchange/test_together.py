"""Messages that are filed, or handed over, in one go become what each becomes alone, for a few statements between them."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from itertools import count, islice
from pathlib import Path

import httpx
import pytest
from asyncpg.connection import LoggedQuery
from lxml import etree
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from akson.base.database import Database
from akson.base.work import Purpose
from akson.exchange import delivery, inbox, sending
from akson.exchange.exchanging import Exchange
from akson.exchange.safexml import Schemas
from akson.exchange.transports.local import PATH, Local
from akson.record.office import Office
from tests.exchange.care import care
from tests.exchange.letters import HEART, NORDRE, conversation, swapped, written
from tests.exchange.places import Places, make
from tests.exchange.world import SECRET, served
from tests.offices import FNR, let_pass, patient

OTHER, NOBODY = "13916900524", "13916900362"
ADMITTED, LEFT = "2026-11-20T14:00:00+01:00", "2026-11-24T12:00:00+01:00"
SEEN = """SELECT cardinality(patients) AS patients, outcome, unit <> 0 AS unit FROM access_log WHERE screen = 'melding inn'"""
MIXED: list[tuple[bytes, str, str]] = [  # what comes, what becomes of it, and the fault that is told
    (written("En.", msg_id="a"), "filed", ""),
    (written("To til samme person.", msg_id="b"), "filed", ""),
    (written(fnr=OTHER, msg_id="c"), "filed", ""),
    (care("LOG_INNLAGT", at=ADMITTED, msg_id="d"), "filed", ""),
    (care("LOG_UTSKRIVNINGSKLAR", at=LEFT, msg_id="e"), "filed", ""),
    (written(fnr=NOBODY, msg_id="f"), "refused", "E35"),
    (written(fnr="14834142058", msg_id="g"), "refused", "E31"),
    (written(msg_id="h")[:900], "refused", "T01"),
    (swapped("DIALOG_HELSEFAGLIG", "EPIKRISE", msg_id="i"), "refused", "T10"),
    (written(to=replace(NORDRE, her_id=99999999), msg_id="j"), "refused", "E21"),
    (written(sender=replace(HEART, her_id=10**30), msg_id="k"), "refused", "X99"),
]


@pytest.fixture
async def places(office: Office) -> Places:
    made = await make(office)
    await patient(office, at=made.practice, identifier=[{"system": FNR, "value": OTHER}])
    return made


async def keep(places: Places, bodies: Sequence[bytes]) -> None:
    for body in bodies:
        await inbox.keep(places.office.database, body, now=places.office.clock(), envelope_from=HEART.her_id)


async def become(places: Places) -> dict[bytes, tuple[str, str]]:
    """Return what became of each message, by its bytes."""
    return {row["body"]: (row["state"], row["fault_code"]) for row in await places.rows("SELECT * FROM message_in")}


@pytest.fixture(params=[1, 32])
def together(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many messages are filed in one transaction, at most."""
    monkeypatch.setattr(delivery, "_TOGETHER", request.param)
    return int(request.param)


async def test_good_and_bad_become_what_each_becomes_alone(
    places: Places, together: int, owner_db: Database, caplog: pytest.LogCaptureFixture
) -> None:
    await keep(places, [written()])
    await delivery.receive_due(places.office)
    (first,) = await places.found("Communication")
    async with places.office.work(places.doctor, Purpose.TREATMENT) as work:
        ours = await sending.answer(work, first["id"], "Ja.")
    (sent,) = await places.rows("SELECT msg_id FROM message_out WHERE told_of = $1", ours.id)
    await places.office.database.execute("UPDATE message_out SET state = 'accepted' WHERE told_of = $1", ours.id)
    reply = swapped("<mh:Patient>", conversation(sent["msg_id"]) + "<mh:Patient>", msg_id="l")
    with caplog.at_level(logging.WARNING):
        await keep(places, [reply, *(body for body, _, _ in MIXED)])
        assert await delivery.receive_due(places.office) == len(MIXED) + 1
    assert caplog.records == []
    told = await become(places)
    assert {body: told[body] for body, _, _ in MIXED} == {body: (state, fault) for body, state, fault in MIXED}
    assert await places.counts() == {"in filed": 7, "in refused": 6, "out answered": 1, "out queued": 13}
    whose = [each["subject"]["reference"] for each in await places.found("Communication")]
    assert len(whose) == 8 and whose.count(places.astrid.reference) == 7
    assert len(await places.found("Encounter")) == 1  # each finds what the one before has made
    log = [dict(row) for row in await owner_db.fetch(SEEN)]
    assert [row["patients"] for row in log if row["outcome"] == "permit"] == [1] * 7  # one row each, about one person
    assert all(row["unit"] for row in log) and {row["outcome"] for row in log} == {"permit", "failed"}


async def test_where_all_of_them_fail_each_is_taken_alone(places: Places, caplog: pytest.LogCaptureFixture) -> None:
    bodies = [
        written("Første.", msg_id="x"),
        written("Annet under samme id.", msg_id="x"),
        written("Tredje.", msg_id="z"),
    ]
    await keep(places, bodies)
    with caplog.at_level(logging.WARNING):
        await delivery.receive_due(places.office)
    assert [record.message for record in caplog.records] == ["messages are taken one by one"]
    assert sorted((await become(places)).values()) == [("filed", ""), ("filed", ""), ("refused", "E10")]
    assert len(await places.found("Communication")) == 2


class Breaks(Schemas):
    """The operator's schemas, where one message finds a fault of ours that quotes it."""

    def check(self, root: etree._Element) -> None:
        said = etree.tostring(root, encoding="unicode")
        if "Andre." in said:
            raise KeyError(said)


async def test_one_that_finds_a_fault_of_ours_stops_no_other_and_nothing_of_it_is_told(
    places: Places, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    (tmp_path / "x.xsd").write_text('<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:x"/>')
    await keep(places, [written(f"{text}.", msg_id=text) for text in ("Første", "Andre", "Tredje")])
    assert await delivery.receive_due(places.office, schemas=Breaks(tmp_path)) == 3
    assert sorted((await become(places)).values()) == [("filed", ""), ("filed", ""), ("kept", "")]
    told = [(one.message, vars(one)["failure"]) for one in caplog.records]
    assert told == [("messages are taken one by one", "KeyError"), ("a message has stopped us", "KeyError")]
    for _ in range(2):
        caplog.clear()
        let_pass(places.office, timedelta(minutes=3))
        more = [written(msg_id=f"{places.office.clock()}-{n}") for n in range(4)]
        await keep(places, more)
        assert await delivery.receive_due(places.office, schemas=Breaks(tmp_path)) == 5
        became = await become(places)
        assert [became[body] for body in more] == [("filed", "")] * 4
        assert [(one.message, vars(one)["failure"]) for one in caplog.records] == told[1:]
    assert "Andre" not in caplog.text and all(one.exc_info is None for one in caplog.records)


async def test_one_that_stopped_us_before_and_one_that_is_large_come_alone(places: Places) -> None:
    office = places.office
    small, large = (of_one_bucket(how_long) for how_long in (10, 3_000_000))
    await keep(places, small)
    (bucket,) = await inbox.waiting(office.database, office.clock())

    async def claimed() -> int:
        return len(await inbox.claim(office.database, bucket, office.clock(), most=8))

    assert [await claimed(), await claimed()] == [3, 0]
    let_pass(office, timedelta(minutes=3))  # as if the worker died
    assert [await claimed() for _ in range(4)] == [1, 1, 1, 0]
    await keep(places, large)
    assert [await claimed() for _ in range(4)] == [1, 1, 1, 0]


async def test_of_those_in_many_buckets_no_more_are_read_together_than_are_well_held(
    places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a night's stop many wait, each of them the first of its bucket; here all but one are a third of it."""
    bodies = [written(msg_id=f"{n:02}") for n in range(10)]
    large = written(msg_id="large").replace(b"<mh:Patient>", b" " * 3 * len(bodies[0]) + b"<mh:Patient>")
    monkeypatch.setattr(inbox, "HELD", 3 * len(bodies[0]) + 20)
    await keep(places, [*bodies[:5], large, *bodies[5:]])
    told = await listening(places.office)
    assert await delivery.receive_due(places.office) == 11
    assert set((await become(places)).values()) == {("filed", "")}
    filed = [[len(body) for body in [*bodies, large] if sha256(body).digest() in one.args[1]]
             for one in told if one.query == inbox.SQL.settle_in]  # fmt: skip
    assert sum(map(len, filed)) == 11 and len(filed) < 11
    assert all(len(some) == 1 or sum(some) <= inbox.HELD for some in filed)


def of_one_bucket(length: int) -> list[bytes]:
    """Return three messages of this length that are kept in the bucket 7."""
    numbered = (str(number).encode().ljust(length) for number in count())
    return list(islice((body for body in numbered if sha256(body).digest()[0] & 63 == 7), 3))


async def listening(office: Office) -> list[LoggedQuery]:
    """Return a list that every statement from now on is added to, in a work or alone, but for searches."""
    told: list[LoggedQuery] = []
    connections = [await office.database.acquire() for _ in range(6)]
    for connection in connections:
        connection.add_query_logger(told.append)
        await office.database.release(connection)
    return told


async def test_what_they_cost_between_them_does_not_grow_with_their_number(places: Places) -> None:
    """But for the claims, one in each of the buckets."""
    told, costs = await listening(places.office), []
    for number in (8, 8, 24):
        told.clear()
        await keep(places, [
            swapped("DIALOG_HELSEFAGLIG", "DIALOG_INNBYGGER_TEST", msg_id=f"{number}-{len(costs)}-{n}") for n in range(number)
        ])  # fmt: skip
        assert await delivery.receive_due(places.office) == number
        costs.append(
            len([each for each in told if "INSERT INTO message_in" not in each.query and "m SET due" not in each.query])
        )
    assert costs[1] == costs[2] <= 8  # the first writes down who wrote; two are the looks for what waits
    assert len(await places.found("Communication")) == 40


async def test_nor_does_what_goes_out_of_one_bucket_with_receipts(office: Office, owner_db: Database) -> None:
    came: list[bytes] = []

    async def receive(request: Request) -> Response:
        came.append(await request.body())
        return Response(status_code=202)

    async with served([Route(PATH, receive, methods=["POST"])]) as url, httpx.AsyncClient(timeout=20) as client:
        places = await make(office, endpoint=f"{url}{PATH}")
        exchange = Exchange(carriers={"http": Local(secret=SECRET, client=client)})
        told, costs = await listening(office), []
        for number in (4, 4, 12):
            new = {"resourceType": "Communication", "subject": {"reference": places.astrid.reference}}
            for n in range(number):
                async with office.work(places.doctor, Purpose.TREATMENT) as work:
                    await sending.send(work, new | {"payload": [{"contentString": f"{n}"}]}, to=HEART.her_id)
            await owner_db.execute("UPDATE message_out SET bucket = 7, due = created_at")
            told.clear()
            assert await exchange.deliver_due(office) == number
            costs.append(len(told))
    assert costs[1] == costs[2] <= 8 and len(set(came)) == 20
    assert await places.rows("SELECT DISTINCT state FROM message_out") == [{"state": "delivered"}]
    assert await owner_db.fetchval("SELECT count(*) FROM message_move") == 20
