"""Taking backups: whole copies of a running database, and every change from then on."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

import asyncpg

from akson.base.age import Recipient
from akson.base.backups.place import Base, Place, base_name
from akson.base.backups.programs import ProgramFailed, begun, run
from akson.base.binaries import Binaries
from akson.base.queries import queries

SQL = queries(__file__, "taking.sql")
SLOT: Final = "akson_backup"
_PIECE: Final = 1 << 20
_PAUSE: Final = 0.05  # seconds between two looks
_STOP: Final = 20  # seconds the receiver may take to end
_LONGEST: Final = 2000  # characters of what a program said


async def whole_copy(url: str, binaries: Binaries, place: Place, recipients: Sequence[Recipient]) -> Base:
    """Copy a running database into the place, sealed; the log that belongs to it is the receiver's work.

    url     of a user with the right REPLICATION
    Raises  ProgramFailed; then nothing of it is kept
    """
    connection = await asyncpg.connect(url)
    try:
        segment = await connection.fetchval(SQL.segment)
        ended: datetime | None = None
        with place.keep_base(recipients, lambda: base_name(_known(ended), segment)) as write:
            for part in _copied(url, binaries):
                write(part)
            ended = await connection.fetchval(SQL.now)
    finally:
        await connection.close()
    return next(base for base in place.bases if base.ended == ended)


def _known(ended: datetime | None) -> datetime:
    if ended is None:
        raise RuntimeError("the backup has not ended")
    return ended


def _copied(url: str, binaries: Binaries) -> Iterator[bytes]:
    """Yield a base backup as one tar file."""
    asked = ["--pgdata=-", "--format=tar", "--wal-method=none", "--checkpoint=fast", "--no-manifest"]
    with tempfile.TemporaryFile() as said, begun(
        binaries, url, "pg_basebackup", asked, out=subprocess.PIPE, said=said
    ) as copying:  # fmt: skip
        try:
            while copying.stdout and (part := copying.stdout.read(_PIECE)):
                yield part
        except BaseException:
            copying.kill()
            raise
        if copying.wait():
            said.seek(0)
            raise ProgramFailed(f"pg_basebackup: {said.read().decode(errors='replace')[-_LONGEST:].strip()}")


class Receiver:
    """Takes every change of a running database, as it is written, and carries it into the place.

    A slot keeps the changes in the database while nobody takes them.

    spool   folder for segments that are not yet carried
    """

    def __init__(
        self, url: str, binaries: Binaries, place: Place, recipients: Sequence[Recipient], spool: Path, slot: str = SLOT
    ) -> None:
        self._url, self._binaries, self._place, self._recipients = url, binaries, place, recipients
        self._spool, self._slot = spool, slot
        self._carried: dict[str, int] = {}  # what was carried, as it was then

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Receive while the block lasts; it begins when the changes come in.

        Raises  ProgramFailed
        """
        self._spool.mkdir(parents=True, exist_ok=True, mode=0o700)
        named = f"--slot={self._slot}"
        run(self._binaries, self._url, "pg_receivewal", "--create-slot", "--if-not-exists", named)
        asked = ["--directory", str(self._spool), named, "--synchronous", "--status-interval=1"]
        with (self._spool / "said").open("w+b") as said:
            self._child = begun(self._binaries, self._url, "pg_receivewal", asked, out=subprocess.DEVNULL, said=said)
            try:
                await self._under_way()
                yield
            finally:
                self._child.send_signal(signal.SIGINT)  # of older versions: it ends cleanly on this one only
                try:
                    self._child.wait(_STOP)
                except subprocess.TimeoutExpired:
                    self._child.kill()

    async def _under_way(self) -> None:
        """Return when the database sends: what is written from then on is kept."""
        connection = await asyncpg.connect(self._url)
        try:
            while not await connection.fetchval(SQL.sending, self._slot):
                self._refuse_ended()
                await asyncio.sleep(_PAUSE)
        finally:
            await connection.close()

    def _refuse_ended(self) -> None:
        if self._child.poll() is not None:
            said = (self._spool / "said").read_text("utf-8", errors="replace")[-_LONGEST:]
            raise ProgramFailed(f"pg_receivewal: {said.strip()}")

    def forget(self) -> None:
        """Take the slot away: the database keeps nothing for us any more."""
        run(self._binaries, self._url, "pg_receivewal", "--drop-slot", f"--slot={self._slot}")

    def carry(self) -> int:
        """Seal what has come since the last time into the place; return how many segments became whole.

        Raises  ProgramFailed when receiving has ended by itself
        """
        self._refuse_ended()
        whole = sorted(file for file in self._spool.iterdir() if len(file.name) == 24 or file.suffix == ".history")
        for file in filter(self._changed, whole):
            self._place.keep_segment(file, self._recipients)
        for file in whole[:-1]:  # the last one tells the receiver where to go on
            file.unlink()
        for file in filter(self._changed, self._spool.glob("*.partial")):
            self._place.keep_partial(file, self._recipients)
        return len(whole)

    def _changed(self, file: Path) -> bool:
        """Tell whether a file is another than when it was carried the last time."""
        was, now = self._carried.get(file.name), file.stat().st_mtime_ns
        self._carried[file.name] = now
        return was != now

    async def all_carried(self, connection: asyncpg.Connection) -> None:
        """Return when everything that is written in the database by now is in the place."""
        upto = await connection.fetchval(SQL.written)
        while not await connection.fetchval(SQL.flushed, self._slot, upto):
            self.carry()
            await asyncio.sleep(_PAUSE)
        self.carry()
