"""What the staff's pages are filled with: plain values, drawn by the templates beside this file.

Text is as people read it; moments carry a time zone. An empty tuple is drawn as a sentence that says what is missing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from akson.exchange.comparing import Difference


# ---- start.html: Min dag
@dataclass(frozen=True, kw_only=True)
class Meeting:
    """One appointment of today, mine."""

    at: datetime
    patient: str  # "NORDLI, Astrid"
    age: int | None
    what: str  # "Kontroll etter utskrivning"
    minutes: int
    href: str
    state: str = ""  # "møtt", "ikke møtt"; empty = expected


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of a list: a link, where it comes from, when it is due."""

    text: str
    href: str
    by: str = ""  # source and owner: "Eier: deg. Fra epikrise 20.11"
    due: str = ""  # "i dag 15.00"
    now: bool = False  # due today or overdue
    strong: bool = False
    icon: str = ""


@dataclass(frozen=True, kw_only=True)
class Day:
    """Min dag."""

    greeting: str  # "God morgen, Jonas"
    meetings: tuple[Meeting, ...] = ()
    tasks: tuple[Row, ...] = ()  # I own them
    results: tuple[Row, ...] = ()  # to sign
    drafts: tuple[Row, ...] = ()
    waiting: tuple[Row, ...] = ()  # referrals and messages without an answer
    next_href: str = ""  # the next patient's record
    panels: frozenset[str] = frozenset()  # those the role has a use for: "meetings", "tasks", "results", "drafts"


# ---- sok.html
@dataclass(frozen=True, kw_only=True)
class Hit:
    """One person found. Who has no basis sees the name and must give a reason when opening."""

    href: str
    name: str
    born: date | None
    gender: str
    fnr: str
    place: str = ""  # "Strandveien 12"
    marks: tuple[tuple[str, str], ...] = ()  # (level, text): ("limit", "HLR minus"), ("know", "Min liste")


@dataclass(frozen=True, kw_only=True)
class Search:
    """The search page. report: where a child who is not found is reported to the barnevern, "" for who may not."""

    asked: str = ""
    report: str = ""
    hits: tuple[Hit, ...] | None = None  # None: nothing has been asked yet
    more: bool = False  # there are more than are shown
    fault: str = ""  # why nothing was searched for


# ---- oversikt.html
@dataclass(frozen=True, kw_only=True)
class News:
    """Something that has happened since I last looked."""

    icon: str
    head: str
    href: str
    by: str  # "i dag 08.12, hjemmetjenesten, M. Yusuf"
    text: str = ""  # after the head, lighter
    strong: bool = False
    today: bool = False  # never hidden behind "4 til"


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One active problem."""

    code: str  # ICPC-2 or ICD-10
    text: str
    since: str  # "2019", "05.2026"
    href: str
    changed: bool = False  # since I last looked


@dataclass(frozen=True, kw_only=True)
class Cell:
    """What one source says of a medicine. kind: same, absent, differs."""

    kind: str
    text: str = ""  # "40 × 2" when it differs


@dataclass(frozen=True, kw_only=True)
class Conflict:
    """Why a medicine must be looked at. level: stop (advised against) or warn (sources differ)."""

    level: str
    head: str  # "Ulik dose."
    text: str
    href: str


@dataclass(frozen=True, kw_only=True)
class Medicine:
    """One substance, with every source beside it."""

    substance: str
    dose: str
    cells: tuple[Cell, ...]  # one for each source
    conflict: Conflict | None = None


@dataclass(frozen=True, kw_only=True)
class Medicines:
    """The medicine list, conflicts first."""

    sources: tuple[str, ...] = ()
    rows: tuple[Medicine, ...] = ()
    reconciled: str = ""  # "04.06.2026, J. Eikeland"; empty = never
    missing: tuple[str, ...] = ()  # "Sykehus: ikke tilgjengelig siden 20.11"
    href: str = ""
    unseen: bool = False  # what is not shown may matter here

    @property
    def conflicts(self) -> int:
        return sum(row.conflict is not None for row in self.rows)


@dataclass(frozen=True, kw_only=True)
class Vital:
    """The newest of one kind of measurement, and how it has gone."""

    name: str
    value: str  # "108/62"
    unit: str
    points: int | None  # NEWS2; None where the kind gives none
    change: str = ""  # "+2,3 kg", shown in the place of points
    series: tuple[Decimal | None, ...] = ()
    band: tuple[Decimal, Decimal] | None = None
    source: str = ""  # "i dag 12.00, J. Eikeland", when it is from another moment than the panel's


@dataclass(frozen=True, kw_only=True)
class Vitals:
    """The newest measurements together."""

    taken: datetime
    by: str  # "hjemme, M. Yusuf"
    rows: tuple[Vital, ...]
    score: int | None = None  # NEWS2; None when all parts were never measured
    at_least: bool = False  # the parts give so much already; some are missing
    complete: str = ""  # "Siste hele NEWS2: 4, i dag 08.12, M. Yusuf", when newer parts stand before it
    was: int | None = None
    advice: str = ""  # "Vurder i dag."
    rule: str = ""  # "Tiltakskort v3"
    history: tuple[tuple[str, int], ...] = ()  # (label, sum), oldest first
    href: str = ""


@dataclass(frozen=True, kw_only=True)
class Line:
    """One appointment or service: what, how much, and a line below."""

    text: str
    side: str = ""
    by: str = ""
    strong: bool = False


@dataclass(frozen=True, kw_only=True)
class Button:
    """One thing to do from the bar at the bottom."""

    text: str
    href: str
    key: str = ""
    icon: str = ""
    main: bool = False


@dataclass(frozen=True, kw_only=True)
class OwnPart:
    """One part of what the patient tells. said: question ("" where it says itself) and the words."""

    title: str
    said: tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class OwnWords:
    """What the patient tells in their own words, and when it was last written."""

    at: datetime
    parts: tuple[OwnPart, ...]


@dataclass(frozen=True, kw_only=True)
class Answers:
    """Who answers for the record in the reader's organisation; "" for nobody. href: where the reader may change it."""

    name: str = ""
    role: str = ""
    href: str = ""


@dataclass(frozen=True, kw_only=True)
class Overview:
    """Everything one must know of a patient, on one page."""

    read: datetime | None  # when I last looked; None = never
    news: tuple[News, ...] = ()
    more: int = 0  # news that are not shown
    more_href: str = ""
    problems: tuple[Problem, ...] = ()
    earlier: int = 0  # problems that are over
    medicines: Medicines = Medicines()
    vitals: Vitals | None = None
    appointments: tuple[Line, ...] = ()
    further: int = 0  # appointments that are not shown
    tasks: tuple[Row, ...] = ()
    services: tuple[Line, ...] = ()
    coordinator: str = ""
    answers: Answers = Answers()
    own: OwnWords | None = None
    buttons: tuple[Button, ...] = ()
    closed: tuple[str, ...] = ()  # panels the reader's role does not open: "problems", "medicines"
    quick_example: str = ""
    quick: str = ""  # where one line is posted; empty when the role writes nothing
    typed: str = ""  # a line that was not understood
    fault: str = ""
    disputed: tuple[str, ...] = ()  # entries that the patient has demanded be corrected, which is not decided yet


# ---- innboks.html, samhandling.html
@dataclass(frozen=True, kw_only=True)
class Tab:
    """One tab, a link."""

    text: str
    href: str
    count: int | None = None
    current: bool = False


@dataclass(frozen=True, kw_only=True)
class Step:
    """One state a message has been in, is in, or failed in. state: done, now, failed."""

    text: str
    state: str = "done"
    at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Ref:
    """A live pointer to a value or document; never a copy. href: where it is read; "": its name is all there is."""

    head: str
    text: str
    href: str


@dataclass(frozen=True, kw_only=True)
class Item:
    """One row of the inbox."""

    text: str
    sender: str
    patient: str
    age: int | None
    owner: str  # "Deg", "Kontor 2"
    due: str
    state: str  # "Mottatt", "Lest 09.05"
    href: str
    icon: str = "mail"  # of the state
    now: bool = False
    urgent: bool = False
    current: bool = False


@dataclass(frozen=True, kw_only=True)
class Section:
    """Rows under one heading: "I dag"."""

    head: str
    items: tuple[Item, ...]


@dataclass(frozen=True, kw_only=True)
class Repeated:
    """What differs between a message and the one it repeats.

    head   "Siden forrige, i går 10.12"; href: where that one is read
    parts  (way, heading in words, what differs) for each way in which something does; none: it says the same
    """

    head: str
    href: str
    parts: tuple[tuple[str, str, tuple[Difference, ...]], ...]


@dataclass(frozen=True, kw_only=True)
class Message:
    """The message that is open."""

    title: str
    text: str
    steps: tuple[Step, ...]
    record_href: str = ""
    patient: str = ""
    born: date | None = None
    age: int | None = None
    fnr: str = ""
    marks: tuple[tuple[str, str, str], ...] = ()  # (level, head, text)
    refs: tuple[Ref, ...] = ()
    escalation: str = ""  # what happens without an answer
    reply_to: str = ""  # "hjemmesykepleien, Sone Nord"; empty = cannot be answered
    action: str = ""  # where the answer is posted
    version: int = 0
    note_href: str = ""
    typed: str = ""  # an answer that was begun
    fault: str = ""
    queue: bool = True  # one of several to work through: after the answer comes the next, and it can be passed on
    sent: bool = False  # by us: there is nothing to answer
    refresh: str = ""  # where its course can be read anew, while it is on its way
    mine: bool = True  # the reader owns it
    tab: str = ""  # where to go back to
    undo: str = ""  # where it is taken back, or sent at once, while it rests; "" when it no more can be
    again: str = ""  # where what was taken back is written anew
    repeated: Repeated | None = None  # what differs from the one before it
    takes_back: bool = False  # it is a question of the reader's that nobody has answered
    invited: tuple[str, str] | None = None  # to a meeting: when and where, "" where the text alone says
    answers: Any = None  # what can be answered to that: a Filled form


@dataclass(frozen=True, kw_only=True)
class Inbox:
    """The inbox across patients."""

    tabs: tuple[Tab, ...]
    tab: str = "handling"  # the one that is shown
    sections: tuple[Section, ...] = ()
    open: Message | None = None
    footer: str = ""  # "Alle 7 har eier. Ingen sak er uten eier."


# ---- tilgang_nektet.html, nodapning.html
@dataclass(frozen=True, kw_only=True)
class Refusal:
    """Why a record was not opened, and what the one who asked can do."""

    name: str  # "HOLTE, Gunvor"
    age: int | None
    text: str  # "Vi finner ingen time, henvisning, oppgave eller liste som knytter deg til"
    tried: datetime
    reference: str  # of the row in the access log
    action: str  # where the reason is posted; empty when nobody may open it by themselves
    emergency_href: str = ""
    follow_up: str = ""  # who sees it and who checks it
    for_good: bool = False  # closed to the one who asked, by name: no task and no emergency opens it


@dataclass(frozen=True, kw_only=True)
class Emergency:
    """Emergency opening, confirmed on its own page."""

    name: str
    age: int | None
    action: str
    back: str
    minutes: int = 60
    notes: tuple[str, ...] = field(default=())
