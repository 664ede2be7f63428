"""Calls an API as the installation itself, no person present: a machine token, and proof that its key is ours.

HelseID for machines: client_credentials with private_key_jwt, DPoP (RFC 9449). The answer may be as large as a message.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import httpx

from akson.base.errors import Refused
from akson.signin import dpop
from akson.signin.client import OidcClient
from akson.signin.keys import Keyring

_EARLY: Final = 30  # seconds before it ends that a token is replaced
_USUAL: Final = 60  # seconds a token is used when the issuer does not say


@dataclass(kw_only=True)
class Machine:
    """Ourselves at one API. http: with its own deadlines; scope: what is asked for, with spaces."""

    oidc: OidcClient
    keys: Keyring
    http: httpx.AsyncClient
    clock: Callable[[], datetime]
    scope: str
    _token: str = field(default="", repr=False)
    _until: datetime | None = None
    _one: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False)
    _in_vain: int = 0  # times a token was asked for and not given

    async def call(
        self, method: str, url: str, *, headers: Mapping[str, str], content: bytes = b"",
        params: httpx.QueryParams | None = None,
    ) -> httpx.Response:  # fmt: skip
        """Send one request; a demand for a nonce is met, and a token that is no longer taken is replaced, once each.

        Raises   httpx.HTTPError no answer; Refused AK-L004 no token
        """
        nonce = ""
        for _ in range(3):
            token = await self._valid()
            proof = dpop.make(self.keys.signer, method, url, self.clock(), token=token, nonce=nonce)
            proven = {**headers, "authorization": f"DPoP {token}", "dpop": proof}
            answer = await self.http.request(
                method, url, headers=proven, content=content, params=params, follow_redirects=False
            )
            if answer.status_code != 401:
                break
            asked = answer.headers.get("dpop-nonce", "")
            if (not asked or asked == nonce) and self._token == token:  # else another call has a new one already
                self._token = ""
            nonce = asked
        return answer

    async def _valid(self) -> str:
        before = self._in_vain
        async with self._one:  # the others wait for the one that asks, and where that was in vain have asked in vain
            if not self._token or self._until is None or self.clock() >= self._until:
                if self._in_vain != before:
                    raise Refused("AK-L004", detail="no token")
                try:
                    tokens = await self.oidc.machine_token(self.scope)
                except (httpx.HTTPError, Refused):
                    self._in_vain += 1
                    raise
                lasts = max(1, (tokens.expires_in or _USUAL) - _EARLY)
                self._token, self._until = tokens.access_token, self.clock() + timedelta(seconds=lasts)
            return self._token
