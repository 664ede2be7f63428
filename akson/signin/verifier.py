"""Access tokens at the FHIR API: is this token ours to trust, and is its sender its holder?

A verified token is remembered for a short while (the signature costs as much as the rest of a read), never past its
end. Revocation and the proof's jti are asked of the database whatever is remembered.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from akson.base.errors import Refused
from akson.base.work import Actor
from akson.signin import dpop, jose
from akson.signin.attestation import CLAIM, carried
from akson.signin.jose import BadToken
from akson.signin.model import EVERYBODY, HIGHEST, STAFF, TokenClaims
from akson.signin.remote import KeySource
from akson.signin.tickets import Tickets

REMEMBERED = timedelta(seconds=60)
MOST = 10_000  # tokens remembered
REVOCATION_LAG = timedelta(seconds=1)  # the list of revoked tokens is read again when it is older
TYPES = frozenset({"at+jwt", "jwt"})  # HelseID's access tokens say at+jwt; older servers JWT


@dataclass(frozen=True, kw_only=True)
class Trust:
    """An issuer whose access tokens we take."""

    issuer: str
    keys: KeySource
    algorithms: tuple[str, ...] = ("ES256",)
    vouches: frozenset[str] = EVERYBODY
    levels: frozenset[str] = HIGHEST  # of a person's sign-in


class Verifier:
    """Verifies the Authorization (and DPoP) header of a request."""

    def __init__(
        self, trusted: list[Trust], tickets: Tickets, clock: Callable[[], datetime], *, audience: str, bearer: bool
    ) -> None:
        """Take the issuers to trust, our name as audience, and whether unbound (Bearer) tokens are taken at all."""
        self._trusted = {trust.issuer: trust for trust in trusted}
        self._tickets, self._clock, self._audience, self._bearer = tickets, clock, audience, bearer
        self._known: dict[bytes, tuple[datetime, TokenClaims]] = {}
        self._revoked: tuple[datetime, frozenset[str]] | None = None

    async def verify(self, headers: Mapping[str, str], method: str, url: str) -> TokenClaims:
        """Return what the request's token says.

        headers  with names in small letters
        url      of the request as its sender wrote it (behind a proxy: the outside address)
        Raises   Refused AK-L001 (no token), AK-L002 (a token that does not count), AK-L005 (signed in
                 at too low a level); see `challenge`
        """
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if not token or scheme.lower() not in {"bearer", "dpop"}:
            raise Refused("AK-L001")
        now, token = self._clock(), token.strip()
        try:
            claims = await self._token(token, now)
            if scheme.lower() == "bearer":
                self._refuse_bound(claims)
            else:
                await self._sender(claims, token, headers.get("dpop", ""), method, url)
            if claims.jti in await self._revoked_now(now):
                raise BadToken("revoked")
        except BadToken as bad:
            raise Refused("AK-L002", detail=str(bad)) from None
        return claims

    async def _token(self, token: str, now: datetime) -> TokenClaims:
        name = jose.sha256(token)
        until, claims = self._known.get(name, (now, None))
        if claims is None or until <= now:
            claims = await self._checked(token, now)
            if len(self._known) >= MOST:
                self._known.clear()
            self._known[name] = min(now + REMEMBERED, claims.expires), claims
        return claims

    async def _checked(self, token: str, now: datetime) -> TokenClaims:
        """Verify signature, issuer, audience and times."""
        header = jose.header_of(token)
        if str(header.get("typ", "")).lower().removeprefix("application/") not in TYPES:
            raise BadToken("wrong typ")
        trust = self._trusted.get(jose.text(jose.unverified(token), "iss"))
        if trust is None:
            raise BadToken("unknown issuer")
        claims = jose.read(token, await trust.keys.key(header.get("kid"), now), algorithms=trust.algorithms)
        jose.check(claims, now=now, issuer=trust.issuer, audience=self._audience)
        if "nonce" in claims or "jti" not in claims:  # an id token is no access token, whatever its audience
            raise BadToken("not an access token")
        bound = claims.get("cnf", {})
        if not isinstance(bound, dict) or ("cnf" in claims and "jkt" not in bound):
            raise BadToken("bound in a way we do not know")
        told = claims.get("scope", "")
        found = TokenClaims(
            issuer=trust.issuer, subject=str(claims.get("sub", "")), client=str(claims.get("client_id", "")),
            scopes=frozenset(told if isinstance(told, list) else str(told).split()), jti=jose.text(claims, "jti"),
            expires=datetime.fromtimestamp(jose.moment(claims, "exp"), UTC),
            key=jose.text(bound, "jkt") if bound else "", claims=claims,
        )  # fmt: skip
        if found.person is not None and found.person.kind not in trust.vouches:
            raise BadToken(f"this issuer does not vouch for {found.person.kind}")
        if carried(claims) and STAFF not in trust.vouches:
            raise BadToken("this issuer carries no attestations")
        if found.person is not None and found.person.level not in trust.levels:
            raise Refused("AK-L005")
        return found

    def _refuse_bound(self, claims: TokenClaims) -> None:
        """Raise BadToken unless the token may come without a proof: it is bound to no key, and such are taken here."""
        if claims.key or not self._bearer:
            raise BadToken("the token must come with a proof")

    async def _sender(self, claims: TokenClaims, token: str, proof: str, method: str, url: str) -> None:
        """Raise BadToken unless the sender holds the key that the token is bound to."""
        now = self._clock()
        shown = dpop.check(proof, method, url, now, token=token)
        if not claims.key or shown.thumbprint != claims.key:
            raise BadToken("bound to another key")
        if not await self._tickets.first_sight(shown.id, until=now + 2 * dpop.WINDOW):
            raise BadToken("jti seen before")

    async def _revoked_now(self, now: datetime) -> frozenset[str]:
        if self._revoked is None or now - self._revoked[0] > REVOCATION_LAG:
            self._revoked = now, await self._tickets.revoked(now)
        return self._revoked[1]


def acting(token: TokenClaims, actors: list[Actor]) -> Actor:
    """Return the one of a person's `actors` whom the token names by role and unit.

    A token that names no role acts in the first of those; never in another role than the one it names.
    Raises Refused AK-L006 when the person has no such role (any more)
    """
    role, unit = str(token.claims.get("akson_role", "")), str(token.claims.get("akson_unit", ""))
    fitting = [one for one in actors if unit in {"", one.unit_name} and role.casefold() in {"", one.role.casefold()}]
    if not fitting:
        raise Refused("AK-L006", detail=f"nor does the token carry {CLAIM}" if not actors else None)
    return fitting[0]


def challenge(no: Refused) -> str:
    """Return the WWW-Authenticate header that goes with a refusal of `verify` (RFC 6750, 9449)."""
    error = ' error="invalid_token",' if no.code == "AK-L002" else ""
    return f'DPoP{error} algs="{" ".join(dpop.ALGORITHMS)}"'
