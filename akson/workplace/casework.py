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
class Inspected:
    """One case with the looks it is about."""

    title: str
    person: str
    asker: str  # who asked on the person's behalf
    who: str
    day: str
    words: str
    asked: str
    due: str
    now: bool
    state: str
    looks: tuple[Inspection, ...]
    action: str
    answer: str
    outcome: str
    emergency: bool


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One entry of a record that something is demanded of."""

    reference: str  # "DocumentReference/<id>"
    title: str
    by: str  # "Mariam Yusuf, 22.11.2026"
    text: str


@dataclass(frozen=True, kw_only=True)
class Demanded:
    """One demand with the entry it is about."""

    title: str
    person: str
    asker: str  # who asked on the person's behalf
    words: str
    asked: str
    due: str
    now: bool
    state: str
    entry: Entry | None  # while it waits, for who may see it
    closed_to_you: str  # why not
    held: str  # why nothing can be erased now
    action: str
    answer: str
    outcome: str


@dataclass(frozen=True, kw_only=True)
class Appealed:
    """An appeal, with the refusal and the entry it is about."""

    title: str
    person: str
    asker: str  # who asked on the person's behalf
    words: str
    asked: str
    due: str
    now: bool
    state: str
    demanded: str  # what the citizen wrote in the first place
    refused: str  # with what reasons
    refused_by: str  # "Jonas Eikeland, 23.11.2026"
    entry: Entry | None  # while it waits, for who may see it
    closed_to_you: str  # why not
    held: str  # why nothing can be erased now
    comment: str  # of who refused, when it was passed on
    commented: str  # "Jonas Eikeland, 23.11.2026"
    letter_href: str  # while it lies with Statsforvalteren
    action: str
    answer: str
    outcome: str


@dataclass(frozen=True, kw_only=True)
class Bereaved:
    """A relative's request for insight after death, with what may be given of the record."""

    title: str
    person: str  # who has died
    asker: str
    kin: str  # how they are related: "Nær familie"
    words: str
    asked: str
    due: str
    now: bool
    state: str
    entries: tuple[Entry, ...]  # while it waits
    kept: int  # how many more there are that cannot be given
    chosen: frozenset[str]  # of the entries
    since: str  # the period that is shown, as typed
    until: str
    read_until: str  # the day through which the relative may read
    over: bool  # so long after the deadline that nothing is shown any more
    action: str
    answer: str
    outcome: str


@dataclass(frozen=True, kw_only=True)
class Represented:
    """A request that the patient's representative be told what is withheld, with what that is."""

    title: str
    person: str
    asker: str  # who asked on the person's behalf
    named: str  # the representative
    as_: str  # "Lege"
    reached: str  # how to reach them
    words: str
    asked: str
    due: str
    now: bool
    state: str
    entries: tuple[Entry, ...]  # while it waits, for who may see them
    files: tuple[tuple[str, str], ...]  # of these: what each is called, and where it is fetched
    why: str  # the ground and the reason the patient was told
    action: str
    answer: str
    outcome: str
