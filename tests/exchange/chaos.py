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
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx

from akson.base.database import Database
from akson.base.work import Purpose
from akson.exchange import sending
from akson.exchange.addresses import EDI
from akson.record.stored import Stored
from akson.signin.keys import Keyring
from tests.exchange.chaos_worker import clock_in, put_ahead
from tests.exchange.edi_world import Broker, helseid, message_server
from tests.exchange.letters import ASTRID, HEART, written
from tests.exchange.places import Places, make
from tests.exchange.world import ROOT
from tests.offices import FNR, opened_office, patient

OTHER = "13916900524"  # another patient here
NOBODY = "13916900362"  # nobody has this number
FAULTS = {"down": 0.1, "error": 0.1, "slow": 0.02, "lost": 0.1, "discards": 0.1, "forgets": 0.1, "double": 0.2,
          "no_apprec": 0.2}  # fmt: skip
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
    """What came of it. faults: what must never happen, each with what it is about; empty when all is well."""

    out: Counter[str] = field(default_factory=Counter)
    came: Counter[str] = field(default_factory=Counter)
    by_itself: int = 0
    all: int = 0
    kills: int = 0
    faults: list[str] = field(default_factory=list)


@dataclass
class Incoming:
    """One message that somebody outside sends. good: the patient it shall be filed for, or None."""

    body: bytes
    text: str
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
            await _settle(owner, clock, plan)
        await _count(owner, broker, incoming, people, told)
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
        lost.send_signal(signal.SIGKILL)
        await lost.wait()
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
    text, kind = f"Inn nummer {number}.", chance.random()
    fnr = NOBODY if kind < 0.05 else ASTRID if number % 2 else OTHER
    body = written(text, fnr=fnr, msg_id=f"inn-{number:08}")
    ruined = 0.05 <= kind < 0.1
    return Incoming(body[: len(body) // 2] if ruined else body, text, None if ruined or fnr == NOBODY else fnr)


UNSETTLED = """
SELECT (SELECT count(*) FROM message_in WHERE state = 'kept' OR again)
     + (SELECT count(*) FROM message_out WHERE state IN ('queued', 'sent') OR (state = 'delivered' AND wants_apprec))"""


async def _settle(owner: Database, clock: Path, plan: Plan) -> None:
    """Let time pass, a little faster each time, until nothing is on its way."""
    step, started = 30.0, clock_in(clock)()
    async with asyncio.timeout(plan.patience):
        while await owner.fetchval(UNSETTLED):
            await asyncio.sleep(0.2)
            put_ahead(clock, (clock_in(clock)() - started).total_seconds() + step + plan.messages)
            step = min(step * 1.2, 3600)


async def _count(
    owner: Database, broker: Broker, incoming: list[Incoming], people: dict[str, Stored], told: Told
) -> None:
    """Look for every message."""
    there = await broker.messages()
    await _count_out(owner, there, told)
    await _count_in(owner, there, incoming, people, told)


async def _count_out(owner: Database, there: list[dict[str, Any]], told: Told) -> None:
    arrived = {each["document"] for each in there if each["delivery"] == "Acknowledged"}
    moves = await owner.fetch("SELECT owner, key, event, state FROM message_move ORDER BY owner, key, number")
    for row in await owner.fetch("SELECT * FROM message_out WHERE type <> 'APPREC'"):
        told.out[row["state"]] += 1
        told.all += 1
        told.by_itself += row["state"] not in AFTER
        mine = [each for each in moves if (each["owner"], each["key"]) == (row["owner"], row["key"])]
        shown = {each["state"] for each in mine} & {"delivered", "accepted", "answered"}
        if shown and row["msg_id"] not in arrived:
            told.faults.append(f"shown as {shown} and never arrived: {row['msg_id']}")
        if row["msg_id"] not in arrived and row["state"] not in AFTER:
            told.faults.append(f"lost in {row['state']}: {row['msg_id']}")
        if row["state"] in AFTER and not (row["fault_text"] and row["responsible"]):
            told.faults.append(f"{row['state']} without a reason or an owner: {row['msg_id']}")


async def _count_in(
    owner: Database, there: list[dict[str, Any]], incoming: list[Incoming], people: dict[str, Stored], told: Told
) -> None:
    rows = {bytes(row["body"]): row for row in await owner.fetch("SELECT * FROM message_in WHERE type <> 'APPREC'")}
    filed = Counter(row["filed_as"] for row in rows.values() if row["filed_as"])
    told.faults += [f"filed twice: {id_}" for id_, times in filed.items() if times > 1]
    for one in incoming:
        row = rows.get(one.body)
        state = row["state"] if row else "lost"
        told.came[state] += 1
        told.all += 1
        told.by_itself += state == "filed" or (one.good is None and state == "refused")
        if row is None or state != ("filed" if one.good else "refused"):
            told.faults.append(f"came and is {state}: {one.text}")
        elif one.good and row["owner"] != people[one.good].owner:
            told.faults.append(f"in the wrong record: {one.text}")
        elif not one.good and not (row["fault_code"] and row["responsible"]):
            told.faults.append(f"refused without a reason or an owner: {one.text}")
    made = await owner.fetchval("SELECT count(*) FROM message_in WHERE filed_as IS NOT NULL AND state = 'filed'")
    told.faults += [] if made == sum(1 for one in incoming if one.good) else [f"{made} filed of what is good"]
    unread = [each for each in there if each["receiver"] == 99000011 and not each["read"]]
    told.faults += [f"left unread at the server: {each['document']}" for each in unread]
