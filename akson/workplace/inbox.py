"""The inbox: tasks across patients, what must be done apart from what is good to know. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from akson.access.roles import ROLES
from akson.base.web.messages import texts
from akson.base.web.render import local, said
from akson.base.web.shell import Banner
from akson.base.work import Actor
from akson.exchange import dying, meetings, requests
from akson.exchange.answers import code_of
from akson.exchange.filing import MESSAGE_ID
from akson.patient import dead
from akson.patient.chart import local as norwegian
from akson.patient.identity import Identity, identity_of
from akson.patient.reading import Resource, display, moment, reference, words
from akson.record.stored import Stored
from akson.registers.codes import NEWS2, SNOMED
from akson.workplace import invited, nameless, tasks
from akson.workplace.model import Button, Inbox, Item, Message, Ref, Section, Step, Tab
from akson.workplace.words import Due, due, inside, party

TABS: Final = ("handling", "orientering", "sendt", "ferdig")
_DONE: Final = ("completed", "rejected", "cancelled")


@dataclass(frozen=True, kw_only=True)
class Gathered:
    """What was read for one showing of the inbox.

    waiting, sent, done   Tasks
    beside                patients, and what tasks are about, by reference
    banner                of the open task's patient
    """

    waiting: Sequence[Stored]
    sent: Sequence[Stored]
    done: Sequence[Stored]
    beside: Mapping[str, Stored]
    banner: Banner | None = None


@dataclass(frozen=True, kw_only=True)
class Reader:
    """Whose inbox it is, which tab is shown and which task is open."""

    actor: Actor
    now: datetime
    tab: str = TABS[0]
    open: Stored | None = None


def sorted_out(found: Gathered) -> dict[str, list[Stored]]:
    """Return the tasks of each tab."""
    waiting = [task for task in found.waiting if tasks.is_open(task.resource)]
    act = [task for task in waiting if tasks.is_action(task.resource)]
    return {"handling": act, "orientering": [task for task in waiting if task not in act],
            "sendt": list(found.sent), "ferdig": list(found.done)}  # fmt: skip


def present(found: Gathered, reader: Reader) -> Inbox:
    """Return the page."""
    tabs = sorted_out(found)
    t = texts().plain
    owned = all(task.resource.get("owner") for task in tabs["handling"])
    count = len(tabs["handling"])
    return Inbox(
        tab=reader.tab,
        tabs=tuple(
            Tab(text=t(f"inbox.tab_{name}"), href=f"/innboks?fane={name}" if name != TABS[0] else "/innboks",
                count=None if name == "ferdig" else len(tabs[name]), current=name == reader.tab)
            for name in TABS
        ),
        sections=tuple(_sections(tabs[reader.tab], found, reader)),
        open=_message(reader.open, found, reader) if reader.open else None,
        footer=t("inbox.all_owned", count=count) if reader.tab == TABS[0] and count and owned else "",
    )  # fmt: skip


def _sections(found: Sequence[Stored], gathered: Gathered, reader: Reader) -> Iterator[Section]:
    """Yield the tasks under the heading of when they are due; what is done stands under one."""
    heads: dict[str, list[tuple[str, Item]]] = {}
    for task in found:
        limit = due(tasks.limit(task.resource), reader.now, weekday=True)
        head = "done" if task.resource.get("status") in _DONE else _head(limit, reader.now)
        item = _item(task, limit, gathered, reader)
        heads.setdefault(head, []).append((tasks.limit(task.resource) or "", item))
    for head in ("over", "today", "week", "later", "never", "done"):
        if head in heads:
            ordered = sorted(heads[head], key=lambda pair: (not pair[1].urgent, pair[0]))
            yield Section(head=texts().plain(f"inbox.head_{head}"), items=tuple(item for _, item in ordered))


def _head(limit: Due, now: datetime) -> str:
    if limit.day is None:
        return "never"
    today = norwegian(now).date()
    if limit.day <= today:
        return "over" if limit.over else "today"
    return "week" if limit.day <= today + timedelta(days=6 - today.weekday()) else "later"


def _item(task: Stored, limit: Due, found: Gathered, reader: Reader) -> Item:
    resource = task.resource
    who = _patient(resource, found)
    done = resource.get("status") in _DONE
    state = (resource.get("businessStatus") or {}).get("text") or texts().plain(f"inbox.state_{resource['status']}")
    tab = "" if reader.tab == TABS[0] else f"?fane={reader.tab}"
    return Item(
        text=tasks.title(resource), sender=party(resource.get("requester")), patient=who.listed if who else "",
        age=who.age(norwegian(reader.now).date()) if who else None, owner=_owner(resource, reader.actor),
        due="" if done else limit.text, state=state, href=f"/innboks/{task.id}{tab}", icon=_icon(resource, limit),
        now=limit.now and not done, urgent=tasks.is_urgent(resource) and not done,
        current=reader.open is not None and reader.open.id == task.id,
    )  # fmt: skip


def _icon(task: Resource, limit: Due) -> str:
    """Return the sign of the state: overdue, read, begun, done, or just come."""
    if task.get("status") in _DONE:
        return "check"
    known = {"received": "eye", "in-progress": "edit", "accepted": "user"}
    return "warn" if limit.over else known.get(str(task.get("status")), "mail")


def _owner(task: Resource, actor: Actor) -> str:
    mine = tasks.is_mine(task, actor)
    return texts().plain("inbox.you") if mine else display(task.get("owner")) or texts().plain("inbox.nobody")


def _patient(task: Resource, found: Gathered) -> Identity | None:
    stored = found.beside.get(tasks.whom(task))
    return identity_of(stored) if stored and stored.type == "Patient" else None


def _message(task: Stored, found: Gathered, reader: Reader) -> Message:
    """Return the open task: who it is about, what was said, how far it has come, what can be done."""
    resource, who = task.resource, _patient(task.resource, found)
    about = found.beside.get(reference(resource.get("focus")))
    focus = about.resource if about else {}
    closed, mine = not tasks.is_open(resource), tasks.is_mine(resource, reader.actor)
    ours = mine or reference(resource.get("owner")) == reader.actor.unit_id  # anybody at the unit may answer for it
    asked = focus.get("resourceType") == "Communication" and tasks.is_action(resource) and ours
    asked = asked and reference(focus.get("sender")) != reader.actor.id  # what one waits for an answer to oneself
    root = f"/p/{who.id}" if who else ""
    asker = inside(focus.get("sender")) if asked else ""
    if nameless.is_question(resource) and not resource.get("output") and ours:
        asker = party(resource.get("requester"))
    waited = found.beside.get(nameless.asked_of(resource))
    question = (waited or task).resource
    message = Message(
        title=tasks.title(resource), text=_text(waited.resource if waited else resource, focus),
        refs=tuple(_refs(about, found, root, reader)),
        steps=tuple(_steps(resource, focus, reader)), action="" if closed else f"/innboks/{task.id}",
        reply_to=asker, mine=mine, version=task.version,
        note_href=f"{root}/notat/ny" if root else "", tab=reader.tab,
        takes_back=nameless.is_unanswered(question) and reference(question.get("requester")) == reader.actor.id,
    )  # fmt: skip
    message = invited.shown(message, focus)
    if who is None:
        return message
    marks = found.banner.critical if found.banner else ()
    return replace(
        message, record_href=root, patient=who.name, born=who.born, age=who.age(norwegian(reader.now).date()),
        fnr=who.fnr, marks=tuple((mark.level, mark.head, mark.text) for mark in marks if mark.level != "know"),
    )  # fmt: skip


def _text(task: Resource, focus: Resource) -> str:
    """Return what was said; a task about something else says where to find it."""
    if nameless.is_question(task):
        return nameless.conversation(task)
    said_ = "\n".join(part.get("contentString", "") for part in focus.get("payload", ()))
    return said_ or str(focus.get("conclusion") or tasks.title(task))


def _refs(about: Stored | None, found: Gathered, root: str, reader: Reader) -> Iterator[Ref]:
    """Yield pointers to what the message is about, and to what it asks for."""
    if about is None:
        return
    named = [reference(each) for each in about.resource.get("about", ())]
    hits = (about, *(found.beside[name] for name in named if name in found.beside))
    if root and about.type == "Communication":
        yield from statement_for(about.resource, about.id, reader.actor, root)
        yield from death_in(about.resource, about.id, reader.actor, root)
    yield from (shown for hit in hits if (shown := pointer(hit, root, reader.now)))


def pointer(hit: Stored, root: str, now: datetime) -> Ref | None:
    """Return a pointer to a document or a measurement; None to anything else. root: "/p/<id>"."""
    resource = hit.resource
    at = said(moment(resource.get("effectiveDateTime") or resource.get("date")), now)
    if hit.type == "DocumentReference":
        return Ref(head=words(resource.get("type")), text=at, href=f"{root}/notat/{hit.id}")
    if hit.type == "Observation" or (hit.type == "DiagnosticReport" and not _came(resource)):
        return Ref(head=_measure(resource), text=at, href=f"{root}/malinger")
    return None


def statement(actor: Actor, root: str) -> tuple[Button, ...]:
    """Return where a doctor writes a statement to NAV. root: "/p/<id>"."""
    if "LE" not in ROLES[actor.role].professions:
        return ()
    return (Button(text=texts().plain("stating.title"), href=f"{root}/legeerklaering"),)


def statement_for(message: Resource, id_: str, actor: Actor, root: str) -> Iterator[Ref]:
    """Yield where what NAV asks for in a message is answered by a statement."""
    codings = (message.get("topic") or {}).get("coding", ())
    wanted = next(filter(None, (requests.asked(code_of(each)) for each in codings)), None)
    meets = meetings.invitation(message) is not None
    for button in statement(actor, root) if wanted and wanted.days and not meets else ():
        yield Ref(head=button.text, text=texts().plain("stating.write"), href=f"{button.href}?melding={id_}")


def death_in(message: Resource, id_: str, actor: Actor, root: str) -> Iterator[Ref]:
    """Yield where a death that a message tells of is entered: the message alone enters none. root: "/p/<id>"."""
    if dying.tells(message) and dead.may_enter(actor):
        t = texts().plain
        yield Ref(head=t("deceased.title"), text=t("deceased.pointer"), href=f"{root}/dodsfall?melding={id_}")


def _came(report: Resource) -> bool:
    """Say whether a report came as a message: that tells all of it."""
    return any(each.get("system") == MESSAGE_ID for each in report.get("identifier", ()))


def _measure(resource: Resource) -> str:
    """Return "NEWS2 4", or what was measured."""
    scored = any(c.get("code") == NEWS2.code and c.get("system") == SNOMED
                 for c in (resource.get("code") or {}).get("coding", ()))  # fmt: skip
    return f"{words(resource.get('code'))} {resource.get('valueInteger')}" if scored else words(resource.get("code"))


def _steps(task: Resource, focus: Resource, reader: Reader) -> Iterator[Step]:
    """Yield what has happened to the task, and what is waited for."""
    t = texts().plain
    sent = moment(task.get("authoredOn"))
    yield Step(text=t("inbox.step_sent", who=party(task.get("requester"))), at=sent)
    if received := moment(focus.get("received")):
        yield Step(text=t("inbox.step_received"), at=received)
    changed, state = moment(task.get("lastModified")), (task.get("businessStatus") or {}).get("text", "")
    if changed and sent and changed > sent and state:
        yield Step(text=_without_clock(state, changed), at=changed)
    if tasks.is_open(task):
        mine = tasks.is_mine(task, reader.actor)
        key = "step_answer_you" if mine and focus.get("payload") else "step_you" if mine else "step_other"
        text = t(f"inbox.{key}", who=inside(task.get("owner")))
        yield Step(text=text, state="now", at=moment(tasks.limit(task)))


def _without_clock(state: str, at: datetime) -> str:
    """Return "Lest" of "Lest 09.05": the step shows the time itself."""
    return state.removesuffix(f"{local(at):%H.%M}").strip()


def references(found: Iterable[Stored], opened: Stored | None) -> list[str]:
    """Return what must be read beside the tasks: their patients, and what the open one is about."""
    named = [tasks.whom(task.resource) for task in found]
    focus = reference(opened.resource.get("focus")) if opened else ""
    wanted = [*named, *([tasks.whom(opened.resource), focus] if opened else [])]
    return [name for name in dict.fromkeys(wanted) if "/" in name]
