"""What the law asks of access, point by point (law.toml), and which of the rules answer to each."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from akson.access.asking import RULES, Rule


class Point(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One demand. See law.toml for what stands where."""

    asks: str
    source: str
    about: str
    tests: tuple[str, ...] = ()
    waits: str = ""
    lawyer: bool = False


def points() -> Mapping[str, Point]:
    """Return every demand by its number: "R1", "C4"."""
    text = (Path(__file__).parent / "law.toml").read_bytes()
    return msgspec.toml.decode(text, type=dict[str, Point])


def answering(number: str) -> list[Rule]:
    """Return the rules that name this demand, each once, in the order they are asked."""
    found = {rule.name: rule for rule in RULES if number in rule.points}
    return sorted(found.values(), key=lambda rule: rule.order)
