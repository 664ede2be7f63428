"""From criteria to one statement, put together from the fragments of search.sql; values travel as parameters only."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from akson.base.errors import Refused
from akson.base.ids import Ids
from akson.base.queries import queries
from akson.fhir import search as extraction
from akson.fhir import types
from akson.record.search.asking import Asked, Criterion, Sort, moment, number, split, unescape
from akson.record.values import HOT, Hasher

SQL = queries(__file__, "search.sql")
_NAMED = re.compile(r"(?<!:):([a-z]+)\b")


@dataclass(frozen=True, kw_only=True)
class Scope:
    """Which owners the actor may see hits of; None: all but the denied."""

    owners: list[int] | None = None
    denied: list[int] = field(default_factory=list)
    items: list[str] = field(default_factory=list)
    nobody: bool = False  # only what belongs to no person


@dataclass
class Statement:
    """A statement under construction."""

    values: list[Any] = field(default_factory=list)

    def put(self, fragment: str, **given: Any) -> str:
        """Return the named fragment with its values as numbered parameters."""
        return self.text(getattr(SQL, fragment), **given)

    def text(self, text: str, **given: Any) -> str:
        def numbered(match: re.Match[str]) -> str:
            name = match.group(1)
            if name not in given:
                return match.group(0)
            value = given[name]
            if isinstance(value, Raw):
                return value.text
            self.values.append(value)
            return f"${len(self.values)}"

        return _NAMED.sub(numbered, text)


@dataclass(frozen=True)
class Raw:
    """A piece of SQL that came from search.sql itself."""

    text: str


@dataclass(frozen=True, kw_only=True)
class Compiler:
    """Compiles one search; `ids` and `hasher` are the installation's."""

    asked: Asked
    scope: Scope
    ids: Ids
    hasher: Hasher

    def page(self) -> Ready:
        """Return the statement of one page: one more hit than asked for, to know whether there is a next page."""
        statement = Statement()
        where = self._where(statement)
        sort = self._sort()
        keys = [self._key(statement, one) for one in sort]
        after = self._after(statement, sort)
        order = ", ".join([f"k{n}{' DESC' if one.descending else ''}" for n, one in enumerate(sort)] + ["id"])
        statement_text = statement.text(
            SQL.page,
            where=Raw(where),
            keys=Raw(", ".join(f"{key} AS k{n}" for n, key in enumerate(keys))),
            after=Raw(after),
            order=Raw(order),
            names=Raw(", ".join(f"k{n}" for n in range(len(keys)))),
            limit=self.asked.count + 1,
        )
        return Ready(values=statement.values, sql=statement_text)

    def total(self) -> Ready:
        """Return the statement that counts every hit."""
        statement = Statement()
        where = self._where(statement)
        return Ready(values=statement.values, sql=statement.text(SQL.total, where=Raw(where)))

    def cursor(self, row: Any) -> str:
        """Return where the page after `row` begins, as opaque text."""
        keys = [
            str(row[f"k{n}"]) if not isinstance(row[f"k{n}"], datetime) else row[f"k{n}"].isoformat()
            for n in range(len(self._sort()))
        ]
        return base64.urlsafe_b64encode(msgspec.json.encode([*keys, row["id"]])).decode().rstrip("=")

    def _where(self, statement: Statement) -> str:
        type_ = types.code_of(self.asked.type)
        parts = [statement.put("in_type", type=type_), *self._allowed(statement)]
        for ids in self.asked.ids:
            parts.append(statement.put("by_id", ids=list(ids)))
        for intervals in self.asked.updated:
            parts.append(_any(statement.put(f"updated_{sign}", low=low, high=high) for sign, low, high in intervals))
        parts += [self._criterion(statement, criterion) for criterion in self.asked.criteria]
        return " AND ".join(parts)

    def _allowed(self, statement: Statement) -> list[str]:
        scope = self.scope
        parts = [statement.put("allowed", owners=scope.owners)] if scope.owners is not None else []
        if scope.nobody:
            parts.append(statement.put("of_nobody"))
        if scope.denied:
            parts.append(statement.put("not_denied", owners=scope.denied))
        if scope.items:
            parts.append(statement.put("not_items", items=scope.items))
        return parts

    def _criterion(self, statement: Statement, criterion: Criterion) -> str:
        by_kind = {
            "token": self._token,
            "uri": self._uri,
            "string": self._string,
            "reference": self._reference,
            "date": self._date,
            "number": self._number,
            "quantity": self._number,
        }
        return by_kind[criterion.parameter.kind](statement, criterion)

    def _token(self, statement: Statement, criterion: Criterion) -> str:
        type_, param = types.code_of(self.asked.type), criterion.parameter.id
        hashes = []
        for value in criterion.values:
            parts = [unescape(part) for part in split(value, "|")]
            if len(parts) > 2 or not any(parts):
                raise Refused("AK-S002", name=criterion.parameter.name)
            system, code = (None, parts[0]) if len(parts) == 1 else (parts[0], parts[1] or None)
            hashes.append(self.hasher.token(type_, param, system, code))
        hot = criterion.parameter.name in HOT and (self.scope.owners is None or len(self.scope.owners) > 1)
        asks_codes = all(not value.endswith("|") for value in criterion.values)
        return statement.put("hot_tokens" if hot and asks_codes else "tokens", tokens=hashes)

    def _uri(self, statement: Statement, criterion: Criterion) -> str:
        type_, param = types.code_of(self.asked.type), criterion.parameter.id
        hashes = [self.hasher.token(type_, param, None, unescape(value)) for value in criterion.values]
        return statement.put("tokens", tokens=hashes)

    def _string(self, statement: Statement, criterion: Criterion) -> str:
        parts = []
        for value in criterion.values:
            folded = extraction.normalise(unescape(value))
            if criterion.modifier == "contains":
                parts.append(statement.put("string_contains", part=folded))
            else:
                parts.append(statement.put("string_begins", low=folded, high=folded + "\U0010ffff\x01"))
        return self._exists(statement, "string", criterion, parts)

    def _reference(self, statement: Statement, criterion: Criterion) -> str:
        targets = [criterion.modifier] if criterion.modifier else list(criterion.parameter.targets)
        parts = []
        for value in criterion.values:
            type_, _, id_ = value.rpartition("/")
            if "://" in value or value.startswith("urn:"):
                wanted, target = [0], value
            elif type_ and (not types.is_type(type_) or type_ not in targets):
                raise Refused("AK-S002", name=criterion.parameter.name)
            else:
                wanted, target = [types.code_of(name) for name in ([type_] if type_ else targets)], id_
            parts.append(statement.put("reference_is", target=target, types=wanted))
        return self._exists(statement, "reference", criterion, parts)

    def _date(self, statement: Statement, criterion: Criterion) -> str:
        parts = []
        for value in criterion.values:
            prefix, low, high = moment(criterion.parameter.name, value)
            parts.append(statement.put(f"range_{prefix}", low=low, high=high))
        return self._exists(statement, "date", criterion, parts)

    def _number(self, statement: Statement, criterion: Criterion) -> str:
        """Numbers, and quantities `[prefix]number[|system|code]`; each unit is its own question."""
        parts = []
        for value in criterion.values:
            amount, *unit = [unescape(part) for part in split(value, "|")]
            prefix, low, high = number(criterion.parameter.name, amount)
            units = [self._unit(criterion, unit)]
            any_ = statement.put(f"range_{prefix}", low=low, high=high)
            parts.append(statement.put("number", param=criterion.parameter.id, units=units, any=Raw(any_)))
        return _any(parts)

    def _unit(self, criterion: Criterion, unit: list[str]) -> int:
        if not unit:
            return 0
        if criterion.parameter.kind != "quantity" or len(unit) != 2 or not unit[1]:
            raise Refused("AK-S002", name=criterion.parameter.name)
        return self.hasher.unit(unit[0] or None, unit[1])

    def _exists(self, statement: Statement, fragment: str, criterion: Criterion, parts: list[str]) -> str:
        return statement.put(fragment, param=criterion.parameter.id, any=Raw(_any(parts)))

    def _sort(self) -> list[Sort]:
        return self.asked.sort or [Sort(name="_lastUpdated", descending=True)]

    def _key(self, statement: Statement, sort: Sort) -> str:
        if sort.parameter is None:
            return statement.put({"_lastUpdated": "key_updated", "_id": "key_id"}[sort.name])
        kind = {"quantity": "number"}.get(sort.parameter.kind, sort.parameter.kind)
        return statement.put(f"key_{kind}_{'down' if sort.descending else 'up'}", param=sort.parameter.id)

    def _after(self, statement: Statement, sort: list[Sort]) -> str:
        """Return the condition that begins after the cursor: (k0, k1 ..., id) in order, each in its own direction."""
        if self.asked.after is None:
            return "true"
        values = self._read_cursor(sort)
        marks = [statement.text(":v", v=value) for value in values]
        names = [f"h.k{n}" for n in range(len(sort))] + ["h.id"]
        signs = ["<" if one.descending else ">" for one in sort] + [">"]
        steps = []
        for last in range(len(names)):
            equal = [f"{name} = {mark}" for name, mark in zip(names[:last], marks, strict=False)]
            steps.append(" AND ".join([*equal, f"{names[last]} {signs[last]} {marks[last]}"]))
        return f"{names[0]} {signs[0]}= {marks[0]} AND {_any(steps)}"

    def _read_cursor(self, sort: list[Sort]) -> list[Any]:
        try:
            text = base64.urlsafe_b64decode((self.asked.after or "") + "==")
            values = msgspec.json.decode(text, type=list[str])
            if len(values) != len(sort) + 1:
                raise ValueError
            return [_typed(one, value) for one, value in zip(sort, values[:-1], strict=True)] + [values[-1]]
        except (ValueError, ArithmeticError, msgspec.MsgspecError):
            raise Refused("AK-S002", name="_after") from None


@dataclass
class Ready(Statement):
    """A statement that can be run."""

    sql: str = ""


def _typed(sort: Sort, value: str) -> Any:
    if sort.name == "_lastUpdated" or (sort.parameter is not None and sort.parameter.kind == "date"):
        return datetime.fromisoformat(value)
    if sort.parameter is not None and sort.parameter.kind in ("number", "quantity"):
        return Decimal(value)
    return value


def _any(parts: Any) -> str:
    """Return the parts joined by OR, in brackets."""
    return "(" + " OR ".join(f"({part})" for part in parts) + ")"
