"""Scanners for malware in tests: a peer that speaks as clamd does, and Debian's clamd itself where it is.

`python -m tests.scanners` fetches Debian's packages into data/clamav, without root and without installing anything. Its
own signatures cannot be had offline: it runs with one of ours, which finds the file that EICAR made for such tests.
"""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parent.parent
UNPACKED = ROOT / "data" / "clamav"
_MARK = b"EICAR-STANDARD-ANTIVIRUS" + b"-TEST-FILE"  # in two, or scanners would take this file
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + _MARK + b"!$H+H*"
LARGEST = 1_000_000  # bytes that the peer takes
_PACKAGES = ("clamav-daemon", "libclamav12", "libmspack0")


@dataclass
class Peer:
    """What the peer was asked."""

    port: int = 0
    asked: list[bytes] = field(default_factory=list)


@asynccontextmanager
async def peer() -> AsyncIterator[Peer]:
    """Run a scanner on a free port."""
    here = Peer()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert await reader.readexactly(10) == b"zINSTREAM\0"
        data = b""
        while size := int.from_bytes(await reader.readexactly(4), "big"):
            data += await reader.readexactly(size)
        here.asked.append(data)
        said = "Akson.Test FOUND" if _MARK in data else "OK"
        writer.write(b"INSTREAM size limit exceeded. ERROR\0" if len(data) > LARGEST else f"stream: {said}\0".encode())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    here.port = server.sockets[0].getsockname()[1]
    try:
        yield here
    finally:
        server.close()
        await server.wait_closed()


def program() -> Path | None:
    """Return clamd: that of the machine, or the one unpacked here; None when there is none."""
    on_path = shutil.which("clamd")
    unpacked = UNPACKED / "usr" / "sbin" / "clamd"
    return Path(on_path) if on_path else unpacked if unpacked.exists() else None


@contextmanager
def clamd(clamd_: Path, folder: Path) -> Iterator[Path]:
    """Run clamd until the block ends; return its socket, when it answers."""
    (folder / "db").mkdir()
    (folder / "db" / "akson.ndb").write_text(f"Akson.Test:0:*:{_MARK.hex()}\n")
    conf, socket = folder / "clamd.conf", folder / "s"
    conf.write_text(f"Foreground yes\nDatabaseDirectory {folder / 'db'}\nLocalSocket {socket}\nStreamMaxLength 40M\n")
    libraries = ":".join(map(str, UNPACKED.glob("usr/lib/*-linux-gnu")))
    with (folder / "log").open("wb") as log:
        running = subprocess.Popen([clamd_, "-c", conf], env={"LD_LIBRARY_PATH": libraries}, stdout=log, stderr=log)
    try:
        until = time.monotonic() + 60
        while not socket.exists() and running.poll() is None and time.monotonic() < until:
            time.sleep(0.1)
        yield socket
    finally:
        running.terminate()
        running.wait(timeout=30)


def main() -> int:
    """Fetch and unpack clamd."""
    UNPACKED.mkdir(parents=True, exist_ok=True)
    subprocess.run(["apt-get", "download", *_PACKAGES], cwd=UNPACKED, check=True)
    for package in UNPACKED.glob("*.deb"):
        subprocess.run(["dpkg-deb", "-x", str(package), str(UNPACKED)], check=True)
        package.unlink()
    return 0 if program() else 1


if __name__ == "__main__":
    sys.exit(main())
