"""Tells what a reference points at, and whether an element may point there.

Source: hl7.org/fhir/R4/references.html. A type is known from "Patient/1", from an address that ends so, from a
contained resource ("#p"), and from `Reference.type`; what "urn:uuid:..." stands for shows where it is resolved.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import cache
from typing import Any

from akson.fhir import primitives
from akson.fhir.definitions import CORE
from akson.fhir.types import is_type

_LITERAL = re.compile(
    rf"(?:(?P<base>https?://\S+)/)?(?P<kind>[A-Z][A-Za-z]+)(?:/{primitives.ID}(?:/_history/{primitives.ID})?(?:#\S+)?|\?\S.*)"
)


def kind_of(literal: str) -> str | None:
    """Return the type that a well-formed reference names, or None; any word, if it is relative."""
    found = _LITERAL.fullmatch(literal)
    if found is None or (found["base"] and not is_type(found["kind"])):
        return None
    return found["kind"]


def literal_fault(literal: str, targets: Collection[str]) -> str | None:
    """Return what is wrong with a reference out of the resource into one of the types `targets`, or None."""
    if not primitives.is_reference(literal):
        return f"'{literal}' is not a reference"
    kind = kind_of(literal)
    if kind is None:
        return None
    if not is_type(kind):
        return f"{kind} is not a resource type of FHIR R4"
    return _unfit(kind, targets)


def fault(
    reference: Mapping[str, Any], targets: Collection[str], local: Mapping[str, str]
) -> tuple[str, str, str] | None:
    """Return the member at fault, the issue's code and what is wrong; None when all is well.

    targets  resource types that may be pointed to; none at all, or "Resource": any
    local    the types of what is contained, by id; the container itself as ""
    """
    literal, told = reference.get("reference"), reference.get("type")
    kind = None
    if isinstance(literal, str) and literal:
        if literal.startswith("#") and literal[1:] not in local:
            return "reference", "invariant", f"nothing contained has the id '{literal[1:]}' (ref-1)"
        kind = local[literal[1:]] if literal.startswith("#") else kind_of(literal)
        wrong = _unfit(kind, targets) if literal.startswith("#") and kind else literal_fault(literal, targets)
        if wrong:
            return "reference", "value", wrong
    if isinstance(told, str) and is_type(named := told.removeprefix(CORE)):
        if kind is not None and named != kind:
            return "type", "value", f"the type is {named}, the reference is to {kind}"
        if unfit := _unfit(named, targets):
            return "type", "value", unfit
    return None


def _unfit(kind: str, targets: Collection[str]) -> str | None:
    if not targets or kind in targets or "Resource" in targets or not is_type(kind):
        return None
    return f"a reference to {', '.join(sorted(targets))} is expected here, not to {kind}"


@cache
def outside(targets: tuple[str, ...]) -> Callable[[str], str | None]:
    """Return what tells the fault of a reference to one of `targets`; "#x" is left to who knows what is inside."""

    def told(literal: str) -> str | None:
        return None if literal.startswith("#") and primitives.is_reference(literal) else literal_fault(literal, targets)

    return told


def references(value: object, at: str) -> Iterator[tuple[str, str]]:
    """Yield the place and text of every literal reference in `value`, but for those in resources of its own."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name == "reference" and isinstance(inner, str):
                yield f"{at}.reference", inner
            elif isinstance(inner, dict | list) and not (name == "resource" and isinstance(inner, dict)):
                yield from references(inner, f"{at}.{name}")
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from references(inner, f"{at}[{number}]")
