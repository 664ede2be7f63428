"""Reads the small part of FHIRPath in which R4's search parameters are written, and types it.

Only: paths, `|`, ofType(), as, where(x='y'), where(resolve() is X), [n], brackets around.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from akson.fhir.definitions import Element, elements

_TOKEN = re.compile(
    r"(?:ofType|as)\((?P<of>\w+)\)|\bas\s+(?P<cast>\w+)|where\(resolve\(\) is (?P<target>\w+)\)"
    r"|where\((?P<field>\w+)='(?P<value>[^']*)'\)|\[(?P<index>\d+)\]|(?P<name>\w+)|(?P<skip>[().\s]+)|(?P<odd>.)"
)


@dataclass(frozen=True, slots=True)
class Step:
    """One move inside the JSON.

    member   the JSON member to go to, or "" to stay
    many     its value is a list
    only     (member, value) that must hold, to go on
    first    of the list, only the first
    """

    member: str = ""
    many: bool = False
    only: tuple[str, str] | None = None
    first: bool = False


@dataclass(frozen=True, slots=True)
class Way:
    """One way through the JSON to values of one type.

    type     FHIR type of what it leads to, or the path of an element with parts
    target   resource type that a Reference there must point to
    targets  resource types the definition lets it point to
    codes    name of the required value set of a code
    """

    steps: tuple[Step, ...]
    type: str
    target: str | None = None
    targets: tuple[str, ...] = ()
    codes: str | None = None


def ways(expression: str, start: str) -> list[Way]:
    """Return the ways from a value of type `start` that `expression` describes.

    Parts of a union that begin with another resource type are left out. Raises ValueError when it is not understood.
    """
    found: list[Way] = []
    for part in expression.split("|"):
        found += _ways(list(_tokens(part)), start)
    return list(dict.fromkeys(found))


def _tokens(part: str) -> Iterator[re.Match[str]]:
    for token in _TOKEN.finditer(part.strip()):
        if token["odd"]:
            raise ValueError(f"{part} is not understood at {token[0]!r}")
        if not token["skip"]:
            yield token


def _ways(tokens: list[re.Match[str]], start: str) -> list[Way]:
    first = tokens[0]["name"] or ""
    if first[:1].isupper():
        if first not in {start, "Resource", "DomainResource"}:
            return []
        tokens = tokens[1:]
    here = [Way((), start)]
    for number, token in enumerate(tokens):
        of = next((t["of"] or t["cast"] for t in tokens[number + 1 : number + 2]), None)
        here = [way for each in here for way in _next(each, token, of)]
    return here


def _next(way: Way, token: re.Match[str], of: str | None) -> Iterator[Way]:
    """Yield where `token` leads from `way`; `of` is the type asked for right after a name."""
    if token["name"]:
        for element in elements(way.type):
            if element.name == token["name"]:
                yield from _members(way, element, of)
    elif token["field"]:
        yield replace(way, steps=(*way.steps, Step(only=(token["field"], token["value"]))))
    elif token["index"]:
        last = replace(way.steps[-1], first=True)
        yield replace(way, steps=(*way.steps[:-1], last))
    elif token["target"]:
        yield replace(way, target=token["target"])
    else:
        yield way  # ofType and as were heeded with the name before


def _members(way: Way, element: Element, of: str | None) -> Iterator[Way]:
    for each in element.types:
        if of is None or each.lower() == of.lower():
            step = Step(element.json_name(each), element.many)
            yield Way((*way.steps, step), each, targets=element.targets, codes=element.codes)
