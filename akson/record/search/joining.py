"""What a chain asks of the types it may lead to, asked at once of those that are asked the same.

A reference may point to anything: asked type by type, a statement is some hundred times as long, and it takes seconds
to plan, however little there is to find.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from functools import cached_property

from akson.fhir.parameters import Parameter, Slot
from akson.record.search.asked import Chain, Condition, Criterion
from akson.record.search.statement import Scope
from akson.record.values import hot_slots

Way = tuple[tuple[str, ...], Condition]  # types, and what is asked of them


@dataclass(frozen=True)
class Joined(Parameter):
    """One parameter of several types: of the first of them but for its slots, each of which is of one type only."""

    each: tuple[Slot, ...] = ()

    @cached_property
    def slots(self) -> tuple[Slot, ...]:
        return self.each


def joined(inner: Iterable[tuple[str, Condition]], scopes: Mapping[str, Scope]) -> list[Way]:
    """Return the types with what is asked of them, those together that are asked the same within the same scope."""
    alike: dict[Hashable, list[tuple[str, Condition]]] = {}
    different: list[Scope] = []
    for type_, condition in inner:
        if scopes[type_] not in different:
            different.append(scopes[type_])
        key = different.index(scopes[type_]), _asks(type_, condition)
        alike.setdefault(key, []).append((type_, condition))
    return [(tuple(type_ for type_, _ in each), _together([one for _, one in each])) for each in alike.values()]


def _asks(type_: str, condition: Condition) -> Hashable:
    """Return what two conditions have in common when they can be asked as one."""
    if isinstance(condition, Chain):
        return Chain, condition.parameter.name, condition.parameter.targets, condition.parameter.only, condition.inner
    if not isinstance(condition, Criterion):
        return condition
    one = condition.parameter
    if condition.modifier == "missing" or one.kind == "composite":
        return condition
    by_rows = {slot.id for slot in one.slots} <= hot_slots(type_)
    return by_rows, one.name, one.kind, one.targets, one.only, replace(condition, parameter=_NONE)


def _together(conditions: list[Condition]) -> Condition:
    """Return conditions that can be asked as one as that one."""
    first = conditions[0]
    if len(conditions) == 1 or not isinstance(first, Criterion | Chain):
        return first
    slots = tuple(slot for one in conditions if isinstance(one, Criterion | Chain) for slot in one.parameter.slots)
    given = {field.name: getattr(first.parameter, field.name) for field in fields(Parameter)}
    return replace(first, parameter=Joined(**given, each=slots))


_NONE = Parameter(id=0, name="", of="", kind="", expression="")
