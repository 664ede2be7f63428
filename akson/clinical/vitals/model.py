"""What the pages for measurements are filled with: plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

Figure = Decimal | None


@dataclass(frozen=True, kw_only=True)
class Result:
    """The NEWS2 sum and what to do."""

    score: int
    at_least: bool = False  # parts are missing, and the sum can only be higher
    was: int | None
    parts: str  # "SpO₂ 2, blodtrykk 1, puls 1"
    do: str  # "Ring fastlegen i dag, mål igjen i kveld."
    rule: str  # "Tiltakskort NEWS2 hjemme, v3"
    danger: str = ""  # "Ved 7 eller mer, eller rask forverring: ring 113."
    also: str = ""  # "Vekt 58,4 kg, opp 2,3 kg på 3 døgn"


@dataclass(frozen=True, kw_only=True)
class Measuring:
    """The form for one set of measurements."""

    action: str
    at: datetime
    points: Mapping[str, int] = field(default_factory=dict)  # field name -> NEWS2 points of what is typed
    result: Result | None = None  # None: not all seven parts are typed
    missing: str = ""  # "Mangler: bevissthet, oksygen"
    last: str = ""  # "Sist målt i går 08.05: NEWS2 2"


@dataclass(frozen=True, kw_only=True)
class Curve:
    """One kind of measurement over time, one value for each moment of the page."""

    name: str
    unit: str
    values: tuple[Figure, ...]
    band: tuple[Decimal, Decimal] | None = None


@dataclass(frozen=True, kw_only=True)
class Course:
    """Measurements over time, as a picture and as a table."""

    moments: tuple[str, ...]  # "09.11"
    scores: tuple[int | None, ...]
    curves: tuple[Curve, ...]
    table: tuple[tuple[str, tuple[str, ...]], ...]  # (row head, one text for each moment)
    period: str  # "09.11–23.11.2026"
    words: str  # what the picture shows, in a sentence
    columns: tuple[str, ...] = ()  # heads of the table, newest first
    legend: str = ""
    periods: tuple[tuple[str, str], ...] = ()  # (text, href)


@dataclass(frozen=True, kw_only=True)
class Lab:
    """One answer from a laboratory."""

    text: str  # "eGFR 38 ml/min"
    side: str  # "lav, var 45"
    abnormal: bool = False


@dataclass(frozen=True, kw_only=True)
class Measurements:
    """A patient's measurements."""

    new_href: str
    course: Course | None = None
    taken: datetime | None = None
    by: str = ""
    result: Result | None = None
    complete: str = ""  # "Siste hele NEWS2: 4, i dag 08.12, Mariam Yusuf", when newer parts stand before it
    labs: tuple[Lab, ...] = ()
    labs_source: str = ""
