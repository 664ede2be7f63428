"""Adresseregisteret as this installation reaches it: by HelseID, as a machine with a key of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import httpx

from akson.base.errors import Refused
from akson.doors.settings import Settings
from akson.registers.parties import Party, read
from akson.registers.professionals import Away, failed
from akson.signin.client import OidcClient
from akson.signin.keys import Keyring
from akson.signin.machine import Machine
from akson.signin.model import Provider

SCOPE: Final = "nhn:cp-api/access-v2-dpop"


@dataclass(frozen=True, kw_only=True)
class Adresseregisteret:
    """The CommunicationParty API. url: without a slash at the end."""

    url: str
    machine: Machine

    async def ask(self, her_id: int) -> Party | None:
        """See `akson.registers.parties.Parties`."""
        headers = {"accept": "application/json"}
        try:
            answer = await self.machine.call("GET", f"{self.url}/CommunicationParties/{her_id}", headers=headers)
        except (Refused, httpx.HTTPError) as failure:
            raise Away(getattr(failure, "code", type(failure).__name__)) from None
        if answer.status_code not in (200, 404):
            raise failed(answer.status_code)
        return read(answer.content, her_id) if answer.status_code == 200 else None


def parties(settings: Settings, http: httpx.AsyncClient, clock: Callable[[], datetime]) -> Adresseregisteret | None:
    """Return the register; None where the installation has none."""
    if not settings.parties_url:
        return None
    keys = Keyring.open(settings.keys, "client")
    provider = Provider(name="helseid", label="HelseID", issuer=settings.parties_issuer, client_id=settings.client_id,
                        redirect_uri="", leave_uri="")  # fmt: skip
    machine = Machine(oidc=OidcClient(provider, keys, http, clock), keys=keys, http=http, clock=clock, scope=SCOPE)
    return Adresseregisteret(url=settings.parties_url, machine=machine)
