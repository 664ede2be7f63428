"""The ways of the chaos runs: what carries messages between Akson and one hospital outside, and what can go wrong with it.

The hospital takes part with the peers' own code, and remembers which messages have truly arrived.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

import httpx
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from akson.exchange.addresses import AMQP, EDI
from akson.exchange.seals.model import SEALED, Unsound
from akson.exchange.transports.local import FROM, MESSAGE_ID, PATH, TO
from akson.signin.keys import Keyring
from tests.exchange import rabbit
from tests.exchange.edi_world import Broker, helseid, message_server
from tests.exchange.hospital import Hospital, Parcel, plain
from tests.exchange.letters import HEART, NORDRE
from tests.exchange.sealing import Sealing
from tests.exchange.world import SECRET, served
from tests.programs import ports

EDI_FAULTS = {"down": 0.1, "error": 0.1, "slow": 0.02, "lost": 0.1, "discards": 0.1, "forgets": 0.1, "double": 0.2,
              "no_apprec": 0.2, "rejects": 0.03, "partly": 0.02}  # fmt: skip
# Who posts to a program of the same machine has its receipt at once, so nothing is discarded after it: that is a lie, no fault.
LOCAL_FAULTS = {"down": 0.1, "error": 0.1, "slow": 0.02, "lost": 0.1, "double": 0.2, "late": 0.3,
                "rejects": 0.03, "partly": 0.02}  # fmt: skip
QUEUE_FAULTS = {"discards": 0.1, "double": 0.2, "no_apprec": 0.2, "late": 0.3, "rejects": 0.03, "partly": 0.02}


class Way(Protocol):
    """One way.

    endpoint   how its receivers are reached
    worker     what a worker is told of it
    sealing    who signs and encrypts on it, or None
    """

    endpoint: str
    worker: tuple[str, ...]
    sealing: Sealing | None

    async def delivers(self, parcel: Parcel) -> None:
        """Send something to us; whatever happens, it is sent until it has come."""

    async def behaves(self, *, well: bool) -> None:
        """End the faults, or begin them."""

    async def breaks(self) -> None:
        """Kill what carries, and start it again."""

    async def busy(self, came: set[bytes]) -> bool:
        """Tell whether something is on its way outside that no deadline of ours says. came: digests of what we have stored."""

    async def arrived(self) -> dict[str, str]:
        """Return the ids of the messages that have truly come to the hospital, each with the status of its AppRec."""


@dataclass
class MessageServer:
    """NHN's message server, which has all faults of its own."""

    broker: Broker
    worker: tuple[str, ...]
    endpoint: str = EDI
    sealing: Sealing | None = None

    async def delivers(self, parcel: Parcel) -> None:
        await self.broker.delivers(parcel.data, sender=parcel.sender)

    async def behaves(self, *, well: bool) -> None:
        await self.broker.behaves(**({} if well else EDI_FAULTS))

    async def breaks(self) -> None:
        """It is down now and then as it is."""

    async def busy(self, came: set[bytes]) -> bool:
        del came
        return any(each["receiver"] == NORDRE.her_id and not each["read"] for each in await self.broker.messages())

    async def arrived(self) -> dict[str, str]:
        came = [each for each in await self.broker.messages() if each["delivery"] == "Acknowledged"]
        return {each["document"]: each["status"] for each in came if each["document"]}


@asynccontextmanager
async def edi(folder: Path, seed: int) -> AsyncIterator[Way]:
    """Run NHN's message server and who lets us in there."""
    keys = Keyring.open(folder, "client")
    async with (
        helseid(keys) as issuer, message_server(issuer, seed=seed) as server, httpx.AsyncClient(timeout=30) as http,
    ):  # fmt: skip
        yield MessageServer(Broker(server, http), ("edi", server, issuer, str(folder)))


@dataclass
class Neighbour:
    """The local transport: the hospital is a server, and so is our door, which is killed now and then."""

    door: str  # where we take messages
    hospital: Hospital
    http: httpx.AsyncClient
    worker: tuple[str, ...]
    endpoint: str = ""
    sealing: Sealing | None = None

    async def delivers(self, parcel: Parcel) -> None:
        """Post until it is taken; one answer in ten is lost, and it is posted once more."""
        headers = {"authorization": f"Bearer {SECRET}", FROM: str(parcel.sender), TO: str(NORDRE.her_id)}
        taken = False
        while not taken:
            with suppress(httpx.HTTPError):
                answer = await self.http.post(self.door, content=parcel.data, headers=headers)
                taken = answer.status_code == 202 and not self.hospital.happens("lost")
            await asyncio.sleep(0 if taken else 0.05)

    async def behaves(self, *, well: bool) -> None:
        self.hospital.faults = {} if well else LOCAL_FAULTS

    async def breaks(self) -> None:
        """Our door is in a worker, and ends with it."""

    async def busy(self, came: set[bytes]) -> bool:
        del came
        return bool(self.hospital.unsent)

    async def arrived(self) -> dict[str, str]:
        return self.hospital.taken

    async def receives(self, request: Request) -> Response:
        """Take one message of ours, or do what can go wrong."""
        body = await request.body()
        if self.hospital.happens("down") or not request.headers.get(MESSAGE_ID):
            return Response(status_code=503)
        if self.hospital.happens("error"):
            return Response(status_code=500)
        if self.hospital.happens("slow"):
            await asyncio.sleep(1)
        self.hospital.takes(body, self._answers)
        return Response(status_code=500 if self.hospital.happens("lost") else 202)

    async def _answers(self, receipt: bytes) -> None:
        await self.delivers(plain(receipt))


@asynccontextmanager
async def local(folder: Path, seed: int) -> AsyncIterator[Way]:
    """Run the hospital's server; our own door runs in each worker, at the same port."""
    del folder
    (port,) = ports(1)
    async with httpx.AsyncClient(timeout=10) as http:
        made = Neighbour(
            f"http://127.0.0.1:{port}{PATH}", Hospital(random.Random(seed)), http, ("local", str(port), SECRET)
        )
        async with served([Route(PATH, made.receives, methods=["POST"])]) as url:
            made.endpoint = f"{url}{PATH}"
            yield made


@dataclass
class Queues:
    """Queues at a RabbitMQ, which is killed without warning now and then, and two hospitals: one of them seals."""

    server: rabbit.Rabbit
    hospital: Hospital
    sealing: Sealing | None
    worker: tuple[str, ...]
    endpoint: str = AMQP
    line: Any = None
    waiting: list[Parcel] = field(default_factory=list)
    given: set[bytes] = field(default_factory=set)
    quiet: float = 0.0
    breaking: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def delivers(self, parcel: Parcel) -> None:
        self.waiting.append(parcel)

    async def behaves(self, *, well: bool) -> None:
        self.hospital.faults = {} if well else QUEUE_FAULTS

    async def breaks(self) -> None:
        async with self.breaking:
            await asyncio.to_thread(self.server.kill)
            await asyncio.to_thread(self.server.start)

    async def busy(self, came: set[bytes]) -> bool:
        at_rest = asyncio.get_running_loop().time() - self.quiet > 1
        return bool(self.waiting or self.hospital.unsent or self.given - came or not at_rest)

    async def arrived(self) -> dict[str, str]:
        return self.hospital.taken

    async def works(self) -> None:
        """Send and take, and connect again whenever the broker is gone."""
        from akson.exchange.transports.broker import Away, NoQueue

        while True:
            async with self.breaking:
                with suppress(Away, NoQueue):
                    await self._turn()
            await asyncio.sleep(0.02)

    async def _turn(self) -> None:
        from akson.exchange.transports.broker import Outcome
        from akson.exchange.transports.line import Line

        if self.line is None or self.line.lost:
            self.line = await Line.open(self.server.broker(0), "the hospital")
        closed = f"{self.sealing.place.her_id}_async" if self.sealing else ""
        self.line.listen(filter(None, [f"{HEART.her_id}_async", closed]))
        while self.line.arrived:
            arrival = self.line.arrived.popleft()
            self.quiet = asyncio.get_running_loop().time()
            if not self.hospital.happens("discards"):  # taken by the broker, and never seen again
                self._takes(bytes(arrival.message.body), self.sealing if arrival.queue == closed else None)
            self.line.answer(arrival, Outcome.ACCEPTED)
        while self.waiting:
            await self._send(self.waiting[0])
            self.given.add(self.waiting.pop(0).digest)

    def _takes(self, data: bytes, sealing: Sealing | None) -> None:
        """Take what came: whoever seals opens it, and seals the answer."""
        inside = data
        if sealing:
            try:
                inside = sealing.opened(data)
            except Unsound:
                sealing.openly.append(f"{len(data)} bytes")
                return
        self.hospital.takes(inside, partial(self._answers, sealing))

    async def _answers(self, sealing: Sealing | None, receipt: bytes) -> None:
        await self.delivers(sealing.sealed(receipt)[0] if sealing else plain(receipt))

    async def _send(self, parcel: Parcel) -> None:
        """Put one message into our queue. Raises Away when nobody says that it is there: then it goes once more."""
        import proton

        from akson.exchange.transports.broker import Away, Outcome

        properties = {"fromHerId": parcel.sender, "toHerId": NORDRE.her_id}
        message = proton.Message(body=parcel.data, inferred=True, durable=True, id=f"m-{self.hospital.chance.random()}",
                                 content_type=SEALED if parcel.sealed else "text/plain", properties=properties)  # fmt: skip
        if await self.line.send(f"{NORDRE.her_id}_async", message) is not Outcome.ACCEPTED:
            raise Away("not taken")


@asynccontextmanager
async def amqp(folder: Path, seed: int) -> AsyncIterator[Way]:
    """Run a RabbitMQ and the hospitals at its other end; without what signs XML (`make queues`) nobody seals."""
    sealing = Sealing(folder) if find_spec("signxml") else None
    told = (str(sealing.keys), str(sealing.trust)) if sealing else ()
    with rabbit.running() as server:
        made = Queues(server, Hospital(random.Random(seed)), sealing, ("amqp", str(server.port), *told))
        task = asyncio.create_task(made.works())
        try:
            yield made
        finally:
            task.cancel()
            await asyncio.wait([task])
            if made.line:
                await made.line.leave()


WAYS: dict[str, Callable[[Path, int], AbstractAsyncContextManager[Way]]] = {"edi": edi, "local": local, "amqp": amqp}
