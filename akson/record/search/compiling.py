"""From what is asked to one statement for a page, and one for the total.

The order of hits, where none is asked for: of one person's record the newest first, else by owner and id. Neither
changes when a resource does, so pages neither repeat nor skip while others write.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from akson.base.arrays import literal
from akson.base.errors import Refused
from akson.base.ids import Ids
from akson.fhir import types
from akson.record.search import cursors
from akson.record.search.asked import Asked, Condition, Criterion, Sort
from akson.record.search.conditions import Conditions, Rows
from akson.record.search.keys import Key, spelled
from akson.record.search.matching import tokens_of, wholes_of
from akson.record.search.standing import MANY
from akson.record.search.statement import SQL, By, Raw, Scope, Statement, all_of, any_of
from akson.record.search.values import narrow, split
from akson.record.values import Hasher, Hot

MOST_ROWS = 2000  # rows of a condition that are collected before the resources are walked instead
HEAD = 200  # resources that are looked at before rows are collected, of a condition that may well fit many
HEAD_OF_PERSONS = 100  # persons whose resources these are, where each person's are looked for apart
HEAD_OF_CODED = 2000  # that of values of one code: of most of these the code alone tells that they do not fit
HEAD_OF_STRINGS = 60  # that of names and other texts: of most values few have one, of some nearly all
SOON = 700  # resources: a walk that is likely to end before them is cheaper than collecting rows
_BROAD = 7  # rank (conditions.py) from which on one may: of numbers and dates
_STRINGS = (5, 6)  # those of texts and of their parts
_ANYWHERE = 20  # that of parts of words that are too short to be looked up
_COMMON = (4,)  # that of codes
_OF_ROWS = frozenset({"of_few", "sorted_few", "sorted_rows", "walk_token", "walk_tokens", "walk_token_of_owners"})
_R, _FEW = Raw("r"), Raw("few")
# What is found by an index whose use depends on the values: by tokens of all kinds, by the time of the last change.
_BY_VALUE = re.compile(r" && |r\.last_updated [<>]")


@dataclass
class Ready:
    """A statement that can be run. steady: one plan is good for any values; else it depends on what they fit."""

    sql: str
    values: list[Any]
    steady: bool = True


@dataclass(frozen=True, kw_only=True)
class Compiler:
    """Compiles one search of one type.

    scopes    "" of the hits, and by type of all that is passed
    authored  each hit tells who wrote it: citizens are shown their own words whole
    """

    asked: Asked
    scopes: Mapping[str, Scope]
    ids: Ids
    hasher: Hasher
    now: datetime
    authored: bool = False

    @cached_property
    def scope(self) -> Scope:
        return self.scopes[""]

    def page(self) -> Ready:
        """Return the statement of one page: one more hit than asked for, to know whether there is a next page."""
        return _Page(self, Statement()).ready()

    def total(self) -> Ready:
        """Return the statement that counts every hit."""
        statement = Statement()
        conditions, best = self.conditions(statement), self.best
        if self.by_owners and (best is None or best[0] in (*_COMMON, *_STRINGS) or best[0] >= _BROAD):
            return self._total_of_owners(statement, conditions)
        rows = self.best_rows(conditions)
        statement.found = rows is not None
        if rows is None:
            where = Raw(self.where(statement, self.met(statement, conditions), "first"))
            text = statement.text(SQL.total, where=where)
            return Ready(text, statement.values, steady=not _BY_VALUE.search(text))
        of = {"rows": Raw(rows[1]), "mine": self.mine(statement, Raw("d"), "row")}
        if self._told_by_rows:
            return Ready(statement.text(SQL.total_of_rows, **of), statement.values)
        where = Raw(self.where(statement, self.met(statement, conditions), self.by_found))
        return Ready(statement.text(SQL.total_of_found, type=self.code, where=where, **of), statement.values)

    def _total_of_owners(self, statement: Statement, conditions: Conditions) -> Ready:
        statement.found = True
        owners, tokens = self.scope.listed, self.hot_tokens
        if tokens and self._told_by_rows:
            asked = {"tokens": tokens_of(tokens), "wholes": wholes_of(tokens), "type": self.code}
            return Ready(statement.text(SQL.total_of_hot, owners=owners, **asked), statement.values)
        where = Raw(self.where(statement, self.met(statement, conditions), "list"))
        return Ready(statement.text(SQL.total_of_owners, owners=owners, where=where), statement.values)

    @property
    def _told_by_rows(self) -> bool:
        """Tell whether the rows of the only condition are all hits, whatever else stands in the resources."""
        everybody = self.scope.owners is None and self.scope.persons and self.scope.commons == "all"
        return self.exact and not self.scope.items and self.scope.narrowed is None and (self.by_owners or everybody)

    @property
    def exact(self) -> bool:
        """Tell whether the rows of the only condition, or its tokens, are of nothing but what meets it."""
        only = len(self.asked.conditions) == 1 and isinstance(self.asked.conditions[0], Criterion)
        return only and not self.is_composite

    @property
    def code(self) -> int:
        return types.code_of(self.asked.type)

    def conditions(self, statement: Statement) -> Conditions:
        return Conditions(statement=statement, scopes=self.scopes, ids=self.ids, hasher=self.hasher, now=self.now)

    @cached_property
    def _looking(self) -> Conditions:
        """The conditions where it is only asked about them, and nothing is written."""
        return self.conditions(Statement())

    def met(self, statement: Statement, conditions: Conditions) -> str:
        """Return what is asked for, without whose it is."""
        return all_of(conditions.question(one, _R) for one in self.asked.conditions)

    def where(self, statement: Statement, met: str, by: By) -> str:
        """Return what a resource must meet. by: what its owner is compared with, see Statement."""
        parts = [
            statement.put("in_type", r=_R, among=statement.among((self.asked.type,))),
            *statement.scope(self.scope, _R, by),
        ]
        return all_of([*parts, met])

    @cached_property
    def best(self) -> tuple[int, Condition] | None:
        """The condition that is likely to have fewest rows, and how good it is; None: none has rows."""
        ranked = [(rank, n) for n, one in enumerate(self.asked.conditions)
                  if (rank := self._looking.rank(one, self.asked.type)) is not None]  # fmt: skip
        return (min(ranked)[0], self.asked.conditions[min(ranked)[1]]) if ranked else None

    @property
    def narrow(self) -> bool:
        """Tell whether that condition is for one number or one day only."""
        if self.best is None or not isinstance(best := self.best[1], Criterion) or best.modifier:
            return False
        if best.parameter.kind != "composite":
            return all(narrow(best.parameter.kind, value) for value in best.values)
        return len(best.values) == 1 and all(
            any(narrow(part.parameter.kind, text) for part, text in zip(group.parts, texts, strict=False))
            for texts in [split(best.values[0], "$")] for group in best.parameter.groups
        )  # fmt: skip

    def best_rows(self, conditions: Conditions) -> Rows | None:
        """Return the rows of that condition; of short parts of words only where all must be looked at anyway."""
        if self.best is None or (self.by_owners and self.best[0] >= _ANYWHERE):
            return None
        return conditions.rows(self.best[1], self.asked.type)

    def rows_of_codes(self, conditions: Conditions) -> Rows | None:
        """Return the rows of the only condition when it is for codes that have no rows of their own.

        Which resources have them is told by an index from which none comes before all are found: in order, those that
        many have are met soon.
        """
        if self.scope.owners is not None or self.scope.narrowed is not None or len(self.asked.conditions) != 1:
            return None
        return conditions.rows_of_codes(self.asked.conditions[0], self.asked.type)

    @property
    def by_owners(self) -> bool:
        """Tell whether all hits stand in the records of persons who are listed."""
        return self.scope.persons and self.scope.owners is not None and not self.scope.commons

    @property
    def most_rows(self) -> int:
        """Return how many rows are collected at most: of few persons one each is walked as cheaply as twice as many.

        Rounded, so that statements are the same for circles of about one size.
        """
        if not (self.by_owners and self.asked.type == "Patient"):
            return MOST_ROWS
        return min(MOST_ROWS, 2 << len(self.scope.owners or ()).bit_length())

    @property
    def by_found(self) -> By:
        """What the owners of resources are compared with that are looked up for rows which `mine` has let through."""
        return "list" if self.by_owners else "row"

    def mine(self, statement: Statement, row: Raw, by: By) -> Raw:
        """Return whose a row that was collected must be, so that nothing is looked up of strangers."""
        return Raw((statement.owners(self.scope, row, by) if self.by_owners or self._told_by_rows else "") or "true")

    def cursor(self, row: Any) -> str:
        """Return where the page after `row` begins, as opaque text."""
        return cursors.written([spelled(row[key.name]) for key in _Page(self, Statement()).keys])

    @cached_property
    def hot_tokens(self) -> list[Hot]:
        """Return the codes of the only condition, when each has btree rows of its own; they are few."""
        if len(self.asked.conditions) != 1:
            return []
        found = self._looking.hot(self.asked.conditions[0], self.asked.type)
        return sorted(set(found)) if len(found) <= MANY else []

    @property
    def is_composite(self) -> bool:
        return any(isinstance(c, Criterion) and c.parameter.kind == "composite" for c in self.asked.conditions)


class _Page:
    """The statement of one page under construction."""

    def __init__(self, compiler: Compiler, statement: Statement) -> None:
        self.of, self.statement, self.conditions = compiler, statement, compiler.conditions(statement)
        self.asked, self.scope = compiler.asked, compiler.scope
        self.sorted = bool(self.asked.sort) or self._one_owner()
        self.keys = self._keys()

    def _one_owner(self) -> bool:
        scope = self.scope
        return scope.persons and not scope.commons and scope.owners is not None and len(scope.owners) == 1

    def _keys(self) -> list[Key]:
        if self.asked.sort:
            return [self._key(n, sort) for n, sort in enumerate(self.asked.sort)] + [Key("id", "r.id")]
        if self._one_owner():
            return [Key("sort_date", "r.sort_date", descending=True, kind="date"), Key("id", "r.id")]
        return [Key("owner", "r.owner", kind="integer"), Key("id", "r.id")]

    def _key(self, n: int, sort: Sort) -> Key:
        put, way = self.statement.put, "down" if sort.descending else "up"
        if sort.parameter is None:
            column = {"_lastUpdated": "key_updated", "_id": "key_id"}[sort.name]
            kind = "date" if sort.name == "_lastUpdated" else "text"
            return Key(f"k{n}", put(column), sort.descending, kind)
        kind = {"quantity": "number"}.get(sort.parameter.kind, sort.parameter.kind)
        slots = [slot.id for slot in sort.parameter.slots]
        targets = [types.code_of(name) for name in sort.parameter.targets if types.is_type(name)]
        text = put(f"key_{kind}_{way}", slots=slots, types=[0, *targets])
        return Key(f"k{n}", text, sort.descending, kind if kind in ("date", "number") else "text")

    @cached_property
    def met(self) -> str:
        return self.of.met(self.statement, self.conditions)

    def ready(self) -> Ready:
        self.after = self._cursor()
        by_tokens = bool(self.of.hot_tokens) and not self.of.by_owners and not self.sorted
        ranked = None
        if not self._one_owner() and (not by_tokens or self.of.is_composite):
            ranked = self.of.best_rows(self.conditions)
            ranked = ranked or (None if self.sorted else self.of.rows_of_codes(self.conditions))
        rows = ranked[1] if ranked else None
        by_other = by_tokens or (rows is not None and self.of.exact)
        self.statement.found = self._one_owner() or self.of.by_owners or by_other
        found = self._sorted(rows) if self.sorted else self._walked(rows, broad=self._broad(ranked))
        text = self._text("page", found=Raw(found), more=Raw("".join(f", r.{name}" for name in self._more())))
        return Ready(text, self.statement.values, steady=self.statement.found or not _BY_VALUE.search(text))

    def _broad(self, rows: Rows | None) -> bool:
        """Tell whether these rows may well be many."""
        if rows is None or self.of.narrow or not all(isinstance(c, Criterion) for c in self.asked.conditions):
            return False
        return rows[0] >= _BROAD or rows[0] in _STRINGS or (self.of.by_owners and rows[0] in _COMMON)

    def _more(self) -> list[str]:
        """Return what each hit tells besides: the keys of the order, and what it is judged by where it must be."""
        judged = ["sort_date", "unit", "author"] if self.scope.partly else ["author"] if self.of.authored else []
        keys = [key.name for key in self.keys if key.name not in ("owner", "id", *judged)]
        return [*judged, *keys]

    def _text(self, fragment: str, *, after: str = "true", by: By = "row", most: int = 0, **more: Any) -> str:
        order = ", ".join(f"{key.name}{' DESC' if key.descending else ''}" for key in self.keys)
        keys = [f"{key.sql} AS {key.name}" for key in self.keys if key.name.startswith("k")] or ["1 AS k"]
        where = ""
        if ":where" in getattr(SQL, fragment):
            met = "true" if self.of.exact and fragment in _OF_ROWS else self.met
            where = self.of.where(self.statement, met, by)
        given = {
            "where": Raw(where), "order": Raw(order), "keys": Raw(", ".join(keys)), "after": Raw(after),
            "limit": Raw(str(self.asked.count + 1)), "most": Raw(str(most or self.of.most_rows)),
            "type": Raw(str(self.of.code)),
        }  # fmt: skip
        return self.statement.put(fragment, **given, **more)

    def _sorted(self, rows: str | None) -> str:
        after = self._after("h") if self.after else "true"
        if rows is None:
            return self._text("sorted", after=after, by="first")
        few = self._few("sorted_few", after=after)
        if self.asked.sort[0].parameter is None:  # by a column
            walk = self._text("sorted", after=after, by="first")
        else:
            walk = self._text("sorted_rows", after=after, rows=Raw(rows))
        return self._text("either", whose=self._whose(), rows=Raw(rows), of=Raw(few), walk=Raw(walk))

    def _few(self, fragment: str, *, after: str) -> str:
        """Return the resources of the rows that were collected."""
        return self._text(fragment, after=after, by=self.of.by_found, mine=self.of.mine(self.statement, _FEW, "few"))

    def _whose(self) -> Raw:
        """Return the list of owners, once for the whole statement; nothing where there is none."""
        return Raw(self.statement.put("whose", owners=self.scope.listed) if self.of.by_owners else "")

    def _walked(self, rows: str | None, *, broad: bool) -> str:
        tokens = self.of.hot_tokens
        if self.of.by_owners:
            walk = self._by_owner(tokens, "walk_owners", "walk_token_of_owners")
        elif tokens:
            walk = self._by_tokens(tokens)
        else:
            walk = self._text("walk_all", after=self._after("r") if self.after else "true")
        if rows is None:
            return walk
        few = self._few("of_few", after=self._after("few") if self.after else "true")
        parts: dict[str, Any] = {"whose": self._whose(), "rows": Raw(rows), "of": Raw(few), "walk": Raw(walk)}
        if not broad or (head := self._head(tokens)) is None:
            return self._text("either", **parts)
        limit = self.asked.count + 1
        soon = Raw(str(min(limit, limit * most // SOON) if (most := self._head_most(tokens)) >= HEAD else limit))
        return self._text("at_once", head=Raw(head), soon=soon, by="list" if self.of.by_owners else "row", **parts)

    def _head(self, tokens: list[Hot]) -> str | None:
        """Return the first resources that are walked, be they hits or not; None: there is no such order."""
        if self.of.by_owners:
            return self._by_owner(tokens, "head_owners", "head_token_of_owners")
        if len(tokens) > 1:
            return None
        fragment, alias = ("head_token", "s") if tokens else ("head_all", "r")
        given = self._named(tokens[0]) if tokens else {}
        most = self._head_most(tokens)
        return self._text(fragment, after=self._after(alias) if self.after else "true", most=most, **given)

    def _named(self, way: Hot) -> dict[str, Any]:
        """Return what the rows of one code are found by."""
        named = self.statement.put("of_system", whole=way.whole, type=self.of.code) if way.whole else "true"
        return {"token": way.token, "named": Raw(named)}

    def _head_most(self, tokens: list[Hot]) -> int:
        most = HEAD_OF_CODED if self.of.is_composite and not tokens else HEAD
        return HEAD_OF_STRINGS if self.of.best and self.of.best[0] in _STRINGS else most

    def _by_tokens(self, tokens: list[Hot]) -> str:
        after = self._after("s") if self.after else "true"
        if len(tokens) == 1:
            return self._text("walk_token", after=after, **self._named(tokens[0]))
        return self._text("walk_tokens", tokens=tokens_of(tokens), wholes=wholes_of(tokens), after=after)

    def _by_owner(self, tokens: list[Hot], plain: str, of_token: str) -> str:
        """Return the resources of one owner after the other, those of one token by `of_token`."""
        owners, listed, after, by_token = self.scope.owners or (), self.scope.listed, "true", len(tokens) == 1
        if self.after:
            owners = tuple(owner for owner in owners if owner >= self.after[0])
            listed, after = literal(owners), self._after("s" if by_token else "r")
        given: dict[str, Any] = {"owners": listed, "foremost": literal(owners[:HEAD_OF_PERSONS])}
        if by_token:
            given |= self._named(tokens[0])
        fragment = of_token if by_token else plain
        return self._text(fragment, after=after, by="list", most=self._head_most(tokens), **given)

    def _cursor(self) -> list[Any]:
        if self.asked.after is None:
            return []
        values = cursors.read(self.asked.after, list[str])
        try:
            return [key.read(value) for key, value in zip(self.keys, values, strict=True)]
        except (ValueError, ArithmeticError):
            raise Refused("AK-S002", name="_after") from None

    def _after(self, alias: str) -> str:
        """Return the condition that begins after the cursor: each key in order, in its own direction."""
        marks = [self.statement.text(":v", v=value) for value in self.after]
        names = [f"{alias}.{key.name}" for key in self.keys]
        if not any(key.descending for key in self.keys):
            return f"({', '.join(names)}) > ({', '.join(marks)})"
        signs = ["<" if key.descending else ">" for key in self.keys]
        steps = []
        for last in range(len(names)):
            equal = [f"{name} = {mark}" for name, mark in zip(names[:last], marks, strict=False)]
            steps.append(" AND ".join([*equal, f"{names[last]} {signs[last]} {marks[last]}"]))
        return f"{names[0]} {signs[0]}= {marks[0]} AND {any_of(steps)}"
