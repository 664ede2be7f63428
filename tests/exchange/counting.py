"""The count after a chaos run: every single message is looked for, and held to what had to become of it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from akson.base.database import Database
from akson.base.work import Purpose
from akson.exchange.filing import MESSAGE_ID
from akson.exchange.inbox import HUMAN
from akson.exchange.opening import opened
from akson.record.office import Office
from akson.record.search.searching import search
from tests.exchange.hospital import ACCEPTED, PARTIAL, REJECTED
from tests.exchange.ruined import Incoming
from tests.offices import JOB

LOST, TWICE, WRONG, SHOWN, SILENT, OTHERWISE, ENDED = _NEVER = (
    "lost", "filed twice", "in the wrong record", "shown as delivered without a receipt",
    "stopped without a reason, an owner and a task", "standing otherwise than its receiver has answered",
    "ended otherwise than what is wrong with it calls for",
)  # fmt: skip
OPENLY = "gone in the open to who seals"
SAID = {ACCEPTED: {"accepted", "answered"}, REJECTED: {"rejected"}, PARTIAL: {"partial"}}
HEARD = {"delivered", "accepted", "answered", "partial", "rejected"}  # so its receiver has it, or has said so
UNHEARD = {"overdue", "failed"}  # whatever was answered has not come
RECEIPTS = """
SELECT answers, body, count(*) - count(DISTINCT (answers_as, answer_to)) AS doubled
  FROM message_out WHERE type = 'APPREC' GROUP BY answers, body"""
AFTER = {"rejected", "partial"} | UNHEARD  # these have a reason, and somebody who answers for them
TAKEN_ID = "E10"


@dataclass
class Told:
    """What came of it.

    by_itself   complete without a human, in ten minutes
    rest        refused by their receivers, and with a human by then: no run is to blame for these
    kinds       of what came: how many ended as they had to
    in_time     ids of those out, digests of those in, done ten minutes after
    faults      what must never happen -> what it happened to
    """

    out: Counter[str] = field(default_factory=Counter)
    came: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    by_itself: int = 0
    rest: int = 0
    all: int = 0
    kills: int = 0
    breaks: int = 0
    in_time: set[str] = field(default_factory=set)
    faults: dict[str, list[str]] = field(default_factory=lambda: {what: [] for what in never(sealed=False)})


def never(*, sealed: bool) -> tuple[str, ...]:
    """Return what must never happen on a way; sealed: somebody signs and encrypts on it."""
    return (*_NEVER, OPENLY) if sealed else _NEVER


async def count_out(owner: Database, office: Office, arrived: Mapping[str, str], told: Told) -> None:
    """Count what went. arrived: what has truly come to its receiver, with the status of its AppRec."""
    been: dict[tuple[int, int], list[str]] = defaultdict(list)
    for move in await owner.fetch("SELECT owner, key, state FROM message_move"):
        been[move["owner"], move["key"]].append(move["state"])
    for row in await owner.fetch("SELECT * FROM message_out WHERE type <> 'APPREC'"):
        state, id_, moved = row["state"], row["msg_id"], been[row["owner"], row["key"]]
        refused = arrived.get(id_) in (REJECTED, PARTIAL)
        told.out[state] += 1
        told.all += 1
        told.by_itself += state not in AFTER and id_ in told.in_time
        told.rest += refused and state not in UNHEARD and id_ in told.in_time
        if id_ not in arrived:
            told.faults[SHOWN] += [id_] if HEARD.intersection(moved) else []
            told.faults[LOST] += [id_] if state not in UNHEARD else []
        elif state not in SAID.get(arrived[id_], set()) | UNHEARD:
            told.faults[OTHERWISE].append(f"{id_} is {state}, answered {arrived[id_]}")
        if state in AFTER and not (row["fault_text"] and row["responsible"] and await _is_task(office, row, moved)):
            told.faults[SILENT].append(f"{id_} is {state}")


async def _is_task(office: Office, row: Mapping[str, Any], moved: Sequence[str]) -> bool:
    """Tell whether a unit has a task of a message each time that it stopped, and no more."""
    async with office.work(JOB, Purpose.SYSTEM) as work:
        found = await search(work, "Task", [("focus", f"Communication/{row['told_of']}")])
    return len(found.hits) == sum(state in AFTER for state in moved) and all(
        hit.resource.get("owner") for hit in found.hits
    )


async def count_in(
    owner: Database, office: Office, incoming: Sequence[Incoming], people: Mapping[str, str], told: Told
) -> None:
    """Count what came. people: number of a patient -> reference."""
    rows = {bytes(row["digest"]): row for row in await owner.fetch("SELECT * FROM message_in WHERE type <> 'APPREC'")}
    receipts = await _receipts(owner)
    alike: dict[tuple[str, int], list[Incoming]] = defaultdict(list)
    for one in incoming:
        alike[one.id, one.parcel.sender].append(one)
    for together in alike.values():
        found = [rows.get(one.parcel.digest) for one in together]
        for one, meant in zip(together, _meant(together, found), strict=True):
            _count(one, meant, rows.get(one.parcel.digest), receipts.get(one.parcel.digest, []), told)
        await _count_filed(office, together, found, people, told)


@dataclass(frozen=True)
class Meant:
    """What had to become of a message. code: why it is refused; told: what its sender is told of that."""

    state: str
    code: str = ""
    told: str = ""


def _meant(together: Sequence[Incoming], rows: Sequence[Mapping[str, Any] | None]) -> list[Meant]:
    """Return what had to become of messages of one id: of those that could be filed one is, whichever came first."""
    first = next((n for n, row in enumerate(rows) if row and row["state"] == "filed"), 0)
    return [
        Meant("refused", one.code, one.told) if one.code
        else Meant("filed") if number == first or len(together) == 1
        else Meant("refused", TAKEN_ID, TAKEN_ID)
        for number, one in enumerate(together)
    ]  # fmt: skip


def _count(one: Incoming, meant: Meant, row: Mapping[str, Any] | None, receipts: Sequence[str], told: Told) -> None:
    """Hold one message to what had to become of it: its state, why, who answers for it, what its sender was told."""
    state = row["state"] if row else "lost"
    told.came[state] += 1
    told.all += 1
    told.by_itself += state == meant.state and one.parcel.digest.hex() in told.in_time
    if row is None or bytes(row["body"]) != one.body:
        told.faults[LOST].append(f"{one.id} ({one.kind}) is {state}")
        return
    ended = (state, row["fault_code"], *receipts)
    if ended != (meant.state, meant.code, f"{REJECTED if meant.code else ACCEPTED}{meant.told}"):
        told.faults[ENDED].append(f"{one.id} ({one.kind}): {ended}, not {meant}")
    elif meant.code and not (row["fault_text"] and row["responsible"] == HUMAN and row["deadline"]):
        told.faults[SILENT].append(f"{one.id} ({one.kind})")
    else:
        told.kinds[one.kind] += 1


async def _receipts(owner: Database) -> dict[bytes, list[str]]:
    """Return what each message was answered with: the status of the AppRec, and the code of what is wrong.

    It is one AppRec by each name that the message came by; what a name has more of them is counted by itself
    """
    found: dict[bytes, list[str]] = defaultdict(list)
    for row in await owner.fetch(RECEIPTS):
        receipt = opened(bytes(row["body"])).receipt
        assert receipt
        told = "".join([receipt.status, *(each.value for each in receipt.errors)])
        found[bytes(row["answers"])] += [told] * (1 + row["doubled"])
    return found


async def _count_filed(
    office: Office, together: Sequence[Incoming], rows: Sequence[Mapping[str, Any] | None], people: Mapping[str, str],
    told: Told,
) -> None:  # fmt: skip
    """Look for messages of one id in the records: what the journal says, not what our own books say."""
    async with office.work(JOB, Purpose.SYSTEM) as work:
        found = await search(work, "Communication", [("identifier", f"{MESSAGE_ID}|{together[0].id}")])
    filed = [hit.resource["subject"]["reference"] for hit in found.hits]
    wanted = [
        people[one.good] for one, row in zip(together, rows, strict=True)
        if one.good and row and row["state"] == "filed"
    ]  # fmt: skip
    told.faults[LOST] += [together[0].id] if len(filed) < len(wanted) else []
    told.faults[TWICE] += [together[0].id] if len(filed) > max(len(wanted), 1) else []
    told.faults[WRONG] += [together[0].id] if any(whose not in wanted for whose in filed) else []
