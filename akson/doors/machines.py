"""This installation as a machine: who vouches for it at national services, HelseID or Maskinporten, and how it asks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

import httpx

from akson.base.errors import Refused
from akson.doors.settings import Settings
from akson.registers.professionals import Away, failed
from akson.signin.client import OidcClient
from akson.signin.keys import Keyring
from akson.signin.machine import Machine
from akson.signin.maskinporten import Maskinporten
from akson.signin.model import Provider

KEYS: Final = "maskinporten"


def as_machine(
    settings: Settings, http: httpx.AsyncClient, clock: Callable[[], datetime], *, issuer: str, scope: str
) -> Machine:
    """Return ourselves at a service of NHN. issuer: who gives the token for it; scope: what that is asked for."""
    keys = Keyring.open(settings.keys, "client")
    provider = Provider(name="helseid", label="HelseID", issuer=issuer, client_id=settings.client_id, redirect_uri="",
                        leave_uri="")  # fmt: skip
    return Machine(oidc=OidcClient(provider, keys, http, clock), keys=keys, http=http, clock=clock, scope=scope)


def by_maskinporten(
    settings: Settings, http: httpx.AsyncClient, clock: Callable[[], datetime], *, scope: str
) -> Maskinporten:
    """Return who gives us tokens of Maskinporten for a scope."""
    keys = Keyring.open(settings.keys, KEYS, rsa=True)
    return Maskinporten(issuer=settings.maskinporten, client_id=settings.maskinporten_client, scope=scope,
                        keyring=keys, http=http, clock=clock)  # fmt: skip


async def told(
    machine: Machine, method: str, url: str, *, headers: dict[str, str] | None = None, content: bytes = b"",
    params: httpx.QueryParams | None = None,
) -> bytes | None:  # fmt: skip
    """Return what a register answers, None where it knows of nobody. Raises Away, Unclear."""
    asked = {"accept": "application/json"} | (headers or {})
    try:
        answer = await machine.call(method, url, headers=asked, params=params, content=content)
    except (Refused, httpx.HTTPError) as failure:
        raise Away(getattr(failure, "code", type(failure).__name__)) from None
    if answer.status_code not in (200, 404):
        raise failed(answer.status_code)
    return answer.content if answer.status_code == 200 else None
