"""Tells what a file, folder or package is."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from akson.registers.terminology.formats import claml, fhir, lists, loinc, snomed, volven
from akson.registers.terminology.formats.items import Advance, Item, Named, opened, text_of

Reading = Callable[[Advance], Iterator[Item]]
_DATA = (".json", ".xml", ".csv", ".txt", ".tsv", ".tgz", ".gz")


def sources(path: Path, named: Named) -> Iterator[tuple[Path, Reading]]:
    """Yield each thing to load in `path`, with what reads it; each is loaded whole or not at all."""
    if path.is_file():
        yield path, _of_file(path, named)
    elif snomed.is_release(path):
        yield path, lambda advance: snomed.read(path, named, advance)
    elif next(path.rglob("Loinc.csv"), None) is not None:
        yield path, lambda advance: loinc.read(path, named, advance)
    else:
        for file in sorted(path.rglob("*")):
            if file.is_file() and file.name.lower().endswith(_DATA) and not file.name.startswith("."):
                yield file, _of_file(file, named)


def _of_file(path: Path, named: Named) -> Reading:
    name = path.name.lower()
    if name.endswith((".tgz", ".tar.gz")):
        return lambda advance: fhir.read_package(path, advance)
    if name == "loinc.csv":
        return lambda advance: loinc.read(path, named, advance)
    if name.removesuffix(".gz").endswith((".csv", ".txt", ".tsv")):
        return lambda advance: lists.read(path, named, advance)
    with opened(path) as file:
        head = file.read(4000).lstrip(b"\xef\xbb\xbf \r\n\t")
    if b"<ClaML" in head:
        return lambda advance: claml.read(path, named, advance)
    if head.startswith(b"<"):
        many = b"<data " in head and b" key=" in head
        return partial(_with, volven.read_xml if many else lists.read, path, named)
    return partial(_of_json, path, named)


def _with(read: lists.Format, path: Path, named: Named, advance: Advance) -> Iterator[Item]:
    return read(path, named, advance)


def _of_json(path: Path, named: Named, advance: Advance) -> Iterator[Item]:
    with text_of(path) as file:
        begin = file.read(20_000)
    if '"resourceType"' in begin:
        yield from fhir.read(path, advance)
        return
    try:
        with text_of(path) as file:
            many = volven.is_many(json.load(file))
    except ValueError:
        many = False  # one record per line, or a fault that is told with its line
    if not many and path.name in ("package.json", "package-lock.json", ".index.json"):
        return
    yield from (volven.read_json if many else lists.read)(path, named, advance)
