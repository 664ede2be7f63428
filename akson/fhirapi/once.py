"""Idempotency-Key on a write: the key bound to who asks, what was asked, and the answer given again."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

from akson.base.errors import Refused
from akson.base.work import Actor, Work
from akson.record import once
from akson.record.office import Office
from akson.record.once import Result
from akson.record.stored import Stored

_KEY = re.compile(r"[\x21-\x7e]{1,255}")


class Done(Exception):
    """The key was used for this very request before; `results` is what became of it."""

    def __init__(self, results: list[Result]) -> None:
        self.results = results
        super().__init__()


@dataclass
class Once:
    """The key of one request, or of one entry of its batch.

    who      whom the key belongs to, with the key itself
    asked    hash of method, address, headers that matter and body, as far as they are read
    results  what the interaction tells of its changes; kept when its work ends
    """

    who: bytes
    asked: blake2b
    part: str = ""
    results: list[tuple[int, Stored | None]] = field(default_factory=list)

    def heard(self, body: bytes) -> None:
        """Take the body into account."""
        self.asked.update(body)

    def entry(self, n: int) -> Once:
        """Return the key of one entry of a batch."""
        return Once(self.who, self.asked, f"#{n}")

    def key(self, office: Office) -> bytes:
        return office.hasher.wide(self.who + self.part.encode())

    async def begin(self, work: Work) -> None:
        """Take the key. Raises Done, Refused AK-F024."""
        self.results.clear()
        before = await once.claim(work, self.key(work.office), work.office.hasher.wide(self.asked.digest()))
        if before is not None:
            raise Done(before)

    async def end(self, work: Work) -> None:
        """Keep what the interaction told."""
        await once.keep(work, self.key(work.office), self.results)


def given(key: str, actor: Actor, asked: Sequence[str]) -> Once:
    """Return the key of a request, good for this actor only. Raises Refused AK-F007 when it is no key."""
    if not _KEY.fullmatch(key):
        raise Refused("AK-F007", name="Idempotency-Key")
    who = "\n".join((actor.kind, actor.id, str(actor.unit), key))
    return Once(who.encode(), blake2b("\n".join(asked).encode(), digest_size=32))
