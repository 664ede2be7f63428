"""Maskinporten, invented: gives a token for a signed grant (RFC 7523), and says by which key its tokens are signed.

No code shared with Akson: what one of them has misunderstood, the other shall refuse.
"""

from __future__ import annotations

import json
import secrets
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

CLIENT = "akson"
HPR, FIKS = "nhn:hpr/extended", "ks:fiks"
_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_LASTS = 120  # seconds of a token


@dataclass
class Issuer:
    """One issuer. keys: a file with the public keys of its one client; url: as it names itself, with a slash."""

    keys: Path
    url: str = ""
    own: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256", {"use": "sig"}, auto_kid=True))
    used: set[str] = field(default_factory=set)  # jti of grants

    def token(self, grant: str) -> str:
        """Return a token for a signed grant. Raises ValueError with OAuth's word for what is wrong."""
        try:
            held = KeySet.import_key_set(json.loads(self.keys.read_text("utf-8")))
            claims = jwt.decode(grant, held, algorithms=["RS256"]).claims
        except (JoseError, OSError, ValueError):
            raise ValueError("invalid_grant") from None
        now, issued, ends = time.time(), claims.get("iat", 0), claims.get("exp", 0)
        fresh = issued - 30 <= now <= ends and ends - issued <= 120 and claims.get("jti") not in self.used
        if claims.get("iss") != CLIENT or claims.get("aud") != self.url or not fresh:
            raise ValueError("invalid_grant")
        scopes = str(claims.get("scope", "")).split()
        if not {HPR, FIKS}.intersection(scopes):
            raise ValueError("invalid_scope")
        self.used.add(claims["jti"])
        said = {"iss": self.url, "client_id": CLIENT, "scope": " ".join(scopes), "iat": int(now),
                "exp": int(now) + _LASTS, "jti": secrets.token_hex(8)}  # fmt: skip
        return jwt.encode({"alg": "ES256", "kid": self.own.kid}, said, self.own)

    def lets_in(self, authorization: str, scope: str) -> bool:
        """Tell whether a request carries a token of this issuer for a scope."""
        return lets_in(KeySet([self.own]), self.url, authorization, scope)

    def routes(self) -> list[Route]:
        """Return what it answers over HTTP."""
        return [
            Route("/.well-known/oauth-authorization-server", self._metadata), Route("/jwk", self._jwk),
            Route("/token", self._token, methods=["POST"]),
        ]  # fmt: skip

    async def _metadata(self, _: Request) -> Response:
        return JSONResponse({"issuer": self.url, "token_endpoint": f"{self.url}token", "jwks_uri": f"{self.url}jwk",
                             "grant_types_supported": [_GRANT]})  # fmt: skip

    async def _jwk(self, _: Request) -> Response:
        return JSONResponse({"keys": [self.own.as_dict(private=False)]})

    async def _token(self, request: Request) -> Response:
        form = await request.form()
        if form.get("grant_type") != _GRANT:
            return JSONResponse({"error": "unsupported_grant_type"}, status_code=400)
        try:
            given = self.token(str(form.get("assertion", "")))
        except ValueError as wrong:
            return JSONResponse({"error": str(wrong)}, status_code=400)
        return JSONResponse({"access_token": given, "token_type": "Bearer", "expires_in": _LASTS})


@dataclass
class Elsewhere:
    """An issuer that runs in another process. url: as it names itself."""

    url: str
    client: httpx.AsyncClient
    keys: KeySet | None = None

    async def lets_in(self, authorization: str, scope: str) -> bool:
        """Tell whether a request carries a token of that issuer for a scope."""
        if self.keys is None:
            told = (await self.client.get(f"{self.url}.well-known/oauth-authorization-server")).json()
            self.keys = KeySet.import_key_set((await self.client.get(told["jwks_uri"])).json())
        return lets_in(self.keys, self.url, authorization, scope)


def lets_in(keys: KeySet, issuer: str, authorization: str, scope: str) -> bool:
    """Tell whether a token is signed by these keys, in force, and for a scope."""
    kind, _, token = authorization.partition(" ")
    try:
        claims = jwt.decode(token, keys, algorithms=["ES256"]).claims
        good = claims["iss"] == issuer and claims["exp"] > time.time() and scope in claims["scope"].split()
    except (JoseError, ValueError, KeyError, AttributeError):
        return False
    return kind == "Bearer" and bool(good)
