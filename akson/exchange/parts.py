"""A structured message as a tree of named parts with codes and texts: nothing in it is lost, no schema is needed. Pure.

For the standards whose schema could not be had: what is coded comes out of the tree as it went in, in its order. Names
are without namespace; which namespace each goes in is said when it is written.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from lxml import etree

from akson.exchange import nodes
from akson.exchange.envelope import Code
from akson.exchange.safexml import Unreadable

MOST: Final = 5000
_MARKUP: Final = nodes.XHTML_BLOCKS | {"b", "i", "strong", "em", "span"}


@dataclass(frozen=True, kw_only=True)
class Part:
    """One element.

    code   its V, S, DN and OT; a date is a V alone
    unit   its U: that of a quantity whose number is the code's value
    text   its own text; of XHTML the lines people read
    """

    name: str
    code: Code | None = None
    unit: str = ""
    text: str = ""
    parts: tuple[Part, ...] = ()

    @property
    def value(self) -> str:
        """Return the date, number or code in it, or its text."""
        return self.code.value if self.code and self.code.value else self.text

    def all(self, *names: str) -> Iterator[Part]:
        """Yield every part below that has one of `names`, in its order; not those inside one that is found."""
        for part in self.parts:
            if part.name in names:
                yield part
            else:
                yield from part.all(*names)

    def first(self, *names: str) -> Part | None:
        """Return the first part below that has one of `names`."""
        return next(self.all(*names), None)

    def said(self, *names: str) -> str:
        """Return what the first part with one of `names` has as its value, or ""."""
        found = self.first(*names)
        return found.value if found else ""

    def coded(self, *names: str) -> Code | None:
        """Return the code of the first part with one of `names`."""
        found = self.first(*names)
        return found.code if found else None


def without(part: Part, names: Container[str]) -> Part:
    """Return the part without those at any depth that have one of `names`."""
    kept = (without(each, names) for each in part.parts if each.name not in names)
    return replace(part, parts=tuple(kept))


def read(node: etree._Element) -> Part:
    """Return an element with all that is below it. Raises Unreadable T99 where there is no end to it."""
    measure(node)
    return _read(node)


def measure(node: etree._Element) -> None:
    """Refuse what has no end. Raises Unreadable T99."""
    if sum(1 for _ in node.iter()) > MOST:
        raise Unreadable("T99", f"Meldingen har flere enn {MOST} opplysninger.")


def _read(node: etree._Element) -> Part:
    inner = [each for each in node if isinstance(each.tag, str)]
    markup = bool(inner) and all(nodes.local(each) in _MARKUP for each in inner)
    own = nodes.prose(node) if markup else " ".join((node.text or "").split()) if inner else (node.text or "").strip()
    return Part(
        name=nodes.local(node),
        code=nodes.code(node),
        unit=node.get("U", "").strip(),
        text=own,
        parts=() if markup else tuple(_read(each) for each in inner),
    )


def build(part: Part, space: str, inside: str) -> etree._Element:
    """Write a tree. space: namespace of the root; inside: of all that is below it."""
    prefixes: Any = {None: space} | ({"po": inside} if inside != space else {})
    root = etree.Element(f"{{{space}}}{part.name}", nsmap=prefixes)
    _fill(root, part, inside)
    return root


def _fill(node: etree._Element, part: Part, space: str) -> None:
    if part.text:
        node.text = nodes.writable(part.text)
    if part.code:
        written = (("V", part.code.value), ("S", part.code.system), ("DN", part.code.name), ("OT", part.code.other))
        for key, content in (*written, ("U", part.unit)):
            if content:
                node.set(key, nodes.writable(content))
    for each in part.parts:
        _fill(nodes.put(node, each.name, space=space), each, space)


def group(name: str, *parts: Part | None) -> Part | None:
    """Return a part that holds others; None where it would hold nothing."""
    held = tuple(each for each in parts if each)
    return Part(name=name, parts=held) if held else None


def leaf(name: str, text: str) -> Part | None:
    """Return a part with a text, or None."""
    return Part(name=name, text=text) if text else None


def dated(name: str, written: str) -> Part | None:
    """Return a part with a date or a moment as its V, or None."""
    return Part(name=name, code=Code(value=written)) if written else None


def coded(name: str, code: Code | None) -> Part | None:
    """Return a part with a code, or None."""
    return Part(name=name, code=code) if code else None
