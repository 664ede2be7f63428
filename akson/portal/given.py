"""To whom information was given by message, in words: what left the house, and whether it is known to have come.

Source: pjl § 18; domain rule R17
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from akson.base.web.messages import texts
from akson.base.web.render import clock, local, said
from akson.base.work import Work
from akson.exchange.giving import Given, given
from akson.exchange.states import State
from akson.patient.reading import codes, display, moment, words
from akson.portal import model
from akson.portal.opening import Opened
from akson.portal.plain import sentence
from akson.record.worklist import NAMELESS


async def entries(work: Work, opened: Opened) -> tuple[model.Entry, ...]:
    """Return who got what and when, of the messages the reader may see; one statement."""
    about = {
        str(one["id"]): words(one.get("topic")) or texts().plain("given.message") for one in opened["Communication"]
    }
    found = await given(work, opened.identity.owner, list(about)) if about else []
    sent = [
        model.Entry(title=one.receiver or _somebody(), icon="mail",
                    text=sentence(about[one.communication], _fared(one, work.now)))
        for one in found
    ]  # fmt: skip
    return (*sent, *_without_a_name(opened, work.now))


def _without_a_name(opened: Opened, now: datetime) -> Iterator[model.Entry]:
    """Yield who was asked without being told whom it was about."""
    for one in opened["Communication"]:
        at = moment(one.get("sent"))
        if at and NAMELESS in codes(one.get("category") or ()):
            who = ", ".join(filter(None, map(display, one.get("recipient", ())))) or _somebody()
            yield model.Entry(title=who, icon="mail", text=sentence(texts().plain("given.nameless", at=_at(at, now))))


def _somebody() -> str:
    """Return the words for a receiver whose name would tell the reader where the person is or is to be."""
    return texts().plain("given.somebody")


def _fared(one: Given, now: datetime) -> str:
    """Return "Sendt i dag klokken 10.12, levert i dag klokken 10.13": delivered only where that is confirmed."""
    t, left = texts().plain, _at(one.left, now)
    if one.state is State.REJECTED and one.arrived:
        return t("given.rejected", left=left, arrived=_at(one.arrived, now))
    return t("given.arrived", left=left, arrived=_at(one.arrived, now)) if one.arrived else t("given.left", left=left)


def _at(at: datetime, now: datetime) -> str:
    return texts().plain("given.at", day=said(local(at).date(), now), time=clock(at))
