"""The medicine list: one row per substance, what each source says of it, and where they disagree. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Final

from akson.advice.medicines import Known, against
from akson.base.web.messages import texts
from akson.base.web.render import local, said
from akson.fhir.dates import interval
from akson.patient.reading import Resource, code, display, moment, words
from akson.registers.codes import ATC, MEDICATION_SOURCE
from akson.workplace.model import Cell, Conflict, Medicine, Medicines
from akson.workplace.words import party

SOURCES: Final = ("fastlege", "sykehus", "multidose", "pasient")
OTHERS: Final = ("resept", "annet")  # shown only when they say something
_SHAPE: Final = re.compile(r"([\d,.]+)\s*([^\s×\d]+)(?:\s*×\s*(\d+))?\s*(.*)$")
_HALF, _TWICE = Decimal("0.5"), Decimal(2)


@dataclass(frozen=True, kw_only=True)
class Told:
    """What one source says of one substance."""

    source: str
    atc: str
    name: str
    dose: str
    since: datetime | None
    until: datetime | None
    note: str


@dataclass(frozen=True, kw_only=True)
class Dose:
    """A dose taken apart: 40, "mg", 2, "depot". times is 0 when it is not so many a day."""

    amount: str
    unit: str
    times: int
    rest: str

    @property
    def daily(self) -> Decimal:
        return Decimal(self.amount.replace(",", ".").strip(".")) * self.times


def present(statements: Iterable[Resource], reconciled: Resource | None, known: Known, now: datetime) -> Medicines:
    """Return the list as the overview shows it.

    statements   MedicationStatements and MedicationRequests
    reconciled   the List as it was last gone through
    known        what advice is given from; its medicines are filled in here
    """
    told = [each for each in map(_told, statements) if each.until is None or each.until >= now]
    substances: dict[str, dict[str, Told]] = {}
    for each in sorted(told, key=lambda one: one.since or now):
        substances.setdefault(each.atc or each.name.casefold(), {})[each.source] = each  # the newest of a source stands
    sources = (*SOURCES, *(other for other in OTHERS if any(other in by for by in substances.values())))
    names = {atc: next(iter(by.values())).name for atc, by in substances.items()}
    known = replace(known, medicines=names)
    rows = [_row(by, sources, known, now) for by in substances.values()]
    absent = [_source(one) for one in SOURCES if substances and not any(one in by for by in substances.values())]
    return Medicines(
        sources=tuple(map(_source, sources)), rows=tuple(sorted(rows, key=_order)),
        reconciled=_reconciled(reconciled),
        missing=(texts().plain("overview.no_list_from", sources=", ".join(absent).lower()),) if absent else (),
    )  # fmt: skip


def in_use(statements: Iterable[Resource]) -> list[Resource]:
    """Return those that are in use."""
    return [each for each in statements if each.get("status") == "active"]


def changes(statements: Iterable[Resource], since: datetime) -> tuple[int, int, list[Told]]:
    """Return how many doses were changed and medicines added after `since`, and the statements that tell it."""
    told = [_told(each) for each in in_use(statements)]
    new = [each for each in told if each.since and each.since > since]
    before = {each.atc or each.name.casefold() for each in told if each not in new}
    changed = [each for each in new if (each.atc or each.name.casefold()) in before]
    return len(changed), len(new) - len(changed), new


def _told(resource: Resource) -> Told:
    concept = resource.get("medicationCodeableConcept") or {"text": display(resource.get("medicationReference"))}
    period = resource.get("effectivePeriod") or {"start": resource.get("effectiveDateTime")}
    dosage = (resource.get("dosage") or resource.get("dosageInstruction") or [{}])[0]
    known = code(resource["category"], MEDICATION_SOURCE) if isinstance(resource.get("category"), dict) else ""
    prescribed = resource["resourceType"] == "MedicationRequest"
    return Told(
        source="resept" if prescribed else known if known in SOURCES else "annet", atc=code(concept, ATC),
        name=words(concept), dose=dosage.get("text", ""), until=interval(period["end"])[1] if "end" in period else None,
        since=moment(period.get("start") or resource.get("authoredOn")),
        note=next((note.get("text", "") for note in resource.get("note", ())), ""),
    )  # fmt: skip


def _row(by: Mapping[str, Told], sources: Sequence[str], known: Known, now: datetime) -> Medicine:
    order = ("fastlege", "resept", "multidose", "sykehus", "annet", "pasient")
    current = next(by[source] for source in order if source in by)
    alone = set(by) == {"pasient"}
    cells = tuple(_cell(by.get(source), current, alone=alone) for source in sources)
    shape = _shape(current.dose)
    dose = shape.rest if alone and shape and not shape.times and shape.rest else current.dose
    return Medicine(substance=current.name, dose=dose, cells=cells, conflict=_conflict(by, current, known, now))


def _cell(told: Told | None, current: Told, *, alone: bool) -> Cell:
    if told is None:
        return Cell(kind="absent")
    if _same(told.dose, current.dose) and not alone:
        return Cell(kind="same")
    return Cell(kind="differs", text=_short(told.dose, current.dose))


def _short(dose: str, current: str) -> str:
    """Return a dose as it fits a cell: "40 × 2" beside "40 mg × 1", "400 mg" of "400 mg ved smerter"."""
    shape, other = _shape(dose), _shape(current)
    if shape is None:
        return dose
    unit = "" if other and other.unit == shape.unit and shape.times else f" {shape.unit}"
    return f"{shape.amount}{unit} × {shape.times}" if shape.times else f"{shape.amount}{unit}"


def _conflict(by: Mapping[str, Told], current: Told, known: Known, now: datetime) -> Conflict | None:
    """Return why the substance must be looked at: advised against, sources differ, or only the patient tells of it."""
    t = texts().plain
    if advice := against(current.atc, known):
        *most, last = advice.reasons
        reasons = t("overview.and", first=", ".join(most), last=last) if most else last
        said_ = t("overview.against_with", reasons=reasons)
        first = re.split(r"[,.]", current.note)[0] if set(by) == {"pasient"} else ""
        return Conflict(level="stop", head=t("overview.against"), text=f"{said_} {first}.".replace(" .", ""), href="")
    differing = [told for told in by.values() if not _same(told.dose, current.dose)]
    if differing:
        text = " ".join(_difference(told, current, by, now) for told in differing)
        return Conflict(level="warn", head=t("overview.other_dose"), text=text, href="")
    if set(by) == {"pasient"} and known.medicines.keys() - {current.atc}:
        return Conflict(level="warn", head=t("overview.only_patient"), text=current.note, href="")
    return None


def _difference(told: Told, current: Told, by: Mapping[str, Told], now: datetime) -> str:
    """Return one sentence on what a source says otherwise: until when, or since when and why."""
    t = texts().plain
    who = t(f"overview.by_{told.source}")
    if told.until:
        text = t("overview.until", who=who, dose=told.dose, until=said(local(told.until).date(), now))
        multi = by.get("multidose")
        unchanged = multi is not None and _same(multi.dose, current.dose)
        return f"{text} {t('overview.multidose_unchanged')}" if unchanged else text
    since = said(local(told.since).date(), now) if told.since else ""
    why = told.note.partition(":")[2].strip() or told.note
    changed = t(f"overview.dose_{_direction(told.dose, current.dose)}", who=who, dose=told.dose, since=since)
    return f"{changed}: {why}" if why else f"{changed}."


def _direction(dose: str, current: str) -> str:
    new, old = _shape(dose), _shape(current)
    if new is None or old is None or new.unit != old.unit or not (new.times and old.times):
        return "says"
    ratio = new.daily / old.daily if old.daily else _TWICE
    if ratio in (_HALF, _TWICE):
        return "halved" if ratio == _HALF else "doubled"
    return "lowered" if ratio < 1 else "raised"


def _shape(dose: str) -> Dose | None:
    found = _SHAPE.match(dose)
    if found is None or not found[1].strip(".,"):
        return None
    return Dose(amount=found[1], unit=found[2], times=int(found[3] or 0), rest=found[4].strip())


def _same(dose: str, other: str) -> bool:
    return _bare(dose) == _bare(other)


def _bare(dose: str) -> str:
    return re.sub(r"\s+", "", dose.casefold()).replace("x", "×").replace(".", ",")


def _order(row: Medicine) -> tuple[int, str]:
    """Severe first, then disagreement, then the rest by name."""
    return ({"stop": 0, "warn": 1}[row.conflict.level] if row.conflict else 2), row.substance.casefold()


def _source(name: str) -> str:
    return texts().plain(f"overview.source_{name}")


def _reconciled(list_: Resource | None) -> str:
    """Return "04.06.2026, J. Eikeland", or "" when nobody ever has."""
    at = moment((list_ or {}).get("date"))
    return f"{local(at):%d.%m.%Y}, {party((list_ or {}).get('source'))}" if at else ""
