"""python -m bench.messaging [MESSAGES [WAITING]]: what a message costs, in and out, with so many others in the table.

Beside that, the same messages signed and encrypted, with keys of 3072 bits: as over queues, without the broker.

In: read, checked, filed as a Communication with its task, and the AppRec durable. Out: handed over by the local
transport and its receipt noted; whoever takes them is a process of its own. CPU is ours and the database's, on a server
that keeps what it has said. One worker; what it takes in is about a hundred persons in turn. There is no null server
here, so figures compare with those of the same minutes only.
"""

from __future__ import annotations

import asyncio
import resource
import shutil
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from pathlib import Path
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


async def measured(folder: Path, messages: int, waiting: int) -> None:
    """Measure in and out, first alone and then beside what waits."""
    port = free_ports(1)[0]
    peer = [sys.executable, "-m", "bench.taking", str(port)]
    with Postgres(folder, binaries=binaries()) as server, running(peer, log=folder / "peer", cwd=ROOT) as child:
        wait(f"http://127.0.0.1:{port}/", child)
        await migrate(server.url, ROOT / "migrations", datetime.now(UTC))
        owner = await Database.open(server.url, size=1)
        try:
            async with opened_office(server.url) as office, httpx.AsyncClient(timeout=20) as client:
                places = await make(office, endpoint=f"http://127.0.0.1:{port}{PATH}")
                for number in PEOPLE:
                    await patient(office, at=places.practice, identifier=[{"system": FNR, "value": number}])
                exchange = Exchange(carriers={"http": Local(secret=SECRET, client=client)})
                await _both(server, places, exchange, messages // 10, "warm-up", first=0)
                await _both(server, places, exchange, messages, "alone", first=10**6)
                await _sealed(server, places, client, messages, folder)
                await owner.execute(WAITS, waiting, office.clock())
                await owner.execute("VACUUM ANALYZE message_out")
                await _both(server, places, exchange, messages, f"beside {waiting:,} waiting", first=2 * 10**6)
        finally:
            await owner.close()


async def _both(server: Postgres, places: Places, exchange: Exchange, messages: int, what: str, *, first: int) -> None:
    office = places.office
    for number in range(first, first + messages):
        body = written(f"Inn nummer {number}.", fnr=PEOPLE[number % len(PEOPLE)], msg_id=f"b-{number}")
        await inbox.keep(
            office.database, body, now=office.clock(), envelope_from=HEART.her_id, envelope_to=NORDRE.her_id
        )
    await _tell(server, f"in, {what}", lambda: delivery.receive_due(office), messages)
    await exchange.deliver_due(office)  # their receipts
    new = {"resourceType": "Communication", "subject": {"reference": places.astrid.reference}}
    for number in range(first, first + messages):
        async with office.work(places.doctor, Purpose.TREATMENT) as work:
            await sending.send(work, new | {"payload": [{"contentString": f"Ut {number}"}]}, to=HEART.her_id)
    await _tell(server, f"out, {what}", lambda: exchange.deliver_due(office), messages)


async def _sealed(server: Postgres, places: Places, client: httpx.AsyncClient, messages: int, folder: Path) -> None:
    """Measure what is signed and encrypted: in from the bytes that come, out to the bytes that leave."""
    office, what = places.office, "signed and encrypted"
    pair = await sealed.pair(office, folder)
    came = [
        pair.sent(written(f"Inn nummer {n}.", fnr=PEOPLE[n % len(PEOPLE)], msg_id=f"s-{n}")) for n in range(messages)
    ]

    async def taken() -> int:
        for data in came:
            found = await pair.seals.unseal(data, HEART.her_id, office.clock())
            await inbox.keep(
                office.database, found.body, now=office.clock(), envelope_from=HEART.her_id, envelope_to=NORDRE.her_id,
                seal=inbox.Seal(bytes=found.sealed, fault=found.fault),
            )  # fmt: skip
        return await delivery.receive_due(office)

    await _tell(server, f"in, {what}", taken, messages)
    carrier = sealed.Sealing(Local(secret=SECRET, client=client), pair.seals, office.clock)
    exchange = Exchange(carriers={"http": carrier})
    await exchange.deliver_due(office)  # their receipts
    new = {"resourceType": "Communication", "subject": {"reference": places.astrid.reference}}
    for number in range(messages):
        async with office.work(places.doctor, Purpose.TREATMENT) as work:
            await sending.send(work, new | {"payload": [{"contentString": f"Ut {number}"}]}, to=HEART.her_id)
    await _tell(server, f"out, {what}", lambda: exchange.deliver_due(office), messages)


async def _tell(server: Postgres, what: str, turn: Callable[[], Awaitable[int]], messages: int) -> None:
    """Take one turn, and print what each message cost."""
    before = time.monotonic(), _own(), cpu(server.pid or 0)
    done = await turn()
    clock, ours, base = (
        now - was for now, was in zip((time.monotonic(), _own(), cpu(server.pid or 0)), before, strict=True)
    )
    if done != messages:
        raise SystemExit(f"{done} of {messages} messages: {what}")
    each = 1e6 / messages
    print(f"{what:32} {ours * each:7.0f} us ours  {base * each:7.0f} us database  {messages / clock:6.0f}/s one worker")


def _own() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Run the whole."""
    messages, waiting = (int(given) for given in (*sys.argv[1:], *("1000", "1000000")[len(sys.argv) - 1 :]))
    folder = Path(mkdtemp(prefix="akson-bench-"))
    folder.chmod(0o755)
    try:
        asyncio.run(measured(folder, messages, waiting))
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
