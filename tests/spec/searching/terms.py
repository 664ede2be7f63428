"""A small code system and value sets of it, loaded as an operator would; what they mean is told here by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from akson.base.database import Database
from akson.registers.terminology.formats.items import Whole
from akson.registers.terminology.load import load

SYSTEM: Final = "http://example.org/koder"
_BELOW: Final[Mapping[str, tuple[str, ...]]] = {"K86": ("k86", "A-1"), "A-1": ("R05",), "L84": ("T90",)}
_LISTED: Final = ("K86", "L84", "æøå")
MEANT: Final[Mapping[str, frozenset[str]]] = {  # value set -> its codes, all of SYSTEM
    "http://example.org/utvalg/listet": frozenset(_LISTED),
    "http://example.org/utvalg/under": frozenset({"K86", "k86", "A-1", "R05"}),
    "http://example.org/utvalg/tomt": frozenset({"R05"}) - {"R05"},
}


def below(code: str) -> set[str]:
    """Return a code and all below it."""
    return {code}.union(*(below(one) for one in _BELOW.get(code, ())))


def above(code: str) -> set[str]:
    """Return a code and all above it."""
    return {code}.union(*(above(over) for over, under in _BELOW.items() if code in under))


async def load_terms(database: Database) -> None:
    """Load the code system and its value sets."""
    listed = [{"code": code} for code in _LISTED]
    is_a = [{"property": "concept", "op": "is-a", "value": "K86"}]
    minus = {"include": [{"system": SYSTEM, "concept": [{"code": "R05"}]}], "exclude": [{"system": SYSTEM}]}
    sets = [
        {"include": [{"system": SYSTEM, "concept": listed}]},
        {"include": [{"system": SYSTEM, "filter": is_a}]},
        minus,
    ]
    whole: list[dict[str, Any]] = [
        {
            "resourceType": "CodeSystem", "url": SYSTEM, "status": "active", "content": "complete", "version": "1",
            "caseSensitive": True, "hierarchyMeaning": "is-a",
            "concept": [_concept(code) for code in ("K86", "L84", "æøå", "a,b", "123")],
        },
        *({"resourceType": "ValueSet", "url": url, "status": "active", "compose": compose} for url, compose in zip(MEANT, sets, strict=True)),
    ]  # fmt: skip
    items = [Whole(resource=one) for one in whole]
    report = await load(database, "oppdiktet", items, digest=b"o" * 32, strict=True)
    assert not report.refused, report.faults


def _concept(code: str) -> dict[str, Any]:
    under = [_concept(one) for one in _BELOW.get(code, ())]
    return {"code": code} | ({"concept": under} if under else {})
