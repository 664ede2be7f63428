"""What is sent of write sets: the arguments of one call, for one set or for several that have no owner in common."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple

from akson.base.arrays import literal
from akson.base.queries import queries
from akson.base.work import Work
from akson.record.authoring import author_of, key_of
from akson.record.changes import Change
from akson.record.facts import NUMBERED
from akson.record.session import session
from akson.record.values import Display, Hasher, Values

SQL = queries(__file__, "sets.sql")
_NAMES = "representation"  # the kind of facts that name a number
_NAMING = b'"kind":"representation"'  # as facts.py writes it
NO_TRACES: Sequence[object] = [None] * 5
Fetch = Callable[..., Awaitable[Sequence[Any]]]  # a statement and its values, inside a transaction or not
Times = Mapping[int, datetime] | None  # by owner; None: the search values were made by other rules than those of now


class Owner(NamedTuple):
    """One owner of a set: new here?, its type if so, the facts revision decided upon, are its facts rewritten?"""

    new: bool
    key: int
    type: int
    rev: int
    rewritten: bool


@dataclass(frozen=True, kw_only=True)
class WriteSet:
    """Changes that are written all or none. author: JSON; rules: revision of those the search values were made by."""

    now: datetime
    author: str
    controller: int
    unit: int
    actor: int
    rules: int
    owners: Sequence[Owner]
    changes: Sequence[Change]

    @cached_property
    def concerns_numbers(self) -> bool:
        """Whether national numbers come, go or are named: then more than its owners is locked."""
        return any(
            change.identifiers
            or change.numbers
            or any(_NAMING in data for data in change.stated)
            or any(row.kind == _NAMES for row in change.told)
            for change in self.changes
        )

    @property
    def takes_ids(self) -> bool:
        """Whether it brings ids that were minted elsewhere: somebody else may be bringing the same."""
        return any(change.elsewhere and change.expect == 0 for change in self.changes)


def set_of(work: Work, changes: Sequence[Change]) -> WriteSet:
    """Return what a work has queued as one set."""
    state, actor = session(work), work.actor
    rewritten = {change.owner for change in changes if change.changes_facts}
    owners = [
        Owner(owner in state.new, owner, state.new.get(owner, 0),
              0 if owner in state.new else state.facts[owner].rev, owner in rewritten)
        for owner in {change.owner for change in changes}
    ]  # fmt: skip
    made_by = (change.rules for change in changes if change.brings)
    return WriteSet(
        now=work.now, author=author_of(work), controller=actor.controller, unit=actor.unit,
        actor=actor.key, rules=min(made_by, default=work.office.rules.own.revision), owners=owners, changes=changes,
    )  # fmt: skip


def _owners_of(sets: Sequence[WriteSet]) -> list[tuple[Owner, int]]:
    """Return all owners, each with the place (from 1) of its set: those that stand by key, then new ones."""
    return sorted((owner, n) for n, one in enumerate(sets, start=1) for owner in one.owners)


async def written(
    fetch: Fetch, sets: Sequence[WriteSet], hasher: Hasher, *, waits: bool, traces: Sequence[object] = NO_TRACES
) -> Times:
    """Carry out the call and return when each owner's set was written.

    sets    all made by the same rules, no two of one owner
    waits   for owners that somebody else writes; only one set does
    traces  rows of the access log that are written with them; see akson.audit.log.Stream
    """
    shown = displays((change.owner, change.values) for one in sets for change in one.changes)
    rows = await fetch(SQL.write, *_arguments(sets, hasher), waits, *traces, *shown)
    owners = (owner.key for owner, _ in _owners_of(sets))
    return dict(zip(owners, rows[0]["times"], strict=True)) if rows else None


def _arguments(sets: Sequence[WriteSet], hasher: Hasher) -> list[Any]:
    """Return the arguments of the query `write`, in its order, but for the last ones."""
    owners = _owners_of(sets)
    changes = [change for one in sets for change in one.changes]
    return [
        *_sets(sets),
        *_owners(owners),
        *_changes(changes, {owner.key: n for n, (owner, _) in enumerate(owners, start=1)}),
        *index_columns((change.values for change in changes), hasher),
        *_columns(5, ((n, f.kind, f.unit, f.person, f.data.decode()) for n, c in _numbered(changes) for f in c.told)),
        *_columns(3, ((system, value, c.owner) for c in changes for system, value in c.identifiers)),
        # in one order: sets that bring the same ids wait for each other, never both ways
        *_columns(3, sorted((c.type_code, c.id, c.owner) for c in changes if c.elsewhere and c.expect == 0)),
        *_columns(3, _may_hold_numbers(sets)),
        sets[0].rules,
    ]


def _sets(sets: Sequence[WriteSet]) -> Iterator[str]:
    """Yield the sets: time, key and text of the author, controller, unit, actor, how many changes stand before it."""
    before = [0]
    for one in sets:
        before.append(before[-1] + len(one.changes))
    yield literal([one.now for one in sets])
    yield literal([key_of(one.author) for one in sets])
    yield literal([one.author for one in sets])
    yield literal([one.controller for one in sets])
    yield literal([one.unit for one in sets])
    yield literal([one.actor for one in sets])
    yield literal(before[:-1])


def _owners(owners: Sequence[tuple[Owner, int]]) -> Iterator[str | int]:
    """Yield the owners: their sets, keys, how many are new, types, facts revisions decided upon, facts rewritten."""
    yield literal([place for _, place in owners])
    yield literal([owner.key for owner, _ in owners])
    yield sum(owner.new for owner, _ in owners)
    yield literal([owner.type for owner, _ in owners])
    yield literal([owner.rev for owner, _ in owners])
    yield literal([owner.rewritten for owner, _ in owners])


def _changes(changes: Sequence[Change], places: dict[int, int]) -> Iterator[str | list[Any]]:
    yield literal([places[c.owner] for c in changes])
    yield literal([c.owner for c in changes])
    yield literal([c.type_code for c in changes])
    yield literal([c.id for c in changes])
    yield literal([c.expect for c in changes])
    yield literal([c.method for c in changes])
    yield [c.packed for c in changes]
    yield [c.salt for c in changes]
    yield literal([c.sort for c in changes])
    yield literal([c.person for c in changes])
    yield literal([" ".join(c.labels) for c in changes])
    yield literal([literal(c.about) for c in changes])


def _may_hold_numbers(sets: Sequence[WriteSet]) -> Iterator[tuple[int, int, str]]:
    """Yield owner, type and id of what stands already and may hold or name numbers, of sets that concern them."""
    for one in sets:
        if one.concerns_numbers:
            yield from ((c.owner, c.type_code, c.id) for c in one.changes if c.expect > 0 and c.type in NUMBERED)


def index_columns(values: Iterable[Values], hasher: Hasher) -> list[str | list[bytes] | None]:
    """Return search values as columns, in the order of migration 0021: tokens, hot ones, prints, groups ... words.

    All but the prints are array literals. How many are hot is below zero: they stand in pairs, see migration 0068.
    """
    numbered = list(enumerate(values, start=1))
    return [
        literal([literal(v.hot_first) for _, v in numbered]),
        literal([_hot(v) for _, v in numbered]),
        [v.prints(hasher) for _, v in numbered],
        *_columns(3, [(n, *row) for n, v in numbered for row in v.grouped]),
        *_columns(6, [(n, *row) for n, v in numbered for row in v.references]),
        *_columns(5, [(n, *row) for n, v in numbered for row in v.strings]),
        *_columns(5, [(n, *row) for n, v in numbered for row in v.dates]),
        *_columns(10, [(n, *row) for n, v in numbered for row in v.numbers]),
        *_columns(3, [(n, *v.text) for n, v in numbered if any(v.text)]),
    ]


def displays(values: Iterable[tuple[int, Values]]) -> list[str | None]:
    """Return the different texts that codes are shown by as columns: slots, texts, hashes, owners; see migration 0092.

    values  those of resources, each with their owner
    """
    first: dict[Display, int] = {}
    for owner, each in values:
        for one in each.displays:
            first.setdefault(one, owner)
    return _columns(4, [(*one, owner) for one, owner in sorted(first.items())])


def _hot(values: Values) -> int:
    return -2 * len(values.hot)


def _numbered(changes: Sequence[Change]) -> Iterable[tuple[int, Change]]:
    return enumerate(changes, start=1)


def _columns(width: int, rows: Iterable[tuple[Any, ...]]) -> list[str | None]:
    """Return rows as columns, each an array literal; `width` times None when there are no rows."""
    turned: list[str | None] = [literal(column) for column in zip(*rows, strict=True)]
    return turned or [None] * width
