"""From moments to what the pages show: sums in words, curves, table, laboratory answers. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from akson.advice.vitals import kinds, news2
from akson.advice.vitals.kinds import KINDS, Value
from akson.advice.vitals.moments import Moment, compared, scored
from akson.advice.vitals.news2 import Scale
from akson.base.web.messages import texts
from akson.base.web.render import local, number, said
from akson.clinical.vitals import model
from akson.clinical.vitals.form import AWARE as ANSWERS
from akson.patient.reading import Resource, code, codes, display, moment, words
from akson.registers.codes import LOINC

MOST: Final = 10  # columns
PERIODS: Final = {"3m": 92, "1a": 366}  # name -> days
_CURVES: Final = ("resp", "spo2", "sys", "puls", "vekt")
_ROWS: Final = ("resp", "spo2", "sys", "puls", "temp", kinds.AWARE, kinds.OXYGEN, "vekt")
_GAIN = Decimal(2)  # kg in three days
_THREE_DAYS: Final = timedelta(days=3)
_WORDS: Final = {letter: word.lower() for letter, word in ANSWERS}


def result(
    values: Mapping[str, Value], total: int | None, before: Sequence[Moment], at: datetime, scale: Scale = Scale.ONE
) -> model.Result:
    """Return the sum in words.

    total    None: a part is missing, and what the others give is the least it can be
    before   earlier moments, oldest first
    """
    t, was, counted = texts().plain, compared(before, at), news2.score(values, scale)
    points, at_least = counted.points, total is None
    if total is None:
        total = counted.at_least
        was = was if was is not None and was < total else None  # what can still rise is not lower than before
    told = [t("vitals.part", part=t(f"vitals.part_{part}"), points=count) for part, count in points.items() if count]
    risk = news2.risk(total, red=3 in points.values())
    rising = risk is news2.Risk.LOW and was is not None and total - was >= news2.RISE
    advice = "news2.rising" if rising else f"news2.{risk.replace('-', '_')}"
    if at_least and not rising and not counted.alarming:
        advice = "news2.rest"
    danger = "" if risk is news2.Risk.HIGH else t("news2.danger")
    return model.Result(score=total, at_least=at_least, was=was, parts=", ".join(told), do=t(advice),
                        rule=t("news2.rule"), danger=danger, also=_gain(values.get("vekt"), before, at))  # fmt: skip


def _gain(now: Value | None, before: Iterable[Moment], at: datetime) -> str:
    """Return "Vekt 58,4 kg, opp 2,3 kg på 3 døgn", or "" when the weight is steady."""
    lately = [(one, weight) for one in before if local(one.at).date() >= (local(at) - _THREE_DAYS).date()
              if one.at < at and (weight := one.figure("vekt")) is not None]  # fmt: skip
    if not isinstance(now, Decimal) or not lately:
        return ""
    since, weight = min(lately, key=lambda pair: pair[1])
    days = (local(at).date() - local(since.at).date()).days
    if now - weight < _GAIN or not days:
        return ""
    return texts().plain("vitals.gain", weight=number(now), gain=number(now - weight), days=days)


def picked(moments: Sequence[Moment], period: str, now: datetime) -> list[Moment]:
    """Return the moments to show: the newest ones, or over a longer period the last of each week or month."""
    if period not in PERIODS:
        return list(moments[-MOST:])
    since = now - timedelta(days=PERIODS[period])
    key: Callable[[datetime], object] = _week if period == "3m" else _month
    return list({key(local(one.at)): one for one in moments if one.at >= since}.values())


def _week(at: datetime) -> object:
    return at.isocalendar()[:2]


def _month(at: datetime) -> object:
    return at.year, at.month


def course(shown: Sequence[Moment], periods: tuple[tuple[str, str], ...]) -> model.Course:
    """Return the moments as a picture and as a table; there must be one."""
    t, days = texts().plain, [local(one.at) for one in shown]
    period = f"{days[0]:%d.%m}–{days[-1]:%d.%m.%Y}" if days[0].date() != days[-1].date() else f"{days[-1]:%d.%m.%Y}"
    curves = tuple(_curve(name, shown) for name in _CURVES if any(one.figure(name) is not None for one in shown))
    return model.Course(
        moments=_labels(days), columns=_labels(days[::-1]), scores=tuple(one.total for one in shown), curves=curves,
        table=tuple(_table(shown)),
        period=period, words=_sentence(shown), legend=t("vitals.legend"), periods=periods,
    )  # fmt: skip


def _labels(days: Sequence[datetime]) -> tuple[str, ...]:
    """Return the date of each column, and only the clock where the date stands in the column before."""
    before = [None, *(day.date() for day in days)]
    return tuple(f"{day:%H.%M}" if day.date() == last else f"{day:%d.%m}"
                 for day, last in zip(days, before, strict=False))  # fmt: skip


def _curve(name: str, shown: Sequence[Moment]) -> model.Curve:
    t = texts().plain
    return model.Curve(name=t(f"vitals.curve_{name}"), unit=t(f"vitals.unit_{name}"), band=KINDS[name].expected,
                       values=tuple(one.figure(name) for one in shown))  # fmt: skip


def _table(shown: Sequence[Moment]) -> Iterable[tuple[str, tuple[str, ...]]]:
    t = texts().plain
    yield t("vitals.result"), tuple("–" if one.total is None else str(one.total) for one in shown)
    for name in _ROWS:
        cells = tuple(_cell(name, one) for one in shown)
        if any(cell != "–" for cell in cells):
            yield t(f"vitals.row_{name}"), cells
    yield t("vitals.row_by"), tuple(one.by or "–" for one in shown)


def _cell(name: str, one: Moment) -> str:
    value = one.values.get(name)
    if name == "sys":
        both = (one.figure("sys"), one.figure("dia"))
        return "–" if both == (None, None) else "/".join(number(half) for half in both)
    return _WORDS.get(value, value) if isinstance(value, str) else number(value)


def _sentence(shown: Sequence[Moment]) -> str:
    """Return what the picture shows, for those who do not see it."""
    t, told = texts().plain, []
    if sums := scored(shown):
        told.append(t("vitals.words_score", score=sums[-1].total, first=sums[0].total))
    for name in _CURVES:
        figures = [figure for one in shown if (figure := one.figure(name)) is not None]
        if figures:
            told.append(t("vitals.words_kind", kind=t(f"vitals.curve_{name}"), first=number(figures[0]),
                          last=number(figures[-1])))  # fmt: skip
    return " ".join([*told, t("vitals.words_table")])


def last_measured(moments: Sequence[Moment], now: datetime) -> str:
    """Return "Sist målt i går 08.15: NEWS2 2", or ""."""
    if not moments:
        return ""
    last, t = moments[-1], texts().plain
    when = said(last.at, now)
    return t("vitals.last", when=when) if last.total is None else t("vitals.last_score", when=when, score=last.total)


def complete(last: Moment, now: datetime) -> str:
    """Return "Siste hele NEWS2: 4, i dag 08.12, Mariam Yusuf"."""
    told = ", ".join(filter(None, (said(last.at, now), last.by)))
    return texts().plain("vitals.complete", score=last.total, told=told)


def laboratory(observations: Iterable[Resource]) -> tuple[str, tuple[model.Lab, ...]]:
    """Return the source of the newest laboratory answers, and one line for each.

    observations   newest first
    """
    found: dict[str, list[Resource]] = {}
    for each in observations:
        if each.get("status") != "entered-in-error" and "valueQuantity" in each:
            found.setdefault(code(each.get("code"), LOINC) or words(each.get("code")), []).append(each)
    if not found:
        return "", ()
    newest = next(iter(found.values()))[0]
    day = str(newest.get("effectiveDateTime"))[:10]
    who = next(map(display, newest.get("performer", ())), "")
    at = moment(newest.get("effectiveDateTime"))
    source = ", ".join(filter(None, (f"{local(at):%d.%m.%Y}" if at else "", who)))
    lines = [_lab(one) for one in found.values() if str(one[0].get("effectiveDateTime"))[:10] == day]
    return source, tuple(sorted(lines, key=lambda line: (not line.abnormal, line.text.casefold())))


def _lab(answers: Sequence[Resource]) -> model.Lab:
    """Return one line: the newest answer, and what it was before or what is expected."""
    t, now = texts().plain, answers[0]
    abnormal = next((word for word in ("H", "L") if word in codes(now.get("interpretation", ()))), "")
    amount = now["valueQuantity"]
    value = f"{amount.get('comparator', '')} {number(amount.get('value'))}".strip()
    text = f"{words(now.get('code'))} {value} {amount.get('unit', '')}".strip()
    if not abnormal:
        return model.Lab(text=text, side=_range(now))
    side = t(f"vitals.lab_{abnormal}")
    if len(answers) > 1:
        side = t("vitals.lab_was", side=side, was=number(answers[1]["valueQuantity"].get("value")))
    return model.Lab(text=text, side=side, abnormal=True)


def _range(answer: Resource) -> str:
    """Return "3,6–5,0", "under 300", "over 60" or ""."""
    limits = (answer.get("referenceRange") or [{}])[0]
    low, high = ((limits.get(side) or {}).get("value") for side in ("low", "high"))
    if low is not None and high is not None:
        return f"{number(low)}–{number(high)}"
    if low is None and high is None:
        return ""
    return texts().plain("vitals.lab_under" if low is None else "vitals.lab_over", limit=number(low or high))
