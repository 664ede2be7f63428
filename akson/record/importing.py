"""Imports: sets of lines through the one write path, each resource under the id it has.

A line that is refused takes no other along: the rest of its set is written without it. Persons that are named but not
here get a place of their own, see stubs.py.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace

from akson.base.errors import Refused
from akson.base.work import Work
from akson.fhir.issues import Invalid
from akson.record import journal, stubs
from akson.record.preparing import Draft
from akson.record.writing import flush

Working = Callable[[], AbstractAsyncContextManager[Work]]


@dataclass(frozen=True, kw_only=True)
class Item:
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
    found.path = f"line{item.n}"
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
        except Refused as refused:
            some = [replace(one, draft=None) for one in some]
            named = _line_of(refused)
            guilty = [one for one in some if one.n == named] if named else []
            if guilty or len(some) == 1:
                yield Fault(n=(guilty or some)[0].n, why=_told(refused))
                if rest := [one for one in some if one.n != (guilty or some)[0].n]:
                    waiting.append(rest)
            else:
                middle = len(some) // 2
                waiting += [some[middle:], some[:middle]]


async def write_within(work: Work, items: Sequence[Item]) -> None:
    """Write a set of lines as a part of one work. Raises Refused, its path beginning with the line."""
    drafts = [item.draft or draft_of(item) for item in items]
    await stubs.place(work, drafts)
    await journal.write_set(work, drafts)


async def write_all(work: Work, items: Sequence[Item]) -> None:
    """Write a set of lines into the transaction of a work that has more to come. Raises Refused."""
    await write_within(work, items)
    await flush(work)


def fault_of(refused: Refused, items: Sequence[Item]) -> Fault:
    """Return which of a set of lines a refusal is about: the one it names, else the first."""
    return Fault(n=_line_of(refused) or items[0].n, why=_told(refused))


def _line_of(refused: Refused) -> int:
    text = (refused.path or "").partition(".")[0].removeprefix("line")
    return int(text) if text.isdigit() else 0


def _told(refused: Refused) -> Refused:
    """Return the refusal with its path inside the resource."""
    if _line_of(refused):
        refused.path = (refused.path or "").partition(".")[2] or None
    return refused
