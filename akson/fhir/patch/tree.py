"""JSON as a tree that can be changed: objects, lists and values; numbers with a point are the text they came in."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec


class Malformed(ValueError):
    """The patch itself is not put together right."""


class Unfit(ValueError):
    """The patch cannot be applied to this resource."""


_decode = msgspec.json.Decoder(float_hook=lambda text: msgspec.Raw(text.encode())).decode


def loads(body: bytes) -> Any:
    """Return the tree of a JSON text. Raises Malformed."""
    try:
        return _decode(body)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise Malformed(f"not JSON: {error}") from None


def dumps(tree: Any) -> bytes:
    """Return the JSON text of a tree."""
    return msgspec.json.encode(tree)


def pruned(tree: Any) -> Any:
    """Return the tree without empty objects and lists, which FHIR does not have."""
    if isinstance(tree, dict):
        inner = {name: pruned(value) for name, value in tree.items()}
        return {name: value for name, value in inner.items() if value not in ({}, [])}
    if isinstance(tree, list):
        return [value for value in map(pruned, tree) if value not in ({}, [])]
    return tree


def equal(left: Any, right: Any) -> bool:
    """Tell whether two trees are the same JSON: numbers by value, members in any order. Source: RFC 6902, 4.6"""
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(equal(left[name], right[name]) for name in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(equal, left, right))
    if _is_number(left) and _is_number(right):
        return _number(left) == _number(right)
    return type(left) is type(right) and bool(left == right)


def _is_number(value: Any) -> bool:
    return isinstance(value, msgspec.Raw) or (isinstance(value, int) and not isinstance(value, bool))


def _number(value: Any) -> Decimal:
    return Decimal(bytes(value).decode() if isinstance(value, msgspec.Raw) else value)
