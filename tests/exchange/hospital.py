"""The hospital outside of the chaos runs: what it sends, and what it makes of what it gets."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256

from peers import letters
from peers.letters import Place
from peers.misbehaving import ERRORS, judged
from tests.exchange.letters import HEART

ACCEPTED, REJECTED, PARTIAL = "1", "2", "3"  # as AppRec says it
Answer = Callable[[bytes], Awaitable[None]]


@dataclass(frozen=True)
class Parcel:
    """What travels to us. digest: what we know it by once it is stored; sender: the HER-id that delivers it."""

    data: bytes
    digest: bytes
    sender: int = HEART.her_id
    sealed: bool = False


def plain(body: bytes) -> Parcel:
    """Return what the hospital sends in the open."""
    return Parcel(body, sha256(body).digest())


@dataclass
class Hospital:
    """It keeps what it takes, and answers, sometimes twice, late or not at all.

    taken   message -> the status that its AppRecs say: the same message is judged the same however often it comes
    """

    chance: random.Random
    faults: dict[str, float] = field(default_factory=dict)
    taken: dict[str, str] = field(default_factory=dict)
    unsent: set[asyncio.Task[None]] = field(default_factory=set)

    def happens(self, what: str) -> bool:
        return self.chance.random() < self.faults.get(what, 0)

    def takes(self, body: bytes, answer: Answer) -> None:
        """Keep a message, and answer it; receipts are not answered."""
        read = letters.read(body)
        if read is None or read.kind == "APPREC":
            return
        status = self.taken.setdefault(read.msg_id, judged(self.happens))
        if self.happens("no_apprec"):
            return
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        code, why = ERRORS[status]
        for copy in range(1 + self.happens("double")):
            receipt = letters.receipt(msg_id=f"r{copy}-{read.msg_id}", now=now, sender=read.receiver,
                                      receiver=Place(read.sender, "x", read.sender, "x"), read=read,
                                      code=code, why=why, status=status)  # fmt: skip
            self._later(answer, receipt)

    def _later(self, answer: Answer, receipt: bytes) -> None:
        async def go() -> None:
            if self.happens("late"):
                await asyncio.sleep(self.chance.random() * 3)
            await answer(receipt)

        task = asyncio.create_task(go())
        self.unsent.add(task)
        task.add_done_callback(self.unsent.discard)
