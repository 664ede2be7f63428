"""Siden sist: what has become known of a patient since the reader last looked. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from akson.base.web.messages import texts
from akson.base.web.render import local, number, said
from akson.patient.banner import EGFR
from akson.patient.reading import Resource, code, from_elsewhere, moment, words
from akson.record.stored import Stored
from akson.registers.codes import DOCUMENT, LOINC
from akson.workplace import medicines
from akson.workplace.model import News, Vitals
from akson.workplace.words import inside, party, uncapital

SHOWN: Final = 5
_ARRIVES_WITH_RECORD: Final = timedelta(days=1)
_TOLD: Final[Mapping[str, tuple[str, ...]]] = {
    "DocumentReference": ("date",), "Observation": ("issued", "effectiveDateTime"), "Condition": ("recordedDate",),
    "MedicationStatement": ("dateAsserted",), "MedicationRequest": ("authoredOn",),
}  # fmt: skip
_LETTER, _DECISION, _NOTE = 1, 4, 5  # where a document stands among the news
_NOTES: Final = "B02-2"
_FIRST_LABS: Final = (EGFR, "2823-3", "718-7", "1988-5")  # eGFR, potassium, haemoglobin, CRP: told first
_AS_EXPECTED: Final = ("", "N")
_INTERPRETATION: Final = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"


@dataclass(frozen=True, kw_only=True)
class Since:
    """What is needed to tell what is new.

    read     when the reader last looked
    began    when the record's first part was written here: what came with it counts by its own date
    """

    read: datetime
    began: datetime
    now: datetime

    def told(self, hit: Stored) -> datetime:
        """Return when it became known: when it was last written here, or, if it came with the record, its own date."""
        own = next(filter(None, (moment(hit.resource.get(name)) for name in _TOLD.get(hit.type, ()))), None)
        came_along = hit.version == 1 and hit.last_updated - self.began < _ARRIVES_WITH_RECORD
        return own if own and came_along else hit.last_updated

    def new(self, hits: Iterable[Stored]) -> list[Stored]:
        return [hit for hit in hits if self.told(hit) > self.read]


def began(parts: Mapping[str, Sequence[Stored]], now: datetime) -> datetime:
    """Return when the first of what is shown was written here."""
    return min((hit.last_updated for hits in parts.values() for hit in hits if hit.version == 1), default=now)


def news(since: Since, parts: Mapping[str, Sequence[Stored]], vitals: Vitals | None, root: str) -> tuple[News, ...]:
    """Return what is new: what is of today and what may matter most, newest first; then the rest. root: "/p/<id>"."""
    told: list[tuple[int, datetime, News]] = []
    told += _measured(since, vitals, f"{root}/malinger")
    told += (_document(since, hit, f"{root}/notat") for hit in since.new(parts["DocumentReference"]))
    told += _medicines(since, parts, root)
    told += _laboratory(since, parts["Observation:lab"], f"{root}/malinger")
    today = local(since.now).date()
    marked = [(rank, at, replace(item, today=local(at).date() == today)) for rank, at, item in told]
    marked.sort(key=lambda one: (not one[2].today, one[0], -one[1].timestamp()))
    seen = max(SHOWN, sum(item.today for _, _, item in marked))
    halves = [sorted(half, key=lambda one: (-one[1].timestamp(), one[0])) for half in (marked[:seen], marked[seen:])]
    return tuple(item for half in halves for _, _, item in half)


Told = tuple[int, datetime, News]


def _measured(since: Since, vitals: Vitals | None, href: str) -> Iterator[Told]:
    if vitals is None or vitals.taken <= since.read:
        return
    t = texts().plain
    weight = next((row.change for row in vitals.rows if row.change), "")
    if vitals.score is None:
        head = t("overview.measured")
    elif vitals.at_least:
        head = t("overview.scored_least", score=vitals.score)
    elif vitals.was is None:
        head = t("overview.scored", score=vitals.score)
    else:
        head = t("overview.scored_usual", score=vitals.score, was=vitals.was)
    head = f"{head}, {t('overview.weight', change=weight)}" if weight else head
    strong = bool(weight) or vitals.at_least or (vitals.score or 0) > (vitals.was or 0)
    by = f"{said(vitals.taken, since.now)}, {vitals.by}"
    yield 0, vitals.taken, News(icon="warn" if strong else "heart", head=head, href=href, by=by, strong=strong)


def _document(since: Since, hit: Stored, root: str) -> Told:
    """Tell of a letter, a decision or a note."""
    resource, at = hit.resource, since.told(hit)
    kind = code(resource.get("type"), DOCUMENT)
    rank = _NOTE if kind == _NOTES else _LETTER if kind else _DECISION
    title = str(resource.get("description") or words(resource.get("type")))
    author = (resource.get("author") or [{}])[0]
    keeper = inside(resource.get("custodian"))
    who = keeper if rank == _LETTER else ", ".join(dict.fromkeys(filter(None, (party(author), keeper))))
    if rank == _DECISION:
        kind_of = words(resource.get("type")).lower()
        who = texts().plain("overview.from_unit", what=kind_of, unit=keeper)
    source = texts().plain("notes.elsewhere") if from_elsewhere(resource) else ""
    by = ", ".join(filter(None, (_day(at, since.now), who, source)))
    icon = "home" if rank == _DECISION else "doc"
    return rank, at, News(icon=icon, head=title, href=f"{root}/{hit.id}", by=by)


def _medicines(since: Since, parts: Mapping[str, Sequence[Stored]], root: str) -> Iterator[Told]:
    statements = [hit.resource for hit in (*parts["MedicationStatement"], *parts["MedicationRequest"])]
    changed, added, told = medicines.changes(statements, since.read)
    if not told:
        return
    t = texts().plain
    head = t("overview.doses_changed", count=changed) if changed else t("overview.medicines_added", count=added)
    text = t("overview.medicines_added", count=added) if changed and added else ""
    days = sorted(each.since for each in told if each.since)
    period = _day(days[0], since.now)
    if period != (last := _day(days[-1], since.now)):
        period = f"{period}–{last}"
    who = list(dict.fromkeys(t(f"overview.by_{each.source}").lower() for each in told))
    by = f"{period}, {' og '.join(who)}"
    head = f"{head}," if text else head
    yield 2, days[-1], News(icon="pill", head=head, text=text, href=f"{root}#h-med", by=by, strong=True)


def _laboratory(since: Since, results: Sequence[Stored], href: str) -> Iterator[Told]:
    """Tell of the newest answers: the kidneys first, then what is outside its limits, at most two figures."""
    results = [
        hit for hit in results if _value(hit.resource) is not None
    ]  # what is told in words is read in the message
    new = since.new(results)
    if not new:
        return
    at = max(since.told(hit) for hit in new)
    latest = sorted((hit.resource for hit in new if since.told(hit) == at), key=_weight)
    figures = [_figure(each, [hit.resource for hit in results]) for each in latest[:2]]
    text = ", ".join([figures[0], *map(uncapital, figures[1:])])
    who = inside((latest[0].get("performer") or [{}])[0])
    yield 3, at, News(icon="flask", head=text, href=href, by=f"{_day(at, since.now)}, {who}")


def _weight(result: Resource) -> tuple[int, bool]:
    loinc = code(result.get("code"), LOINC)
    place = _FIRST_LABS.index(loinc) if loinc in _FIRST_LABS else len(_FIRST_LABS)
    return place, not _outside(result)


def _figure(result: Resource, every: Sequence[Resource]) -> str:
    """Return "eGFR 38 (var 45)", or "Kalium 4,9" when it is as expected."""
    sign = (result.get("valueQuantity") or {}).get("comparator", "")
    text = " ".join(filter(None, (words(result.get("code")), sign, number(_value(result)))))
    before = _before(result, every)
    return f"{text} ({texts().plain('overview.was', value=number(before))})" if _outside(result) and before else text


def _before(result: Resource, every: Sequence[Resource]) -> Decimal | None:
    """Return the value before this one of the same kind; `every` is newest first."""
    at, kind = moment(result.get("effectiveDateTime")), code(result.get("code"), LOINC)
    for each in every:
        when = moment(each.get("effectiveDateTime"))
        if at and when and when < at and code(each.get("code"), LOINC) == kind:
            return _value(each)
    return None


def _value(result: Resource) -> Decimal | None:
    value: Any = (result.get("valueQuantity") or {}).get("value")
    return Decimal(str(value)) if value is not None else None


def _outside(result: Resource) -> bool:
    return not any(code(mark, _INTERPRETATION) in _AS_EXPECTED for mark in result.get("interpretation", ({},)))


def _day(at: datetime, now: datetime) -> str:
    """Return "20.11" or "i dag 08.12"."""
    return said(at, now)
