"""Our OpenID Connect client: the same path to our own issuer, HelseID and ID-porten.

PAR, private_key_jwt, PKCE S256, state and nonce, DPoP with the server's nonce, id tokens with a pinned algorithm.
Nothing here redirects by itself: a failed sign-in ends on a page, so no loop can arise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import httpx
import msgspec

from akson.base.errors import Refused
from akson.signin import dpop, jose
from akson.signin.jose import BadToken
from akson.signin.keys import Keyring
from akson.signin.model import Identity, Issued, Pending, Provider, identity
from akson.signin.remote import Metadata, Remote, parsed, send

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LOGOUT = "http://schemas.openid.net/event/backchannel-logout"
OLDEST = timedelta(minutes=10)  # of an id token, whatever its exp says


class Pushed(msgspec.Struct, frozen=True):
    """What a PAR endpoint answers."""

    request_uri: str


class Tokens(msgspec.Struct, frozen=True):
    """What a token endpoint answers."""

    access_token: str
    token_type: str
    id_token: str = ""
    expires_in: int = 0


class Failure(msgspec.Struct, frozen=True):
    """What an endpoint answers when it refuses."""

    error: str = ""


@dataclass(frozen=True, kw_only=True)
class SignedIn:
    """A person has been signed in by an issuer."""

    identity: Identity
    access_token: str
    issued: Issued


@dataclass(frozen=True, kw_only=True)
class Logout:
    """A session has ended at the issuer. jti: of its token, which counts once; until: how long to remember it."""

    issued: Issued
    jti: str
    until: datetime


class OidcClient:
    """One issuer, and us as its client."""

    def __init__(
        self, provider: Provider, keyring: Keyring, http: httpx.AsyncClient, clock: Callable[[], datetime]
    ) -> None:
        """Take the issuer's settings, our client keys (assertions and proofs), an HTTP client and the clock."""
        self.provider, self._keyring, self._http, self._clock = provider, keyring, http, clock
        self.remote = Remote(provider.issuer, http)

    async def begin(self, *, state: str, nonce: str, verifier: str, anew: bool = False) -> str:
        """Push an authorisation request; return the address to send the browser to.

        anew   the person shall prove who they are, also where the issuer knows them already
        Raises Refused AK-L004
        """
        metadata, provider = await self.remote.metadata(self._clock()), self.provider
        endpoint = metadata.pushed_authorization_request_endpoint
        form = {
            "response_type": "code", "redirect_uri": provider.redirect_uri, "scope": provider.scope,
            "state": state, "nonce": nonce, "code_challenge": jose.b64(jose.sha256(verifier)),
            "code_challenge_method": "S256", "dpop_jkt": self._keyring.signer.thumbprint(), **self._resource(),
        }  # fmt: skip
        form |= {"prompt": "login", "max_age": "0"} if anew else {}
        answer = await send(self._http, "POST", endpoint, data=form | self._assertion())
        if answer.status_code != 201:
            raise Refused("AK-L004", detail=_error(answer))
        query = {"client_id": provider.client_id, "request_uri": parsed(answer, Pushed).request_uri}
        return f"{metadata.authorization_endpoint}?{urlencode(query)}"

    async def finish(self, answer: Mapping[str, str], pending: Pending) -> SignedIn:
        """Exchange the code the browser came back with for tokens, and say who the person is.

        answer  the query of the redirect; its `state` has been matched with `pending` already
        Raises  Refused AK-L003 (wrong issuer), AK-L004 (no valid answer), AK-L005 (level too low), AK-L010 (declined)
        """
        metadata = await self.remote.metadata(self._clock())
        claimed = answer.get("iss")
        if claimed != metadata.issuer and (claimed or metadata.authorization_response_iss_parameter_supported):
            raise Refused("AK-L003", detail="the answer names another issuer")
        if "error" in answer or not answer.get("code"):
            raise Refused("AK-L010", error="an error" if "error" in answer else "no code")
        tokens = await self._tokens(metadata, {
            "grant_type": "authorization_code", "code": answer["code"], "code_verifier": pending.verifier,
            "redirect_uri": self.provider.redirect_uri,
        })  # fmt: skip
        claims = await self._id_claims(tokens.id_token, pending.nonce)
        if pending.since and _proven(claims) + jose.SKEW.total_seconds() < pending.since:
            raise Refused("AK-L004", detail="id token: the person was not asked anew")
        issued = Issued(subject=str(claims.get("sub", "")), session=str(claims.get("sid", "")))
        return SignedIn(identity=self._who(claims), access_token=tokens.access_token, issued=issued)

    async def ended(self, logout_token: str) -> Logout:
        """Return whose session the issuer says has ended (OpenID Connect Back-Channel Logout 1.0, 2.4 to 2.6).

        Raises BadToken; Refused AK-L004 when the issuer's keys cannot be had
        """
        now = self._clock()
        key = await self.remote.key(jose.header_of(logout_token).get("kid"), now)
        claims = jose.read(logout_token, key, algorithms=self.provider.algorithms, typ="logout+jwt")
        jose.check({"exp": now.timestamp() + 60} | claims, now=now, issuer=self.provider.issuer,
                   audience=self.provider.client_id)  # fmt: skip
        events = claims.get("events")
        if not isinstance(events, dict) or not isinstance(events.get(LOGOUT), dict) or "nonce" in claims:
            raise BadToken("not a logout token")
        if now.timestamp() - jose.moment(claims, "iat") > OLDEST.total_seconds():
            raise BadToken("issued too long ago")
        told = {name: jose.text(claims, name) for name in ("sub", "sid") if name in claims}
        if not told:
            raise BadToken("names nobody")
        issued = Issued(subject=told.get("sub", ""), session=told.get("sid", ""))
        jti = f"logout {self.provider.name} {jose.text(claims, 'jti')}"
        return Logout(issued=issued, jti=jti, until=now + 2 * OLDEST)

    async def machine_token(self, scope: str, details: Mapping[str, Any] | None = None) -> Tokens:
        """Return an access token for ourselves, no person present (client_credentials).

        details  what the token shall carry on beside, as the claim assertion_details of our assertion (HelseID)
        """
        metadata = await self.remote.metadata(self._clock())
        return await self._tokens(metadata, {"grant_type": "client_credentials", "scope": scope}, details)

    async def call(
        self, method: str, url: str, access_token: str, *, headers: Mapping[str, str] | None = None, **more: Any
    ) -> httpx.Response:
        """Call an API with a key-bound access token; answers its demand for a nonce once."""
        nonce = ""
        for _ in range(2):
            proof = dpop.make(self._keyring.signer, method, url, self._clock(), token=access_token, nonce=nonce)
            proven = {**(headers or {}), "authorization": f"DPoP {access_token}", "dpop": proof}
            answer = await send(self._http, method, url, headers=proven, **more)
            nonce = answer.headers.get("dpop-nonce", "")
            asks = answer.headers.get("www-authenticate", "")
            if answer.status_code != 401 or not nonce or "use_dpop_nonce" not in asks:
                break
        return answer

    async def leave(self) -> str:
        """Return where to send the browser so that the issuer's session ends too; "" when it has no such place.

        Without id_token_hint: it would write the person's national id into an address.
        """
        endpoint = (await self.remote.metadata(self._clock())).end_session_endpoint
        query = {"client_id": self.provider.client_id, "post_logout_redirect_uri": self.provider.leave_uri}
        return f"{endpoint}?{urlencode(query)}" if endpoint else ""

    async def _tokens(
        self, metadata: Metadata, form: Mapping[str, str], details: Mapping[str, Any] | None = None
    ) -> Tokens:
        """Ask the token endpoint; when it wants its nonce in the proof, ask once more with it."""
        endpoint, nonce = metadata.token_endpoint, ""
        for _ in range(2):
            proof = dpop.make(self._keyring.signer, "POST", endpoint, self._clock(), nonce=nonce)
            body = {**form, **self._resource(), **self._assertion(details)}
            answer = await send(self._http, "POST", endpoint, data=body, headers={"dpop": proof})
            nonce = answer.headers.get("dpop-nonce", "")
            if answer.status_code != 400 or not nonce or _error(answer) != "use_dpop_nonce":
                break
        if answer.status_code != 200:
            raise Refused("AK-L004", detail=_error(answer))
        tokens = parsed(answer, Tokens)
        if tokens.token_type.lower() != "dpop":
            raise Refused("AK-L004", detail="the access token is not bound to our key")
        return tokens

    def _assertion(self, details: Mapping[str, Any] | None = None) -> dict[str, str]:
        """Return what proves that we are the client (RFC 7523). Its audience is the issuer, as FAPI 2.0 says."""
        now, key, us = int(self._clock().timestamp()), self._keyring.signer, self.provider.client_id
        claims = {"iss": us, "sub": us, "aud": self.provider.issuer, "jti": jose.fresh(), "iat": now, "exp": now + 60}
        claims |= {"assertion_details": details} if details else {}
        assertion = jose.sign(claims, key, typ="JWT", kid=key.thumbprint())
        return {"client_id": us, "client_assertion_type": ASSERTION, "client_assertion": assertion}

    def _resource(self) -> dict[str, str]:
        return {"resource": self.provider.resource} if self.provider.resource else {}

    async def _id_claims(self, id_token: str, nonce: str) -> dict[str, Any]:
        """Return the claims of a valid id token, or raise Refused AK-L004 (OpenID Connect Core 3.1.3.7)."""
        now, us = self._clock(), self.provider.client_id
        try:
            key = await self.remote.key(jose.header_of(id_token).get("kid"), now)
            claims = jose.read(id_token, key, algorithms=self.provider.algorithms)
            jose.check(claims, now=now, issuer=self.provider.issuer, audience=us)
            if claims.get("nonce") != nonce:
                raise BadToken("wrong nonce")
            if isinstance(claims["aud"], list) and claims["aud"] != [us] and claims.get("azp") != us:
                raise BadToken("wrong azp")
            if now.timestamp() - jose.moment(claims, "iat") > OLDEST.total_seconds():
                raise BadToken("issued too long ago")
        except BadToken as bad:
            raise Refused("AK-L004", detail=f"id token: {bad}") from None
        return claims

    def _who(self, claims: Mapping[str, Any]) -> Identity:
        """Return the person, if the issuer knows them by national id and well enough."""
        found = identity(claims, self.provider.name)
        if found is None:
            raise Refused("AK-L004", detail="id token: no national id")
        if found.kind not in self.provider.vouches:
            raise Refused("AK-L004", detail=f"id token: this issuer does not vouch for {found.kind}")
        if found.level not in self.provider.levels:
            raise Refused("AK-L005")
        return found


def _proven(claims: Mapping[str, Any]) -> float:
    """Return when the person proved who they are; long ago where the issuer does not say."""
    try:
        return jose.moment(claims, "auth_time")
    except BadToken:
        return 0


def _error(answer: httpx.Response) -> str:
    """Return OAuth's error word of a refusal, or its status."""
    try:
        return msgspec.json.decode(answer.content, type=Failure).error or f"status {answer.status_code}"
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return f"status {answer.status_code}"
