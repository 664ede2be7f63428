"""Everything received, byte for byte: stored before the transport gives its receipt, worked on afterwards, one by one.

A claim is a lease: the row names the time from which others may try, so a worker that dies loses nothing. The bytes
hold patient data: they are never logged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b, sha256
from typing import Any, Final

from akson.base.database import Database, Reads
from akson.base.queries import queries
from akson.base.work import Work
from akson.exchange.safexml import Fault, Unreadable
from akson.record.session import fetch, transaction

SQL = queries(__file__)
HUMAN: Final = "meldingsansvarlig"  # the role that answers for what no unit has taken
UNIT: Final = "unit"
NOT_NAMED: Final = -1  # as envelope_from: the transport must name the sender, and did not
ATTEMPTS: Final = 5  # a message that has stopped us so often is put aside for a human
ID_TAKEN: Final = Fault("E10", "Meldingsidentifikatoren er brukt før, med et annet innhold.")
Homes = Sequence[int] | None  # organisations whose messages are wanted, 0 for those of nobody; None for all
_LEASE: Final = timedelta(minutes=2)
HELD: Final = 4 * 1024 * 1024  # bytes of the messages that are leased together; a larger one comes alone
TOGETHER: Final = 100  # refused messages that are sorted out at once, beside the one that is looked at
FIRST: Final = datetime(1970, 1, 1, tzinfo=UTC)  # before every message
_TO_BE_SEEN: Final = timedelta(hours=24)


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A received message as it is worked on.

    envelope_id, envelope_from, envelope_to   what the transport said of it; 0 where it said nothing
    fault_code, fault_text                    what was wrong with its seal; "" where nothing was
    type                                      what the transport called it, where something was
    answer_to                                 where its transport wants the receipt; "": at the sender's own address
    """

    bucket: int
    digest: bytes
    body: bytes
    received_at: datetime
    envelope_id: str
    envelope_from: int
    envelope_to: int
    attempts: int
    fault_code: str = ""
    fault_text: str = ""
    type: str = ""
    answer_to: str = ""


@dataclass(frozen=True, kw_only=True)
class Again:
    """A message that was read before and came again. name: what its transport called it now; answer_to: as above."""

    bucket: int
    digest: bytes
    name: str
    answer_to: str


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of a received message. state: filed, receipt, refused or repeated."""

    state: str
    type: str = ""
    msg_id: str = ""
    sender: int = 0
    owner: int | None = None
    filed_as: str | None = None
    unit: int = 0
    fault: Fault | None = None


@dataclass(frozen=True, kw_only=True)
class Seal:
    """How a message came that was signed and encrypted. bytes: as it came; fault: why it is refused for it.

    type   what the transport calls the message, which cannot be asked itself
    """

    bytes: bytes = b""
    fault: Fault | None = None
    type: str = ""


async def keep(
    database: Database,
    body: bytes,
    *,
    now: datetime,
    envelope_id: str = "",
    envelope_from: int = 0,
    envelope_to: int = 0,
    answer_to: str = "",
    seal: Seal | None = None,
) -> str:
    """Store `body` durably and return the digest it is known by; the same bytes again from the same sender are one row.

    answer_to   where the transport wants its receipt, when not at the sender's own address
    seal        how it came, where it was signed and encrypted or ought to have been
    """
    came = seal or Seal()
    # What is refused for its seal stands for no other message of the same content.
    content = b"\x00" + (came.bytes or body) if came.fault else body
    wrong = came.fault or Fault("", "")

    async def stored(digest: bytes) -> bool:
        return bool(await database.fetch(
            SQL.keep, digest[0] & 63, digest, body, now, envelope_id or digest.hex(), envelope_from, envelope_to,
            now + _TO_BE_SEEN, answer_to, came.bytes or None, wrong.code, wrong.text, came.type if came.fault else "",
        ))  # fmt: skip

    digest = sha256(content).digest()
    if not await stored(digest):  # another has delivered it, who may not have been let to: that stands not for this
        digest = blake2b(content, digest_size=32, key=b"%d" % envelope_from).digest()
        await stored(digest)
    return digest.hex()


async def waiting(database: Database, now: datetime) -> list[int]:
    """Return the buckets with something to read."""
    return [row["bucket"] for row in await database.fetch(SQL.buckets_in, now)]


async def claim(database: Database, bucket: int, now: datetime, *, most: int = 1) -> list[Kept]:
    """Lease the next messages of a bucket, oldest first, and only as many as are well held in memory together.

    One that has stopped a worker before comes alone: it is not to stop others with it again.
    """
    rows = await database.fetch(SQL.claim_in, bucket, now, now + _LEASE, most, HELD)
    return sorted((Kept(**dict(row)) for row in rows), key=lambda kept: (kept.received_at, kept.digest))


async def give_back(database: Database, kept: Kept, *, alone: bool = False) -> None:
    """Let the attempt on a message not count: what failed was ours and passes, so the message is not to blame.

    alone  it comes alone from now on: others are not to wait each time for what may be this one's only
    """
    await database.execute(SQL.give_back, kept.bucket, kept.digest, int(alone))


async def settle(work: Work, closed: Sequence[tuple[Kept, Outcome]]) -> bool:
    """Write what became of messages; False when another worker has done so already of any of them.

    Raises   Unreadable E10 when one is filed under an id that stands for another message: one id is one message's
    """
    rows = [
        (kept.bucket, kept.digest, one.state, one.type, one.msg_id, one.sender, one.owner, one.filed_as, one.unit,
         HUMAN if one.state == "refused" else UNIT, kept.received_at + _TO_BE_SEEN, *_fault(one), one.state == "filed")
        for kept, one in closed
    ]  # fmt: skip
    await transaction(work)
    settled = await fetch(work, SQL.settle_in, *map(list, zip(*rows, strict=True)))
    if not all(row["free"] for row in settled):
        raise Unreadable(ID_TAKEN.code, ID_TAKEN.text)
    return len(settled) == len(closed)


def _fault(outcome: Outcome) -> tuple[str, str]:
    return (outcome.fault.code, outcome.fault.text) if outcome.fault else ("", "")


async def came_again(database: Database, now: datetime, *, most: int = 1) -> list[Again]:
    """Lease names by which messages came again that have been read, those first that came first."""
    rows = await database.fetch(SQL.came_again, now, now + _LEASE, most)
    return [Again(**dict(row)) for row in rows]


async def answered_again(work: Work, again: Again) -> bool:
    """Note that the receipt of a message goes by a name it came again by; False when another worker has done so."""
    await transaction(work)
    return bool(await fetch(work, SQL.answered_again, again.bucket, again.digest, again.name, again.answer_to))


async def for_humans(
    reads: Reads, homes: Homes, most: int = 100, *, after: tuple[datetime, bytes] = (FIRST, b"")
) -> list[dict[str, Any]]:
    """Return refused messages nobody has looked at, most urgent first: reason and addresses, no content.

    after   deadline and digest of the last one before
    """
    return [dict(row) for row in await reads.fetch(SQL.for_humans_in, most, homes, *after)]


async def count(reads: Reads, homes: Homes) -> int:
    """Return how many refused messages nobody has looked at."""
    return int((await reads.fetch(SQL.count_in, homes))[0]["messages"])


async def alike(
    reads: Reads, homes: Homes, one: Mapping[str, Any], *, among: Sequence[bytes] | None = None
) -> list[dict[str, Any]]:
    """Return others like a refused message: of the same sender, with the same fault, and looked at by nobody either.

    among   digests of those asked for; None for all, and then the first of them
    """
    rows = await reads.fetch(SQL.alike_in, one["digest"], one["sender"], one["fault_code"], homes, TOGETHER, among)
    return [dict(row) for row in rows]


async def refused(work: Work, digest: bytes, *, content: bool = False) -> dict[str, Any] | None:
    """Return one refused message nobody has looked at, or None; `content`: with its bytes, which hold patient data."""
    rows = await fetch(work, SQL.refused_in, digest[0] & 63, digest, content)
    return dict(rows[0]) if rows else None


async def handled(work: Work, digests: Sequence[bytes], why: str) -> list[bytes]:
    """Note that a human has sorted refused messages out, and how; return those that nobody had sorted out before."""
    await transaction(work)
    rows = await fetch(work, SQL.handled, [one[0] & 63 for one in digests], list(digests), work.now, work.actor.id, why)
    return [row["digest"] for row in rows]


async def organisations(work: Work, owner: int, communications: Sequence[str]) -> dict[str, int]:
    """Return which organisation each of these Communications came from, by HER-id; one statement.

    The caller has just read the Communications through the journal: that reading is what access decided on.
    """
    rows = await fetch(work, SQL.organisations_of, owner, list(communications))
    return {row["filed_as"]: row["organisation"] for row in rows}


async def behind(work: Work, owner: int, communication: str) -> Any | None:
    """Return the received message a Communication was made from, or None."""
    rows = await fetch(work, SQL.received_as, owner, communication)
    return rows[0] if rows else None
