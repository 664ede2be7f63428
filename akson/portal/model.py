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
    shown: str = ""  # the day and every time of it: "I går klokken 08.12 og 14.30"
    why: str = ""  # "Svarte på melding om vekten din"
    unit: str = ""  # "Nordre legesenter"
    what: str = ""  # "Leste oversikten og legemidler"
    more: str = ""  # what else was done, shown when asked for
    basis: str = ""  # "du står på listen hos fastlegen"
    kind: str = ""  # "": ordinary; "opened": opened by own decision; "emergency"; "refused"
    block_href: str = ""  # close the record to the one who looked
    ask_href: str = ""  # ask why
    asked: str = ""  # that somebody has asked already: "Du har bedt om forklaring"
    asked_href: str = ""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One case: what was asked, how far it is, what was answered."""

    id: str  # where a link to it leads
    title: str  # "Du har bedt om forklaring"
    about: str  # "Berit Solli, sykepleier, 22.11.2026"
    state: str  # "Svar innen 22.12.2026"
    words: str = ""  # the citizen's own
    answer: str = ""
    outcome: str = ""  # "Oppslaget hadde grunn."
    comment: str = ""  # on an appeal, by who refused
    appeal: str = ""  # what one can do about a refusal
    appeal_href: str = ""  # where
    appeal_action: str = ""  # "Klag på avslaget"
    correction_href: str = ""
    late: bool = False


@dataclass(frozen=True, kw_only=True)
class Appealing:
    """The page where one appeals a refusal."""

    about: Asked  # the refused case, or that something is withheld
    course: str  # what comes of it, and by when
    action: str
    back: str
    hidden: tuple[tuple[str, str], ...]  # what the form carries


@dataclass(frozen=True, kw_only=True)
class Asking:
    """The page where one asks about somebody's looks of one day."""

    who: str  # "Berit Solli, sykepleier, Hjemmetjenesten sone nord"
    shown: str  # "I går klokken 08.12 og 14.30"
    did: str  # "Leste oversikten."
    by: str  # the day it is answered: "22.12.2026"
    action: str
    back: str
    hidden: tuple[tuple[str, str], ...]  # what the form carries


@dataclass(frozen=True, kw_only=True)
class Deceased:
    """One who has died, as a relative sees them: what was asked, and what may be read."""

    id: str  # of the Patient
    name: str
    asked: tuple[Asked, ...]
    waits: bool  # something asked is not answered yet
    read_href: str  # what was given; empty when nothing is, or its time is over
    until: str  # "Kan leses til og med 22.02.2027."


@dataclass(frozen=True, kw_only=True)
class OwnPart:
    """One part of what the citizen tells. answers: question and words; edit_href: "" for who may not write it."""

    name: str
    title: str
    answers: tuple[tuple[str, str], ...]
    edit_href: str


@dataclass(frozen=True, kw_only=True)
class OwnWords:
    """The page about oneself. at: when something was last written."""

    parts: tuple[OwnPart, ...]
    at: datetime | None
    action: str
    hidden: tuple[tuple[str, str], ...]  # what the forms carry


@dataclass(frozen=True, kw_only=True)
class OwnEditing:
    """The page where one part is written."""

    title: str
    lead: str
    action: str
    back: str
    hidden: tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class Home:
    """Min side."""

    given: str  # "Astrid"
    next: Next | None = None
    opened: tuple[Entry, ...] = ()  # in an emergency, and not read about yet
    alerts: tuple[Entry, ...] = ()  # other looks that the person wants to be told of, not read about yet
    todo: tuple[Entry, ...] = ()
    new: tuple[Entry, ...] = ()
    coming: tuple[Entry, ...] = ()
    looks: tuple[Look, ...] | None = ()  # None: the reader may not be told
    contact: tuple[Entry, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Dose:
    """One medicine, said so that one can follow it."""

    name: str
    dose: str  # "1 tablett morgen og kveld"
    why: str = ""  # "for hjertet"
    warn: bool = False  # the sources do not agree


@dataclass(frozen=True, kw_only=True)
class Letter:
    """One note or letter to read."""

    title: str
    by: str
    at: datetime
    text: str
    id: str = ""  # where a link to it leads
    ask_href: str = ""  # demand that it be corrected or erased
    asked: str = ""  # that somebody has: "Det er bedt om retting"
    asked_href: str = ""


@dataclass(frozen=True, kw_only=True)
class Offer:
    """Entries of one sort to choose from."""

    head: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, kw_only=True)
class Demanding:
    """The page where one demands that an entry be corrected or erased."""

    about: Entry
    by: str  # the day it is answered: "22.12.2026"
    action: str
    back: str
    hidden: tuple[tuple[str, str], ...]  # what the form carries


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is agreed: goals, and what is done to reach them."""

    title: str
    goals: tuple[str, ...] = ()
    steps: tuple[Entry, ...] = ()
    ring: Entry | None = None  # whom to tell that something is wrong


@dataclass(frozen=True, kw_only=True)
class MyRecord:
    """Min journal."""

    critical: tuple[str, ...] = ()
    problems: tuple[Entry, ...] = ()
    former: tuple[str, ...] = ()
    medicines: tuple[Dose, ...] = ()
    results: tuple[Entry, ...] = ()
    measured: tuple[Entry, ...] = ()
    notes: tuple[Letter, ...] = ()
    letters: tuple[Letter, ...] = ()
    plans: tuple[Plan, ...] = ()
    services: tuple[Entry, ...] = ()
    vaccines: tuple[Entry, ...] = ()
    coming: tuple[Entry, ...] = ()
    withheld: str = ""  # why something is not shown
    absent: str = ""  # what stands where nothing is shown to who may not see all; "": that there is nothing
    ask_href: str = ""  # demand that something be corrected or erased
    copy_href: str = ""  # take the record along
    refused: tuple[Entry, ...] = ()  # why entries are kept from the reader
    agreed: tuple[Entry, ...] = ()  # consents that staff wrote down
    assessed: tuple[Entry, ...] = ()  # the capacity to consent


@dataclass(frozen=True, kw_only=True)
class Insight:
    """Innsyn: who has looked, and who may. log: whether the reader may be told who has looked."""

    log: bool = True
    unnamed: str = ""  # why who looked is not named
    looks: tuple[Look, ...] = ()
    total: int = 0
    own: int = 0  # visits by the citizen
    more_href: str = ""
    blocks: tuple[Entry, ...] = ()
    block_href: str = ""  # to close the record to someone; empty for those who may not decide it
    close_href: str = ""  # to close something else
    persons: tuple[Entry, ...] = ()  # who may act for me
    refused: tuple[Entry, ...] = ()  # why entries are kept from the reader
    appealable: tuple[Entry, ...] = ()  # where one appeals that they are
    dead: tuple[Entry, ...] = ()  # whose record one may ask for insight in
    apps: tuple[Entry, ...] = ()  # that have been let in
    given: tuple[Entry, ...] = ()  # to whom information was sent
    asked: tuple[Asked, ...] = ()
    contact: tuple[Entry, ...] = ()  # whom to ask
    give_href: str = ""  # let another act for one; empty for those who may not
    stop_href: str = ""  # take the own access away; empty for those who act for another
    see_as_href: str = ""  # see the record as another does; empty for those who may not decide for the person
    alerts: str = ""  # what is told of, and how: "Hvert oppslag. På e-post."; empty likewise
    alerts_href: str = ""


@dataclass(frozen=True, kw_only=True)
class Seeing:
    """The record with the eyes of another: whom one may choose, or what the one chosen sees."""

    action: str
    back: str
    hidden: tuple[tuple[str, str], ...]  # what the form carries
    choices: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = ()  # headings, each with (id, who)
    who: str = ""  # "Kari Vik (fullmakt)"; empty while it is not chosen
    means: str = ""  # why they see what they see
    missing: str = ""  # "2 notater og brev"
    record: MyRecord | None = None  # None: they see nothing


@dataclass(frozen=True, kw_only=True)
class Withdrawing:
    """The page before an app's access is taken back."""

    name: str  # of the app
    text: str  # since when, who let it in
    gets: tuple[str, ...]
    action: str
    back: str
    hidden: tuple[tuple[str, str], ...]  # what the form carries


@dataclass(frozen=True, kw_only=True)
class Blocking:
    """The page before a block is made or ended: whom it is about and what will follow, in words."""

    who: str  # "Berit Solli, sykepleier, Hjemmetjenesten sone nord"; empty while it is not chosen
    name: str = ""  # "Berit Solli"
    text: str = ""  # of a block that stands: since when, who wrote it
    action: str = ""
    back: str = ""
    hidden: tuple[tuple[str, str], ...] = ()  # what the form carries
    choices: tuple[tuple[str, str], ...] = ()  # (id, who) to choose from
    fault: str = ""


@dataclass(frozen=True, kw_only=True)
class Closing:
    """The dialog that closes a part of the record. means: what will follow, with icons; empty on the first step."""

    head: str
    lead: str
    action: str
    back: str
    hidden: tuple[tuple[str, str], ...]
    means: tuple[tuple[str, str], ...] = ()
    again: str = ""  # the first step


@dataclass(frozen=True, kw_only=True)
class SigningIn:
    """The page where a parent lets a child sign in, or takes it back."""

    name: str
    state: str  # whether the child may sign in now
    since: str  # when this parent consented
    given: bool  # by this parent, and it stands
    by_other: bool  # it stands, and is another's to take back
    sees: tuple[str, ...]
    action: str
    back: str
    hidden: tuple[tuple[str, str], ...]
