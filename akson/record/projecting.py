"""What the projections of facts are made of: rows, references looked up, periods as moments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec

from akson.fhir.dates import interval

Resource = dict[str, Any]
NATIONAL: Final = "urn:oid:2.16.578.1.12.4.1.4."  # fnr, D-number, joint help number, HPR


class FactRow(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the table `fact`."""

    kind: str
    data: bytes  # JSON
    unit: int = 0
    person: int = 0


class Lookup:
    """Turns references into owner keys; remembers what it could not, so that one trip can find the rest."""

    def __init__(self, open_id: Callable[[str], int | None]) -> None:
        self._open = open_id
        self.references: dict[str, int] = {}
        self.identifiers: dict[tuple[str, str], int] = {}
        self.missing_references: set[str] = set()
        self.missing_identifiers: set[tuple[str, str]] = set()

    def key(self, reference: str | None) -> int:
        """Return the owner key behind "Type/id", 0 when unknown."""
        if not reference:
            return 0
        kind, _, id_ = reference.partition("/")
        found = self._open(id_) or self.references.get(reference)
        if found is None and kind and id_:
            self.missing_references.add(reference)
        return found or 0

    def identified(self, system: str, value: str) -> int:
        """Return the owner key of a national identifier, 0 when unknown."""
        found = self.identifiers.get((system, value))
        if found is None:
            self.missing_identifiers.add((system, value))
        return found or 0


def row(kind: str, value: Any, *, unit: int = 0, person: int = 0) -> FactRow:
    """Return one fact; `value` as akson/access/facts.py reads it."""
    return FactRow(kind=kind, unit=unit, person=person, data=msgspec.json.encode({"kind": kind, "value": value}))


def bounds(period: Resource | None) -> tuple[str | None, str | None]:
    """Return start and end of a Period as RFC 3339 text; a bare date is Norwegian civil time, see `_instant`."""
    period = period or {}
    return _instant(period.get("start")), _instant(period.get("end"), last=True)


def _instant(value: str | None, *, last: bool = False) -> str | None:
    if value is None:
        return None
    low, high = interval(value)
    return (high if last else low).isoformat()


def national(resource: Resource) -> set[tuple[str, str]]:
    """Return the national identifiers of a resource, as (system, value)."""
    given = [(i.get("system", ""), i.get("value", "")) for i in resource.get("identifier") or []]
    return {(system, value) for system, value in given if system.startswith(NATIONAL) and value}
