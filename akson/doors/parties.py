"""Adresseregisteret as this installation reaches it: by HelseID, as a machine with a key of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import httpx

from akson.doors.machines import as_machine, told
from akson.doors.settings import Settings
from akson.registers.parties import Party, read
from akson.signin.machine import Machine

SCOPE: Final = "nhn:cp-api/access-v2-dpop"


@dataclass(frozen=True, kw_only=True)
class Adresseregisteret:
    """The CommunicationParty API. url: without a slash at the end."""

    url: str
    machine: Machine

    async def ask(self, her_id: int) -> Party | None:
        """See `akson.registers.parties.Parties`."""
        answer = await told(self.machine, "GET", f"{self.url}/CommunicationParties/{her_id}")
        return read(answer, her_id) if answer is not None else None


def parties(settings: Settings, http: httpx.AsyncClient, clock: Callable[[], datetime]) -> Adresseregisteret | None:
    """Return the register; None where the installation has none."""
    if not settings.parties_url:
        return None
    machine = as_machine(settings, http, clock, issuer=settings.parties_issuer, scope=SCOPE)
    return Adresseregisteret(url=settings.parties_url, machine=machine)
