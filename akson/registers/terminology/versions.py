"""Versions of code systems and value sets: which fits what was asked for, which is the newest. Pure.

Source: build.fhir.org/ig/HL7/fhir-tx-ecosystem-ig (wildcards: 1.0.x, 1.*)
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_PARTS = re.compile(r"[.\-+_]")
_WILD = frozenset({"x", "X", "*"})


def is_wildcard(version: str) -> bool:
    """Tell whether a version stands for several: 1.0.x"""
    return any(part in _WILD for part in version.split("."))


def fits(version: str, wanted: str) -> bool:
    """Tell whether `version` is what `wanted` asks for; nothing asked for is met by everything."""
    if not wanted or version == wanted:
        return True
    if not is_wildcard(wanted):
        return False
    given, asked = version.split("."), wanted.split(".")
    if len(given) < len(asked) or (len(given) > len(asked) and asked[-1] not in _WILD):
        return False
    return all(ask in _WILD or ask == part for part, ask in zip(given, asked, strict=False))


def newest(versions: Iterable[str], wanted: str = "") -> str | None:
    """Return the newest version that fits, None when none does."""
    return max((version for version in versions if fits(version, wanted)), key=_order, default=None)


def _order(version: str) -> tuple[object, ...]:
    """Return what versions are sorted by: numbers as numbers, a release after its previews."""
    parts = [(1, int(part), "") if part.isdigit() else (0, 0, part) for part in _PARTS.split(version)]
    return (*parts, (0, 1, ""))
