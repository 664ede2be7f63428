"""What NAV's dialog messages are called, how soon each is to be seen to, and which earlier one a reminder is about.

Source   Volven 8125 (meetings), 8127 (notices), 8129 (requests); how soon is our own choice, told in docs/exchange.md
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from akson.base.work import Work
from akson.exchange import addresses, filing, inbox
from akson.exchange.envelope import Code
from akson.exchange.filing import MESSAGE_ID, TEST_DATA, VOLVEN
from akson.exchange.nodes import OSLO
from akson.exchange.registry import Letter
from akson.fhir.dates import interval
from akson.record import journal
from akson.record.search.searching import search
from akson.record.search.values import escape
from akson.record.session import Within
from akson.record.stored import Stored
from akson.record.worklist import FOR_INFORMATION, OPEN, TASK

Resource = dict[str, Any]
DONE: Final = "completed"
MEETING, NOTICE, REQUEST = f"{VOLVEN}8125", f"{VOLVEN}8127", f"{VOLVEN}8129"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One thing NAV writes of. days: to see to it, 0 where it is only to be known; reminds: it is of an earlier one.

    replaces   it moves a meeting, or calls one off: nobody is to answer the earlier invitation
    """

    name: str
    days: int = 0
    reminds: bool = False
    replaces: bool = False


ASKED: Final[Mapping[tuple[str, str], Asked]] = {
    (REQUEST, "1"): Asked(name="Forespørsel om pasient", days=14),
    (REQUEST, "2"): Asked(name="Påminnelse forespørsel om pasient", days=3, reminds=True),
    (MEETING, "1"): Asked(name="Innkalling dialogmøte 2", days=3),
    (MEETING, "2"): Asked(name="Endring dialogmøte 2", days=3, replaces=True),
    (MEETING, "3"): Asked(name="Innkalling dialogmøte 3", days=3),
    (MEETING, "4"): Asked(name="Endring dialogmøte 3", days=3, replaces=True),
    (NOTICE, "1"): Asked(name="Oppfølgingsplan"),
    (NOTICE, "2"): Asked(name="Friskmelding til arbeidsformidling"),
    (NOTICE, "3"): Asked(name="Retur av legeerklæring", days=7),
    (NOTICE, "4"): Asked(name="Avlysning dialogmøte", days=3, replaces=True),
    (NOTICE, "5"): Asked(name="Unntak dialogmøte"),
    (NOTICE, "6"): Asked(name="Tilbakemelding fra NAV", days=3),
    (NOTICE, "8"): Asked(name="Melding fra NAV", days=3),
    (NOTICE, "9"): Asked(name="Informasjon fra NAV"),
}


def asked(code: Code) -> Asked | None:
    """Return what NAV writes of, or None for a dialog of another kind. A list is an OID, or its number in Volven."""
    system = code.system if "." in code.system else f"{VOLVEN}{code.system}"
    return ASKED.get((system, code.value))


def with_limit(task: Resource, wanted: Asked | None, letter: Letter) -> Resource:
    """Return the task of a message with when it is due, or as one that is only to be known."""
    if wanted is None:
        return task
    if not wanted.days:
        task = {name: value for name, value in task.items() if name != "restriction"}
        return task | {"code": {"coding": [{"system": TASK, "code": FOR_INFORMATION}], "text": "Til orientering"}}
    until = (letter.received + timedelta(days=wanted.days)).isoformat()
    return task | {"restriction": {"period": {"end": until}}}


async def reminded(work: Work, letter: Letter) -> Stored | None:
    """Return the first message, of the same sender about the same patient, that a reminder is about; or None.

    A reminder names it as its parent, or as what began the conversation.
    """
    for hit in await _named(work, letter):
        first = (hit.resource.get("partOf") or [{}])[0].get("reference", "")
        return (await journal.read_many(work, [first])).get(first, hit) if first else hit
    return None


async def remind(work: Work, letter: Letter, request: Stored, wanted: Asked) -> bool:
    """Let the open task of a request say that it has been reminded of; False where nobody has it to do.

    Leaves   the Task: urgent, and due as a reminder is, or sooner where it was already
    """
    tasks = (await search(work, "Task", [("focus", request.reference), ("status", ",".join(OPEN))])).hits
    if not tasks:
        return False
    task, until = tasks[0], letter.received + timedelta(days=wanted.days)
    stood = ((task.resource.get("restriction") or {}).get("period") or {}).get("end")
    end = stood if stood and interval(stood)[1] <= until else until.isoformat()
    await _change(work, task, letter, wanted, priority="urgent", restriction={"period": {"end": end}})
    return True


def is_meeting(communication: Mapping[str, Any]) -> bool:
    """Say whether a Communication invites to a meeting, or moves one."""
    codings = (communication.get("topic") or {}).get("coding", ())
    return any(each.get("system") == f"urn:oid:{MEETING}" for each in codings)


def naming(letter: Letter, wanted: Asked | None, topic: Mapping[str, Any]) -> list[Resource] | None:
    """Return which messages one of a meeting names, by their ids: those they are of may come after it."""
    if not (is_meeting({"topic": topic}) or (wanted and wanted.replaces)):
        return None
    return [{"identifier": {"system": MESSAGE_ID, "value": each}} for each in _names(letter)]


async def meet(work: Work, letter: Letter, message: Stored, task: Resource) -> Resource:
    """Let a message of a meeting end what it moves or calls off, in whatever order they come; return its own task.

    task     of the message, not written yet: cancelled where a message that came before has moved or called it off
    Leaves   the Tasks of those it ends, with what did it: cancelled, or done where somebody has answered already
    """
    for other in await _related(work, letter):
        if _ends(message.resource, other.resource):
            wanted = [("focus", other.reference), ("status", ",".join((*OPEN, DONE)))]
            for hit in (await search(work, "Task", wanted)).hits:
                after = _ended(hit.resource, message.resource, work.now)
                await journal.update(work, after, id_=hit.id, if_match=hit.version)
        if _ends(other.resource, message.resource):
            task = _ended(task, other.resource, work.now)
    return task


def is_called_off(task: Mapping[str, Any]) -> bool | None:
    """Say whether the meeting of a task has been called off, or moved: then False; None where it is neither."""
    why = (task.get("statusReason") or {}).get("coding", ())
    known = [found for each in why if (found := asked(_code(each))) and found.replaces]
    return any(each.get("system") == f"urn:oid:{NOTICE}" for each in why) if known else None


def moves(later: Mapping[str, Any], earlier: Mapping[str, Any]) -> bool:
    """Say whether a message moves the meeting that another invites to, by what both say: not who they are from."""
    ids = _own(later).union(_named_by(later))
    return is_meeting(later) and not ids.isdisjoint({*_own(earlier), *_named_by(earlier)}) and _ends(later, earlier)


def _ends(later: Mapping[str, Any], earlier: Mapping[str, Any]) -> bool:
    """Say whether a message moves, or calls off, the meeting that another of the same exchange invites to.

    What names the other is the later one; else what was sent later
    """
    wanted = _asked_of(later)
    if not (wanted and wanted.replaces and is_meeting(earlier)) or TEST_DATA in (later.get("meta") or {}).get(
        "tag", ()
    ):
        return False
    names, is_named = (not _own(two).isdisjoint(_named_by(one)) for one, two in ((later, earlier), (earlier, later)))
    return names if names != is_named else interval(later["sent"])[0] > interval(earlier["sent"])[0]


def _ended(task: Mapping[str, Any], by: Mapping[str, Any], now: datetime) -> Resource:
    """Return a task as one that a message has ended, with which kind of message did it; what is done stays done."""
    wanted, received = _asked_of(by), interval(by["received"])[0]
    at = max(now, interval(task.get("authoredOn") or by["received"])[0])
    by_it = {"statusReason": {"coding": by["topic"]["coding"]}, "lastModified": at.isoformat()}
    if task.get("status") == DONE:
        return dict(task) | by_it
    return dict(task) | by_it | {
        "status": "cancelled",
        "businessStatus": {"text": f"{wanted.name if wanted else ''} {received.astimezone(OSLO):%d.%m %H.%M}".strip()},
    }  # fmt: skip


def _asked_of(message: Mapping[str, Any]) -> Asked | None:
    codings = (message.get("topic") or {}).get("coding", ())
    return next(filter(None, (asked(_code(each)) for each in codings)), None)


def _code(coding: Mapping[str, Any]) -> Code:
    return Code(value=coding.get("code", ""), system=coding.get("system", "").removeprefix("urn:oid:"))


def _own(message: Mapping[str, Any]) -> set[str]:
    """Return the id of a message, as others name it."""
    return {each["value"] for each in message.get("identifier", ()) if each.get("system") == MESSAGE_ID}


def _named_by(message: Mapping[str, Any]) -> list[str]:
    return [each["identifier"]["value"] for each in message.get("partOf", ()) if "identifier" in each]


async def _change(work: Work, task: Stored, letter: Letter, by: Asked, **changed: Any) -> None:
    """Write what a message does to the task of an earlier one, and say that it did."""
    said = f"{by.name} {letter.received.astimezone(OSLO):%d.%m %H.%M}"
    at = max(work.now, interval(task.resource.get("authoredOn") or letter.received.isoformat())[0])
    after = dict(task.resource) | {"businessStatus": {"text": said}, "lastModified": at.isoformat()} | changed
    await journal.update(work, after, id_=task.id, if_match=task.version)


def _names(letter: Letter) -> list[str]:
    """Return the ids of the messages that a message names: its parent, and what began the conversation."""
    conversation = letter.envelope.conversation
    named = (conversation.conversation, conversation.parent) if conversation else ()
    return list(filter(None, dict.fromkeys(named)))


async def _named(work: Work, letter: Letter) -> list[Stored]:
    """Return the earlier messages, of the same sender about the same patient, that a message names."""
    return await _theirs(work, letter, [("identifier", each) for each in _names(letter)])


async def _related(work: Work, letter: Letter) -> list[Stored]:
    """Return the messages of the same sender about the same patient which are named as a message is, or name it."""
    named, own = _names(letter), letter.envelope.msg_id
    asked_for = [("identifier", each) for each in named] + [("part-of:identifier", each) for each in (own, *named)]
    found = {hit.reference: hit for hit in await _theirs(work, letter, asked_for)}
    return [hit for hit in found.values() if own not in _own(hit.resource)]


async def _theirs(work: Work, letter: Letter, asked_for: Sequence[tuple[str, str]]) -> list[Stored]:
    """Return the messages of the same sender about the same patient. asked_for: parameter and message id."""
    about, found = filing.subject(letter), list[Stored]()
    if about is None:
        return found
    for name, value in asked_for:
        wanted = [("subject", about["reference"]), (name, f"{MESSAGE_ID}|{escape(value)}")]
        hits = (await search(work, "Communication", wanted)).hits
        found += [hit for hit in hits if await _is_theirs(work, hit, letter)]
    return found


async def _is_theirs(work: Work, message: Stored, letter: Letter) -> bool:
    """Say whether a message came from the organisation that reminds of it."""
    came = await inbox.behind(work, message.owner, message.id)
    known = await addresses.find(Within(work), [came["sender"]]) if came else {}
    return letter.sender.organisation in [each.organisation for each in known.values()]
