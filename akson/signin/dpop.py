"""Proof of possession: who sends a token must hold its key (RFC 9449). Pure.

Whether a proof has been seen before is the caller's question to the database (`Tickets.first_sight`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from joserfc.jwk import ECKey, RSAKey

from akson.signin import jose
from akson.signin.jose import BadToken

WINDOW = timedelta(seconds=60)  # a proof's `iat` may be this far from our clock
ALGORITHMS = ("ES256", "PS256")  # FAPI 2.0


@dataclass(frozen=True, kw_only=True)
class Proof:
    """A proof whose signature, method, address and time hold."""

    thumbprint: str  # of its key, RFC 7638
    id: str  # key and jti: unique among proofs


def make(key: ECKey | RSAKey, method: str, url: str, now: datetime, *, token: str = "", nonce: str = "") -> str:
    """Return a proof for one request; `token` when an access token goes with it, `nonce` when the server gave one."""
    claims = {"jti": jose.fresh(), "htm": method, "htu": _bare(url), "iat": int(now.timestamp())}
    claims |= {"ath": jose.b64(jose.sha256(token))} if token else {}
    claims |= {"nonce": nonce} if nonce else {}
    return jose.sign(claims, key, typ="dpop+jwt", jwk=key.as_dict(private=False))


def check(proof: str, method: str, url: str, now: datetime, *, token: str = "") -> Proof:
    """Return what `proof` proves, or raise BadToken."""
    key = jose.public_key(jose.header_of(proof).get("jwk"))
    claims = jose.read(proof, key, algorithms=ALGORITHMS, typ="dpop+jwt")
    if claims.get("htm") != method:
        raise BadToken("wrong htm")
    if _bare(jose.text(claims, "htu")) != _bare(url):
        raise BadToken("wrong htu")
    if abs(jose.moment(claims, "iat") - now.timestamp()) > WINDOW.total_seconds():
        raise BadToken("proof too old or too new")
    if token and claims.get("ath") != jose.b64(jose.sha256(token)):
        raise BadToken("wrong ath")
    thumbprint = key.thumbprint()
    return Proof(thumbprint=thumbprint, id=f"dpop {thumbprint} {jose.text(claims, 'jti')}")


def _bare(url: str) -> str:
    """Return `url` without query and fragment, scheme and host in small letters, default port left out."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise BadToken("wrong htu") from None
    scheme, host = parts.scheme.lower(), (parts.hostname or "").lower()
    shown = "" if port in {None, {"https": 443, "http": 80}.get(scheme)} else f":{port}"
    return f"{scheme}://{host}{shown}{parts.path or '/'}"
