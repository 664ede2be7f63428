"""Canary marks: words, numbers and moments that stand in one resource only, so that a leak is seen wherever it is.

Every word of a resource that somebody wrote is its mark; so are its numbers and its dates.
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any, Self

from tests.leaks.canary import WORD

FIRST_NUMBER = 9_100_000
FIRST_MOMENT, LONG_AGO = datetime(2026, 3, 1, tzinfo=UTC), datetime(2024, 3, 1, tzinfo=UTC)
ABSENT = 99_999  # the number of a resource that is nowhere
FOUND = re.compile(r"kx[a-z]{10}|91\d{5}\.25|20(?:24|26)-03-0\dT\d\d:\d\d:\d\d")
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True)
class Marks:
    """The marks of resource number n. long_ago: it is dated in 2024, else in 2026."""

    n: int
    long_ago: bool = False

    @cached_property
    def word(self) -> str:
        digest = hashlib.sha256(f"mark {self.n}".encode()).digest()
        return "kx" + "".join(_LETTERS[byte % 26] for byte in digest[:10])

    @property
    def number(self) -> str:
        return f"{FIRST_NUMBER + self.n}.25"

    @property
    def moment(self) -> str:
        start = LONG_AGO if self.long_ago else FIRST_MOMENT
        return (start + timedelta(seconds=self.n)).isoformat()[:19]

    @cached_property
    def all(self) -> tuple[str, ...]:
        return self.word, self.number, self.moment, self.encoded

    @property
    def encoded(self) -> str:
        return base64.b64encode(f"{self.word} i klartekst".encode()).decode()

    def put(self, value: Any) -> Any:
        """Return a filled resource of canary.py with these marks in place of what is the same in all of them."""
        if isinstance(value, dict):
            return {name: self.put(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [self.put(inner) for inner in value]
        if isinstance(value, float | Decimal):
            return Decimal(self.number)
        if isinstance(value, str):
            moments = ("2026-05-06T07:08:09+02:00", f"{self.moment}Z")
            hidden = (base64.b64encode(f"{WORD} i klartekst".encode()).decode(), self.encoded)
            return value.replace(*moments).replace(*hidden).replace(WORD, self.word)
        return value

    def replaced(self, text: str, other: Self) -> str:
        """Return `text` with the marks of another resource."""
        for mine, its in zip(self.all, other.all, strict=True):
            text = text.replace(mine, its)
        return text
