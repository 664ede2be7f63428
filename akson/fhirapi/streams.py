"""Answers that are made while they are sent: never more than a part in memory, at the pace of who reads."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress

from starlette.types import Receive, Send

from akson.fhirapi import packing
from akson.fhirapi.answers import ALWAYS, VARIES, Answer


class Stream(Answer, frozen=True, kw_only=True):
    """One answer in parts. A fault after the first part breaks the connection: what is cut off looks cut off."""

    parts: AsyncIterator[bytes]

    async def flow(
        self, send: Send, receive: Receive, request: str, headers: Mapping[str, str], *, head: bool = False
    ) -> None:
        """Send it part by part, and stop when nobody listens any more."""
        packer, encoding = packing.packer(headers)
        kept = (
            (b"content-type", self.media.encode()),
            *ALWAYS,
            *VARIES,
            *(((b"content-encoding", encoding.encode()),) if encoding else ()),
            *self.headers,
            (b"x-request-id", request.encode()),
        )
        await send({"type": "http.response.start", "status": self.status, "headers": kept})
        gone = asyncio.ensure_future(_gone(receive))
        try:
            if not head:
                async for part in self.parts:
                    if gone.done():
                        return
                    await send({"type": "http.response.body", "body": packer.take(part), "more_body": True})
            await send({"type": "http.response.body", "body": b"" if head else packer.end()})
        finally:
            gone.cancel()
            with suppress(asyncio.CancelledError):
                await gone


async def _gone(receive: Receive) -> None:
    """Return when the client has hung up."""
    while (await receive())["type"] != "http.disconnect":
        pass
