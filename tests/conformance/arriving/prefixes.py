"""The same message with other names for its namespaces: nothing that is read may hang on them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from itertools import count
from pathlib import Path

from lxml import etree

from akson.exchange import registry
from akson.exchange.opening import Opened, opened
from akson.exchange.safexml import Unreadable, parse
from tests.conformance.suites import Case

_XML = "http://www.w3.org/XML/1998/namespace"  # has its prefix for ever


def cases(files: list[Path]) -> Iterator[Case]:
    """Yield a case for each message that is XML."""
    for file in files:
        try:
            parse(file.read_bytes())
        except Unreadable:
            continue
        yield Case(f"prefixes/{file.name}", partial(_same, file))


def renamed(body: bytes) -> bytes:
    """Return a document with a prefix of our own for each namespace, and none where it had one: never its own again."""
    root = parse(body)
    spaces = {etree.QName(node).namespace for node in root.iter(etree.Element)} - {None}
    spaces |= {etree.QName(name).namespace for node in root.iter(etree.Element) for name in node.attrib} - {None, _XML}
    taken = {prefix for node in root.iter(etree.Element) for prefix in node.nsmap}
    free = (f"x{number}" for number in count() if f"x{number}" not in taken)
    again = etree.Element(root.tag, nsmap={next(free): space for space in sorted(filter(None, spaces))})
    _copy(root, again)
    return etree.tostring(again, xml_declaration=True, encoding="UTF-8")


def _copy(node: etree._Element, again: etree._Element) -> None:
    again.text = node.text
    for name, value in node.attrib.items():
        again.set(name, value)
    for each in node:
        new = etree.SubElement(again, each.tag)
        new.tail = each.tail
        _copy(each, new)


def _same(file: Path) -> str | None:
    """Say what is read otherwise when the namespaces have other prefixes."""
    body = file.read_bytes()
    was, now = opened(body), opened(renamed(body))
    if (was.receipt, was.fault, was.sketch) != (now.receipt, now.fault, now.sketch):
        return f"{was.fault or 'read'} became {now.fault or 'read otherwise'}"
    if was.envelope is None or now.envelope is None:
        return None if was.envelope is now.envelope is None else "one of the two is no message"
    if replace(was.envelope, body=None, attachments=()) != replace(now.envelope, body=None, attachments=()):
        return "its head is read otherwise"
    files = [[(one.title, one.mime, one.issued) for one in each.attachments] for each in (was.envelope, now.envelope)]
    if files[0] != files[1]:
        return "its files are others"
    return None if _words(was) == _words(now) else "it is told in other words"


def _words(message: Opened) -> object:
    assert message.envelope
    try:
        return registry.in_words(message.envelope)
    except Unreadable as refused:
        return refused.fault
