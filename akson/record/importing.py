"""Imports: sets of lines through the one write path, each resource under the id it has.

A line that is refused takes no other along: the rest of its set is written without it. Persons that are named but not
here get a place of their own, see stubs.py.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass, replace

import asyncpg
import msgspec

from akson.base.database import Database
from akson.base.errors import Refused
from akson.base.queries import queries
from akson.base.work import Work
from akson.fhir import bodies
from akson.fhir.issues import Invalid
from akson.record import journal, stubs
from akson.record.drafts import Draft
from akson.record.writing import flush

SQL = queries(__file__, "importing.sql")
Working = Callable[[], AbstractAsyncContextManager[Work]]


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One resource of an import. n: its line, from 1; draft: checked already, good for one attempt."""

    n: int
    body: bytes
    draft: Draft | None = None


@dataclass(frozen=True, kw_only=True)
class Fault:
    """Why one line was not written."""

    n: int
    why: Refused | Invalid


def draft_of(item: Item) -> Draft:
    """Return the checked draft of one line: under its own id when it has one. Raises Invalid."""
    found = journal.draft("POST", item.body)
    id_ = (found.resource or {}).get("id")
    if isinstance(id_, str):
        found.method, found.id = "PUT", id_
    found.path = f"line{item.n}.resource"
    return found


async def write(begun: Working, items: Sequence[Item]) -> AsyncIterator[Fault]:
    """Write a set of checked lines and yield what was refused; the rest is committed when this ends.

    items   no two with the same type and id
    """
    waiting = [list(items)]
    while waiting:
        some = waiting.pop()
        try:
            async with begun() as work:
                await write_within(work, some)
        except (Refused, Invalid) as why:
            some = [msgspec.structs.replace(one, draft=None) for one in some]
            named, middle = _lines_of(why), len(some) // 2
            guilty = [one for one in some if one.n in named] or some[: len(some) == 1]
            for one in guilty:
                yield _fault(why, one)
            rest = [one for one in some if one.n not in {faulty.n for faulty in guilty}]
            waiting += [part for part in ([rest] if guilty else [some[middle:], some[:middle]]) if part]


async def write_within(work: Work, items: Sequence[Item]) -> None:
    """Write a set of lines as a part of one work. Raises Refused and Invalid, their paths beginning with the line."""
    drafts = [item.draft or draft_of(item) for item in items]
    await stubs.place(work, drafts)
    await journal.write_set(work, drafts)


async def write_all(work: Work, items: Sequence[Item]) -> None:
    """Write a set of lines into the transaction of a work that has more to come. Raises Refused, Invalid."""
    await write_within(work, items)
    await flush(work)


async def settle(database: Database, written: int) -> None:
    """Let the planner know of what was loaded, when that was much. Takes seconds; only the caller waits for it."""
    for row in await database.fetch(SQL.stale, written):
        with suppress(asyncpg.QueryCanceledError):  # too large for the time of one statement: the server will get to it
            await database.execute(SQL.analyze, row["relname"])


def faults_of(why: Refused | Invalid, items: Sequence[Item]) -> list[Fault]:
    """Return which of a set of lines a refusal is about: those it names, else the first."""
    named = _lines_of(why)
    return [_fault(why, one) for one in [one for one in items if one.n in named] or items[:1]]


def _lines_of(why: Refused | Invalid) -> set[int]:
    paths = [issue.path for issue in why.issues] if isinstance(why, Invalid) else [why.path or ""]
    named = {path.partition(".")[0].removeprefix("line") for path in paths if path.startswith("line")}
    return {int(text) for text in named if text.isdigit()}


def _fault(why: Refused | Invalid, item: Item) -> Fault:
    """Return what is told of one line, each path from its resource on: "Observation.subject".

    A refusal without a path is about the resource as it stands; the path decides what its client may see of it.
    """
    line = f"line{item.n}"
    if isinstance(why, Invalid):
        mine = [one for one in why.issues if one.path.partition(".")[0] == line]
        return Fault(n=item.n, why=Invalid([replace(one, path=_within(one.path, item)) for one in mine or why.issues]))
    if _lines_of(why):
        why.path = None if why.path == line else _within(why.path or "", item)
    return Fault(n=item.n, why=why)


def _within(path: str, item: Item) -> str:
    """Return the path of something in a line, without the line."""
    place = f"line{item.n}.resource"
    return bodies.split(item.body).resource_type + path.removeprefix(place) if path.startswith(place) else path
