"""Access tokens for ourselves at Maskinporten: a signed grant, no person present (RFC 7523).

Source   docs.digdir.no, Maskinporten for consumers: grant of at most 120 seconds, RS256, scopes in the grant
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import httpx
import msgspec

from akson.base.errors import Refused
from akson.signin import jose
from akson.signin.keys import Keyring
from akson.signin.remote import parsed, refuse_open, send

GRANT: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_LASTS: Final = 60  # seconds of a grant
_EARLY: Final = timedelta(seconds=15)  # a token is asked for anew before it ends


class _Metadata(msgspec.Struct, frozen=True):
    issuer: str
    token_endpoint: str


class _Token(msgspec.Struct, frozen=True):
    access_token: str
    token_type: str
    expires_in: int


@dataclass(kw_only=True)
class Maskinporten:
    """One issuer, and us as its client. issuer: as it names itself; scope: what we ask for, with blanks."""

    issuer: str
    client_id: str
    scope: str
    keyring: Keyring
    http: httpx.AsyncClient
    clock: Callable[[], datetime]

    def __post_init__(self) -> None:
        self._held: tuple[datetime, str] | None = None
        self._endpoint = ""

    async def token(self) -> str:
        """Return a token that is in force. Raises Refused AK-L004."""
        now = self.clock()
        if self._held is None or self._held[0] <= now:
            found = await self._asked(now)
            self._held = now + timedelta(seconds=found.expires_in) - _EARLY, found.access_token
        return self._held[1]

    def forget(self) -> None:
        """Ask anew next time: the token was not taken."""
        self._held = None

    async def _asked(self, now: datetime) -> _Token:
        seconds, key = int(now.timestamp()), self.keyring.signer
        claims = {"iss": self.client_id, "aud": self.issuer, "scope": self.scope, "iat": seconds,
                  "exp": seconds + _LASTS, "jti": jose.fresh()}  # fmt: skip
        grant = {"grant_type": GRANT, "assertion": jose.sign(claims, key, typ="JWT", kid=key.thumbprint())}
        answer = await send(self.http, "POST", await self._token_endpoint(), data=grant)
        if answer.status_code != 200:
            raise Refused("AK-L004", detail=f"status {answer.status_code}")
        token = parsed(answer, _Token)
        if token.token_type.lower() != "bearer":
            raise Refused("AK-L004", detail="not a token for a bearer")
        return token

    async def _token_endpoint(self) -> str:
        if not self._endpoint:
            url = f"{self.issuer.rstrip('/')}/.well-known/oauth-authorization-server"
            answer = await send(self.http, "GET", url)
            found = parsed(answer, _Metadata) if answer.status_code == 200 else None
            if found is None or found.issuer != self.issuer:
                raise Refused("AK-L004", detail="no such issuer")
            refuse_open(self.issuer, found.token_endpoint)
            self._endpoint = found.token_endpoint
        return self._endpoint
