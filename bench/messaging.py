"""python -m bench.messaging [MESSAGES [WAITING [ROUNDS]]]: what a message costs, in and out, alone and beside others.

Beside that, the same messages signed and encrypted, with keys of 3072 bits: as over queues, without the broker.

In: read, checked, filed as a Communication with its task, and the AppRec durable. Out: handed over by the local
transport and its receipt noted; whoever takes them is a process of its own. There are two databases on one server, one
with so many that wait, and they take turns, round after round: what is printed are the medians, and the least and the
most, by CPU and by the clock. CPU is ours and the database's, on a server that keeps what it has said. One worker; what
it takes in is about a hundred persons in turn. There is no null server here, so figures compare with those of the same
minutes only.

Of those that wait a quarter came in and three quarters go out, at mixed times of the next 50 hours; an eighth of these
wait to be asked about. Beside them stand twice as many real ones as a turn takes, in and out, due now all the while:
each claim finds more than it may have, and leaves the others.
"""

from __future__ import annotations

import asyncio
import resource
import shutil
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median
from tempfile import mkdtemp

import httpx

from akson.base.database import Database
from akson.base.migrate import migrate
from akson.base.postgres import Postgres
from akson.base.work import Purpose
from akson.exchange import delivery, inbox, sending
from akson.exchange.carriers import Carrier, Handed, Said
from akson.exchange.exchanging import Exchange
from akson.exchange.outbox import Claimed, Unconfirmed
from akson.exchange.transports.local import PATH, Local
from akson.registers.identifiers import synthetic_fnr
from bench import sealed
from bench.installation import ROOT, binaries
from bench.processes import cpu, free_ports, running, wait
from tests.exchange.letters import HEART, NORDRE, written
from tests.exchange.places import Places, make
from tests.offices import FNR, Clock, clock_of, opened_office, patient

SECRET = "the-bench's-own-shared-secret"
PEOPLE = [synthetic_fnr(date(1941, 3, 12), n, female=True).value for n in range(100)]
WAITS_OUT = """
INSERT INTO message_out (owner, key, bucket, type, msg_id, sender, receiver, body, state, responsible, created_at,
  deadline, due, wants_apprec, carrier_id)
SELECT n, n, n & 63, 'X', 'w' || n, 1, 2, 'x', CASE n % 8 WHEN 0 THEN 'sent' ELSE 'queued' END, 'r', $2::timestamptz,
       $2::timestamptz + interval '96 hours', $2::timestamptz + interval '1 minute' + random() * interval '50 hours',
       true, CASE n % 8 WHEN 0 THEN 'c' || n ELSE '' END
  FROM generate_series(1, $1::bigint) n"""
WAITS_IN = """
INSERT INTO message_in (bucket, digest, body, state, received_at, envelope_id, due, responsible, deadline)
SELECT get_byte(d.digest, 0) & 63, d.digest, 'x', 'kept', $2::timestamptz, 'w' || n,
       $2::timestamptz + interval '1 minute' + random() * interval '50 hours', 'r', $2::timestamptz + interval '1 day'
  FROM generate_series(1, $1::bigint) n, LATERAL (SELECT sha256(n::text::bytea) AS digest) d"""
RECEIPTS_LEFT = "UPDATE message_out SET state = 'delivered' WHERE answers IS NOT NULL AND state = 'queued'"
STANDS = (
    "SELECT count(*) FROM message_in WHERE state = 'kept' AND due <= $1",
    "SELECT count(*) FROM message_out WHERE state = 'queued' AND due <= $1",
)
DUE = 2  # times what a turn takes
BACK = timedelta(seconds=1)  # what is due now is not yet due then
TOGETHER = 32  # as the worker takes them in


KINDS = ("in", "out", "in, sealed", "out, sealed")


@dataclass(frozen=True)
class Cost:
    """What a turn cost for each of its messages, in seconds: CPU of ours and of the database, and by the clock."""

    ours: float
    base: float
    clock: float


@dataclass
class Bounded:
    """A carrier that sets the clock back when it has carried enough: then nothing is due, and its worker stops."""

    carrier: Carrier
    clock: Clock
    left: int

    async def hand_over(self, claimed: Claimed) -> Handed:
        """Hand over and count."""
        handed = await self.carrier.hand_over(claimed)
        self.left -= 1
        if self.left == 0:
            self.clock.pass_(-BACK)
        return handed

    async def ask(self, asked: Unconfirmed) -> Said:
        """Ask whoever carries."""
        return await self.carrier.ask(asked)


@dataclass
class Side:
    """A database with its people, and how its messages go.

    due    how many real messages stand beside those of a turn, each way, when it begins
    round  how many rounds it has taken
    """

    name: str
    places: Places
    owner: Database
    server: Postgres
    client: httpx.AsyncClient
    due: int = 0
    pair: sealed.Pair | None = None
    round: int = 0
    costs: dict[str, list[Cost]] = field(default_factory=lambda: {kind: [] for kind in KINDS})

    async def stand(self) -> None:
        """Put there what stands due all the while."""
        await self._open([self._came(-1 - number) for number in range(self.due)])
        await self._write(self.due)

    async def stood(self) -> None:
        """Refuse figures of claims that found no more than they took."""
        now = self.places.office.clock()
        for left in STANDS:
            if (found := await self.owner.fetchval(left, now)) < self.due:
                raise SystemExit(f"{found} of {self.due} messages stood due beside the others: {self.name}")

    async def turn(self, messages: int) -> None:
        """Let so many in and so many out, and keep what they cost; sealed from when there are certificates."""
        self.round += 1
        seals = ", sealed" if self.pair else ""
        came = [self._came(number) for number in range(messages)]
        await self._open(() if self.pair else came)
        await self._cost(f"in{seals}", lambda: self._take(came), messages)
        await self.owner.execute(RECEIPTS_LEFT)  # they are not what is measured going out
        await self._write(messages)
        more = await self._cost(f"out{seals}", lambda: self._deliver(messages), messages)
        await self._write(more)  # in place of what went of those that stand due

    def _came(self, number: int) -> bytes:
        id_ = f"b-{self.round}-{number}"
        body = written(f"Inn nummer {number}.", fnr=PEOPLE[number % len(PEOPLE)], msg_id=id_)
        return self.pair.sent(body) if self.pair else body

    async def _open(self, came: Iterable[bytes], seal: inbox.Seal | None = None) -> None:
        office = self.places.office
        for body in came:
            await inbox.keep(
                office.database, body, now=office.clock(), envelope_from=HEART.her_id, envelope_to=NORDRE.her_id,
                seal=seal,
            )  # fmt: skip

    async def _take(self, came: Sequence[bytes]) -> int:
        """Take in as many as have come: what is sealed from the bytes that came, what is not from the table."""
        if self.pair:
            for data in came:
                found = await self.pair.seals.unseal(data, HEART.her_id, self.places.office.clock())
                await self._open([found.body], inbox.Seal(bytes=found.sealed, fault=found.fault))
        return await self._receive(len(came))

    async def _receive(self, most: int) -> int:
        """Do as the worker does, and stop after so many: others are due, and stay."""
        office, waits, taken = self.places.office, list[inbox.Kept](), 0
        for bucket in await inbox.waiting(office.database, office.clock()):
            while room := min(TOGETHER - len(waits), most - taken):
                if not (claimed := await inbox.claim(office.database, bucket, office.clock(), most=room)):
                    break
                waits, taken = waits + claimed, taken + len(claimed)
                if len(waits) == TOGETHER:
                    await delivery.receive_all(office, waits)
                    waits = []
        await delivery.receive_all(office, waits)
        return taken

    async def _deliver(self, most: int) -> int:
        """Let the worker send, and stop after so many, but for those it holds already."""
        office, local = self.places.office, Local(secret=SECRET, client=self.client)
        carrier = sealed.Sealing(local, self.pair.seals, office.clock) if self.pair else local
        clock = clock_of(office)
        now = clock.now
        try:
            return await Exchange(carriers={"http": Bounded(carrier, clock, most)}).deliver_due(office)
        finally:
            clock.now = now

    async def _write(self, messages: int) -> None:
        new = {"resourceType": "Communication", "subject": {"reference": self.places.astrid.reference}}
        for number in range(messages):
            async with self.places.office.work(self.places.doctor, Purpose.TREATMENT) as work:
                await sending.send(work, new | {"payload": [{"contentString": f"Ut {number}"}]}, to=HEART.her_id)

    async def _cost(self, kind: str, turn: Callable[[], Awaitable[int]], messages: int) -> int:
        """Let it happen, keep what it cost, and return how many more than `messages` it was."""

        def used() -> tuple[float, float, float]:
            return _own(), cpu(self.server.pid or 0), time.monotonic()

        before = used()
        done = await turn()
        if done < messages:
            raise SystemExit(f"{done} of {messages} messages: {kind}, {self.name}")
        self.costs[kind].append(Cost(*((now - was) / done for now, was in zip(used(), before, strict=True))))
        return done - messages


async def measured(folder: Path, messages: int, waiting: int, rounds: int) -> None:
    """Measure in and out, alone and beside what waits in turns; then the same sealed."""
    port = free_ports(1)[0]
    peer = [sys.executable, "-m", "bench.taking", str(port)]
    with Postgres(folder, binaries=binaries()) as server, running(peer, log=folder / "peer", cwd=ROOT) as child:
        wait(f"http://127.0.0.1:{port}/", child)
        async with AsyncExitStack() as opened, httpx.AsyncClient(timeout=20) as client:
            endpoint = f"http://127.0.0.1:{port}{PATH}"
            names = {"alone": 0, f"beside {waiting:,} waiting": waiting}
            sides = [Side(name, *await opened.enter_async_context(_places(server, f"bench{n}", endpoint, wait_)),
                          server, client, due=DUE * messages * bool(wait_))
                     for n, (name, wait_) in enumerate(names.items())]  # fmt: skip
            for side in sides:
                await side.stand()
            for keys in (False, True):
                for side in sides:
                    side.pair = await sealed.pair(side.places.office, folder / f"keys-{side.name}") if keys else None
                    before = {kind: list(costs) for kind, costs in side.costs.items()}
                    await side.turn(max(messages // 10, 1))
                    side.costs = before  # it was to warm up
                for _ in range(rounds):
                    for side in sides:
                        await side.turn(messages)
            for side in sides:
                await side.stood()
            for kind in KINDS:
                for side in sides:
                    print(_told(f"{kind}, {side.name}", side.costs[kind]))


@asynccontextmanager
async def _places(
    server: Postgres, database: str, endpoint: str, waiting: int
) -> AsyncIterator[tuple[Places, Database]]:
    """Make a database with the people, and with so many messages that wait."""
    owner = await Database.open(server.url, size=1)
    await owner.execute(f"CREATE DATABASE {database}")
    await owner.close()
    url = server.url_of(database)
    await migrate(url, ROOT / "migrations", datetime.now(UTC))
    async with opened_office(url) as office:
        places = await make(office, endpoint=endpoint)
        for number in PEOPLE:
            await patient(office, at=places.practice, identifier=[{"system": FNR, "value": number}])
        owner = await Database.open(url, size=1)
        await owner.execute(WAITS_IN, waiting // 4, office.clock())
        await owner.execute(WAITS_OUT, waiting - waiting // 4, office.clock())
        await owner.execute("VACUUM ANALYZE")
        yield places, owner
        await owner.close()


def _told(what: str, costs: Sequence[Cost]) -> str:
    """Return a line: the medians of all rounds, and between what the CPU of a message and its time lay."""
    ours, base = (median(getattr(each, name) for each in costs) for name in ("ours", "base"))
    whole, clock = [each.ours + each.base for each in costs], [each.clock for each in costs]
    cpu_, wall = median(whole), median(clock)
    return (
        f"{what:38} {ours * 1e3:5.2f} ms ours {base * 1e3:5.2f} ms database {cpu_ * 1e3:5.2f} ms CPU "
        f"({min(whole) * 1e3:.2f} to {max(whole) * 1e3:.2f}), {2 / cpu_:4.0f}/s on two cores; "
        f"{wall * 1e3:5.2f} ms by the clock ({min(clock) * 1e3:.2f} to {max(clock) * 1e3:.2f}), "
        f"{1 / wall:4.0f}/s one worker"
    )


def _own() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Run the whole."""
    defaults = ("400", "1000000", "5")
    messages, waiting, rounds = (int(given) for given in (*sys.argv[1:], *defaults[len(sys.argv) - 1 :]))
    folder = Path(mkdtemp(prefix="akson-bench-"))
    folder.chmod(0o755)
    try:
        asyncio.run(measured(folder, messages, waiting, rounds))
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
