"""A run in which everything goes wrong at once, and the count of what came of it.

Messages go out and come in by one way (ways.py) while workers are killed without warning, what carries them is broken,
and whoever is at the other end cuts connections, answers 500, loses its answers, takes and discards, forgets, is late,
sends twice, loses AppRecs and refuses. What comes is shuffled, repeated and partly ruined (ruined.py); some is signed
and encrypted (sealing.py). Then the faults end, ten minutes pass, and what is done by then is counted; then all the rest
of the time, and every single message is looked for (counting.py).
"""

from __future__ import annotations

import asyncio
import random
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from akson.base.database import Database
from akson.base.work import Purpose
from akson.exchange import sending
from akson.record.stored import Stored
from tests.exchange.chaos_worker import clock_in, put_ahead
from tests.exchange.counting import OPENLY, Told, count_in, count_out
from tests.exchange.letters import ASTRID, HEART
from tests.exchange.places import Places, make
from tests.exchange.ruined import NAMES, OTHER, Incoming, again, incoming
from tests.exchange.ways import WAYS, Way
from tests.offices import FNR, opened_office, patient
from tests.programs import ROOT

OUT_SEALED = 10  # each so-manieth that goes out goes to who seals, where somebody does


@dataclass
class Plan:
    """How much, and how rough. kills: workers that are killed; breaks: each so-manieth time what carries is too;
    patience: real seconds for all to settle afterwards; rest: seconds without a change, after which nobody is at work on anything.
    """

    messages: int  # each way
    kills: int
    breaks: int = 5
    way: str = "edi"
    workers: int = 2
    seed: int = 7
    patience: float = 120
    rest: float = 1.0


async def run(url: str, owner: Database, folder: Path, plan: Plan) -> Told:
    """Do it all, on an empty database."""
    clock = folder / "clock"
    clock.write_bytes(bytes(8))
    async with WAYS[plan.way](folder, plan.seed) as way, opened_office(url) as opened:
        office = replace(opened, clock=clock_in(clock))
        places = await make(office, endpoint=way.endpoint)
        given, family = NAMES[OTHER]
        other = await patient(office, at=places.practice, identifier=[{"system": FNR, "value": OTHER}],
                              name=[{"family": family, "given": [given]}])  # fmt: skip
        people = {ASTRID: places.astrid, OTHER: other}
        if way.sealing:
            await way.sealing.enter(office)
        comes = incoming(plan.messages, random.Random(plan.seed), way.sealing)
        told = Told()
        await way.behaves(well=False)
        async with workers(plan.workers, (url, str(clock), *way.worker)) as crew:
            await _everything(places, way, people, comes, plan, crew, told, clock)
            await way.behaves(well=True)
            await _settle(owner, way, clock, plan, told)
        if way.sealing:
            told.faults[OPENLY] = way.sealing.openly
        await count_out(owner, office, await way.arrived(), told)
        await count_in(owner, office, comes, {fnr: one.reference for fnr, one in people.items()}, told)
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
    places: Places, way: Way, people: dict[str, Stored], incoming: list[Incoming], plan: Plan, crew: Crew, told: Told,
    clock: Path,
) -> None:  # fmt: skip
    """Send both ways, shuffled, while workers are killed and time passes."""
    chance = random.Random(plan.seed)
    comes = [one.parcel for one in incoming]
    comes += [again(one, way.sealing) for one in chance.sample(incoming, plan.messages // 5)]  # later, or at once
    chance.shuffle(comes)
    deaths = {(kill + 1) * plan.messages // (plan.kills + 1) for kill in range(plan.kills)}
    ahead = 0.0
    for number in range(plan.messages):
        fnr = ASTRID if number % 2 else OTHER
        new = {"resourceType": "Communication", "subject": {"reference": people[fnr].reference}}
        to = way.sealing.place if way.sealing and number % OUT_SEALED == 0 else HEART
        async with places.office.work(places.doctor, Purpose.TREATMENT) as work:
            await sending.send(work, new | {"payload": [{"contentString": f"Ut nummer {number}"}]}, to=to.her_id)
        for one in comes[number * len(comes) // plan.messages : (number + 1) * len(comes) // plan.messages]:
            await way.delivers(one)
        if number in deaths:
            await crew.lose_one()
            told.kills += 1
            if told.kills % plan.breaks == 0:
                await way.breaks()
                told.breaks += 1
        ahead += 1
        put_ahead(clock, ahead)


SOON = timedelta(minutes=10)  # after the faults: by then what needs nobody is done
TOGETHER = timedelta(seconds=20)  # what is due within it is done in one go
LAST = timedelta(seconds=5)  # no leap ends later before the ten minutes are over: what is due by then has its time
NEXT = """
SELECT min(due) FROM (
  SELECT due FROM message_in WHERE state = 'kept'
  UNION ALL SELECT due FROM message_again
  UNION ALL SELECT due FROM message_out WHERE state = 'queued' OR state = 'sent' AND (wants_apprec OR carrier_id <> '')
  UNION ALL SELECT deadline FROM message_out WHERE state IN ('sent', 'delivered') AND wants_apprec) waits"""
MOVES = """
SELECT (SELECT sum(attempts) + count(*) FILTER (WHERE state = 'kept') + sum(times) FROM message_in)
     + (SELECT sum(attempts) + sum(moves) + count(*) FROM message_out)"""
DONE = """
SELECT msg_id FROM message_out WHERE type <> 'APPREC' AND state IN ('accepted', 'answered', 'partial', 'rejected')
UNION ALL SELECT encode(digest, 'hex') FROM message_in WHERE state <> 'kept'"""


async def _settle(owner: Database, way: Way, clock: Path, plan: Plan, told: Told) -> None:
    """Let ten minutes pass and see what is done, then all time until nothing is on its way. Raises TimeoutError: lost."""
    soon = clock_in(clock)() + SOON
    async with asyncio.timeout(plan.patience):
        await until_rest(owner, way, clock, plan.rest, soon)
        told.in_time = {row["msg_id"] for row in await owner.fetch(DONE)}
        await until_rest(owner, way, clock, plan.rest, None)


async def until_rest(owner: Database, way: Way, clock: Path, rest: float, until: datetime | None) -> None:
    """Go from one thing that is due to the next while all are at rest, until nothing is left, or the clock says `until`.

    The clock goes by itself while somebody is at work, so what slow workers have not done by then is late.
    """
    now, was, since = clock_in(clock), None, time.monotonic()
    while until is None or now() < until:
        await asyncio.sleep(0.1)
        if (moved := await owner.fetchval(MOVES)) != was:
            was, since = moved, time.monotonic()
        elif time.monotonic() - since > rest and not await way.busy(await _stored(owner)):
            due = await owner.fetchval(NEXT)
            if due is None or (until and due > until):
                return
            put_ahead(clock, (_leap(max(due, now()), until) - datetime.now(UTC)).total_seconds())
            since = time.monotonic()


def _leap(due: datetime, until: datetime | None) -> datetime:
    """Return what the clock shows next: some time after something is due, and never past the end."""
    return due + TOGETHER if until is None else min(due + TOGETHER, max(due, until - LAST))


async def _stored(owner: Database) -> set[bytes]:
    return {bytes(row["digest"]) for row in await owner.fetch("SELECT digest FROM message_in")}
