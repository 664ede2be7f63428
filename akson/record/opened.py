"""Records that staff opened themselves with a reason, for the manager who goes through them and for who opened.

Nothing of the record is in it, and not whose it is: when, by which template, and why in the words of who opened.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from akson.base.database import Record
from akson.base.errors import Refused
from akson.base.queries import queries
from akson.base.work import Work
from akson.fhir.dates import BEGINNING, interval
from akson.record.session import fetch
from akson.record.stored import stored

SQL = queries(__file__, "opened.sql")
SINCE: Final = timedelta(days=90)
MOST: Final = 200
REVIEWED, ASKED, ANSWERED, REPORTED = "reviewed", "asked", "answered", "reported"
_STRICTLY: Final = "kode6"


@dataclass(frozen=True, kw_only=True)
class Word:
    """What somebody said of an opening. kind: reviewed, asked, answered, reported."""

    kind: str
    words: str
    by: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Opened:
    """One opening. id, owner: of the Consent and of whose record it is; reason: "" where it would tell who that is."""

    id: str
    owner: int
    person: int
    who: str
    template: str
    reason: str
    begun: datetime
    ended: datetime
    said: tuple[Word, ...] = ()

    @property
    def state(self) -> str:
        """Return the kind of the last word, "" before there is one."""
        return self.said[-1].kind if self.said else ""


async def of_unit(work: Work) -> list[Opened]:
    """Return what colleagues opened for the actor's unit, the newest first; two statements."""
    actor = work.actor
    return await _with_words(work, await fetch(work, SQL.of_unit, actor.unit, work.now - SINCE, actor.key, MOST))


async def by_actor(work: Work) -> list[Opened]:
    """Return what the actor opened for the unit they act for, the newest first; two statements."""
    actor = work.actor
    return await _with_words(work, await fetch(work, SQL.by_person, actor.key, actor.unit, work.now - SINCE, MOST))


async def say(work: Work, opened: Opened, kind: str, words: str) -> None:
    """Say something of an opening.

    Raises  Refused AK-J003 when somebody has said more meanwhile
    Leaves  the words, which nobody changes
    """
    actor = work.actor
    given = (opened.owner, opened.id, work.now, kind, words, actor.id, actor.name, len(opened.said))
    if not await fetch(work, SQL.say, *given):
        raise Refused("AK-J003", expected=len(opened.said), current=len(opened.said) + 1)


async def _with_words(work: Work, rows: Sequence[Record]) -> list[Opened]:
    said: dict[str, list[Word]] = defaultdict(list)
    keys = [row["owner"] for row in rows], [row["id"] for row in rows]
    for row in await fetch(work, SQL.said, *keys) if rows else ():
        said[row["consent"]].append(Word(kind=row["kind"], words=row["words"], by=row["by_name"], at=row["at"]))
    return [_opened(row, tuple(said[row["id"]])) for row in rows]


def _opened(row: Record, said: tuple[Word, ...]) -> Opened:
    consent: dict[str, Any] = stored(row).resource
    category, period = (consent.get("category") or [{}])[0], consent["provision"].get("period") or {}
    coded: dict[str, str] = next(iter(category.get("coding") or ()), {})
    return Opened(
        id=row["id"], owner=row["owner"], person=row["person"], template=coded.get("code", ""), said=said,
        who=next((one.get("display", "") for one in consent.get("performer") or ()), ""),
        reason="" if row["protection"] == _STRICTLY else str(category.get("text", "")),
        begun=interval(period["start"])[0] if "start" in period else BEGINNING,
        ended=interval(period["end"])[0] if "end" in period else BEGINNING,
    )  # fmt: skip
