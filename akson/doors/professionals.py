"""The register of health personnel as this installation reaches it: HPR's open API, by a token of Maskinporten."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import httpx

from akson.base.errors import Refused
from akson.doors.machines import by_maskinporten
from akson.doors.settings import Settings
from akson.fhir.dates import HERE
from akson.registers.professionals import Away, Professional, read
from akson.signin.maskinporten import Maskinporten
from akson.signin.remote import send

SCOPE: Final = "nhn:hpr/basic nhn:hpr/extended"


@dataclass(frozen=True, kw_only=True)
class Hpr:
    """HPR Offentlig API. url: of the API, without a slash at the end."""

    url: str
    tokens: Maskinporten

    async def ask(self, number: str) -> Professional | None:
        """Return who has that HPR number; None when nobody does. Raises Away."""
        try:
            answer = await self._asked(number)
            if answer.status_code in (401, 403):  # the token may have been taken back: one more, with a new one
                self.tokens.forget()
                answer = await self._asked(number)
        except Refused as refused:
            raise Away(refused.code) from None
        if answer.status_code == 404:
            return None
        if answer.status_code != 200:
            raise Away(f"status {answer.status_code}")
        return read(answer.content, number, self.tokens.clock().astimezone(HERE).date())

    async def _asked(self, number: str) -> httpx.Response:
        headers = {"authorization": f"Bearer {await self.tokens.token()}", "accept": "application/json"}
        return await send(self.tokens.http, "GET", f"{self.url}/v1/personerutvidet/{number}", headers=headers)


def professionals(settings: Settings, http: httpx.AsyncClient, clock: Callable[[], datetime]) -> Hpr | None:
    """Return the register; None where the installation has none."""
    if not settings.hpr_url:
        return None
    return Hpr(url=settings.hpr_url, tokens=by_maskinporten(settings, http, clock, scope=SCOPE))
