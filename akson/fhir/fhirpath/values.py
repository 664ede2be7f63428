"""Values as FHIRPath computes with them: elements of FHIR become System values where an operation needs one."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from akson.fhir.definitions import PRIMITIVES
from akson.fhir.fhirpath import quantities
from akson.fhir.fhirpath.errors import FhirPathError
from akson.fhir.fhirpath.model import QUANTITIES, Node, TypeInfo, parent
from akson.fhir.fhirpath.quantities import Quantity
from akson.fhir.fhirpath.temporal import Kind, Temporal, temporal
from akson.fhir.primitives import BIGGEST_INTEGER, LONGEST_STRING

Items = list[Any]
FARTHEST: Final = 1000  # of the powers of ten: beyond it numbers measure nothing and take long


def _temporal_of(kind: Kind) -> Callable[[Any], Any]:
    def convert(value: Any) -> Any:
        return (temporal(kind, value) or value) if value.__class__ is str else value

    return convert


def _decimal(value: Any) -> Any:
    return Decimal(value) if value.__class__ is int else value


_CONVERSIONS: Final[dict[str, Callable[[Any], Any]]] = {
    "date": _temporal_of("Date"),
    "dateTime": _temporal_of("DateTime"),
    "instant": _temporal_of("DateTime"),
    "time": _temporal_of("Time"),
    "decimal": _decimal,
}
# The primitives whose JSON string is their value.
TEXTS: Final = PRIMITIVES - _CONVERSIONS.keys()


def system(item: Any) -> Any:
    """Return `item` as a System value; a complex element as it is; None for a primitive without a value."""
    if item.__class__ is not Node:
        return item
    if item.type in _CONVERSIONS:
        return _CONVERSIONS[item.type](item.value)
    if item.type in PRIMITIVES:
        return item.value
    if item.type in QUANTITIES and item.value.__class__ is dict:
        return quantities.from_fhir(item.value) or item
    return item


def plain(item: Any) -> Any:
    """Return `item` as JSON values: what an element holds, text for dates, an object for a quantity."""
    if item.__class__ is Node:
        return item.value
    if item.__class__ is Temporal:
        return str(item)
    if item.__class__ is Quantity:
        return quantities.as_fhir(item)
    if item.__class__ is TypeInfo:
        return {"namespace": item.namespace, "name": item.name}
    return item


def one(items: Items, what: str = "the input") -> Any:
    """Return the only item, or None when there is none. Raises FhirPathError when there are several."""
    if not items:
        return None
    if len(items) > 1:
        raise FhirPathError(f"{what} must be one item, not {len(items)}")
    return items[0]


def truth(items: Items) -> bool | None:
    """Return a collection as a truth value: None for an empty one; one item that is no Boolean counts as true."""
    if not items:
        return None
    item = one(items, "a truth value")
    if item.__class__ is Node:
        if item.type != "boolean":
            return True
        item = item.value
    return item if item.__class__ is bool else True if item is not None else None


def text(item: Any, what: str = "the input") -> str:
    """Return one item as a string; dates of FHIR count as theirs. Raises FhirPathError."""
    found = item.value if item.__class__ is Node and item.type in PRIMITIVES else item
    if found.__class__ is not str:
        raise FhirPathError(f"{what} must be a String, not {named(item)}")
    return str(found)


def whole(item: Any, what: str = "the input") -> int:
    """Return one item as an Integer. Raises FhirPathError."""
    found = system(item)
    if found.__class__ is not int:
        raise FhirPathError(f"{what} must be an Integer, not {named(item)}")
    return int(found)


def number(item: Any, what: str = "the input") -> int | Decimal:
    """Return one item as an Integer or Decimal. Raises FhirPathError."""
    found = system(item)
    if found.__class__ is Decimal and not (found.is_finite() and abs(found.adjusted()) < FARTHEST):
        raise FhirPathError(f"{what} is out of range")
    if found.__class__ is not int and found.__class__ is not Decimal:
        raise FhirPathError(f"{what} must be a number, not {named(item)}")
    return found


def fitting(value: Any) -> int | Decimal | None:
    """Return a result of arithmetic, or None when it is out of range (FHIRPath makes that empty)."""
    if value.__class__ is int:
        return value if -BIGGEST_INTEGER - 1 <= value <= BIGGEST_INTEGER else None
    return value if isinstance(value, Decimal) and value.is_finite() else None


def short_enough(value: str) -> str:
    """Return `value`. Raises FhirPathError when it is longer than a string of FHIR."""
    if len(value) > LONGEST_STRING:
        raise FhirPathError("the text becomes longer than 1 MB", kind="too-costly")
    return value


_SYSTEM_NAMES: Final = {bool: "Boolean", str: "String", int: "Integer", Decimal: "Decimal", Quantity: "Quantity"}


def type_info(item: Any) -> TypeInfo:
    """Return what type() tells of an item."""
    if item.__class__ is Node:
        above = parent(item.type)
        name = str(above) if "." in item.type else item.type
        return TypeInfo("FHIR", name, f"FHIR.{parent(name) or 'Any'}")
    if item.__class__ is Temporal:
        return TypeInfo("System", item.kind, "System.Any")
    return TypeInfo("System", _SYSTEM_NAMES.get(item.__class__, "Any"), "System.Any")


def named(item: Any) -> str:
    """Return the type of an item as messages name it."""
    info = type_info(item)
    return info.name if info.namespace == "FHIR" else f"System.{info.name}"
