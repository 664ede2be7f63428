"""How much of what is found goes back: `_summary` and `_elements`, on read, vread, search and history.

What is cut is cut last, after access, log and masking; links to other pages carry what was asked for.
Source: hl7.org/fhir/R4/search.html#summary, #elements
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

import msgspec
from msgspec.structs import replace

from akson.base.errors import Refused
from akson.fhir import subsets
from akson.fhirapi.answers import Answer
from akson.fhirapi.calls import Pairs

_SHAPES: Final = frozenset({"_summary", "_elements"})
_COUNTED: Final = (("_count", "0"), ("_total", "accurate"))  # what `_summary=count` means
_NOT_COUNTED: Final = frozenset({"_count", "_total", "_sort", "_include", "_revinclude"})
_SUMMARIES: Final = {"true": subsets.summary, "text": subsets.text, "data": subsets.data}
_MOST_ELEMENTS: Final = 200


@dataclass(frozen=True, kw_only=True)
class Shape:
    """What to do with each resource. carried: the parameters that asked for it, as they stand in links."""

    cut: Callable[[bytes], bytes]
    carried: str


def parted(type_: str, pairs: Pairs) -> tuple[Shape | None, Pairs]:
    """Return the shape that is asked for and the parameters that are left.

    Raises  Refused AK-F007: an unknown summary, element, or both at once
    """
    asked = [(name, value) for name, value in pairs if name in _SHAPES]
    if not asked:
        return None, pairs
    rest = tuple(pair for pair in pairs if pair[0] not in _SHAPES)
    if len(asked) > 1:
        raise Refused("AK-F007", name="parameter _summary together with _elements")
    name, value = asked[0]
    if name == "_summary" and value in ("false", "count"):
        kept = tuple(pair for pair in rest if pair[0] not in _NOT_COUNTED)
        return None, rest if value == "false" else (*kept, *_COUNTED)
    cut = _summary(value) if name == "_summary" else _elements(type_, value)
    return Shape(cut=cut, carried=f"{name}={quote(value, safe=',')}"), rest


def shaped(answer: Answer, shape: Shape | None) -> Answer:
    """Return the answer with every resource in it cut to the shape."""
    if shape is None or answer.status != 200 or answer.outcome or not answer.body:
        return answer
    if answer.stored is not None:
        return replace(answer, body=shape.cut(answer.body))
    return replace(answer, body=_bundle(answer.body, shape))


def _summary(value: str) -> Callable[[bytes], bytes]:
    if value not in _SUMMARIES:
        raise Refused("AK-F007", name="parameter _summary")
    return _SUMMARIES[value]


def _elements(type_: str, value: str) -> Callable[[bytes], bytes]:
    names = _names(type_, value.split(","))
    return lambda body: subsets.only(body, names)


def _names(type_: str, given: Sequence[str]) -> frozenset[str]:
    if len(given) > _MOST_ELEMENTS:
        raise Refused("AK-F007", name="parameter _elements")
    names = frozenset(one.strip().removeprefix(f"{type_}.") for one in given)
    for name in names:
        if type_ and not subsets.is_element(type_, name):
            raise Refused("AK-F007", name=f"parameter _elements: {name[:60]}")
    return names


def _bundle(body: bytes, shape: Shape) -> bytes:
    parts: dict[str, Any] = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    if "link" in parts:
        parts["link"] = [_link(link, shape) for link in msgspec.json.decode(parts["link"])]
    if "entry" in parts:
        parts["entry"] = [
            _entry(e, shape) for e in msgspec.json.decode(parts["entry"], type=list[dict[str, msgspec.Raw]])
        ]
    return msgspec.json.encode(parts)


def _link(link: dict[str, str], shape: Shape) -> dict[str, str]:
    mark = "&" if "?" in link["url"] else "?"
    return link | {"url": f"{link['url']}{mark}{shape.carried}"}


def _entry(entry: dict[str, msgspec.Raw], shape: Shape) -> dict[str, msgspec.Raw]:
    if "resource" not in entry or entry.get("search") == msgspec.Raw(b'{"mode":"outcome"}'):
        return entry
    return entry | {"resource": msgspec.Raw(shape.cut(bytes(entry["resource"])))}
