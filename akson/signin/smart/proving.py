"""private_key_jwt: an app proves itself with a key it has registered, or publishes where it said.

Source: hl7.org/fhir/smart-app-launch/STU2.2/client-confidential-asymmetric.html, RFC 7523
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from akson.base.errors import Refused
from akson.signin import jose
from akson.signin.issuer import ASSERTION, Rejected
from akson.signin.jose import BadToken
from akson.signin.remote import KeySet, parsed, send
from akson.signin.smart.apps import App, Apps
from akson.signin.tickets import Tickets

ALGORITHMS = ("RS384", "ES384", "ES256")
_LONGEST = 300  # seconds that an assertion may live
_MAX_AGE = re.compile(r"max-age=(\d{1,7})")
_KEPT = timedelta(hours=1)  # at most, whatever the app's server says


class Prover:
    """Tells which app sends a form to an endpoint."""

    def __init__(self, apps: Apps, tickets: Tickets, http: httpx.AsyncClient, clock: Callable[[], datetime]) -> None:
        self._apps, self._tickets, self._http, self._clock = apps, tickets, http, clock
        self._held: dict[str, tuple[datetime, list[dict[str, Any]]]] = {}  # published keys, while they may be kept

    async def app(self, form: Mapping[str, str], audiences: frozenset[str]) -> App:
        """Return the app; a public one by its name alone.

        Raises Rejected invalid_client
        """
        try:
            if "client_assertion" in form or "client_assertion_type" in form:
                return await self._proven(form, audiences)
            app = await self._apps.find(form.get("client_id", ""))
            if app is None or app.confidential or "client_secret" in form:
                raise BadToken("unknown client or no assertion")
        except BadToken as bad:
            raise Rejected("invalid_client", str(bad), 401) from None
        return app

    async def _proven(self, form: Mapping[str, str], audiences: frozenset[str]) -> App:
        assertion = form.get("client_assertion", "")
        if form.get("client_assertion_type") != ASSERTION:
            raise BadToken("unknown kind of assertion")
        told = jose.text(jose.unverified(assertion), "iss")
        app = await self._apps.find(told)
        if app is None or not app.confidential or form.get("client_id", told) != told:
            raise BadToken("unknown client")
        claims = jose.read(assertion, await self._key(app, jose.header_of(assertion)), algorithms=ALGORITHMS)
        await self._check(claims, app, audiences)
        return app

    async def _check(self, claims: Mapping[str, Any], app: App, audiences: frozenset[str]) -> None:
        now, audience = self._clock(), claims.get("aud")
        if not isinstance(audience, str) or audience not in audiences:
            raise BadToken("wrong aud")
        jose.check(claims, now=now, issuer=app.id, audience=audience)
        ends = jose.moment(claims, "exp")
        if claims.get("sub") != app.id or ends > now.timestamp() + _LONGEST:
            raise BadToken("wrong sub, or lives too long")
        until = datetime.fromtimestamp(ends, UTC) + 2 * jose.SKEW
        if not await self._tickets.first_sight(f"assertion {app.id} {jose.text(claims, 'jti')}", until=until):
            raise BadToken("jti seen before")

    async def _key(self, app: App, header: Mapping[str, Any]) -> jose.Key:
        """Return the one key that an assertion names by `kid`; a `jku` must be the address that was registered."""
        if "jku" in header and header["jku"] != app.jwks_url:
            raise BadToken("unknown jku")
        keys = await self._published(app.jwks_url) if app.jwks_url else app.jwks["keys"]
        kind = "RSA" if str(header.get("alg", "")).startswith("RS") else "EC"
        key = jose.select([one for one in keys if one.get("kty") == kind], header.get("kid"))
        if key is None:
            raise BadToken("unknown key")
        return key

    async def _published(self, url: str) -> list[dict[str, Any]]:
        """Return the keys at `url`, kept no longer than the answer allows."""
        now = self._clock()
        held = self._held.get(url)
        if held and held[0] > now:
            return held[1]
        try:
            answer = await send(self._http, "GET", url)
            if answer.status_code != 200:
                raise BadToken("the keys cannot be had")
            keys = parsed(answer, KeySet).keys
        except Refused:
            raise BadToken("the keys cannot be had") from None
        told = answer.headers.get("cache-control", "")
        age = _MAX_AGE.search(told)
        if age and "no-store" not in told and "no-cache" not in told:
            self._held[url] = now + min(timedelta(seconds=int(age[1])), _KEPT), keys
        return keys
