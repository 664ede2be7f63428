"""Small readers and writers for the KITH way of XML: codes as attributes, names in several namespaces.

Reading asks for local names in any namespace: senders mix `fk1:Id` and `Id`. Writing is strict. Pure.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from lxml import etree

from akson.exchange.envelope import Code, Ident
from akson.exchange.safexml import Unreadable

OSLO: Final = ZoneInfo("Europe/Oslo")  # senders that leave out the zone mean Norwegian time
_YEARS: Final = range(1800, 2200)  # others no zone can be held to, and nobody writes of
_UNWRITABLE: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_EMPTY_LINES: Final = re.compile("\n{3,}")
XHTML_BLOCKS: Final = frozenset({"p", "div", "br", "li", "tr", "h1", "h2", "h3", "h4", "ul", "ol", "table"})


def local(node: etree._Element) -> str:
    """Return the name of `node` without its namespace."""
    return str(etree.QName(node).localname)


def namespace(node: etree._Element) -> str:
    return str(etree.QName(node).namespace or "")


def child(node: etree._Element | None, *names: str) -> etree._Element | None:
    """Return the first element on the path `names` below `node`, in any namespace."""
    for name in names:
        node = None if node is None else node.find(f"{{*}}{name}")
    return node


def children(node: etree._Element | None, name: str) -> list[etree._Element]:
    return [] if node is None else node.findall(f"{{*}}{name}")


def text(node: etree._Element | None, *names: str) -> str:
    """Return the text of the element on the path `names`, or ""."""
    found = child(node, *names)
    return (found.text or "").strip() if found is not None else ""


def code(node: etree._Element | None, *names: str) -> Code | None:
    """Return the coded value at `names`; None where there is no code, name or text."""
    found = child(node, *names)
    if found is None:
        return None
    value, name, other = (found.get(key, "").strip() for key in ("V", "DN", "OT"))
    if not (value or name or other):
        return None
    return Code(value=value, system=found.get("S", "").strip(), name=name, other=other)


def idents(node: etree._Element) -> tuple[Ident, ...]:
    """Return the identifiers of a person or an organisation."""
    found = ((text(each, "Id"), code(each, "TypeId")) for each in children(node, "Ident"))
    return tuple(Ident(value, kind.value, kind.system, kind.name) for value, kind in found if value and kind)


def moment(written: str, *, what: str) -> datetime:
    """Return an xs:dateTime with time zone; Norwegian time where the sender left the zone out.

    Raises   Unreadable T02
    """
    try:
        read = datetime.fromisoformat(written)
    except ValueError:
        read = None
    if read is None or read.year not in _YEARS:
        raise Unreadable("T02", f"{what} er ikke et gyldig tidspunkt.")
    return read if read.tzinfo else read.replace(tzinfo=OSLO)


def day(written: str) -> date | None:
    """Return an xs:date, or None where it is missing or written wrongly (many senders write 1991-12-4)."""
    try:
        return date.fromisoformat(written[:10])
    except ValueError:
        return None


def iso_day(written: str) -> str:
    """Return an xs:date as FHIR writes it, or ""."""
    found = day(written)
    return found.isoformat() if found else ""


def prose(node: etree._Element | None) -> str:
    """Return all text below `node` as plain lines; XHTML blocks become line breaks, markup is dropped."""
    if node is None:
        return ""
    lines = "".join(_pieces(node)).splitlines()
    return _EMPTY_LINES.sub("\n\n", "\n".join(" ".join(line.split()) for line in lines)).strip()


def _pieces(node: etree._Element) -> list[str]:
    pieces = [node.text or ""]
    for inner in node:
        block = local(inner) in XHTML_BLOCKS
        pieces += ["\n" * block, *_pieces(inner), "\n" * block, inner.tail or ""]
    return pieces


def document(space: str, name: str) -> etree._Element:
    """Return a new root element with `space` as its default namespace."""
    prefixes: Any = {None: space}
    return etree.Element(f"{{{space}}}{name}", nsmap=prefixes)


def put(parent: etree._Element, name: str, content: str | None = None, *, space: str | None = None) -> etree._Element:
    """Append an element `name` in `space`, or in the namespace of `parent`."""
    node = etree.SubElement(parent, f"{{{space or namespace(parent)}}}{name}")
    node.text = writable(content) if content else content
    return node


def put_code(parent: etree._Element, name: str, value: Code | None, *, space: str | None = None) -> None:
    """Append a CV or CS; nothing where there is no code. CS has no system: leave it out of `value`."""
    if value is None:
        return
    node = put(parent, name, space=space)
    for key, content in (("V", value.value), ("S", value.system), ("DN", value.name), ("OT", value.other)):
        if content:
            node.set(key, writable(content))


def put_text(parent: etree._Element, name: str, content: str, *, space: str | None = None) -> None:
    """Append an element with text; nothing where the text is empty."""
    if content:
        put(parent, name, content, space=space)


def put_idents(
    parent: etree._Element, found: tuple[Ident, ...], *, space: str | None = None, within: str | None = None
) -> None:
    """Append identifiers: each Ident in the namespace `within`, what it holds in `space`."""
    for ident in found:
        node = put(parent, "Ident", space=within)
        put(node, "Id", ident.value, space=space)
        put_code(node, "TypeId", Code(value=ident.kind, system=ident.system, name=ident.name), space=space)


def writable(content: str) -> str:
    """Return `content` without the control characters XML cannot carry."""
    return _UNWRITABLE.sub("", content)


def serialize(root: etree._Element) -> bytes:
    """Return the message as bytes, in UTF-8 with its declaration."""
    data: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    return data


def iso(at: datetime) -> str:
    """Return `at` as an xs:dateTime in Norwegian time, to the second."""
    return at.astimezone(OSLO).isoformat(timespec="seconds")
