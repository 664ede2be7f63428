"""Medicines that are advised against together with what else is known of the patient. To be reviewed by clinicians."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

EGFR_LOW: Final = 60  # ml/min/1,73 m²


@dataclass(frozen=True, kw_only=True)
class Known:
    """What the rules may ask of a patient.

    medicines  ATC code -> name, everything in use by any source
    problems   diagnosis codes of active problems (ICPC-2, ICD-10)
    egfr       the newest, in ml/min/1,73 m²
    """

    medicines: Mapping[str, str] = field(default_factory=dict)
    problems: frozenset[str] = frozenset()
    egfr: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class Advice:
    """Why a medicine is advised against. rule: its name, as shown; reasons: as people read them."""

    rule: str
    reasons: tuple[str, ...]


def against(atc: str, known: Known) -> Advice | None:
    """Return why the medicine with this ATC code is advised against, or None."""
    for beginning, name, rule in _RULES:
        if atc.startswith(beginning) and (reasons := rule(known)):
            return Advice(rule=name, reasons=reasons)
    return None


def nsaid(known: Known) -> tuple[str, ...]:
    """Return why an anti-inflammatory painkiller is advised against.

    Source: product information of ibuprofen, sections 4.3 to 4.5: bleeding with anticoagulants, fluid retention in
    heart failure, harm to failing kidneys
    """
    thinners = sorted(name.lower() for atc, name in known.medicines.items() if atc.startswith("B01A"))
    reasons = thinners + ["hjertesvikt"] * any(code == "K77" or code.startswith("I50") for code in known.problems)
    return tuple(reasons + ([f"eGFR {known.egfr}"] if known.egfr is not None and known.egfr < EGFR_LOW else []))


_RULES: Final[tuple[tuple[str, str, Callable[[Known], tuple[str, ...]]], ...]] = (("M01A", "LM-01", nsaid),)
