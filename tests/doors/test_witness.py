"""A witness keeps what was sealed, on a machine of its own, and tells it to whoever proves the trails."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import msgspec
import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from akson.audit.seal import ChainSeal, Signer, export_seals, seal
from akson.audit.witness import FILE, Witness
from akson.base.database import Database
from akson.cli import main
from akson.doors.keys import Keys
from akson.doors.opening import clock, opened
from akson.doors.settings import from_environment
from akson.doors.witnessing import WitnessObjects, hand_over, witness_app
from akson.record.sealing import seal_chains
from tests.offices import patient
from tests.programs import ports

KEY = Ed25519PrivateKey.generate()
URL = "http://witness.test"


@pytest.fixture
def env(database_url: str, tmp_path: Path) -> dict[str, str]:
    return {"AKSON_ENV": "test", "AKSON_DATABASE_URL": database_url, "AKSON_DATA": str(tmp_path / "data")}


@pytest.fixture
async def sealed(env: dict[str, str]) -> None:
    """An installation where somebody wrote, with seals over log and chains."""
    settings = from_environment(env)
    signer = Keys.open(settings.data / "keys").signer
    async with opened(settings) as office:
        await patient(office)
        assert await seal(office.database, signer, clock()) and await seal_chains(office.database, signer, clock())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "witness"
    made.mkdir()
    return made


@pytest.fixture
async def witness(folder: Path, env: dict[str, str]) -> AsyncIterator[httpx.AsyncClient]:
    keys = Keys.open(Path(env["AKSON_DATA"]) / "keys").seals
    app = witness_app(folder, keys)
    async with app.router.lifespan_context(app), httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app), base_url=URL
    ) as client:  # fmt: skip
        yield client


async def test_what_is_sealed_is_handed_over_once_and_stays(
    sealed: None, db: Database, witness: httpx.AsyncClient, folder: Path
) -> None:
    assert await hand_over(db, witness, URL) == 2
    assert await hand_over(db, witness, URL) == 0
    assert len((await witness.get("/seals")).text.splitlines()) == 2
    assert (await witness.get("/latest")).json()["latest"] is not None
    for method in ("PUT", "DELETE", "PATCH"):
        assert (await witness.request(method, "/seals")).status_code == 405
    assert oct((folder / FILE).stat().st_mode)[-3:] == "600"


async def test_what_was_not_signed_by_the_installation_is_not_kept(
    sealed: None, db: Database, witness: httpx.AsyncClient
) -> None:
    lines = (await export_seals(db, clock().replace(year=2000))).splitlines()
    forged = json.loads(lines[0]) | {"root": "00" * 32}
    for body in (b"{}", b"x", json.dumps(forged).encode(), lines[0] + b"\n" + json.dumps(forged).encode(), b"[" * 99):
        assert (await witness.post("/seals", content=body)).status_code == 422
    assert (await witness.get("/seals")).content == b""
    assert (await witness.post("/seals", content=b"x" * (9 << 20))).status_code == 413


async def test_two_stories_of_one_place_are_both_kept_and_told(
    sealed: None, db: Database, owner_db: Database, witness: httpx.AsyncClient, env: dict[str, str]
) -> None:
    await hand_over(db, witness, URL)
    await owner_db.execute("DELETE FROM access_seal")
    signer = Keys.open(Path(env["AKSON_DATA"]) / "keys").signer
    assert await seal(db, signer, clock())
    with pytest.raises(WitnessObjects, match="log/"):
        await hand_over(db, witness, URL)
    assert len((await witness.get("/seals")).text.splitlines()) == 3


def test_a_line_half_written_in_a_fall_is_cut_off_and_nothing_else(folder: Path) -> None:
    signer = Signer(KEY)
    first = Witness(folder, [KEY.public_key()])
    lines = [chain_seal(signer, number) for number in (1, 2)]
    assert first.take(b"\n".join(lines)).added == 2
    first.close()
    whole = (folder / FILE).read_bytes()
    (folder / FILE).write_bytes(whole + whole[:50])
    again = Witness(folder, [KEY.public_key()])
    assert (folder / FILE).read_bytes() == whole
    assert again.take(lines[0]) == (0, 1, []) and again.take(chain_seal(signer, 3)).added == 1
    again.close()


def chain_seal(signer: Signer, number: int) -> bytes:
    unsigned = ChainSeal(number=number, at=clock(), links=1, root="00" * 32, previous="00" * 32, signature="",
                         key_id=signer.key_id)  # fmt: skip
    signed = msgspec.structs.replace(unsigned, signature=signer.sign(unsigned.statement()).hex())
    return msgspec.json.encode(signed)


async def test_a_cut_log_is_found_through_the_witness_as_an_operator_types_it(
    sealed: None, env: dict[str, str], folder: Path, db: Database, owner_db: Database
) -> None:
    def command(*words: str) -> tuple[int, str]:
        result = CliRunner().invoke(main, list(words), env=env)
        return result.exit_code, result.output

    code, keys = await asyncio.to_thread(command, "audit", "keys")
    assert code == 0 and re.fullmatch(r"[0-9a-f]{64}\n", keys)
    (port,) = ports(1)
    program = started("witness", str(folder), "--key", keys.strip(), "--port", str(port))
    try:
        url = f"http://127.0.0.1:{port}"
        await answering(url)
        async with httpx.AsyncClient() as http:
            assert await hand_over(db, http, url) == 2
        assert (await asyncio.to_thread(command, "audit", "verify", "--witness", url))[0] == 0
        for table in ("access_seal", "access_log", "access_log_patient", "chain_seal"):
            await owner_db.execute(f"DELETE FROM {table}")
        assert (await asyncio.to_thread(command, "audit", "verify"))[0] == 0
        code, told = await asyncio.to_thread(command, "audit", "verify", "--witness", url)
        assert code == 1 and told.count("er borte, men vitnet har seglet") == 2
    finally:
        program.terminate()
        program.wait()


def started(*words: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", "akson", *words], stderr=subprocess.DEVNULL)


async def answering(url: str) -> None:
    deadline = time.monotonic() + 20
    async with httpx.AsyncClient() as http:
        while time.monotonic() < deadline:
            try:
                await http.get(f"{url}/latest")
                return
            except httpx.TransportError:
                await asyncio.sleep(0.1)
    raise AssertionError("the witness did not start")
