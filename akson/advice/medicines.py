"""Medicines that are advised against together with what else is known of the patient. To be reviewed by clinicians."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

_PENICILLINS, _SUBGROUP = 4, 5  # letters of an ATC code
EGFR_LOW: Final = 60  # ml/min/1,73 m²


@dataclass(frozen=True, kw_only=True)
class Known:
    """What the rules may ask of a patient.

    medicines  ATC code -> name, everything in use by any source
    problems   diagnosis codes of active problems (ICPC-2, ICD-10)
    egfr       the newest, in ml/min/1,73 m²
    allergies  ATC code -> what is not tolerated
    """

    medicines: Mapping[str, str] = field(default_factory=dict)
    problems: frozenset[str] = frozenset()
    egfr: Decimal | None = None
    allergies: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Advice:
    """Why a medicine is advised against. rule: its name, as shown; reasons: as people read them."""

    rule: str
    reasons: tuple[str, ...]


def against(atc: str, known: Known) -> Advice | None:
    """Return why the medicine with this ATC code is advised against, or None."""
    for beginning, name, rule in _RULES:
        if atc.startswith(beginning) and (reasons := rule(atc, known)):
            return Advice(rule=name, reasons=reasons)
    return None


def advised(known: Known) -> Mapping[str, Advice]:
    """Return what is said of each medicine that is in use."""
    return {atc: advice for atc in known.medicines if (advice := against(atc, known))}


def allergic(atc: str, known: Known) -> tuple[str, ...]:
    """Return what is not tolerated that the medicine is akin to: the same chemical subgroup, or any penicillin.

    Source: product information, section 4.3: hypersensitivity to the substance; to any penicillin (J01C)
    """
    return tuple(f"allergi mot {name.lower()}" for code, name in sorted(known.allergies.items()) if _akin(code, atc))


def _akin(allergy: str, atc: str) -> bool:
    return bool(allergy) and atc.startswith(allergy[: _PENICILLINS if allergy.startswith("J01C") else _SUBGROUP])


def nsaid(_: str, known: Known) -> tuple[str, ...]:
    """Return why an anti-inflammatory painkiller is advised against.

    Source: product information of ibuprofen, sections 4.3 to 4.5: bleeding with anticoagulants, fluid retention in
    heart failure, harm to failing kidneys
    """
    thinners = sorted(name.lower() for atc, name in known.medicines.items() if atc.startswith("B01A"))
    reasons = thinners + ["hjertesvikt"] * any(code == "K77" or code.startswith("I50") for code in known.problems)
    return tuple(reasons + ([f"eGFR {known.egfr}"] if known.egfr is not None and known.egfr < EGFR_LOW else []))


_RULES: Final[tuple[tuple[str, str, Callable[[str, Known], tuple[str, ...]]], ...]] = (
    ("", "LM-02", allergic),
    ("M01A", "LM-01", nsaid),
)
