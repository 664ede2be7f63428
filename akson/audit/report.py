"""What the verifier says: how much it read, and every fault by table and key."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from akson.fhir import types

MOST_FAULTS = 1000  # told one by one; the rest is counted


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One thing that does not hold. key: the row's primary key, joined by "/"."""

    table: str
    key: str
    what: str

    def __str__(self) -> str:
        return f"{self.table} {self.key}: {self.what}"


@dataclass(frozen=True, kw_only=True)
class Report:
    """rows: read, by table; faults: the first thousand; untold: how many more."""

    rows: Mapping[str, int]
    faults: tuple[Fault, ...]
    untold: int = 0

    @property
    def proven(self) -> bool:
        return not self.faults


@dataclass
class Findings:
    """Gathers a report."""

    rows: Counter[str] = field(default_factory=Counter)
    faults: list[Fault] = field(default_factory=list)
    untold: int = 0

    def fault(self, table: str, *key: object, what: str) -> None:
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(Fault(table=table, key="/".join(map(str, key)), what=what))
        else:
            self.untold += 1

    def report(self) -> Report:
        return Report(rows=dict(self.rows), faults=tuple(self.faults), untold=self.untold)


def resource_name(code: int, id_: str) -> str:
    """Return "Type/id", with the bare code where it names no type."""
    name = types.name_of(code) if 0 < code <= len(types.TYPES) else str(code)
    return f"{name}/{id_}"
