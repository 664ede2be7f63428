"""Reads from a narrative what leads to other places in it, and which languages it is written in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final
from xml.etree import ElementTree

from akson.fhir import narrative

_LANGUAGE: Final = ("lang", "{http://www.w3.org/XML/1998/namespace}lang")

_SECTION: Final = f"{{{narrative.XHTML}}}div"


@dataclass(frozen=True, kw_only=True)
class Outline:
    """What is found in one narrative.

    names      ids and names that a link may lead to
    links      what links lead to inside the resource, without the "#"
    languages  of the sections, which are the <div>s directly inside the outermost
    """

    names: frozenset[str] = field(default_factory=frozenset)
    links: tuple[str, ...] = ()
    languages: frozenset[str] = field(default_factory=frozenset)


def outline(div: str) -> Outline:
    """Return the outline of the XHTML of a narrative that is safe and well-formed; an empty one of any other."""
    try:
        root = ElementTree.fromstring(narrative.numbered(div))  # document types were refused by narrative.finding
    except ElementTree.ParseError:
        return Outline()
    elements = list(root.iter())
    links = (e.get("href", "") for e in elements)
    return Outline(
        names=frozenset(name for e in elements for key in ("id", "name") if (name := e.get(key))),
        links=tuple(link[1:] for link in links if link.startswith("#") and len(link) > 1),
        languages=frozenset(
            found for e in root if e.tag == _SECTION if (found := next(filter(None, map(e.get, _LANGUAGE)), ""))
        ),
    )
