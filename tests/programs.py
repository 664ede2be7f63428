"""Programs beside Akson, each a process of its own that says where it is when it is there."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Final

ROOT = Path(__file__).parents[1]
HANG = 60.0  # seconds after which something does not come any more: a bound that only what hangs meets
# The shell ends the whole group when the program has ended, or when its own input does: that closes with whoever started it.
_TIED: Final = '("$@"; kill -KILL 0) & cat; kill -KILL 0'
_FIRST, _LAST = 20_000, 32_000  # below what the kernel gives to those who ask for any port
_held: list[socket.socket] = []


@asynccontextmanager
async def running(module: str, *arguments: str, env: Mapping[str, str] | None = None) -> AsyncIterator[str]:
    """Run a module; return what stands after the colon in its first line: its address."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, *arguments, cwd=ROOT, env=os.environ | (env or {}), stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        line = (await asyncio.wait_for(process.stdout.readline(), HANG)).decode()
        yield line.partition(": ")[2].strip()
    finally:
        process.terminate()
        await process.wait()


def tied(command: Sequence[str | Path], *, env: Mapping[str, str], out: BinaryIO) -> subprocess.Popen[bytes]:
    """Start a program in a group of its own that ends with us, however we end; so does all that it starts."""
    return subprocess.Popen(
        ["sh", "-c", _TIED, "sh", *command],
        env=env,
        stdin=subprocess.PIPE,
        stdout=out,
        stderr=out,
        start_new_session=True,
    )


def cut(program: subprocess.Popen[bytes]) -> None:
    """End at once what was `tied`, and all that it started."""
    assert program.stdin
    program.stdin.close()
    program.wait()


def ports(count: int) -> range:
    """Return numbers of neighbouring ports on 127.0.0.1 that nobody listens on, and that nobody else gets while we live.

    A port from the kernel may be somebody's by the time a program of ours listens on it. These it gives to nobody who asks
    for any, and each that is ours is marked by a socket of the other kind (UDP) on the same number: it goes when we do.
    """
    for first in range(_FIRST, _LAST, count):
        wanted, marks = range(first, first + count), []
        with suppress(OSError):
            for port in wanted:
                marks.append(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
                marks[-1].bind(("127.0.0.1", port))
                socket.create_server(("127.0.0.1", port)).close()
            _held.extend(marks)
            return wanted
        for mark in marks:
            mark.close()
    raise RuntimeError("no port is free")
