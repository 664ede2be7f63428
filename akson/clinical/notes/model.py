"""What the page for writing a note is filled with: plain values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class Ref:
    """A live pointer to a value or document; never a copy of it."""

    head: str  # "NEWS2 4"
    text: str  # "i dag 08.12"
    href: str


@dataclass(frozen=True, kw_only=True)
class Code:
    """A diagnosis code, chosen or suggested."""

    code: str  # "K77"
    text: str
    main: bool = False
    known: bool = False  # stands in the problem list already
    offered: bool = False  # may be put in the problem list when the note is signed


@dataclass(frozen=True, kw_only=True)
class Ordered:
    """Something the note sets going when it is signed."""

    text: str  # "Furosemid 40 mg × 2"
    by: str  # who is told: "Apotek og hjemmesykepleie får beskjed ved signering"
    icon: str
    key: str  # what "Angre" sends


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One line of a context panel."""

    text: str
    side: str = ""
    level: str = ""  # a badge instead of grey text: "warn", "new"


@dataclass(frozen=True, kw_only=True)
class Beside:
    """One panel at the right: what one needs to see while writing."""

    title: str
    note: str = ""
    href: str = ""
    link: str = "Åpne"
    facts: tuple[Fact, ...] = ()
    text: str = ""


@dataclass(frozen=True, kw_only=True)
class Writing:
    """A note being written. The texts and the kind stand in the form (form.py)."""

    action: str  # where the form is posted
    autosave: str  # where the draft is posted
    keeps: str  # the key under which the browser keeps what it could not post; see drafts.py
    at: datetime
    title: str = "Nytt notat"
    refs: tuple[Ref, ...] = ()
    codes: tuple[Code, ...] = ()
    codes_required: bool = True
    asked: str = ""  # what was searched for among the codes
    suggested: tuple[Code, ...] | None = None  # None: nothing has been searched for
    code_fault: str = ""
    ordered: tuple[Ordered, ...] = ()
    advice: tuple[tuple[str, str], ...] = ()  # (head, text): what such a note must hold and does not yet
    beside: tuple[Beside, ...] = ()
    saved: datetime | None = None
    sends: int = 0  # how many get a message when it is signed


@dataclass(frozen=True, kw_only=True)
class Listed:
    """One signed note in the list."""

    title: str  # "Telefon, pårørende til stede"
    at: datetime
    by: str  # "Jonas Eikeland, Nordre legesenter"
    codes: str = ""  # "K77 Hjertesvikt"
    text: str = ""
    href: str = ""
    corrected: bool = False
    wrong: bool = False  # marked as an error: the text is not shown in the list
    seen: str = ""  # "Pasienten ser dette fra 30.11.2026 kl. 10.00"; empty when it is seen
    disputed: bool = False  # the patient has demanded that it be corrected, which is not decided yet


@dataclass(frozen=True, kw_only=True)
class Notes:
    """A patient's notes, newest first."""

    new_href: str
    notes: tuple[Listed, ...] = ()
    drafts: tuple[tuple[str, str], ...] = ()  # (text, href)
    more_href: str = ""  # older ones
    about: str = ""  # "K77 Hjertesvikt": only what is about this problem is listed
    all_href: str = ""
    widen_href: str = ""  # to see those of other units too; empty when they are listed
    narrow_href: str = ""  # back to the own unit's


@dataclass(frozen=True, kw_only=True)
class Earlier:
    """A version that has been corrected since; it stays readable."""

    number: int
    at: datetime
    codes: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Signed:
    """A note that is signed: it is read, and its author may correct it or mark it as an error."""

    action: str
    note: Listed
    list_href: str
    refs: tuple[str, ...] = ()  # what it pointed to when it was signed
    corrected_at: datetime | None = None
    reason: str = ""  # why it is marked as an error
    earlier: tuple[Earlier, ...] = ()
    mine: bool = False
    reason_fault: str = ""
    refused: str = ""  # why the patient may not see it
    seen_why: str = ""  # why the patient sees it later
    refusal_fault: str = ""
    grounds: tuple[tuple[str, str], ...] = ()  # on which that can be decided
