"""Tasks in words: whose they are, where they come from, when they are due. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from akson.access.duty import CONCERN
from akson.base.web.messages import texts
from akson.base.web.render import local
from akson.base.work import Actor
from akson.patient.reading import Resource, code, moment, reference, words
from akson.record.stored import marks_on
from akson.record.worklist import FOR_INFORMATION, OPEN, TASK
from akson.workplace.model import Row
from akson.workplace.words import due, inside, party, uncapital

_AT_ONCE: Final = ("urgent", "asap", "stat")
Focuses = Mapping[str, Resource]  # "DocumentReference/x" -> the resource a task is about


def whom(task: Resource) -> str:
    """Return the Patient whom a task is about, to be read beside it: "Patient/<id>", or "".

    Of a report to the barnevern nobody: its text says whom it is about, and the child's log tells of who read the name.
    """
    return "" if CONCERN in marks_on(task) else reference(task.get("for"))


def is_open(task: Resource) -> bool:
    return task.get("status") in OPEN


def is_action(task: Resource) -> bool:
    """Say whether something must be done, not only known."""
    return code(task.get("code"), TASK) != FOR_INFORMATION


def is_urgent(task: Resource) -> bool:
    return task.get("priority") in _AT_ONCE


def is_mine(task: Resource, actor: Actor) -> bool:
    return reference(task.get("owner")) == actor.id


def limit(task: Resource) -> str | None:
    """Return when it must be done, as FHIR writes it."""
    end: str | None = ((task.get("restriction") or {}).get("period") or {}).get("end")
    return end


def title(task: Resource) -> str:
    return str(task.get("description") or words(task.get("code")))


def at_work(tasks: Iterable[Resource]) -> list[Resource]:
    """Return the open tasks that somebody at work owns, most urgent first; what the citizen is to do is theirs."""
    ours = [task for task in tasks if is_open(task) and not reference(task.get("owner")).startswith("Patient/")]
    return sorted(ours, key=lambda task: limit(task) or "9")


def rows(tasks: Iterable[Resource], focuses: Focuses, actor: Actor, now: datetime) -> tuple[Row, ...]:
    """Return the tasks that must be acted on as lines of a panel."""
    return tuple(_row(task, focuses, actor, now) for task in at_work(tasks) if is_action(task))


def _row(task: Resource, focuses: Focuses, actor: Actor, now: datetime) -> Row:
    mine, when = is_mine(task, actor), due(limit(task), now)
    asked = mine and reference(task.get("focus")).startswith("Communication/")
    text = texts().plain("work.answer", title=uncapital(title(task))) if asked else title(task)
    return Row(
        text=text, href=f"/innboks/{task['id']}", due=when.text, now=when.now, by=_origin(task, focuses, actor, now),
        strong=(mine and not asked) or is_urgent(task),
    )  # fmt: skip


def _origin(task: Resource, focuses: Focuses, actor: Actor, now: datetime) -> str:
    """Return "Eier: deg. Fra epikrise 20.11" or "Eier: laboratoriet, Nordre legesenter"."""
    t = texts().plain
    owner = t("work.you") if is_mine(task, actor) else inside(task.get("owner"))
    told = t("work.owner", owner=owner)
    if reference(task.get("requester")) == actor.id:
        return told
    focus = focuses.get(reference(task.get("focus")))
    if focus and focus["resourceType"] == "DocumentReference":
        at = moment(focus.get("date"))
        source = f"{words(focus.get('type')).lower()} {local(at):%d.%m}" if at else words(focus.get("type")).lower()
    else:
        state = (task.get("businessStatus") or {}).get("text", "")
        source = ", ".join(filter(None, (party(task.get("requester")), uncapital(state))))
    return f"{told}. {t('work.from', source=source)}" if source else told
