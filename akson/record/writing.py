"""Writes one set of changes: one round trip whatever the count.

The set was decided upon with facts of a certain revision and on certain versions; the database function locks the
owners in order, looks again and writes, or says what changed. Then we decide again, on the new facts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial

import asyncpg

from akson.access.rules import Act, hides_address
from akson.access.subscribers import SUBSCRIPTION
from akson.audit.log import entry
from akson.base.errors import Refused
from akson.base.queries import queries
from akson.base.work import Work
from akson.record import anew, occupied, own, releasing
from akson.record.authoring import introduce
from akson.record.changes import Change
from akson.record.deciding import allow, facts_for, labels_of
from akson.record.following import follow
from akson.record.session import Alone, end, fetch, session, transaction
from akson.record.sets import Times, WriteSet, set_of, written
from akson.record.together import Done, rides
from akson.record.values import values_of
from akson.record.weighing import weigh
from akson.registers.terminology import projecting

READING = queries(__file__, "reading.sql")
_TRIES = 4
_FOLLOWED = projecting.TYPES | {own.TYPE, SUBSCRIPTION}  # something of theirs is written in the same transaction
# what the functions of the database raise
REFUSALS = {"AK002": "AK-J002", "AK003": "AK-J011", "AK008": "AK-J008", "AK011": "AK-J025"}
_IDENTITIES = {"person_identifier_pkey", "locator_pkey", "owner_pkey"}


async def flush(work: Work, *, last: bool = False) -> None:
    """Write what is queued as one set; nothing when the queue is empty.

    last    nothing more comes in this work: the set is a transaction of its own, one round trip. Otherwise it is
            written into the work's transaction, so that what follows can still undo it
    Raises  Refused: AK-J002 it was erased, AK-J006 an identity is taken, AK-J008 facts kept changing, AK-J011 a version
            changed, AK-J025 a unit is closed, AK-W023 to AK-W026, AK-W032 one cannot be yet, or an access refusal when
            facts that changed meanwhile refuse the write; Alone, see sharing.py
    """
    state = session(work)
    changes, state.queue = state.queue, []
    if not changes:
        return
    if state.shared:
        raise Alone
    begins = state.connection is None
    for _ in range(_TRIES):
        if not last or any(is_followed(work, change) for change in changes):
            await transaction(work)
        await occupied.hold(work, changes)
        try:
            times = await _written(work, changes)
        except asyncpg.PostgresError as problem:
            if begins:
                await end(work, commit=False)  # nothing else stands in it: it may begin anew
            await _answer(work, changes, problem)
        else:
            if times is not None:
                settle(work, changes, times)
                await _project(work, changes)
                await follow(work, changes)
                return
            await _index_anew(work, changes)
    raise Refused("AK-J008")


def is_followed(work: Work, change: Change) -> bool:
    """Tell whether something is written beside the change, in the same transaction."""
    return change.type in _FOLLOWED or anew.is_needed(change) or releasing.is_held(change, work.now)


async def _written(work: Work, changes: Sequence[Change]) -> Times:
    """Write the set: inside the work's transaction when there is one, else as one, with others when it may."""
    one = set_of(work, changes)
    if session(work).connection is None:
        await introduce(work, work.office.database.execute)
    if session(work).connection is None and rides(one):
        return await _written_together(work, one)
    return await written(partial(fetch, work), [one], work.office.hasher, waits=True)


async def _written_together(work: Work, one: WriteSet) -> Times:
    """Write the set with others; the last that the work does, so its row of the access log goes along."""
    state, seen = session(work), len(work.seen)
    state.statements += 1
    done: Done = await work.office.together.write(one, entry(work, "permit") if seen else None)
    times, traced = done
    state.traced = seen if traced else -1
    return times


async def _index_anew(work: Work, changes: Iterable[Change]) -> None:
    """Make the search values by the rules of now; those they were made by are of before."""
    office = work.office
    await office.rules.refresh(partial(fetch, work))
    for change in changes:
        if (resource := change.resource) is not None:
            own, hidden = office.rules.own, hides_address(session(work).facts[change.owner])
            more = own.of(change.type)
            change.values = values_of(change.type, resource, office.hasher, office.ids.open, more, hidden=hidden)
            change.rules = own.revision


async def _project(work: Work, changes: Sequence[Change]) -> None:
    """Let code systems, value sets, concept maps and search parameters be usable as soon as they are written.

    And nobody be found by anything in a record whose addresses are protected from now on.
    """
    for owner in sorted({change.owner for change in changes if anew.is_needed(change)}):
        await anew.index(await transaction(work), owner, work.office.hasher, work.office.ids)
    if any(releasing.is_held(change, work.now) for change in changes):
        await releasing.plan(await transaction(work), changes, work.now)
    if own_parameters := {change.id: change.resource for change in changes if change.type == own.TYPE}:
        await own.project(await transaction(work), own_parameters)
    concerned = [change for change in changes if change.type in projecting.TYPES]
    for change in sorted(concerned, key=lambda change: str((change.resource or {}).get("url", ""))):
        await projecting.project(await transaction(work), change.type, change.id, change.resource)


async def _answer(work: Work, changes: list[Change], problem: asyncpg.PostgresError) -> None:
    """Return when the set may be tried again with fresh facts; raise what the caller should hear otherwise."""
    state = session(work)
    if problem.sqlstate in ("AK002", "AK003", "AK011"):
        raise Refused(REFUSALS[problem.sqlstate]) from None
    if isinstance(problem, asyncpg.UniqueViolationError) and problem.constraint_name in _IDENTITIES:
        await _leave_trace(work, changes)
        raise Refused("AK-J006") from None
    if problem.sqlstate == "AK010":  # who writes is not there any more: a backup was put back
        work.office.authors.clear()
    elif problem.sqlstate not in ("AK008", "40001", "40P01"):
        raise problem
    if state.connection is not None:  # the transaction is spent, with what stands in it; the client may try again
        raise Refused("AK-J008") from None
    again = [change for change in changes if change.owner not in state.new]
    before = {change.owner: hides_address(state.facts[change.owner]) for change in again if change.owner in state.facts}
    for change in again:
        state.facts.pop(change.owner, None)
    facts = await facts_for(work, {change.owner for change in again})
    for change in again:
        if change.stands is not None:
            allow(work, facts[change.owner], change.stands, Act.WRITE, _named(change))
        known = facts[change.owner]
        allow(work, known, labels_of(work, change), weigh(work, change, known), _named(change))
    if any(hides_address(facts[owner]) is not hidden for owner, hidden in before.items()):
        await _index_anew(work, again)


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


def settle(work: Work, changes: Sequence[Change], times: Mapping[int, datetime]) -> None:
    """Tell each change what became of it; forget facts that it may have changed."""
    state = session(work)
    for change in changes:
        change.stored.last_updated = times[change.owner]
        if change.changes_facts or change.new_owner:
            state.facts.pop(change.owner, None)
            state.new.pop(change.owner, None)
