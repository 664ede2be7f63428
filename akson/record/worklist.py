"""The worklist: what staff see across patients, projected from news so that no screen searches every record.

Rebuildable from the journal at any time; how far behind it is can be read from the waiting news. It holds who and when,
never what: the text of a task is read from the journal, by someone who may.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from math import inf
from typing import Any, Final

from akson.access import roles
from akson.access.facts import Labels
from akson.access.rules import Act
from akson.base.database import Database, Record
from akson.base.jobs import Consumer, News
from akson.base.queries import queries
from akson.base.work import Work
from akson.fhir import types
from akson.fhir.dates import BEGINNING, interval
from akson.record.cases import ANSWERED_BY, SORTS, all_marked, is_marked, sort_of
from akson.record.circles import around
from akson.record.deciding import permitted
from akson.record.session import fetch
from akson.record.stored import stored

SQL = queries(__file__, "worklist.sql")
READING = queries(__file__, "reading.sql")
TASK: Final = "https://akson.no/fhir/task"  # Task.code
FOR_INFORMATION: Final = "orientering"  # to be known, not acted on: kind "notice" instead of "task"
NAMELESS: Final = "spurt-uten-navn"  # a question that tells nobody whom it is about; the category of what says so, too
CASE: Final = "case"  # kind of what citizens ask for by right, see cases.py
DEMAND: Final = "demand"  # kind of those that who answers for the record answers
OPEN: Final = ("requested", "accepted", "ready", "received", "in-progress", "on-hold", "booked", "arrived")
MOST: Final = 200
_MOST_AT_ONCE: Final = 1000  # rows judged in one round trip
_KEY: Final = ("place", "at", "owner", "type", "id")  # of a row in the order of the list
_FIRST: Final[tuple[Any, ...]] = (-inf, BEGINNING, 0, 0, "")
_TYPES: Final = {"visit": "Encounter", "appointment": "Appointment"}  # by kind; all others are tasks
_PATIENT: Final = types.code_of("Patient")
_AT_HOME: Final = "HH"  # Encounter.class
Resource = dict[str, Any]
OpenId = Callable[[str], int | None]


@dataclass(frozen=True, kw_only=True)
class Item:
    """One row of the worklist."""

    reference: str  # "Task/<id>"
    owner: int
    kind: str
    state: str
    priority: str
    due: datetime | None
    at: datetime
    mine: bool  # given to a person, not only to the unit


async def items(work: Work, *, kinds: Iterable[str], states: Iterable[str] = OPEN, most: int = MOST,
                due: tuple[datetime, datetime] | None = None, latest: bool = False) -> list[Item]:  # fmt: skip
    """Return what waits for the actor's unit and for the actor, and the actor may read: most urgent first.

    due     only what is due from the first moment to before the second
    latest  what changed last first, instead
    """
    rows = await _readable(work, list(kinds), list(states), most, due or (None, None), latest=latest)
    return [_item(row, work.actor.key) for row in rows]


async def count(work: Work) -> int:
    """Return how many tasks are open for the actor's unit or the actor, `MOST` at most: those the actor may read.

    A number that counted what is hidden would tell that it is there. A role that reads no tasks is asked for nothing.
    """
    if not roles.may_read(work.actor.role, "Task"):
        return 0
    return len(await _readable(work, ["task"], list(OPEN), MOST, (None, None)))


async def _readable(
    work: Work, kinds: list[str], states: list[str], most: int, due: tuple[datetime | None, datetime | None],
    *, latest: bool = False,
) -> list[Record]:  # fmt: skip
    """Return the first rows that the actor may read: what is hidden takes no place among them.

    Costs one round trip. Where that is not enough it is asked whose records are open, and only what may be among these
    is read on: of those who are no longer cared for there is ever more, and nobody is left to end it.
    """
    found: list[Record] = []
    whose: list[int] | None = None
    asked = work.actor.unit, work.actor.key, kinds, states, *due, latest
    after, step = _FIRST, most
    while len(found) < most:
        rows = await fetch(work, SQL.waiting, *asked, *after, step, whose, _PATIENT)
        found += [row for row, _ in permitted(work, [row for row in rows if not row["deleted"]])]
        if len(rows) < step:
            break
        after, step = tuple(rows[-1][name] for name in _KEY), min(2 * step, _MOST_AT_ONCE)
        whose = await _open_records(work, kinds) if whose is None else whose
    return found[:most]


async def _open_records(work: Work, kinds: Iterable[str]) -> list[int]:
    """Return the persons of whom the actor may read what is of these kinds, unless more is kept; as a search asks."""
    near, asked = await around(work), {Labels(type=_TYPES.get(kind, "Task")) for kind in kinds}
    each = (near.permitted(work.actor, work.purpose, labels, Act.READ, work.now) for labels in asked)
    return sorted(set().union(*each))


async def untold(work: Work, unit: int, kinds: Iterable[str]) -> set[str]:
    """Return the ids of open tasks of these kinds that wait for a unit, and that the worklist has not heard of yet."""
    rows = await fetch(work, SQL.untold)
    lines = (line for row in rows for line in _lines(row, work.office.ids.open))
    wanted = frozenset(kinds)
    return {id_ for place, _, _, _, id_, kind, state, *_ in lines if place == unit and kind in wanted and state in OPEN}


def consumer(database: Database, open_id: OpenId) -> Consumer:
    """Return the consumer that keeps the worklist true."""
    wanted = frozenset(types.code_of(name) for name in _ROWS)

    async def handle(news: News) -> None:
        keys = {(t, i) for t, i in zip(news.types, news.ids, strict=True) if t in wanted}
        codes, ids = [t for t, _ in keys], [i for _, i in keys]
        rows = await database.fetch(READING.current, [news.owner] * len(keys), codes, ids)
        made = [line for row in rows if not row["deleted"] for line in _lines(row, open_id)]
        columns = [list(c) for c in zip(*made, strict=True)] or [[] for _ in range(10)]
        await database.execute(SQL.replace, news.owner, codes, ids, *columns)

    return Consumer(name="worklist", types=wanted, handle=handle)


def _lines(row: Record, open_id: OpenId) -> Iterator[tuple[Any, ...]]:
    """Yield (unit, person, owner, type, id, kind, state, priority, due, at) for each place the resource belongs."""
    resource = stored(row).resource
    for unit, person, kind, due in _ROWS[resource["resourceType"]](resource, open_id):
        yield (
            unit,
            person,
            row["owner"],
            row["type"],
            row["id"],
            kind,
            resource.get("status", ""),
            resource.get("priority", ""),
            due,
            row["last_updated"],
        )


def _task(resource: Resource, open_id: OpenId) -> Iterator[tuple[int, int, str, datetime | None]]:
    unit = _key(resource.get("requester"), "Organization", open_id)
    unit = _key(resource.get("owner"), "Organization", open_id) or unit
    person = _key(resource.get("owner"), "Practitioner", open_id)
    due = ((resource.get("restriction") or {}).get("period") or {}).get("end")
    codes = {c.get("code") for c in (resource.get("code") or {}).get("coding") or [] if c.get("system") == TASK}
    kind, until = "notice" if FOR_INFORMATION in codes else "task", interval(due)[1] if due else None
    if answerers := all_marked(resource, ANSWERED_BY) if is_marked(resource) else []:
        kind = DEMAND if (sort := SORTS.get(sort_of(resource))) and sort.of_record else CASE
        yield from ((key, 0, kind, until) for one in answerers if (key := open_id(one)))
    elif unit or person:
        yield unit, person, kind, until


def _appointment(resource: Resource, open_id: OpenId) -> Iterator[tuple[int, int, str, datetime | None]]:
    start = interval(resource["start"])[0] if resource.get("start") else None
    for participant in resource.get("participant") or []:
        unit = _key(participant.get("actor"), "Organization", open_id)
        person = _key(participant.get("actor"), "Practitioner", open_id)
        if unit or person:
            yield unit, person, "appointment", start


def _visit(resource: Resource, open_id: OpenId) -> Iterator[tuple[int, int, str, datetime | None]]:
    """Yield a visit at home for each who is to come, or for the unit when nobody is named."""
    start = (resource.get("period") or {}).get("start")
    if (resource.get("class") or {}).get("code") != _AT_HOME or not start:
        return
    unit, due = _key(resource.get("serviceProvider"), "Organization", open_id), interval(start)[0]
    named = (_key(each.get("individual"), "Practitioner", open_id) for each in resource.get("participant") or [])
    for number, person in enumerate([key for key in named if key] or [0]):
        if place := unit if number == 0 else 0:  # a unit has one row of a visit; its companion finds it by person
            yield place, person, "visit", due
        elif person:
            yield 0, person, "visit", due


def _key(reference: Resource | None, type_: str, open_id: OpenId) -> int:
    kind, _, id_ = ((reference or {}).get("reference") or "").partition("/")
    return (open_id(id_) or 0) if kind == type_ else 0


def _item(row: Record, key: int) -> Item:
    return Item(
        reference=f"{types.name_of(row['type'])}/{row['id']}",
        owner=row["owner"],
        kind=row["kind"],
        state=row["state"],
        priority=row["priority"],
        due=row["due"],
        at=row["at"],
        mine=row["person"] == key,
    )


_ROWS: Final[dict[str, Callable[[Resource, OpenId], Iterator[tuple[int, int, str, datetime | None]]]]] = {
    "Task": _task,
    "Appointment": _appointment,
    "Encounter": _visit,
}
