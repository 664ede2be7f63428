"""The keys of the order of hits, and how a cursor tells where among them a page begins."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any


@dataclass(frozen=True)
class Key:
    """One key of the order: its column, its SQL, its direction, and how its value is read from a cursor."""

    name: str
    sql: str
    descending: bool = False
    kind: str = "text"

    def read(self, value: str) -> Any:
        """Return a value that `spelled` wrote. Raises ValueError, ArithmeticError."""
        if self.kind == "date":
            return datetime.fromisoformat(value)
        if self.kind == "integer":
            return int(value)
        return Decimal(value) if self.kind == "number" else value


def spelled(value: Any) -> str:
    """Return a value as it stands in a cursor."""
    return value.isoformat() if isinstance(value, datetime) else str(value)
