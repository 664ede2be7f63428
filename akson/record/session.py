"""What the journal keeps for the length of one Work: the open transaction, the queue of changes, facts already read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import asyncpg

from akson.access.facts import Facts
from akson.base.database import Record
from akson.base.errors import Refused
from akson.base.work import Seen, Work
from akson.record.authoring import introduce
from akson.record.changes import Change


class Alone(Exception):
    """A work that shares another's transaction must write by itself: it is to be done again on its own."""


@dataclass
class Session:
    """State of one Work; `connection` is None until something must share a transaction.

    shared  the connection is another work's: this one reads on it, and queues; see sharing.py
    """

    queue: list[Change] = field(default_factory=list)
    facts: dict[int, Facts] = field(default_factory=dict)  # by owner key, as decided upon
    circle: list[Record] | None = None  # the citizen's own record, and those of whom they act for or have lost
    known: set[tuple[int, str, str]] = field(default_factory=set)  # (owner, type, id) seen to exist in this work
    new: dict[int, int] = field(default_factory=dict)  # owners made in this work: key -> type
    vouched: set[str] = field(default_factory=set)  # of whom the register was asked in this work: "Practitioner/<id>"
    gives: set[str] = field(default_factory=set)  # appeals, by id, that this work ends by giving insight
    connection: asyncpg.Connection | None = None
    transaction: Any = None
    shared: bool = False
    release: str = ""  # the mark that all new in this work is given, see releasing.py
    asks_unnamed: bool = False  # questions without a name may be written, see unnamed.py
    reports: bool = False  # a report to the barnevern may be written, see concerns.py
    named: list[Seen] = field(default_factory=list)  # what questions showed of persons they named, see looking.py
    statements: int = 0
    traced: int = -1  # how much of what the work has seen stands in the log already, with what it wrote; -1: nothing


def session(work: Work) -> Session:
    """Return the journal's state of `work`."""
    kept: Session = work.session
    return kept


async def transaction(work: Work) -> asyncpg.Connection:
    """Open the work's transaction if it is not open yet and return its connection.

    For rows that must be committed together with the record: drafts, outbox. The office commits when the work ends.

    Raises  Alone when it is another work's
    """
    state = session(work)
    if state.shared:
        raise Alone
    if state.connection is None:
        connection = await work.office.database.acquire()
        try:
            await introduce(work, connection.execute)
            begun = connection.transaction()
            await begun.start()
        except BaseException:  # given up meanwhile, too: a connection is either the work's or the pool's
            await work.office.database.release(connection)
            raise
        state.connection, state.transaction = connection, begun
        state.statements += 1
    return state.connection


async def fetch(work: Work, query: str, *args: Any) -> list[Record]:
    """Run one statement inside the work's transaction when there is one, else on its own."""
    state = session(work)
    state.statements += 1
    if state.connection is not None:
        rows: list[Record] = await state.connection.fetch(query, *args)
        return rows
    return list(await work.office.database.fetch(query, *args))


async def look(work: Work, query: str, *args: Any) -> list[Record]:
    """Run one statement of a search: as `fetch`, but outside a transaction on the connections that are for searches.

    Raises  TimeoutError when all of them have been busy for a while
    """
    state = session(work)
    if state.connection is not None:
        return await fetch(work, query, *args)
    state.statements += 1
    rows: list[Record] = await work.office.database.searches.fetch(query, *args)
    return rows


@dataclass(frozen=True)
class Within:
    """The database as one unit of work reaches it: readings of other floors take no connection beside the work's."""

    work: Work

    async def fetch(self, query: str, *args: Any) -> list[Record]:
        return await fetch(self.work, query, *args)


async def execute(work: Work, query: str, *args: Any) -> str:
    """Run one changing statement inside the work's transaction."""
    connection = await transaction(work)
    session(work).statements += 1
    done: str = await connection.execute(query, *args)
    return done


async def undo(work: Work) -> None:
    """Take back all that the work was to write, written or only queued, so that a page can be shown instead.

    Whoever catches a refusal and goes on calls this first: the office commits whatever is there when the work ends.
    What was judged and looked at stays in the log.
    """
    state = session(work)
    for kept in (state.queue, state.facts, state.known, state.new):
        kept.clear()
    await end(work, commit=False)


async def end(work: Work, *, commit: bool) -> None:
    """Commit or undo the work's transaction, if one is open, and give the connection back.

    Raises  Refused AK-J008 when what follows from the write at its end met somebody else's; then nothing is written
    """
    state = session(work)
    if state.connection is None:
        return
    connection, state.connection = state.connection, None
    try:
        await (state.transaction.commit() if commit else state.transaction.rollback())
        state.statements += 1
    except asyncpg.TransactionRollbackError:
        raise Refused("AK-J008") from None
    finally:
        await work.office.database.release(connection)
