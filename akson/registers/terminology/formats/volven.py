"""Many Norwegian code lists in one file: JSON of number -> code -> name, or XML of <data code= key= value=>."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lxml import etree

from akson.registers.codes import volven
from akson.registers.terminology.formats.items import Advance, Begin, Fault, Item, Named, opened, text_of
from akson.registers.terminology.formats.lists import head_of
from akson.registers.terminology.model import NewConcept


def is_many(value: Any) -> bool:
    """Tell whether a JSON value is lists by number."""
    return (
        isinstance(value, dict) and bool(value) and all(k.isdigit() and isinstance(v, dict) for k, v in value.items())
    )


def read_json(path: Path, named: Named, advance: Advance) -> Iterator[Item]:
    """Yield every list of the file, and its codes."""
    with text_of(path) as file:
        lists = json.load(file)
    advance(path.stat().st_size)
    for number, held in lists.items():
        yield Begin(head=_head(number, named))
        for code, name in held.items():
            if not code.strip() or not isinstance(name, str) or not name.strip():
                yield Fault(file=path.name, line=0, what=f"{number} {code[:40]}: no code or no name")
            else:
                yield NewConcept(code=code.strip(), display=name.strip())


def read_xml(path: Path, named: Named, advance: Advance) -> Iterator[Item]:
    """Yield every list of the file; the codes of one stand together."""
    number = ""
    with opened(path) as file:
        events = etree.iterparse(file, events=("end",), tag="data", resolve_entities=False, no_network=True)
        try:
            for _, element in events:
                given, code, name = (element.get(key, "").strip() for key in ("code", "key", "value"))
                if not given.isdigit() or not code or not name:
                    yield Fault(file=path.name, line=element.sourceline or 0, what="no list, code or name")
                    continue
                if given != number:
                    number = given
                    yield Begin(head=_head(number, named))
                yield NewConcept(code=code, display=name)
                element.clear()
        except etree.XMLSyntaxError as error:
            yield Fault(file=path.name, line=error.lineno or 0, what="no XML from here on")
    advance(path.stat().st_size)


def _head(number: str, named: Named) -> dict[str, Any]:
    return head_of(volven(int(number)), f"Kodeverk {number}", named.version)
