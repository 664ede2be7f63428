"""The ways messages travel, from the settings: to programs on this machine, and through NHN's message server."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final

import httpx

from akson.doors.settings import Settings
from akson.exchange.handing import Carrier, Exchange
from akson.exchange.safexml import Schemas
from akson.exchange.transports.edi import Edi
from akson.exchange.transports.local import Local
from akson.record.office import Office
from akson.signin.client import OidcClient
from akson.signin.keys import Keyring
from akson.signin.machine import Machine
from akson.signin.model import Provider

SOFTWARE: Final = "Akson"


def turns(
    settings: Settings, office: Office, http: httpx.AsyncClient, clock: Callable[[], datetime]
) -> dict[str, Callable[[], Awaitable[int]]]:
    """Return what the worker does for messages, by name; nothing where no way is switched on."""
    schemas = Schemas(settings.schemas) if settings.schemas else None
    server = message_server(settings, http, clock)
    carriers: dict[str, Carrier] = {}
    if settings.exchange_secret:
        carriers["http"] = Local(secret=settings.exchange_secret, client=http)
    if server:
        carriers["edi"] = server
    if not carriers:
        return {}
    exchange = Exchange(carriers=carriers)
    found: dict[str, Callable[[], Awaitable[int]]] = {"messages": lambda: exchange.turn(office, schemas=schemas)}
    return found | ({"message server": lambda: server.turn(office)} if server else {})


def message_server(settings: Settings, http: httpx.AsyncClient, clock: Callable[[], datetime]) -> Edi | None:
    """Return NHN's message server as we reach it; None where the installation has none."""
    if not settings.edi_url:
        return None
    keys = Keyring.open(settings.data / "keys", "client")
    provider = Provider(name="helseid", label="HelseID", issuer=settings.edi_issuer, client_id=settings.client_id,
                        redirect_uri="", leave_uri="")  # fmt: skip
    machine = Machine(oidc=OidcClient(provider, keys, http, clock), keys=keys, http=http, clock=clock,
                      scope=settings.edi_scope)  # fmt: skip
    return Edi(url=settings.edi_url, machine=machine, software=SOFTWARE)
