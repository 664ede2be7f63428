"""A receiver of notifications: a real HTTP server on this machine that keeps what comes and answers as it is told."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.types import Receive, Scope, Send


@dataclass(frozen=True)
class Got:
    """One call that came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def parameters(self) -> list[dict[str, Any]]:
        """What the first entry of a notification says."""
        said: list[dict[str, Any]] = self.json["entry"][0]["resource"]["parameter"]
        return said

    def said(self, name: str) -> Any:
        """The value of one parameter of the status."""
        return next(
            value for one in self.parameters if one["name"] == name for key, value in one.items() if key != "name"
        )

    @property
    def kind(self) -> str:
        return str(self.said("type"))

    @property
    def events(self) -> list[dict[str, Any]]:
        """Each event as {event-number: ..., focus: ...}."""
        parts = [one["part"] for one in self.parameters if one["name"] == "notification-event"]
        return [
            {part["name"]: next(v for k, v in part.items() if k != "name") for part in event} for event in parts
        ]  # fmt: skip


@dataclass
class Receiver:
    """answers: the next statuses, then 200; closed: takes no connection. pause: seconds before it answers."""

    port: int = 0
    got: list[Got] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    pause: float = 0
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    def notified(self) -> list[dict[str, Any]]:
        """Every event of every notification, in the order they came."""
        return [event for one in self.got if one.kind == "event-notification" for event in one.events]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        await asyncio.sleep(self.pause)
        status = self.answers.pop(0) if self.answers else 200
        if status == 200:
            self.got.append(Got(scope["method"], scope["path"], headers, body))
        await send({"type": "http.response.start", "status": status, "headers": self.headers})
        await send({"type": "http.response.body", "body": b"x" * 100_000})


@asynccontextmanager
async def listening(receiver: Receiver) -> AsyncIterator[Receiver]:
    """Let `receiver` listen, on the port it has or on a free one."""
    taken = socket.create_server(("127.0.0.1", receiver.port))
    receiver.port = taken.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(receiver, log_config=None, lifespan="off", timeout_graceful_shutdown=1))
    running = asyncio.create_task(server._serve([taken]))  # without its signal handlers
    try:
        yield receiver
    finally:
        server.should_exit = True
        await running
        taken.close()
