"""PostgreSQL's own programs for backups; the database's password does not stand in the list of processes."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from typing import IO
from urllib.parse import unquote, urlsplit, urlunsplit

from akson.base.binaries import Binaries


class ProgramFailed(Exception):
    """One of PostgreSQL's programs could not do its work; the message is what it said."""


def run(binaries: Binaries, url: str, program: str, *arguments: str) -> None:
    """Run a program to its end, or raise ProgramFailed."""
    address, env = _told(binaries, url)
    done = subprocess.run(
        [str(binaries.folder / program), "--dbname", address, "--no-password", *arguments],
        env=env, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise ProgramFailed(f"{program}: {done.stderr.strip()}")


def begun(
    binaries: Binaries, url: str, program: str, arguments: Sequence[str], *, out: int | IO[bytes], said: IO[bytes]
) -> subprocess.Popen[bytes]:
    """Start a program. out: what it writes; said: what it says."""
    address, env = _told(binaries, url)
    command = [str(binaries.folder / program), "--dbname", address, "--no-password", *arguments]
    return subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=said)


def _told(binaries: Binaries, url: str) -> tuple[str, Mapping[str, str]]:
    """Return the address without password, and the environment that has it."""
    parts = urlsplit(url)
    user, at, host = parts.netloc.rpartition("@")
    name, _, password = user.partition(":")
    env = {**binaries.environment, "HOME": os.sep, "LC_ALL": "C"}
    if password:
        env["PGPASSWORD"] = unquote(password)
    return urlunsplit(parts._replace(netloc=f"{name}{at}{host}")), env
