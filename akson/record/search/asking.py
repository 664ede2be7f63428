"""From `name=value` pairs to conditions: everything asked for is understood or refused, never ignored."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Final

from akson.base.errors import Refused
from akson.fhir import search as extraction
from akson.fhir import types
from akson.fhir.custom import Custom
from akson.fhir.definitions import facts
from akson.fhir.parameters import Parameter
from akson.record.search.asked import (
    Asked,
    Chain,
    Compartment,
    Condition,
    Criterion,
    Has,
    Ids,
    Include,
    Listed,
    Sort,
    Updated,
    Words,
)  # fmt: skip
from akson.record.search.values import moment, number, split, unescape

MOST: Final = 1000  # hits on a page
VALUES: Final = 500  # alternatives in one parameter
CONDITIONS: Final = 100  # parameters in one search
HOPS: Final = 5  # of a chain
MANY_WAYS: Final = "chains that may lead to many types: name the type, as in subject:Patient.name"
MADE: Final = 10_000  # conditions that all chains come to, type by type; 0.2 s to write
INCLUDES: Final = 30
Known = Callable[[str], Mapping[str, Parameter]]  # the parameters of a type that can be searched now
_MODIFIERS: Final[Mapping[str, frozenset[str]]] = {
    "token": frozenset({"missing", "text", "not", "in", "not-in", "above", "below", "of-type"}),
    "string": frozenset({"missing", "exact", "contains", "text"}),
    "reference": frozenset({"missing", "identifier", "above", "below"}),
    "uri": frozenset({"missing", "above", "below"}),
}
_MISSING: Final = frozenset({"missing"})


def modifiers(kind: str) -> frozenset[str]:
    """Return the modifiers that parameters of a kind take; references also the names of their targets."""
    return _MODIFIERS.get(kind, _MISSING)


class Asking:
    """Understands the parameters of one search. known: gives the parameters of a type; now: for `ap` of dates."""

    def __init__(self, type_: str, known: Known, now: datetime) -> None:
        self.asked = Asked(type=type_)
        self._known, self._now, self._made = known, now, 0

    def take(self, pairs: Iterable[tuple[str, str]]) -> Asked:
        """Return what is asked for.

        Raises  Refused: AK-S001 not understood, AK-S002 a value is wrong, AK-S005 too much; the parameter is named
        """
        for name, value in pairs:
            if (special := _SPECIAL.get(name)) is not None:
                special(self, value)
            elif name in _INCLUDES:
                self._include(name, value)
            else:
                self.asked.conditions.append(self.condition(self.asked.type, name, value, 0))
            if len(self.asked.conditions) > CONDITIONS:
                raise Refused("AK-S005", name="parameters", most=CONDITIONS)
        return self.asked

    def within(self, type_: str, id_: str) -> None:
        """Ask only for what is in the compartment of Type/id. Raises Refused AK-S001 when there is none such."""
        members = facts()["compartments"].get(type_, {})
        names = members.get(self.asked.type, ())
        if not names and self.asked.type != type_:
            raise Refused("AK-S001", name=f"{type_}/{id_}/{self.asked.type}")
        known = extraction.parameters(self.asked.type)
        parameters = tuple(known[name] for name in names if name in known)
        itself = self.asked.type == type_
        self.asked.conditions.append(Compartment(type=type_, id=id_, parameters=parameters, itself=itself))

    def condition(self, type_: str, name: str, value: str, hops: int) -> Condition:
        """Return the condition on resources of `type_` that one parameter states."""
        if hops > HOPS:
            raise Refused("AK-S005", name="chain", most=HOPS)
        self._made += 1
        if self._made > MADE:
            raise Refused("AK-S005", name=MANY_WAYS, most=MADE)
        if name.startswith("_has:"):
            return self._has(name, value, hops)
        head, dot, rest = name.partition(".")
        if dot:
            return self._chain(type_, head, rest, (value, hops))
        if name == "_id":
            return Ids(values=tuple(unescape(one) for one in self._alternatives(name, value)))
        if name == "_lastUpdated":
            return Updated(moments=tuple(moment(name, one, self._now) for one in self._alternatives(name, value)))
        if name in ("_text", "_content"):
            return Words(values=tuple(unescape(v) for v in self._alternatives(name, value)), narrative=name == "_text")
        if name == "_list":
            return Listed(id=value.removeprefix("List/"))
        return self._criterion(type_, name, value)

    def _criterion(self, type_: str, name: str, value: str) -> Criterion:
        base, colon, modifier = name.partition(":")
        parameter = self._parameter(type_, base)
        if parameter is None or parameter.kind == "special" or (colon and not modifier):
            raise Refused("AK-S001", name=name)
        allowed = modifiers(parameter.kind)
        if (
            modifier
            and modifier not in allowed
            and not (parameter.kind == "reference" and modifier in parameter.targets)
        ):
            raise Refused("AK-S001", name=name)
        values = tuple(self._alternatives(name, value))
        if modifier == "missing" and values not in (("true",), ("false",)):
            raise Refused("AK-S002", name=name)
        dated = parameter.kind == "date" and not modifier
        moments = tuple(moment(name, one, self._now) for one in values) if dated else ()
        if parameter.kind in ("number", "quantity") and not modifier:
            for one in values:
                number(name, split(one, "|")[0])
        return Criterion(parameter=parameter, modifier=modifier, values=values, moments=moments)

    def _parameter(self, type_: str, name: str) -> Parameter | None:
        """Return a parameter. Raises Refused AK-S009 while its values are being made: half an answer is none."""
        parameter = self._known(type_).get(name)
        if isinstance(parameter, Custom) and parameter.waiting and parameter.definition:
            raise Refused("AK-S009", name=name, id=parameter.definition.id)
        return parameter

    def _alternatives(self, name: str, value: str) -> list[str]:
        values = split(value)
        if not all(values):
            raise Refused("AK-S002", name=name)
        if len(values) > VALUES:
            raise Refused("AK-S005", name=name, most=VALUES)
        return values

    def _chain(self, type_: str, head: str, rest: str, at: tuple[str, int]) -> Chain:
        value, hops = at
        base, _, target = head.partition(":")
        parameter = self._reference(type_, base, f"{head}.{rest}")
        if target and target not in parameter.targets:
            raise Refused("AK-S001", name=f"{head}.{rest}")
        inner = []
        for one in [target] if target else parameter.targets:
            try:
                inner.append((one, self.condition(one, rest, value, hops + 1)))
            except Refused as refused:
                if refused.code != "AK-S001":
                    raise
                self.asked.unsure = True  # of several types some may not know the parameter
        if not inner:
            raise Refused("AK-S001", name=f"{head}.{rest}")
        return Chain(parameter=parameter, inner=tuple(inner))

    def _has(self, name: str, value: str, hops: int) -> Has:
        parts = name.split(":", 3)
        if len(parts) != 4 or not types.is_type(parts[1]):
            raise Refused("AK-S001", name=name)
        parameter = self._reference(parts[1], parts[2], name)
        return Has(source=parts[1], parameter=parameter, inner=self.condition(parts[1], parts[3], value, hops + 1))

    def _reference(self, type_: str, name: str, told: str) -> Parameter:
        parameter = self._parameter(type_, name)
        if parameter is None or parameter.kind != "reference":
            raise Refused("AK-S001", name=told)
        return parameter

    def _include(self, name: str, value: str) -> None:
        reverse, again = name.startswith("_revinclude"), ":" in name
        if len(self.asked.includes) >= INCLUDES:
            raise Refused("AK-S005", name=name, most=INCLUDES)
        source, _, rest = value.partition(":")
        of, _, target = rest.partition(":")
        if value == "*":
            self._along(Include(source="", parameter=None, target=None, reverse=reverse, again=again))
            return
        known = self._known(source) if types.is_type(source) else {}
        parameter = self._parameter(source, of) if known else None
        found = of == "*" if parameter is None else parameter.kind == "reference"
        fits = not target or (target in parameter.targets if parameter else types.is_type(target))
        if not known or not found or not fits:
            raise Refused("AK-S002", name=name)
        self._along(Include(source=source, parameter=parameter, target=target or None, reverse=reverse, again=again))

    def _along(self, include: Include) -> None:
        if include not in self.asked.includes:
            self.asked.includes.append(include)

    def count(self, value: str) -> None:
        if not value.isascii() or not value.isdigit() or len(value) > 9:
            raise Refused("AK-S002", name="_count")
        self.asked.count = min(int(value), MOST)

    def total(self, value: str) -> None:
        if value not in ("none", "estimate", "accurate"):
            raise Refused("AK-S002", name="_total")
        self.asked.total = value != "none"

    def after(self, value: str) -> None:
        self.asked.after = value

    def sort(self, value: str) -> None:
        known = self._known(self.asked.type)
        for part in value.split(","):
            name, descending = part.removeprefix("-"), part.startswith("-")
            if name in ("_id", "_lastUpdated"):
                self.asked.sort.append(Sort(name=name, descending=descending))
            elif name in known and known[name].kind not in ("composite", "special"):
                parameter = self._parameter(self.asked.type, name)
                self.asked.sort.append(Sort(name=name, descending=descending, parameter=parameter))
            else:
                raise Refused("AK-S002", name="_sort")
        if len(self.asked.sort) > HOPS:
            raise Refused("AK-S005", name="_sort", most=HOPS)


_INCLUDES: Final = frozenset({"_include", "_revinclude", "_include:iterate", "_revinclude:iterate",
                              "_include:recurse", "_revinclude:recurse"})  # fmt: skip
_SPECIAL: Final[Mapping[str, Callable[[Asking, str], None]]] = {
    "_count": Asking.count,
    "_total": Asking.total,
    "_sort": Asking.sort,
    "_after": Asking.after,
}
