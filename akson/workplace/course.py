"""The course of a message in words: where it is, who has it, what happens next. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from akson.base.web.messages import texts
from akson.base.web.render import local
from akson.base.work import Actor
from akson.exchange import meetings, referring, requests
from akson.exchange.filing import MESSAGE_ID, TEST_DATA, message_type
from akson.exchange.outcomes import Standing
from akson.exchange.states import NEEDS_A_HUMAN, State
from akson.exchange.undoing import is_taken_back
from akson.patient.reading import Resource, display, moment, reference, words
from akson.record.stored import Stored
from akson.workplace.model import Step
from akson.workplace.tasks import is_open, limit
from akson.workplace.words import due, initialed, party

ON_ITS_WAY: Final = (State.QUEUED, State.SENT, State.DELIVERED)
STAFF: Final = ("Practitioner/", "PractitionerRole/", "Organization/")


@dataclass(frozen=True, kw_only=True)
class Mail:
    """What is known of one patient's messages.

    messages   the Communications, newest first
    standings  id of a Communication -> where its message stands
    tasks      Tasks, newest first
    names      "Practitioner/<id>" -> "Jonas Eikeland", for those who sent something
    """

    actor: Actor
    now: datetime
    messages: Sequence[Stored]
    standings: Mapping[str, Standing] = field(default_factory=dict)
    tasks: Sequence[Stored] = ()
    names: Mapping[str, str] = field(default_factory=dict)

    def find(self, id_: str) -> Stored | None:
        return next((each for each in self.messages if each.id == id_), None)

    def task(self, message: Stored) -> Stored | None:
        """Return the task a message made, or what it reminds of: an open one before those that are done."""
        thread = self.thread(message)
        about = [each for each in self.tasks if reference(each.resource.get("focus")) in thread]
        return next((each for each in about if is_open(each.resource)), about[0] if about else None)

    def open_task(self, message: Stored) -> Stored | None:
        task = self.task(message)
        return task if task and is_open(task.resource) else None

    def answer(self, message: Stored) -> Stored | None:
        """Return the first answer to a message, or to another of its thread; what was taken back answers nothing."""
        thread, standing = self.thread(message), (one for one in self.messages if not is_taken_back(one.resource))
        answers = [each for each in standing if not thread.isdisjoint(answered_by(each.resource))]
        return answers[-1] if answers else None

    def reminders(self, message: Stored) -> list[Stored]:
        """Return what reminds of a message, oldest first."""
        return [each for each in reversed(self.messages) if first(each.resource) == message.reference]

    def thread(self, message: Stored) -> set[str]:
        """Return the references of a request and of all that reminds of it; whichever of them is asked about."""
        began = first(message.resource) or message.reference
        return {began, message.reference, *(one.reference for one in self.messages if first(one.resource) == began)}


def first(message: Resource) -> str:
    """Return the reference of the message that this one reminds of, or ""."""
    named = (reference(each) for each in message.get("partOf", ()))
    return next((name for name in named if name.startswith("Communication/")), "")


def answered_by(message: Resource) -> list[str]:
    """Return the references of the messages that this one answers."""
    return [reference(each) for each in message.get("inResponseTo", ())]


def is_ours(mail: Mail, message: Stored) -> bool:
    """Say whether it is a message out: sent by the exchange, or written here by the reader or the reader's unit."""
    sender = reference(message.resource.get("sender"))
    return message.id in mail.standings or sender in (mail.actor.id, mail.actor.unit_id)


def is_external(message: Resource) -> bool:
    """Say whether it came as an electronic message from outside."""
    sent_as = [each for each in message.get("identifier", ()) if each.get("system") == MESSAGE_ID]
    return bool(sent_as) and not reference(message.get("sender"))


def can_be_answered(message: Resource) -> bool:
    """Say whether there is somebody to answer: outside, or at work here."""
    return is_external(message) or reference(message.get("sender")).startswith(STAFF)


def said_at(message: Resource) -> datetime | None:
    """Return when it reached us, or else when it was sent."""
    return moment(message.get("received")) or moment(message.get("sent"))


def owner(mail: Mail, message: Stored) -> str:
    """Return who answers for what happens now: there is always somebody."""
    standing, task = mail.standings.get(message.id), mail.open_task(message)
    if task:
        return _who(mail, task.resource.get("owner"))
    if standing:
        return you(mail.actor, standing.responsible, _name(mail, message, standing.responsible))
    if done := mail.task(message):
        return _who(mail, done.resource.get("owner"))
    parties = [message.resource.get("sender")] if is_ours(mail, message) else message.resource.get("recipient", ())
    return ", ".join(_who(mail, each) for each in parties)


def _name(mail: Mail, message: Stored, responsible: str) -> str:
    """Return the person who sent it; the unit where the name is not known, or the role that has taken over."""
    known = initialed(mail.names.get(responsible, ""))
    return known or (display(message.resource.get("sender")) if "/" in responsible else responsible)


def you(actor: Actor, who: str, name: str) -> str:
    """Return "Deg" where `who` is the reader."""
    return texts().plain("cooperation.you") if who == actor.id else name


def _who(mail: Mail, who: Resource | None) -> str:
    return you(mail.actor, reference(who), party(who))


def state(mail: Mail, message: Stored) -> tuple[str, str]:
    """Return where it stands in words, and how much that asks for: "warn", "new" or ""."""
    t, standing, task = texts().plain, mail.standings.get(message.id), mail.open_task(message)
    if standing and standing.state in NEEDS_A_HUMAN:
        return in_words(standing, mail.now), "warn"
    if standing:
        heard = statuses(mail, message)
        return referring.in_words(heard[0].resource.get("topic")) if heard else in_words(standing, mail.now), ""
    if mail.answer(message):
        if _anew(mail, message):
            return t("cooperation.moved_anew"), "new"
        return ended(mail, message) or t("cooperation.answered"), ""
    if task:
        said = str((task.resource.get("businessStatus") or {}).get("text", "")) or t("cooperation.received")
        late = due(limit(task.resource), mail.now).now
        return said, "warn" if late else "new" if task.resource.get("status") == "requested" else ""
    done = mail.task(message) and not is_ours(mail, message)
    return ended(mail, message) or t("cooperation.done" if done else "cooperation.received"), ""


def ended(mail: Mail, message: Stored) -> str:
    """Return that the meeting a message invites to is called off, or moved, in words; "" where it is neither."""
    task, t = mail.task(message), texts().plain
    off = requests.is_called_off(task.resource) if task else None
    return "" if off is None else t("cooperation.called_off") if off else t("cooperation.moved")


def _moved_by(mail: Mail, message: Stored) -> Stored | None:
    """Return the last message that moves the meeting a message invites to; None where it stands."""
    if not ended(mail, message):
        return None
    from_same = (one for one in mail.messages if one.resource.get("sender") == message.resource.get("sender"))
    return next((one for one in from_same if requests.moves(one.resource, message.resource)), None)


def _anew(mail: Mail, message: Stored) -> Stored | None:
    """Return what has moved a meeting and waits for an answer of its own; None where nothing does."""
    by = _moved_by(mail, message)
    return by if by and mail.open_task(by) and not mail.answer(by) else None


def _moved(mail: Mail, message: Stored) -> Iterator[Step]:
    """Yield what became of a meeting that was moved, or that a message moves: what is new, and what was before."""
    if not requests.is_meeting(message.resource):
        return
    t, by = texts().plain, _moved_by(mail, message)
    earlier = ((one, _moved_by(mail, one)) for one in mail.messages)
    before = next((one for one, moved in earlier if moved and moved.id == message.id), None)
    if before:
        yield Step(text=t("cooperation.moved_what", what=changed(before.resource, message.resource)))
    if by:
        what = changed(message.resource, by.resource)
        yield Step(text=t("cooperation.moved_what", what=what), at=said_at(by.resource))


def changed(before: Resource, after: Resource) -> str:
    """Return what is new of a meeting, in words; that one must read it oneself where neither time nor place is told."""
    t, old, new = texts().plain, meetings.invitation(before), meetings.invitation(after)
    if old is None or new is None:
        return t("cooperation.moved_read")
    pairs = (("time", old.when, new.when), ("place", old.place, new.place))
    told = [t(f"cooperation.moved_{what}", before=was, after=now) for what, was, now in pairs
            if was and now and was != now]  # fmt: skip
    return " ".join(told) or t("cooperation.moved_read")


def statuses(mail: Mail, message: Stored) -> list[Stored]:
    """Return what its receiver has said of a referral of ours, newest first; a test says nothing."""
    answers = [each for each in mail.messages if message.reference in answered_by(each.resource)]
    said = [each for each in answers if message_type(each.resource) == referring.TYPE]
    return [each for each in said if TEST_DATA not in (each.resource.get("meta") or {}).get("tag", ())]


def changed_at(mail: Mail, message: Stored) -> datetime:
    """Return when something last happened to it."""
    standing, answer = mail.standings.get(message.id), mail.answer(message)
    moments: list[datetime | None] = [said_at(message.resource)]
    if standing:
        moments += [standing.created_at, standing.sent_at, standing.delivered_at, standing.settled_at]
        moments.append(standing.answered_at)
    elif answer:
        moments.append(said_at(answer.resource))
    return max((each for each in moments if each), default=message.last_updated)


def steps(mail: Mail, message: Stored) -> tuple[Step, ...]:
    """Return what has happened to a message, and what it waits for."""
    standing, t = mail.standings.get(message.id), texts().plain
    if standing is None:
        return tuple(_incoming(mail, message))
    heard = [
        (referring.in_words(each.resource.get("topic")), said_at(each.resource)) for each in statuses(mail, message)
    ]
    said = (Step(text=t("referring.status", status=what), at=at) for what, at in reversed(heard))
    return (*outgoing(mail, standing), *said)


def in_words(standing: Standing, now: datetime) -> str:
    """Return where a sent message stands, in words; until when it can be taken back, by the clock."""
    if standing.rests(now):
        return texts().plain("standing.rests", clock=f"{local(standing.due):%H.%M.%S}")
    return texts().plain("standing.unknown" if standing.unknown else f"standing.{standing.state}")


def outgoing(mail: Mail, standing: Standing) -> Iterator[Step]:
    """Yield the course of what we sent: nothing is called sent or delivered before there is a receipt for it."""
    t = texts().plain
    author = mail.names.get(standing.responsible, "")
    author = mail.actor.name if standing.responsible == mail.actor.id else author
    written = t("cooperation.written_by", name=initialed(author)) if author else t("cooperation.written")
    yield Step(text=written, at=standing.created_at)
    handed = standing.sent_at and standing.sent_at != standing.delivered_at
    if handed:
        yield Step(text=t("cooperation.sent_to", to=standing.receiver), at=standing.sent_at)
    if standing.delivered_at:
        yield Step(text=t("cooperation.delivered"), at=standing.delivered_at)
    if standing.settled_at and standing.state is State.ANSWERED:
        yield Step(text=t("cooperation.accepted"), at=standing.settled_at)
    yield _now(standing, mail.now)


def _now(standing: Standing, now: datetime) -> Step:
    """Return the step where it stands."""
    t, told = texts().plain, in_words(standing, now)
    match standing.state:
        case State.QUEUED:
            text = t("cooperation.waits_for", why=standing.problem) if standing.problem else told
            return Step(text=text, state="now")
        case State.SENT | State.DELIVERED:
            return Step(text=t("cooperation.waits_for_receipt"), state="now")
        case State.ACCEPTED | State.POSTED | State.WITHDRAWN:
            return Step(text=told, at=standing.settled_at)
        case State.ANSWERED:
            return Step(text=told, at=standing.answered_at)
        case State.OVERDUE:
            return Step(text=told, state="failed", at=standing.deadline)
        case State.REJECTED | State.PARTIAL:  # the receipt says so itself, with the reason
            return Step(text=standing.problem or told, state="failed", at=standing.settled_at)
        case _:
            text = f"{told}: {standing.problem}" if standing.problem else told
            return Step(text=standing.problem if standing.unknown else text, state="failed", at=standing.settled_at)


def _incoming(mail: Mail, message: Stored) -> Iterator[Step]:
    """Yield the course of what came to us, or was written between colleagues."""
    t, resource = texts().plain, message.resource
    answer, task = mail.answer(message), mail.open_task(message)
    if sent := moment(resource.get("sent")):
        yield Step(text=t("cooperation.sent_by", name=display(resource.get("sender"))), at=sent)
    received = moment(resource.get("received"))
    if received and received != moment(resource.get("sent")):
        yield Step(text=t("cooperation.received"), at=received)
    for reminder in mail.reminders(message):
        yield Step(text=words(reminder.resource.get("topic")), at=said_at(reminder.resource))
    read = str((task.resource.get("businessStatus") or {}).get("text", "")) if task else ""
    if read and read != t("cooperation.received") and not mail.reminders(message):
        yield Step(text=read)
    if answer:
        by = display(answer.resource.get("sender")).partition(",")[0]
        yield Step(text=t("cooperation.answered_by", name=by), at=said_at(answer.resource))
    yield from _moved(mail, message)
    if task:
        mine = reference(task.resource.get("owner")) == mail.actor.id
        name = t("work.you") if mine else party(task.resource.get("owner"))
        yield Step(text=t("cooperation.waits_with", name=name), state="now", at=moment(limit(task.resource)))
    elif (done := mail.task(message)) and not _moved_by(mail, message) and (ended(mail, message) or not answer):
        yield Step(text=ended(mail, message) or t("cooperation.done"), at=moment(done.resource.get("lastModified")))


def what_if(mail: Mail, message: Stored) -> str:
    """Return what happens when nothing comes back."""
    standing = mail.standings.get(message.id)
    if standing and standing.state in ON_ITS_WAY and not standing.rests(mail.now):
        return texts().plain("cooperation.what_if", when=due(standing.deadline.isoformat(), mail.now).text)
    return ""


def parts(message: Resource) -> list[dict[str, Any]]:
    """Return the payload entries that are files: carried by the message, or stored beside it."""
    return [each for each in message.get("payload", ()) if "contentString" not in each]
