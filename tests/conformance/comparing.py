"""Compares an answer with what a test of the terminology suite expects; the rules stand in its readme."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

_KINDS = {
    "id": r"[A-Za-z0-9\-.]{1,64}", "uuid": r"urn:uuid:[0-9a-f\-]{36}", "url": r"\S+:\S+", "token": r"\S+", "string": r".+",
    "instant": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d.*", "date": r"\d{4}(-\d\d(-\d\d.*)?)?", "version": r".+",
    "semver": r"\d+\.\d+\.\d+.*",
}  # fmt: skip
_CONTROL = ("$optional$", "$optional", "$optional-properties$", "$count-arrays$")


def differences(expected: Any, found: Any, path: str = "") -> Iterator[str]:
    """Yield what is different, with its path; the order in arrays never counts."""
    if isinstance(expected, dict) and isinstance(found, dict):
        yield from _objects(expected, found, path)
    elif isinstance(expected, list) and isinstance(found, list):
        yield from _arrays(expected, found, path)
    elif isinstance(expected, str) and "|$version$" in expected:
        yield from differences(expected.partition("|")[0], str(found).partition("|")[0], path)
    elif isinstance(expected, str) and expected.startswith("$"):
        if not _matches(expected, str(found)):
            yield f"{path}: expected {expected}, found {found!r}"
    elif expected != found or isinstance(expected, bool) is not isinstance(found, bool):
        yield f"{path}: expected {expected!r}, found {found!r}"


def _matches(pattern: str, found: str) -> bool:
    if pattern.startswith("$external:"):
        return pattern.strip("$").split(":", 2)[2:] == [] or pattern.strip("$").split(":", 2)[2] in found
    if pattern.startswith("$choice:"):
        return found in pattern.strip("$").partition(":")[2].split("|")
    if pattern.startswith("$fragments:"):
        return all(part in found for part in pattern.strip("$").partition(":")[2].split("|"))
    kind = pattern.strip("$")
    return bool(re.fullmatch(_KINDS[kind], found, re.S)) if kind in _KINDS else pattern == found


def _objects(expected: dict[str, Any], found: dict[str, Any], path: str) -> Iterator[str]:
    optional = set(expected.get("$optional-properties$", ()))
    counted = set(expected.get("$count-arrays$", ()))
    for name, value in expected.items():
        if name in _CONTROL:
            continue
        if name not in found:
            everything_optional = isinstance(value, list) and all(_optional(one) for one in value)
            if name not in optional and not everything_optional:
                yield f"{path}.{name}: missing"
        elif name in counted:
            if len(value) != len(found[name]):
                yield f"{path}.{name}: expected {len(value)}, found {len(found[name])}"
        else:
            yield from differences(value, found[name], f"{path}.{name}")
    for name in found:
        if name not in expected and name not in optional:
            yield f"{path}.{name}: unexpected {found[name]!r:.120}"


def _optional(value: Any) -> bool:
    return isinstance(value, dict) and ("$optional$" in value or "$optional" in value)


def _arrays(expected: list[Any], found: list[Any], path: str) -> Iterator[str]:
    left = list(found)
    missing = []
    for n, one in enumerate(sorted(expected, key=_optional)):
        hit = next((other for other in left if not any(differences(one, other))), None)
        if hit is not None:
            left.remove(hit)
        elif not _optional(one):
            missing.append((n, one))
    for (n, one), other in zip(missing, left, strict=False):
        yield from differences(one, other, f"{path}[{n}]")
    for n, one in missing[len(left) :]:
        yield f"{path}[{n}]: missing {one!r:.300}"
    for other in left[len(missing) :]:
        yield f"{path}: unexpected {other!r:.300}"
