"""Statements put together from the fragments of search.sql; values travel as parameters only."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import Any, Final, Literal

import msgspec

from akson.base.arrays import literal
from akson.base.queries import queries
from akson.fhir import types
from akson.record.narrowing import Alternatives

SQL = queries(__file__, "search.sql")
# Numbers that are ours, not the asker's: in the text of the statement, so that it is planned for them.
_OURS = {"slots": "integer", "types": "smallint", "type": "smallint"}
# Owners are compared with each row, or with each of few, or are what rows are found by, or are it already.
By = Literal["row", "few", "first", "list"]
_ALLOWED = {"row": "allowed", "few": "allowed_in", "first": "allowed_first"}
_LEFT: Final = object()  # a name that is not given stays as it is
_NAMED = re.compile(r"(?<!:):([a-z]+)\b")


@lru_cache(maxsize=1024)
def _parts(fragment: str) -> tuple[str, ...]:
    """Return a fragment of search.sql as text and names in turns; it begins and ends with text."""
    return tuple(_NAMED.split(fragment))


class Raw(msgspec.Struct, frozen=True):
    """A piece of SQL that came from search.sql itself."""

    text: str


@dataclass(frozen=True, kw_only=True)
class Scope:
    """Which owners the actor may see hits of.

    owners   persons whose records are open, in order; None: all but the denied
    persons  persons' resources are searched at all
    commons  what belongs to nobody: "" none of it, "unit" what `unit` has written, "all"
    items    ids that a block or a mark keeps from the actor
    partly   persons of whom a block or a mark may keep a part, where it was not asked which: each hit of theirs must be
    """

    owners: tuple[int, ...] | None = None
    denied: tuple[int, ...] = ()
    items: tuple[str, ...] = ()
    partly: frozenset[int] = frozenset()
    persons: bool = True
    commons: str = ""
    unit: int = 0
    narrowed: Alternatives | None = None  # what of the type the actor's token gives

    @cached_property
    def listed(self) -> str:
        """Return the owners as PostgreSQL writes an array."""
        return _listed(self.owners or ())

    @property
    def empty(self) -> bool:
        """Tell whether nothing can be found."""
        return not self.commons and (not self.persons or self.owners == ())


@lru_cache(maxsize=64)
def _listed(owners: tuple[int, ...]) -> str:
    """Return some owners as an array: of a thousand, the same ones are asked about again and again."""
    return literal(owners)


@dataclass
class Statement:
    """A statement under construction.

    found   resources are found by other ways than the index on tokens
    passed  how many times it passes from one resource to others
    """

    values: list[Any] = field(default_factory=list)
    found: bool = False
    passed: int = 0
    _places: dict[int, int] = field(default_factory=dict)  # of texts among the values, by identity: they stay as long
    _kept: dict[tuple[str, ...], tuple[str, str]] = field(default_factory=dict)  # of types asked at once

    def put(self, fragment: str, **given: Any) -> str:
        """Return the named fragment with its values as numbered parameters."""
        return self.text(
            getattr(SQL, "any_token_here" if self.found and fragment == "any_token" else fragment), **given
        )

    def text(self, text: str, **given: Any) -> str:
        parts, numbered = list(_parts(text)), dict[str, str]()
        for at in range(1, len(parts), 2):
            name = parts[at]
            if (written := numbered.get(name)) is None:
                value = given.get(name, _LEFT)
                written = value.text if type(value) is Raw else self._written(name, value)
                numbered[name] = written
            parts[at] = written
        return "".join(parts)

    def _written(self, name: str, value: Any) -> str:
        """Return a value as it stands in the text: as a number of ours, or as a parameter."""
        if value is _LEFT:
            return f":{name}"
        if name in _OURS:
            return str(value) if isinstance(value, int) else f"'{{{','.join(map(str, value))}}}'::{_OURS[name]}[]"
        if isinstance(value, str):
            if (
                number := self._places.get(id(value))
            ) is not None:  # such as whose records they are: long, and sent once
                return f"${number}"
            self._places[id(value)] = len(self.values) + 1
        self.values.append(value)
        return f"${len(self.values)}"

    def alias(self) -> Raw:
        """Return a name for what is passed to."""
        self.passed += 1
        return Raw(f"t{self.passed}")

    def among(self, names: Sequence[str]) -> Raw:
        """Return that a type is one of these."""
        codes = [types.code_of(name) for name in names]
        return Raw(self.put("one_of", types=codes) if len(codes) > 1 else self.put("one_is", type=codes[0]))

    def scope(self, scope: Scope, r: Raw, by: By = "row") -> list[str]:
        """Return what a resource must meet to be in `scope`."""
        parts = [self.owners(scope, r, by)]
        if scope.items:
            parts.append(self.put("not_items", r=r, items=list(scope.items)))
        return [part for part in [*parts, self._narrowed(scope, r)] if part]

    def within(self, scopes: Mapping[str, Scope], names: tuple[str, ...], r: Raw) -> list[str]:
        """Return what a resource of one of these types must meet to be in the scope of its own.

        What is kept from the actor is asked for at once, so that the statement grows by none of it.
        """
        if len(names) == 1:
            return self.scope(scopes[names[0]], r)
        alike: list[tuple[Scope, list[str]]] = []
        for name in names:
            whole = replace(scopes[name], items=())
            if (known := next((types_ for one, types_ in alike if one == whole), None)) is None:
                alike.append((whole, known := []))
            known.append(name)
        each = [[self.put("type_is", r=r, among=self.among(types_)), *self.scope(one, r)] for one, types_ in alike]
        parts = each[0][1:] if len(each) == 1 else [any_of(all_of(one) for one in each)]
        return [*parts, *self._not_kept(scopes, names, r)]

    def _not_kept(self, scopes: Mapping[str, Scope], names: tuple[str, ...], r: Raw) -> list[str]:
        """Return that it is nothing kept from the actor: an id is one within its type only."""
        if names not in self._kept:
            kept = [(types.code_of(name), item) for name in names for item in scopes[name].items]
            self._kept[names] = literal([code for code, _ in kept]), literal([item for _, item in kept])
        kinds, items = self._kept[names]
        return [self.put("not_items_of", r=r, kinds=kinds, items=items)] if items != "{}" else []

    def _narrowed(self, scope: Scope, r: Raw) -> str:
        """Return what the actor's token gives of the type; nothing where it gives all."""
        if scope.narrowed is not None:
            return any_of(["false", *(self._all_met(asked, r) for asked in scope.narrowed)])
        return ""

    def _all_met(self, asked: Iterable[tuple[int, ...]], r: Raw) -> str:
        return all_of(self.put("any_token", r=r, tokens=list(tokens)) for tokens in asked)

    def owners(self, scope: Scope, r: Raw, by: By = "row") -> str:
        """Return whose a row must be."""
        common = {"": "", "all": "of_nobody", "unit": "of_unit"}[scope.commons]
        nobody = self.put(common, r=r, unit=scope.unit) if common else ""
        if not scope.persons:
            return nobody or "false"
        if scope.owners is not None:
            one = self._allowed(scope, r, "row" if nobody else by)
        else:
            one = self.put("not_denied", r=r, owners=_listed(scope.denied)) if scope.denied else ""
            if scope.commons == "all":
                return one
            one = " AND ".join(filter(None, (self.put("of_persons", r=r), one)))
        return any_of([one, nobody]) if nobody else one

    def _allowed(self, scope: Scope, r: Raw, by: By) -> str:
        owners = scope.owners or ()
        if by == "list":
            return ""
        if len(owners) == 1:
            return self.put("allowed_one", r=r, owner=owners[0])
        return self.put(_ALLOWED[by], r=r, owners=scope.listed)


def any_of(parts: Iterable[str]) -> str:
    """Return the parts joined by OR, in brackets."""
    return "(" + " OR ".join(f"({part})" for part in parts) + ")"


def all_of(parts: Iterable[str]) -> str:
    """Return the parts joined by AND."""
    return " AND ".join(parts) or "true"
