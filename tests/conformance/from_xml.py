"""FHIR's XML as its JSON, by the definitions: for suites whose inputs are XML. Trusted files only."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from akson.fhir.definitions import PRIMITIVES, members

FHIR = "{http://hl7.org/fhir}"
XHTML = "http://www.w3.org/1999/xhtml"
Tag = ElementTree.Element


def resource_in(file: Path) -> dict[str, Any]:
    """Return the resource in an XML file as JSON values."""
    return resource(ElementTree.fromstring(file.read_text("utf-8-sig")))


def resource(tag: Tag) -> dict[str, Any]:
    kind = tag.tag.removeprefix(FHIR)
    return {"resourceType": kind} | _complex(tag, kind)


def _complex(tag: Tag, kind: str) -> dict[str, Any]:
    found: dict[str, Any] = dict(_attributes(tag))
    for child in tag:
        name = child.tag.rpartition("}")[2]
        element, of = members(kind)[name]
        if of == "Resource":
            _put(found, name, resource(child[0]), many=element.many)
        elif of == "xhtml":
            found[name] = _narrative(child)
        elif of in PRIMITIVES:
            _put_primitive(found, name, child, of, many=element.many)
        else:
            _put(found, name, _complex(child, of), many=element.many)
    return found


def _attributes(tag: Tag) -> dict[str, str]:
    return {name: tag.attrib[name] for name in ("id", "url") if name in tag.attrib}


def _put(found: dict[str, Any], name: str, value: Any, *, many: bool) -> None:
    if many:
        found.setdefault(name, []).append(value)
    else:
        found[name] = value


def _put_primitive(found: dict[str, Any], name: str, tag: Tag, kind: str, *, many: bool) -> None:
    value = _value(tag.attrib["value"], kind) if "value" in tag.attrib else None
    extra = _complex(tag, "Element") if len(tag) or "id" in tag.attrib else None
    if not many:
        found |= ({} if value is None else {name: value}) | ({"_" + name: extra} if extra else {})
        return
    found.setdefault(name, []).append(value)
    if extra:
        extras = found.setdefault("_" + name, [])
        extras += [None] * (len(found[name]) - 1 - len(extras)) + [extra]


def _value(text: str, kind: str) -> Any:
    if kind == "boolean":
        return text == "true"
    if kind in {"integer", "positiveInt", "unsignedInt"}:
        return int(text)
    if kind == "decimal":
        return Decimal(text) if set(text) & set(".eE") else int(text)
    return text


def _narrative(tag: Tag) -> str:
    ElementTree.register_namespace("", XHTML)
    return ElementTree.tostring(tag, encoding="unicode").strip()
