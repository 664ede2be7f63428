"""What one row of the index must be to hold a value that is asked for: as hashes, or as SQL about the row `s`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from akson.base.arrays import literal
from akson.base.errors import Refused
from akson.fhir import search as extraction
from akson.fhir import types
from akson.fhir.parameters import Slot
from akson.fhir.values import split_reference
from akson.record.search import asked as a
from akson.record.search.standing import table_of
from akson.record.search.statement import Raw, Statement, any_of
from akson.record.search.values import number, split, unescape
from akson.record.values import LONGEST, UCUM, Hasher, Hot, addresses_above, in_base_units

_LETTERS = re.compile(r"[^\W_]{3}")
_SIGNS, _ESCAPED = re.compile(r"[\\%_]"), r"\\\g<0>"  # those of a pattern
_LAST = "\U0010ffff\x01"


@dataclass(frozen=True, kw_only=True)
class Values:
    """Writes the values of a criterion into one statement."""

    statement: Statement
    hasher: Hasher

    def tokens(self, criterion: a.Criterion, slots: Sequence[Slot]) -> list[int]:
        """Return the hashes of which a resource must have one."""
        if criterion.pairs is not None:
            return [self.hasher.token(s.id, system, code) for s in slots for system, code in criterion.pairs]
        return [one for slot in slots for value in criterion.values for one in self._hashes(criterion, slot.id, value)]

    def hot_ways(self, criterion: a.Criterion, slots: Sequence[Slot]) -> list[Hot]:
        """Return the same of codes that have rows of their own: none is asked for by its system only."""
        asked = criterion.pairs if criterion.pairs is not None else [_coded(criterion, one) for one in criterion.values]
        return [self.hasher.hot(slot.id, system, code or "") for slot in slots for system, code in asked]

    def _hashes(self, criterion: a.Criterion, slot: int, value: str) -> list[int]:
        if criterion.parameter.kind in ("uri", "reference") and criterion.modifier != "identifier":
            return self._addresses(criterion, slot, unescape(value))
        parts = [unescape(part) for part in split(value, "|")]
        if criterion.modifier == "of-type":
            if len(parts) != 3 or not parts[1] or not parts[2]:
                raise Refused("AK-S002", name=f"{criterion.parameter.name}:of-type")
            return [self.hasher.of_type(slot, parts[0] or None, parts[1], parts[2])]
        system, code = _coded(criterion, value)
        only = criterion.parameter.only if criterion.modifier == "identifier" else ()
        return [self.hasher.identified(slot, name, system, code) for name in only or (None,)]

    def _addresses(self, criterion: a.Criterion, slot: int, value: str) -> list[int]:
        if criterion.modifier == "below":
            return [self.hasher.below(slot, value.partition("|")[0])]
        if criterion.modifier == "above":
            return [self.hasher.token(slot, None, f"{one}{end}") for one in addresses_above(value) for end in ("", "/")]
        return [self.hasher.token(slot, None, value)]

    def _any(self, criterion: a.Criterion) -> str:
        """Return what one row, as `s`, must be."""
        return any_of(self._each(criterion))

    def _each(self, criterion: a.Criterion) -> Iterable[str]:
        """Return what one row, as `s`, may be."""
        write: Callable[[a.Criterion], Iterable[str]] = {
            "string": self._strings, "display": self._strings, "reference": self._references, "date": self._dates,
            "number": self._numbers,
        }[table_of(criterion)]  # fmt: skip
        return write(criterion)

    def _strings(self, criterion: a.Criterion) -> Iterable[str]:
        put = self.statement.put
        for value in criterion.values:
            raw = unescape(value)
            folded = extraction.normalise(raw)
            match criterion.modifier:
                case "contains":
                    yield put("string_contains", part=folded)
                case "exact":
                    hashes = [self.hasher.exact(slot.id, raw) for slot in criterion.parameter.slots]
                    yield any_of(put("string_is", value=folded[:LONGEST], exact=one) for one in hashes)
                case "text" if criterion.parameter.kind == "string":
                    yield put("string_has_words", words=folded.split())
                case _:
                    yield put("string_begins", low=folded[:LONGEST], high=folded[:LONGEST] + _LAST)

    def _references(self, criterion: a.Criterion) -> Iterable[str]:
        parameter, modifier = criterion.parameter, criterion.modifier
        targets = [modifier] if types.is_type(modifier) else list(parameter.targets)
        plain: list[str] = []
        for value in map(unescape, criterion.values):
            type_, _, id_ = value.partition("/_history/")[0].rpartition("/")
            if "://" in value or value.startswith("urn:"):
                given = addresses_above(value) if modifier == "above" else [value]
                given = [one + end for one in given for end in ("", "/")] if modifier == "above" else given
                if parameter.only:
                    given = [one for one in given if split_reference(one)[0] in (*parameter.only, None)]
                yield self.statement.put("reference_is", targets=given, types=[0])
            elif modifier in ("above", "below"):
                raise Refused("AK-S001", name=f"{parameter.name}:{modifier} of a place in this server")
            elif not type_:
                plain.append(id_)
            elif not types.is_type(type_) or (type_ not in targets):
                raise Refused("AK-S002", name=parameter.name)
            else:
                yield self.statement.put("reference_is", targets=[id_], types=[types.code_of(type_)])
        if plain:
            wanted = [types.code_of(name) for name in targets if types.is_type(name)]
            yield self.statement.put("reference_is", targets=plain, types=wanted)

    def _dates(self, criterion: a.Criterion) -> Iterable[str]:
        for prefix, low, high in criterion.moments:
            yield self.statement.put(f"date_{prefix}", low=low, high=high)

    def _numbers(self, criterion: a.Criterion) -> Iterable[str]:
        """Numbers, and quantities `[prefix]number[|system|code]`."""
        for value in criterion.values:
            amount, *unit = [unescape(part) for part in split(value, "|")]
            bounds = number(criterion.parameter.name, amount)
            if not unit or not any(unit):
                yield from self._ranges(bounds, "")
                continue
            if criterion.parameter.kind != "quantity" or len(unit) != 2 or not unit[1]:
                raise Refused("AK-S002", name=criterion.parameter.name)
            yield from self._in_unit(bounds, *unit)

    def _in_unit(self, bounds: tuple[str, Any, Any], system: str, code: str) -> Iterable[str]:
        prefix, low, high = bounds
        if not system:
            name = self.hasher.unit(None, code)
            for one in self._ranges(bounds, ""):
                yield self.statement.put("number_named", name=name, range=Raw(one))
            return
        base = self.hasher.unit(system, code)
        if system == UCUM and (found := in_base_units(code, low, high)):
            named, low, high = found
            base = self.hasher.base(named)
        for one in self._ranges((prefix, low, high), "base_"):
            yield self.statement.put("number_unit", base=base, range=Raw(one))

    def _ranges(self, bounds: tuple[str, Any, Any], columns: str) -> Iterable[str]:
        prefix, low, high = bounds
        ends = {"l": Raw(f"s.{columns}low"), "h": Raw(f"s.{columns}high")}
        for way in ("_exact", "_wide") if prefix in ("gt", "ge") else ("",):
            yield self.statement.put(f"number_{prefix}{way}", low=low, high=high, **ends)


def part_of(value: str) -> str | None:
    """Return the pattern for strings that hold a part, None when no three letters are there to look it up by."""
    folded = extraction.normalise(unescape(value))
    return f"%{_SIGNS.sub(_ESCAPED, folded)}%" if _LETTERS.search(folded) else None


def tokens_of(ways: Iterable[Hot]) -> str:
    """Return what is looked for of some codes, as PostgreSQL writes an array."""
    return literal([way.token for way in ways])


def wholes_of(ways: Iterable[Hot]) -> str:
    """Return what each of them must be with its system, in the same order."""
    return literal([way.whole for way in ways])


def _coded(criterion: a.Criterion, value: str) -> tuple[str | None, str | None]:
    """Return (system, code) of one value; system None: any, code None: any. Raises Refused."""
    parts = [unescape(part) for part in split(value, "|")]
    if len(parts) > 2 or not any(parts):
        raise Refused("AK-S002", name=criterion.parameter.name)
    return (None, parts[0]) if len(parts) == 1 else (parts[0], parts[1] or None)
