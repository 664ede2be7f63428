"""Names the resource types of FHIR R4 and gives each the small number the journal stores.

The number is the place in the alphabet of the 146 types; R4 is frozen, so it never changes.
"""

from __future__ import annotations

from typing import Final, TypeGuard

from akson.fhir.definitions import facts

TYPES: Final[tuple[str, ...]] = tuple(facts()["types"])
_CODES: Final = {name: number for number, name in enumerate(TYPES, start=1)}


def is_type(name: object) -> TypeGuard[str]:
    """Tell whether `name` is a resource type of R4."""
    return name in _CODES if isinstance(name, str) else False


def code_of(name: str) -> int:
    """Return the number of a resource type. Raises KeyError when R4 has no such type."""
    return _CODES[name]


def name_of(code: int) -> str:
    """Return the resource type of a number. Raises KeyError when there is none."""
    if not 1 <= code <= len(TYPES):
        raise KeyError(code)
    return TYPES[code - 1]
