"""What a chain asks of the types it may lead to, asked at once of those that are asked the same.

A reference may point to anything: asked type by type, a statement is some hundred times as long, and it takes seconds
to plan, however little there is to find.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Final

from akson.base.errors import Refused
from akson.fhir.parameters import Parameter, Slot
from akson.record.search.asked import Chain, Condition, Criterion, Has
from akson.record.search.asking import MANY_WAYS
from akson.record.values import hot_slots

WAYS: Final = 200  # from resource to resource in one search; 1 s to plan
Way = tuple[tuple[str, ...], Condition]  # types, and what is asked of them


@dataclass(frozen=True)
class Joined(Parameter):
    """One parameter of several types: of the first of them but for its slots, each of which is of one type only."""

    each: tuple[Slot, ...] = ()

    @cached_property
    def slots(self) -> tuple[Slot, ...]:
        return self.each


def weigh(conditions: Iterable[Condition]) -> None:
    """Refuse what leads from resource to resource in too many ways: to plan it would take longer than to answer.

    They are counted by the question alone, never by whose records are open: else the refusal would tell what is closed.
    Raises Refused AK-S005.
    """
    each = [_counted(one) for one in conditions]
    if sum(asked for asked, _ in each) + max((collected for _, collected in each), default=0) > WAYS:
        raise Refused("AK-S005", name=MANY_WAYS, most=WAYS)


def _counted(condition: Condition) -> tuple[int, int]:
    """Return how many ways a condition has as a question, and how many as rows that are collected."""
    match condition:
        case Chain(inner=inner):
            parts = [_counted(one) for _, one in joined(inner)]
        case Has(inner=asked):
            parts = [_counted(asked)]
        case _:
            return 0, 0
    return sum(1 + asked for asked, _ in parts), sum(1 + asked + collected for asked, collected in parts)


def joined(inner: Iterable[tuple[str, Condition]]) -> list[Way]:
    """Return the types with what is asked of them, those together that are asked the same."""
    alike: dict[Hashable, list[tuple[str, Condition]]] = {}
    for type_, condition in inner:
        alike.setdefault(_asks(type_, condition), []).append((type_, condition))
    return [(tuple(type_ for type_, _ in each), _together([one for _, one in each])) for each in alike.values()]


def _asks(type_: str, condition: Condition) -> Hashable:
    """Return what two conditions have in common when they can be asked as one."""
    if isinstance(condition, Chain):
        return Chain, condition.parameter.name, condition.parameter.targets, condition.parameter.only, condition.inner
    if not isinstance(condition, Criterion):
        return condition
    one = condition.parameter
    if one.kind == "composite":
        return condition
    by_rows = condition.modifier != "missing" and {slot.id for slot in one.slots} <= hot_slots(type_)
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
