"""The parameters of an operation, from the address or from a Parameters resource; what is not known is refused.

Source: hl7.org/fhir/R4/operations.html
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from akson.base.errors import Refused
from akson.fhir import checks
from akson.fhirapi import contents
from akson.fhirapi.calls import LARGEST_RESOURCE, Call

Json = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """What an operation was given: (name, value) in order; the values of an address are texts."""

    pairs: tuple[tuple[str, Any], ...]

    def all(self, name: str) -> list[Any]:
        """Return every value of one name."""
        return [value for given, value in self.pairs if given == name]

    def one(self, name: str) -> Any:
        """Return the value of a name, None when there is none. Raises Refused AK-F007 when there are several."""
        found = self.all(name)
        if len(found) > 1:
            raise Refused("AK-F007", name=f"parameter {name} (given more than once)")
        return found[0] if found else None

    def text(self, name: str) -> str:
        """Return a text, "" when it is not given. Raises Refused AK-F007."""
        value = self.one(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise Refused("AK-F007", name=f"parameter {name}")
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        """Return every text of one name. Raises Refused AK-F007."""
        found = self.all(name)
        if not all(isinstance(value, str) for value in found):
            raise Refused("AK-F007", name=f"parameter {name}")
        return tuple(found)

    def flag(self, name: str) -> bool | None:
        """Return true or false, None when it is not given. Raises Refused AK-F007."""
        value = self.one(name)
        known = {True: True, False: False, "true": True, "false": False, None: None}
        if isinstance(value, dict | list) or value not in known:
            raise Refused("AK-F007", name=f"parameter {name}")
        return known[value]

    def number(self, name: str) -> int | None:
        """Return a number from 0, None when it is not given. Raises Refused AK-F007."""
        value = self.one(name)
        text = "" if value is None or isinstance(value, bool) else str(value)
        if value is not None and (not text.isascii() or not text.isdigit() or len(text) > 9):
            raise Refused("AK-F007", name=f"parameter {name}")
        return int(text) if text else None

    def complex(self, name: str) -> Json | None:
        """Return a datatype or resource, None when it is not given. Raises Refused AK-F007."""
        value = self.one(name)
        if value is not None and not isinstance(value, dict):
            raise Refused("AK-F007", name=f"parameter {name}")
        return value

    def resources(self, name: str) -> list[Json]:
        """Return every resource of one name. Raises Refused AK-F007."""
        found = self.all(name)
        if not all(isinstance(value, dict) and "resourceType" in value for value in found):
            raise Refused("AK-F007", name=f"parameter {name}")
        return found

    def otherwise(self, more: Iterable[tuple[str, Any]]) -> Inputs:
        """Return these, and of `more` what they do not give."""
        names = {name for name, _ in self.pairs}
        return Inputs(pairs=(*self.pairs, *(pair for pair in more if pair[0] not in names)))

    def joined(self, more: Inputs) -> Inputs:
        """Return these with `more` before them: a name that `more` gives is not taken from here."""
        names = {name for name, _ in more.pairs}
        return Inputs(pairs=(*more.pairs, *(pair for pair in self.pairs if pair[0] not in names)))


async def inputs(call: Call, known: frozenset[str]) -> Inputs:
    """Return what the call gives. Raises Refused AK-F007 for what is not in `known`, Invalid, AK-F003."""
    pairs: list[tuple[str, Any]] = list(call.query)
    if call.method == "POST":
        contents.refuse_other_than_json(call.headers)
        body = await call.content(LARGEST_RESOURCE)
        if body:
            pairs += map(_given, checks.check(body, expected="Parameters").data.get("parameter", ()))
    return _known(pairs, known)


def of_resource(parameters: Json, known: frozenset[str]) -> Inputs:
    """Return what a Parameters resource gives that came inside another. Raises Refused AK-F007."""
    return _known([_given(one) for one in parameters.get("parameter", ())], known)


def _known(pairs: list[tuple[str, Any]], known: frozenset[str]) -> Inputs:
    for name, _ in pairs:
        if name not in known:
            raise Refused("AK-F007", name=f"parameter {name[:80]}")
    return Inputs(pairs=tuple(pairs))


def _given(one: Json) -> tuple[str, Any]:
    return one["name"], next((v for k, v in one.items() if k.startswith("value") or k == "resource"), None)
