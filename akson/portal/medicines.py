"""Medicines as one can follow them: one line per substance, and an open word where the sources do not agree."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import groupby
from typing import Any, Final

from akson.base.web.messages import texts
from akson.base.web.render import local
from akson.patient.reading import code, codes, moment, reference, words
from akson.portal import model
from akson.portal.plain import dose, until
from akson.registers.codes import ATC, MEDICATION_SOURCE

Resource = Mapping[str, Any]
PRESCRIBED: Final = frozenset({"fastlege", "sykehus"})  # sources that decide a dose
_ORDER: Final = ("sykehus", "fastlege", "multidose", "pasient")


def drawn(statements: Iterable[Resource], problems: Iterable[Resource], now: datetime) -> tuple[model.Dose, ...]:
    """Return one line per substance in use, by name; those where the sources differ first."""
    reasons = {f"Condition/{one['id']}": words(one.get("code")) for one in problems}
    using = sorted((one for one in statements if in_use(one, now)), key=_substance)
    lines = [_line([*told], reasons) for _, told in groupby(using, key=_substance)]
    return tuple(sorted(lines, key=lambda line: (not line.warn, line.name)))


def in_use(statement: Resource, now: datetime) -> bool:
    """Say whether a medicine is taken now, as far as its source knows."""
    end = (statement.get("effectivePeriod") or {}).get("end")
    last = moment(end)
    over = last is not None and local(last).date() < local(now).date()
    return statement.get("status") == "active" and not over


def source(statement: Resource) -> str:
    """Return who tells of it: "fastlege", "sykehus", "multidose", "pasient"."""
    return code(statement.get("category"), MEDICATION_SOURCE)


def name(statement: Resource) -> str:
    return words(statement.get("medicationCodeableConcept"))


def taken(statement: Resource) -> str:
    """Return how it is taken: "40 mg to ganger om dagen"."""
    return ", ".join(dose(one["text"]) for one in statement.get("dosage", ()) if one.get("text"))


def _line(told: list[Resource], reasons: Mapping[str, str]) -> model.Dose:
    """Draw what one or several sources say of one substance."""
    told.sort(key=lambda one: _ORDER.index(source(one)) if source(one) in _ORDER else len(_ORDER))
    professional = [one for one in told if source(one) != "pasient"]
    whys = (reasons.get(reference(why), "") for one in told for why in one.get("reasonReference", ()))
    why = next(filter(None, whys), "").partition(",")[0]
    return model.Dose(
        name=name(told[0]), why=texts().plain("medicine.why", why=why.lower()) if why else "",
        dose=_said(professional) if professional else texts().plain("medicine.own", dose=taken(told[0])),
        warn=len({taken(one) for one in professional}) > 1,
    )  # fmt: skip


def _said(told: list[Resource]) -> str:
    """Return the dose they agree on, or what each of them says; never a choice between them."""
    if len({taken(one) for one in told}) == 1:
        return _with_end(told[0])
    said = [texts().plain("medicine.says", source=_teller(one), dose=_with_end(one)) for one in told]
    return texts().plain("medicine.differ", said="; ".join(said))


def _teller(statement: Resource) -> str:
    key = f"medicine.{source(statement)}"
    return texts().plain(key if key in texts() else "medicine.other")


def _with_end(statement: Resource) -> str:
    last = moment((statement.get("effectivePeriod") or {}).get("end"))
    return f"{taken(statement)} {until(local(last).date())}" if last else taken(statement)


def _substance(statement: Resource) -> str:
    concept = statement.get("medicationCodeableConcept") or {}
    return code(concept, ATC) or " ".join(sorted(codes([concept]))) or words(concept)
