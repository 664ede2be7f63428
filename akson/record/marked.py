"""The mark that stands in what is shown for what is not. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, Final

MASKED: Final[Mapping[str, Any]] = {
    "extension": [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "masked"}]
}
UNSHOWN: Final = object()  # stands for an item of a list that is not shown at all
_THEIRS: Final = object()  # stands for what is said in the mark of another system


def has_mark(value: Any) -> bool:
    """Say whether a mark stands anywhere in a resource or part of one."""
    if isinstance(value, dict):
        return value == MASKED or any(map(has_mark, value.values()))
    return isinstance(value, list) and any(map(has_mark, value))


def is_mark(value: Any) -> bool:
    """Say whether nothing but marks stands for a member."""
    return value == MASKED or (isinstance(value, list) and bool(value) and all(one == MASKED for one in value))


def aside(resource: Mapping[str, Any], names: Collection[str] = ()) -> Mapping[str, Any]:
    """Return a resource in which each mark is ours: what another system does not tell is set aside, until `back`.

    names  members that we mark; else we may mark all but what is beside a value ("_value")
    """
    found: Mapping[str, Any] = _aside(resource, names, ours=True) if has_mark(resource) else resource
    return found


def _aside(value: Any, names: Collection[str], *, ours: bool) -> Any:
    if isinstance(value, list):
        return [_aside(one, names, ours=ours) for one in value]
    if not isinstance(value, dict):
        return value
    if value == MASKED:
        return value if ours else {"extension": _THEIRS}
    return {
        name: _aside(one, names, ours=name in names if names else not name.startswith("_"))
        for name, one in value.items()
    }  # fmt: skip


def back(resource: Mapping[str, Any]) -> dict[str, Any]:
    """Return a resource with what was set aside of it."""
    found: dict[str, Any] = mapped(resource, lambda one: MASKED["extension"] if one is _THEIRS else one)
    return found


def mapped(value: Any, become: Callable[[Any], Any]) -> Any:
    """Return a resource or part of one with what each word and number in it becomes."""
    if isinstance(value, dict):
        return {name: mapped(one, become) for name, one in value.items()}
    return [mapped(one, become) for one in value] if isinstance(value, list) else become(value)


def leaves(value: Any) -> Iterator[Any]:
    """Yield all words and numbers of a resource or part of one."""
    if isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from leaves(one)
    elif value is not None:
        yield value


def key(value: Any) -> str:
    """Return the same for what says the same: of two things with the same members their order does not count."""
    return json.dumps(value, sort_keys=True, default=repr)
