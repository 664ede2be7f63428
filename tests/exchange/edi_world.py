"""NHN's message server as a process, HelseID's part played by a certified OpenID provider, and Akson as its client."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from akson.base.work import Purpose
from akson.exchange import outbox, sending
from akson.exchange.addresses import EDI
from akson.exchange.handing import Exchange
from akson.exchange.outbox import Standing
from akson.exchange.transports.edi import Edi
from akson.record.office import Office
from akson.signin.client import OidcClient
from akson.signin.keys import Keyring
from akson.signin.machine import Machine
from akson.signin.model import Provider
from tests.exchange.letters import HEART, NORDRE
from tests.exchange.places import Places, make
from tests.exchange.world import ROOT

MODULE = ROOT / "node_modules" / "oidc-provider" / "lib" / "index.js"
AUDIENCE, SCOPE = "http://127.0.0.1/msh", "nhn:msh/api"
needs_provider = pytest.mark.skipif(not MODULE.exists(), reason="needs node_modules/oidc-provider (npm ci)")


@asynccontextmanager
async def helseid(keys: Keyring) -> AsyncIterator[str]:
    """Run the OpenID provider with us as a machine client; return its address."""
    client = {
        "client_id": "akson", "redirect_uris": [], "response_types": [], "scope": SCOPE,
        "grant_types": ["client_credentials"], "token_endpoint_auth_method": "private_key_jwt",
        "token_endpoint_auth_signing_alg": "ES256", "id_token_signed_response_alg": "ES256", "jwks": keys.public,
        "dpop_bound_access_tokens": True,
    }  # fmt: skip
    process = await asyncio.create_subprocess_exec(
        "node", ROOT / "tests/signin/oidc_provider.mjs", MODULE, json.dumps(client), "{}",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    assert process.stdin and process.stdout
    try:
        yield f"http://127.0.0.1:{int(await asyncio.wait_for(process.stdout.readline(), 60))}"
    finally:
        process.stdin.close()
        await process.wait()


@asynccontextmanager
async def message_server(issuer: str, *, seed: int = 1) -> AsyncIterator[str]:
    """Run the message server; return its address."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "peers.message_server", "--issuer", issuer, "--audience", AUDIENCE, "--scope", SCOPE,
        "--client", f"akson={NORDRE.her_id}", "--seed", str(seed), cwd=ROOT, env=dict(os.environ),
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        line = (await asyncio.wait_for(process.stdout.readline(), 60)).decode()
        yield line.partition(": ")[2].strip()
    finally:
        process.terminate()
        await process.wait()


def edi(url: str, issuer: str, keys: Keyring, http: httpx.AsyncClient) -> Edi:
    """Return our end of the transport; tokens and proofs go by the true clock, whatever the office's says."""

    def clock() -> datetime:
        return datetime.now(UTC)

    provider = Provider(name="helseid", label="HelseID", issuer=issuer, client_id="akson", redirect_uri="", leave_uri="",
                        resource=AUDIENCE)  # fmt: skip
    oidc = OidcClient(provider, keys, http, clock)
    machine = Machine(oidc=oidc, keys=keys, http=http, clock=clock, scope=SCOPE)
    return Edi(url=url, machine=machine, software="Akson test")


@dataclass
class Broker:
    """The message server, seen from behind: what is put in, what has come, how it behaves."""

    url: str
    http: httpx.AsyncClient

    async def delivers(self, body: bytes, *, sender: int = HEART.her_id, receiver: int = NORDRE.her_id) -> list[str]:
        given = {"body": base64.b64encode(body).decode(), "sender": sender, "receiver": receiver}
        answer = await self.http.post(f"{self.url}/control/messages", json=given)
        return list(answer.json())

    async def messages(self) -> list[dict[str, Any]]:
        return list((await self.http.get(f"{self.url}/control/messages")).json())

    async def behaves(self, **faults: float) -> None:
        assert (await self.http.put(f"{self.url}/control/faults", json=faults)).status_code == 204


@dataclass
class EdiWorld:
    """Akson, the message server and who stands behind it; the worker's turns are taken by the test."""

    places: Places
    edi: Edi
    exchange: Exchange
    broker: Broker
    issuer: str

    async def turn(self) -> None:
        await self.exchange.turn(self.places.office)
        await self.edi.turn(self.places.office)

    async def until(self, seen: Callable[[], Awaitable[Any]], *, each: Callable[[], None] = lambda: None) -> Any:
        """Take turns until `seen` is true; return what it saw."""
        async with asyncio.timeout(60):
            while not (found := await seen()):
                await self.turn()
                each()
        return found

    async def writes(self, text: str = "Kommer hun mandag?") -> str:
        """Let the doctor write to the hospital; return the id of her Communication."""
        new = {"resourceType": "Communication", "subject": {"reference": self.places.astrid.reference}}
        async with self.places.office.work(self.places.doctor, Purpose.TREATMENT) as work:
            return (await sending.send(work, new | {"payload": [{"contentString": text}]}, to=HEART.her_id)).id

    async def standing(self, communication: str) -> Standing:
        async with self.places.office.work(self.places.doctor, Purpose.TREATMENT) as work:
            return (await outbox.standing(work, self.places.astrid.owner, [communication]))[0]


@pytest.fixture(scope="session")
def edi_keys(tmp_path_factory: pytest.TempPathFactory) -> Keyring:
    return Keyring.open(Path(tmp_path_factory.mktemp("edi")), "client")


@pytest.fixture
async def edi_world(office: Office, edi_keys: Keyring) -> AsyncIterator[EdiWorld]:
    """The municipality in small, reached through the message server only."""
    async with helseid(edi_keys) as issuer, message_server(issuer) as url, httpx.AsyncClient(timeout=10) as http:
        ours = edi(url, issuer, edi_keys, http)
        places = await make(office, endpoint=EDI)
        yield EdiWorld(places, ours, Exchange(carriers={"edi": ours}), Broker(url, http), issuer)
