"""A referral or an epikrise as people read it: our words under their headings, diagnoses and medicines one on a line.

What has more in it than that is told element by element, as any document is: nothing that was sent is left out. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import groupby
from typing import Final

from lxml import etree

from akson.exchange import blocks, nodes, prose
from akson.exchange.nodes import child, children, local

_ALLERGY: Final = "Allergy"  # a substance that the patient cannot take is no medicine to those who read
_HEADS: Final = {"Diagnosis": "Diagnoser", "Medication": "Legemidler", _ALLERGY: "Overfølsomhet"}
_PLAIN: Final = {
    "Diagnosis": {"Concept", "Modifier"}, "Modifier": {"Name", "Value"}, "ReasonAsText": {"Heading", "TextResultValue"},
    "Medication": {"DrugId", "DosageText", "StartDateTime", "EndDateTime", "Status"},
}  # fmt: skip


def paragraphs(body: etree._Element) -> list[str]:
    """Return a letter as paragraphs, one for each of its main parts, and one for those of a sort in a row."""
    return prose.cut(_told(body))


def _told(body: etree._Element) -> Iterator[Iterator[str]]:
    for name, found in groupby(prose.elements(body), key=_sort):
        if name in _HEADS:
            yield iter([_HEADS[name], *(f"– {_LINES[name](each)}" for each in found)])
        else:
            yield from (_words(each) if name == "ReasonAsText" else prose.lines(each, 0) for each in found)


def _sort(node: etree._Element) -> str:
    """Return what an element is told as; "": as any document is."""
    status = nodes.code(node, "Status")
    if local(node) == "Medication" and status and status.value == blocks.ALLERGIC:
        return _ALLERGY if _is_plain(node) else ""
    return local(node) if _is_plain(node) else ""


def _is_plain(node: etree._Element) -> bool:
    """Say whether an element has only what is told of it on one line."""
    known = _PLAIN.get(local(node))
    return known is not None and all(local(each) in known and _is_leaf(each) for each in prose.elements(node))


def _is_leaf(node: etree._Element) -> bool:
    return not prose.elements(node) or local(node) == "TextResultValue" or (local(node) in _PLAIN and _is_plain(node))


def _words(node: etree._Element) -> Iterator[str]:
    heading, text = child(node, "Heading"), nodes.prose(child(node, "TextResultValue"))
    yield from filter(None, [prose.value_of(heading) if heading is not None else "", *text.splitlines()])


def _diagnosis(node: etree._Element) -> str:
    more = (": ".join(_values(each, "Name", "Value")) for each in children(node, "Modifier"))
    return ", ".join([*_values(node, "Concept"), *more])


def _medicine(node: etree._Element) -> str:
    dates = [f"{word} {said}" for name, word in (("StartDateTime", "fra"), ("EndDateTime", "til"))
             for said in _values(node, name)]  # fmt: skip
    doses = [" ".join(said.split()) for said in _values(node, "DosageText")]
    return ", ".join([*_values(node, "DrugId"), *doses, *dates, *_values(node, "Status")])


def _values(node: etree._Element, *names: str) -> list[str]:
    return [said for name in names for each in children(node, name) if (said := prose.value_of(each))]


_LINES: Final[Mapping[str, Callable[[etree._Element], str]]] = {
    "Diagnosis": _diagnosis, "Medication": _medicine, _ALLERGY: _medicine,
}  # fmt: skip
