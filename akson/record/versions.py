"""Versions as those who follow the news need them: which there are, and what each was when it was written."""

from __future__ import annotations

from collections.abc import Sequence

from akson.base.database import Reads, Record
from akson.base.queries import queries

SQL = queries(__file__, "versions.sql")
Version = tuple[int, str, int]  # type, id, version


async def lately(reads: Reads, owner: int, upto: Sequence[Version], back: int) -> Sequence[Record]:
    """Return type, id, version and last_updated of some versions of one owner and of those before each, in order.

    back  how many before each, itself counted
    """
    return await reads.fetch(SQL.lately, owner, *_columns(upto), back)


async def of_owner(reads: Reads, owner: int, wanted: Sequence[Version]) -> Sequence[Record]:
    """Return some versions of one owner's resources with what a decision needs; `before`: what a delete took away."""
    return await reads.fetch(SQL.of_owner, owner, *_columns(wanted)) if wanted else []


def _columns(versions: Sequence[Version]) -> list[list[int | str]]:
    return [list(column) for column in zip(*versions, strict=True)]
