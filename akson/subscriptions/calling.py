"""The call to a receiver outside: to an address that was looked up and judged first, no further, and not for long."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Final

import httpx

from akson.base.outward import Outward

_READ: Final = 16 * 1024  # bytes of an answer, which says nothing that matters
_TRIES: Final = 3  # addresses of one name


class Unreachable(Exception):
    """The receiver has not taken it. problem: a word for it, nothing of the answer; told: a sentence for people."""

    def __init__(self, problem: str, told: str) -> None:
        super().__init__(problem)
        self.problem, self.told = problem, told


@dataclass(frozen=True, kw_only=True)
class Call:
    """One request."""

    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(default=b"", repr=False)
    seconds: float = 20


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Calls receivers. client: see `client`, it must neither follow redirects nor keep connections."""

    outward: Outward
    client: httpx.AsyncClient = field(repr=False)

    async def call(self, call: Call) -> None:
        """Make one call; return when it was answered by 2xx. Raises Unreachable."""
        if fault := self.outward.fault(call.url):
            raise Unreachable("address", f"Adressen er ikke tillatt ({fault}).")
        try:
            async with asyncio.timeout(call.seconds):
                status = await self._answered(call)
        except TimeoutError:
            raise Unreachable("timeout", "Mottakeren svarte ikke i tide.") from None
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as failure:
            raise Unreachable(type(failure).__name__, "Mottakeren kan ikke nås.") from None
        if not 200 <= status < 300:
            raise Unreachable(f"status {status}", f"Mottakeren svarte {status}.")

    async def _answered(self, call: Call) -> int:
        """Return the status of the answer, from the first address of the name that takes the connection."""
        url = httpx.URL(call.url)
        addresses = await self._addresses(url)
        for n, address in enumerate(addresses, start=1):
            try:
                return await self._request(call, url, address)
            except httpx.ConnectError:
                if n == len(addresses):
                    raise
        raise Unreachable("address", "Adressen er ikke tillatt.")

    async def _addresses(self, url: httpx.URL) -> list[str]:
        """Return where the name leads, as far as that may be called."""
        port = url.port or (443 if url.scheme == "https" else 80)
        found = await asyncio.get_running_loop().getaddrinfo(url.host, port, type=socket.SOCK_STREAM)
        named = dict.fromkeys(str(info[4][0]) for info in found)
        return [one for one in named if self.outward.permits(url.host, ip_address(one.partition("%")[0]))][:_TRIES]

    async def _request(self, call: Call, url: httpx.URL, address: str) -> int:
        headers = {"user-agent": "Akson", **call.headers, "host": url.netloc.decode("ascii")}
        request = self.client.build_request(
            call.method, url.copy_with(host=address), headers=headers, content=call.body,
            extensions={"sni_hostname": url.raw_host.decode("ascii")},
        )  # fmt: skip
        answer = await self.client.send(request, stream=True)
        try:
            await _some_of(answer)
        finally:
            await answer.aclose()
        return answer.status_code


async def _some_of(answer: httpx.Response) -> None:
    read = 0
    async for part in answer.aiter_raw():
        read += len(part)
        if read > _READ:
            return


def client() -> httpx.AsyncClient:
    """Return a client for receivers: no redirects, no proxy of the environment, a connection for each call.

    A connection that is kept could serve another name at the same address, whose certificate nobody has looked at.
    """
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
    return httpx.AsyncClient(follow_redirects=False, trust_env=False, timeout=None, limits=limits)
