"""Takes the words that people read out of a resource: its narrative, and everything else written for people.

Names of other persons in references are left out: whoever may not read of them must not find them by name either.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from html import unescape
from typing import Any, Final

from akson.fhir.owners import patient_in

LONGEST: Final = 100_000  # characters that are indexed of each
_TAG: Final = re.compile(r"<[^>]*>")
_LETTER: Final = re.compile(r"[^\W\d_]")
# Members that hold codes, addresses and contents rather than words.
_NOT_WORDS: Final = frozenset({
    "resourceType", "id", "reference", "system", "url", "code", "div", "data", "contentType", "language", "use",
    "status", "versionId", "hash", "implicitRules", "fullUrl", "intent", "priority", "currency", "meta",
})  # fmt: skip

_OF_PERSONS: Final = ("display", "identifier")  # of a reference to one


def narrative(resource: Mapping[str, Any]) -> str:
    """Return the text of the narrative, without its marks."""
    div = (resource.get("text") or {}).get("div")
    return unescape(_TAG.sub(" ", div))[:LONGEST] if isinstance(div, str) else ""


def content(resource: Mapping[str, Any]) -> str:
    """Return the other words of a resource, a line for each."""
    found: list[str] = []
    _words(resource, found.append)
    return "\n".join(found)[:LONGEST]


def _words(value: Mapping[str, Any], take: Callable[[str], None]) -> None:
    """Take the words in the order in which they stand. Called for every member of every resource: no generators."""
    person = "reference" in value and isinstance(value["reference"], str) and patient_in(value["reference"]) is not None
    for name, inner in value.items():
        kind = inner.__class__
        if kind is str:
            if name not in _NOT_WORDS and _LETTER.search(inner) and not (person and name in _OF_PERSONS):
                take(inner)
        elif kind is dict:
            if name != "meta" and not (person and name in _OF_PERSONS):
                _words(inner, take)
        elif kind is list and name != "meta":
            _each(inner, take)


def _each(values: Sequence[Any], take: Callable[[str], None]) -> None:
    for each in values:
        kind = each.__class__
        if kind is dict:
            _words(each, take)
        elif kind is str:
            if _LETTER.search(each):
                take(each)
        elif kind is list:
            _each(each, take)
