"""Who is where on the way home from hospital: by the stay, its messages both ways, and its open tasks. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from akson.base.web.messages import texts
from akson.base.web.render import said
from akson.base.work import Actor
from akson.exchange.filing import MESSAGE_TYPE, TEST_DATA
from akson.exchange.outcomes import Standing
from akson.exchange.states import State
from akson.patient.chart import local
from akson.patient.identity import Identity, identity_of
from akson.patient.reading import Resource, code, display, moment, reference
from akson.record.stored import Stored
from akson.registers.codes import volven
from akson.workplace import tasks
from akson.workplace.discharge.model import Group, Row
from akson.workplace.words import due

_UNKNOWN: Final[Mapping[str, State]] = {}
STAGES: Final = ("ready", "answered", "reported", "admitted", "home")  # what hurries most comes first
_TOPIC: Final = volven(7322)
_ANSWER: Final = "7"
_ARRIVED: Final = (State.ACCEPTED, State.PARTIAL, State.ANSWERED, State.HANDLED)
_ON_ITS_WAY: Final = (State.QUEUED, State.SENT, State.DELIVERED)
_DISPOSITION: Final = "http://terminology.hl7.org/CodeSystem/discharge-disposition"


@dataclass(frozen=True, kw_only=True)
class Gathered:
    """What was read: orders to take somebody home, their stays and patients by reference, messages, open tasks.

    sent   id of a Communication of ours -> where its last message stands, and with whom
    """

    orders: Sequence[Stored]
    beside: Mapping[str, Stored]
    messages: Sequence[Stored]
    tasks: Sequence[Stored]
    sent: Mapping[str, Standing] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Ours:
    """A message of ours to the hospital: when it was written, and where it stands."""

    at: datetime
    state: State

    @property
    def arrived(self) -> bool:
        """Say whether the hospital has it, by its receipt or because somebody here has told it otherwise."""
        return self.state in _ARRIVED

    @property
    def waits(self) -> bool:
        return self.state in _ON_ITS_WAY


@dataclass(frozen=True, kw_only=True)
class Course:
    """How far one patient has come: when each thing happened, None where it has not."""

    admitted: datetime | None
    reported: datetime | None
    ready: datetime | None  # as the hospital says: it may be ahead
    noticed: datetime | None  # when we got its last notice of that
    home: datetime | None
    summary: datetime | None  # the discharge report
    answered: Ours | None  # our answer to whether we can take the patient
    ours: Ours | None  # our own admission report

    @property
    def stage(self) -> str:
        if self.home:
            return "home"
        if self.ready:
            return "answered" if (answer := self.answer) and answer.arrived else "ready"
        return "reported" if self.reported else "admitted"

    @property
    def answer(self) -> Ours | None:
        """Return our answer to the last notice: one that was written before we got it answers another."""
        return self.answered if self.answered and self.noticed and self.answered.at >= self.noticed else None

    @property
    def missing(self) -> Iterator[str]:
        """Yield what should be there by now, and is not; of what is on its way the receipt."""
        ours, report = _lacks(self.ours, "ours"), [] if self.reported else ["report"]
        yield from {
            "ready": [*_lacks(self.answer, "answer"), *report], "answered": report, "reported": ours,
            "admitted": [*ours, *report], "home": [] if self.summary else ["summary"],
        }[self.stage]  # fmt: skip


def course(
    order: Resource, stay: Resource, messages: Iterable[Resource], states: Mapping[str, State] = _UNKNOWN
) -> Course:
    """Return how far a patient has come, by the messages of the stay; tests tell nothing.

    states   id of a message of ours to the hospital -> where it stands: what it has not confirmed is not told it yet,
             and what is in the record alone, or went to somebody else, never will be
    """
    period, real = stay.get("period") or {}, [one for one in messages if not _is_test(one)]
    ready = moment((order.get("occurrencePeriod") or {}).get("start"))
    notice = max(filter(_is_notice, real), key=_told_at, default=None)
    noticed = (notice and _at(notice)) or ready
    return Course(
        admitted=moment(period.get("start")),
        reported=_first(real, "HELSEOPPL_SOKNAD"),
        ready=ready,
        noticed=noticed,
        answered=_ours((one for one in real if _is_answer(one)), states, noticed),
        home=moment(period.get("end")) or (_first(real, "UTSKRIVNINGSRAPPORT") if _left(stay) else None),
        summary=_first(real, "UTSKRIVNINGSRAPPORT"),
        ours=_ours((one for one in real if _type(one) == "INNLEGGELSESRAPPORT"), states),
    )


def present(found: Gathered, actor: Actor, now: datetime) -> tuple[Group, ...]:
    """Return the board: each patient once, by the newest stay; who has died is no more on the way home."""
    staged: dict[str, list[tuple[datetime, Row]]] = {}
    seen: set[str] = set()
    for order in found.orders:
        about = reference(order.resource.get("subject"))
        stay, person = found.beside.get(reference(order.resource.get("encounter"))), found.beside.get(about)
        if stay is None or person is None or about in seen:
            continue
        seen.add(about)
        if stay.resource.get("status") in ("in-progress", "finished") and not _died(stay.resource):
            held = [one for one in found.messages if reference(one.resource.get("encounter")) == stay.reference]
            so_far = course(order.resource, stay.resource, [one.resource for one in held], _told(stay, found.sent))
            row = _row(identity_of(person), stay, so_far, held, found, actor, now)
            staged.setdefault(so_far.stage, []).append((so_far.ready or so_far.admitted or now, row))
    return tuple(
        Group(head=texts().plain(f"discharge.{name}"), urgent=name == "ready",
              rows=tuple(row for _, row in sorted(staged[name], key=lambda pair: pair[0])))
        for name in STAGES if name in staged
    )  # fmt: skip


def _told(stay: Stored, sent: Mapping[str, Standing]) -> dict[str, State]:
    """Return where that stands which has gone to the hospital of a stay, known by its number."""
    hospital = (stay.resource.get("serviceProvider") or {}).get("identifier")
    return {id_: one.state for id_, one in sent.items() if hospital in one.to.numbers}


def _row(
    who: Identity, stay: Stored, so_far: Course, held: Sequence[Stored], found: Gathered, actor: Actor, now: datetime
) -> Row:
    first = _first_task(found.tasks, stay.reference)
    limit = due(tasks.limit(first), now, weekday=True) if first else None
    return Row(
        patient=who.listed, age=who.age(local(now).date()), href=f"/p/{who.id}",
        hospital=display(stay.resource.get("serviceProvider")), steps=tuple(_steps(so_far, now)),
        clock=_clock(so_far.ready, now) if so_far.ready and not so_far.home else "",
        missing=tuple(texts().plain(f"discharge.missing_{name}") for name in so_far.missing),
        owner=_owner(first, actor), due=limit.text if limit else "", now=bool(limit and limit.now),
        actions=tuple(_actions(who, stay, so_far, held)),
    )  # fmt: skip


def _steps(so_far: Course, now: datetime) -> Iterator[str]:
    """Yield what has happened in words, oldest first; nothing of ours is called sent before there is a receipt."""
    names = ("admitted", "reported", "ready", "home", "summary")
    happened = [(at, _step(name, at, now)) for name in names if (at := getattr(so_far, name))]
    for name, one in (("ours", so_far.ours), ("answered", so_far.answered)):
        if one and one.arrived:
            happened.append((one.at, _step(name, one.at, now)))
        elif one:
            state = texts().plain(f"standing.{one.state}")
            happened.append((one.at, _step(f"{name}_waits", one.at, now, state=state)))
    yield from (said for _, said in sorted(happened, key=lambda pair: pair[0]))


def _step(name: str, at: datetime, now: datetime, **more: str) -> str:
    return texts().plain(f"discharge.step_{name}", at=said(at, now), **more)


def _clock(ready: datetime, now: datetime) -> str:
    """Return how long somebody has been ready, "2 d 3 t", or when they will be."""
    if ready > now:
        return texts().plain("discharge.clock_ahead", at=said(ready, now))
    hours = int((now - ready).total_seconds()) // 3600
    return texts().plain("discharge.clock", days=hours // 24, hours=hours % 24)


def _actions(who: Identity, stay: Stored, so_far: Course, held: Sequence[Stored]) -> Iterator[tuple[str, str]]:
    notices = (one for one in held if _is_notice(one.resource))
    notice = max(notices, key=lambda one: _told_at(one.resource), default=None)
    if notice and "answer" in so_far.missing:
        yield texts().plain("discharge.do_answer"), f"/p/{who.id}/samhandling?melding={notice.id}"
    if not so_far.home and "ours" in _lacks(so_far.ours, "ours"):
        yield texts().plain("discharge.do_report"), f"/p/{who.id}/samhandling/ny/innleggelsesrapport?opphold={stay.id}"


def _first_task(found: Sequence[Stored], stay: str) -> Resource | None:
    """Return the open task of a stay that is due first: it says who has it, and until when."""
    held = [one.resource for one in found if reference(one.resource.get("encounter")) == stay]
    return min(held, key=lambda task: tasks.limit(task) or "9", default=None)


def _owner(task: Resource | None, actor: Actor) -> str:
    mine = task is not None and tasks.is_mine(task, actor)
    return texts().plain("inbox.you") if mine else display((task or {}).get("owner")) or actor.unit_name


def _ours(messages: Iterable[Resource], states: Mapping[str, State], since: datetime | None = None) -> Ours | None:
    """Return the last of these that the hospital has, or else the last of them; those written since something first."""
    told = [(at, states.get(str(one.get("id")))) for one in messages if (at := _at(one))]
    found = [Ours(at=at, state=state) for at, state in told if state]
    return max(found, key=lambda one: (since is None or one.at >= since, one.arrived, one.at), default=None)


def _lacks(one: Ours | None, name: str) -> list[str]:
    """Return what is missing of a message of ours: itself, or its receipt."""
    return [f"{name}_receipt" if one.waits else name] if one and not one.arrived else [] if one else [name]


def _first(messages: Iterable[Resource], kind: str) -> datetime | None:
    return min((at for one in messages if _type(one) == kind and (at := _at(one))), default=None)


def _at(message: Resource) -> datetime | None:
    return moment(message.get("received")) or moment(message.get("sent"))


def _told_at(message: Resource) -> str:
    """Return when the hospital wrote a message, to sort by: they may come in another order."""
    at = moment(message.get("sent")) or moment(message.get("received"))
    return at.astimezone(UTC).isoformat() if at else ""


def _is_notice(message: Resource) -> bool:
    return _type(message) == "LOG_UTSKRIVNINGSKLAR"


def _type(message: Resource) -> str:
    return next((found for each in message.get("category", ()) if (found := code(each, MESSAGE_TYPE))), "")


def _is_answer(message: Resource) -> bool:
    """Say whether we have told the hospital whether we can take the patient."""
    ours = reference(message.get("sender")).startswith("Organization/")
    return ours and code(message.get("topic"), _TOPIC) == _ANSWER


def _is_test(message: Resource) -> bool:
    return TEST_DATA in (message.get("meta") or {}).get("tag", ())


def _left(stay: Resource) -> bool:
    return stay.get("status") == "finished"


def _died(stay: Resource) -> bool:
    return code((stay.get("hospitalization") or {}).get("dischargeDisposition"), _DISPOSITION) == "exp"
