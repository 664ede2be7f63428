"""How often one at work may search for persons: more than a day's work needs is a list of the residents in the making.

The journal's search counts by itself whatever may tell of somebody whose record is not open (search/searching.py), so
that no page forgets it. Programs that ask for themselves have the allowance of a client, and citizens find nobody but
those they act for.
"""

from __future__ import annotations

from typing import Final, Protocol

from akson.base.errors import Refused
from akson.base.work import Kind, Work

TOO_OFTEN: Final = 429
TOO_MANY: Final = "too many searches for persons"  # in the log


class Searches(Protocol):
    """The allowance of each, kept by the doors."""

    async def take(self, who: str) -> None:
        """Count one search of `who`, "Practitioner/<id>". Raises Refused AK-S011, AK-S012 with `seconds`."""


async def count(work: Work) -> None:
    """Count one search for persons by one at work, before anything is asked of the record.

    Raises  Refused AK-S011 when it is too many in a minute, AK-S012 in a day
    Leaves  the refusal in the access log
    """
    allowance: Searches | None = work.office.searches
    if allowance is None or work.actor.kind is not Kind.STAFF:
        return
    try:
        await allowance.take(work.actor.id)
    except Refused:
        work.saw(0, TOO_MANY, outcome="refuse")
        raise
