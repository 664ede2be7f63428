"""Imports in several processes: one reads the file and divides its lines, the others check and write them.

Each window of lines is divided into strands that depend on nothing outside (akson/record/strands.py); all of it is
written before the next one begins. So nothing of a file is in memory but two windows.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import secrets
import sys
from collections.abc import AsyncIterator, Awaitable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import AsyncExitStack, contextmanager
from dataclasses import replace
from functools import lru_cache
from multiprocessing.util import Finalize
from pathlib import Path
from typing import Any, Final

import msgspec

from akson.access.roles import LOAD
from akson.base.errors import Refused
from akson.doors.opening import opened
from akson.doors.seeding import LOADER
from akson.doors.settings import Settings
from akson.fhirapi import importing, packing
from akson.fhirapi.calls import LARGEST_RESOURCE, Call, Server
from akson.fhirapi.door import ROOT
from akson.fhirapi.importing import Report
from akson.fhirapi.lines import Line, lines, too_long
from akson.fhirapi.pages import Seal
from akson.record.strands import strands

ACTOR: Final = replace(LOADER, scopes=LOADER.scopes | {LOAD})
MOST_TOLD: Final = 1_000  # refused lines of one file
_PIECE: Final = 64 * 1024  # bytes read at once
_WINDOW: Final = 5_000  # lines divided at once, for each process
_WINDOW_BYTES: Final = 16 * 1024 * 1024  # and as much of them
_STRAND: Final = 1_000  # lines handed out at once; more when more depend on one another
_WORTH: Final = 4 * 1024 * 1024  # bytes that are worth more than one process


class Told(msgspec.Struct):
    """What became of lines. faults: the OperationOutcomes of the first that were refused, in their order."""

    seen: int = 0
    written: int = 0
    refused: int = 0
    faults: list[dict[str, Any]] = []

    def add(self, *others: Told) -> None:
        self.seen += sum(other.seen for other in others)
        self.written += sum(other.written for other in others)
        self.refused += sum(other.refused for other in others)
        faults = [fault for other in others for fault in other.faults]
        self.faults = sorted([*self.faults, *faults], key=_line_of)[:MOST_TOLD]


def _line_of(fault: dict[str, Any]) -> int:
    return int(fault["issue"][0]["location"][0].removeprefix("line "))


def is_of_lines(file: Path) -> bool:
    """Tell whether a file holds NDJSON, by its name."""
    return file.name.endswith((".ndjson", ".ndjson.gz"))


class _Writer:
    """A process that writes: its event loop, and its way through the FHIR door."""

    def __init__(self, settings: Settings) -> None:
        self._runner, self._open = asyncio.Runner(), AsyncExitStack()
        self._server = self._runner.run(self._opened(settings))
        Finalize(None, self._close, exitpriority=1)

    async def _opened(self, settings: Settings) -> Server:
        office = await self._open.enter_async_context(opened(settings))
        return Server(office=office, base=base_of(settings), seal=Seal(secrets.token_bytes(32)))

    def write(self, given: Sequence[Line]) -> Told:
        return self._runner.run(self._write(given))

    async def _write(self, given: Sequence[Line]) -> Told:
        call = Call(
            server=self._server, actor=ACTOR, request=secrets.token_hex(8), method="POST", headers={}, content=_nothing
        )
        report = Report()
        await importing.take(call, _each(given), report)
        return Told(report.seen, report.written, report.refused, report.faults()[:MOST_TOLD])

    def _close(self) -> None:
        self._runner.run(self._open.aclose())
        self._runner.close()


@lru_cache(maxsize=1)
def _writer(settings: Settings) -> _Writer:
    """Return this process's own; made when there is something to write, so that what hinders it is told."""
    return _Writer(settings)


def _write(settings: Settings, given: Sequence[Line]) -> Told:
    return _writer(settings).write(given)


async def _nothing(_most: int) -> bytes:
    return b""


async def _each(given: Sequence[Line]) -> AsyncIterator[Line]:
    for line in given:
        yield line


def base_of(settings: Settings) -> str:
    """Return the address of the FHIR API."""
    return f"{settings.base_url.rstrip('/')}{ROOT}"


@contextmanager
def processes(settings: Settings, count: int, files: Sequence[Path]) -> Iterator[Divided | None]:
    """Give what imports files of lines in `count` processes; None when one will do. Call it outside any event loop."""
    size = sum(file.stat().st_size for file in files if is_of_lines(file))
    if count == 1 or size < _WORTH or "fork" not in multiprocessing.get_all_start_methods():
        yield None
        return
    with ProcessPoolExecutor(count, multiprocessing.get_context("fork")) as pool:
        pool.submit(int).result()  # they are made now, while there is nothing open that they would share
        try:
            yield Divided(settings, pool, count)
        finally:
            pool.shutdown(cancel_futures=True)


class Divided:
    """Imports files of lines in several processes. Raises what stops one of them."""

    def __init__(self, settings: Settings, pool: ProcessPoolExecutor, count: int) -> None:
        self._settings, self._pool, self._count = settings, pool, count

    async def file(self, file: Path) -> Told:
        """Import a file; return what became of it."""
        told, last = Told(), 0
        writing: Awaitable[Sequence[Told]] = asyncio.gather()
        try:
            async for window in self._windows(lines(_pieces(file), LARGEST_RESOURCE)):
                last = window[-1].n
                parts = strands([line for line in window if line.body], _STRAND, base_of(self._settings))
                told.add(*await writing)
                writing = asyncio.gather(*map(self._written, parts))
                told.add(*(_too_long(line) for line in window if not line.body))
        except Refused as cut:
            told.add(Told(0, 0, 1, [importing.fault(last + 1, cut)]))
        told.add(*await writing)
        return told

    def _written(self, given: Sequence[Line]) -> Awaitable[Told]:
        return asyncio.get_running_loop().run_in_executor(self._pool, _write, self._settings, given)

    async def _windows(self, found: AsyncIterator[Line]) -> AsyncIterator[list[Line]]:
        """Yield lines by the many; a file that is cut off raises after those before the cut."""
        window: list[Line] = []
        size = 0
        try:
            async for line in found:
                window.append(line)
                size += line.size
                if len(window) >= _WINDOW * self._count or size > _WINDOW_BYTES * self._count:
                    yield window
                    window, size = [], 0
        except Refused:
            if window:
                yield window
            raise
        if window:
            yield window


async def _pieces(file: Path) -> AsyncIterator[bytes]:
    """Yield the content of a file, unpacked. Raises Refused AK-F005 where it is broken or cut off."""
    unpacker = packing.unpacker("gzip" if file.name.endswith(".gz") else "", sys.maxsize - 1)
    with file.open("rb") as opened_file:
        while piece := opened_file.read(_PIECE):
            yield unpacker.take(piece)
    unpacker.end()


def _too_long(line: Line) -> Told:
    return Told(1, 0, 1, [importing.fault(line.n, too_long(line, LARGEST_RESOURCE))])
