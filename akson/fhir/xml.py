"""Reads a resource written as FHIR XML, as the JSON values it would have: for files an operator loads.

The API speaks JSON only. A document type is refused: no entity can be declared. Source: hl7.org/fhir/R4/xml.html
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any, Final
from xml.etree import ElementTree

from akson.fhir.definitions import PRIMITIVES, elements, members
from akson.fhir.issues import Invalid, Issue
from akson.fhir.types import is_type

FHIR: Final = "{http://hl7.org/fhir}"
XHTML: Final = "{http://www.w3.org/1999/xhtml}"
_NUMBERS: Final = frozenset({"integer", "positiveInt", "unsignedInt"})
Tag = ElementTree.Element


class _Builder(ElementTree.TreeBuilder):
    """Builds the tree, but takes no document type."""

    def doctype(self, *_: object) -> None:
        raise _refused("", "a document type is not allowed")


def loads(text: bytes) -> dict[str, Any]:
    """Return the resource in an XML document, as bodies.loads would return its JSON.

    Raises  Invalid with the place of the first thing that R4 does not know; values are not checked
    """
    parser = ElementTree.XMLParser(target=_Builder())
    try:
        parser.feed(text)
        tag = parser.close()
    except ElementTree.ParseError as error:
        raise _refused("", f"not well-formed XML: {error}") from None
    return _resource(tag, "")


def _refused(at: str, told: str) -> Invalid:
    return Invalid([Issue("fatal", "structure", at, told)])


def _resource(tag: Tag, at: str) -> dict[str, Any]:
    kind = tag.tag.removeprefix(FHIR)
    if kind == tag.tag or not is_type(kind):
        raise _refused(at, f"{tag.tag} is not a resource of FHIR R4")
    return {"resourceType": kind} | _complex(tag, kind, at or kind)


def _complex(tag: Tag, kind: str, at: str) -> dict[str, Any]:
    """Return the members of an element with parts."""
    found: dict[str, Any] = {name: value for name, value in tag.attrib.items() if name in {"id", "url"}}
    if (tag.text and tag.text.strip()) or any(child.tail and child.tail.strip() for child in tag):
        raise _refused(at, "text is not allowed here")
    order = {e.name: place for place, e in enumerate(elements(kind))}
    latest = 0
    for child in tag:
        name = child.tag.rpartition("}")[2]
        place = f"{at}.{name}"
        element, of = members(kind).get(name, (None, ""))
        if element is None or child.tag not in {FHIR + name, XHTML + "div"}:
            raise _refused(place, f"unknown element {name}")
        if order[element.name] < latest:
            raise _refused(place, f"{name} stands out of order")
        latest = order[element.name]
        if of in PRIMITIVES and of != "xhtml":
            _put_primitive(found, name, child, of, place, many=element.many)
        else:
            _put(found, name, _value(child, of, place), place, many=element.many)
    return found


def _value(tag: Tag, of: str, at: str) -> Any:
    if of == "xhtml":
        return _narrative(tag)
    if of != "Resource":
        return _complex(tag, of, at)
    if len(tag) != 1:
        raise _refused(at, "expected one resource")
    return _resource(tag[0], at)


def _put(found: dict[str, Any], name: str, value: Any, at: str, *, many: bool) -> None:
    if many:
        found.setdefault(name, []).append(value)
    elif name in found:
        raise _refused(at, f"{name} stands more than once")
    else:
        found[name] = value


def _put_primitive(found: dict[str, Any], name: str, tag: Tag, kind: str, at: str, *, many: bool) -> None:
    value = _primitive(tag.attrib["value"], kind) if "value" in tag.attrib else None
    extra = _complex(tag, "Element", at) or None
    if not many:
        if value is not None:
            _put(found, name, value, at, many=False)
        if extra is not None:
            _put(found, "_" + name, extra, at, many=False)
        return
    found.setdefault(name, []).append(value)
    if extra is not None or "_" + name in found:
        extras = found.setdefault("_" + name, [])
        extras += [None] * (len(found[name]) - 1 - len(extras)) + [extra]


def _primitive(text: str, kind: str) -> Any:
    """Return the JSON value of a primitive; the text itself where it is none of its kind."""
    if kind == "boolean":
        return {"true": True, "false": False}.get(text, text)
    try:
        if kind in _NUMBERS:
            return int(text)
        return (Decimal(text) if set(text) & set(".eE") else int(text)) if kind == "decimal" else text
    except (ValueError, InvalidOperation):
        return text


def _narrative(tag: Tag) -> str:
    for part in tag.iter():
        part.tag = part.tag.removeprefix(XHTML) if isinstance(part.tag, str) else part.tag
    tag.set("xmlns", XHTML[1:-1])
    tag.tail = None
    return ElementTree.tostring(tag, encoding="unicode")
