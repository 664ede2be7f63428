"""The newest vital signs together: NEWS2, and how each kind has gone. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from akson.advice.vitals import kinds, news2
from akson.advice.vitals.kinds import KINDS
from akson.advice.vitals.moments import Moment, gathered, scored
from akson.advice.vitals.news2 import Scale
from akson.advice.vitals.standing import told
from akson.base.web.messages import texts
from akson.base.web.render import local, number, said
from akson.record.stored import Stored
from akson.workplace.model import Vital, Vitals
from akson.workplace.words import initialed

SHOWN: Final = 7  # moments in a sparkline and among the bars
_ROWS: Final = ("resp", "spo2", "sys", "puls", "temp", "vekt")
_CHANGE: Final = Decimal(2)  # kg in three days that must be seen
_THREE_DAYS: Final = timedelta(days=3)


def panel(
    observations: Sequence[Stored], now: datetime, *, href: str, scale: Scale | None = Scale.ONE
) -> Vitals | None:
    """Return the panel, or None when nothing has been measured.

    observations  of category vital-signs
    scale         None: NEWS2 is not for this patient, who is a child
    """
    moments = gathered(hit.resource for hit in observations)
    newest = told(moments, scale)
    if newest is None:
        return None
    head, total, was = newest.head, newest.total, newest.was
    advice = _advice(head, total, was, scale or Scale.ONE) if total is not None else ""
    return Vitals(
        taken=head.at, by=initialed(head.by), rows=tuple(_rows(moments, head, scale, now)), score=total, was=was,
        advice=advice, rule=texts().plain("overview.action_card") if advice else "", history=_history(moments, now),
        href=href, at_least=newest.at_least, complete=_complete(newest.complete, now) if newest.complete else "",
    )  # fmt: skip


def _complete(last: Moment, now: datetime) -> str:
    return texts().plain("overview.complete", score=last.total, told=_source(last, now))


def _source(one: Moment, now: datetime) -> str:
    return ", ".join(filter(None, (said(one.at, now), initialed(one.by))))


def _rows(moments: Sequence[Moment], head: Moment, scale: Scale | None, now: datetime) -> Iterator[Vital]:
    t = texts().plain
    for name in _ROWS:
        measured = [one for one in moments if one.figure(name) is not None][-SHOWN:]
        if measured:
            last = measured[-1]
            yield Vital(
                name=_name(name, last), value=_value(name, last), unit=t(f"overview.unit_{name}"),
                points=news2.score(last.values, scale).points.get(name) if scale else None,
                source="" if last.at == head.at else _source(last, now),
                change=_change(measured) if name == "vekt" else "",
                series=tuple(one.figure(name) for one in measured), band=KINDS[name].expected,
            )  # fmt: skip


def _name(name: str, one: Moment) -> str:
    """Return what the kind is called; a saturation says what was breathed."""
    oxygen = name == "spo2" and one.values.get(kinds.OXYGEN) == kinds.WITH_OXYGEN
    return texts().plain("overview.kind_spo2_oxygen" if oxygen else f"overview.kind_{name}")


def _value(name: str, one: Moment) -> str:
    over = number(one.figure(name))
    return f"{over}/{number(one.figure('dia'))}" if name == "sys" else over


def _change(weights: Sequence[Moment]) -> str:
    """Return "+2,3 kg" when the weight has moved much since the third day back, by the calendar."""
    last = weights[-1]
    earliest = (local(last.at) - _THREE_DAYS).date()
    then = next(one for one in weights if local(one.at).date() >= earliest)
    moved = (last.figure("vekt") or Decimal(0)) - (then.figure("vekt") or Decimal(0))
    sign = "+" if moved > 0 else ""
    return texts().plain("overview.kilos", change=f"{sign}{number(moved)}") if abs(moved) >= _CHANGE else ""


def _advice(head: Moment, total: int, was: int | None, scale: Scale) -> str:
    counted = news2.score(head.values, scale)
    risk = news2.risk(total, red=counted.red)
    rising = risk is news2.Risk.LOW and was is not None and total - was >= 2
    if head.total is None and not rising and not counted.alarming:
        return texts().plain("overview.do_rest")
    return texts().plain("overview.do_rising" if rising else f"overview.do_{risk.replace('-', '_')}")


def _history(moments: Sequence[Moment], now: datetime) -> tuple[tuple[str, int], ...]:
    """Return the last sums with the day of the month; a day that follows the one before it needs no label."""
    found: list[tuple[str, int]] = []
    before = None
    for one in scored(moments)[-SHOWN:]:
        day = local(one.at).date()
        label = "" if before and (day - before).days <= 1 else f"{day.day}."
        found.append((texts().plain("overview.today") if day == local(now).date() else label, one.total or 0))
        before = day
    return tuple(found)
