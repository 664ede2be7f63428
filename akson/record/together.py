"""Sets that come while a call is in flight are written by the next one: one round trip and one commit for all of them.

No timer and no waiting: an idle office writes at once, a busy one writes for all who came meanwhile. Each set keeps its
own fate: one that cannot be written as it was decided leaves the others as they are, and is told so alone. See ADR 10.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import asyncpg

from akson.base.database import Database
from akson.record.sets import Times, WriteSet, written
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
_Rider = tuple[WriteSet, "asyncio.Future[Times | str]"]
_ALONE = "alone"  # what a rider is told who is to try alone


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

    async def write(self, one: WriteSet) -> Times:
        """Write one set, with those that come at the same moment, and return when it is committed.

        Whoever gives up before it is sent has written nothing; afterwards all of it is written or nothing.

        Raises  what the call raises for this set
        """
        future: asyncio.Future[Times | str] = asyncio.get_running_loop().create_future()
        self._waiting.append((one, future))
        if not self.busy:
            self._running = asyncio.create_task(self._run())
        told = await future
        if isinstance(told, str):
            return await written(self._database.fetch, [one], self._hasher, waits=True)
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
            if rider[1].done():  # gave up meanwhile
                continue
            mine = {owner.key for owner in rider[0].owners}
            fits = len(taken) < _MOST and owners.isdisjoint(mine) and (not taken or taken[0][0].rules == rider[0].rules)
            (taken if fits else left).append(rider)
            owners |= mine  # of those left, too: sets of one owner are written in the order they came
        self._waiting = left
        return taken

    async def _send(self, batch: list[_Rider]) -> list[_Rider]:
        """Write the sets of `batch` in one call; return those who must be sent again, without those it failed for."""
        try:
            times = await written(self._database.fetch, [one for one, _ in batch], self._hasher, waits=False)
        except (asyncpg.PostgresError, ValueError) as problem:
            state = getattr(problem, "sqlstate", None) or ""
            if state.startswith(_FATE_UNKNOWN):
                raise
            places = _places(problem) if state in _ITS_OWN or state == _LOCKED else range(1, len(batch) + 1)
            concerned = [rider for n, rider in enumerate(batch, start=1) if n in places] or batch
            if state in _ITS_OWN or (len(batch) == 1 and state != _LOCKED):
                _fail(concerned, problem)
            else:
                _settle(concerned, _ALONE)
            return [rider for rider in batch if rider not in concerned]
        _settle(batch, times)
        return []


def _places(problem: Exception) -> set[int]:
    """Return the places of the sets that an error is about."""
    return {int(place) for place in (getattr(problem, "detail", None) or "").split(",") if place}


def _settle(riders: Sequence[_Rider], told: Times | str) -> None:
    for _, future in riders:
        if not future.done():
            future.set_result(told)


def _fail(riders: Sequence[_Rider], problem: Exception) -> None:
    for _, future in riders:
        if not future.done():
            future.set_exception(problem)
