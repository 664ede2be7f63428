"""What of a record is passed on to others by message: not what the citizen has closed to them."""

from __future__ import annotations

from collections.abc import Iterable

from akson.access.blocking import kept_from
from akson.access.facts import Facts
from akson.base.queries import queries
from akson.base.work import Actor, Work
from akson.fhir import types
from akson.record.deciding import labels_in
from akson.record.session import fetch
from akson.record.stored import stored

SQL = queries(__file__, "reading.sql")
_COMMUNICATION = types.code_of("Communication")


async def closed_to(work: Work, facts: Facts, references: Iterable[str], readers: Actor) -> frozenset[str]:
    """Return those of "Type/id", in the record of `facts`, that are closed to `readers`; one statement at most.

    readers  as in access.blocking.kept_from
    """
    named = [one.split("/", 1) for one in references if types.is_type(one.partition("/")[0])]
    if not named or not (facts.blocks or facts.labelled):
        return frozenset()
    kinds, ids = [types.code_of(type_) for type_, _ in named], [id_ for _, id_ in named]
    rows = await fetch(work, SQL.current, [facts.owner] * len(named), kinds, ids)
    closed = (row for row in rows if kept_from(facts, labels_in(work, row, facts), readers, work.now))
    return frozenset(f"{types.name_of(row['type'])}/{row['id']}" for row in closed)


async def told_by(work: Work, owner: int, id_: str) -> list[str] | None:
    """Return what a Communication, by its id, names that it tells of, as "Type/id"; None when it is not there.

    It asks nothing of who acts, who may know nothing of it: the answer is for a rule, and is shown to nobody
    """
    rows = await fetch(work, SQL.current, [owner], [_COMMUNICATION], [id_])
    if not rows or rows[0]["body"] is None:
        return None
    told = stored(rows[0]).resource
    named = [*told.get("about", ()), *told.get("basedOn", ()), told.get("encounter") or {}]
    return [each["reference"] for each in named if each.get("reference")]
