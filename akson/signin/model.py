"""The nouns of sign-in. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from akson.signin.jose import sha256

PID = "helseid://claims/identity/pid"
LEVEL = "helseid://claims/identity/security_level"
ASSURANCE = "helseid://claims/identity/assurance_level"
HPR = "helseid://claims/hpr/hpr_number"
HIGHEST = frozenset({"4", "idporten-loa-high"})  # levels that are good enough: HelseID's and ID-porten's highest
STAFF, CITIZENS = "staff", "citizens"  # for whom an issuer may vouch
EVERYBODY = frozenset({STAFF, CITIZENS})


@dataclass(frozen=True, kw_only=True)
class Persona:
    """A named, invented person whom the demo's issuer lets anyone be."""

    id: str  # short and stable, e.g. "jonas-eikeland"; the token's `sub`
    name: str
    role: str  # as people read it: "Fastlege"
    unit: str  # as people read it: "Nordre legesenter"; empty for citizens
    pid: str  # synthetic national id
    group: str = "Ansatte"  # heading on the picker
    staff: bool = True  # HelseID's claims, otherwise ID-porten's
    hpr: str = ""
    code: str = ""  # of the role, as tokens name it; empty: any role at the unit
    note: str = ""  # what one can try as this person


@dataclass(frozen=True, kw_only=True)
class Client:
    """A program that our issuer knows."""

    id: str
    name: str
    keys: Callable[[], Mapping[str, Any]]  # public JWK set, ES256; asked each time, so that keys can be rotated
    redirect_uris: frozenset[str] = frozenset()  # matched exactly
    leave_uris: frozenset[str] = frozenset()  # where end_session may send the browser
    scopes: frozenset[str] = frozenset({"openid"})
    grants: frozenset[str] = frozenset({"authorization_code"})
    organisation: str = ""  # whose program it is, by its number: then it may attest of its own staff
    services: frozenset[str] = frozenset()  # scopes of APIs elsewhere, "<audience>/<name>": asked as a machine


@dataclass(frozen=True, kw_only=True)
class Provider:
    """An issuer that we sign people in at: our own, HelseID, ID-porten."""

    name: str  # short, stands in addresses: "helseid"
    label: str  # on the button: "Ansatt, med HelseID"
    issuer: str
    client_id: str
    redirect_uri: str
    leave_uri: str  # where the issuer sends the browser after logout
    scope: str = "openid profile"
    algorithms: tuple[str, ...] = ("ES256",)  # of its id tokens, pinned
    resource: str = ""  # of the access token (RFC 8707); empty: the issuer's own default
    levels: frozenset[str] = HIGHEST
    vouches: frozenset[str] = EVERYBODY


@dataclass(frozen=True, kw_only=True)
class Identity:
    """A person as an issuer vouches for them."""

    pid: str  # national id
    provider: str  # name of the Provider
    level: str  # as the issuer says it: "4", "idporten-loa-high"
    staff: bool  # signed in as health personnel (HelseID's claims)
    name: str = ""  # ID-porten tells none
    hpr: str = ""

    @property
    def kind(self) -> str:
        """Return among whom the issuer counts the person."""
        return STAFF if self.staff else CITIZENS

    @property
    def signed_in(self) -> str:
        """Return what `Actor.signed_in` holds, e.g. "helseid:4"."""
        return f"{self.provider}:{self.level}"


@dataclass(frozen=True, kw_only=True)
class Issued:
    """Whose session it is in the issuer's own words. Either may be missing in what an issuer ends, not both."""

    subject: str = ""  # sub
    session: str = ""  # sid

    def digests(self, provider: str) -> tuple[bytes | None, bytes | None]:
        """Return what is kept of person and session; None for what was not told."""
        person = sha256(f"{provider} sub {self.subject}") if self.subject else None
        return person, sha256(f"{provider} sid {self.session}") if self.session else None


@dataclass(frozen=True, kw_only=True)
class Pending:
    """A sign-in under way: what must be remembered while the browser is at the issuer."""

    provider: str
    nonce: str
    verifier: str  # PKCE
    browser: str  # digest of a cookie: the answer must come back in the browser that asked
    to: str  # the page the person wanted
    since: float = 0  # when the person must have proven who they are, at the earliest; 0: a while ago will do


@dataclass(frozen=True, kw_only=True)
class TokenClaims:
    """A verified access token."""

    issuer: str
    subject: str
    client: str
    scopes: frozenset[str]
    jti: str
    expires: datetime
    key: str  # thumbprint of the key it is bound to (DPoP); empty for Bearer
    claims: Mapping[str, Any]

    @cached_property
    def person(self) -> Identity | None:
        """Return the person whom a program acts for, or None when it acts alone."""
        return identity(self.claims, self.issuer)


@dataclass(frozen=True, kw_only=True)
class Lifetimes:
    """How long things live."""

    request: timedelta = timedelta(minutes=10)  # a pushed request: the person is choosing meanwhile
    code: timedelta = timedelta(seconds=60)
    id_token: timedelta = timedelta(minutes=5)
    access_token: timedelta = timedelta(minutes=10)


def identity(claims: Mapping[str, Any], provider: str) -> Identity | None:
    """Return the person that id token `claims` describe, or None when they carry no national id."""
    pid = str(claims.get(PID) or claims.get("pid") or "")
    if not pid:
        return None
    staff = PID in claims
    level = str(claims.get(LEVEL if staff else "acr", ""))
    name, hpr = str(claims.get("name", "")), str(claims.get(HPR, ""))
    return Identity(pid=pid, provider=provider, level=level, staff=staff, name=name, hpr=hpr)


def persona_claims(persona: Persona) -> dict[str, Any]:
    """Return what an id token says of `persona`: HelseID's words for staff, ID-porten's for citizens."""
    if not persona.staff:
        return {"pid": persona.pid, "acr": "idporten-loa-high", "amr": ["demo"]}
    claims = {PID: persona.pid, LEVEL: "4", ASSURANCE: "high", "name": persona.name, "amr": ["demo"]}
    return claims | ({HPR: persona.hpr} if persona.hpr else {})
