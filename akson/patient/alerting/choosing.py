"""At what level and in what way a citizen is told that somebody looked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from akson.base.languages import language
from akson.base.queries import queries
from akson.base.work import Work
from akson.record.session import execute, fetch

SQL = queries(__file__)
LEVELS: Final = ("none", "opened", "new", "every")
INBOX: Final = "inbox"
_MOST: Final = 100  # that are counted on Min side


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What one has chosen.

    level    "none"; "opened": in an emergency or by own decision; "new": those, and by everybody who has not looked
             before; "every" look
    way      "inbox": on Min side alone; "mail"; "sms"
    address  e-mail address, or mobile number with country code and without "+"; "" for the inbox
    """

    level: str = "none"
    way: str = INBOX
    address: str = ""


@dataclass(frozen=True, kw_only=True)
class Last:
    """How the newest letter fared. failed: "", "address" (it was refused) or "time" (nobody took it for days)."""

    sent: datetime | None
    failed: str


async def chosen(work: Work, owner: int) -> Choice:
    """Return what a person has chosen; one statement."""
    rows = await fetch(work, SQL.chosen, owner)
    return Choice(level=rows[0]["level"], way=rows[0]["way"], address=rows[0]["address"]) if rows else Choice()


async def last(work: Work, owner: int) -> Last | None:
    """Return how the newest letter fared that is no longer waiting; None when there is none. One statement."""
    rows = await fetch(work, SQL.last, owner)
    return Last(sent=rows[0]["sent"], failed=rows[0]["failed"]) if rows else None


async def choose(work: Work, owner: int, choice: Choice) -> None:
    """Keep what the actor has chosen for looks at their own record, from now on.

    Leaves  the choice, in the work's transaction; letters go in the language it was made in
    """
    given = (choice.level, choice.way, choice.address, language(), work.now)
    await execute(work, SQL.choose, owner, *given)


async def unread(work: Work, owner: int) -> list[datetime]:
    """Return when those looks were, newest first, that a person is told of on Min side; one statement."""
    return [row["at"] for row in await fetch(work, SQL.inbox, owner, _MOST)]
