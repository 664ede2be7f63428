"""The load generator: HTTP over kept connections, by asyncio streams; or wrk, for plain GETs, where it is installed.

It runs apart from what is measured, and its own CPU is not counted.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

CLIENTS = 16
_PATIENCE = 120  # seconds for the last turns
WRK = shutil.which("wrk")
_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)", re.IGNORECASE)
_IN_CHUNKS = re.compile(rb"\r\ntransfer-encoding: chunked", re.IGNORECASE)
_LOCATION = re.compile(rb"\r\nlocation: https?://[^/]+(\S+)", re.IGNORECASE)
_LATENCY = re.compile(r"^\s+(50|99)%\s+([0-9.]+)(us|ms|s)$", re.MULTILINE)
_UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0}


@dataclass(kw_only=True)
class Heard:
    """What came of one run of load."""

    operations: int = 0
    errors: int = 0  # turns that were answered otherwise than they should
    first_error: str = ""
    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)  # seconds, one per request; of wrk only the two percentiles
    percentiles: dict[int, float] = field(default_factory=dict)

    def percentile(self, rank: int) -> float:
        """Return the latency, in seconds, that `rank` of a hundred requests did not exceed."""
        if self.percentiles:
            return self.percentiles[rank]
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) * rank // 100, len(ordered) - 1)]


@dataclass(frozen=True, kw_only=True)
class Target:
    """A server and the headers that go with every request to it."""

    port: int
    token: str = ""

    @property
    def headers(self) -> dict[str, str]:
        return {"Host": f"127.0.0.1:{self.port}"} | ({"Authorization": f"Bearer {self.token}"} if self.token else {})


class Unexpected(Exception):
    """An answer had another status than it should; the message says which, and how the answer begins."""


@dataclass(frozen=True, kw_only=True)
class Reply:
    """One answer. location: without the server's name; seconds: how long it took."""

    status: int
    location: str
    content: bytes
    seconds: float


class Client:
    """One kept connection; remembers how long each answer took."""

    def __init__(self, target: Target, latencies: list[float]) -> None:
        self._port = target.port
        self._head = "".join(f"{name}: {value}\r\n" for name, value in target.headers.items())
        self._latencies = latencies

    async def open(self) -> None:
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port, limit=2**26)

    async def ask(self, method: str, path: str, body: bytes = b"", *, expect: int) -> tuple[str, bytes]:
        """Return the location and the content of the answer. Raises Unexpected."""
        reply = await self.send(method, path, body)
        if reply.status != expect:
            told = reply.content[:2000].decode(errors="replace")
            raise Unexpected(f"{method} {path} answered {reply.status}: {told}")
        return reply.location, reply.content

    async def send(self, method: str, path: str, body: bytes = b"") -> Reply:
        """Return the answer, whatever it is."""
        head = f"{method} {path} HTTP/1.1\r\n{self._head}"
        if body:
            head += f"Content-Type: application/fhir+json\r\nContent-Length: {len(body)}\r\n"
        begun = time.perf_counter()
        self._writer.write(head.encode() + b"\r\n" + body)
        told = await self._reader.readuntil(b"\r\n\r\n")
        content = await self._content(told)
        seconds = time.perf_counter() - begun
        self._latencies.append(seconds)
        location = _LOCATION.search(told)
        return Reply(
            status=int(told[9:12]), location=location[1].decode() if location else "", content=content, seconds=seconds
        )

    async def _content(self, head: bytes) -> bytes:
        if not _IN_CHUNKS.search(head):
            length = _LENGTH.search(head)
            return await self._reader.readexactly(int(length[1])) if length else b""
        found = []
        while size := int(await self._reader.readuntil(b"\r\n"), 16):
            found.append((await self._reader.readexactly(size + 2))[:-2])
        await self._reader.readexactly(2)
        return b"".join(found)

    def close(self) -> None:
        self._writer.close()


Turn = Callable[[Client], Awaitable[int]]  # does something through a client, returns how many operations it was


async def drive(target: Target, turn: Turn, seconds: float) -> Heard:
    """Let all clients take turns for so many seconds; a turn that is begun is finished."""
    heard = Heard()
    begun = time.perf_counter()

    async def one() -> None:
        client = Client(target, heard.latencies)
        await client.open()
        while time.perf_counter() - begun < seconds:
            made = await turn(client)
            heard.operations += made  # not `+= await`: that reads the sum before the others have added theirs
        client.close()

    async with asyncio.timeout(seconds + _PATIENCE):  # an answer that never comes is a fault to be seen, not waited for
        await asyncio.gather(*(one() for _ in range(CLIENTS)))
    heard.seconds = time.perf_counter() - begun
    return heard


async def each(target: Target, turns: Iterable[Turn], clients: int = CLIENTS) -> Heard:
    """Carry each turn out once, shared by so many clients. A turn that is answered wrongly is counted, not raised."""
    heard, left = Heard(), iter(turns)
    begun = time.perf_counter()

    async def one() -> None:
        client = Client(target, heard.latencies)
        await client.open()
        for turn in left:
            try:
                made = await turn(client)
            except Unexpected as other:
                heard.errors += 1
                heard.first_error = heard.first_error or str(other)[:300]
            else:
                heard.operations += made
        client.close()

    await asyncio.gather(*(one() for _ in range(clients)))
    heard.seconds = time.perf_counter() - begun
    return heard


async def gets(target: Target, paths: Sequence[str], seconds: float, folder: Path) -> Heard:
    """GET the paths in turn, by wrk if it is there. folder: where its script may be written."""
    if WRK:
        return await asyncio.to_thread(_by_wrk, target, paths, seconds, folder)
    following = iter(range(1 << 62))

    async def turn(client: Client) -> int:
        await client.ask("GET", paths[next(following) % len(paths)], expect=200)
        return 1

    return await drive(target, turn, seconds)


def _by_wrk(target: Target, paths: Sequence[str], seconds: float, folder: Path) -> Heard:
    script = folder / "wrk.lua"
    listed = ",".join(f'"{path}"' for path in paths)
    script.write_text(
        f"local paths = {{{listed}}}\nlocal n = 0\n"
        'request = function() n = n % #paths + 1; return wrk.format("GET", paths[n]) end\n',
        "utf-8",
    )
    command = [str(WRK), "-t1", f"-c{CLIENTS}", f"-d{seconds:.0f}s", "--latency", "-s", str(script)]
    for name, value in target.headers.items():
        command += ["-H", f"{name}: {value}"]
    begun = time.perf_counter()
    done = subprocess.run([*command, f"http://127.0.0.1:{target.port}"], capture_output=True, text=True, check=True)
    if "Non-2xx" in done.stdout or "Socket errors" in done.stdout:
        raise RuntimeError(done.stdout)
    made = re.search(r"(\d+) requests in", done.stdout)
    found = {int(rank): float(value) * _UNITS[unit] for rank, value, unit in _LATENCY.findall(done.stdout)}
    return Heard(operations=int(made[1]) if made else 0, seconds=time.perf_counter() - begun, percentiles=found)
