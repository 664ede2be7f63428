"""When values are equal (=), equivalent (~), less or greater; hl7.org/fhirpath/N1 section "Equality"."""

from __future__ import annotations

from collections.abc import Hashable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from akson.fhir import ucum
from akson.fhir.fhirpath import quantities, temporal
from akson.fhir.fhirpath.errors import FhirPathError
from akson.fhir.fhirpath.model import QUANTITIES, Node
from akson.fhir.fhirpath.quantities import EXACT, Quantity
from akson.fhir.fhirpath.temporal import Temporal
from akson.fhir.fhirpath.values import Items, named, one, system

_NUMBERS = (int, Decimal)
_DAYS = frozenset({"date", "dateTime"})


def equal(left: Items, right: Items) -> bool | None:
    """Return whether two collections are equal, in order; None when that cannot be known."""
    if not left or not right:
        return None
    if len(left) != len(right):
        return False
    unknown = False
    for a, b in zip(left, right, strict=True):
        found = same(a, b)
        if found is False:
            return False
        unknown = unknown or found is None
    return None if unknown else True


def same(a: Any, b: Any) -> bool | None:
    """Return whether two items are equal; None when that cannot be known."""
    a, b = system(a), system(b)
    if a.__class__ is b.__class__ and a.__class__ in {str, bool, int}:
        return bool(a == b)
    if a.__class__ is Temporal and b.__class__ is Temporal:
        if (a.kind == "Time") != (b.kind == "Time"):
            return False
        found = temporal.compare(a, b)
        return None if found is None else found == 0
    if _is_quantity(a, b):
        found = quantities.compare(_quantity(a), _quantity(b))
        return None if found is None else found == 0
    if a.__class__ in _NUMBERS and b.__class__ in _NUMBERS:
        return bool(a == b)
    if a.__class__ is Node and b.__class__ is Node:
        return bool(a.value == b.value)
    if a is None or b is None:  # a primitive without a value
        return None
    return bool(a.__class__ is b.__class__ and a == b)


def _is_quantity(a: Any, b: Any) -> bool:
    """Tell whether two values compare as quantities: both are, or one is and the other a number."""
    if a.__class__ is Quantity:
        return b.__class__ is Quantity or b.__class__ in _NUMBERS
    return b.__class__ is Quantity and a.__class__ in _NUMBERS


def _quantity(value: Any) -> Quantity:
    return value if value.__class__ is Quantity else Quantity(Decimal(value))


def key(item: Any) -> Hashable:
    """Return what items have in common exactly when they are equal."""
    if item.__class__ is Node and item.value is None:
        return ("element", _frozen(item.extra))
    item = system(item)
    if item.__class__ is Temporal:
        return temporal.key(item)
    if item.__class__ is Quantity:
        return _quantity_key(item)
    if item.__class__ is bool:
        return ("truth", item)
    if item.__class__ is Node:
        return ("element", _frozen(item.value))
    plain: Hashable = item
    return plain


def _quantity_key(q: Quantity) -> Hashable:
    if q.calendar in {"year", "month"}:
        return ("months", q.value * (12 if q.calendar == "year" else 1))
    unit = quantities.CALENDAR_AS_UCUM.get(q.calendar, "") if q.calendar else q.unit
    found = None if q.foreign else ucum.canonical(q.value, unit)
    return ("quantity", *found) if found else ("quantity", q.value, q.unit)


def _frozen(value: Any) -> Hashable:
    if value.__class__ is dict:
        return frozenset((name, _frozen(inner)) for name, inner in value.items())
    if value.__class__ is list:
        return tuple(_frozen(inner) for inner in value)
    return (value.__class__ is bool, value)


def distinct(items: Items) -> Items:
    """Return the items without those that are equal to one before."""
    found: dict[Hashable, Any] = {}
    for item in items:
        found.setdefault(key(item), item)
    return list(found.values())


def equivalent(left: Items, right: Items) -> bool:
    """Tell whether two collections are equivalent, in any order."""
    if len(left) != len(right):
        return False
    rest = list(right)
    for a in left:
        place = next((n for n, b in enumerate(rest) if alike(a, b)), None)
        if place is None:
            return False
        del rest[place]
    return True


def alike(a: Any, b: Any) -> bool:
    """Tell whether two items are equivalent."""
    a, b = system(a), system(b)
    if a.__class__ is str and b.__class__ is str:
        return _folded(a) == _folded(b)
    if a.__class__ in _NUMBERS and b.__class__ in _NUMBERS:
        return _rounded_equal(Decimal(a), Decimal(b))
    if _is_quantity(a, b):
        return quantities.equivalent(_quantity(a), _quantity(b))
    if a.__class__ is Node and b.__class__ is Node:
        return _alike_json(a.value, b.value)
    return same(a, b) is True


def _folded(value: str) -> str:
    return " ".join(value.casefold().split())


def _rounded_equal(a: Decimal, b: Decimal) -> bool:
    """Tell whether two numbers are equal at the precision of the less precise, without trailing zeros."""
    exponent = max(min(int(x.normalize(EXACT).as_tuple().exponent), 0) for x in (a, b))
    step = Decimal(1).scaleb(exponent)
    return a.quantize(step, ROUND_HALF_UP, EXACT) == b.quantize(step, ROUND_HALF_UP, EXACT)


def _alike_json(a: Any, b: Any) -> bool:
    if a.__class__ is dict and b.__class__ is dict:
        return a.keys() == b.keys() and all(_alike_json(a[name], b[name]) for name in a)
    if a.__class__ is list and b.__class__ is list:
        return len(a) == len(b) and all(any(_alike_json(x, y) for y in b) for x in a)
    if a.__class__ is str and b.__class__ is str:
        return _folded(a) == _folded(b)
    return bool(a == b)


def compare(left: Items, right: Items) -> int | None:
    """Return -1, 0 or 1 for two single items; None when one is missing or it cannot be known. Raises FhirPathError."""
    if not left or not right:
        return None
    return ordered(one(left, "what is compared"), one(right, "what is compared"))


def ordered(first: Any, second: Any) -> int | None:
    """Return -1, 0 or 1 for two items; None when it cannot be known. Raises FhirPathError when they do not compare."""
    if first.__class__ is Node and second.__class__ is Node and _are_days(first, second):
        return _sign(first.value, second.value)
    a, b = system(first), system(second)
    if a is None or b is None:
        return None
    if (a.__class__ in _NUMBERS and b.__class__ in _NUMBERS) or (a.__class__ is str and b.__class__ is str):
        return _sign(a, b)
    if a.__class__ is Temporal and b.__class__ is Temporal and (a.kind == "Time") == (b.kind == "Time"):
        return temporal.compare(a, b)
    if _is_quantity(a, b):
        return quantities.compare(_quantity(a), _quantity(b))
    if any(x.__class__ is Node and x.type in QUANTITIES for x in (a, b)):  # without a number, or only a bound
        return None
    raise FhirPathError(f"{named(first)} and {named(second)} cannot be compared")


def _are_days(a: Node, b: Node) -> bool:
    """Tell whether both are known to the day, so that their texts are in their order."""
    if a.type not in _DAYS or b.type not in _DAYS or a.value.__class__ is not str or b.value.__class__ is not str:
        return False
    return len(a.value) == len(b.value) == len("2026-11-22")


def _sign(a: Any, b: Any) -> int:
    return int(a > b) - int(a < b)
