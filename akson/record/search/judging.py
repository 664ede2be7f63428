"""What is asked, judged about one resource by its search values: the same answer as a search, without one.

For subscriptions, which are asked of each version as it comes. What is not to be told from the resource alone is
refused beforehand: chains, lists, words, company.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from akson.base.errors import Refused
from akson.base.ids import Ids
from akson.fhir import search as extraction
from akson.fhir import types
from akson.fhir.parameters import Group, Parameter, Slot
from akson.fhir.values import EMITTERS
from akson.record.search import asked as a
from akson.record.search.conditions import Conditions
from akson.record.search.standing import TABLES, table_of
from akson.record.search.statement import Statement
from akson.record.search.values import moment, number, split, unescape
from akson.record.values import LONGEST, UCUM, Hasher, Values, addresses_above, in_base_units

Row = tuple[Any, ...]  # of Values: slot, group, and what the table holds
Test = Callable[[Row], bool]
_SPECIAL: Final = (
    "_sort",
    "_count",
    "_total",
    "_after",
    "_include",
    "_revinclude",
    "_has",
    "_list",
    "_text",
    "_content",
)
_ANY_GROUP: Final = -1


@dataclass(frozen=True, kw_only=True)
class Subject:
    """One version of a resource, as it is judged."""

    id: str
    updated: datetime
    values: Values


def refuse_unjudgeable(pairs: Iterable[tuple[str, str]]) -> None:
    """Raise Refused AK-S001 for the first parameter that the resource itself does not answer."""
    for name, _ in pairs:
        base = name.partition(":")[0]
        if base in _SPECIAL or "." in name or name.endswith(":identifier"):
            raise Refused("AK-S001", name=name)


@dataclass(frozen=True, kw_only=True)
class Judge:
    """Judges conditions that are understood. now: for `ap` of dates."""

    ids: Ids
    hasher: Hasher
    now: datetime

    def holds(self, conditions: Iterable[a.Condition], subject: Subject) -> bool:
        """Tell whether a resource meets all of them."""
        return all(self._holds(condition, subject) for condition in conditions)

    def refuse_unfit(self, conditions: Iterable[a.Condition], nothing: Subject) -> None:
        """Raise Refused for values that make no sense, which judging alone would tell of only once it meets them."""
        for condition in conditions:
            self._holds(condition, nothing)

    def _holds(self, condition: a.Condition, subject: Subject) -> bool:
        match condition:
            case a.Criterion():
                return self._criterion(condition, subject.values)
            case a.Ids():
                return subject.id in condition.values
            case a.Updated():
                here = (0, 0, subject.updated, subject.updated)
                return any(_dates(one)(here) for one in condition.moments)
        raise TypeError(condition)

    def _criterion(self, criterion: a.Criterion, values: Values) -> bool:
        if criterion.modifier == "missing":
            return self._missing(criterion, values)
        if criterion.parameter.kind == "composite":
            return any(self._composite(criterion.parameter, value, values) for value in criterion.values)
        return self._simple(criterion, criterion.parameter.slots, values, _ANY_GROUP)

    def _simple(self, criterion: a.Criterion, slots: Sequence[Slot], values: Values, group: int) -> bool:
        table = table_of(criterion)
        if table == "token":
            asked = self._conditions.tokens(criterion, slots)
            there: Any = (
                values.tokens if group == _ANY_GROUP else {token for of, token in values.grouped if of == group}
            )
            found = any(token in there for token in asked)
            return not found if criterion.modifier in ("not", "not-in") else found
        if table == "display":
            return self._displayed(criterion, slots, values)
        tests = self._tests(criterion, table)
        rows = [row for row in _rows(values, table, slots) if group in (_ANY_GROUP, row[1])]
        return any(test(row) for row in rows for test in tests)

    def _displayed(self, criterion: a.Criterion, slots: Sequence[Slot], values: Values) -> bool:
        beginnings = tuple(extraction.normalise(unescape(one))[:LONGEST] for one in criterion.values)
        wanted = {slot.id for slot in slots}
        return any(slot in wanted and value.startswith(beginnings) for slot, value, _ in values.displays)

    def _missing(self, criterion: a.Criterion, values: Values) -> bool:
        """Tell whether nothing stands there, or something does; see standing.py for what counts."""
        parameter = criterion.parameter
        if parameter.kind == "composite":
            found = any(self._all_there(group, values) for group in parameter.groups)
        else:
            found = self._there(parameter, parameter.slots, values)
        return found is (criterion.values[0] == "false")

    def _there(self, parameter: Parameter, slots: Sequence[Slot], values: Values) -> bool:
        if parameter.only:
            away = {self.hasher.pointing(slot.id, name) for slot in slots for name in parameter.only}
            codes = {types.code_of(name) for name in parameter.only}
            here = _rows(values, "reference", slots)
            return not away.isdisjoint(values.tokens) or any(row[2] in codes for row in here)
        if any(self.hasher.present(slot.id) in values.tokens for slot in slots):
            return True
        return (table := TABLES[parameter.kind]) != "token" and bool(_rows(values, table, slots))

    def _all_there(self, group: Group, values: Values) -> bool:
        fit = [(part, [s for s in part.slots if s.type in EMITTERS[part.parameter.kind]]) for part in group.parts]
        if not all(self._there(part.parameter, slots, values) for part, slots in fit if part.whole):
            return False
        inside = [{self.hasher.present(slot.id) for slot in slots} for part, slots in fit if not part.whole]
        return not inside or any(
            all(any((of, one) in values.grouped for one in wanted) for wanted in inside) for of in _groups(values)
        )

    def _composite(self, parameter: Parameter, value: str, values: Values) -> bool:
        texts = split(value, "$")
        for group in parameter.groups:
            if len(texts) != len(group.parts) or not all(texts):
                raise Refused("AK-S002", name=parameter.name)
            asked = [
                (part, self._component(part.parameter, text)) for part, text in zip(group.parts, texts, strict=True)
            ]
            each = [self._simple(one, part.slots, values, _ANY_GROUP) for part, one in asked]  # all are understood
            if not all(each):
                continue
            inside = [(one, part.slots) for part, one in asked if not part.whole]
            if not inside or any(
                all(self._simple(one, slots, values, of) for one, slots in inside) for of in _groups(values)
            ):
                return True
        return False

    def _component(self, parameter: Parameter, text: str) -> a.Criterion:
        moments = (moment(parameter.name, text, self.now),) if parameter.kind == "date" else ()
        return a.Criterion(parameter=parameter, values=(text,), moments=moments)

    def _tests(self, criterion: a.Criterion, table: str) -> list[Test]:
        match table:
            case "date":
                return [_dates(one) for one in criterion.moments]
            case "number":
                return [self._number(criterion.parameter, value) for value in criterion.values]
            case "reference":
                return [_reference(criterion, unescape(value)) for value in criterion.values]
        return [self._string(criterion, unescape(value)) for value in criterion.values]

    def _string(self, criterion: a.Criterion, raw: str) -> Test:
        folded = extraction.normalise(raw)
        match criterion.modifier:
            case "contains":
                return lambda row: folded in row[2]
            case "exact":
                exact = {slot.id: self.hasher.exact(slot.id, raw) for slot in criterion.parameter.slots}
                return lambda row: row[2] == folded[:LONGEST] and row[3] == exact.get(row[0])
            case "text" if criterion.parameter.kind == "string":
                return lambda row: all(f" {word}" in f" {row[2]}" for word in folded.split())
        return lambda row: row[2].startswith(folded[:LONGEST])

    def _number(self, parameter: Parameter, value: str) -> Test:
        """Numbers, and quantities `[prefix]number[|system|code]`."""
        amount, *unit = [unescape(part) for part in split(value, "|")]
        prefix, low, high = number(parameter.name, amount)
        if not unit or not any(unit):
            return lambda row: _in_range(prefix, low, high, row[2], row[3])
        if parameter.kind != "quantity" or len(unit) != 2 or not unit[1]:
            raise Refused("AK-S002", name=parameter.name)
        system, code = unit
        if not system:
            name = self.hasher.unit(None, code)
            return lambda row: name in (row[7], row[8]) and _in_range(prefix, low, high, row[2], row[3])
        base, bottom, top = self.hasher.unit(system, code), low, high
        if system == UCUM and (found := in_base_units(code, low, high)):
            named, bottom, top = found
            base = self.hasher.base(named)
        return lambda row: row[4] == base and _in_range(prefix, bottom, top, row[5], row[6])

    @property
    def _conditions(self) -> Conditions:
        return Conditions(statement=Statement(), scopes={}, ids=self.ids, hasher=self.hasher, now=self.now)


def _rows(values: Values, table: str, slots: Sequence[Slot]) -> list[Row]:
    tables: dict[str, Iterable[Row]] = {
        "string": values.strings, "reference": values.references, "date": values.dates, "number": values.numbers,
    }  # fmt: skip
    wanted = {slot.id for slot in slots}
    return [row for row in tables[table] if row[0] in wanted]


def _groups(values: Values) -> set[int]:
    kinds: tuple[Iterable[Row], ...] = (values.strings, values.references, values.dates, values.numbers)
    return ({of for of, _ in values.grouped} | {row[1] for rows in kinds for row in rows}) - {0}


def _reference(criterion: a.Criterion, value: str) -> Test:
    """Return whether a row points to what is asked for; see Conditions._references for what may be asked."""
    parameter, modifier = criterion.parameter, criterion.modifier
    targets = [modifier] if types.is_type(modifier) else list(parameter.targets)
    type_, _, id_ = value.partition("/_history/")[0].rpartition("/")
    if "://" in value or value.startswith("urn:"):
        given = addresses_above(value) if modifier == "above" else [value]
        ends = {one + end for one in given for end in ("", "/")} if modifier == "above" else set(given)
        return lambda row: row[2] == 0 and row[4] in ends
    if modifier in ("above", "below"):
        raise Refused("AK-S001", name=f"{parameter.name}:{modifier} of a place in this server")
    if type_ and (not types.is_type(type_) or type_ not in targets):
        raise Refused("AK-S002", name=parameter.name)
    codes = {types.code_of(name) for name in ([type_] if type_ else targets) if types.is_type(name)}
    return lambda row: row[4] == id_ and row[2] in codes


def _dates(asked: a.Interval) -> Test:
    prefix, low, high = asked
    return lambda row: _COMPARED[prefix](low, high, row[2], row[3])


_COMPARED: Final[dict[str, Callable[[Any, Any, datetime, datetime], bool]]] = {
    "eq": lambda low, high, first, last: first >= low and last <= high,
    "ne": lambda low, high, first, last: not (first >= low and last <= high),
    "gt": lambda _low, high, _first, last: last > high,
    "lt": lambda low, _high, first, _last: first < low,
    "ge": lambda low, high, first, last: last >= low and (last > high or first >= low),
    "le": lambda low, high, first, last: first <= high and (first < low or last <= high),
    "sa": lambda _low, high, first, _last: first > high,
    "eb": lambda low, _high, _first, last: last < low,
    "ap": lambda low, high, first, last: first <= high and last >= low,
}


def _in_range(prefix: str, low: Decimal, high: Decimal, first: Decimal, last: Decimal) -> bool:
    """Compare a number, or a stretch of numbers, as the fragments number_* of search.sql do."""
    exact = first == last
    match prefix:
        case "eq" | "ne":
            inside = first >= low and last < high and first < high
            return inside if prefix == "eq" else not inside
        case "gt":
            return first > high if exact else first < last and last > high
        case "ge":
            return first >= low if exact else first < last and last >= low
        case "lt":
            return first < low
        case "le":
            return first <= high
        case "sa":
            return first > high
        case "eb":
            return last < low
    return first <= high and last >= low
