"""Looks: what a question shows of persons whom it names is a look at their records, as the log tells of it.

A row of the log that is about several persons tells who stood in lists: what is only shown there is nobody's look
(docs/surveillance.md). So what was named is noted once more, each as read, where others stand in the row too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from akson.base.work import Seen, Work
from akson.record.session import session

FEW: Final = 5  # persons that a question may name and show without being a list
_VERSION: Final = "/_history/"  # stands in what was shown, and in nothing else


def named(work: Work, shown: Sequence[Seen], *, most: int = FEW) -> None:
    """Keep what one question showed of persons whom it named, unless more than `most` were shown: that is a list."""
    theirs = [one for one in shown if one.patient and _VERSION in one.what]
    if len({one.patient for one in theirs}) <= most:
        session(work).named += theirs


def note(work: Work) -> None:
    """Note what was kept as read, once each, where the row of the log is about more than one person."""
    state = session(work)
    if state.named and len({one.patient for one in work.seen if one.patient}) > 1:
        for one in state.named:
            work.saw(one.patient, f"{one.what.partition(_VERSION)[0]} read", rule=one.rule, basis=one.basis)
    state.named.clear()
