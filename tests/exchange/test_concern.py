"""Reports to the barnevern through KS Fiks: hidden, proven, never sent twice; and what the barnevern answers."""

from __future__ import annotations

import asyncio
import io
import json
import shutil
import subprocess
import zipfile
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from akson.access import duty
from akson.access.facts import WITHHELD, WITHHELD_FROM_PARENTS
from akson.base.database import Database
from akson.base.errors import Refused
from akson.base.work import Purpose
from akson.doors import barnevern, seeding
from akson.exchange import addresses, asice, concern, concerning, delivery, following, inbox, outbox, outcomes, sending
from akson.exchange.addresses import Address
from akson.exchange.carriers import Goes, Handed, Said
from akson.exchange.concern import Document, Person, Report, Reporter
from akson.exchange.exchanging import Exchange
from akson.exchange.outbox import Claimed, Unconfirmed
from akson.exchange.outcomes import Standing
from akson.exchange.states import UNKNOWN, Event, State
from akson.exchange.transports import fiks
from akson.exchange.transports.fiks import Fiks
from akson.record import journal
from akson.record.office import Office
from peers import letters, opening
from peers.barnevern import BARNEVERN as PLACE
from peers.letters import Letter
from peers.opening import Key, Unfit
from tests.exchange.barnevern import ORGNR, standing
from tests.exchange.letters import ASTRID, NORDRE
from tests.exchange.places import Places, make
from tests.exchange.test_delivery import clock
from tests.offices import JOB
from tests.programs import HANG

BARNEVERN, STRANGER = 99000021, "14831510049"
REPORTER = Reporter(name="Jonas Eikeland", role="fastlege", phone="98 76 54 32", mail="jonas@fjordvik.example",
                    unit="Nordre legesenter", number=ORGNR, place="Nordgata 4, 9999 Fjordvik")  # fmt: skip


def written(**more: Any) -> Document:
    told: dict[str, Any] = {
        "municipality": ("4299", "Fjordvik"), "district": "00", "reporter": REPORTER,
        "child": Person(name="Astrid Nordli", fnr=ASTRID, place="Fjordgata 12", told=False, why="Redd"),
        "carers": (Person(name="Kari Nordli", told=True),), "worry": "Blåmerker", "story": "Mandag så jeg tre.",
        "views": "", "interpreter": "", "helpers": "", "channel": "Fjordvik kommune",
        "sent": datetime(2026, 11, 23, 10, tzinfo=UTC),
    }  # fmt: skip
    return concern.document(Report(**told | more))


@dataclass
class FiksWorld:
    """Akson with a doctor, and the barnevern behind KS Fiks as a process; the worker's turns are taken by the test."""

    places: Places
    exchange: Exchange
    fiks: Fiks
    page: httpx.AsyncClient

    async def reports(self, **more: Any) -> str:
        """Let the doctor report; return the id of the Communication. more: of somebody without a record here."""
        async with self.places.office.work(self.places.doctor, Purpose.TREATMENT) as work:
            to = (await addresses.find(self.places.office.database, [BARNEVERN]))[BARNEVERN]
            patient = "" if more else self.places.astrid.id
            return (await concerning.report(work, written(**more), patient=patient, to=to)).id

    async def standing(self, communication: str) -> Standing:
        async with self.places.office.work(self.places.doctor, Purpose.TREATMENT) as work:
            return (await outcomes.standing(work, self.places.astrid.owner, [communication]))[0]

    async def ready(self) -> tuple[Claimed, Goes]:
        """Lease the one report that waits and make it ready; return what then hands it over with it."""
        database, now = self.places.office.database, self.places.office.clock()
        (bucket,) = await outbox.waiting(database, now)
        (claimed,) = await outbox.claim(database, bucket, now)
        goes = await self.fiks.ready(claimed)
        assert not isinstance(goes, Handed)
        return claimed, goes

    async def mood(self, mood: str) -> None:
        assert (await self.page.post("/set", data={"mood": mood})).status_code == 303

    async def came(self) -> list[dict[str, Any]]:
        return list((await self.page.get("/state")).json()["reports"])

    async def until(self, seen: Callable[[], Awaitable[Any]]) -> None:
        async with asyncio.timeout(HANG):
            while not await seen():
                await self.exchange.turn(self.places.office)
                clock(self.places.office).pass_(timedelta(seconds=20))
                await asyncio.sleep(0.02)

    async def gets(self, communication: str, state: State) -> Standing:
        async def there() -> bool:
            return (await self.standing(communication)).state is state

        await self.until(there)
        return await self.standing(communication)


@pytest.fixture
async def world(office: Office, tmp_path: Path) -> AsyncIterator[FiksWorld]:
    """The municipality in small, and its barnevern."""
    async with standing(office, tmp_path) as there:
        places = await make(office)
        await addresses.put(office.database, [Address(
            her_id=BARNEVERN, name="Barneverntjenesten i Fjordvik", ours=False, parent=NORDRE.parent,
            endpoint=there.endpoint, fiks="4299/03",
        )])  # fmt: skip
        yield FiksWorld(places, there.exchange, there.fiks, there.page)


async def test_the_barnevern_reads_it_confirms_it_and_answers_who_reported_and_nobody_else_is_asked(
    world: FiksWorld,
) -> None:
    made = await world.reports()
    await world.exchange.deliver_due(world.places.office)
    assert (await world.standing(made)).state is State.SENT  # taken is not delivered
    (came,) = await world.came()
    assert came["report"] == written() | {"bydelsnavn": "Fjordvik"}  # the usual district, where ours is not there
    await world.gets(made, State.ANSWERED)
    answered = {one["id"]: one for one in await world.places.found("Communication")}
    report = answered.pop(made)
    (answer,) = answered.values()
    assert answer["inResponseTo"] == [{"reference": f"Communication/{made}"}]
    assert answer["meta"]["security"] == report["meta"]["security"]
    assert answer["subject"] == report["subject"] == {"reference": world.places.astrid.reference}
    tasks = {one["focus"]["reference"].partition("/")[2]: one for one in await world.places.found("Task")}
    assert (tasks[made]["status"], tasks[answer["id"]]["status"]) == ("completed", "requested")
    assert tasks[answer["id"]]["owner"]["reference"] == world.places.doctor.id
    assert tasks[answer["id"]]["meta"]["security"] == report["meta"]["security"]


@pytest.mark.parametrize("number", ["", STRANGER, ASTRID])
async def test_the_answer_about_a_child_without_a_record_stands_beside_the_report_and_is_its_writers_alone(
    world: FiksWorld, number: str
) -> None:
    """Nobody knows the number, nobody here has it, or who has it may not be told of: none gets a record by it."""
    before = await world.places.rows("SELECT * FROM person_identifier")
    made = await world.reports(child=Person(name="Ukjent gutt", fnr=number, told=True))
    await world.exchange.deliver_due(world.places.office)

    async def answered() -> bool:
        return len(await world.places.found("Communication")) == 2

    await world.until(answered)
    told = {one["id"]: one for one in await world.places.found("Communication")}
    report, (answer,) = told.pop(made), told.values()
    assert answer["inResponseTo"] == [{"reference": f"Communication/{made}"}]
    assert "subject" not in answer and answer["meta"]["security"] == report["meta"]["security"]
    tasks = {one["focus"]["reference"].partition("/")[2]: one for one in await world.places.found("Task")}
    assert (tasks[made]["status"], tasks[answer["id"]]["status"]) == ("completed", "requested")
    assert tasks[answer["id"]]["owner"]["reference"] == world.places.doctor.id and "for" not in tasks[answer["id"]]
    assert await world.places.rows("SELECT * FROM person_identifier") == before
    async with world.places.office.work(world.places.doctor, Purpose.TREATMENT) as work:
        assert (await journal.read(work, "Communication", answer["id"])).id == answer["id"]
    (came,) = await world.places.rows("SELECT state, owner, filed_as FROM message_in")
    alone = world.places.office.ids.open(answer["id"])  # nobody's but its own: what erases it empties the message too
    assert came == {"state": "filed", "owner": alone, "filed_as": answer["id"]}


@pytest.mark.parametrize(("number", "code"), [("", "E30"), (STRANGER, "E35")])
async def test_what_a_barnevern_writes_about_nobody_here_and_answers_nothing_of_ours_is_refused(
    world: FiksWorld, number: str, code: str
) -> None:
    await world.reports(child=Person(name="Ukjent gutt", told=True))
    await world.exchange.deliver_due(world.places.office)
    letter = Letter(str(uuid4()), PLACE, NORDRE, number, "Ukjent", "gutt", "Svar", "Hei", answers=str(uuid4()))
    body = letters.dialog(letter, "2026-11-23T10:00:00+01:00")
    office = world.places.office
    await inbox.keep(office.database, body, now=office.clock(), envelope_from=BARNEVERN)
    await delivery.receive_due(office)
    (refused,) = await inbox.for_humans(office.database, None)
    assert refused["fault_code"] == code


async def test_the_answer_to_a_report_that_is_gone_comes_to_who_sent_it_and_stays_as_closed(world: FiksWorld) -> None:
    made, reported = await world.reports(), world.places.office.clock()
    await world.exchange.deliver_due(world.places.office)
    async with world.places.office.work(JOB, Purpose.SYSTEM) as work:
        await journal.delete(work, "Communication", made)

    async def there() -> bool:
        return bool(await world.places.found("Communication"))

    await world.until(there)
    (answer,) = await world.places.found("Communication")
    marks = {one["code"] for one in answer["meta"]["security"]}
    assert marks == {*duty.marks(world.places.doctor, reported), WITHHELD, WITHHELD_FROM_PARENTS}
    tasks = {one["status"]: one for one in await world.places.found("Task")}
    assert set(tasks) == {"completed", "requested"}
    assert tasks["requested"]["owner"]["reference"] == world.places.doctor.id


async def test_what_fiks_holds_is_waited_for_a_week_never_sent_twice_and_accepted_whenever_it_is_fetched(
    world: FiksWorld,
) -> None:
    await world.mood("treg")
    made, office = await world.reports(), world.places.office
    for hours, state in ((0, State.SENT), (6 * 24, State.SENT), (3 * 24, State.OVERDUE)):
        for _ in range(max(1, hours // 24)):
            clock(office).pass_(timedelta(hours=min(hours, 24)))
            await world.exchange.turn(office)
        assert (await world.standing(made)).state is state
    (human,) = [one for one in await world.places.found("Task") if one["status"] == "requested"]
    assert human["owner"]["reference"] == world.places.doctor.id  # one owner, and marked as the report is
    assert human["meta"]["security"] and "Ring barnevernet" in human["description"]
    async with office.work(world.places.doctor, Purpose.TREATMENT) as work:
        (held,) = await world.places.rows("SELECT owner, key FROM message_out WHERE told_of <> ''")
        with pytest.raises(Refused, match="AK-X010"):
            await following.send_again(
                work, await outbox.sent(work, held["owner"], held["key"], content=True), "på nytt"
            )
    await world.mood("taus")
    for _ in range(2):
        clock(office).pass_(timedelta(hours=8))
        await world.exchange.turn(office)
    assert (await world.standing(made)).state is State.ACCEPTED and len(await world.came()) == 1


@pytest.mark.parametrize(("mood", "ends"), [("brevpost", State.POSTED), ("stengt", State.FAILED)])
async def test_what_goes_by_post_is_settled_and_not_accepted_and_what_nobody_takes_comes_to_a_human(
    world: FiksWorld, mood: str, ends: State
) -> None:
    await world.mood(mood)
    made = (await world.gets(await world.reports(), ends)).communication
    clock(world.places.office).pass_(timedelta(days=8))
    await world.exchange.turn(world.places.office)
    now = await world.standing(made)
    assert (now.state, now.problem == fiks.CLOSED) == (ends, ends is State.FAILED)
    tasks = sorted(one["status"] for one in await world.places.found("Task"))
    assert tasks == ["accepted", *["requested"] * (ends is State.FAILED)]  # the answer is waited for all the same


async def test_a_service_that_is_away_gets_it_once_when_it_is_there_again(world: FiksWorld) -> None:
    await world.mood("borte")
    made = await world.reports()
    await world.exchange.turn(world.places.office)
    assert (await world.standing(made)).problem == fiks.AWAY
    await world.mood("taus")
    await world.gets(made, State.ACCEPTED)
    assert len(await world.came()) == 1
    world.fiks.tokens.forget()
    for headers in ({}, {"authorization": "Bearer x", "IntegrasjonId": "x", "IntegrasjonPassord": "x"}):
        assert (await world.page.get("/api/v2/kommuner/4299/bydeler", headers=headers)).status_code == 401


@pytest.mark.parametrize("mood", ["mister", "feil", "uleselig"])
async def test_a_lost_answer_makes_no_second_report_but_its_reporter_ring(world: FiksWorld, mood: str) -> None:
    await world.mood(mood)
    made = await world.gets(await world.reports(), State.FAILED)
    await world.mood("vanlig")
    for _ in range(3):
        clock(world.places.office).pass_(timedelta(hours=8))
        await world.exchange.turn(world.places.office)
    assert len(await world.came()) == 1 and made.problem == fiks.UNKNOWN
    (human,) = [one for one in await world.places.found("Task") if one["status"] == "requested"]
    assert (human["owner"]["reference"], human["description"]) == (world.places.doctor.id, fiks.UNKNOWN)


async def test_a_service_whose_answers_are_lost_makes_few_reports_unknown_and_the_rest_wait_for_it(
    world: FiksWorld,
) -> None:
    """Two minutes after the first, four after the second, eight after the third."""
    await world.mood("feil")
    for _ in range(8):
        await world.reports()
    for _ in range(40):
        await world.exchange.deliver_due(world.places.office)
        clock(world.places.office).pass_(timedelta(seconds=20))
    stand = "SELECT state, fault_code, count(*) FROM message_out GROUP BY 1, 2 ORDER BY 1"
    lost = {"state": "failed", "fault_code": UNKNOWN, "count": 3}
    assert await world.places.rows(stand) == [lost, {"state": "queued", "fault_code": "", "count": 5}]
    await world.mood("taus")

    async def gone() -> bool:
        return not await world.places.rows("SELECT FROM message_out WHERE state IN ('queued', 'sent')")

    await world.until(gone)
    assert await world.places.rows(stand) == [{"state": "accepted", "fault_code": "", "count": 5}, lost]
    assert len(await world.came()) == 8


@dataclass
class Watched:
    """The way to Fiks, with where all reports stand as each is about to be handed over."""

    world: FiksWorld
    seen: list[list[str]] = field(default_factory=list)
    unknown: str = fiks.UNKNOWN

    async def ready(self, claimed: Claimed) -> Handed | Goes:
        goes = await self.world.fiks.ready(claimed)
        assert not isinstance(goes, Handed)

        async def watched(still: Callable[[], bool]) -> Handed:
            rows = await self.world.places.rows("SELECT state FROM message_out ORDER BY state")
            self.seen.append([row["state"] for row in rows])
            return await goes(still)

        return watched

    async def ask(self, asked: Unconfirmed) -> Said:
        return await self.world.fiks.ask(asked)


async def test_what_fiks_has_taken_is_known_before_anything_else_is_handed_over(
    world: FiksWorld, owner_db: Database
) -> None:
    """A worker that dies between two reports leaves none as unknown."""
    for _ in range(3):
        await world.reports()
    await owner_db.execute("UPDATE message_out SET bucket = 7")
    watched = Watched(world)
    assert await Exchange(carriers={"fiks": watched}).deliver_due(world.places.office) == 3
    assert watched.seen == [["queued"] * 3, ["queued", "queued", "sent"], ["queued", "sent", "sent"]]
    assert [row["state"] for row in await world.places.rows("SELECT state FROM message_out")] == ["sent"] * 3


@pytest.mark.parametrize(("died", "came", "ends"), [
    ("when it was leased", 1, State.ANSWERED), ("when it was made ready", 1, State.ANSWERED),
    ("as it was about to leave", 0, State.FAILED), ("when it had left", 1, State.FAILED),
    ("in the release before, wherever", 0, State.FAILED),
])  # fmt: skip
async def test_what_a_worker_died_over_is_sent_by_the_next_only_where_it_cannot_have_left(
    world: FiksWorld, owner_db: Database, died: str, came: int, ends: State
) -> None:
    made, office = await world.reports(), world.places.office
    claimed, goes = await world.ready()
    if died in ("as it was about to leave", "when it had left"):
        assert await outbox.leaves(office.database, claimed, office.clock())
    if died == "when it had left":
        await goes(lambda: True)
    if died.startswith("in the release before"):
        await owner_db.execute("UPDATE message_out SET leaving = NULL")
    clock(office).pass_(outbox.LEASE + timedelta(seconds=1))
    now = await world.gets(made, ends)
    assert (len(await world.came()), now.problem == fiks.UNKNOWN) == (came, ends is State.FAILED)
    assert not await outbox.leaves(office.database, claimed, office.clock())  # somebody else has taken it up since


@pytest.mark.parametrize(("meanwhile", "stands"), [
    (Event.GIVE_UP, State.SENT), (Event.DEADLINE, State.OVERDUE), (Event.BY_HAND, State.HANDLED),
])  # fmt: skip
async def test_what_fiks_has_taken_is_asked_for_and_answered_whatever_it_was_called_before_the_answer_came(
    world: FiksWorld, meanwhile: Event, stands: State
) -> None:
    """Another worker took it up when the lease had ended, or a person did."""
    made, office = await world.reports(), world.places.office
    claimed, goes = await world.ready()
    handed = await goes(lambda: True)
    async with office.work(delivery.AKSON, Purpose.MESSAGE) as work:
        await delivery.move(work, claimed.owner, claimed.key, meanwhile)
    async with office.work(delivery.AKSON, Purpose.MESSAGE) as work:
        await outbox.handed_over(work, [(claimed, handed.id)])
    assert (await world.standing(made)).state is stands
    await world.gets(made, State.ANSWERED)
    assert len(await world.came()) == 1


async def test_all_that_a_barnevern_writes_and_is_written_is_kept_from_the_parents(world: FiksWorld) -> None:
    about = {"resourceType": "Communication", "subject": {"reference": world.places.astrid.reference}}
    async with world.places.office.work(world.places.doctor, Purpose.TREATMENT) as work:
        made = await sending.send(work, about | {"payload": [{"contentString": "Når kan vi møtes?"}]}, to=BARNEVERN)
    (sent,) = await world.places.found("Communication")
    assert sent["id"] == made.id and [one["code"] for one in sent["meta"]["security"]] == ["withheld-parents"]


def test_a_report_is_what_the_national_format_demands_and_nothing_of_it_can_be_left_out(shared: Path) -> None:
    folder = shared / "fixtures/barnevern"
    shape = json.loads((folder / "v2__offentlig.bekymringsmelding.v2.json").read_text("utf-8"))
    address = json.loads((folder / "adresse.json").read_text("utf-8"))
    shape = json.loads(json.dumps(shape).replace('{"$ref": "../adresse.json"}', json.dumps({**address, "$id": "x:a"})))
    for told in (written(), written(views="Vil bo hos mormor", helpers="BUP"),
                 written(child=Person(name="Ukjent gutt, omtrent 6 år", told=True))):  # fmt: skip
        Draft202012Validator(shape).validate(told)
        assert opening.report(json.dumps(told).encode()) == told
        for name in shape["required"]:
            less = {key: value for key, value in told.items() if key != name}
            with pytest.raises(ValidationError):
                Draft202012Validator(shape).validate(less)
            with pytest.raises(Unfit):
                opening.report(json.dumps(less).encode())


def swapped(box: bytes, name: str, content: bytes) -> bytes:
    """Return a container with other content in one of its files."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(box)) as held, zipfile.ZipFile(made, "w") as other:
        for each in held.namelist():
            other.writestr(each, content if each == name else held.read(each))
    return made.getvalue()


def test_a_container_is_read_by_its_receiver_alone_and_shows_whatever_was_changed(tmp_path: Path) -> None:
    seal, key = asice.Seal.read(barnevern._certificate("Fjordvik kommune")), Key("Fagsystem")
    box = asice.container({"bekymringsmelding.json": b"{}", "bekymringsmelding.pdf": b"%PDF"}, seal)
    hidden = asice.sealed_for(key.certificate, box)
    assert key.opened(hidden) == box and opening.files(box)["bekymringsmelding.json"] == b"{}"
    with pytest.raises(Unfit):
        Key("En annen").opened(hidden)
    with pytest.raises(Unfit):
        opening.files(swapped(box, "bekymringsmelding.pdf", b"%PDF and more"))
    if openssl := shutil.which("openssl"):  # a third reader
        (tmp_path / "c").write_bytes(hidden)
        private = key.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (tmp_path / "k").write_bytes(private + key.certificate.public_bytes(Encoding.PEM))
        asked = [openssl, "cms", "-decrypt", "-binary", "-inform", "DER", "-in", "c", "-inkey", "k", "-recip", "k"]
        assert subprocess.run(asked, cwd=tmp_path, capture_output=True, check=True).stdout == box


def test_the_demos_barnevern_knows_whom_to_answer() -> None:
    assert NORDRE.her_id in [one["her_id"] for one in seeding.directory()]
