"""Tells from the text alone whether references inside a resource surely point at what they may.

For resources decoded at C speed; walk.py and pointing.py say the same of any resource, slower and with the place.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from akson.fhir.definitions import elements, facts
from akson.fhir.types import is_type

WITH_ENTRIES = frozenset({"Bundle", "Parameters"})
_LOCAL = b'"reference":"#'
_OPENED = (b"{", b"[{")  # what stands between the name of a member and the reference it holds


def may_contain(kind: str, text: bytes, data: dict[str, Any]) -> bool:
    """Tell whether the resource may hold contained ones."""
    return "contained" in data or (kind in WITH_ENTRIES and b'"contained":' in text)


def references_hold(kind: str, text: bytes, data: dict[str, Any]) -> bool:
    """Tell whether what is contained has ids of its own, and "#x" stands only where one may point at x.

    Never sure of resources with entries of their own, nor of what stands second in a list.
    text  the resource, compact
    """
    contained = data.get("contained", [])
    if kind in WITH_ENTRIES or not isinstance(contained, list):
        return False
    ids = {str(c.get("id")): str(c.get("resourceType")) for c in contained if isinstance(c, dict)}
    if len(ids) != len(contained):
        return False
    kinds = frozenset({kind, *ids.values()})
    ids[""] = kind
    place = text.find(_LOCAL)
    while place >= 0:
        start = place + len(_LOCAL)
        id_ = text[start : text.index(b'"', start)].decode()
        end = text.rfind(b'":', 0, place)
        name = text[text.rfind(b'"', 0, end) + 1 : end].decode()
        if text[end + 2 : place] not in _OPENED or not _fits(name, ids.get(id_, ""), kinds):
            return False
        place = text.find(_LOCAL, start)
    return True


@lru_cache(maxsize=1024)
def _fits(name: str, of: str, kinds: frozenset[str]) -> bool:
    """Tell whether each reference called `name`, in `kinds` or in a data type, may point at a resource of type `of`."""
    found = [targets for root, targets in _targets(name) if root in kinds or not is_type(root)]
    return bool(of and found) and all(not targets or "Resource" in targets or of in targets for targets in found)


@lru_cache(maxsize=1024)
def _targets(name: str) -> list[tuple[str, tuple[str, ...]]]:
    """Return where references called `name` stand, by the type that holds them, and what they may point at."""
    return [
        (path.partition(".")[0], element.targets)
        for path in facts()["elements"]
        for element in elements(path)
        if "Reference" in element.types and element.json_name("Reference") == name
    ]
