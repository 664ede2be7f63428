"""What the pages about findings are filled with: plain values."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Row:
    """One finding in the list; it does not say whose record it was."""

    title: str  # "Samme adresse, ingen spor av hjelp"
    href: str
    who: str  # "Berit Solli, sykepleier, Hjemmetjenesten sone nord"
    day: str
    strength: str  # "Tydelig"
    strong: bool
    state: str  # "i går, oppslaget hadde grunn"; empty while nobody has said


@dataclass(frozen=True, kw_only=True)
class Group:
    """Findings that belong together."""

    head: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, kw_only=True)
class Look:
    """One visit to the record, from the access log."""

    when: str
    did: str
    why: str
    refused: bool


@dataclass(frozen=True, kw_only=True)
class Shown:
    """One finding. person: empty when it is about a whole day; known: None likewise."""

    title: str
    who: str
    person: str
    day: str
    counts: str
    reported: str  # the manager's words
    strength: str
    strong: bool
    means: tuple[tuple[str, str], ...]  # (the short word, the sentence)
    looks: tuple[Look, ...]
    action: str
    outcome: str
    words: str
    by: str
    known: bool | None


@dataclass(frozen=True, kw_only=True)
class Followed:
    """One mark that somebody is followed more closely; it does not say who."""

    href: str
    reason: str  # the officer's words
    until: str
    by: str  # "Per Tveit, i går"
