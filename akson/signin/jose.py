"""Signed tokens (JWS compact), over joserfc. Pure.

joserfc checks a signature and nothing more: algorithm list, times, issuer and audience are checked here, always.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey, import_key

Key = ECKey | RSAKey | OKPKey
WEAKEST = 2048  # bits of an RSA key of others: what the national federation takes
SKEW = timedelta(seconds=30)  # between our clock and another's


class BadToken(Exception):
    """The token cannot be trusted; the message says why, without quoting it."""


def b64(raw: bytes) -> str:
    """Return base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def sha256(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def fresh() -> str:
    """Return 256 random bits as text."""
    return secrets.token_urlsafe(32)


def sign(claims: Mapping[str, Any], key: ECKey | RSAKey, *, typ: str, **header: Any) -> str:
    """Return `claims` as a signed token: by ES256, with an RSA key by RS256."""
    algorithm = "RS256" if isinstance(key, RSAKey) else "ES256"
    return jwt.encode({"alg": algorithm, "typ": typ, **header}, dict(claims), key, algorithms=[algorithm])


def header_of(token: str) -> dict[str, Any]:
    """Return the header, unverified: only to find the key with."""
    return _part(token, 0)


def unverified(token: str) -> dict[str, Any]:
    """Return the claims, unverified: only to find the issuer with."""
    return _part(token, 1)


def _part(token: str, place: int) -> dict[str, Any]:
    try:
        part = token.split(".")[place]
        found = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, IndexError, RecursionError):
        raise BadToken("unreadable token") from None
    if not isinstance(found, dict):
        raise BadToken("unreadable token")
    return found


def public_key(jwk: object) -> Key:
    """Return the public, asymmetric key that `jwk` describes."""
    if not isinstance(jwk, dict) or "d" in jwk or jwk.get("kty") not in {"EC", "RSA", "OKP"}:
        raise BadToken("not a public key")
    try:
        if jwk["kty"] == "RSA" and _bits(jwk) < WEAKEST:
            raise BadToken("not a key to rely on")
        key = import_key(jwk)
    except (JoseError, ValueError, TypeError, KeyError):
        raise BadToken("not a public key") from None
    assert isinstance(key, ECKey | RSAKey | OKPKey)
    return key


def _bits(jwk: Mapping[str, Any]) -> int:
    """Return how long the modulus of an RSA key is."""
    modulus = str(jwk["n"])
    return int.from_bytes(base64.urlsafe_b64decode(modulus + "=" * (-len(modulus) % 4))).bit_length()


def select(keys: Sequence[Mapping[str, Any]], kid: object) -> Key | None:
    """Return the key called `kid`; a set of one key needs no name."""
    for jwk in keys:
        if jwk.get("use", "sig") == "sig" and (jwk.get("kid") == kid or (kid is None and len(keys) == 1)):
            return public_key(dict(jwk))
    return None


def read(token: str, key: Key, *, algorithms: Sequence[str], typ: str | None = None) -> dict[str, Any]:
    """Return the claims of a token whose signature by `key` holds; nothing else is checked.

    Raises BadToken
    """
    header = header_of(token)
    if typ is not None and str(header.get("typ", "")).lower().removeprefix("application/") != typ:
        raise BadToken("wrong typ")
    if header.get("alg") not in algorithms:  # before anything is computed: alg none, HMAC with a public key
        raise BadToken("wrong alg")
    try:
        return dict(jwt.decode(token, key, algorithms=list(algorithms)).claims)
    except (JoseError, ValueError, TypeError, RecursionError):
        raise BadToken("bad signature") from None


def check(claims: Mapping[str, Any], *, now: datetime, issuer: str, audience: str) -> None:
    """Raise BadToken unless the claims are from `issuer`, for `audience` and in force now."""
    if claims.get("iss") != issuer:
        raise BadToken("wrong iss")
    told = claims.get("aud")
    if audience not in (told if isinstance(told, list) else [told]):
        raise BadToken("wrong aud")
    if moment(claims, "exp") + SKEW.total_seconds() <= now.timestamp():
        raise BadToken("expired")
    for name in ("iat", "nbf"):
        if name in claims and moment(claims, name) - SKEW.total_seconds() > now.timestamp():
            raise BadToken("not yet valid")


def moment(claims: Mapping[str, Any], name: str) -> float:
    """Return a NumericDate claim."""
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e11:
        raise BadToken(f"no usable {name}")
    return float(value)


def text(claims: Mapping[str, Any], name: str) -> str:
    """Return a claim that must be a non-empty string of what can be written: no control signs, no half characters."""
    value = claims.get(name)
    if not isinstance(value, str) or not value or not value.isprintable():
        raise BadToken(f"no usable {name}")
    return value
