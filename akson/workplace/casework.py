"""What the pages of those who answer cases are filled with: plain values."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class CaseRow:
    """One case on the privacy officer's desk."""

    title: str  # "Vil vite hvorfor"
    href: str
    who: str  # whose looks it is about: "Berit Solli, sykepleier, Hjemmetjenesten sone nord"
    person: str  # whose record
    day: str  # of the looks
    due: str
    now: bool  # within a week, or overdue
    state: str
    icon: str


@dataclass(frozen=True, kw_only=True)
class CaseSection:
    """Cases that belong together: overdue, this week."""

    head: str
    rows: tuple[CaseRow, ...]


@dataclass(frozen=True, kw_only=True)
class Inspection:
    """One visit to a record, from the access log."""

    when: str  # "i går"
    clock: str  # "08.12–08.20"
    who: str
    unit: str
    did: str  # "Leste oversikten, leste notater"
    why: str  # the bases
    reason: str  # as given for an opening
    refused: bool


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What every case asks, and how it stands."""

    title: str
    person: str  # whose record it is about
    asker: str  # who asked on the person's behalf; after death, the relative
    words: str
    asked: str
    due: str
    now: bool
    state: str
    action: str
    answer: str
    outcome: str


@dataclass(frozen=True, kw_only=True)
class Inspected(Asked):
    """One case with the looks it is about."""

    who: str
    day: str
    looks: tuple[Inspection, ...]
    emergency: bool


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One entry of a record that something is demanded of."""

    reference: str  # "DocumentReference/<id>"
    title: str
    by: str  # "Mariam Yusuf, 22.11.2026"
    text: str


@dataclass(frozen=True, kw_only=True)
class Demanded(Asked):
    """One demand with the entry it is about."""

    entry: Entry | None  # while it waits, for who may see it
    closed_to_you: str  # why not
    held: str  # why nothing can be erased now


@dataclass(frozen=True, kw_only=True)
class Appealed(Demanded):
    """An appeal, with the refusal and what it is about: the entry, or all that is withheld with it."""

    entries: tuple[Entry, ...]  # while it waits
    representative: str  # who was refused to be told: "Vigdis Moe, advokat. Kan nås på: 99 00 11 22"
    demanded: str  # what the citizen wrote in the first place
    refused: str  # with what reasons
    refused_by: str  # "Jonas Eikeland, 23.11.2026"
    comment: str  # of who refused, when it was passed on
    commented: str  # "Jonas Eikeland, 23.11.2026"
    letter_href: str  # while it lies with Statsforvalteren


@dataclass(frozen=True, kw_only=True)
class Bereaved(Asked):
    """A relative's request for insight after death, with what may be given of the record."""

    kin: str  # how they are related: "Nær familie"
    entries: tuple[Entry, ...]  # while it waits
    kept: int  # how many more there are that cannot be given
    most: int  # so many were looked through, and there are older ones; 0 when these are all
    chosen: frozenset[str]  # of the entries
    since: str  # the period that is shown, as typed
    until: str
    read_until: str  # the day through which the relative may read
    over: bool  # so long after the deadline that nothing is shown any more


@dataclass(frozen=True, kw_only=True)
class Represented(Asked):
    """A request that the patient's representative be told what is withheld, with what that is."""

    named: str  # the representative
    as_: str  # "Lege"
    reached: str  # how to reach them
    entries: tuple[Entry, ...]  # while it waits, for who may see them
    files: tuple[tuple[str, str], ...]  # of these: what each is called, and where it is fetched
    why: str  # the ground and the reason the patient was told
