"""Choosing at what level and in what way one is told that somebody looked; and the row on Min side that tells of it.

Everybody chooses for looks at their own record only: nobody is told of looks at another's, whomever they act for.

Source: domain rules C5, R31
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from akson.audit.last import last_look
from akson.base.errors import Refused
from akson.base.mail import is_address
from akson.base.web.forms import Choice, Choices, Fault, Field, Filled, Form
from akson.base.web.messages import texts
from akson.base.web.render import said
from akson.base.work import Work
from akson.patient.alerting import choosing
from akson.patient.alerting.choosing import INBOX, LEVELS
from akson.portal import emergencies, model
from akson.portal.opening import Opened
from akson.portal.plain import sentence
from akson.record.session import Within

PATH: Final = "/min/innsyn/varsel"
_FIELDS: Final = {"mail": "epost", "sms": "mobil"}  # way -> the field that says where
_NUMBER: Final = re.compile(r"(?:(?:\+|00)47)?([49]\d{7})")
_NORWAY: Final = "47"
_APART: Final = str.maketrans("", "", " -.()")  # between the figures of a number


def form(work: Work) -> Form:
    """Return the questions, with the ways that this installation has."""
    return Form(*_questions(work.office.ways))


def _questions(ways: tuple[str, ...]) -> Iterator[Field]:
    yield Choice(name="nivaa", label="alerts.level", choices=_named("level", LEVELS))
    if ways:
        yield Choice(name="maate", label="alerts.way", choices=_named("way", (INBOX, *ways)))
    for way in ways:
        name = _FIELDS[way]
        yield Field(name=name, label=f"alerts.{name}", help=f"alerts.{name}_help", required=False, longest=254,
                    autocomplete={"mail": "email", "sms": "tel"}[way])  # fmt: skip


def _named(kind: str, values: tuple[str, ...]) -> Choices:
    return tuple((one, texts().plain(f"alerts.{kind}_{one}")) for one in values)


async def drawn(work: Work, opened: Opened) -> Filled:
    """Return the form with what is chosen now. Raises Refused AK-A001 for one who acts for another."""
    _own(opened)
    now = await choosing.chosen(work, opened.identity.owner)
    shown = {_FIELDS[now.way]: now.address.removeprefix(_NORWAY) if now.way == "sms" else now.address} if (
        now.way in work.office.ways) else {}  # fmt: skip
    return form(work).blank(nivaa=now.level, maate=now.way if shown else INBOX, **shown)


def read(work: Work, opened: Opened, sent: dict[str, str]) -> Filled:
    """Return what was sent, with a fault where the way chosen has no address. Raises Refused AK-A001 likewise."""
    _own(opened)
    filled = form(work).read(sent)
    if not filled.valid or not (name := _FIELDS.get(str(filled.values.get("maate")))):
        return filled
    typed = str(filled.values[name] or "")
    return filled if _address(name, typed) else filled.with_fault(Fault(f"alerts.{name}_fault"), name)


async def choose(work: Work, opened: Opened, filled: Filled) -> None:
    """Keep the choice; see patient/alerting/choosing.py."""
    way = str(filled.values.get("maate") or INBOX)
    typed = str(filled.values[_FIELDS[way]] or "") if way != INBOX else ""
    address = _address(_FIELDS[way], typed) if typed else ""
    choice = choosing.Choice(level=str(filled.values["nivaa"]), way=way, address=address)
    await choosing.choose(work, opened.identity.owner, choice)


async def fared(work: Work, opened: Opened) -> str:
    """Return how the newest letter fared, in a sentence; "" when there is none. One statement."""
    newest = await choosing.last(work, opened.identity.owner)
    if newest is None:
        return ""
    if newest.failed or newest.sent is None:
        return texts().plain(f"alerts.failed_{newest.failed}")
    return texts().plain("alerts.last", when=said(newest.sent, work.now))


def in_words(choice: choosing.Choice) -> str:
    """Return what is chosen: "Ved hvert oppslag. På e-post, og her på Min side."."""
    t = texts().plain
    if choice.level == "none":
        return t("alerts.off")
    return sentence(t(f"alerts.level_{choice.level}"), t(f"alerts.way_{choice.way}"))


async def unread(work: Work, opened: Opened) -> tuple[model.Entry, ...]:
    """Return the row that tells of looks since this citizen last read who has looked; at most two statements."""
    times = await choosing.unread(work, opened.identity.owner) if opened.own else []
    if not times:
        return ()
    read_at = await last_look(Within(work), opened.identity.owner, work.actor.key, emergencies.READ_ON, work.now,
                              pause=timedelta())  # fmt: skip
    new = [at for at in times if read_at is None or at > read_at]
    if not new:
        return ()
    return (model.Entry(title=texts().plain("alerts.new", count=len(new)), icon="eye", href=opened.href("/min/innsyn"),
                        text=sentence(said(new[0], work.now), texts().plain("alerts.read"))),)  # fmt: skip


def _own(opened: Opened) -> None:
    if not opened.own:
        raise Refused("AK-A001")


def _address(field: str, typed: str) -> str:
    """Return an address as it is kept; "" when it is none."""
    if field == "epost":
        return typed if is_address(typed) else ""
    found = _NUMBER.fullmatch(typed.translate(_APART))
    return _NORWAY + found[1] if found else ""
