"""Reads the profiles that an operator has put into a folder: JSON, XML and packages (.tgz), whatever lies below it."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from akson.base.errors import Refused
from akson.fhir import bodies, xml
from akson.fhir.issues import Invalid
from akson.fhir.profiles.library import Library

_SUFFIXES: Final = frozenset({".json", ".xml", ".tgz"})
_MOST: Final = 64 * 1024 * 1024  # bytes of one file


def load(folder: Path | None) -> Library:
    """Return the profiles in `folder`; none when there is no folder.

    Raises  Refused AK-L011 when the folder is not there, or a file in it cannot be read
    """
    if folder is None:
        return Library()
    if not folder.is_dir():
        raise Refused("AK-L011", what="AKSON_PROFILES")
    return Library(list(_resources(folder)))


def _resources(folder: Path) -> Iterator[dict[str, Any]]:
    for file in sorted(f for f in folder.rglob("*") if f.suffix in _SUFFIXES and f.is_file()):
        try:
            for name, text in _texts(file):
                if found := _resource(name, text):
                    yield found
        except (Invalid, ValueError, msgspec.DecodeError, OSError, tarfile.TarError) as error:
            raise Refused("AK-L011", what=f"AKSON_PROFILES ({file.name})") from error


def _texts(file: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the name and text of a file, or of each resource in a package."""
    if file.suffix != ".tgz":
        yield file.name, file.read_bytes()
        return
    with tarfile.open(file, "r:gz") as package:
        for member in package:
            inside = member.name.startswith("package/") and member.name.count("/") == 1
            if inside and member.isfile() and member.name.endswith(".json") and member.size <= _MOST:
                read = package.extractfile(member)
                yield member.name, read.read() if read else b""


def _resource(name: str, text: bytes) -> dict[str, Any] | None:
    """Return the resource in a text; None for what is none, such as a package's own list."""
    found = xml.loads(text) if name.endswith(".xml") else bodies.loads(text)
    return found if isinstance(found, dict) and "resourceType" in found else None
