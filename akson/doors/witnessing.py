"""The witness as a program of its own, and how seals come to it.

It needs no database and no settings of the installation: somebody else runs it, on a machine that whoever runs the
installation cannot write to.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from akson.audit.seal import export_seals
from akson.audit.witness import NoSeal, Witness
from akson.base.database import Database
from akson.record.sealing import chain_seals

LOG: Final = logging.getLogger("akson.witness")
MOST: Final = 8 << 20  # bytes of one request
_LINES: Final = 5000  # handed over at once
_AGAIN: Final = timedelta(hours=1)  # handed over once more: clocks of processes differ, and a known seal costs nothing
_FIRST: Final = datetime(2000, 1, 1, tzinfo=UTC)


class WitnessObjects(Exception):
    """The witness has another seal, or does not take ours; the message says which."""


def witness_app(folder: Path, keys: Sequence[Ed25519PublicKey]) -> Starlette:
    """Return the program of a witness.

    POST /seals   lines of seals; 200 kept, 409 kept, but another stands at the same place, 422 not signed by our keys
    GET /seals    everything that was ever kept
    GET /latest   when the newest seal was made
    """

    @asynccontextmanager
    async def living(app: Starlette) -> AsyncIterator[None]:
        app.state.witness = Witness(folder, keys)
        try:
            yield
        finally:
            app.state.witness.close()

    routes = [Route("/seals", _take, methods=["POST"]), Route("/seals", _give), Route("/latest", _latest)]
    return Starlette(routes=routes, lifespan=living)


async def _take(request: Request) -> Response:
    lines = bytearray()
    async for part in request.stream():
        lines += part
        if len(lines) > MOST:
            return JSONResponse({"error": "too much at once"}, 413)
    try:
        taken = request.app.state.witness.take(bytes(lines))
    except NoSeal:
        LOG.error("what came was not signed by a key we know")
        return JSONResponse({"error": "not signed by a key we know"}, 422)
    for place in taken.conflicts:
        LOG.error("another seal was made for a place that has one", extra={"place": place})
    return JSONResponse(taken._asdict(), 409 if taken.conflicts else 200)


async def _give(request: Request) -> Response:
    return FileResponse(request.app.state.witness.file, media_type="application/x-ndjson")


async def _latest(request: Request) -> Response:
    latest = request.app.state.witness.latest
    return JSONResponse({"latest": latest and latest.isoformat()})


async def hand_over(database: Database, http: httpx.AsyncClient, url: str) -> int:
    """Hand every seal to the witness at `url` that it may not have; return how many were new to it.

    Raises  WitnessObjects, httpx.HTTPError
    """
    latest = (await _asked(http, "GET", f"{url}/latest")).json()["latest"]
    since = datetime.fromisoformat(latest) - _AGAIN if latest else _FIRST
    lines = (await export_seals(database, since) + await chain_seals(database, since)).splitlines(keepends=True)
    added = 0
    for at in range(0, len(lines), _LINES):
        answer = await _asked(http, "POST", f"{url}/seals", b"".join(lines[at : at + _LINES]))
        added += answer.json()["added"]
    return added


async def _asked(http: httpx.AsyncClient, method: str, url: str, told: bytes = b"") -> httpx.Response:
    answer = await http.request(method, url, content=told)
    if answer.status_code in (409, 422):
        raise WitnessObjects(answer.text)
    return answer.raise_for_status()


def held_by(url: str) -> bytes:
    """Return every seal that the witness at `url` keeps."""
    return httpx.get(f"{url}/seals", timeout=60).raise_for_status().content
