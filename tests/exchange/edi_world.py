"""NHN's message server as a process, HelseID's part played by a certified OpenID provider, and Akson as its client."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from akson.exchange.addresses import EDI
from akson.exchange.exchanging import Exchange
from akson.exchange.transports.edi import Edi
from akson.record.office import Office
from akson.signin.keys import Keyring
from tests.exchange.ends import OurEnd
from tests.exchange.letters import HEART, NORDRE
from tests.exchange.places import make
from tests.programs import running
from tests.signin.provider import machine, openid_provider

AUDIENCE, SCOPE = "http://127.0.0.1/msh", "nhn:msh/api"


def helseid(keys: Keyring) -> AbstractAsyncContextManager[str]:
    """Run the OpenID provider with us as a machine client; return its address."""
    return openid_provider(keys, {"client_id": "akson", "scope": SCOPE})


def message_server(issuer: str, *, seed: int = 1) -> AbstractAsyncContextManager[str]:
    """Run the message server; return its address."""
    return running("peers.message_server", "--issuer", issuer, "--audience", AUDIENCE, "--scope", SCOPE,
                   "--client", f"akson={NORDRE.her_id}", "--seed", str(seed))  # fmt: skip


def edi(url: str, issuer: str, keys: Keyring, http: httpx.AsyncClient) -> Edi:
    """Return our end of the transport."""
    return Edi(url=url, machine=machine(issuer, keys, http, audience=AUDIENCE, scope=SCOPE), software="Akson test")


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

    async def grants(self, *her_ids: int) -> None:
        """Let us send and fetch for these, and no others."""
        assert (await self.http.put(f"{self.url}/control/clients", json={"akson": her_ids})).status_code == 204

    async def behaves(self, **faults: float) -> None:
        assert (await self.http.put(f"{self.url}/control/faults", json=faults)).status_code == 204


@dataclass
class EdiWorld(OurEnd):
    """Akson, the message server and who stands behind it; the worker's turns are taken by the test."""

    edi: Edi
    broker: Broker
    issuer: str


@pytest.fixture(scope="session")
def edi_keys(tmp_path_factory: pytest.TempPathFactory) -> Keyring:
    return Keyring.open(Path(tmp_path_factory.mktemp("edi")), "client")


@pytest.fixture
async def edi_world(office: Office, edi_keys: Keyring) -> AsyncIterator[EdiWorld]:
    """The municipality in small, reached through the message server only."""
    async with helseid(edi_keys) as issuer, message_server(issuer) as url, httpx.AsyncClient(timeout=10) as http:
        ours = edi(url, issuer, edi_keys, http)
        places = await make(office, endpoint=EDI)
        yield EdiWorld(places, Exchange(carriers={"edi": ours}), ours, Broker(url, http), issuer)
