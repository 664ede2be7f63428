"""In which resources somebody else than the reader has written too, in any version: they are not the reader's alone.

Whoever wrote last may have written on in what another began, and has then not seen all that stands there.
"""

from __future__ import annotations

from collections.abc import Collection

from akson.base.queries import queries
from akson.base.work import Kind, Work
from akson.record.session import fetch

SQL = queries(__file__, "coauthored.sql")
Key = tuple[int, int, str]  # owner, type code, id


async def coauthored(work: Work, keys: Collection[Key]) -> set[Key]:
    """Return those of some resources in which somebody else than the citizens who read has written; one statement.

    For what the caller may read already: nothing is decided here. None for nothing
    """
    if not keys:
        return set()
    readers = [one.id for one in (work.actor, work.through) if one is not None and one.kind is Kind.CITIZEN]
    columns = [list(column) for column in zip(*keys, strict=True)]
    rows = await fetch(work, SQL.coauthored, *columns, readers)
    return {(row["owner"], row["type"], row["id"]) for row in rows}
