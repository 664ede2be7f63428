"""How ill the patient is as far as is known: the last complete NEWS2, or newer parts that already give more. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from akson.advice.vitals import news2
from akson.advice.vitals.moments import Moment, compared
from akson.advice.vitals.news2 import Risk, Scale, Score
from akson.patient.banner import FLAG
from akson.patient.chart import Chart, local
from akson.patient.reading import code

RETAINS_CO2: Final = "metning-88-92"  # Flag.code: a doctor has set the saturation goal 88-92 %
_TOGETHER: Final = timedelta(hours=48)  # parts without a complete NEWS2 before them are one state when this close
_ORDER: Final = tuple(Risk)  # mildest first


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What is known now."""

    complete: Moment | None = None  # the last with all seven parts; its total is set
    newer: Moment | None = None  # the newest parts since, together, when they give more than `complete`
    counted: Score | None = None  # of `newer`


@dataclass(frozen=True, kw_only=True)
class Told:
    """What every page says first of how ill somebody is."""

    head: Moment  # the newest that counts
    total: int | None = None  # None: not enough is measured to say anything
    was: int | None = None  # what `total` is compared with; less than it when `at_least`
    complete: Moment | None = None  # the last with all parts, when `head` is newer and lacks some

    at_least: bool = False  # parts are missing: the sum may be higher


def told(moments: Sequence[Moment], scale: Scale | None) -> Told | None:
    """Return what to say of how ill somebody is, or None when nothing was measured.

    moments  oldest first
    """
    if not moments:
        return None
    stands = standing(moments, scale)
    head = stands.newer or stands.complete or moments[-1]
    total = stands.counted.at_least if stands.counted else head.total
    was = compared(moments, head.at) if total is not None else None
    if stands.newer and was is not None and was >= (total or 0):
        was = None  # what can still rise is not lower than before
    complete = stands.complete if stands.newer else None
    return Told(head=head, total=total, was=was, complete=complete, at_least=stands.newer is not None)


def scale_of(chart: Chart, now: datetime) -> Scale | None:
    """Return how saturation counts for this patient; None for children, whom NEWS2 is not made for."""
    age = chart.identity.age(local(now).date())
    if age is not None and age < news2.FROM_AGE:
        return None
    flags = (hit.resource for hit in chart["Flag"])
    two = any(flag.get("status") == "active" and code(flag.get("code"), FLAG) == RETAINS_CO2 for flag in flags)
    return Scale.TWO if two else Scale.ONE


def standing(moments: Sequence[Moment], scale: Scale | None) -> Standing:
    """Return the last complete NEWS2, and the newer parts when an older, lower sum would hide how ill somebody is.

    moments  oldest first
    """
    complete = next((full for one in reversed(moments) if (full := _complete(one, scale))), None)
    newer = _together([one for one in moments if complete is None or one.at > complete.at], since=complete is not None)
    if scale is None or newer is None:
        return Standing(complete=complete)
    counted = news2.score(newer.values, scale)
    if not (_more(counted, complete, scale) if complete else counted.alarming):
        return Standing(complete=complete)
    return Standing(complete=complete, newer=newer, counted=counted)


def _complete(one: Moment, scale: Scale | None) -> Moment | None:
    """Return the moment with its sum, as registered or counted; None when a part is missing."""
    total = one.total if one.total is not None or scale is None else news2.score(one.values, scale).total
    return None if total is None else replace(one, total=total)


def _together(moments: Iterable[Moment], *, since: bool) -> Moment | None:
    """Return the newest value of each part as one moment, by whoever measured last.

    since  after a complete NEWS2: then every part since counts, however long ago
    """
    parts = [one for one in moments if any(part in one.values for part in news2.PARTS)]
    if not parts:
        return None
    last = parts[-1]
    near = [one for one in parts if since or last.at - one.at <= _TOGETHER]
    return Moment(at=last.at, by=last.by, values={name: value for one in near for name, value in one.values.items()})


def _more(counted: Score, complete: Moment, scale: Scale) -> bool:
    """Say whether the parts give more points than the complete sum, or a graver risk."""
    total = complete.total or 0
    before = news2.risk(total, red=news2.score(complete.values, scale).red)
    now = news2.risk(counted.at_least, red=counted.red)
    return counted.at_least > total or _ORDER.index(now) > _ORDER.index(before)
