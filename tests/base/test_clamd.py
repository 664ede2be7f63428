"""A scanner is asked about bytes as clamd is, and what is not a clear answer is none."""

from __future__ import annotations

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from akson.base.clamd import Scanner, ScannerAway
from tests.scanners import EICAR, LARGEST, clamd, peer, program


async def test_it_tells_what_is_found_and_when_nothing_is() -> None:
    async with peer() as scanner:
        asked = Scanner.at(f"127.0.0.1:{scanner.port}")
        assert await asked.found(EICAR) == "Akson.Test"
        assert await asked.found(b"hei") == "" == await asked.found(b"")
        large = b"x" * (LARGEST - 100)
        assert await asked.found(large) == ""
    assert scanner.asked == [EICAR, b"hei", b"", large]


async def test_what_is_too_large_for_it_is_not_said_to_be_clean() -> None:
    async with peer() as scanner:
        with pytest.raises(ScannerAway):
            await Scanner.at(f"127.0.0.1:{scanner.port}").found(b"x" * (LARGEST + 1))


@pytest.mark.parametrize("answer", [b"", b"stream: OK", b"\0", b"stream: FOUND\0", b"PONG\0", b"x" * 10_000, b"OK?\0"])
async def test_an_answer_that_says_nothing_clear_is_none(answer: bytes) -> None:
    async def odd(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(10 + 4 + 3 + 4)
        writer.write(answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(odd, "127.0.0.1", 0)
    async with server:
        with pytest.raises(ScannerAway):
            await Scanner.at(f"127.0.0.1:{server.sockets[0].getsockname()[1]}").found(b"hei")


async def test_a_scanner_that_is_away_or_silent_is_told_as_such(tmp_path: Path) -> None:
    with pytest.raises(ScannerAway):
        await Scanner.at(str(tmp_path / "nothing")).found(b"hei")

    async def nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    silent = await asyncio.start_server(nothing, "127.0.0.1", 0)
    async with silent:
        port = silent.sockets[0].getsockname()[1]
        with pytest.raises(ScannerAway):
            await Scanner(host="127.0.0.1", port=port, patience=0.2).found(b"hei")


@pytest.mark.parametrize("told", ["", "3310", "vert:", ":3310", "vert:0", "vert:70000", "vert:x", "./s"])
def test_half_an_address_is_refused(told: str) -> None:
    with pytest.raises(ValueError):
        Scanner.at(told)


async def test_debians_clamd_answers_as_the_peer_does() -> None:
    found = program()
    if found is None:
        pytest.skip("clamd is not here: python -m tests.scanners")
    with TemporaryDirectory(prefix="akson-clamd-") as folder, clamd(found, Path(folder)) as socket:
        asked = Scanner(path=str(socket), patience=60.0)
        assert (await asked.found(EICAR)).startswith("Akson.Test")
        assert await asked.found(b"hei") == ""
        assert await asked.found(b"x" * 3_000_000) == ""
