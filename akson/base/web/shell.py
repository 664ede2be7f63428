"""What stands around a page: the top bar, the menu, the patient banner. Plain values; the layouts draw them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, kw_only=True)
class Shell:
    """Who is signed in and what waits for them."""

    name: str  # "Jonas Eikeland"
    role: str  # "Fastlege"
    unit: str = ""  # "Nordre legesenter, Fjordvik kommune"; empty for citizens
    inbox: int = 0  # needs action
    drafts: int = 0
    roles_href: str = ""  # where role and unit are switched; empty when there is only one
    persons: tuple[Person, ...] = ()  # citizens: whose record can be shown
    controller: str = ""  # "Fjordvik kommune"
    finds: bool = True  # may search for a person
    has_inbox: bool = True  # tasks may come to them
    writes: bool = True  # may have drafts
    idle: int = 900  # seconds without a touch before the screen locks
    has: frozenset[str] = frozenset()  # what menus hold only where there is some of it, see `Menu.where`


@dataclass(frozen=True, kw_only=True)
class Person:
    """One whose record a citizen may open: themself, a child, someone who gave them power of attorney."""

    id: str
    label: str  # "Astrid Nordli, deg selv"
    current: bool = False


@dataclass(frozen=True, kw_only=True)
class Badge:
    """A few words that must be known. Level: stop (may harm), limit (treatment limit), know, warn, new, ok."""

    head: str  # "CAVE"
    text: str = ""  # "Penicillin, anafylaksi 2009"
    level: str = "know"
    icon: str = ""


@dataclass(frozen=True, kw_only=True)
class Banner:
    """Who the patient is. None is shown as "ikke kjent" or what the field says; never left out."""

    id: str  # of the Patient resource
    family: str
    given: str
    born: date | None
    age: int | None
    gender: str  # "Kvinne"
    fnr: str  # eleven digits, or "" when there is none
    critical: tuple[Badge, ...] = ()
    critical_known: bool = True  # False: nobody has recorded whether there is anything critical
    lives: str = ""  # "alene, Strandveien 12"
    next_of_kin: str = ""  # "Kari Vik (datter)"
    next_of_kin_phone: str = ""
    guardian: str = ""  # "ingen", "Kari Vik"; empty = not known
    basis: str = ""  # why this record may be read: "fastlegeliste"
    second: bool = False  # another patient is open in this session: the banner takes another colour

    @property
    def name(self) -> str:
        return f"{self.family.upper()}, {self.given}"


@dataclass(frozen=True, kw_only=True)
class Item:
    """One entry of the menu, ready to draw."""

    href: str
    text: str
    icon: str
    keys: str = ""  # "g o"
    current: bool = False
