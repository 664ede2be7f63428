"""What the page about the end of records is filled with: plain values."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Row:
    """What is kept of one person, that waits for somebody."""

    id: str
    title: str  # the name, or that nobody knows it
    why: str  # "Død for mer enn 10 år siden"
    told: str  # "Siste oppføring 3. mai 2009, 34 oppføringer"
    decided: str  # "Sara Nygård, lege i vakt, i dag: Ingen har bruk for dette lenger"
    own: bool  # the reader has decided it, and cannot confirm it
    chosen: bool


@dataclass(frozen=True, kw_only=True)
class Past:
    """What was decided."""

    state: str  # "Slettet 23. november 2026, 34 oppføringer"
    by: tuple[str, ...]  # who decided, who confirmed
    kept: bool  # all of it, or what had not gone yet
