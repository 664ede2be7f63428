"""How the programs beside Akson are served: on this machine only, and each says where it is when it is there."""

from __future__ import annotations

import socket
from dataclasses import dataclass

import uvicorn
from starlette.applications import Starlette


@dataclass(frozen=True)
class Listening:
    """A place to be served at. url: without a slash at the end."""

    socket: socket.socket
    url: str

    @classmethod
    def at(cls, port: int) -> Listening:
        """Return the place with a number; 0: one that is free.

        uvicorn writes the head of an answer and then its body: without NODELAY the body waits for the head to be
        acknowledged, 40 ms. asyncio sets it on sockets it makes itself; what is accepted here inherits it.
        """
        made = socket.create_server(("127.0.0.1", port))
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return cls(made, f"http://127.0.0.1:{made.getsockname()[1]}")

    async def serve(self, web: Starlette, name: str, *, logs: str = "warning") -> None:
        """Say where the program is, and serve it until it is ended. logs: what is told of at least."""
        print(f"{name}: {self.url}", flush=True)
        await uvicorn.Server(uvicorn.Config(web, log_level=logs, access_log=False)).serve(sockets=[self.socket])
