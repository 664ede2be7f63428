"""An embedded PostgreSQL: found by binaries.py, started as our own child, stopped with us, sound after SIGKILL.

It listens on a Unix socket that only we (and root) can reach, so it needs no password and no port. Production uses the
operator's own PostgreSQL instead.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from tempfile import mkdtemp
from typing import IO, Self
from urllib.parse import quote

from akson.base.binaries import Binaries, find
from akson.base.unprivileged import room, server_user

LONGEST_SOCKET = 90  # bytes of folder name; a socket's whole path may be 107
START = 120  # seconds; recovery after a crash is part of it
STOP = 30  # seconds a clean stop may take before it becomes a quick one

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "timezone": "GMT",  # the one zone that needs no files from the system
    "log_timezone": "GMT",
    "jit": "off",
    "max_wal_size": "2GB",
    "shared_buffers": "256MB",
    "log_min_error_statement": "panic",  # statements and DETAIL lines can name a patient; the log must not
    "log_error_verbosity": "terse",
}
FAST = {  # tests only: a power cut may cost everything
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "shared_buffers": "64MB",
}


class PostgresFailed(Exception):
    """The database server cannot run; the message says why, with the end of its log."""


class Postgres:
    """One PostgreSQL server and its data.

    async with Postgres(data) as pg: ... pg.url ...      or start() and stop(), or `with`

    data      folder; the server lives in `data`/postgres and is made there the first time
    binaries  what find() returned, or a bin folder; otherwise find() looks and may fetch into `data`/postgresql
    fast      without durability, for tests
    more      settings besides ours; patience: seconds a start may take
    """

    def __init__(
        self, data: Path, *, binaries: Binaries | Path | None = None, fast: bool = False,
        more: Mapping[str, str] = {}, patience: float = START,
    ) -> None:  # fmt: skip
        self._data = data.absolute()
        self._given = binaries
        self._fast = fast
        self._more, self._patience = dict(more), patience
        self._child: subprocess.Popen[bytes] | None = None
        self._lock: IO[str] | None = None

    @property
    def url(self) -> str:
        """Return the address of the database `akson`, with all rights."""
        return self.url_of("akson")

    def url_of(self, database: str, user: str = "akson") -> str:
        return f"postgresql://{user}@/{database}?host={quote(str(self._socket), safe='')}&port=5432"

    @property
    def binaries(self) -> Binaries:
        """Return the programs of this server (pg_dump, psql ... where the source has them)."""
        return self._binaries

    @property
    def pid(self) -> int | None:
        """Return the server's process id while it runs."""
        return self._child.pid if self._child and self._child.poll() is None else None

    def start(self) -> Self:
        """Start the server, making its data first when there are none; return when it answers.

        Raises PostgresFailed, NoPostgres. Idle when it runs already.
        """
        if self.pid:
            return self
        self._user = server_user()
        self._home = room(self._data / "postgres", self._user)
        self._binaries = self._found()
        self._cluster = self._home / "cluster"
        self._take_lock()
        try:
            self._socket = self._socket_folder()
            _clear_away(self._cluster, self._socket)
            if not self._cluster.exists():
                self._initialise()
            self._launch()
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Stop the server cleanly: sessions end, everything is on disk."""
        if self._child:
            _end(self._child)
            self._child = None
            if self._socket.parent != self._home:
                shutil.rmtree(self._socket, ignore_errors=True)
        if self._lock:
            self._lock.close()
            self._lock = None

    def _found(self) -> Binaries:
        if isinstance(self._given, Binaries):
            return self._given
        return find(self._given, keep=self._data / "postgresql", user=self._user)

    def _take_lock(self) -> None:
        """Make sure that no other supervisor runs this data; the kernel lets go of the lock when we die."""
        lock = (self._home / "lock").open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            raise PostgresFailed(f"another Akson runs on {self._data}") from None
        self._lock = lock

    def _initialise(self) -> None:
        """Make the data folder under another name and rename it: a half-made one is never taken for whole."""
        new = self._home / "cluster.new"
        shutil.rmtree(new, ignore_errors=True)
        locale = ["--encoding=UTF8", "--locale=C", "--lc-ctype=C.UTF-8"]
        rights = ["--username=akson", "--auth-local=trust", "--auth-host=reject"]
        self._run("initdb", "-D", str(new), *locale, *rights, *(["--no-sync"] if self._fast else []))
        self._run("postgres", "--single", "-D", str(new), "template1", typed=b"CREATE DATABASE akson;\n")
        new.rename(self._cluster)

    def _run(self, program: str, *arguments: str, typed: bytes = b"") -> None:
        command = [str(self._binaries.folder / program), *arguments]
        done = subprocess.run(
            command,
            input=typed,
            capture_output=True,
            check=False,
            cwd=self._home,
            env=self._binaries.environment,
            **self._user.spawn,
        )
        if done.returncode:
            raise PostgresFailed(f"{program} failed:\n{done.stderr.decode(errors='replace')}")

    def _socket_folder(self) -> Path:
        """Return a folder for the socket; beside the data unless that path is too long for a socket."""
        folder = self._home / "run"
        if len(os.fsencode(folder)) > LONGEST_SOCKET:
            folder = Path(mkdtemp(prefix="akson-"))
        folder.mkdir(mode=0o700, exist_ok=True)
        self._user.give(folder)
        return folder

    def _launch(self) -> None:
        settings = SETTINGS | (FAST if self._fast else {}) | self._more
        settings |= {"unix_socket_directories": str(self._socket)}
        command = [str(self._binaries.folder / "postgres"), "-D", str(self._cluster)]
        command += [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with (self._home / "log").open("ab") as log:
            self._child = child = subprocess.Popen(
                [*_dies_with_us(), *command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for us: we stop the server last, when nobody needs it
                cwd=self._home,
                env=self._binaries.environment,
                **self._user.spawn,
            )
        self._wait_until_ready(child)

    def _wait_until_ready(self, child: subprocess.Popen[bytes]) -> None:
        """Wait for "ready" on the status line of postmaster.pid, which is where pg_ctl looks too."""
        deadline = time.monotonic() + self._patience
        while child.poll() is None and time.monotonic() < deadline:
            try:
                lines = (self._cluster / "postmaster.pid").read_text("utf-8").splitlines()
            except FileNotFoundError:
                lines = []
            if len(lines) > 7 and lines[0] == str(child.pid) and lines[7].strip() == "ready":
                return
            time.sleep(0.01)
        tail = (self._home / "log").read_text("utf-8", errors="replace")[-2000:]
        raise PostgresFailed(f"PostgreSQL did not start:\n{tail}")

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    async def __aenter__(self) -> Self:
        return self.start()  # blocks for about a second, before anything is served

    async def __aexit__(self, *_: object) -> None:
        self.stop()


def _dies_with_us() -> list[str]:
    """Return the prefix that makes the kernel stop the server when we are killed.

    Left out beside other threads, since the signal follows the thread that started the server, not the process.
    """
    program = shutil.which("setpriv")
    alone = threading.current_thread() is threading.main_thread()
    return [program, "--pdeathsig", "INT", "--"] if program and alone else []


def _end(child: subprocess.Popen[bytes]) -> None:
    """Ask the server to stop, insist after a while, and reap it."""
    for kind in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        if child.poll() is None:
            child.send_signal(kind)
        try:
            child.wait(STOP)
            return
        except subprocess.TimeoutExpired:
            continue


def _clear_away(cluster: Path, socket: Path) -> None:
    """End what a killed supervisor left behind on `cluster`, so that the next server finds its data free.

    The caller holds the lock, so a server that still works here has lost its supervisor. PostgreSQL itself trusts two
    files with its number, and takes a dead process that nobody reaped, or a stranger of that number, for a live server.
    """
    deadline = time.monotonic() + STOP
    asked: set[int] = set()
    while left := _working_in(cluster):
        insist = time.monotonic() > deadline
        for process in left if insist else left - asked:
            try:
                os.kill(process, signal.SIGQUIT if insist else signal.SIGINT)
            except ProcessLookupError:
                continue
        asked |= left
        time.sleep(0.02)
    for left_file in (cluster / "postmaster.pid", socket / ".s.PGSQL.5432.lock"):
        left_file.unlink(missing_ok=True)


def _working_in(folder: Path) -> set[int]:
    """Return the live processes whose working folder is `folder`: a PostgreSQL server and its sessions."""
    found = set()
    for entry in Path("/proc").glob("[0-9]*/cwd"):
        try:
            if entry.readlink() == folder.resolve():
                found.add(int(entry.parent.name))
        except OSError:  # ended meanwhile, a dead one nobody reaped, or another user's
            continue
    return found
