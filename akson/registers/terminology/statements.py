"""One statement put together from fragments of composing.sql; values travel as parameters only."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from akson.base.queries import queries

SQL = queries(__file__, "composing.sql")
_NAMED = re.compile(r"(?<!:):([a-z]+)\b")


@dataclass(frozen=True)
class Raw:
    """A piece of SQL that came from composing.sql itself."""

    text: str


@dataclass
class Statement:
    """A statement under construction; a value given twice to one fragment is one parameter."""

    values: list[Any] = field(default_factory=list)

    def put(self, fragment: str, **given: Any) -> str:
        """Return the named fragment with its values as numbered parameters."""
        places: dict[str, str] = {}

        def numbered(match: re.Match[str]) -> str:
            name = match.group(1)
            if name not in given:
                return match.group(0)
            value = given[name]
            if isinstance(value, Raw):
                return value.text
            if name not in places:
                self.values.append(value)
                places[name] = f"${len(self.values)}"
            return places[name]

        return _NAMED.sub(numbered, getattr(SQL, fragment))

    def statement(self, name: str, *, count: int | None = None, codes: list[str] | None = None, **given: Any) -> str:
        """Return a whole statement: texts given are pieces of SQL, everything else values."""
        pieces = {key: Raw(value) if isinstance(value, str) else value for key, value in given.items()}
        more = {key: value for key, value in (("count", count), ("codes", codes)) if value is not None}
        return self.put(name, **pieces, **more)


def every(parts: Iterable[str]) -> str:
    """Return the conjunction."""
    return " AND ".join(f"({part})" for part in parts) or SQL.everything


def some(parts: Iterable[str]) -> str:
    """Return the disjunction."""
    return " OR ".join(f"({part})" for part in parts) or SQL.nothing


def without(condition: str) -> str:
    """Return the negation."""
    return f"NOT COALESCE(({condition}), FALSE)"
