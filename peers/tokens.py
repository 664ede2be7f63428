"""Who calls a national service: an access token of the issuer it trusts, and proof that the caller holds its key.

No code shared with Akson: what one of them has misunderstood, the other shall refuse.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import time
from dataclasses import dataclass, field
from typing import Any

import httpx
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet
from starlette.requests import Request

AGE = 60  # seconds a proof may be old


class NotLetIn(Exception):
    """The caller has not shown who they are. challenge: what is answered."""


@dataclass
class Door:
    """Checks tokens. issuer: its address; audience and scope: what a token must name."""

    issuer: str
    audience: str
    scope: str
    client: httpx.AsyncClient
    proofs: Proofs = field(default_factory=lambda: Proofs())
    keys: KeySet | None = None

    @classmethod
    def told(cls, asked: argparse.Namespace, client: httpx.AsyncClient) -> Door:
        """Return the door that the command line describes, see `arguments`."""
        return cls(issuer=asked.issuer, audience=asked.audience, scope=asked.scope, client=client)

    async def caller(self, request: Request) -> str:
        """Return the client id of the caller, or raise NotLetIn."""
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        proof, url = request.headers.get("dpop", ""), str(request.url.replace(query=""))
        if kind != "DPoP" or not token:
            raise NotLetIn('DPoP algs="ES256"')
        try:
            claims = await self._claims(token)
            if self.proofs.key(proof, request.method, url, token=token) != claims["cnf"]["jkt"]:
                raise ValueError("another key")
        except (JoseError, ValueError, KeyError, TypeError, UnicodeDecodeError):
            raise NotLetIn('DPoP error="invalid_token"') from None
        return str(claims["client_id"])

    async def _claims(self, token: str) -> dict[str, Any]:
        if self.keys is None:
            found = (await self.client.get(f"{self.issuer}/.well-known/openid-configuration")).json()
            self.keys = KeySet.import_key_set((await self.client.get(found["jwks_uri"])).json())
        claims: dict[str, Any] = jwt.decode(token, self.keys, algorithms=["ES256"]).claims
        audience = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
        if claims["iss"] != self.issuer or self.audience not in audience or claims["exp"] < time.time():
            raise ValueError("not for us")
        if self.scope not in claims["scope"].split():
            raise ValueError("not for this")
        return claims


@dataclass
class Proofs:
    """Proofs that a caller holds the key a token is bound to (DPoP); each of them counts once."""

    seen: dict[str, float] = field(default_factory=dict)

    def key(self, proof: str, method: str, url: str, *, token: str = "") -> str:
        """Return the thumbprint of the key that signed a proof of this request. Raises ValueError, JoseError, KeyError.

        token  the access token that goes with it, where one does
        """
        key = ECKey.import_key(jws.extract_compact(proof.encode()).headers()["jwk"])
        found = jwt.decode(proof, key, algorithms=["ES256"])
        said = found.claims
        bound = base64.urlsafe_b64encode(hashlib.sha256(token.encode()).digest()).rstrip(b"=").decode()
        if found.header.get("typ") != "dpop+jwt" or (token and said["ath"] != bound):
            raise ValueError("another token")
        if said["htm"] != method or said["htu"] != url or abs(said["iat"] - time.time()) > AGE:
            raise ValueError("another request")
        if said["jti"] in self.seen:
            raise ValueError("seen before")
        now = time.time()
        self.seen = (
            {jti: at for jti, at in self.seen.items() if now - at < 2 * AGE} if len(self.seen) > 50_000 else self.seen
        )
        self.seen[said["jti"]] = now
        return str(key.thumbprint())


def arguments(ask: argparse.ArgumentParser) -> None:
    """Let the command line say whose tokens count."""
    ask.add_argument("--port", type=int, default=0, help="0: et ledig nummer")
    ask.add_argument("--issuer", required=True, help="utstederen den stoler på")
    ask.add_argument("--audience", required=True)
    ask.add_argument("--scope", required=True)
