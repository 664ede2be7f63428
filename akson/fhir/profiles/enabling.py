"""Tells whether an item of a Questionnaire is enabled by the answers given so far."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]


def is_enabled(item: Json, response: Json) -> bool:
    """Tell whether the conditions of an item hold; one without conditions is enabled."""
    conditions = item.get("enableWhen") or ()
    if not conditions:
        return True
    held = [_holds(condition, response) for condition in conditions]
    return any(held) if item.get("enableBehavior") == "any" or len(held) == 1 else all(held)


def _holds(condition: Json, response: Json) -> bool:
    given = list(_answers(response, condition.get("question")))
    wanted = next((value for key, value in condition.items() if key.startswith("answer")), None)
    operator = condition.get("operator")
    if operator == "exists":
        return bool(given) is wanted
    if operator == "!=":
        return bool(given) and not any(_equal(value, wanted) for value in given)
    return any(_compares(value, wanted, str(operator)) for value in given)


def _compares(value: Any, wanted: Any, operator: str) -> bool:
    if operator == "=":
        return _equal(value, wanted)
    if isinstance(value, dict) and isinstance(wanted, dict):
        value, wanted = value.get("value"), wanted.get("value")
    if value is None or isinstance(value, str) is not isinstance(wanted, str):
        return False
    order: int = (value > wanted) - (value < wanted)
    return {">": order > 0, "<": order < 0, ">=": order >= 0, "<=": order <= 0}.get(operator, False)


def _equal(value: Any, wanted: Any) -> bool:
    if isinstance(value, dict) and isinstance(wanted, dict):
        keys = [key for key in ("system", "code", "value", "reference") if key in wanted]
        return all(value.get(key) == wanted[key] for key in keys)
    return bool(value == wanted)


def _answers(around: Json, link: Any) -> Iterator[Any]:
    """Yield the values answered under a linkId, wherever in the response."""
    for item in around.get("item") or ():
        for answer in item.get("answer") or ():
            if item.get("linkId") == link:
                yield from (value for key, value in answer.items() if key.startswith("value"))
            yield from _answers(answer, link)
        yield from _answers(item, link)
