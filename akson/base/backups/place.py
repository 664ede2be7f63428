"""The folder that backups are kept in: what lies there, how it is named, written and read.

base/20261122T144501.123456Z-000000010000000000000004.tar.zst.age
    a whole database: when it was whole, and with which segment of the log a restore begins
wal/000000010000000000000004.5f3d86d71ab1c20e.zst.age
    a segment, 16 MB of changes, with the beginning of its SHA-256; or NAME.partial: the one being written
erasures/
    what was erased (akson/audit/ledger.py)

By hand: `age -d -i KEY FILE | zstd -d`. A file stands under its name only when it is whole and on disk.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Final

import zstandard

from akson.base.age import Identity, Recipient, Sealing, Unreadable, opened

_BASE: Final = re.compile(r"(\d{8}T\d{6}\.\d{6})Z-([0-9A-F]{24})\.tar\.zst\.age")
_WAL: Final = re.compile(r"([0-9A-F]{24}|[0-9A-F]{8}\.history)\.([0-9a-f]{16}|partial)\.zst\.age")
_TIME: Final = "%Y%m%dT%H%M%S.%f"
_PIECE: Final = 1 << 20
_STRENGTH: Final = 3  # of zstd


Write = Callable[[bytes], object]


class OtherLog(Exception):
    """Another log than this database's is kept in this place; the message names the segment."""


@dataclass(frozen=True, kw_only=True)
class Base:
    """A base backup. ended: when it was whole; segment: of the log, which a restore begins with."""

    file: Path
    ended: datetime
    segment: str


@dataclass(frozen=True, kw_only=True)
class Segment:
    """A piece of the log, or the history of a timeline."""

    file: Path
    name: str
    partial: bool

    @property
    def history(self) -> bool:
        return self.name.endswith(".history")

    @property
    def place(self) -> str:
        """Return where it stands in the log, whichever timeline it is of."""
        return self.name[8:]


@dataclass(frozen=True)
class Place:
    """A folder of backups."""

    folder: Path

    @property
    def bases(self) -> list[Base]:
        """Return the base backups, oldest first."""
        matches = [(file, _BASE.fullmatch(file.name)) for file in _files(self.folder / "base")]
        found = [
            Base(file=file, ended=datetime.strptime(m[1], _TIME).replace(tzinfo=UTC), segment=m[2])
            for file, m in matches
            if m
        ]
        return sorted(found, key=lambda base: base.ended)

    @property
    def segments(self) -> list[Segment]:
        """Return the log in order of names; a partial segment only where the whole one is not there."""
        matches = [(file, _WAL.fullmatch(file.name)) for file in _files(self.folder / "wal")]
        found = {(m[1], m[2] == "partial"): file for file, m in matches if m}
        whole = {name for name, partial in found if not partial}
        kept = sorted((name, partial) for name, partial in found if not partial or name not in whole)
        return [Segment(file=found[name, partial], name=name, partial=partial) for name, partial in kept]

    def forget(self, before: datetime) -> int:
        """Let go of what no moment since `before` needs; return how many files that were."""
        older = [base for base in self.bases if base.ended <= before]
        if not older:
            return 0
        needed = older[-1].segment[8:]
        gone = [base.file for base in older[:-1]]
        gone += [one.file for one in self.segments if not one.history and one.place < needed]
        for file in gone:
            file.unlink()
        return len(gone)

    def keep_base(self, recipients: Sequence[Recipient], name: Callable[[], str]) -> AbstractContextManager[Write]:
        """Give what takes a base backup. name: from base_name(), asked when all is written."""
        return packed(recipients, self.folder / "base", name)

    def keep_segment(self, file: Path, recipients: Sequence[Recipient]) -> None:
        """Keep a whole segment, or the history of a timeline; one that is kept already, equal, is no fault.

        Raises  OtherLog when another one is kept under this name
        """
        with file.open("rb") as source:
            name = f"{file.name}.{hashlib.file_digest(source, 'sha256').hexdigest()[:16]}.zst.age"
            there = {one.name for one in (self.folder / "wal").glob(f"{file.name}.*")}
            kept = sorted(there - {_partial(file.name)})
            if kept and kept != [name]:
                raise OtherLog(file.name)
            if not kept:
                source.seek(0)
                keep(source, recipients, self.folder / "wal" / name)
        (self.folder / "wal" / _partial(file.name)).unlink(missing_ok=True)

    def keep_partial(self, file: Path, recipients: Sequence[Recipient]) -> None:
        """Keep what there is of the segment that is being written. file: NAME.partial"""
        with file.open("rb") as source:
            keep(source, recipients, self.folder / "wal" / _partial(file.stem), over=True)


def base_name(ended: datetime, segment: str) -> str:
    """Return what a base backup is called."""
    return f"{ended.astimezone(UTC).strftime(_TIME)}Z-{segment}.tar.zst.age"


def _partial(name: str) -> str:
    return f"{name}.partial.zst.age"


def keep(source: IO[bytes], recipients: Sequence[Recipient], file: Path, *, over: bool = False) -> None:
    """Pack and seal what `source` gives, as `file`. over: may stand there already."""
    with packed(recipients, file.parent, lambda: file.name, over=over) as write:
        while part := source.read(_PIECE):
            write(part)


@contextmanager
def packed(
    recipients: Sequence[Recipient], folder: Path, name: Callable[[], str], *, over: bool = False
) -> Iterator[Write]:
    """Give what takes the content of a file, packs and seals it. name: asked when all is written."""
    with whole(folder, name, over=over) as out:
        sealing = Sealing(out, recipients)
        packing = zstandard.ZstdCompressor(level=_STRENGTH).compressobj()
        yield lambda part: sealing.write(packing.compress(part))
        sealing.write(packing.flush())
        sealing.close()


@contextmanager
def whole(folder: Path, name: Callable[[], str], *, over: bool = False) -> Iterator[IO[bytes]]:
    """Give a file to write, which gets its name when it is whole and on disk; nothing is left of it otherwise.

    Raises  FileExistsError when the name is taken, unless over
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    beside = folder / f".{secrets.token_hex(8)}.new"
    try:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            yield out
            out.flush()
            os.fsync(out.fileno())
        if over:
            beside.replace(folder / name())
        else:
            os.link(beside, folder / name())
        _settle(folder)
    finally:
        beside.unlink(missing_ok=True)


def content(file: Path, identities: Sequence[Identity]) -> Iterator[bytes]:
    """Yield what was kept in `file`.

    Raises  Unreadable, after the end at the latest
    """
    unpacking = zstandard.ZstdDecompressor().decompressobj()
    with file.open("rb") as source:
        for part in opened(source, identities):
            try:
                yield unpacking.decompress(part)
            except zstandard.ZstdError:
                raise Unreadable("the file was not packed by us") from None
    if not unpacking.eof:
        raise Unreadable("the file ends too early")


def _settle(folder: Path) -> None:
    """Make a new name in `folder` durable."""
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _files(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() else []
