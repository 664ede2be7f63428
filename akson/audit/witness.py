"""A witness: somebody else's program that keeps seals, so that nobody can take back what was sealed.

It takes only what is signed by a key it was given, adds it at the end of a file, and never changes or forgets a line.
Two different seals of one place are both kept: that is the proof that one was made to replace the other.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from akson.audit.seal import ChainSeal, Seal

FILE: Final = "seals.ndjson"
_Place = tuple[str, int, int]  # of which trail, stream or 0, first row or number


class NoSeal(Exception):
    """A line is no seal that one of our keys signed; nothing of what came with it was kept."""


class Taken(NamedTuple):
    """What became of some seals. conflicts: places of which another seal is kept, signed as well."""

    added: int
    known: int
    conflicts: list[str]


class Witness:
    """The seals of one installation, in one file.

    folder  where the file is; only this process may write there
    keys    that seals may be signed with
    """

    def __init__(self, folder: Path, keys: Iterable[Ed25519PublicKey]) -> None:
        self._file = folder / FILE
        self._keys = {hashlib.sha256(key.public_bytes_raw()).hexdigest()[:16]: key for key in keys}
        self._kept: dict[_Place, set[str]] = {}  # their signatures
        self.latest: datetime | None = None  # of the newest seal
        self._out = os.open(self._file, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        for line in self._whole_lines():
            self._remember(self._read(line))

    @property
    def file(self) -> Path:
        return self._file

    def take(self, lines: bytes) -> Taken:
        """Keep seals, one JSON object a line; return when they are on disk.

        Raises  NoSeal
        """
        fresh, known, conflicts = list[Seal | ChainSeal](), 0, list[str]()
        kept: dict[_Place, set[str]] = {}
        for seal in [self._read(line) for line in lines.splitlines()]:
            place = _place(seal)
            there = kept.setdefault(place, set(self._kept.get(place, ())))
            if seal.signature in there:
                known += 1
                continue
            if there:
                conflicts.append("/".join(map(str, place)))
            there.add(seal.signature)
            fresh.append(seal)
        self._append(b"".join(msgspec.json.encode(seal) + b"\n" for seal in fresh))
        for seal in fresh:
            self._remember(seal)
        return Taken(len(fresh), known, conflicts)

    def close(self) -> None:
        os.close(self._out)

    def _append(self, told: bytes) -> None:
        """Add at the end, durably; a line that a fall leaves half written is cut off at the next start."""
        view = memoryview(told)
        while view:
            view = view[os.write(self._out, view) :]
        os.fsync(self._out)

    def _whole_lines(self) -> list[bytes]:
        """Return the lines of the file; cut off what a fall left half written after the last one."""
        held = self._file.read_bytes()
        whole = held[: held.rfind(b"\n") + 1]
        if whole != held:
            os.ftruncate(self._out, len(whole))
        return whole.splitlines()

    def _read(self, line: bytes) -> Seal | ChainSeal:
        """Return the seal in a line, if one of our keys signed it."""
        try:
            seal = _decoded(line)
            self._keys[seal.key_id].verify(bytes.fromhex(seal.signature), seal.statement())
        except (msgspec.DecodeError, KeyError, ValueError, InvalidSignature):
            raise NoSeal from None
        return seal

    def _remember(self, seal: Seal | ChainSeal) -> None:
        self._kept.setdefault(_place(seal), set()).add(seal.signature)
        self.latest = max(seal.at, self.latest or seal.at)


def _decoded(line: bytes) -> Seal | ChainSeal:
    kind: type[Seal | ChainSeal] = ChainSeal if b'"number"' in line else Seal
    return msgspec.json.decode(line, type=kind)


def _place(seal: Seal | ChainSeal) -> _Place:
    return ("chain", 0, seal.number) if isinstance(seal, ChainSeal) else ("log", seal.stream, seal.from_seq)
