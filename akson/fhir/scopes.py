"""SMART scopes on resources: `patient/Observation.rs?category=laboratory`. Pure.

Source: hl7.org/fhir/smart-app-launch/STU2.2/scopes-and-launch-context.html; version 1 (.read .write .*) is read too.
"""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import parse_qsl

import msgspec

from akson.fhir import search as extraction
from akson.fhir import types

_SHAPE = re.compile(r"(patient|user|system)/(\*|[A-Za-z]+)\.(\*|read|write|c?r?u?d?s?)(?:\?(.+))?")
_OLD = {"read": "rs", "write": "cud", "*": "cruds"}
Restriction = tuple[tuple[str, tuple[str, ...]], ...]  # search parameter, alternatives: all of them must be met


class Scope(msgspec.Struct, frozen=True):
    """One scope. type: "*" for every type; letters: of c r u d s; restriction: empty when nothing narrows it."""

    text: str
    context: str  # patient, user, system
    type: str
    letters: str
    restriction: Restriction = ()

    def names(self, type_: str) -> bool:
        """Say whether it is about resources of this type; "" asks for any."""
        return not type_ or self.type in ("*", type_)


@lru_cache(maxsize=4096)
def parsed(text: str) -> Scope | None:
    """Return the scope that `text` says; None when it is none on resources, or not understood: then it gives nothing.

    A restriction is understood when it asks for codes (search parameters of type token, without modifiers) of one type.
    """
    shape = _SHAPE.fullmatch(text)
    if shape is None or not shape[3] or not (shape[2] == "*" or types.is_type(shape[2])):
        return None
    restriction = _restriction(shape[2], shape[4]) if shape[4] else ()
    if restriction is None:
        return None
    return Scope(text, shape[1], shape[2], _OLD.get(shape[3], shape[3]), restriction)


def _restriction(type_: str, query: str) -> Restriction | None:
    known = {} if type_ == "*" else extraction.parameters(type_)
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=True)
    except ValueError:
        return None
    asked = tuple((name, tuple(value.split(","))) for name, value in pairs)
    fits = all(name in known and known[name].kind == "token" and all(map(_is_code, values)) for name, values in asked)
    return asked if fits else None


def _is_code(value: str) -> bool:
    """Say whether `value` is code, |code, system| or system|code."""
    return value.strip("|") != "" and value.count("|") <= 1 and "\\" not in value


def gives(held: str, asked: str) -> bool:
    """Say whether who may be given the scope `held` may be given `asked`: the same or less."""
    more, less = parsed(held), parsed(asked)
    if held == asked:
        return True
    if more is None or less is None or more.context != less.context or not more.names(less.type):
        return False
    return set(less.letters) <= set(more.letters) and more.restriction in ((), less.restriction)
