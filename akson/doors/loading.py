"""Loads FHIR Bundles and NDJSON from files, through the FHIR door itself: same checks, same access log, no network."""

from __future__ import annotations

import json
import secrets
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import httpx
from starlette.applications import Starlette

from akson.base.work import Actor
from akson.doors.dividing import ACTOR, MOST_TOLD, Divided, Told, is_of_lines
from akson.doors.opening import opened
from akson.doors.settings import Settings
from akson.fhirapi.door import routes
from akson.record.importing import settle
from akson.record.office import Office

_PIECE = 256 * 1024  # bytes


async def import_bundles(
    settings: Settings, files: Iterable[Path], told: Callable[[str], None], divided: Divided | None = None
) -> int:
    """Post each file and tell what became of it; return how many were refused, as a whole or in some lines.

    files    Bundles, and NDJSON by the names *.ndjson and *.ndjson.gz
    divided  imports lines in several processes; None: in this one
    """
    refused = 0
    async with opened(settings) as office:
        app = Starlette(routes=routes(office, _loader, base_url=settings.base_url, secret=secrets.token_bytes(32)))
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url=settings.base_url, timeout=600) as client:
            for file in files:
                if is_of_lines(file):
                    refused += await (_beside(office, divided, file, told) if divided else _lines(client, file, told))
                    continue
                answer = await client.post(
                    "/fhir", content=file.read_bytes(), headers={"content-type": "application/fhir+json"}
                )
                refused += not answer.is_success
                told(f"{'lest' if answer.is_success else 'AVVIST'}  {file.name}  {_what(answer)}")
    return refused


async def _lines(client: httpx.AsyncClient, file: Path, told: Callable[[str], None]) -> bool:
    """Import a file of lines and tell which were refused; return whether any was."""
    packed = {"content-encoding": "gzip"} if file.name.endswith(".gz") else {}
    answer = await client.post(
        "/fhir/$import", content=_pieces(file), headers={"content-type": "application/fhir+ndjson", **packed}
    )
    if not answer.is_success:
        told(f"AVVIST  {file.name}  {_what(answer)}")
        return True
    first, *faults = [json.loads(line) for line in answer.content.splitlines()]
    return _tell(file, first["issue"][0]["details"]["text"], faults, told)


async def _beside(office: Office, divided: Divided, file: Path, told: Callable[[str], None]) -> bool:
    """Import a file of lines in several processes; as `_lines`."""
    found: Told = await divided.file(file)
    await settle(office.database, found.written)
    return _tell(file, f"{found.seen} linjer: {found.written} skrevet, {found.refused} avvist.", found.faults, told)


def _tell(file: Path, text: str, faults: list[dict[str, Any]], told: Callable[[str], None]) -> bool:
    told(f"{'DELVIS' if faults else 'lest'}  {file.name}  {text}")
    for fault in faults[:MOST_TOLD]:
        issue = fault["issue"][0]
        place = issue["location"][0].replace("line", "linje")
        told(f"  {place}  {issue.get('code')} {','.join(issue.get('expression', []))}")
    return bool(faults)


async def _pieces(file: Path) -> AsyncIterator[bytes]:
    with file.open("rb") as opened_file:
        while piece := opened_file.read(_PIECE):
            yield piece


async def _loader(_headers: Mapping[str, str], _method: str, _url: str) -> Actor:
    return ACTOR


def _what(answer: httpx.Response) -> str:
    """Return how many entries were written, or the places of the faults; never what stood in them."""
    content = answer.json()
    if answer.is_success:
        return f"{len(content.get('entry', []))} ressurser"
    return "; ".join(f"{i.get('code')} {','.join(i.get('expression', []))}" for i in content.get("issue", [])[:5])
