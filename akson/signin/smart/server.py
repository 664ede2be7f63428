"""The token endpoint: codes, refresh tokens, backend services; introspection and revocation.

Source: RFC 6749, 7009, 7636, 7662, 9449; hl7.org/fhir/smart-app-launch/STU2.2
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from akson.signin import dpop, jose
from akson.signin.issuer import Form, Rejected, signed
from akson.signin.jose import BadToken
from akson.signin.keys import Keyring
from akson.signin.smart.apps import App, Apps
from akson.signin.smart.asking import Asked, Declined, granted
from akson.signin.smart.granting import CODE, OFFLINE, ONCE, ONLINE, Coded, Grant, Grants
from akson.signin.smart.proving import Prover
from akson.signin.tickets import Tickets

ACCESS = timedelta(minutes=10)
BACKEND = timedelta(minutes=5)


@dataclass(frozen=True, kw_only=True)
class Smart:
    """What the server is made of. url: its name; audience: the FHIR API; bearer: tokens bound to no key are given."""

    url: str
    audience: str
    bearer: bool
    keys: Keyring
    id_keys: Keyring  # RS256: what every OpenID Connect client reads
    apps: Apps
    grants: Grants
    tickets: Tickets
    prover: Prover
    clock: Callable[[], datetime]

    async def coded(self, asked: Asked, grant: Grant) -> str:
        """Return a code for what a person has just granted."""
        content = Coded(grant=grant, redirect_uri=asked.redirect_uri, challenge=asked.challenge, nonce=asked.nonce,
                        thumbprint=asked.thumbprint)  # fmt: skip
        return await self.tickets.put("smart-code", content, until=self.clock() + CODE)

    async def token(self, form: Form, proof: str) -> dict[str, Any]:
        """Answer the token endpoint. proof: the DPoP header, or "".

        Raises Rejected
        """
        app = await self._app(await self._named(form), "/token")
        key = await self._proven(proof)
        match form.get("grant_type", ""):
            case "authorization_code":
                return await self._redeemed(form, app, key)
            case "refresh_token":
                return await self._refreshed(form, app, key)
            case "client_credentials":
                return self._backend(form, app, key)
        raise Rejected("unsupported_grant_type")

    async def _redeemed(self, form: Form, app: App, key: str) -> dict[str, Any]:
        """Give tokens for a code. Whatever is wrong with the request, the code is spent; a second use ends all."""
        code = form.get("code", "")
        coded = await self.tickets.use("smart-code", code, Coded, now=self.clock())
        if coded is None:
            if earlier := await self.tickets.used("smart-code", code, Coded):
                await self.grants.end(earlier.grant.id, earlier.grant.app)
            raise Rejected("invalid_grant")
        fits = (
            coded.grant.app == app.id
            and coded.redirect_uri == form.get("redirect_uri")
            and hmac.compare_digest(coded.challenge, jose.b64(jose.sha256(form.get("code_verifier", ""))))
            and coded.thumbprint in ("", key)
        )
        if not fits:
            raise Rejected("invalid_grant")
        scopes = coded.grant.scope.split()
        offline, online = "offline_access" in scopes, "online_access" in scopes
        grant = replace(coded.grant, key=key, session=coded.grant.session if online and not offline else "")
        await self.grants.begin(grant, OFFLINE if offline else ONLINE if online else ONCE)
        answer = self._answer(grant, grant.scope, key)
        if "openid" in scopes:
            answer["id_token"] = self._id_token(grant, coded.nonce)
        if offline or online:
            answer["refresh_token"] = await self.grants.refresh_token(grant.id)
        return answer

    async def _refreshed(self, form: Form, app: App, key: str) -> dict[str, Any]:
        """Give new tokens for a refresh token, which is spent only by what can be answered: a slip costs nothing."""
        secret = form.get("refresh_token", "")
        grant = await self.grants.refreshable(secret, app.id)
        if grant is None or grant.key not in ("", key):
            raise Rejected("invalid_grant")
        wanted = form.get("scope", "").split() or grant.scope.split()
        if not set(wanted) <= set(grant.scope.split()):
            raise Rejected("invalid_scope")
        if not await self.grants.spend(secret, grant):
            raise Rejected("invalid_grant")
        answer = self._answer(grant, " ".join(wanted), key)
        return answer | {"refresh_token": await self.grants.refresh_token(grant.id)}

    def _backend(self, form: Form, app: App, key: str) -> dict[str, Any]:
        """Give a program its own token: only one that has proven itself, never a refresh token."""
        if not app.confidential:
            raise Rejected("unauthorized_client")
        try:
            scope = granted(form.get("scope", ""), app, frozenset({"system"}))
        except Declined as no:
            raise Rejected(no.error, no.description) from None
        return self._issued(app.id, {"sub": app.id}, scope, key, BACKEND)

    def _answer(self, grant: Grant, scope: str, key: str) -> dict[str, Any]:
        about = {"patient": grant.patient, "need_patient_banner": not grant.launched} if grant.patient else {}
        claims = {"sub": subject(grant), "grant": grant.id} | ({"patient": grant.patient} if grant.patient else {})
        return self._issued(grant.app, claims, scope, key, ACCESS) | about

    def _issued(self, app: str, more: Mapping[str, Any], scope: str, key: str, life: timedelta) -> dict[str, Any]:
        now = self.clock()
        claims = {
            "iss": self.url, "aud": self.audience, "client_id": app, "scope": scope, "jti": jose.fresh(),
            "iat": int(now.timestamp()), "exp": int((now + life).timestamp()), **more,
        } | ({"cnf": {"jkt": key}} if key else {})  # fmt: skip
        return {
            "access_token": signed(claims, self.keys.signer, "at+jwt"), "token_type": "DPoP" if key else "Bearer",
            "expires_in": int(life.total_seconds()), "scope": scope,
        }  # fmt: skip

    def _id_token(self, grant: Grant, nonce: str) -> str:
        now, scopes = int(self.clock().timestamp()), grant.scope.split()
        claims = {"iss": self.url, "sub": subject(grant), "aud": grant.app, "iat": now, "exp": now + 300}
        claims |= {"nonce": nonce} if nonce else {}
        claims |= {"name": grant.actor.name} if "profile" in scopes else {}
        claims |= {"fhirUser": f"{self.audience}/{grant.actor.id}"} if {"fhirUser", "profile"} & set(scopes) else {}
        return signed(claims, self.id_keys.signer, "JWT")

    async def introspected(self, form: Form) -> dict[str, Any]:
        """Tell an app about a token of its own, or of any when it may; nothing else is told than that it is unknown."""
        app = await self._app(form, "/introspect")
        if not app.confidential:
            raise Rejected("invalid_client", "a public app cannot ask", 401)
        claims = self._read(form.get("token", ""))
        if claims is None or not (claims["client_id"] == app.id or app.introspects):
            return {"active": False}
        standing = await self.grants.standing(claims["client_id"], claims.get("grant", ""))
        if standing is None or claims["jti"] in await self.tickets.revoked(self.clock()):
            return {"active": False}
        shown = ("iss", "aud", "sub", "client_id", "scope", "exp", "iat", "patient", "cnf")
        told = {"active": True} | {name: claims[name] for name in shown if name in claims}
        if standing.grant and {"fhirUser", "profile"} & set(standing.grant.scope.split()):
            told["fhirUser"] = f"{self.audience}/{standing.grant.actor.id}"
        return told

    async def revoked(self, form: Form) -> None:
        """Let a token, and what it was refreshed from, count no more; an unknown one is no fault (RFC 7009)."""
        app = await self._app(form, "/revoke")
        token = form.get("token", "")
        if (refresh := await self.grants.of_refresh(token)) is not None:
            await self.grants.end(refresh[0], app.id)
        elif (claims := self._read(token)) is not None and claims["client_id"] == app.id:
            if claims.get("grant"):
                await self.grants.end(claims["grant"], app.id)
            await self.tickets.revoke(claims["jti"], until=self.clock() + ACCESS)

    def _read(self, token: str) -> dict[str, Any] | None:
        """Return the claims of an access token of ours that has not expired."""
        try:
            key = jose.select(self.keys.public["keys"], jose.header_of(token).get("kid"))
            if key is None:
                return None
            claims = jose.read(token, key, algorithms=("ES256",), typ="at+jwt")
            jose.check(claims, now=self.clock(), issuer=self.url, audience=self.audience)
        except BadToken:
            return None
        return claims

    async def _named(self, form: Form) -> Form:
        """Return the form with the name of a public app that leaves it out when it refreshes, as SMART lets it."""
        if form.get("grant_type") != "refresh_token" or {"client_id", "client_assertion"} & form.keys():
            return form
        found = await self.grants.of_refresh(form.get("refresh_token", ""))
        return {**form, "client_id": found[1]} if found else form

    async def _app(self, form: Form, endpoint: str) -> App:
        return await self.prover.app(form, frozenset({self.url, f"{self.url}/token", self.url + endpoint}))

    async def _proven(self, proof: str) -> str:
        """Return the thumbprint of the key that a DPoP proof proves; "" without one where that is allowed."""
        if not proof:
            if not self.bearer:
                raise Rejected("invalid_dpop_proof", "tokens are bound to a key here")
            return ""
        now = self.clock()
        try:
            shown = dpop.check(proof, "POST", f"{self.url}/token", now)
        except BadToken as bad:
            raise Rejected("invalid_dpop_proof", str(bad)) from None
        if not await self.tickets.first_sight(shown.id, until=now + 2 * dpop.WINDOW):
            raise Rejected("invalid_dpop_proof", "jti seen before")
        return shown.thumbprint


def subject(grant: Grant) -> str:
    """Return what an app knows the person by: the same each time, and meaningless."""
    return jose.b64(jose.sha256(f"{grant.app} {grant.actor.id}"))
