"""Classifications in ClaML (ICD-10 and its kin). Source: EN 14463"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from lxml import etree

from akson.registers.terminology.formats.items import Advance, Begin, Fault, Item, Named, opened
from akson.registers.terminology.formats.lists import heading
from akson.registers.terminology.model import Json, NewConcept


def read(path: Path, named: Named, advance: Advance) -> Iterator[Item]:
    """Yield the classification and its classes; chapters and blocks are marked as not selectable."""
    head = heading(path.name, named)
    if head is None:
        yield Fault(file=path.name, line=0, what="no code system is known by this name; say which it is (--system)")
        return
    yield Begin(head=head)
    with opened(path) as file:
        events = etree.iterparse(file, events=("end",), tag="Class", resolve_entities=False, no_network=True)
        try:
            for _, element in events:
                yield _concept(path.name, element)
                element.clear()
        except etree.XMLSyntaxError as error:
            yield Fault(file=path.name, line=error.lineno or 0, what="no XML from here on")
    advance(path.stat().st_size)


def _concept(name: str, element: etree._Element) -> NewConcept | Fault:
    code = element.get("code", "")
    labels = {rubric.get("kind", ""): label for rubric in element.iter("Rubric") for label in rubric.iter("Label")}
    text = " ".join("".join(map(str, labels["preferred"].itertext())).split()) if "preferred" in labels else ""
    if not code or not text:
        return Fault(file=name, line=_line(element), what=f"{code[:40]}: no code or no name")
    properties: list[Json] = [{"code": "kind", "valueString": element.get("kind", "category")}]
    if element.get("kind") in ("chapter", "block"):
        properties.append({"code": "notSelectable", "valueBoolean": True})
    parents = [above.get("code", "") for above in element.iter("SuperClass")]
    return NewConcept(code=code, display=text, body={"property": properties}, parents=parents)


def _line(element: etree._Element) -> int:
    line = element.sourceline
    return line if isinstance(line, int) else 0
