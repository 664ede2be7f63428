"""What readers give: the beginning of a code system, its concepts, whole resources, and faults with their line."""

from __future__ import annotations

import csv
import gzip
import io
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal, cast

from akson.registers.terminology.model import Json, NewConcept

LONGEST_LINE = 1_000_000
Advance = Callable[[int], None]  # told how many bytes were read


@dataclass(frozen=True, kw_only=True)
class Begin:
    """From here on come the concepts of this code system. head: the resource without its concepts."""

    head: Json


@dataclass(frozen=True, kw_only=True)
class Whole:
    """A whole FHIR resource."""

    resource: Json


@dataclass(frozen=True, kw_only=True)
class Fault:
    """Something that was left out. line: from 1; 0 when it has none."""

    file: str
    line: int
    what: str


Item = Begin | NewConcept | Whole | Fault
Records = Iterator[tuple[int, Json] | Fault]


@dataclass(frozen=True, kw_only=True)
class Named:
    """What the operator says of a source, where it does not say it itself."""

    system: str = ""
    version: str = ""


def opened(path: Path) -> IO[bytes]:
    """Open a file for reading; what is packed by gzip is unpacked."""
    return cast(IO[bytes], gzip.open(path, "rb")) if path.suffix == ".gz" else path.open("rb")


def text_of(path: Path) -> IO[str]:
    """Open a text file: UTF-8, with or without a mark, else as Windows writes it."""
    with opened(path) as file:
        head = file.read(200_000)
    try:
        head[: head.rfind(b"\n") + 1 or None].decode("utf-8-sig")
        encoding = "utf-8-sig"
    except UnicodeDecodeError:
        encoding = "cp1252"
    return io.TextIOWrapper(opened(path), encoding=encoding, errors="replace", newline="")


def table(
    path: Path, advance: Advance, *, delimiter: str = "", quoted: bool = True
) -> Iterator[tuple[int, Json] | Fault]:
    """Yield (line, row by column) of a table with a heading; a line that does not fit is a Fault.

    delimiter  found out from the heading when it is not given
    """
    with text_of(path) as file:
        heading = file.readline()
        mark = delimiter or max(";\t,|", key=heading.count)
        quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE
        columns = [c.strip().strip('"') for c in next(csv.reader([heading], delimiter=mark, quoting=quoting), [])]
        reader = csv.reader(_bounded(file, advance), delimiter=mark, quoting=quoting)
        while True:
            try:
                row = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield Fault(file=path.name, line=reader.line_num + 1, what=str(error))
                continue
            if not any(cell.strip() for cell in row):
                continue
            if len(row) != len(columns):
                what = f"{len(row)} columns where the heading has {len(columns)}"
                yield Fault(file=path.name, line=reader.line_num + 1, what=what)
            else:
                yield reader.line_num + 1, dict(zip(columns, (cell.strip() for cell in row), strict=True))


def _bounded(file: IO[str], advance: Advance) -> Iterator[str]:
    """Yield the lines; one that is too long is cut, and so becomes a fault of its row."""
    while line := file.readline(LONGEST_LINE):
        advance(len(line))
        while not line.endswith("\n") and (more := file.readline(LONGEST_LINE)):
            advance(len(more))
            if more.endswith("\n"):
                break
        yield line.replace("\x00", "")


def unpacked(path: Path, into: Path) -> Path:
    """Unpack a zip file below `into`, refusing what would land elsewhere; return that folder."""
    with zipfile.ZipFile(path) as archive:
        for one in archive.infolist():
            target = (into / one.filename).resolve()
            if not target.is_relative_to(into.resolve()):
                raise ValueError(f"{path.name}: {one.filename} would land outside")
        archive.extractall(into)
    return into
