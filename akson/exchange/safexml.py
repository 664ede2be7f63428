"""Turn bytes from strangers into an XML tree, or refuse them with the code the sender understands.

A message never needs a DOCTYPE, so one is refused before anything is expanded: no entities, no external files, no
network. A first pass with expat measures depth and size and stops there; only then does libxml2 build the tree.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from xml.parsers import expat

from lxml import etree

LARGEST: Final = 26 * 1024 * 1024  # bytes of one message: the agreed 18 MB of attachments as base64, with line breaks
DEEPEST: Final = 100
MOST_ELEMENTS: Final = 200_000

_XSD: Final = "http://www.w3.org/2001/XMLSchema"
_NO_SCHEMA_FOR_CONTENT: Final = 1845  # libxml2 SCHEMAV_CVC_ELT_1


@dataclass(frozen=True)
class Fault:
    """Why a message cannot be taken: a code of Volven 8221 and our own words about it.

    The words go to the sender and to our own people: they never quote the message.
    """

    code: str
    text: str


class Unreadable(Exception):
    """The message cannot be read or processed; `fault` says why in the words of an AppRec."""

    def __init__(self, code: str, text: str) -> None:
        self.fault = Fault(code, text)
        super().__init__(code)


def parse(data: bytes, *, whole: bool = False) -> etree._Element:
    """Return the root element of `data`.

    whole    with comments and instructions to programs: they count in a signature
    Raises   Unreadable T01 (not XML), T99 (too large, too deep, or with a DOCTYPE)
    """
    if len(data) > LARGEST:
        raise Unreadable("T99", "Meldingen er større enn 26 MB.")
    _measure(data)
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True, remove_comments=not whole,
        remove_pis=not whole,
    )  # fmt: skip
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError:
        raise Unreadable("T01", "Meldingen er ikke velformet XML.") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise Unreadable("T99", "Meldingen har en DOCTYPE. Det er ikke tillatt.")
    return root


def _measure(data: bytes) -> None:
    """Refuse what would cost too much to build: asked of expat, which builds nothing."""
    depth = elements = 0

    def opened(_name: str, _attributes: dict[str, str]) -> None:
        nonlocal depth, elements
        depth += 1
        elements += 1
        if depth > DEEPEST or elements > MOST_ELEMENTS:
            raise Unreadable("T99", "Meldingen er for dypt nøstet eller har for mange elementer.")

    def closed(_name: str) -> None:
        nonlocal depth
        depth -= 1

    def doctype(*_: object) -> None:
        raise Unreadable("T99", "Meldingen har en DOCTYPE. Det er ikke tillatt.")

    measure = expat.ParserCreate()
    measure.StartElementHandler, measure.EndElementHandler = opened, closed
    measure.StartDoctypeDeclHandler = doctype
    try:
        measure.Parse(data, True)  # noqa: FBT003  (expat takes it by position only)
    except (expat.ExpatError, LookupError, ValueError):  # the last two: an encoding nobody knows
        raise Unreadable("T01", "Meldingen er ikke velformet XML.") from None


class Schemas:
    """The official XSDs, from a folder the operator has filled; they are not ours to ship."""

    def __init__(self, folder: Path) -> None:
        """Read every .xsd in `folder`; each target namespace once."""
        driver = etree.Element(f"{{{_XSD}}}schema", nsmap={"xs": _XSD})
        for namespace, path in sorted(namespaces(folder).items()):
            etree.SubElement(driver, f"{{{_XSD}}}import", namespace=namespace, schemaLocation=path.absolute().as_uri())
        self._schema = etree.XMLSchema(driver)

    def check(self, root: etree._Element) -> None:
        """Raise Unreadable T02 when `root` breaks its schema.

        A document inside the message whose own schema is not in the folder is let through: it is kept as an attachment.
        """
        if self._schema.validate(root):
            return
        errors = [each for each in _errors(self._schema) if each.type != _NO_SCHEMA_FOR_CONTENT]
        if errors:
            raise Unreadable("T02", f"Meldingen følger ikke XML-skjemaet (linje {errors[0].line}).")


def _errors(schema: etree.XMLSchema) -> list[Any]:
    log: Any = schema.error_log  # a list of entries; the stubs know nothing of it
    return list(log)


def namespaces(folder: Path) -> dict[str, Path]:
    """Return the namespaces the XSDs in `folder` are for, each with its file."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    found: dict[str, Path] = {}
    for path in sorted(folder.glob("*.xsd")):
        namespace = etree.parse(path, parser).getroot().get("targetNamespace")
        if namespace:
            found.setdefault(namespace, path)
    return found
