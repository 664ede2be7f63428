"""Imports: sets of lines through the one write path, each resource under the id it has.

A line that is refused takes no other along: the rest of its set is written without it. Persons that are named but not
here get a place of their own, a stub that a later line or import fills.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace

from akson.base.errors import Refused
from akson.base.queries import queries
from akson.base.work import Work
from akson.fhir import owners, types
from akson.fhir.issues import Invalid
from akson.record import journal
from akson.record.preparing import Draft
from akson.record.session import fetch
from akson.record.writing import flush

READING = queries(__file__, "reading.sql")
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
    await journal.write_set(work, await _stubs(work, drafts) + drafts)


async def write_all(work: Work, items: Sequence[Item]) -> None:
    """Write a set of lines into the transaction of a work that has more to come. Raises Refused."""
    await write_within(work, items)
    await flush(work)


async def _stubs(work: Work, drafts: Sequence[Draft]) -> list[Draft]:
    """Return a place for each Patient who is named as owner under an id from elsewhere, and is not here."""
    coming = {f"{draft.type}/{draft.id}" for draft in drafts}
    named = {_owner(draft) for draft in drafts} - coming - {""}
    missing = sorted(one.removeprefix("Patient/") for one in named if work.office.ids.open(one[8:]) is None)
    if not missing:
        return []
    code = types.code_of("Patient")
    there = {row["id"] for row in await fetch(work, READING.located, [code] * len(missing), missing)}
    return [
        Draft(method="PUT", type="Patient", id=id_, resource={"resourceType": "Patient", "id": id_},
              body=f'{{"resourceType":"Patient","id":"{id_}"}}'.encode())
        for id_ in missing if id_ not in there
    ]  # fmt: skip


def _owner(draft: Draft) -> str:
    named = owners.owner_reference(draft.resource or {})
    return named if isinstance(named, str) and named.startswith("Patient/") and "/" not in named[8:] else ""


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
