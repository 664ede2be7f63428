"""python -m bench.million [--lines N] [--bundle MB]: what a worker holds in memory while much goes in and out.

Streams N small resources into `$import`, all of them out by `$export`, and then posts two transactions of the largest
size a Bundle may have: one of many deep entries and one of few large ones.
The lines are made as they are sent.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import shutil
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import httpx

from bench import samples
from bench.installation import Installation, installed
from bench.processes import end_cleanly, forget_peak, peak

MUST = 400  # MB
EACH = 100  # lines about one person, themselves among them
PIECE = 500  # lines sent at once
LARGE = 8 * 1024 * 1024  # bytes of content in a large entry
MARGIN = 64 * 1024  # bytes that a Bundle stays below its size
NDJSON = {"content-type": "application/fhir+ndjson"}
JSON = {"content-type": "application/fhir+json"}


@dataclass(frozen=True, kw_only=True)
class Held:
    """What one thing came to: how many resources and bytes, seconds, us of CPU each, and MB before and at most."""

    name: str
    number: int
    bytes: int
    seconds: float
    cpu: float
    before: float
    most: float


def lines(number: int) -> Iterator[bytes]:
    """Yield so many small resources: first the persons, then what was measured of each."""
    people = max(1, number // EACH)
    for n in range(people):
        yield _line({"resourceType": "Patient", "id": f"m{n}", "name": [{"family": f"Prøve{n}"}]})
    for n in range(number - people):
        yield _line(observation(f"m{n // EACH % people}", n))


def observation(patient: str, n: int) -> dict[str, Any]:
    """Return a small measurement."""
    subject = {"reference": f"Patient/{patient}"}
    return {
        "resourceType": "Observation", "id": f"mo{n}", "status": "final", "subject": subject,
        "code": {"coding": [{"system": "http://loinc.org", "code": "8867-4"}]},
        "effectiveDateTime": f"20{n % 20 + 5:02}-{n % 12 + 1:02}-{n % 28 + 1:02}",
        "valueQuantity": {"value": 40 + n % 100, "unit": "/min", "system": "http://unitsofmeasure.org", "code": "/min"},
    }  # fmt: skip


def _line(resource: dict[str, Any]) -> bytes:
    return json.dumps(resource, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def many(size: int) -> tuple[int, bytes]:
    """Return a transaction of just below so many bytes, of as many structured entries as that is; and their number."""
    of: dict[str, str] = {}
    parts = []
    for kind in samples.NINE:
        of[kind] = f"{kind}/mb"
        parts.append(_entry(samples.nine(kind, of, 0) | {"id": "mb"}))
    length, n = sum(map(len, parts)), 0
    while length < size - MARGIN:
        parts.append(_entry(samples.nine("ExplanationOfBenefit", of, n) | {"id": f"mb{n}"}))
        length, n = length + len(parts[-1]) + 1, n + 1
    return len(parts), _bundle(parts)


def few(size: int) -> tuple[int, bytes]:
    """Return a transaction of large entries, of just below so many bytes; and how many entries."""
    parts: list[bytes] = []
    while (left := size - MARGIN - sum(map(len, parts))) > MARGIN:
        data = base64.b64encode(bytes(min(LARGE, left - MARGIN // 2) * 3 // 4)).decode()
        kind, about = "application/octet-stream", {"reference": "Patient/m0"}
        parts.append(_entry({"resourceType": "Binary", "id": f"mx{len(parts)}", "contentType": kind,
                             "securityContext": about, "data": data}))  # fmt: skip
    return len(parts), _bundle(parts)


def _entry(resource: dict[str, Any]) -> bytes:
    url = f"{resource['resourceType']}/{resource['id']}"
    return _line({"resource": resource, "request": {"method": "PUT", "url": url}}).strip()


def _bundle(parts: list[bytes]) -> bytes:
    return b'{"resourceType":"Bundle","type":"transaction","entry":[' + b",".join(parts) + b"]}"


class Watch:
    """The server, and what it is asked."""

    def __init__(self, here: Installation, client: httpx.AsyncClient) -> None:
        self._here, self._client = here, client

    async def held(self, name: str, done: Callable[[], Awaitable[tuple[int, int]]]) -> Held:
        """Do something and return what the server held meanwhile. done: returns resources and bytes."""
        forget_peak(self._here.server)
        before, used, begun = peak(self._here.server), sum(self._here.cpu()), time.perf_counter()
        number, size = await done()
        return Held(
            name=name, number=number, bytes=size, seconds=time.perf_counter() - begun,
            cpu=1e6 * (sum(self._here.cpu()) - used) / number, before=before, most=peak(self._here.server),
        )  # fmt: skip

    async def imported(self, number: int) -> tuple[int, int]:
        """Stream the lines in; all of them must have been written."""
        sent = 0

        async def pieces() -> AsyncIterator[bytes]:
            nonlocal sent
            waiting = []
            for n, line in enumerate(lines(number), start=1):
                waiting.append(line)
                if len(waiting) == PIECE or n == number:
                    piece, waiting = b"".join(waiting), []
                    sent += len(piece)
                    yield piece
                    print(f"\r{n:,} lines, {peak(self._here.server):.0f} MB", end="", file=sys.stderr, flush=True)

        answer = await self._client.post("/fhir/$import", content=pieces(), headers=NDJSON)
        told = answer.text.splitlines()
        if answer.status_code != 200 or f"{number} written" not in told[0]:
            raise RuntimeError(f"{answer.status_code}: {told[:3]}")
        return number, sent

    async def exported(self, expected: int) -> tuple[int, int]:
        """Fetch all files of an export; return lines and bytes. Everything that went in must come out."""
        asked = {"accept": "application/fhir+json", "prefer": "respond-async"}
        begun = await self._client.get("/fhir/$export?_type=Patient,Observation", headers=asked)
        begun.raise_for_status()
        while (status := await self._client.get(begun.headers["content-location"])).status_code == 202:  # noqa: ASYNC110
            await asyncio.sleep(0.5)
        number = size = 0
        for file in status.json()["output"]:
            async with self._client.stream("GET", file["url"], headers={"accept-encoding": "identity"}) as answer:
                answer.raise_for_status()
                async for piece in answer.aiter_bytes():
                    number, size = number + piece.count(b"\n"), size + len(piece)
        if number < expected:
            raise RuntimeError(f"{number} of {expected} came out")
        return number, size

    async def posted(self, made: tuple[int, bytes]) -> tuple[int, int]:
        """Post a transaction, which must be taken."""
        number, body = made
        answer = await self._client.post("/fhir", content=body, headers=JSON)
        if answer.status_code != 200:
            raise RuntimeError(f"{answer.status_code}: {answer.text[:500]}")
        return number, len(body)


async def watched(folder: Path, number: int, megabytes: int) -> list[Held]:
    """Start an installation and do it all."""
    size = megabytes * 1024 * 1024
    with installed(folder) as here:
        headers = {"authorization": f"Bearer {here.loader}"}
        base = f"http://127.0.0.1:{here.port}"
        async with httpx.AsyncClient(base_url=base, headers=headers, timeout=7200) as client:
            watch = Watch(here, client)
            return [
                await watch.held("$import", lambda: watch.imported(number)),
                await watch.held("$export", lambda: watch.exported(number)),
                await watch.held("Bundle of many", lambda: watch.posted(many(size))),
                await watch.held("Bundle of few", lambda: watch.posted(few(size))),
            ]


def table(found: list[Held]) -> str:
    """Return what was found, as text."""
    lines = [f"{'':18}{'resources':>11}{'MB':>8}{'seconds':>9}{'CPU us':>9}{'held before':>13}{'at most, MB':>13}"]
    for one in found:
        verdict = "" if one.most <= MUST else "  TOO MUCH"
        lines.append(
            f"{one.name:18}{one.number:11,}{one.bytes / 2**20:8.0f}{one.seconds:9.0f}{one.cpu:9.0f}{one.before:13.0f}"
            f"{one.most:13.0f}{verdict}"
        )
    return "\n".join(lines)


def main() -> None:
    """Run the whole."""
    asked = argparse.ArgumentParser(prog="python -m bench.million", description=__doc__)
    asked.add_argument("--lines", type=int, default=1_000_000)
    asked.add_argument("--bundle", type=int, default=64, help="MB")
    given = asked.parse_args()
    end_cleanly()
    folder = Path(mkdtemp(prefix="akson-million-"))
    folder.chmod(0o755)  # the database server's user must pass through
    try:
        found = asyncio.run(watched(folder, given.lines, given.bundle))
    finally:
        shutil.rmtree(folder)
    print("\r" + " " * 40 + "\r" + table(found))


if __name__ == "__main__":
    main()
