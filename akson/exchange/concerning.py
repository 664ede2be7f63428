"""Reporting a child to the barnevern, and hearing from it: the record, the task of who reported, and what is sent.

A report, its task and its answers carry marks: that they are of a report, who reported, and that the child's parents
are not told of them here. What is told to a child, and when, its reporter has said in the report.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import uuid4

import msgspec

from akson.access.duty import CONCERN, by_whom, marks, marks_again
from akson.access.facts import WITHHELD, WITHHELD_FROM_PARENTS
from akson.base.errors import Refused
from akson.base.work import Work
from akson.exchange import addresses, concern, contents, outbox
from akson.exchange.addresses import Address
from akson.exchange.concern import Document
from akson.exchange.filing import MESSAGE_ID, Resource, filled
from akson.exchange.nodes import OSLO
from akson.exchange.registry import Patient
from akson.exchange.states import State, is_unknown
from akson.record import concerns, journal, worklist
from akson.record.deciding import facts_for
from akson.record.search.searching import search
from akson.record.session import Within
from akson.record.stored import Stored
from akson.record.withholding import MARK

ANSWERED_IN: Final = timedelta(weeks=3)  # barnevernsloven § 13-4: who has reported is answered by then
TITLE: Final = "Bekymringsmelding til barnevernet"
_WAITS: Final = "Venter på tilbakemelding fra barnevernet (lovens frist er tre uker)"
_NOT_FETCHED: Final = "KS Fiks har meldingen, men ingen har bekreftet at barnevernet har fått den. Ring barnevernet."
_NOT_SENT: Final = "Meldingen er ikke sendt. Ring barnevernet."
SEE_TO: Final = "Følg opp bekymringsmelding"
_FROM_PARENTS: Final = ({"system": MARK, "code": WITHHELD_FROM_PARENTS},)


@dataclass(frozen=True, kw_only=True)
class Heard:
    """What a message from outside is to a report of ours. report: "Communication/<id>", "" where it answers none."""

    marks: Sequence[Mapping[str, str]] = ()
    owner: Mapping[str, str] | None = None
    report: str = ""

    async def settle(self, work: Work) -> None:
        """End the waiting for an answer: it is here, and has a task of its own."""
        if not self.report:
            return
        waiting = [("focus", self.report), ("status", ",".join(worklist.OPEN))]
        for hit in (await search(work, "Task", waiting)).hits:
            ended = {"status": "completed", "lastModified": work.now.isoformat()}
            await journal.update(work, dict(hit.resource) | ended, id_=hit.id, if_match=hit.version)


def check(written: Document) -> None:
    """Refuse a report that must not leave: it names another person's number, or a template was not filled in.

    Raises  Refused AK-X007, AK-X008
    """
    said = "\n".join(text for head, text in concern.in_words(written) if head != "Barnet")
    contents.check(said, written["offentligBarn"][0]["fnr"])


async def report(work: Work, written: Document, *, patient: str, to: Address) -> Stored:
    """Report a child in the actor's own name, whatever else is closed to them.

    patient  id of the child's Patient; "": it has no record here, and gets none by this: the report stands alone
    to       the barnevern
    Raises   Refused AK-X007, AK-X008 the text must not leave; what the journal refuses
    Leaves   Communication and the actor's Task with the day by which the barnevern answers, both kept from the parents,
             and from a child who is not told; the report in state queued. One transaction
    """
    check(written)
    codes = [*marks(work.actor, work.now), WITHHELD_FROM_PARENTS]
    codes += [] if written["offentligBarn"][0]["orientert"] else [WITHHELD]
    meta = {"security": _labels(codes)}
    msg_id, me = str(uuid4()), {"reference": work.actor.id, "display": work.actor.name}
    person = {"reference": f"Patient/{patient}"} if patient else None
    concerns.by_page(work)
    stored = await journal.create(work, filled({
        "resourceType": "Communication", "meta": meta, "identifier": [{"system": MESSAGE_ID, "value": msg_id}],
        "status": "completed", "subject": person, "sender": me,
        "category": [{"coding": [{"system": concern.SYSTEM, "code": "report"}], "text": TITLE}],
        "recipient": [{"type": "Organization", "display": to.name}], "topic": {"text": TITLE},
        "sent": work.now.astimezone(OSLO).isoformat(),
        "payload": [{"contentString": f"{head}: {text}"} for head, text in concern.in_words(written)],
    }))  # fmt: skip
    await journal.create(work, _waiting(work, stored, meta, me, person))
    sender = await _sends_for(work)
    await outbox.queue(work, outbox.Letter(
        type=concern.TYPE, msg_id=msg_id, sender=sender.her_id if sender else 0, receiver=to.her_id,
        body=msgspec.json.encode(written), responsible=work.actor.id, owner=stored.owner, unit=work.actor.unit,
        told_of=stored.id,
    ))  # fmt: skip
    return stored


def _waiting(work: Work, stored: Stored, meta: Resource, me: Resource, person: Resource | None) -> Resource:
    """Return the task of who has reported: nobody else waits for the answer."""
    now = work.now.astimezone(OSLO)
    return filled({
        "resourceType": "Task", "meta": meta, "status": "accepted", "intent": "order", "priority": "routine",
        "code": {"text": TITLE}, "description": _WAITS, "focus": {"reference": stored.reference}, "for": person,
        "requester": me, "owner": me, "authoredOn": now.isoformat(), "lastModified": now.isoformat(),
        "restriction": {"period": {"end": (now + ANSWERED_IN).date().isoformat()}},
    })  # fmt: skip


async def _sends_for(work: Work) -> Address | None:
    """Return the address that is answered to: the unit's, else the organisation's; a report goes without too."""
    unit = await addresses.of_unit(Within(work), work.actor.unit)
    return unit or await addresses.of_unit(Within(work), work.actor.controller)


async def stands_alone(work: Work, sent: Any) -> bool:
    """Say whether a sent message is a report that stands in no record: so does its answer, whoever that names.

    Ids tell nothing of it: one that was made in a person's record names that person as its owner too.
    """
    if sent["type"] != concern.TYPE:
        return False
    facts = (await facts_for(work, [sent["owner"]])).get(sent["owner"])
    return facts is not None and not facts.is_person


async def answered(work: Work, parent: Any | None, sender: Address, patient: Patient | None) -> Heard:
    """Return what a message is to a report of ours: from a barnevern, none of it is for the parents to see here.

    A report that is gone is answered as well: to who sent it, and kept from the child too.
    """
    if not sender.fiks or not (patient or parent):
        return Heard()
    if parent is None or parent["type"] != concern.TYPE or not parent["told_of"]:
        return Heard(marks=_FROM_PARENTS)
    owner, id_ = {"reference": parent["responsible"]}, parent["told_of"]
    try:
        report = (await journal.read(work, "Communication", id_)).resource
        codes = [one["code"] for one in concerns.marks_of_report(report)]
    except Refused as refused:
        if refused.code not in ("AK-J001", "AK-J002"):
            raise
        codes = await _of_what_is_gone(work, parent["owner"], id_, parent["responsible"])
    return Heard(marks=_labels(marks_again(codes, work.now)), owner=owner, report=f"Communication/{id_}")


async def _of_what_is_gone(work: Work, owner: int, id_: str, responsible: str) -> list[str]:
    """Return the marks of a report that is gone: those it had, and that the child is not told of it."""
    facts = (await facts_for(work, [owner]))[owner]
    had = (one.security for one in facts.labelled if (one.type, one.id) == ("Communication", id_))
    every = {CONCERN, by_whom(responsible), WITHHELD, WITHHELD_FROM_PARENTS}
    return sorted(every.union(*had))


def _labels(codes: Iterable[str]) -> list[dict[str, str]]:
    return [{"system": MARK, "code": one} for one in codes]


def of_report(stored: Stored, sent: Any) -> Resource:
    """Return what a task about a sent message has besides when that is a report: its marks, its one owner, and why."""
    marks = concerns.marks_of_report(stored.resource)
    if sent["type"] != concern.TYPE:
        return {"meta": {"security": marks}} if marks else {}
    why = {"description": told} if (told := _told_of(sent)) else {}
    return {"meta": {"security": marks}, "owner": stored.resource["sender"], "code": {"text": SEE_TO}, **why}


def _told_of(sent: Any) -> str:
    """Return what has become of a report, and what its reporter is to do, for who did not hear it any other way."""
    if sent["state"] == State.OVERDUE and sent["carrier_id"]:
        return _NOT_FETCHED
    not_sent = sent["state"] == State.FAILED and not is_unknown(sent["state"], sent["fault_code"])
    return " ".join(filter(None, (sent["fault_text"], _NOT_SENT if not_sent else "")))


def kept_from_parents(communication: Resource) -> Resource:
    """Return a message to a barnevern as it stands in the record."""
    meta = dict(communication.get("meta") or {})
    return communication | {"meta": meta | {"security": [*meta.get("security", ()), *_FROM_PARENTS]}}
