"""Sets that come while a call is in flight are written by the next one: one round trip and one commit for all of them.

No timer and no waiting: an idle office writes at once, a busy one writes for all who came meanwhile. Each set keeps its
own fate: one that cannot be written as it was decided leaves the others as they are, and is told so alone. See ADR 10.
The rows of the access log about those who write go along (ADR 12).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

import asyncpg

from akson.audit.log import Entry, Stream
from akson.base.database import FAILURES, Database
from akson.record.sets import NO_TRACES, Times, WriteSet, written
from akson.record.values import Hasher

LARGEST = 20  # changes of a set that rides; a larger one shares too little of what it costs
_MOST = 64  # sets in one call; the rest takes the next
_TURNS = 3  # of the event loop: what is read from sockets, who awaits it, what they send here
_ITS_OWN = {
    "AK002",
    "AK003",
    "AK008",
    "AK010",
}  # about some sets, and the same if they came alone
_LOCKED = "AK009"  # some sets must wait for somebody
_FATE_UNKNOWN = ("08", "57")  # classes of SQLSTATE that may also be told of a call that was carried out
_ALONE = "alone"  # what a rider is told who is to try alone


class Done(NamedTuple):
    """What became of a set. traced: its row of the access log is durable, too."""

    times: Times
    traced: bool


class _Rider(NamedTuple):
    one: WriteSet
    row: Entry | None
    future: asyncio.Future[Done | str]


def rides(one: WriteSet) -> bool:
    """Tell whether a set may share a call. One that waits for others than its owners would hold up all of them."""
    return len(one.changes) <= LARGEST and not one.concerns_numbers and not one.takes_ids


class Together:
    """The shared call of one office."""

    def __init__(self, database: Database, hasher: Hasher) -> None:
        self._database = database
        self._hasher = hasher
        self._waiting: list[_Rider] = []
        self._running: asyncio.Task[None] | None = None
        self._stream = Stream()  # there is one call in flight at a time, so its rows are committed in order

    async def write(self, one: WriteSet, row: Entry | None = None) -> Done:
        """Write one set, with those that come at the same moment, and return when it is committed.

        row   of the access log, which says that it was carried out: written with the set, or not at all

        Whoever gives up before it is sent has written nothing; afterwards all of it is written or nothing.

        Raises  what the call raises for this set
        """
        future: asyncio.Future[Done | str] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Rider(one, row, future))
        if not self.busy:
            self._running = asyncio.create_task(self._run())
        told = await future
        if isinstance(told, str):
            return Done(await written(self._database.fetch, [one], self._hasher, waits=True), traced=False)
        return told

    @property
    def busy(self) -> bool:
        """Whether a call is in flight, or about to be."""
        return self._running is not None and not self._running.done()

    async def _run(self) -> None:
        while self._waiting:
            for _ in range(_TURNS):  # those who are ready come along
                await asyncio.sleep(0)
            batch = self._take()
            try:
                while batch:
                    batch = await self._send(batch)
            except Exception as fault:  # noqa: BLE001 - told to all who wait, as nobody waits for this task
                _fail(batch, fault)

    def _take(self) -> list[_Rider]:
        """Return those of the next call: all made by the same rules, and no owner twice."""
        taken: list[_Rider] = []
        left: list[_Rider] = []
        owners: set[int] = set()
        for rider in self._waiting:
            if rider.future.done():  # gave up meanwhile
                continue
            mine = {owner.key for owner in rider.one.owners}
            alike = not taken or taken[0].one.rules == rider.one.rules
            fits = len(taken) < _MOST and owners.isdisjoint(mine) and alike
            (taken if fits else left).append(rider)
            owners |= mine  # of those left, too: sets of one owner are written in the order they came
        self._waiting = left
        return taken

    async def _send(self, batch: list[_Rider]) -> list[_Rider]:
        """Write the sets of `batch` in one call; return those who must be sent again, without those it failed for."""
        rows = [rider.row for rider in batch if rider.row is not None]
        traces = await self._traces(rows)
        try:
            sets = [rider.one for rider in batch]
            write = self._database.writes.fetch
            times = await written(write, sets, self._hasher, waits=False, traces=traces or NO_TRACES)
        except (asyncpg.PostgresError, ValueError) as problem:
            return self._refused(batch, problem)
        except BaseException:
            self._stream.end()
            raise
        traced = bool(traces) and times is not None
        self._stream.kept(len(rows) if traced else 0)
        _settle(batch, Done(times, traced))
        return []

    async def _traces(self, rows: Sequence[Entry]) -> Sequence[object] | None:
        """Return what is sent of rows; None when there are none, or when the log must see to them by itself."""
        if not rows:
            return None
        try:
            await self._stream.ready(rows[0].at, self._database.execute)
        except FAILURES:
            return None
        return self._stream.values(rows)

    def _refused(self, batch: list[_Rider], problem: Exception) -> list[_Rider]:
        """Tell those whom a refusal by the database is about; return the others."""
        state = getattr(problem, "sqlstate", None) or ""
        if state.startswith(_FATE_UNKNOWN):
            self._stream.end()
            raise problem
        places = _places(problem) if state in _ITS_OWN or state == _LOCKED else range(1, len(batch) + 1)
        concerned = [rider for n, rider in enumerate(batch, start=1) if n in places] or batch
        if state in _ITS_OWN:
            _fail(concerned, problem)
        else:
            _settle(concerned, _ALONE)  # it may have been about another set, or about the log
        return [rider for rider in batch if rider not in concerned]


def _places(problem: Exception) -> set[int]:
    """Return the places of the sets that an error is about."""
    return {int(place) for place in (getattr(problem, "detail", None) or "").split(",") if place}


def _settle(riders: Sequence[_Rider], told: Done | str) -> None:
    for rider in riders:
        if not rider.future.done():
            rider.future.set_result(told)


def _fail(riders: Sequence[_Rider], problem: Exception) -> None:
    for rider in riders:
        if not rider.future.done():
            rider.future.set_exception(problem)
