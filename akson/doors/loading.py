"""Loads FHIR Bundles from files, through the FHIR door itself: same checks, same access log, no network."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import httpx
from starlette.applications import Starlette

from akson.base.work import Actor
from akson.doors.opening import opened
from akson.doors.seeding import LOADER
from akson.doors.settings import Settings
from akson.fhirapi.door import routes


async def import_bundles(settings: Settings, files: Iterable[Path], told: Callable[[str], None]) -> int:
    """Post each file as a Bundle and tell what became of it; return how many were refused."""
    refused = 0
    async with opened(settings) as office:
        app = Starlette(routes=routes(office, _loader, base_url=settings.base_url, secret=secrets.token_bytes(32)))
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url=settings.base_url, timeout=600) as client:
            for file in files:
                answer = await client.post(
                    "/fhir", content=file.read_bytes(), headers={"content-type": "application/fhir+json"}
                )
                refused += not answer.is_success
                told(f"{'lest' if answer.is_success else 'AVVIST'}  {file.name}  {_what(answer)}")
    return refused


async def _loader(_headers: Mapping[str, str], _method: str, _url: str) -> Actor:
    return LOADER


def _what(answer: httpx.Response) -> str:
    """Return how many entries were written, or the places of the faults; never what stood in them."""
    content = answer.json()
    if answer.is_success:
        return f"{len(content.get('entry', []))} ressurser"
    return "; ".join(f"{i.get('code')} {','.join(i.get('expression', []))}" for i in content.get("issue", [])[:5])
