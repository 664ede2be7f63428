"""Looking for traces: every table, and a dump of the whole database, as text and inside what is packed there."""

from __future__ import annotations

import base64
import re
import subprocess
from collections.abc import Iterator

import asyncpg

from akson.base.postgres import Postgres
from akson.record.packing import unpacked

_HEX = re.compile(r"\\x([0-9a-f]{8,})")
_BASE64 = re.compile(rb"[A-Za-z0-9+/]{16,}={0,2}")
_PACKED = bytes.fromhex("28b52ffd")  # how zstd begins


async def tables_with(url: str, word: str) -> set[str]:
    """Return the tables in which `word` stands: in any column, in bytes, in packed bodies, in base64 inside them."""
    connection = await asyncpg.connect(url)
    try:
        names = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        found = set()
        for (name,) in names:
            rows = await connection.fetch(f'SELECT t::text FROM "{name}" t')
            if any(mentions(row[0], word) for row in rows):
                found.add(name)
        return found
    finally:
        await connection.close()


def dump(postgres: Postgres, url: str) -> str:
    """Return a fresh pg_dump of the database; "" where the server came without that program."""
    found = postgres.binaries
    if not (found.folder / "pg_dump").exists():
        return ""
    command = [str(found.folder / "pg_dump"), url]
    return subprocess.run(command, capture_output=True, text=True, check=True, env=found.environment).stdout


def mentions(text: str, word: str) -> bool:
    """Say whether `word` stands in `text`, however it is packed; big and small letters alike."""
    return any(word.casefold().encode() in layer.lower() for layer in _layers(text))


def _layers(text: str) -> Iterator[bytes]:
    yield text.encode()
    for written in _HEX.findall(text.replace("\\\\x", "\\x")):
        raw = bytes.fromhex(written[: len(written) // 2 * 2])
        if raw.startswith(_PACKED):
            raw = unpacked(raw)
        yield raw
        for inner in _BASE64.findall(raw):
            yield base64.b64decode(inner[: len(inner) // 4 * 4])
