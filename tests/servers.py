"""Servers of their own for tests of backups: they keep a log, as one in earnest does."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

from akson.base.postgres import Postgres

SMALL = {"shared_buffers": "32MB", "fsync": "off"}


@contextmanager
def room() -> Iterator[Path]:
    """Make a folder that the servers' user reaches, in memory where it can be; it is gone afterwards."""
    memory = Path("/dev/shm")
    folder = Path(mkdtemp(prefix="akson-test-backup-", dir=memory if memory.is_dir() else None))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@contextmanager
def durable(folder: Path, like: Postgres) -> Iterator[Postgres]:
    """Run a server with a log, of the same programs as another."""
    with Postgres(folder, binaries=like.binaries, more=SMALL) as server:
        yield server
