"""Takes the words that people read out of a resource: its narrative, and everything else written for people.

Names of other persons in references are left out: whoever may not read of them must not find them by name either.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from html import unescape
from typing import Any, Final

from akson.fhir.owners import patient_in

LONGEST: Final = 100_000  # characters that are indexed of each
_TAG: Final = re.compile(r"<[^>]*>")
_LETTER: Final = re.compile(r"[^\W\d_]")
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")  # has a letter, but is no more words than a day is
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
    hidden = _hidden(value["reference"]) if "reference" in value else ()
    for name, inner in value.items():
        kind = inner.__class__
        if kind is str:
            if (
                name not in _NOT_WORDS
                and ("A" <= inner < "[" or "a" <= inner < "{" or _has_words(inner))  # by the first sign, mostly
                and name not in hidden
            ):
                take(inner)
        elif kind is dict:
            alone = len(inner) == 1 and inner.get("reference").__class__ is str  # as most references stand
            if not alone and name != "meta" and name not in hidden:
                _words(inner, take)
        elif kind is list and name != "meta":
            for each in inner:
                if each.__class__ is dict:
                    _words(each, take)
                else:
                    _other(each, take)


def _has_words(value: str) -> bool:
    return _LETTER.search(value) is not None and _TIME.match(value) is None


def _hidden(reference: Any) -> tuple[str, ...]:
    """Return the members beside a reference whose words are not taken."""
    return _OF_PERSONS if reference.__class__ is str and patient_in(reference) is not None else ()


def _other(value: Any, take: Callable[[str], None]) -> None:
    """Take the words of what stands in a list and is no object."""
    if value.__class__ is str:
        if _has_words(value):
            take(value)
    elif value.__class__ is list:
        for each in value:
            if each.__class__ is dict:
                _words(each, take)
            else:
                _other(each, take)
