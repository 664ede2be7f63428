"""A program's way into Akson's FHIR API: private_key_jwt, and DPoP at every step. It shares no code with Akson."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx
from joserfc import jwt
from joserfc.jwk import ECKey

ASSERTION: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_EARLY: Final = 10  # seconds before its end that a token is replaced


class Refused(Exception):
    """Akson, or its issuer, said no. Its text: the status, and what was answered."""


@dataclass
class Client:
    """One program. base: of Akson, without a slash; issuer: where tokens come from; name: its client_id there."""

    base: str
    issuer: str
    name: str
    key: ECKey
    http: httpx.AsyncClient
    held: dict[str, tuple[float, str]] = field(default_factory=dict)

    async def call(self, method: str, path: str, scope: str, *, details: Mapping[str, Any] | None = None,
                   headers: Mapping[str, str] | None = None, body: Any = None) -> Any:  # fmt: skip
        """Return what the FHIR API answers to one request, read as JSON.

        details  what is attested of the person who asks; None: the program asks for itself
        Raises   Refused; httpx.HTTPError, ValueError where no answer can be had or read
        """
        token, url = await self._token(scope, details), f"{self.base}/fhir/{path}"
        sent = {**(headers or {}), "authorization": f"DPoP {token}", "dpop": self._proof(method, url, token)}
        content = None if body is None else json.dumps(body).encode()
        sent |= {"content-type": "application/fhir+json"} if content else {}
        answer = await self.http.request(method, url, content=content, headers=sent)
        if answer.status_code >= 300:
            raise Refused(f"{answer.status_code} {_said(answer)}".strip())
        return answer.json() if answer.content else None

    async def _token(self, scope: str, details: Mapping[str, Any] | None) -> str:
        asked = json.dumps([scope, details], sort_keys=True)
        until, token = self.held.get(asked, (0.0, ""))
        if until < time.time():
            until, token = await self._fetched(scope, details)
            self.held = {name: kept for name, kept in self.held.items() if kept[0] > time.time()}
            self.held[asked] = until, token
        return token

    async def _fetched(self, scope: str, details: Mapping[str, Any] | None) -> tuple[float, str]:
        found = (await self.http.get(f"{self.issuer}/.well-known/openid-configuration")).json()
        endpoint, now = found["token_endpoint"], int(time.time())
        claims = {"iss": self.name, "sub": self.name, "aud": found["issuer"], "jti": secrets.token_urlsafe(16),
                  "iat": now, "exp": now + 30} | ({"assertion_details": details} if details else {})  # fmt: skip
        form = {"grant_type": "client_credentials", "client_id": self.name, "scope": scope,
                "client_assertion_type": ASSERTION, "client_assertion": self._signed({}, claims)}  # fmt: skip
        answer = await self.http.post(endpoint, data=form, headers={"dpop": self._proof("POST", endpoint)})
        if answer.status_code != 200:
            raise Refused(f"{answer.status_code} {answer.json().get('error', '')}")
        given = answer.json()
        return time.time() + given["expires_in"] - _EARLY, str(given["access_token"])

    def _proof(self, method: str, url: str, token: str = "") -> str:
        bound = base64.urlsafe_b64encode(hashlib.sha256(token.encode()).digest()).rstrip(b"=").decode()
        claims = {
            "jti": secrets.token_urlsafe(16),
            "htm": method,
            "htu": url.partition("?")[0],
            "iat": int(time.time()),
        }
        claims |= {"ath": bound} if token else {}
        return self._signed({"typ": "dpop+jwt", "jwk": self.key.as_dict(private=False)}, claims)

    def _signed(self, header: Mapping[str, Any], claims: Mapping[str, Any]) -> str:
        whole = {"alg": "ES256", "typ": "JWT", "kid": self.key.thumbprint(), **header}
        return jwt.encode(whole, dict(claims), self.key, algorithms=["ES256"])


def own_key(folder: Path) -> ECKey:
    """Return the program's key, made the first time; its public part lies beside it, in public.json."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = folder / "private.json"
    if not file.exists():
        made = ECKey.generate_key("P-256", private=True)
        file.touch(0o600)
        file.write_text(json.dumps(made.as_dict(private=True)), "utf-8")
    key = ECKey.import_key(json.loads(file.read_text("utf-8")))
    public = dict(key.as_dict(private=False)) | {"kid": key.thumbprint(), "alg": "ES256", "use": "sig"}
    (folder / "public.json").write_text(json.dumps({"keys": [public]}), "utf-8")
    return key


def _said(answer: httpx.Response) -> str:
    """Return what an OperationOutcome says."""
    try:
        issue = answer.json()["issue"][0]
        told = [(issue.get("details") or {}).get("text"), issue.get("diagnostics")]
        return " ".join(filter(None, told)) or str(issue["code"])
    except (ValueError, KeyError, IndexError, TypeError):
        return ""
