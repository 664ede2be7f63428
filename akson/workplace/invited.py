"""NAV's invitation to a meeting beside its message: when and where, and the three answers to choose from. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, time
from typing import Final

from akson.base.errors import Refused
from akson.base.web.forms import Choice, Choices, Day, Form, TimeOfDay
from akson.base.web.messages import texts
from akson.exchange import meetings
from akson.exchange.envelope import Code
from akson.exchange.nodes import OSLO
from akson.patient.reading import Resource
from akson.workplace.model import Message


def _offered() -> Choices:
    return tuple((value, texts().plain(f"invited.answer_{value}")) for value in meetings.ANSWERS)


FORM: Final = Form(
    Choice(name="mote", label="invited.answer", choices=_offered, drawn="segments"),
    Day(name="dag", label="invited.day"),
    TimeOfDay(name="klokken", label="invited.clock"),
)


def said(message: Resource, typed: Mapping[str, str], now: datetime) -> tuple[str, Code | None]:
    """Return what is answered and its code: to an invitation what was chosen, to all else the words as typed.

    Raises  as `meetings.answer`
    """
    text = typed.get("svar", "")
    if meetings.invitation(message) is None:
        return text, None
    values = FORM.read(typed).values
    code, answered = meetings.answer(str(values.get("mote") or ""), text, _proposed(values), now)
    return answered, code


def shown(message: Message, about: Resource) -> Message:
    """Return a message as it is shown, with the meeting it invites to. about: the Communication."""
    found = meetings.invitation(about)
    return replace(message, invited=(found.when, found.place), answers=FORM.blank()) if found else message


def as_sent(message: Message, typed: Mapping[str, str], refused: Refused | None = None) -> Message:
    """Return a message with the answer that was typed, and what was wrong with it at the question it belongs to."""
    drawn = replace(message, typed=typed.get("svar", ""), fault=refused.text if refused else "")
    if drawn.answers is None:
        return drawn
    form = FORM.blank(**{name: typed.get(name) for name in drawn.answers.bound})
    if refused and refused.path in form.bound:
        return replace(drawn, fault="", answers=form.with_refused(refused))
    return replace(drawn, answers=form)


def regretted(answer: Resource) -> Mapping[str, str]:
    """Return an answer of ours that was taken back as it was typed."""
    code, text, proposed = meetings.answered(answer)
    at = {"dag": f"{proposed:%Y-%m-%d}", "klokken": f"{proposed:%H:%M}"} if proposed else {}
    return {"mote": code, "svar": text, **at}


def _proposed(values: Mapping[str, object]) -> datetime | None:
    day, clock = values.get("dag"), values.get("klokken")
    if not isinstance(day, date) or not isinstance(clock, time):
        return None
    return datetime.combine(day, clock, OSLO)
