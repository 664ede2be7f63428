"""What a resource holds for a search parameter."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from tests.spec.searching import values
from tests.spec.searching.definitions import Parameter, elements, parameters
from tests.spec.searching.paths import Node, evaluate
from tests.spec.searching.values import FITS, TAKERS, Ref
from tests.spec.searching.world import Held


def pointed(one: Held, by: str) -> set[str]:
    """Return Type/id of what a resource points to by one parameter, or by all ("*")."""
    names = [n for n, p in parameters(one.type).items() if p.kind == "reference"] if by in ("*", "") else [by]
    known = [parameters(one.type)[name] for name in names if name in parameters(one.type)]
    return {ref.local for p in known for ref in found(one, p) if ref.local}


def found(one: Held, parameter: Parameter) -> list[Any]:
    """Return the values of a resource for a parameter."""
    if parameter.name not in one.found:
        one.found[parameter.name] = list(_values(one, parameter))
    return one.found[parameter.name]


def is_missing(one: Held, parameter: Parameter) -> bool:
    """Tell whether a resource lacks the element, of whatever type; a reference to other types is another element."""
    if parameter.kind == "reference":
        return not found(one, parameter)
    return not evaluate(parameter.expression, Node(one.type, one.resource))


def _values(one: Held, parameter: Parameter) -> Iterable[Any]:
    resource = Node(one.type, one.resource)
    if parameter.kind != "composite":
        yield from _values_at(resource, parameter)
        return
    for node in evaluate(parameter.expression, resource):
        yield tuple(tuple(_part(node, resource, parameter.type, *part)) for part in parameter.components)


def _part(element: Node, resource: Node, type_: str, kind: str, inside: str) -> Iterable[Any]:
    """Yield what one element of a composite holds for one part, or the resource when the part says so."""
    start = resource if inside.startswith("%resource.") else element
    return _values_at(start, Parameter(type_, "", kind, inside.removeprefix("%resource.")))


def _values_at(start: Node, parameter: Parameter) -> Iterable[Any]:
    for node in evaluate(parameter.expression, start):
        if node.type not in FITS[parameter.kind] and not (parameter.kind == "reference" and node.type == "Resource"):
            continue
        if parameter.kind == "token":
            yield from values.tokens(node, _value_set(node, parameter))
        elif parameter.kind == "reference":
            yield from _within(TAKERS["reference"](node), parameter)
        else:
            yield from TAKERS[parameter.kind](node)


def _within(refs: Iterable[Ref], parameter: Parameter) -> Iterable[Ref]:
    """Yield the references to types that the parameter is for."""
    for ref in refs:
        if not ref.local or not parameter.targets or ref.local.partition("/")[0] in parameter.targets:
            yield ref


def _value_set(node: Node, parameter: Parameter) -> str | None:
    """Return the value set a plain code is bound to, for parameters that lead straight to it."""
    path, _, name = parameter.expression.partition(" ")[0].rpartition(".")
    if node.type != "code" or path.count(".") > 2:
        return None
    at = parameter.type
    for step in path.split(".")[1:]:
        known = elements(at).get(step)
        if known is None:
            return None
        at = known.path
    known = elements(at).get(name)
    return known.value_set if known else None


def words_of(one: Held, *, whole: bool) -> tuple[set[str], set[str]]:
    """Return the words, folded, that must be found of a resource, and those that may be: of its narrative, or of all.

    What others are called may be left out of all, and codes and addresses need not be words.
    """
    sure = _words(one.resource.get("text", {}).get("div", ""))
    if not whole:
        return sure, sure
    return sure | _words(" ".join(_texts(one.resource))), _words(
        json.dumps(one.resource, default=str, ensure_ascii=False)
    )


def _texts(value: Any) -> Iterable[str]:
    """Yield the text of every CodeableConcept, HumanName and Annotation."""
    if isinstance(value, dict):
        if isinstance(value.get("text"), str):
            yield value["text"]
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", values.folded(re.sub(r"<[^>]*>", " ", text))))
