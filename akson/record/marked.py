"""The mark that stands in what is shown for what is not. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

MASKED: Final[Mapping[str, Any]] = {
    "extension": [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "masked"}]
}
UNSHOWN: Final = object()  # stands for an item of a list that is not shown at all


def has_mark(value: Any) -> bool:
    """Say whether a mark of ours stands anywhere in a resource or part of one."""
    if isinstance(value, dict):
        return value == MASKED or any(has_mark(one) for name, one in value.items() if name[:1] != "_" or one != MASKED)
    return isinstance(value, list) and any(map(has_mark, value))


def is_mark(value: Any) -> bool:
    """Say whether nothing but marks stands for a member."""
    return value == MASKED or (isinstance(value, list) and bool(value) and all(one == MASKED for one in value))


def is_marked(name: str, value: Any) -> bool:
    """Say whether a member is a mark of ours. Beside a value ("_value") is what another system does not tell."""
    return name[:1] != "_" and is_mark(value)


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
