"""How ill the patient is, beside the note: the same sum, time and trend as the overview tells. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from akson.advice.vitals import news2
from akson.advice.vitals.moments import Moment, gathered
from akson.advice.vitals.news2 import Risk, Scale
from akson.advice.vitals.standing import Told, told
from akson.base.web.messages import texts
from akson.base.web.render import number, said
from akson.clinical.notes.model import Beside, Fact
from akson.record.stored import Stored

_ROWS: Final = ("resp", "spo2", "sys", "puls", "temp", "vekt")


def panel(observations: Sequence[Stored], root: str, now: datetime, scale: Scale | None) -> Iterator[Beside]:
    """Yield the panel, unless nothing has been measured.

    observations  of category vital-signs
    scale         None: NEWS2 is not for this patient
    """
    moments = gathered(hit.resource for hit in observations)
    if newest := told(moments, scale):
        t, head = texts().plain, newest.head
        facts = (*_sum(newest, scale, now), *_figures(moments, head, now))
        yield Beside(title=t("note.vitals"), note=", ".join(filter(None, (said(head.at, now), head.by))), facts=facts,
                     href=f"{root}/malinger", link=t("note.all_vitals"))  # fmt: skip


def overtaken(observations: Sequence[Stored], scale: Scale | None) -> bool:
    """Tell whether newer parts say more than the last complete NEWS2."""
    newest = told(gathered(hit.resource for hit in observations), scale)
    return newest is not None and newest.at_least


def _sum(newest: Told, scale: Scale | None, now: datetime) -> Iterator[Fact]:
    """Yield the sum with its trend, and the last complete one when parts of the newest are missing."""
    t, total, was = texts().plain, newest.total, newest.was
    if total is None:
        if scale is not None:
            yield Fact(text=t("note.no_score"))
        return
    grave = news2.risk(total, red=news2.score(newest.head.values, scale or Scale.ONE).red) not in (Risk.NONE, Risk.LOW)
    rising = was is not None and total - was >= news2.RISE
    name = t("note.news2_least" if newest.at_least else "note.news2", score=total)
    yield Fact(text=name, side=_trend(newest), level="warn" if grave or rising or newest.at_least else "")
    if newest.complete:
        yield Fact(text=t("note.complete", score=newest.complete.total), side=said(newest.complete.at, now))


def _trend(newest: Told) -> str:
    t, total, was = texts().plain, newest.total or 0, newest.was
    if was is None:
        return t("note.parts_only" if newest.at_least else "note.first_score")
    return t("note.unchanged") if was == total else t("note.up_from" if total > was else "note.down_from", was=was)


def _figures(moments: Sequence[Moment], head: Moment, now: datetime) -> Iterator[Fact]:
    """Yield the newest of each kind: those of the moment itself in one line, each of another time with its own."""
    together: list[str] = []
    for name in _ROWS:
        last = next((one for one in reversed(moments) if one.figure(name) is not None), None)
        if last and last.at == head.at:
            together.append(_value(name, last))
        elif last:
            yield Fact(text=_value(name, last), side=said(last.at, now))
    if together:
        yield Fact(text=" · ".join(together))


def _value(name: str, one: Moment) -> str:
    under = number(one.figure("dia")) if name == "sys" and one.figure("dia") is not None else ""
    value = "/".join(filter(None, (number(one.figure(name)), under)))
    return texts().plain(f"note.value_{name}", value=value)
