"""The FHIRPath in which R4's SearchParameters are written, evaluated step by step over decoded JSON, with types."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.spec.searching.definitions import elements, structures

_STEP = re.compile(r"\.?(?:(as|ofType)\((\w+)\)|where\((.+?)\)(?=$|\.)|(\w+)|\[(\d+)\])")
_IS_SO = re.compile(r"(.+)\.exists\(\) and \1 != false")
_RESOLVES = re.compile(r"resolve\(\) is (\w+)")
_EQUALS = re.compile(r"(\w+)='(.*)'")
_LITERAL = re.compile(r"(?:.*/)?([A-Z][A-Za-z]+)/[A-Za-z0-9.-]+(?:/_history/[A-Za-z0-9.-]+)?")


@dataclass(frozen=True, eq=False)
class Node:
    """One value and the FHIR type it has."""

    type: str
    value: Any


def evaluate(expression: str, start: Node) -> list[Node]:
    """Return what `expression` leads to from `start`."""
    expression = expression.strip()
    if so := _IS_SO.fullmatch(expression):
        found = evaluate(so[1], start)
        return [Node("boolean", bool(found) and all(n.value is not False for n in found))]
    parts = _parts(expression)
    if len(parts) > 1:
        return [node for part in parts for node in evaluate(part, start)]
    if cast := re.fullmatch(r"(.+) as (\w+)", expression):
        return [n for n in evaluate(cast[1], start) if n.type.lower() == cast[2].lower()]
    if expression.startswith("("):
        inner = _closing(expression)
        if inner == len(expression) - 1:
            return evaluate(expression[1:-1], start)
        return _walk(evaluate(expression[1:inner], start), expression[inner + 1 :])
    head = expression.partition(".")[0]
    if head[:1].isupper():
        expression = expression[len(head) :]
    return _walk([start], expression)


def _parts(expression: str) -> list[str]:
    """Return the parts of a union, brackets respected."""
    depth, parts = 0, [""]
    for sign in expression:
        depth += {"(": 1, ")": -1}.get(sign, 0)
        if sign == "|" and depth == 0:
            parts.append("")
        else:
            parts[-1] += sign
    return [part.strip() for part in parts]


def _closing(expression: str) -> int:
    depth = 0
    for at, sign in enumerate(expression):
        depth += {"(": 1, ")": -1}.get(sign, 0)
        if depth == 0:
            return at
    raise ValueError(expression)


def _walk(nodes: list[Node], path: str) -> list[Node]:
    at = 0
    while at < len(path):
        step = _STEP.match(path, at)
        if step is None:
            raise ValueError(f"not understood: {path[at:]}")
        at = step.end()
        nodes = list(_step(nodes, step))
    return nodes


def _step(nodes: list[Node], step: re.Match[str]) -> Iterator[Node]:
    _, cast, condition, name, index = step.groups()
    if cast:
        yield from (n for n in nodes if n.type.lower() == cast.lower())
    elif condition:
        yield from (n for n in nodes if _holds(condition, n))
    elif index:
        yield from nodes[int(index) : int(index) + 1]
    else:
        for node in nodes:
            yield from members(node, name)


def members(node: Node, name: str) -> Iterator[Node]:
    """Yield the values of one member."""
    of = node.value["resourceType"] if node.type in ("Resource", "DomainResource") else node.type
    element = elements(of).get(name) if isinstance(node.value, Mapping) else None
    if element is None:
        return
    for key, type_ in element.members():
        given = node.value.get(key)
        for value in given if isinstance(given, list) else [given]:
            if value is not None:
                yield Node(type_, value)


def _holds(condition: str, node: Node) -> bool:
    if resolves := _RESOLVES.fullmatch(condition):
        return pointed_type(node.value) == resolves[1]
    equals = _EQUALS.fullmatch(condition)
    if equals is None:
        raise ValueError(f"not understood: {condition}")
    return any(n.value == equals[2] for n in members(node, equals[1]))


def pointed_type(reference: Mapping[str, Any] | str) -> str | None:
    """Return the resource type a Reference points to, as far as it tells."""
    literal = reference if isinstance(reference, str) else reference.get("reference", "")
    found = _LITERAL.fullmatch(literal)
    if found and found[1] in structures():
        return found[1]
    return reference.get("type") if not isinstance(reference, str) else None
