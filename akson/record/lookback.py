"""Lets only those who gave care look back at it to learn (hpl § 29 c; domain rule R5)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from akson.base.errors import Refused
from akson.base.queries import queries
from akson.base.work import Work
from akson.fhir import types
from akson.record.changes import Change
from akson.record.session import fetch
from akson.record.weighing import opening_of

SQL = queries(__file__, "lookback.sql")
_NO_CARE: Final = ("Consent", "Task", "Patient", "RelatedPerson")  # who opens a record or registers somebody gave none


async def hold(work: Work, changes: Sequence[Change]) -> None:
    """Refuse to open a record to learn from it to who wrote nothing in it; one statement when there is one.

    Raises  Refused AK-A074
    """
    for change in changes:
        opening = opening_of(change)
        if opening is None or not opening.learning:
            continue
        rows = await fetch(work, SQL.gave_care, change.owner, work.actor.key, [types.code_of(one) for one in _NO_CARE])
        if not rows:
            raise Refused("AK-A074", path="Consent.category")
