"""News -> events: each version that meets the criteria, and that its subscriber may read now, gets the next number.

Jobs come in any order and more than once. So each one also looks at the versions before its own that have no event yet:
of one resource no event ever stands after that of a later version.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import asyncpg

from akson.access.rules import hides_address
from akson.access.subscribers import SUBSCRIPTION
from akson.base.errors import Refused
from akson.base.jobs import Consumer, News
from akson.base.queries import queries
from akson.base.work import Work
from akson.fhir import types
from akson.record import versions
from akson.record.deciding import facts_in, may_read
from akson.record.office import Office
from akson.record.search.judging import Subject
from akson.record.stored import stored
from akson.record.values import values_of
from akson.record.versions import Version
from akson.record.whereabouts import placeless, places_hidden_from, tells_place
from akson.subscriptions.criteria import conditions_of, judge_of
from akson.subscriptions.following import SCREEN, Followed, followed, say

SQL = queries(__file__)
LOOK_BACK: Final = 20  # versions before one that may have been passed by
_CODE: Final = types.code_of(SUBSCRIPTION)
_LOST: Final = "Kriteriene kan ikke lenger vurderes."


def consumer(office: Office) -> Consumer:
    """Return the consumer that makes events of news."""

    async def handle(news: News) -> None:
        if any(version == 0 and type_ == _CODE for type_, version in zip(news.types, news.versions, strict=True)):
            await office.database.execute(SQL.remove, news.owner)  # it was erased
        written = [one for one in zip(news.types, news.ids, news.versions, strict=True) if one[2] > 0]
        if written:
            await _collect(office, news.owner, written)

    return Consumer(name="subscriptions", types=frozenset({_CODE}), handle=handle, wanting=_followed_types)


async def _followed_types(connection: asyncpg.Connection) -> frozenset[int]:
    return frozenset(row["type"] for row in await connection.fetch(SQL.types))


async def _collect(office: Office, owner: int, written: Sequence[Version]) -> None:
    kinds = sorted({type_ for type_, _, _ in written})
    listening = [followed(row) for row in await office.database.fetch(SQL.listening, kinds)]
    if not listening:
        return
    new = await _new(office, owner, written, listening)
    rows = await _rows(office, owner, {version for found in new.values() for version in found})
    subjects: dict[tuple[Version, bool], Subject] = {}
    for one in listening:
        if met := await _met(office, one, [rows[v] for v in new[one.key] if v in rows], subjects):
            columns = [list(column) for column in zip(*met, strict=True)]
            await office.database.execute(SQL.emit, one.key, office.clock(), owner, *columns)


async def _new(
    office: Office, owner: int, written: Sequence[Version], listening: Sequence[Followed]
) -> dict[int, list[Version]]:
    """Return the versions that each subscription is to judge, in their order, none of them after one it has told of."""
    lately = await versions.lately(office.database, owner, written, LOOK_BACK)
    kinds, ids, _ = (list(column) for column in zip(*written, strict=True))
    told = {
        (row["subscription"], row["type"], row["id"]): row["version"]
        for row in await office.database.fetch(SQL.told, [one.key for one in listening], owner, kinds, ids)
    }  # fmt: skip
    return {
        one.key: [
            (row["type"], row["id"], row["version"]) for row in lately
            if row["type"] == types.code_of(one.plan.type) and row["last_updated"] >= one.since
            and row["version"] > told.get((one.key, row["type"], row["id"]), 0)
        ]
        for one in listening
    }  # fmt: skip


async def _rows(office: Office, owner: int, wanted: Iterable[Version]) -> dict[Version, Mapping[str, Any]]:
    """Return each version with what the decision needs; of a delete the body is what was deleted."""
    return {
        (row["type"], row["id"], row["version"]): {**row, "body": row["before"] if row["deleted"] else row["body"]}
        for row in await versions.of_owner(office.database, owner, sorted(wanted))
    }


async def _met(
    office: Office, one: Followed, rows: Sequence[Mapping[str, Any]], subjects: dict[tuple[Version, bool], Subject]
) -> list[Version]:
    """Return the versions that are events of this subscription, in their order."""
    if not rows:
        return []
    async with office.work(one.actor, one.purpose, screen=SCREEN) as work:
        try:
            conditions = await conditions_of(work, one.plan)
        except Refused:  # a value set that it names is no more
            conditions = None
        judge = judge_of(work)
        met = [] if conditions is None else [
            (row["type"], row["id"], row["version"]) for row in rows
            if row["body"] is not None and judge.holds(conditions, _subject(work, row, subjects))
            and may_read(work, row).permit
        ]  # fmt: skip
    if conditions is None:
        await say(office, one, "off", _LOST)
    return met


def _subject(work: Work, row: Mapping[str, Any], known: dict[tuple[Version, bool], Subject]) -> Subject:
    """Return what criteria are asked of: no protected address, and of where somebody is to be what the reader sees."""
    key, facts = (row["type"], row["id"], row["version"]), facts_in(row)
    without = places_hidden_from(work.actor, facts)
    if (key, without) not in known:
        name, office, resource = types.name_of(row["type"]), work.office, stored(row).resource
        if without and tells_place(resource):
            resource = placeless(resource)
        values = values_of(name, resource, office.hasher, office.ids.open, hidden=hides_address(facts))
        known[key, without] = Subject(id=row["id"], updated=row["last_updated"], values=values)
    return known[key, without]
