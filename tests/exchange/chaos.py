"""A run in which everything goes wrong at once, and the count of what came of it.

Messages go out and come in through the message server while workers are killed without warning and the server cuts
connections, answers 500, loses its answers, takes and discards, forgets, sends twice and loses AppRecs. What comes is
shuffled, repeated and partly ruined. Then the faults end, time passes, and every single message is looked for.
"""

from __future__ import annotations

import asyncio
import random
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from akson.base.database import Database
from akson.base.work import Purpose
from akson.exchange import sending
from akson.exchange.addresses import EDI
from akson.exchange.filing import MESSAGE_ID
from akson.record.office import Office
from akson.record.search.searching import search
from akson.record.stored import Stored
from akson.signin.keys import Keyring
from tests.exchange.chaos_worker import clock_in, put_ahead
from tests.exchange.edi_world import Broker, helseid, message_server
from tests.exchange.letters import ASTRID, HEART, NORDRE, written
from tests.exchange.places import Places, make
from tests.offices import FNR, JOB, opened_office, patient
from tests.programs import ROOT

OTHER = "13916900524"  # another patient here
NOBODY = "13916900362"  # nobody has this number
FAULTS = {"down": 0.1, "error": 0.1, "slow": 0.02, "lost": 0.1, "discards": 0.1, "forgets": 0.1, "double": 0.2,
          "no_apprec": 0.2}  # fmt: skip
LOST, TWICE, WRONG, SHOWN, SILENT = NEVER = (
    "lost", "filed twice", "in the wrong record", "shown as delivered without a receipt",
    "stopped without a reason and an owner",
)  # fmt: skip
AFTER = {"rejected", "partial", "overdue", "failed"}  # these have a reason, and somebody who answers for them


@dataclass
class Plan:
    """How much, and how rough. kills: workers that are killed; patience: real seconds for all to settle afterwards."""

    messages: int  # each way
    kills: int
    workers: int = 2
    seed: int = 7
    patience: float = 120


@dataclass
class Told:
    """What came of it. faults: what must never happen -> what it happened to."""

    out: Counter[str] = field(default_factory=Counter)
    came: Counter[str] = field(default_factory=Counter)
    by_itself: int = 0
    all: int = 0
    kills: int = 0
    faults: dict[str, list[str]] = field(default_factory=lambda: {what: [] for what in NEVER})


@dataclass
class Incoming:
    """One message that somebody outside sends. good: the patient it shall be filed for, or None."""

    id: str
    body: bytes
    good: str | None


async def run(url: str, owner: Database, folder: Path, plan: Plan) -> Told:
    """Do it all, on an empty database."""
    keys = Keyring.open(folder, "client")
    clock = folder / "clock"
    clock.write_bytes(bytes(8))
    async with (
        helseid(keys) as issuer, message_server(issuer, seed=plan.seed) as server,
        httpx.AsyncClient(timeout=30) as http, opened_office(url) as opened,
    ):  # fmt: skip
        office = replace(opened, clock=clock_in(clock))
        broker, places = Broker(server, http), await make(office, endpoint=EDI)
        other = await patient(office, at=places.practice, identifier=[{"system": FNR, "value": OTHER}])
        people = {ASTRID: places.astrid, OTHER: other}
        told = Told()
        arguments = (url, server, issuer, str(folder), str(clock))
        await broker.behaves(**FAULTS)
        async with workers(plan.workers, arguments) as crew:
            incoming = await _everything(places, broker, people, plan, crew, told, clock)
            await broker.behaves()
            await _settle(owner, broker, clock, plan)
        await _count_out(owner, await broker.messages(), told)
        await _count_in(owner, office, incoming, people, told)
        return told


@dataclass
class Crew:
    """Workers that are killed and replaced."""

    arguments: tuple[str, ...]
    running: list[asyncio.subprocess.Process] = field(default_factory=list)

    async def one_more(self) -> None:
        self.running.append(await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.exchange.chaos_worker", *self.arguments, cwd=ROOT,
        ))  # fmt: skip

    async def lose_one(self) -> None:
        """Kill the oldest without warning, and start another."""
        lost = self.running.pop(0)
        with suppress(ProcessLookupError):
            lost.kill()
        assert await lost.wait() == -signal.SIGKILL, "a worker has ended by itself"
        await self.one_more()


@asynccontextmanager
async def workers(count: int, arguments: tuple[str, ...]) -> AsyncIterator[Crew]:
    """Run some workers, and kill them all in the end."""
    crew = Crew(arguments)
    try:
        for _ in range(count):
            await crew.one_more()
        yield crew
    finally:
        for process in crew.running:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()


async def _everything(
    places: Places, broker: Broker, people: dict[str, Stored], plan: Plan, crew: Crew, told: Told, clock: Path
) -> list[Incoming]:
    """Send both ways, shuffled, while workers are killed and time passes."""
    chance = random.Random(plan.seed)
    incoming = [_incoming(number, chance) for number in range(plan.messages)]
    comes = [*incoming, *chance.sample(incoming, plan.messages // 5)]  # a fifth comes again, later or at once
    chance.shuffle(comes)
    deaths = {(kill + 1) * plan.messages // (plan.kills + 1) for kill in range(plan.kills)}
    ahead = 0.0
    for number in range(plan.messages):
        fnr = ASTRID if number % 2 else OTHER
        new = {"resourceType": "Communication", "subject": {"reference": people[fnr].reference}}
        async with places.office.work(places.doctor, Purpose.TREATMENT) as work:
            await sending.send(work, new | {"payload": [{"contentString": f"Ut nummer {number}"}]}, to=HEART.her_id)
        for one in comes[number * len(comes) // plan.messages : (number + 1) * len(comes) // plan.messages]:
            await broker.delivers(one.body)
        if number in deaths:
            await crew.lose_one()
            told.kills += 1
        ahead += 1
        put_ahead(clock, ahead)
    return incoming


def _incoming(number: int, chance: random.Random) -> Incoming:
    """Return one message: for one of two patients, for nobody, or ruined."""
    id_, kind = f"inn-{number:08}", chance.random()
    fnr = NOBODY if kind < 0.05 else ASTRID if number % 2 else OTHER
    body = written(f"Inn nummer {number}.", fnr=fnr, msg_id=id_)
    ruined = 0.05 <= kind < 0.1
    return Incoming(id_, body[: len(body) // 2] if ruined else body, None if ruined or fnr == NOBODY else fnr)


TOGETHER = timedelta(minutes=1)  # what is due within it is done in one go
NEXT = """
SELECT min(due) FROM (
  SELECT due FROM message_in WHERE state = 'kept' OR again
  UNION ALL SELECT due FROM message_out WHERE state IN ('queued', 'sent') OR (state = 'delivered' AND wants_apprec)) waits"""


async def _settle(owner: Database, broker: Broker, clock: Path, plan: Plan) -> None:
    """Let time pass until nothing is on its way: to what is due next, when nothing is due. Raises TimeoutError: lost.

    Time never passes work that is due: that workers are slow is not what makes a message late.
    """
    now = clock_in(clock)
    async with asyncio.timeout(plan.patience):
        while (due := await owner.fetchval(NEXT)) or await _unread(broker):
            if due and due > now() and not await _unread(broker):
                put_ahead(clock, (due - datetime.now(UTC) + TOGETHER).total_seconds())
            await asyncio.sleep(0.2)


async def _unread(broker: Broker) -> list[str]:
    """Return what waits for us at the message server."""
    there = await broker.messages()
    return [each["document"] for each in there if each["receiver"] == NORDRE.her_id and not each["read"]]


async def _count_out(owner: Database, there: list[dict[str, Any]], told: Told) -> None:
    arrived = {each["document"] for each in there if each["delivery"] == "Acknowledged"}
    been: dict[tuple[int, int], set[str]] = {}
    for move in await owner.fetch("SELECT owner, key, state FROM message_move"):
        been.setdefault((move["owner"], move["key"]), set()).add(move["state"])
    for row in await owner.fetch("SELECT * FROM message_out WHERE type <> 'APPREC'"):
        state, id_ = row["state"], row["msg_id"]
        told.out[state] += 1
        told.all += 1
        told.by_itself += state not in AFTER
        shown = been.get((row["owner"], row["key"]), set()) & {"delivered", "accepted", "answered"}
        if id_ not in arrived:
            told.faults[SHOWN] += [id_] if shown else []
            told.faults[LOST] += [id_] if state not in AFTER else []
        if state in AFTER and not (row["fault_text"] and row["responsible"]):
            told.faults[SILENT].append(id_)


async def _count_in(
    owner: Database, office: Office, incoming: list[Incoming], people: dict[str, Stored], told: Told
) -> None:
    rows = {bytes(row["body"]): row for row in await owner.fetch("SELECT * FROM message_in WHERE type <> 'APPREC'")}
    for one in incoming:
        row, meant = rows.get(one.body), "filed" if one.good else "refused"
        state = row["state"] if row else "lost"
        told.came[state] += 1
        told.all += 1
        told.by_itself += state == meant
        filed = await _filed(office, one.id)
        told.faults[LOST] += [] if row and state == meant and len(filed) >= bool(one.good) else [f"{one.id} is {state}"]
        told.faults[TWICE] += [one.id] if len(filed) > 1 else []
        wrong = [whose for whose in filed if not one.good or whose != people[one.good].reference]
        told.faults[WRONG] += [one.id] if wrong else []
        if row and not one.good and not (row["fault_code"] and row["responsible"]):
            told.faults[SILENT].append(one.id)


async def _filed(office: Office, msg_id: str) -> list[str]:
    """Return in whose records a message was filed: what the journal says, not what our own books say."""
    async with office.work(JOB, Purpose.SYSTEM) as work:
        found = await search(work, "Communication", [("identifier", f"{MESSAGE_ID}|{msg_id}")])
    return [hit.resource["subject"]["reference"] for hit in found.hits]
