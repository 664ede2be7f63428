"""Compares values with what a profile fixes: all of it (fixed) or at least as much (pattern)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any


def equals(value: Any, fixed: Any) -> bool:
    """Tell whether `value` is exactly `fixed`; numbers by value."""
    if isinstance(fixed, dict):
        return (
            isinstance(value, dict) and value.keys() == fixed.keys() and all(equals(value[k], fixed[k]) for k in fixed)
        )
    if isinstance(fixed, list):
        return isinstance(value, list) and len(value) == len(fixed) and all(map(equals, value, fixed))
    return _same(value, fixed)


def fits(value: Any, pattern: Any) -> bool:
    """Tell whether `value` holds all that `pattern` does: each item of a list somewhere in the other's."""
    if isinstance(pattern, dict):
        return isinstance(value, dict) and all(k in value and fits(value[k], pattern[k]) for k in pattern)
    if isinstance(pattern, list):
        return isinstance(value, list) and all(any(fits(v, p) for v in value) for p in pattern)
    return _same(value, pattern)


def _same(value: Any, other: Any) -> bool:
    if isinstance(value, bool) or isinstance(other, bool):
        return value is other
    if isinstance(value, int | Decimal | float) and isinstance(other, int | Decimal | float):
        return Decimal(str(value)) == Decimal(str(other))
    return bool(value == other)


def said_value(said: dict[str, Any], beginning: str) -> Any:
    """Return the value of `fixed[x]` or `pattern[x]`, None when there is none."""
    return next((v for k, v in said.items() if k.startswith(beginning) and k[len(beginning) :][:1].isupper()), None)
