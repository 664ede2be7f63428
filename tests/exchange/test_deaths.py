"""A worker that stops before each of its statements, one after the other: what comes of the message it had in its hands.

It is killed there, or sleeps until another has done all the rest. Never lost, never twice where nothing may go twice,
never shown as sent when nobody has it, and one task where it needs a human: no more, and not when it came after all.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import groupby
from typing import Any, Final

import pytest

from akson.base.database import Connection
from akson.base.work import Purpose
from akson.exchange import addresses, concerning, outbox
from akson.exchange.addresses import Address
from akson.exchange.carriers import TOO_LATE, Came, Delivery, Goes, Handed, Said
from akson.exchange.exchanging import Exchange
from akson.exchange.outbox import Claimed, Unconfirmed
from akson.exchange.states import PATIENCE, Event
from akson.record import worklist
from akson.record.office import Office
from tests.exchange.places import Places, make
from tests.exchange.test_calls import write
from tests.exchange.test_concern import BARNEVERN, written
from tests.exchange.test_delivery import clock

GOES: Final = "goes"
OUT, ASK, LATE = "messages out", "messages underway", "messages overdue"
NAMES: Final = {getattr(outbox.SQL, name): name for name in outbox.SQL.names} | {
    "BEGIN;": "begin", "COMMIT;": "commit", GOES: GOES,
}  # fmt: skip
STATEMENTS: Final = ("fetch", "fetchrow", "fetchval", "execute", "executemany")
NEWEST: Final = """SELECT state || CASE fault_code WHEN 'UKJENT' THEN ' unknown' ELSE '' END AS ends, msg_id, told_of
                     FROM message_out ORDER BY created_at DESC LIMIT 1"""


class Killed(BaseException):
    """The process is gone: nothing catches it, and nothing it does later reaches the database."""


@dataclass
class Outside:
    """Whoever is at the other end of a way. came: how often each message has come."""

    says: Handed
    came: dict[str, int] = field(default_factory=dict)

    async def hand_over(self, claimed: Claimed) -> Handed:
        if self.says.came in (Came.TAKEN, Came.RECEIPT):
            self.came[claimed.msg_id] = self.came.get(claimed.msg_id, 0) + 1
        return self.says

    async def ask(self, asked: Unconfirmed) -> Said:
        return Said(delivery=Delivery.ACKNOWLEDGED, apprec=Event.ACCEPT)


class OutsideOnce(Outside):
    """The same, where nothing may come twice."""

    async def ready(self, claimed: Claimed) -> Goes:
        async def goes(still: Callable[[], bool]) -> Handed:
            await self.about_to_leave()
            return await self.hand_over(claimed) if still() else TOO_LATE

        return goes

    async def about_to_leave(self) -> None:
        """Do nothing: it is where a worker may stop, too."""


@dataclass
class Place:
    """Akson with a hospital and a barnevern outside, to which one message after the other is written."""

    places: Places
    outside: Outside

    async def writes(self) -> None:
        if not isinstance(self.outside, OutsideOnce):
            return await write(self.places, 1)
        office = self.places.office
        to = (await addresses.find(office.database, [BARNEVERN]))[BARNEVERN]
        async with office.work(self.places.doctor, Purpose.TREATMENT) as work:
            await concerning.report(work, written(), patient=self.places.astrid.id, to=to)

    async def turns(self, *names: str) -> None:
        """Let a worker that has just begun take some turns."""
        exchange = Exchange(carriers={"fiks": self.outside, "edi": self.outside})
        for name in names:
            await exchange.turns(self.places.office)[name]()
            clock(self.places.office).pass_(timedelta(minutes=1))

    async def rest(self) -> None:
        """Let another worker do all that is left, when the lease has ended."""
        clock(self.places.office).pass_(outbox.LEASE)
        await self.turns(OUT, ASK, LATE)

    async def ends(self) -> str:
        """Return where the message stands, how often it came, and how many tasks about it are open."""
        (row,) = await self.places.rows(NEWEST)
        about = ("focus", f"Communication/{row['told_of']}"), ("status", ",".join(worklist.OPEN))
        tasks = await self.places.found("Task", ("priority", "urgent"), *about)
        return f"{row['ends']}, came {self.outside.came.get(row['msg_id'], 0)}, tasks {len(tasks)}"


@dataclass
class Life:
    """A worker that stops before one of its statements. stops: how; None: it does not. done: their names."""

    left: int
    stops: Callable[[], Awaitable[None]] | None
    done: list[str] = field(default_factory=list)
    busy: bool = False  # in a transaction, which others would wait for
    others: bool = False  # at work, while it sleeps

    async def next(self, query: str) -> None:
        if self.others or query.startswith("ROLLBACK"):  # the server does that when a connection ends
            return
        asleep = self.busy and self.stops is not None
        self.busy = query == "BEGIN;" or (self.busy and query != "COMMIT;")
        if asleep:
            return
        self.done.append(NAMES.get(query, ""))
        self.left -= 1
        if self.left < 0 and self.stops is None:
            raise Killed
        if self.left == -1 and self.stops:
            self.others = True
            await self.stops()
            self.others = False

    @contextmanager
    def lived(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        with monkeypatch.context() as living, suppress(Killed):
            living.setattr(OutsideOnce, "about_to_leave", lambda _: self.next(GOES))
            for name in STATEMENTS:
                living.setattr(Connection, name, self._instead(getattr(Connection, name)))
            yield

    def _instead(self, does: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def done(connection: Connection, query: str, *args: Any, **more: Any) -> Any:
            await self.next(query)
            return await does(connection, query, *args, **more)

        return done


async def stopped(
    place: Place, before: str, turn: str, monkeypatch: pytest.MonkeyPatch, *, sleeps: bool
) -> dict[str, str]:
    """Stop a worker before each statement of a turn, and let another do the rest; return what comes of which.

    Those of the journal are not named, and none between the beginning and the end of a transaction is slept at
    """
    told = list[tuple[str, str]]()
    while True:
        await place.writes()
        await place.turns(*filter(None, [before]))
        clock(place.places.office).pass_(PATIENCE if turn == LATE else timedelta())
        life = Life(len(told), place.rest if sleeps else None)
        with life.lived(monkeypatch):
            await place.turns(turn)
        for _ in range(2):
            await place.rest()
        if len(life.done) <= len(told):
            grouped = groupby(told, key=lambda one: one[1])
            return {", ".join(dict.fromkeys(name for name, _ in some if name)): end for end, some in grouped}
        told.append((life.done[len(told)], await place.ends()))


TAKEN, REFUSED, RECEIPT = (Handed(came, id="1", why="nei") for came in (Came.TAKEN, Came.REFUSED, Came.RECEIPT))
LEASED = "resting, buckets_out, claim_out"
ASKED = "buckets_unconfirmed, buckets_in, claim_unconfirmed, begin"
MISSED = "buckets_in, overdue, begin"
TASK = "happened, address_of_unit, addresses, commit"


@pytest.mark.parametrize(("what", "says", "before", "turn", "killed", "asleep"), [
    # what must never go twice: the mark is set, and it goes; of one that died then nobody knows, the word of one that slept counts
    ("report", TAKEN, "", OUT, {f"{LEASED}, leaves": "accepted, came 1, tasks 0",
                                GOES: "failed unknown, came 0, tasks 1",
                                "begin, happened, taken, commit": "failed unknown, came 1, tasks 1"},
                               {f"{LEASED}, leaves": "accepted, came 1, tasks 0",
                                GOES: "failed unknown, came 0, tasks 1",
                                "begin": "accepted, came 1, tasks 0"}),
    ("report", REFUSED, "", OUT, {f"{LEASED}, leaves": "failed, came 0, tasks 1",
                                  f"{GOES}, begin, held, {TASK}": "failed unknown, came 0, tasks 1"},
                                 {f"{LEASED}, leaves": "failed, came 0, tasks 1",
                                  f"{GOES}, begin": "failed unknown, came 0, tasks 1"}),
    # what its receiver knows by its id: it goes again where nobody has noted that it went
    ("message", TAKEN, "", OUT, {LEASED: "accepted, came 1, tasks 0",
                                 "begin, happened, taken, commit": "accepted, came 2, tasks 0"},
                                {LEASED: "accepted, came 1, tasks 0", "claim_out, begin": "accepted, came 2, tasks 0"}),
    ("message", REFUSED, "", OUT, {f"{LEASED}, begin, held, {TASK}": "failed, came 0, tasks 1"},
                                  {f"{LEASED}, begin": "failed, came 0, tasks 1"}),
    # a question is asked again, and a reminder made by the next
    ("message", TAKEN, OUT, ASK, {f"{ASKED}, held, happened, commit": "accepted, came 1, tasks 0"},
                                 {ASKED: "accepted, came 1, tasks 0"}),
    ("message", RECEIPT, OUT, LATE, {f"{MISSED}, still_overdue, {TASK}": "overdue, came 1, tasks 1"},
                                    {MISSED: "overdue, came 1, tasks 1"}),
])  # fmt: skip
async def test_wherever_a_worker_stops_the_next_one_goes_on(
    office: Office, monkeypatch: pytest.MonkeyPatch, what: str, says: Handed, before: str, turn: str,
    killed: dict[str, str], asleep: dict[str, str],
) -> None:  # fmt: skip
    places = await make(office, endpoint="edi:")
    there = Address(her_id=BARNEVERN, name="Barnevern", ours=False, fiks="4299/03")
    await addresses.put(office.database, [there])
    place = Place(places, (OutsideOnce if what == "report" else Outside)(says))
    assert await stopped(place, before, turn, monkeypatch, sleeps=False) == killed
    assert await stopped(place, before, turn, monkeypatch, sleeps=True) == asleep
