"""This will take the words that people read out of a resource: its narrative, and everything else written for people.

Names of other persons in references are left out: whoever may not read of them must not find them by name either.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from html import unescape
from typing import Any, Final

from akson.fhir.owners import patient_in

LONGEST: Final = 100_000  # characters that are indexed of each
_TAG: Final = re.compile(r"<[^>]*>")
_LETTER: Final = re.compile(r"[^\W\d_]")
# Members that hold codes, addresses and contents rather than words.
_NOT_WORDS: Final = frozenset({
    "resourceType", "id", "reference", "system", "url", "code", "div", "data", "contentType", "language", "use",
    "status", "versionId", "hash", "implicitRules", "fullUrl", "intent", "priority", "currency",
})  # fmt: skip


def narrative(resource: Mapping[str, Any]) -> str:
    """Return the text of the narrative, without its marks."""
    div = (resource.get("text") or {}).get("div")
    return unescape(_TAG.sub(" ", div))[:LONGEST] if isinstance(div, str) else ""


def content(resource: Mapping[str, Any]) -> str:
    """Return the other words of a resource, a line for each."""
    return "\n".join(_words(resource))[:LONGEST]


def _words(value: Mapping[str, Any]) -> Iterator[str]:
    person = isinstance(value.get("reference"), str) and patient_in(value["reference"]) is not None
    for name, inner in value.items():
        if name == "meta" or (name in _NOT_WORDS and inner.__class__ is str):
            continue  # a `code` may also be a CodeableConcept, whose text people read
        if person and name in ("display", "identifier"):
            continue
        yield from _in(inner)


def _in(value: Any) -> Iterator[str]:
    kind = value.__class__
    if kind is str:
        if _LETTER.search(value):
            yield value
    elif kind is dict:
        yield from _words(value)
    elif kind is list:
        for each in value:
            yield from _in(each)
