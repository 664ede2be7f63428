"""Persontjenesten as this installation reaches it: by HelseID, as a machine with a key of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import httpx

from akson.doors import machines
from akson.doors.settings import Settings
from akson.registers import persons as told
from akson.registers.persons import Event, Person
from akson.signin.machine import Machine

SCOPE: Final = "nhn:hgd-persontjenesten-api/read-with-legal-basis"
VERSION: Final = "2"
_FORM: Final = "application/x-www-form-urlencoded"


@dataclass(frozen=True, kw_only=True)
class Persontjenesten:
    """The API, with a legal basis. url: without a slash at the end."""

    url: str
    machine: Machine

    async def latest(self) -> int:
        """See `akson.registers.persons.Persons`; a feed without events begins at 1."""
        answer = await self._asked("GET", "event/latest")
        return told.event(answer).number if answer is not None else 1

    async def events(self, since: int) -> list[Event]:
        """See `akson.registers.persons.Persons`."""
        answer = await self._asked("GET", "event", {"sequenceNumber": str(max(since, 1))})
        return told.events(answer) if answer is not None else []

    async def person(self, id_: str) -> Person | None:
        """See `akson.registers.persons.Persons`."""
        answer = await self._asked("GET", f"person/{id_}", _PARTS)
        return told.read(answer) if answer is not None else None

    async def numbered(self, number: str) -> Person | None:
        """See `akson.registers.persons.Persons`. The number is sent as a form, never in an address."""
        answer = await self._asked("POST", "person/get-by-nin", _PARTS, httpx.QueryParams({"nin": number}))
        return told.read(answer) if answer is not None else None

    async def _asked(self, method: str, path: str, params: httpx.QueryParams | dict[str, str] | None = None,
                     form: httpx.QueryParams | None = None) -> bytes | None:  # fmt: skip
        """Return what is answered, None for 404. Raises Away, Unclear."""
        headers = {"api-version": VERSION} | ({"content-type": _FORM} if form else {})
        asked, content = httpx.QueryParams(params) if params else None, str(form).encode() if form else b""
        url = f"{self.url}/api/legal-basis/{path}"
        return await machines.told(self.machine, method, url, headers=headers, params=asked, content=content)


_PARTS: Final = httpx.QueryParams([("informationParts", part) for part in told.PARTS])


def persons(settings: Settings, http: httpx.AsyncClient, clock: Callable[[], datetime]) -> Persontjenesten | None:
    """Return the register; None where the installation has none."""
    if not settings.persons_url:
        return None
    machine = machines.as_machine(settings, http, clock, issuer=settings.persons_issuer, scope=SCOPE)
    return Persontjenesten(url=settings.persons_url, machine=machine)
