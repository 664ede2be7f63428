"""Which lines of an import depend on one another: those that do not may be written at the same time.

A line is tied to the lines that bring what it needs: the person it is about, whoever else decides what it states, a
number that only one may have; and to all that is about the same person, which would wait for it anyway. So whatever the
number of those who write, the record ends as if one had written line after line.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

import msgspec

from akson.fhir import bodies, owners
from akson.fhir.types import is_type
from akson.record.facts import NUMBERED, facts_of
from akson.record.projecting import Lookup


class Bodied(Protocol):
    """A line: the JSON of a resource, or what should have been."""

    @property
    def body(self) -> bytes: ...


L = TypeVar("L", bound=Bodied)


class Ties(msgspec.Struct, frozen=True):
    """What ties a line to others. Keys: "Type/id" of a resource, "system|value" of a number."""

    brings: frozenset[str]
    needs: frozenset[str]
    owner: str | None = None


NONE = Ties(frozenset(), frozenset())


def strands(lines: Sequence[L], least: int, base: str = "") -> list[list[L]]:
    """Divide lines into lists that may be written beside one another, each in its order.

    least  lines of each list but the last
    base   the address of this server, which references may begin with
    """
    ours = f'"{base}/'.encode()
    told = [ties(line.body.replace(ours, b'"')) for line in lines]
    brought = {key for one in told for key in one.brings}
    groups = _Groups()
    for n, one in enumerate(told):
        groups.tie(n, one.brings)
        groups.tie(n, one.needs & brought)
        groups.tie(n, () if one.owner is None else (one.owner,))
    together: dict[int, list[int]] = {}
    for n in range(len(lines)):
        together.setdefault(groups.root(n), []).append(n)
    return [[lines[n] for n in sorted(part)] for part in _filled(together.values(), least)]


def _filled(groups: Iterable[list[int]], least: int) -> list[list[int]]:
    """Return groups put together until each has `least` members."""
    parts: list[list[int]] = []
    for group in groups:
        if parts and len(parts[-1]) < least:
            parts[-1] += group
        else:
            parts.append(list(group))
    return parts


class _Groups:
    """Lines that hang together by the keys they share."""

    def __init__(self) -> None:
        self._above: dict[int, int] = {}
        self._first: dict[str, int] = {}

    def tie(self, n: int, keys: Iterable[str]) -> None:
        """Let line `n` hang together with all lines that were tied by one of `keys`."""
        for key in keys:
            if (first := self._first.setdefault(key, n)) != n:
                self._above[self.root(n)] = self.root(first)

    def root(self, n: int) -> int:
        """Return the line that stands for all that hang together with `n`."""
        while (above := self._above.get(n, n)) != n:
            self._above[n] = n = self._above.get(above, above)
        return n


def ties(body: bytes) -> Ties:
    """Return what ties a line to others; nothing ties one that is no sound resource, and will be refused."""
    try:
        resource = bodies.loads(body)
        return _ties(resource, body) if is_type(resource["resourceType"]) else NONE
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError):
        return NONE  # it has not been checked yet, and may be of any shape


def _ties(resource: Mapping[str, Any], body: bytes) -> Ties:
    kind = resource["resourceType"]
    brings = {f"{kind}/{resource['id']}"} if "id" in resource else set()
    if kind in NUMBERED:
        brings |= {_number(one.get("system"), one["value"]) for one in resource.get("identifier", ()) if "value" in one}
    named = owners.named(resource, body)
    owner = named.owner
    key = _number(owner.system, owner.value) if isinstance(owner, owners.Identified) else owner
    if isinstance(owner, str):
        key = owners.patient_in(owner) or owner
    lookup = Lookup(lambda _: None)
    facts_of(dict(resource), lookup)
    needs = {*named.others, *lookup.missing_references, *(_number(*one) for one in lookup.missing_identifiers)}
    return Ties(frozenset(brings), frozenset({*needs, key} if key else needs), key)


def _number(system: str | None, value: str) -> str:
    return f"{system or ''}|{value}"
