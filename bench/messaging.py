"""python -m bench.messaging [MESSAGES [WAITING [ROUNDS]]]: what a message costs, in and out, alone and beside others.

Beside that, the same messages signed and encrypted, with keys of 3072 bits: as over queues, without the broker.

In: read, checked, filed as a Communication with its task, and the AppRec durable. Out: handed over by the local
transport and its receipt noted; whoever takes them is a process of its own. There are two databases on one server, one
with so many that wait, and they take turns, round after round: what is printed are the medians, and the least and the
most CPU. CPU is ours and the database's, on a server that keeps what it has said. One worker; what it takes in is
about a hundred persons in turn. There is no null server here, so figures compare with those of the same minutes only.
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
from datetime import UTC, date, datetime
from pathlib import Path
from statistics import median
from tempfile import mkdtemp

import httpx

from akson.base.database import Database
from akson.base.migrate import migrate
from akson.base.postgres import Postgres
from akson.base.work import Purpose
from akson.exchange import delivery, inbox, sending
from akson.exchange.handing import Exchange
from akson.exchange.transports.local import PATH, Local
from akson.registers.identifiers import synthetic_fnr
from bench import sealed
from bench.installation import ROOT, binaries
from bench.processes import cpu, free_ports, running, wait
from tests.exchange.letters import HEART, NORDRE, written
from tests.exchange.places import Places, make
from tests.offices import FNR, opened_office, patient

SECRET = "the-bench's-own-shared-secret"
PEOPLE = [synthetic_fnr(date(1941, 3, 12), n, female=True).value for n in range(100)]
WAITS = """
INSERT INTO message_out (owner, key, bucket, type, msg_id, sender, receiver, body, state, responsible, created_at,
  deadline, due, wants_apprec)
SELECT n, n, n & 63, 'X', 'w' || n, 1, 2, 'x', 'queued', 'r', $2::timestamptz, $2::timestamptz + interval '96 hours',
       $2::timestamptz + interval '50 hours', true FROM generate_series(1, $1::bigint) n"""


KINDS = ("in", "out", "in, sealed", "out, sealed")


@dataclass(frozen=True)
class Cost:
    """What a turn cost for each of its messages, in seconds: CPU of ours and of the database, and by the clock."""

    ours: float
    base: float
    clock: float


@dataclass
class Side:
    """A database with its people, and how its messages go. round: how many rounds it has taken."""

    name: str
    places: Places
    server: Postgres
    client: httpx.AsyncClient
    pair: sealed.Pair | None = None
    round: int = 0
    costs: dict[str, list[Cost]] = field(default_factory=lambda: {kind: [] for kind in KINDS})

    async def turn(self, messages: int) -> None:
        """Let so many in and so many out, and keep what they cost; sealed from when there are certificates."""
        self.round += 1
        office, seals = self.places.office, ", sealed" if self.pair else ""
        local = Local(secret=SECRET, client=self.client)
        carrier = sealed.Sealing(local, self.pair.seals, office.clock) if self.pair else local
        exchange = Exchange(carriers={"http": carrier})
        came = [self._came(number) for number in range(messages)]
        await self._open(() if self.pair else came)
        await self._cost(f"in{seals}", lambda: self._take(came), messages)
        await exchange.deliver_due(office)  # their receipts
        await self._write(messages)
        await self._cost(f"out{seals}", lambda: exchange.deliver_due(office), messages)

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
        """Take in what has come: what is sealed from the bytes that came, what is not from the table."""
        if self.pair:
            for data in came:
                found = await self.pair.seals.unseal(data, HEART.her_id, self.places.office.clock())
                await self._open([found.body], inbox.Seal(bytes=found.sealed, fault=found.fault))
        return await delivery.receive_due(self.places.office)

    async def _write(self, messages: int) -> None:
        new = {"resourceType": "Communication", "subject": {"reference": self.places.astrid.reference}}
        for number in range(messages):
            async with self.places.office.work(self.places.doctor, Purpose.TREATMENT) as work:
                await sending.send(work, new | {"payload": [{"contentString": f"Ut {number}"}]}, to=HEART.her_id)

    async def _cost(self, kind: str, turn: Callable[[], Awaitable[int]], messages: int) -> None:
        def used() -> tuple[float, float, float]:
            return _own(), cpu(self.server.pid or 0), time.monotonic()

        before = used()
        done = await turn()
        if done != messages:
            raise SystemExit(f"{done} of {messages} messages: {kind}, {self.name}")
        self.costs[kind].append(Cost(*((now - was) / messages for now, was in zip(used(), before, strict=True))))


async def measured(folder: Path, messages: int, waiting: int, rounds: int) -> None:
    """Measure in and out, alone and beside what waits in turns; then the same sealed."""
    port = free_ports(1)[0]
    peer = [sys.executable, "-m", "bench.taking", str(port)]
    with Postgres(folder, binaries=binaries()) as server, running(peer, log=folder / "peer", cwd=ROOT) as child:
        wait(f"http://127.0.0.1:{port}/", child)
        async with AsyncExitStack() as opened, httpx.AsyncClient(timeout=20) as client:
            endpoint = f"http://127.0.0.1:{port}{PATH}"
            names = {"alone": 0, f"beside {waiting:,} waiting": waiting}
            sides = [Side(name, await opened.enter_async_context(_places(server, f"bench{n}", endpoint, wait_)),
                          server, client) for n, (name, wait_) in enumerate(names.items())]  # fmt: skip
            for keys in (False, True):
                for side in sides:
                    side.pair = await sealed.pair(side.places.office, folder / f"keys-{side.name}") if keys else None
                    before = {kind: list(costs) for kind, costs in side.costs.items()}
                    await side.turn(max(messages // 10, 1))
                    side.costs = before  # it was to warm up
                for _ in range(rounds):
                    for side in sides:
                        await side.turn(messages)
            for kind in KINDS:
                for side in sides:
                    print(_told(f"{kind}, {side.name}", side.costs[kind]))


@asynccontextmanager
async def _places(server: Postgres, database: str, endpoint: str, waiting: int) -> AsyncIterator[Places]:
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
        await owner.execute(WAITS, waiting, office.clock())
        await owner.execute("VACUUM ANALYZE")
        await owner.close()
        yield places


def _told(what: str, costs: Sequence[Cost]) -> str:
    """Return a line: the medians of all rounds, and between what the CPU of a message lay."""
    ours, base, clock = (median(getattr(each, name) for each in costs) for name in ("ours", "base", "clock"))
    whole = [each.ours + each.base for each in costs]
    cores = f"{1 / median(whole):5.0f}/s a core, {2 / median(whole):5.0f}/s on two by CPU"
    return (
        f"{what:38} {ours * 1e3:5.2f} ms ours {base * 1e3:5.2f} ms database {median(whole) * 1e3:5.2f} ms CPU "
        f"({min(whole) * 1e3:.2f} to {max(whole) * 1e3:.2f}) {1 / clock:5.0f}/s one worker {cores}"
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
