"""FHIR: one resource or Bundle in a file, a folder of them, or an npm package (.tgz)."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from akson.fhir import bodies
from akson.registers.terminology.formats.items import Advance, Fault, Item, Whole, opened
from akson.registers.terminology.store import PUT

LARGEST = 512 * 1024 * 1024
_SKIPPED = ("package.json", ".index.json", "/openapi/", "/other/")


def read(path: Path, advance: Advance) -> Iterator[Item]:
    """Yield the terminology of a file."""
    with opened(path) as file:
        body = file.read(LARGEST + 1)
    advance(path.stat().st_size)
    yield from of_text(path.name, body)


def read_package(path: Path, advance: Advance) -> Iterator[Item]:
    """Yield the terminology of a package, file by file."""
    with tarfile.open(path, "r|gz") as archive:
        for member in archive:
            if not member.isfile() or not member.name.endswith(".json") or _skipped(member.name):
                continue
            file = archive.extractfile(member)
            if file is not None:
                yield from of_text(member.name, file.read(LARGEST + 1))
    advance(path.stat().st_size)


def _skipped(name: str) -> bool:
    return any(part in f"/{name}" for part in _SKIPPED)


def of_text(name: str, body: bytes) -> Iterator[Item]:
    """Yield the terminology in one JSON text."""
    if len(body) > LARGEST:
        yield Fault(file=name, line=0, what=f"larger than {LARGEST} bytes")
        return
    try:
        resource = bodies.loads(body.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, ValueError) as error:
        yield Fault(file=name, line=_line(body, str(error)), what=f"no JSON: {error}")
        return
    yield from of_value(name, resource)


def of_value(name: str, value: Any) -> Iterator[Item]:
    """Yield the terminology in a resource or Bundle."""
    if not isinstance(value, dict):
        yield Fault(file=name, line=0, what="no FHIR resource")
    elif value.get("resourceType") == "Bundle":
        for entry in value.get("entry", ()):
            if entry.get("resource", {}).get("resourceType") in PUT:
                yield from of_value(name, entry["resource"])
    elif value.get("resourceType") in PUT:
        if isinstance(value.get("url"), str):
            yield Whole(resource=value)
        else:
            yield Fault(file=name, line=0, what=f"{value['resourceType']} without url")


def _line(body: bytes, error: str) -> int:
    """Return the line of msgspec's "(byte 123)"; 0 when it does not say."""
    _, found, rest = error.partition("(byte ")
    number = rest.partition(")")[0]
    return body.count(b"\n", 0, int(number)) + 1 if found and number.isdigit() else 0
