"""Takes in a resource: decodes it exactly, and accepts it or tells every fault.

Most resources are plain and pass at C speed (structs.py). A resource with anything unusual in its text is walked
through instead (walk.py); both accept the same resources, which the tests show by running both.
Of the rules of FHIR R4 this checks what holds for every resource whatever its profile: structure, cardinality,
primitives, required codes, narrative, extensions, contained resources. Invariants and profiles are checked elsewhere.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final, NoReturn

import msgspec

from akson.fhir import local, structs, walk
from akson.fhir.bodies import dumps, loads
from akson.fhir.definitions import elements, facts
from akson.fhir.issues import GRAVE, Invalid, Issue
from akson.fhir.primitives import LONGEST_STRING
from akson.fhir.types import is_type

__all__ = ["Invalid", "Issue", "Resource", "check", "check_resource"]

# Signs of control characters in the text as we would write it.
CONTROLS: Final = (b"\\u00", b"\\b", b"\\f")
_ESCAPE, _LOCAL = b"\\#"  # numbers: looking for a text makes bytes try it as one first, and an exception of that
_HOLLOW = re.compile(rb'\{(?:\}|"id":"[^"]*"\})')  # nothing in it, or only an id
_EXPONENT = re.compile(rb"E[+-][0-9]")


class Resource(msgspec.Struct, frozen=True, kw_only=True):
    """A valid resource: `body` as it was sent, `data` decoded from it (numbers with a point as Decimal)."""

    type: str
    id: str | None
    data: dict[str, Any]
    body: bytes


def check(body: bytes, *, expected: str | None = None) -> Resource:
    """Return the resource in `body`.

    expected   its type, where the address or the context says so
    Raises     Invalid with every fault and its path
    """
    data = _decoded(body)
    kind: Any = data.get("resourceType") if isinstance(data, dict) else None
    if not is_type(kind) or (expected is not None and expected != kind) or not _is_plainly_valid(kind, body, data):
        found = _walked(body, data, expected)
        if any(issue.severity in GRAVE for issue in found):
            raise Invalid([issue for issue in found if issue.severity in GRAVE])
    return Resource(type=kind, id=data.get("id"), data=data, body=body)


def examine(body: bytes) -> tuple[dict[str, Any], list[Issue]]:
    """Return the resource in `body` with all that is to be said of its structure, warnings too.

    Raises  Invalid when it is no JSON object, or nested too deeply
    """
    data = _decoded(body)
    if not isinstance(data, dict):
        _unreadable("expected a resource, which is a JSON object")
    return data, _walked(body, data, None)


def _walked(body: bytes, data: Any, expected: str | None) -> list[Issue]:
    if walk.depth_of(data) > walk.DEEPEST:
        _unreadable(f"nested deeper than {walk.DEEPEST} levels", "too-costly")
    return walk.faults(_decoded_slowly(body), expected=expected)


def check_resource(resource: dict[str, Any], *, expected: str | None = None) -> Resource:
    """Return the resource built as a dict, as it would come back from its own text. Raises Invalid."""
    try:
        body = dumps(resource)
    except (TypeError, RecursionError) as error:
        raise Invalid([Issue("fatal", "structure", "", f"cannot be written as JSON: {error}")]) from error
    return check(body, expected=expected)


def _decoded(body: bytes) -> Any:
    """Return the JSON value. Raises Invalid when the text is not JSON."""
    try:
        return loads(body)
    except RecursionError:
        _unreadable(f"nested deeper than {walk.DEEPEST} levels", "too-costly")
    except (msgspec.DecodeError, ValueError) as error:  # ValueError: not UTF-8, or a number of thousands of digits
        _unreadable(str(error))


def _unreadable(told: str, code: str = "structure") -> NoReturn:
    raise Invalid([Issue("fatal", code, "", told)])


def _is_plainly_valid(kind: str, body: bytes, data: dict[str, Any]) -> bool:
    """Tell whether the resource is valid beyond doubt; False means that it must be walked through.

    A sign looked for here may stand in a string by chance: then the walk is slower, not wrong.
    """
    if len(body) > LONGEST_STRING and kind != "Binary":  # may hold too long a string: let the walk measure
        return False
    text = dumps(data)
    if len(body) != len(text) and (_has_loose_colons(body) or _members(body) != _members(text)):  # may be repeated
        return False
    if _EXPONENT.search(text) or (_ESCAPE in text and any(sign in text for sign in CONTROLS)):
        return False
    if (_LOCAL in text or local.may_contain(kind, text, data)) and not local.references_hold(kind, text, data):
        return False
    kinds = (kind,) if "contained" not in data else _kinds_in(kind, data)
    if "extension" not in data and text.find(b"{}") < 0 and structs.accepts_slim(kind, body, data):
        rings = _rings(*kinds)
        return not rings or not _is_deep(rings, text, data)
    return not (_HOLLOW.search(text, 1) or _is_deep(_endless(*kinds), text, data)) and structs.accepts(kind, body)


def _is_deep(signs: tuple[bytes, ...], text: bytes, data: dict[str, Any]) -> bool:
    """Tell whether objects are nested too deeply, counting first the members that make nesting without end possible.

    Without them R4 stays under 20 levels, those of contained resources among them, and each adds 10 at most (an
    extension in a coding in the value of an extension): the tests ask the definitions.
    """
    found = 0
    for sign in signs:
        found += text.count(sign)
    return found > _FEW and walk.depth_of(data) > walk.DEEPEST


def _kinds_in(kind: str, data: dict[str, Any]) -> tuple[str, ...]:
    """Return the types of a resource and of what it contains; those with entries stand for any."""
    contained = data["contained"]
    inside = contained if isinstance(contained, list) else [{"resourceType": "Bundle"}]
    found = [c.get("resourceType") for c in inside if isinstance(c, dict)]
    return (kind, *sorted({name for name in found if is_type(name)}))


_FEW: Final = 4


@lru_cache(maxsize=1024)
def _endless(*kinds: str) -> tuple[bytes, ...]:
    """Return signs of the members through which an element of these types may lie in one of its own sort."""
    return (b'xtension":', *_rings(*kinds), b'"assigner":')


@lru_cache(maxsize=1024)
def _rings(*kinds: str) -> tuple[bytes, ...]:
    """Return those signs for resources that hold nothing rare: see structs.py."""
    any_ = not local.WITH_ENTRIES.isdisjoint(kinds)
    paths = [path for path in facts()["elements"] if any_ or path.partition(".")[0] in kinds]
    own = {e.name for path in paths for e in elements(path) for t in e.types if (path + ".").startswith(t + ".")}
    held = {"resource", "outcome"} if any_ else set[str]()
    return tuple(f'"{name}":'.encode() for name in sorted(own | held))


def _has_loose_colons(text: bytes) -> bool:
    """Tell whether blanks may stand before the colon behind a name; other colons are met by chance."""
    return b" :" in text or b"\n:" in text or b"\t:" in text or b"\r:" in text


def _members(text: bytes) -> int:
    """Return how many members the objects of `text` have together; text decoded and written anew has fewer exactly
    when members were repeated. Of a text with blanks before colons it tells too few: that is asked first.

    Nothing grows by that but numbers with an exponent, so that a text of the same length lost nothing either.
    """
    return text.count(b'":') - (text.count(b'\\":') if b"\\" in text else 0)


def _decoded_slowly(body: bytes) -> Any:
    """Return the JSON value with repeated members marked."""
    return json.loads(body, parse_float=Decimal, object_pairs_hook=_object)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) == len(pairs):
        return values
    names = [name for name, _ in pairs]
    return walk.Repeated(values, sorted({n for n in names if names.count(n) > 1}))
