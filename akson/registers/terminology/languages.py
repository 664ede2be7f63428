"""Displays in the language that was asked for. Pure.

Source: hl7.org/fhir/R4/valueset-operation-expand.html (displayLanguage), RFC 9110 § 12.5.4 and RFC 4647 § 3.4
Norwegian: "no" is met by bokmål and nynorsk, and both of them by "no".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from akson.registers.terminology.model import PREFERRED, Concept, Issue, Json, Unanswerable

_TAG = re.compile(r"\*|[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*")
_NORWEGIAN = ("nb", "nn")


@dataclass(frozen=True, kw_only=True)
class Name:
    """One text for a concept. main: the display itself, or a designation meant to stand for it; given: the JSON."""

    text: str
    language: str
    main: bool = False
    given: Json | None = None


@dataclass(frozen=True, kw_only=True)
class Languages:
    """The languages asked for, best first. hard: nothing else will do (`*;q=0`)."""

    tags: tuple[str, ...] = ()
    hard: bool = False
    text: str = ""

    @property
    def told(self) -> str:
        """How messages quote them."""
        return ", ".join(self.tags) or "--"


def parse(text: str) -> Languages:
    """Read displayLanguage or Accept-Language. Raises Unanswerable."""
    weighed: list[tuple[float, int, str]] = []
    hard = False
    for n, part in enumerate(piece.strip() for piece in text.split(",") if piece.strip()):
        tag, _, weight = part.partition(";")
        value = weight.strip().removeprefix("q=") or "1"
        if not _TAG.fullmatch(tag.strip()) or not re.fullmatch(r"[01](\.[0-9]{0,3})?", value):
            issue = Issue(
                severity="error", code="processing", kind="invalid-display", text=f"Invalid displayLanguage: '{text}'"
            )
            raise Unanswerable(issue, status=400)
        if tag.strip() == "*":
            hard |= float(value) == 0
        elif float(value) > 0:
            weighed.append((-float(value), n, tag.strip()))
    return Languages(tags=tuple(tag for _, _, tag in sorted(weighed)), hard=hard, text=text)


def matches(language: str, wanted: str) -> bool:
    """Tell whether a text in `language` answers one who asks for `wanted`: de-CH answers de."""
    language, wanted = language.lower(), wanted.lower()
    if language == wanted or language.startswith(wanted + "-"):
        return True
    mine, theirs = language.partition("-")[0], wanted.partition("-")[0]
    return (theirs == "no" and mine in _NORWEGIAN) or (mine == "no" and theirs in _NORWEGIAN)


def names(concept: Concept, listed: Json | None = None, more: Iterable[Json] = ()) -> Iterator[Name]:
    """Yield every name of a concept, the value set's own first.

    listed  the concept as the value set lists it
    more    designations from supplements
    """
    own = concept.system.language
    listed = listed or {}
    if listed.get("display"):
        yield Name(text=listed["display"], language=listed.get("language", ""), main=True)
    yield from (_designated(one) for one in listed.get("designation", ()))
    if concept.display:
        yield Name(text=concept.display, language=own, main=True)
    yield from (_designated(one) for one in (*concept.designations, *more))


def _designated(given: Json) -> Name:
    use = given.get("use", {})
    system, code = use.get("system"), use.get("code")
    main = not use or code == "display" or (system == PREFERRED["system"] and code == PREFERRED["code"])
    return Name(text=given.get("value", ""), language=given.get("language", ""), main=main, given=given)


def choose(found: Iterable[Name], wanted: Languages, default: str) -> str:
    """Return the display: in the first language that has one, else the value set's or code system's own."""
    known = list(found)
    for tag in wanted.tags:
        exact = (one for one in known if one.language.lower() == tag.lower())
        close = (one for one in known if matches(one.language or default, tag))
        for one in sorted([*exact, *close], key=lambda name: not name.main):
            return one.text
    if wanted.tags and wanted.hard:
        return ""
    return next((one.text for one in known if one.given is None), "")
