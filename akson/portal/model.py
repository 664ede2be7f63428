"""What the citizens' pages are filled with: plain values in plain words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, kw_only=True)
class Next:
    """What happens next: who comes, or where to be."""

    when: str  # "i kveld"
    time: str  # "18–19"
    title: str  # "Hjemmesykepleien kommer"
    text: str
    change_href: str = ""
    message_href: str = ""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One row: what, more about it, where it leads."""

    title: str
    text: str
    href: str = ""
    icon: str = "doc"
    day: date | None = None  # drawn as a calendar leaf


@dataclass(frozen=True, kw_only=True)
class Look:
    """One who has looked in the record."""

    who: str  # "Jonas Eikeland, fastlege"
    at: datetime
    why: str  # "Svarte på melding om vekten din"
    unit: str = ""  # "Nordre legesenter"
    what: str = ""  # "Oversikt og legemidler"
    basis: str = ""  # "Du står på listen hos fastlegen"
    kind: str = ""  # "": ordinary; "opened": opened by own decision; "emergency"; "refused"
    tell_href: str = ""  # ask about this look


@dataclass(frozen=True, kw_only=True)
class Home:
    """Min side."""

    given: str  # "Astrid"
    next: Next | None = None
    todo: tuple[Entry, ...] = ()
    new: tuple[Entry, ...] = ()
    coming: tuple[Entry, ...] = ()
    looks: tuple[Look, ...] = ()
    contact: tuple[Entry, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Dose:
    """One medicine, said so that one can follow it."""

    name: str
    dose: str  # "1 tablett morgen og kveld"
    why: str = ""  # "for hjertet"


@dataclass(frozen=True, kw_only=True)
class Letter:
    """One note or letter to read."""

    title: str
    by: str
    at: datetime
    text: str


@dataclass(frozen=True, kw_only=True)
class MyRecord:
    """Min journal."""

    critical: tuple[str, ...] = ()
    problems: tuple[Entry, ...] = ()
    medicines: tuple[Dose, ...] = ()
    results: tuple[Entry, ...] = ()
    notes: tuple[Letter, ...] = ()
    withheld: str = ""  # why something is not shown


@dataclass(frozen=True, kw_only=True)
class Insight:
    """Innsyn: who has looked, and who may."""

    looks: tuple[Look, ...] = ()
    total: int = 0
    more_href: str = ""
    blocks: tuple[Entry, ...] = ()
    persons: tuple[Entry, ...] = ()  # who may act for me
