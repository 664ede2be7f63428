"""The local transport: HTTP between programs on this machine. For the demo and the tests, never between sites.

It is honest: 202 with the transport's id is given only after the bytes are durably stored, and only such an answer
makes a message "delivered". Both ends hold one shared secret, given at start-up.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Final

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from akson.exchange import inbox
from akson.exchange.carriers import REFUSED_FOR_GOOD, Came, Delivery, Handed, Said
from akson.exchange.delivery import NO_ANSWER
from akson.exchange.outbox import Claimed, Unconfirmed
from akson.exchange.safexml import LARGEST
from akson.record.office import Office

PATH: Final = "/exchange/local"
XML: Final = "application/xml"
MESSAGE_ID, FROM, TO = "x-message-id", "x-from-her-id", "x-to-her-id"


@dataclass(frozen=True, kw_only=True)
class Local:
    """Our end of the local transport.

    secret   shared by all programs on this machine
    client   with its own deadlines; never follows a redirect
    """

    secret: str = field(repr=False)
    client: httpx.AsyncClient = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.secret) < 16:
            raise ValueError("the shared secret is too short")

    def routes(self, office: Office) -> list[Route]:
        """Return the route that receives; mounted by the app."""

        async def receive(request: Request) -> Response:
            return await self._receive(request, office)

        return [Route(PATH, receive, methods=["POST"])]

    async def hand_over(self, claimed: Claimed) -> Handed:
        """Post one message; an unknown outcome is tried again: receivers know its id."""
        headers = {
            "authorization": f"Bearer {self.secret}", "content-type": XML, MESSAGE_ID: claimed.msg_id,
            FROM: str(claimed.sender), TO: str(claimed.receiver),
        }  # fmt: skip
        try:
            answer = await self.client.post(
                claimed.endpoint, content=claimed.body, headers=headers, follow_redirects=False
            )
        except httpx.HTTPError:
            return Handed(Came.AWAY, why=NO_ANSWER)
        if answer.status_code == 202:
            return Handed(Came.RECEIPT)
        return Handed(Came.REFUSED if answer.status_code in REFUSED_FOR_GOOD else Came.AWAY, why=NO_ANSWER)

    async def ask(self, asked: Unconfirmed) -> Said:
        """Say that nothing is known: this way gives its receipt at once, so another had taken the message."""
        return Said(delivery=Delivery.UNCONFIRMED)

    async def _receive(self, request: Request, office: Office) -> Response:
        """Store a message and give the receipt: 202 with the id it is kept under."""
        _, _, given = request.headers.get("authorization", "").partition("Bearer ")
        if not secrets.compare_digest(given.encode(), self.secret.encode()):
            return Response(status_code=401)
        body = await _body(request)
        if body is None:
            return Response(status_code=413)
        if not body:
            return Response(status_code=400)
        kept = await inbox.keep(
            office.database, body, now=office.clock(), envelope_id=request.headers.get(MESSAGE_ID, "")[:200],
            envelope_from=_number(request, FROM), envelope_to=_number(request, TO),
        )  # fmt: skip
        return JSONResponse({"id": kept}, status_code=202)


async def _body(request: Request) -> bytes | None:
    """Return what was sent, or None as soon as it is too much."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > LARGEST:
            return None
        parts.append(part)
    return b"".join(parts)


def _number(request: Request, header: str) -> int:
    written = request.headers.get(header, "")
    return int(written) if written.isascii() and written.isdigit() and len(written) < 10 else 0
