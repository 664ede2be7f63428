"""Writes one set of changes: one round trip whatever the count.

The set was decided upon with facts of a certain revision and on certain versions; the database function locks the
owners in order, looks again and writes, or says what changed. Then we decide again, on the new facts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

import asyncpg
import msgspec

from akson.access.rules import Act
from akson.access.subscribers import SUBSCRIPTION
from akson.base.arrays import literal
from akson.base.errors import Refused
from akson.base.queries import queries
from akson.base.work import Work
from akson.record import own
from akson.record.changes import Change
from akson.record.deciding import allow, facts_for, labels_of
from akson.record.facts import NUMBERED
from akson.record.following import follow
from akson.record.session import end, fetch, session, transaction
from akson.record.values import Hasher, Values, values_of
from akson.record.weighing import weigh
from akson.registers.terminology import projecting

SQL = queries(__file__, "writing.sql")
READING = queries(__file__, "reading.sql")
_TRIES = 4
_FOLLOWED = projecting.TYPES | {own.TYPE, SUBSCRIPTION}  # something of theirs is written in the same transaction
REFUSALS = {"AK002": "AK-J002", "AK003": "AK-J011", "AK008": "AK-J008"}  # what the functions of 0013 raise
_IDENTITIES = {"person_identifier_pkey", "locator_pkey", "owner_pkey"}


async def flush(work: Work, *, last: bool = False) -> None:
    """Write what is queued as one set; nothing when the queue is empty.

    last    nothing more comes in this work: the set is a transaction of its own, one round trip. Otherwise it is
            written into the work's transaction, so that what follows can still undo it
    Raises  Refused: AK-J002 it was erased, AK-J006 an identity is taken, AK-J008 facts kept changing, AK-J011 a version
            changed, or an access refusal when facts that changed meanwhile refuse the write
    """
    state = session(work)
    changes, state.queue = state.queue, []
    if not changes:
        return
    begins = state.connection is None
    for _ in range(_TRIES):
        if not last or any(change.type in _FOLLOWED for change in changes):
            await transaction(work)
        try:
            rows = await fetch(work, SQL.write, *_arguments(work, changes), work.office.rules.own.revision)
        except asyncpg.PostgresError as problem:
            if begins:
                await end(work, commit=False)  # nothing else stands in it: it may begin anew
            await _answer(work, changes, problem)
        else:
            if rows:
                _settle(work, changes, *rows)
                await _project(work, changes)
                await follow(work, changes)
                return
            await _index_anew(work, changes)
    raise Refused("AK-J008")


async def _index_anew(work: Work, changes: Iterable[Change]) -> None:
    """Make the search values by the rules of now; those they were made by are of before."""
    office = work.office
    await office.rules.refresh(partial(fetch, work))
    for change in changes:
        if (resource := change.resource) is not None:
            more = office.rules.own.of(change.type)
            change.values = values_of(change.type, resource, office.hasher, office.ids.open, more)


async def _project(work: Work, changes: Sequence[Change]) -> None:
    """Let code systems, value sets, concept maps and search parameters be usable as soon as they are written."""
    if own_parameters := {change.id: change.resource for change in changes if change.type == own.TYPE}:
        await own.project(await transaction(work), own_parameters)
    concerned = [change for change in changes if change.type in projecting.TYPES]
    for change in sorted(concerned, key=lambda change: str((change.resource or {}).get("url", ""))):
        await projecting.project(await transaction(work), change.type, change.id, change.resource)


async def _answer(work: Work, changes: list[Change], problem: asyncpg.PostgresError) -> None:
    """Return when the set may be tried again with fresh facts; raise what the caller should hear otherwise."""
    state = session(work)
    if problem.sqlstate in ("AK002", "AK003"):
        raise Refused(REFUSALS[problem.sqlstate]) from None
    if isinstance(problem, asyncpg.UniqueViolationError) and problem.constraint_name in _IDENTITIES:
        await _leave_trace(work, changes)
        raise Refused("AK-J006") from None
    if problem.sqlstate not in ("AK008", "40001", "40P01"):
        raise problem
    if state.connection is not None:  # the transaction is spent, with what stands in it; the client may try again
        raise Refused("AK-J008") from None
    again = [change for change in changes if change.owner not in state.new]
    for change in again:
        state.facts.pop(change.owner, None)
    facts = await facts_for(work, {change.owner for change in again})
    for change in again:
        if change.stands is not None:
            allow(work, facts[change.owner], change.stands, Act.WRITE, _named(change))
        known = facts[change.owner]
        allow(work, known, labels_of(work, change), weigh(work, change, known), _named(change))


async def _leave_trace(work: Work, changes: list[Change]) -> None:
    """Leave in the log of each person whose number was tried that somebody was told it is taken."""
    numbers = [number for change in changes if change.type == "Patient" for number in change.identifiers]
    if not numbers:
        return
    await end(work, commit=False)  # the transaction is spent, with what stands in it
    systems, values = zip(*numbers, strict=True)
    for row in await fetch(work, READING.identified, list(systems), list(values)):
        work.saw(row["owner"], "number probed", outcome="refuse")


def _named(change: Change) -> str:
    return f"{change.method} {change.type}/{change.id}"


def _settle(work: Work, changes: list[Change], row: Any) -> None:
    """Tell each change what became of it; forget facts that it may have changed."""
    state = session(work)
    times = dict(zip(_places(work, changes), row["times"], strict=True))
    for change in changes:
        change.stored.last_updated = times[change.owner]
        if change.changes_facts or change.new_owner:
            state.facts.pop(change.owner, None)
            state.new.pop(change.owner, None)


def _arguments(work: Work, changes: list[Change]) -> list[Any]:
    """Return the arguments of journal_write_v3, in its order, and what may hold or name national numbers already."""
    actor = work.actor
    places = _places(work, changes)
    author = msgspec.json.encode(
        {
            "kind": actor.kind,
            "id": actor.id,
            "name": actor.name,
            "role": actor.role,
            "unit": actor.unit,
            "unit_name": actor.unit_name,
            "purpose": work.purpose,
        }
    )
    return [
        work.now,
        author.decode(),
        *_owners(work, changes, places),
        literal([places[c.owner] for c in changes]),
        literal([c.owner for c in changes]),
        literal([c.type_code for c in changes]),
        literal([c.id for c in changes]),
        literal([c.expect for c in changes]),
        literal([c.method for c in changes]),
        [c.packed for c in changes],
        [c.salt for c in changes],
        literal([c.sort for c in changes]),
        actor.controller,
        actor.unit,
        actor.key,
        literal([c.person for c in changes]),
        literal([" ".join(c.labels) for c in changes]),
        literal([literal(c.about) for c in changes]),
        *index_columns((change.values for change in changes), work.office.hasher),
        *_columns(5, ((n, f.kind, f.unit, f.person, f.data.decode()) for n, c in _numbered(changes) for f in c.told)),
        *_columns(3, ((system, value, c.owner) for c in changes for system, value in c.identifiers)),
        # in one order: sets that bring the same ids wait for each other, never both ways
        *_columns(3, sorted((c.type_code, c.id, c.owner) for c in changes if c.elsewhere and c.expect == 0)),
        *_columns(3, ((c.owner, c.type_code, c.id) for c in changes if c.expect > 0 and c.type in NUMBERED)),
    ]


def index_columns(values: Iterable[Values], hasher: Hasher) -> list[str | list[bytes] | None]:
    """Return search values as columns, in the order of migration 0021: tokens, hot ones, prints, groups ... words.

    All but the prints are array literals.
    """
    numbered = list(enumerate(values, start=1))
    kinds: list[tuple[int, Callable[[Values], Iterable[tuple[Any, ...]]]]] = [
        (3, lambda v: v.grouped), (6, lambda v: v.references), (5, lambda v: v.strings), (5, lambda v: v.dates),
        (10, lambda v: v.numbers), (3, lambda v: (v.text,) if any(v.text) else ()),
    ]  # fmt: skip
    return [
        literal([literal(v.hot_first) for _, v in numbered]),
        literal([sum(v.tokens.values()) for _, v in numbered]),
        [v.prints(hasher) for _, v in numbered],
        *(
            column
            for width, rows in kinds
            for column in _columns(width, ((n, *row) for n, v in numbered for row in rows(v)))
        ),
    ]


def _places(work: Work, changes: list[Change]) -> dict[int, int]:
    """Return the place (from 1) of each owner: those that stand in the order of their keys, then the new ones."""
    new = session(work).new
    owners = sorted({change.owner for change in changes}, key=lambda owner: (owner in new, owner))
    return {owner: n for n, owner in enumerate(owners, start=1)}


def _owners(work: Work, changes: list[Change], places: Iterable[int]) -> list[Any]:
    """Return the owners: keys, how many are new, types, the facts revisions decided upon, facts rewritten."""
    state = session(work)
    rewritten = {change.owner for change in changes if change.changes_facts}
    return [
        literal(list(places)),
        sum(owner in state.new for owner in places),
        literal([state.new.get(owner, 0) for owner in places]),
        literal([0 if owner in state.new else state.facts[owner].rev for owner in places]),
        literal([owner in rewritten for owner in places]),
    ]


def _numbered(changes: list[Change]) -> Iterable[tuple[int, Change]]:
    return enumerate(changes, start=1)


def _columns(width: int, rows: Iterable[tuple[Any, ...]]) -> list[str | None]:
    """Return rows as columns, each an array literal; `width` times None when there are no rows."""
    turned: list[str | None] = [literal(column) for column in zip(*rows, strict=True)]
    return turned or [None] * width
