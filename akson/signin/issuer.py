"""Our own small authorisation server: OAuth 2.0 with OpenID Connect, as strict as HelseID's profile asks.

Pushed requests only (RFC 9126), PKCE S256, private_key_jwt with ES256, sender-bound access tokens (DPoP, RFC 9449),
single-use codes, redirect addresses matched to the letter. The HTTP side is issuer_routes.py.
Source: RFC 6749, 7523, 7636, 8707, 9068, 9126, 9207, 9449; OpenID Connect Core 1.0; FAPI 2.0 security profile.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from joserfc.jwk import ECKey, RSAKey

from akson.signin import dpop, jose
from akson.signin.attestation import CLAIM, ORGANISATION
from akson.signin.jose import BadToken
from akson.signin.keys import Keyring
from akson.signin.model import Client, Lifetimes, Persona, persona_claims
from akson.signin.tickets import Tickets

Form = Mapping[str, str]
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
PROGRAM_NAME = "client_name"  # claim: what people read of a program in the log
REQUEST_URI = "urn:ietf:params:oauth:request_uri:"
_OF_PERSONS = frozenset({"openid", "profile"})  # scopes: a program alone is nobody
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")


class Rejected(Exception):
    """What the server answers a program, in OAuth's own words."""

    def __init__(self, error: str, description: str = "", status: int = 400) -> None:
        self.error, self.description, self.status = error, description, status
        super().__init__(error)


@dataclass(frozen=True, kw_only=True)
class IssuerSettings:
    """How the server is set up."""

    url: str  # its name in tokens and the start of its addresses; no slash at the end
    audience: str  # of access tokens: the FHIR API's base address
    clients: Mapping[str, Client]
    personas: Callable[[], Awaitable[list[Persona]]]  # whom the demo's picker offers
    lifetimes: Lifetimes = field(default_factory=Lifetimes)

    def access_claims(
        self, subject: str, client: str, scope: str, *, jti: str, now: datetime, ends: datetime
    ) -> dict[str, Any]:
        """Return what every access token of ours says (RFC 9068)."""
        return {
            "iss": self.url, "aud": self.audience, "sub": subject, "client_id": client, "scope": scope,
            "jti": jti, "iat": int(now.timestamp()), "exp": int(ends.timestamp()),
        }  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Request:
    """A pushed authorisation request that passed every check."""

    client: str
    redirect_uri: str
    scope: str
    challenge: str  # PKCE, S256
    state: str = ""
    nonce: str = ""
    thumbprint: str = ""  # the key the token shall be bound to, when told beforehand


@dataclass(frozen=True, kw_only=True)
class Granted:
    """What a code stands for."""

    request: Request
    persona: str
    jti: str  # of the access token it will give: revoked when the code is used twice


class Issuer:
    """The server's rules; no HTTP here."""

    def __init__(
        self, settings: IssuerSettings, tickets: Tickets, keyring: Keyring, clock: Callable[[], datetime]
    ) -> None:
        self.settings, self.keyring = settings, keyring
        self._tickets, self._clock = tickets, clock

    def metadata(self) -> dict[str, Any]:
        """Return the discovery document; also what SMART's shows (RFC 8414)."""
        url = self.settings.url
        known = self.settings.clients.values()
        scopes = sorted(frozenset().union(*(client.scopes | client.services for client in known)))
        return {
            "issuer": url,
            "authorization_endpoint": f"{url}/authorize",
            "token_endpoint": f"{url}/token",
            "pushed_authorization_request_endpoint": f"{url}/par",
            "end_session_endpoint": f"{url}/end_session",
            "jwks_uri": f"{url}/jwks",
            "require_pushed_authorization_requests": True,
            "authorization_response_iss_parameter_supported": True,
            "scopes_supported": scopes,
            "response_types_supported": ["code"],
            "grant_types_supported": ["authorization_code", "client_credentials"],
            "subject_types_supported": ["public"],
            "code_challenge_methods_supported": ["S256"],
            "id_token_signing_alg_values_supported": ["ES256"],
            "token_endpoint_auth_methods_supported": ["private_key_jwt"],
            "token_endpoint_auth_signing_alg_values_supported": ["ES256"],
            "dpop_signing_alg_values_supported": list(dpop.ALGORITHMS),
        }

    async def push(self, form: Form) -> dict[str, Any]:
        """Keep a pushed authorisation request and return its `request_uri` (RFC 9126).

        Raises Rejected
        """
        client, _ = await self._client(form, endpoint="/par")
        request = _checked(form, client)
        now = self._clock()
        lifetime = self.settings.lifetimes.request
        secret = await self._tickets.put("request", request, until=now + lifetime)
        return {"request_uri": REQUEST_URI + secret, "expires_in": int(lifetime.total_seconds())}

    async def pending(self, request_uri: str, client_id: str) -> Request | None:
        """Return the pushed request that a browser arrives with, if it still waits."""
        secret = request_uri.removeprefix(REQUEST_URI)
        request = await self._tickets.peek("request", secret, Request, now=self._clock())
        return request if request and request.client == client_id else None

    async def grant(self, request_uri: str, client_id: str, persona: Persona) -> tuple[Request, str] | None:
        """Use the request up and return it with a code for `persona`; None when it waits no more."""
        now = self._clock()
        request = await self._tickets.use("request", request_uri.removeprefix(REQUEST_URI), Request, now=now)
        if request is None or request.client != client_id:
            return None
        granted = Granted(request=request, persona=persona.id, jti=jose.fresh())
        return request, await self._tickets.put("code", granted, until=now + self.settings.lifetimes.code)

    async def token(self, form: Form, proof: str) -> dict[str, Any]:
        """Answer the token endpoint. `proof` is the DPoP header; every token is bound to its key.

        Raises Rejected
        """
        client, details = await self._client(form, endpoint="/token")
        thumbprint = await self._proven(proof)
        grant = form.get("grant_type", "")
        if grant not in client.grants:
            raise Rejected("unauthorized_client" if grant in self.metadata()["grant_types_supported"]
                           else "unsupported_grant_type")  # fmt: skip
        if grant == "client_credentials":
            return self._to_program(form, client, details, thumbprint)
        _aimed(form, self.settings.audience)
        return await self._redeem(form, client, thumbprint)

    def _to_program(self, form: Form, client: Client, details: object, thumbprint: str) -> dict[str, Any]:
        """Give a program a token: for our API, or for the one elsewhere that it asks for, and never for both."""
        scope = _scope(form, (client.scopes | client.services) - _OF_PERSONS)
        audience = _audience(scope.split(), client, self.settings.audience)
        _aimed(form, audience)
        more = _carried(client, details) | {"aud": audience}
        return self._answer(self._access(client.id, client.id, scope, jose.fresh(), thumbprint, more), scope)

    async def _redeem(self, form: Form, client: Client, thumbprint: str) -> dict[str, Any]:
        """Give tokens for a code. Whatever is wrong with the request, the code is spent."""
        granted = await self._tickets.use("code", form.get("code", ""), Granted, now=self._clock())
        if granted is None:
            await self._used_twice(form.get("code", ""))
            raise Rejected("invalid_grant")
        request, verifier = granted.request, form.get("code_verifier", "")
        fits = (
            request.client == client.id
            and request.redirect_uri == form.get("redirect_uri")
            and hmac.compare_digest(request.challenge, jose.b64(jose.sha256(verifier)))
            and request.thumbprint in {"", thumbprint}
        )
        persona = next((one for one in await self.settings.personas() if one.id == granted.persona), None)
        if not fits or persona is None:
            raise Rejected("invalid_grant")
        access = self._access(persona.id, client.id, request.scope, granted.jti, thumbprint, person(persona))
        answer = self._answer(access, request.scope)
        if "openid" in request.scope.split():
            answer["id_token"] = self._id_token(persona, request)
        return answer

    async def _used_twice(self, code: str) -> None:
        """Let the token that a code gave count no more: someone else has the code too (RFC 6749 4.1.2)."""
        if earlier := await self._tickets.used("code", code, Granted):
            await self._tickets.revoke(earlier.jti, until=self._clock() + self.settings.lifetimes.access_token)

    def _access(self, subject: str, client: str, scope: str, jti: str, thumbprint: str, more: Mapping[str, Any]) -> str:
        now, settings = self._clock(), self.settings
        ends = now + settings.lifetimes.access_token
        claims = settings.access_claims(subject, client, scope, jti=jti, now=now, ends=ends) | dict(more)
        return signed(claims | {"cnf": {"jkt": thumbprint}}, self.keyring.signer, "at+jwt")

    def _answer(self, access: str, scope: str) -> dict[str, Any]:
        seconds = int(self.settings.lifetimes.access_token.total_seconds())
        return {"access_token": access, "token_type": "DPoP", "expires_in": seconds, "scope": scope}

    def _id_token(self, persona: Persona, request: Request) -> str:
        now = int(self._clock().timestamp())
        claims = persona_claims(persona) | {
            "iss": self.settings.url, "sub": persona.id, "aud": request.client, "auth_time": now, "iat": now,
            "exp": now + int(self.settings.lifetimes.id_token.total_seconds()),
        }  # fmt: skip
        claims |= {"nonce": request.nonce} if request.nonce else {}
        return signed(claims, self.keyring.signer, "JWT")

    async def _client(self, form: Form, *, endpoint: str) -> tuple[Client, object]:
        """Return the client that signed the request's assertion (RFC 7523) and its details, or raise Rejected."""
        try:
            return await self._asserted(form, endpoint)
        except BadToken as bad:
            raise Rejected("invalid_client", str(bad), 401) from None

    async def _asserted(self, form: Form, endpoint: str) -> tuple[Client, object]:
        assertion, now = form.get("client_assertion", ""), self._clock()
        client = self.settings.clients.get(form.get("client_id", ""))
        if client is None or form.get("client_assertion_type") != ASSERTION:
            raise BadToken("unknown client or no assertion")
        key = jose.select(client.keys()["keys"], jose.header_of(assertion).get("kid"))
        if key is None:
            raise BadToken("unknown key")
        claims = jose.read(assertion, key, algorithms=["ES256"])
        audience = claims.get("aud")
        aimed = {self.settings.url, self.settings.url + endpoint, f"{self.settings.url}/token"}
        if not isinstance(audience, str) or audience not in aimed:
            raise BadToken("wrong aud")
        jose.check(claims, now=now, issuer=client.id, audience=audience)
        if claims.get("sub") != client.id or jose.moment(claims, "exp") > now.timestamp() + 300:
            raise BadToken("wrong sub, or lives too long")
        until = datetime.fromtimestamp(jose.moment(claims, "exp"), UTC) + 2 * jose.SKEW
        if not await self._tickets.first_sight(f"assertion {client.id} {jose.text(claims, 'jti')}", until=until):
            raise BadToken("jti seen before")
        return client, claims.get("assertion_details")

    async def _proven(self, proof: str) -> str:
        """Return the thumbprint of the key that `proof` proves, or raise Rejected."""
        now = self._clock()
        try:
            shown = dpop.check(proof, "POST", f"{self.settings.url}/token", now)
        except BadToken as bad:
            raise Rejected("invalid_dpop_proof", str(bad)) from None
        if not await self._tickets.first_sight(shown.id, until=now + 2 * dpop.WINDOW):
            raise Rejected("invalid_dpop_proof", "jti seen before")
        return shown.thumbprint


def person(persona: Persona) -> dict[str, Any]:
    """Return what an access token says of the person: who, and in which role and unit they act."""
    claims = {name: value for name, value in persona_claims(persona).items() if name != "amr"}
    return claims | {"akson_role": persona.code, "akson_unit": persona.unit} if persona.staff else claims


def signed(claims: Mapping[str, Any], key: ECKey | RSAKey, typ: str) -> str:
    return jose.sign(claims, key, typ=typ, kid=key.thumbprint())


def _carried(client: Client, details: object) -> dict[str, Any]:
    """Return what a program's token carries beside its scopes, as HelseID's do; what is attested is not judged here.

    Raises Rejected
    """
    told = {PROGRAM_NAME: client.name}
    if details is None:
        return told
    if not client.organisation:
        raise Rejected("invalid_request", "the client attests for no organisation")
    return told | {CLAIM: details, ORGANISATION: client.organisation}


def _checked(form: Form, client: Client) -> Request:
    """Return the authorisation request in `form`, or raise Rejected."""
    if "authorization_code" not in client.grants:
        raise Rejected("unauthorized_client")
    if form.get("response_type") != "code":
        raise Rejected("unsupported_response_type")
    if form.get("redirect_uri", "") not in client.redirect_uris:
        raise Rejected("invalid_request", "redirect_uri is not registered")
    if "request_uri" in form or form.get("code_challenge_method") != "S256":
        raise Rejected("invalid_request", "PKCE with S256 is required; no request_uri")
    if not _CHALLENGE.fullmatch(form.get("code_challenge", "")):
        raise Rejected("invalid_request", "code_challenge is malformed")
    return Request(
        client=client.id, redirect_uri=form["redirect_uri"], scope=_scope(form, client.scopes),
        challenge=form["code_challenge"], state=form.get("state", ""), nonce=form.get("nonce", ""),
        thumbprint=form.get("dpop_jkt", ""),
    )  # fmt: skip


def _scope(form: Form, allowed: frozenset[str]) -> str:
    """Return the scopes asked for, or raise Rejected when one is not the client's."""
    asked = form.get("scope", "").split()
    if not asked or not allowed.issuperset(asked):
        raise Rejected("invalid_scope")
    return " ".join(asked)


def _audience(scopes: Sequence[str], client: Client, ours: str) -> str:
    """Return whose API scopes are of: ours, or the one that each names before its slash, as at HelseID.

    Raises Rejected
    """
    apis = {one.partition("/")[0] if one in client.services else ours for one in scopes}
    if len(apis) != 1:
        raise Rejected("invalid_scope")
    return apis.pop()


def _aimed(form: Form, audience: str) -> None:
    """Refuse a token that is asked for another API (RFC 8707). Raises Rejected."""
    if form.get("resource", audience) != audience:
        raise Rejected("invalid_target")
