"""The barnevern behind KS Fiks as a process, and our place at it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from akson.doors import barnevern
from akson.doors.settings import from_environment
from akson.exchange import asice
from akson.exchange.exchanging import Exchange
from akson.exchange.transports import fiks
from akson.exchange.transports.fiks import Fiks
from akson.exchange.transports.local import PATH, Local
from akson.record.office import Office
from akson.signin.keys import Keyring
from akson.signin.maskinporten import Maskinporten
from tests.exchange.letters import NORDRE
from tests.exchange.world import SECRET, served
from tests.programs import running

ORGNR = "310000015"
KNOWN = ({"orgnr": ORGNR, "her_id": NORDRE.her_id, "name": NORDRE.name, "parent": NORDRE.parent,
          "parent_name": NORDRE.parent_name},)  # fmt: skip


@dataclass(frozen=True)
class Barnevern:
    """Its program. endpoint: where it is written to; page: of whoever plays it."""

    exchange: Exchange
    fiks: Fiks
    endpoint: str
    page: httpx.AsyncClient


@asynccontextmanager
async def standing(office: Office, data: Path, known: Sequence[dict[str, Any]] = KNOWN) -> AsyncIterator[Barnevern]:
    """Start the program. data: an empty folder; known: whom it may answer."""
    settings = from_environment({"AKSON_ENV": "test", "AKSON_DATA": str(data)})
    home = barnevern.folder(barnevern.joined(settings, "http://x", "http://x", known))
    async with httpx.AsyncClient(timeout=10) as http:
        local = Local(secret=SECRET, client=http)
        async with served(local.routes(office)) as akson:
            told = ("--port", "0", "--akson-url", akson, "--delay", "0", "--addresses", str(home / barnevern.ADDRESSES),
                    "--keys", str(home / barnevern.CLIENT))  # fmt: skip
            async with running("peers.barnevern", *told, env={"AKSON_LOCAL_SECRET": SECRET}) as url:
                settings = barnevern.joined(settings, url, f"{url}/", known)
                ours = Fiks(
                    url=url, organisation=settings.fiks_organisation, integration=settings.fiks_integration,
                    password=settings.fiks_password, seal=asice.Seal.read((home / "certificate.pem").read_bytes()),
                    tokens=Maskinporten(issuer=settings.maskinporten, client_id="akson", scope=fiks.SCOPE, http=http,
                                        keyring=Keyring.open(settings.keys, "maskinporten", rsa=True),
                                        clock=lambda: datetime.now(UTC)),
                )  # fmt: skip
                async with httpx.AsyncClient(base_url=url, timeout=10) as page:
                    yield Barnevern(Exchange(carriers={"fiks": ours, "http": local}), ours, f"{url}{PATH}", page)
