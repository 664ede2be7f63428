"""AppRecs as they really come: twice, two that differ, too late, and both."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from functools import partial
from uuid import uuid4

from akson.base.work import Purpose
from akson.exchange import reminding, sending
from akson.exchange.envelope import Code
from akson.exchange.lasting import Lasting
from akson.exchange.messages import apprec
from akson.exchange.messages.apprec import AppRec, Original, Status
from akson.exchange.opening import opened
from akson.exchange.states import PATIENCE
from tests.conformance.arriving.arrival import Row, places, received
from tests.conformance.servers import running
from tests.conformance.suites import Case
from tests.exchange.letters import HEART
from tests.exchange.places import Places
from tests.offices import let_pass

UNKNOWN = Code(value="E35", system=apprec.ERROR_CODES, name="Pasienten finnes ikke i mottakersystemet")


def cases() -> Iterator[Case]:
    """Yield the cases; those that let time pass are the last."""
    for version in apprec.NAMESPACES:
        for name, story in STORIES.items():
            yield Case(f"apprec/{name}-{version}", partial(_told, story, version))


async def twice(there: Places, sent: Row, version: str) -> str | None:
    """The same bytes again are one row, and change nothing."""
    body = receipt(sent, Status.OK, version)
    rows = [await received(there, body, f"r-{n}", sender=HEART.her_id) for n in range(2)]
    if [row["times"] for row in rows] != [1, 2]:
        return "the same receipt is kept twice"
    return await _stands(there, sent, "accepted", rows)


async def differing(there: Places, sent: Row, version: str) -> str | None:
    """The first counts; another that comes after it says nothing new, and takes nothing back."""
    rows = [
        await received(there, receipt(sent, status, version), str(status), sender=HEART.her_id)
        for status in (Status.OK, Status.OK, Status.REJECTED)
    ]
    return await _stands(there, sent, "accepted", rows)


async def late(there: Places, sent: Row, version: str) -> str | None:
    """After 96 hours somebody has it to do; the receipt counts all the same."""
    if wrong := await _overdue(there, sent):
        return wrong
    row = await received(there, receipt(sent, Status.OK, version), "late", sender=HEART.her_id)
    return await _stands(there, sent, "accepted", [row], tasks=1)


async def late_and_twice(there: Places, sent: Row, version: str) -> str | None:
    """A refusal that comes late, and again: one more task, and not two."""
    if wrong := await _overdue(there, sent):
        return wrong
    body = receipt(sent, Status.REJECTED, version)
    rows = [await received(there, body, f"r-{n}", sender=HEART.her_id) for n in range(2)]
    return await _stands(there, sent, "rejected", rows, tasks=2)


STORIES: dict[str, Callable[[Places, Row, str], Awaitable[str | None]]] = {
    "twice": twice, "two-that-differ": differing, "late": late, "late-and-twice": late_and_twice,
}  # fmt: skip


def receipt(sent: Row, status: Status, version: str) -> bytes:
    """Return what the hospital answers to a message of ours."""
    envelope = opened(bytes(sent["body"])).envelope
    assert envelope
    errors = () if status is Status.OK else (UNKNOWN,)
    original = Original(type=envelope.type, msg_id=envelope.msg_id, sent=envelope.sent)
    made = AppRec(msg_id=str(uuid4()), sent=envelope.sent, sender=envelope.receiver, receiver=envelope.sender,
                  status=status, original=original, errors=errors)  # fmt: skip
    return apprec.build(replace(made, version=version))


def _told(story: Callable[[Places, Row, str], Awaitable[str | None]], version: str) -> str | None:
    async def run() -> str | None:
        there = places()
        return await story(there, await _sent(there), version)

    return (places(), running("messages").run(run()))[1]


async def _sent(there: Places) -> Row:
    new = {"resourceType": "Communication", "subject": {"reference": there.astrid.reference}}
    async with there.office.work(there.doctor, Purpose.TREATMENT) as work:
        made = await sending.send(work, new | {"payload": [{"contentString": "Kommer hun hjem?"}]}, to=HEART.her_id)
    (row,) = await there.rows("SELECT * FROM message_out WHERE told_of = $1", made.id)
    return row


async def _overdue(there: Places, sent: Row) -> str | None:
    let_pass(there.office, PATIENCE)
    await reminding.remind_due(there.office, Lasting())
    return await _stands(there, sent, "overdue", [], tasks=1)


async def _stands(there: Places, sent: Row, state: str, rows: list[Row], *, tasks: int = 0) -> str | None:
    """Say what is wrong with where a message stands, with the tasks made of it, and with the receipts that came."""
    (now,) = await there.rows("SELECT state FROM message_out WHERE owner = $1 AND key = $2", sent["owner"], sent["key"])
    if now["state"] != state:
        return f"the message is {now['state']}, not {state}"
    found = await there.found("Task", ("focus", f"Communication/{sent['told_of']}"))
    if len(found) != tasks:
        return f"{len(found)} tasks, not {tasks}"
    if {row["state"] for row in rows} - {"receipt"}:
        return f"the receipts are {[row['state'] for row in rows]}"
    answers = [await there.rows("SELECT key FROM message_out WHERE answers = $1", row["digest"]) for row in rows]
    return "a receipt is answered" if any(answers) else None
