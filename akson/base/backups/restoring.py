"""The way back: a database as it stood at any second, on a server of its own that nobody else can reach."""

from __future__ import annotations

import io
import itertools
import os
import tarfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from akson.base.age import Identity
from akson.base.backups.place import Base, Place, Segment, content
from akson.base.binaries import Binaries
from akson.base.postgres import Postgres, PostgresFailed
from akson.base.unprivileged import User, room, server_user

_PATIENCE: Final = 24 * 3600.0  # seconds a recovery may take
_TOO_EARLY: Final = "recovery ended before configured recovery target was reached"
# What the files in the backup say of archiving, certificates and who may come in is not for this server.
_ALONE: Final = {
    "archive_mode": "off",
    "ssl": "off",
    "hot_standby": "off",
    "primary_conninfo": "",
    "hba_file": "hba-restore.conf",
}
_FETCH: Final = 'cp "../log-restore/%f" "%p"'


class NotKept(Exception):
    """The place does not have what this restore needs; the message says what."""


def restored(
    place: Place, identities: Sequence[Identity], until: datetime | None, folder: Path, binaries: Binaries
) -> Postgres:
    """Build the database in `folder`, roll it forward, and return its server, which runs and takes writes.

    until    the moment it shall stand at; None: all that is kept
    Raises   NotKept, Unreadable, PostgresFailed
    """
    base, user = _base(place, until), server_user()
    home = room(folder / "postgres", user)
    if (home / "cluster").exists():
        raise NotKept("the folder holds a database already")
    _unpack(base, identities, home / "cluster", user)
    _unseal(_needed(place, base), identities, home / "log-restore", user)
    _prepare(home / "cluster", user)
    server = Postgres(folder, binaries=binaries, more=_ALONE | _target(until), patience=_PATIENCE)
    try:
        return server.start()
    except PostgresFailed as failed:
        if _TOO_EARLY in str(failed):
            raise NotKept("the log that is kept ends before that moment") from None
        raise


def _base(place: Place, until: datetime | None) -> Base:
    fit = [base for base in place.bases if until is None or base.ended <= until]
    if not fit:
        raise NotKept("no base backup is that old")
    return fit[-1]


def _needed(place: Place, base: Base) -> list[Segment]:
    """Return the log from the base backup on.

    Raises  NotKept when a segment between is missing
    """
    segments = [one for one in place.segments if one.history or one.place >= base.segment[8:]]
    kept = sorted({one.place for one in segments if not one.history})
    if not kept or kept[0] != base.segment[8:]:
        raise NotKept("the log from the base backup on")
    for before, after in itertools.pairwise(kept):
        if _number(after) != _number(before) + 1:
            raise NotKept(f"the log between {before} and {after}")
    return segments


def _number(place: str) -> int:
    """Return which segment of 16 MB, counted from the first, stands at a place."""
    return int(place[:8], 16) * 256 + int(place[8:], 16)


def _target(until: datetime | None) -> dict[str, str]:
    latest = {"restore_command": _FETCH, "recovery_target_timeline": "latest"}
    if until is None:
        return latest
    moment = until.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f+00")
    return latest | {"recovery_target_time": moment, "recovery_target_action": "promote"}


def _unpack(base: Base, identities: Sequence[Identity], cluster: Path, user: User) -> None:
    with io.BufferedReader(_Stream(content(base.file, identities)), 1 << 20) as source:
        with tarfile.open(fileobj=source, mode="r|") as tar:
            tar.extractall(cluster, _plain(tar, cluster))  # Python's own filters came with 3.11.4
        while source.read(1 << 20):  # the end of the file is proven too
            pass
    cluster.chmod(0o700)
    for at, folders, files in os.walk(cluster):
        for name in (*folders, *files, "."):
            user.give(Path(at, name))


def _plain(tar: tarfile.TarFile, into: Path) -> Iterator[tarfile.TarInfo]:
    """Yield the files and folders of a backup, as ours; refuse links, devices and what would land elsewhere."""
    for one in tar:
        if not (one.isreg() or one.isdir()) or not (into / one.name).resolve().is_relative_to(into.resolve()):
            raise tarfile.ReadError(f"{one.name} is no file or folder of the backup's own")
        one.uid, one.gid, one.uname, one.gname = os.geteuid(), os.getegid(), "", ""
        yield one


def _unseal(segments: Sequence[Segment], identities: Sequence[Identity], folder: Path, user: User) -> None:
    folder.mkdir(mode=0o700)
    user.give(folder)
    for segment in segments:
        with (folder / segment.name).open("wb") as out:
            for part in content(segment.file, identities):
                out.write(part)
        user.give(folder / segment.name)


def _prepare(cluster: Path, user: User) -> None:
    """Tell the server to recover, and to trust whoever reaches its socket: only we do."""
    told = {"recovery.signal": "", "../hba-restore.conf": "local all all trust\n"}
    told |= {name: "" for name in ("postgresql.conf", "pg_ident.conf") if not (cluster / name).exists()}
    for name, text in told.items():
        (cluster / name).write_text(text, "utf-8")
        user.give(cluster / name)


class _Stream(io.RawIOBase):
    """Parts of a file as something that can be read."""

    def __init__(self, parts: Iterator[bytes]) -> None:
        self._parts, self._left = parts, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._left:
            part = next(self._parts, None)
            if part is None:
                return 0
            self._left = part
        many = min(len(buffer), len(self._left))
        buffer[:many], self._left = self._left[:many], self._left[many:]
        return many
