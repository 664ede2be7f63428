"""When somebody last looked: what "since you last read" is counted from."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from akson.audit.view import SAME_VISIT
from akson.base.database import Reads
from akson.base.queries import queries

SQL: Final = queries(__file__, "last.sql")


async def last_look(
    reads: Reads, patient_key: int, actor_key: int, page: str, now: datetime, *, pause: timedelta = SAME_VISIT
) -> datetime | None:
    """Return when the actor last read `page` of a patient, in an earlier visit than the one that goes on; None = never.

    page   as in the log: "page oversikt" is "oversikt"
    pause  that ends a visit; none: the last time of all
    """
    looks = (patient_key, actor_key, now, f"page {page}", pause)
    rows = await reads.fetch(SQL.last_look, *looks)
    return rows[0][0] if rows else None
