"""The ways messages travel, from the settings: to programs of this machine, by NHN, over queues, by KS Fiks."""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import httpx

from akson.base.database import Reads
from akson.base.errors import Refused
from akson.doors.machines import as_machine, by_maskinporten
from akson.doors.settings import Settings
from akson.exchange.asice import Seal
from akson.exchange.carriers import Carrier, Once
from akson.exchange.exchanging import Exchange
from akson.exchange.safexml import Schemas
from akson.exchange.seals.own import OwnCertificates
from akson.exchange.seals.trust import Trust
from akson.exchange.transports import fiks
from akson.exchange.transports.edi import Edi
from akson.exchange.transports.fiks import Fiks
from akson.exchange.transports.local import Local
from akson.record.office import Office

if TYPE_CHECKING:
    from akson.exchange.transports.amqp import Amqp

SOFTWARE: Final = "Akson"


def turns(
    settings: Settings, office: Office, http: httpx.AsyncClient, clock: Callable[[], datetime]
) -> dict[str, Callable[[], Awaitable[int]]]:
    """Return what the worker does for messages, by name; where no way is switched on, what waits is given up."""
    schemas = Schemas(settings.schemas) if settings.schemas else None
    server, queues = message_server(settings, http, clock), broker(settings, office.database, clock)
    carriers: dict[str, Carrier | Once] = {}
    if settings.exchange_secret:
        carriers["http"] = Local(secret=settings.exchange_secret, client=http)
    if server:
        carriers["edi"] = server
    if queues:
        carriers["amqp"] = queues
    if reports := barnevern(settings, http, clock):
        carriers["fiks"] = reports
    found = Exchange(carriers=carriers).turns(office, schemas=schemas)
    found |= {"message server": lambda: server.turn(office)} if server else {}
    return found | ({"queues": lambda: queues.turn(office)} if queues else {})


def broker(settings: Settings, reads: Reads, clock: Callable[[], datetime]) -> Amqp | None:
    """Return the broker with our queues; None where the installation has none.

    Raises  Refused AK-L026 the libraries that speak with brokers are not installed
    """
    if not settings.amqp_url:
        return None
    try:
        from akson.exchange.seals.sealing import Seals
        from akson.exchange.transports.amqp import Amqp
        from akson.exchange.transports.broker import Broker
    except ModuleNotFoundError:
        raise Refused("AK-L026") from None
    url = urlsplit(settings.amqp_url)
    prefix = f"{url.path.rstrip('/')}/" if url.path.strip("/") else ""
    where = Broker(
        host=url.hostname or "", port=url.port or 0, user=settings.amqp_user, password=settings.amqp_password,
        tls=ssl.create_default_context() if url.scheme == "amqps" else None, prefix=prefix,
    )  # fmt: skip
    seals = Seals(reads=reads, own=OwnCertificates(settings.keys), trust=Trust(settings.trust))
    return Amqp(broker=where, name=f"{SOFTWARE} {socket.gethostname()} {os.getpid()}", clock=clock, seals=seals)


def barnevern(settings: Settings, http: httpx.AsyncClient, clock: Callable[[], datetime]) -> Fiks | None:
    """Return KS Fiks as we reach it; None where the installation reports children in other ways.

    Raises  Refused AK-L011 the file of our certificate holds none
    """
    if not settings.fiks_url or not settings.fiks_seal:
        return None
    try:
        seal = Seal.read(settings.fiks_seal.read_bytes())
    except (OSError, ValueError):
        raise Refused("AK-L011", what="AKSON_FIKS_CERTIFICATE") from None
    tokens = by_maskinporten(settings, http, clock, scope=fiks.SCOPE)
    return Fiks(url=settings.fiks_url, organisation=settings.fiks_organisation, integration=settings.fiks_integration,
                password=settings.fiks_password, seal=seal, tokens=tokens)  # fmt: skip


def message_server(settings: Settings, http: httpx.AsyncClient, clock: Callable[[], datetime]) -> Edi | None:
    """Return NHN's message server as we reach it; None where the installation has none."""
    if not settings.edi_url:
        return None
    machine = as_machine(settings, http, clock, issuer=settings.edi_issuer, scope=settings.edi_scope)
    return Edi(url=settings.edi_url, machine=machine, software=SOFTWARE)
