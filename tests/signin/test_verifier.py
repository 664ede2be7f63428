"""Access tokens at the FHIR API: forty ways to be refused, and the few ways in.

Source: RFC 9068 4, RFC 9449 7, HelseID's security profile (reject replayed, wrong htu/htm, wrong key, old iat).
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import ECKey
from joserfc.jws import JWSRegistry

from akson.base.database import Database
from akson.base.errors import Refused
from akson.signin import dpop, jose
from akson.signin.jose import BadToken
from akson.signin.keys import Keyring
from akson.signin.model import CITIZENS, EVERYBODY, LEVEL, PID, STAFF
from akson.signin.remote import OwnKeys
from akson.signin.tickets import Tickets
from akson.signin.verifier import Trust, Verifier, acting, challenge
from tests.signin.conftest import Clock, actor, confused, packed, unsigned

URL = "https://akson.example/fhir/Patient/1"
HOLDER = ECKey.generate_key("P-256", private=True)
OTHER = ECKey.generate_key("P-256", private=True)


class Door:
    """A verifier with its issuer's keys and a clock."""

    def __init__(self, db: Database, folder: Path, *, bearer: bool = True, vouches: frozenset[str] = EVERYBODY) -> None:
        self.clock, self.tickets, self.keys = Clock(), Tickets(db), Keyring.open(folder, "issuer")
        trust = Trust(issuer="https://issuer.example", keys=OwnKeys(self.keys), vouches=vouches)
        self.verifier = Verifier(
            [trust], self.tickets, self.clock, audience="https://akson.example/fhir", bearer=bearer
        )

    def token(self, *, typ: str = "at+jwt", key: ECKey | None = None, bound: bool = True, **changed: Any) -> str:
        now = int(self.clock().timestamp())
        claims = {
            "iss": "https://issuer.example", "aud": "https://akson.example/fhir", "sub": "jonas", "client_id": "web",
            "scope": "user/*.rs", "jti": jose.fresh(), "iat": now, "exp": now + 600,
        }  # fmt: skip
        claims |= {"cnf": {"jkt": HOLDER.thumbprint()}} if bound else {}
        kept = {name: value for name, value in (claims | changed).items() if value is not None}
        return jose.sign(kept, key or self.keys.signer, typ=typ, kid=self.keys.signer.thumbprint())

    def proof(self, token: str, *, key: ECKey = HOLDER, method: str = "GET", url: str = URL, **time: float) -> str:
        return dpop.make(key, method, url, self.clock() + timedelta(**time), token=token)

    async def enter(self, token: str, proof: str | None = None, scheme: str = "DPoP", url: str = URL) -> str:
        """Return who may enter, or raise Refused."""
        shown = self.proof(token) if proof is None else proof
        headers = {"authorization": f"{scheme} {token}", "dpop": shown}
        return (await self.verifier.verify(headers, "GET", url)).subject


@pytest.fixture
async def door(db: Database, tmp_path: Path) -> AsyncIterator[Door]:
    yield Door(db, tmp_path)


async def why(entering: Any) -> str:
    """Return why one is refused."""
    with pytest.raises(Refused) as no:
        await entering
    assert no.value.status == 401
    return no.value.detail or ""


async def test_a_holder_with_a_proof_enters_as_often_as_they_prove_anew(door: Door) -> None:
    token = door.token()
    assert [await door.enter(token) for _ in range(3)] == ["jonas"] * 3
    assert await door.enter(token, door.proof(token, url=f"{URL}#x"), url=f"{URL}?_format=json") == "jonas"
    assert await door.enter(token, door.proof(token, url="HTTPS://AKSON.example:443/fhir/Patient/1")) == "jonas"


async def test_an_unbound_token_enters_as_bearer_where_that_is_allowed(
    door: Door, db: Database, tmp_path: Path
) -> None:
    assert await door.enter(door.token(bound=False), "", "Bearer") == "jonas"
    strict = Door(db, tmp_path, bearer=False)
    assert await why(strict.enter(strict.token(bound=False), "", "Bearer")) == "the token must come with a proof"


WRONG_TOKENS = [
    ({"iss": "https://elsewhere.example"}, "unknown issuer"),
    ({"iss": None}, "no usable iss"),
    ({"aud": "https://elsewhere.example"}, "wrong aud"),
    ({"aud": None}, "wrong aud"),
    ({"aud": "https://akson.example/fhir/"}, "wrong aud"),
    ({"exp": 1}, "expired"),
    ({"exp": None}, "no usable exp"),
    ({"exp": "never"}, "no usable exp"),
    ({"exp": True}, "no usable exp"),
    ({"nbf": 9e10}, "not yet valid"),
    ({"iat": 9e10}, "not yet valid"),
    ({"jti": None}, "not an access token"),
    ({"nonce": "n"}, "not an access token"),
    ({"cnf": {"x5t#S256": "x"}}, "bound in a way we do not know"),
    ({"cnf": "x"}, "bound in a way we do not know"),
    ({"cnf": {"jkt": 1}}, "no usable jkt"),
    ({"cnf": {"jkt": OTHER.thumbprint()}}, "bound to another key"),
    ({"cnf": None}, "bound to another key"),
    ({"typ": "id+jwt"}, "wrong typ"),
    ({"key": OTHER}, "bad signature"),
]  # fmt: skip


async def test_a_token_that_is_not_for_us_now_is_refused(door: Door) -> None:
    for changed, reason in WRONG_TOKENS:
        assert await why(door.enter(door.token(**changed))) == reason, changed


WRONG_PROOFS = [
    (lambda door, token: "", "unreadable token"),
    (lambda door, token: "x.y.z", "unreadable token"),
    (lambda door, token: door.proof(token, method="POST"), "wrong htm"),
    (lambda door, token: door.proof(token, url="https://akson.example/fhir/Patient/2"), "wrong htu"),
    (lambda door, token: door.proof(token, url="https://evil.example/fhir/Patient/1"), "wrong htu"),
    (lambda door, token: door.proof(token, url="http://akson.example/fhir/Patient/1"), "wrong htu"),
    (lambda door, token: crafted(token, claims={"htu": "https://akson.example:x/"}), "wrong htu"),
    (lambda door, token: door.proof("another token"), "wrong ath"),
    (lambda door, token: door.proof(""), "wrong ath"),
    (lambda door, token: door.proof(token, key=OTHER), "bound to another key"),
    (lambda door, token: door.proof(token, seconds=-70), "proof too old or too new"),
    (lambda door, token: door.proof(token, seconds=70), "proof too old or too new"),
    (lambda door, token: crafted(token, alg="none"), "wrong alg"),
    (lambda door, token: crafted(token, typ="JWT"), "wrong typ"),
    (lambda door, token: crafted(token, jwk=HOLDER.as_dict(private=True)), "not a public key"),
    (lambda door, token: crafted(token, jwk=OTHER.as_dict(private=False)), "bad signature"),
    (lambda door, token: crafted(token, jwk={"kty": "oct", "k": "eA"}), "not a public key"),
    (lambda door, token: crafted(token, jwk={"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}), "not a public key"),
    (lambda door, token: crafted(token, jwk=None), "not a public key"),
    (lambda door, token: crafted(token, claims={"jti": ""}), "no usable jti"),
    (lambda door, token: crafted(token, claims={"htu": ["x"]}), "no usable htu"),
]  # fmt: skip


async def test_a_proof_that_proves_something_else_is_refused(door: Door) -> None:
    token = door.token()
    for place, (spoil, reason) in enumerate(WRONG_PROOFS):
        assert await why(door.enter(token, spoil(door, token))) == reason, place


NOBODY = object()


def crafted(
    token: str, *, typ: str = "dpop+jwt", alg: str = "ES256", jwk: Any = NOBODY, claims: dict[str, Any] | None = None
) -> str:
    """Return a proof by the holder with parts made wrong on purpose."""
    held = jose.unverified(dpop.make(HOLDER, "GET", URL, Clock()(), token=token)) | (claims or {})
    shown = HOLDER.as_dict(private=False) if jwk is NOBODY else jwk
    header = {"alg": alg, "typ": typ} | ({"jwk": shown} if shown else {})
    signing = f"{packed(header)}.{packed(held)}"
    signature = JWSRegistry().get_alg("ES256").sign(signing.encode(), HOLDER)
    return f"{signing}.{jose.b64(signature)}"


async def test_a_replayed_proof_is_refused_within_its_window_and_after_it(door: Door) -> None:
    token = door.token()
    once = door.proof(token)
    assert await door.enter(token, once) == "jonas"
    assert await why(door.enter(token, once)) == "jti seen before"
    door.clock.pass_(seconds=90)
    assert await why(door.enter(token, once)) == "proof too old or too new"


async def test_a_bound_token_is_nothing_without_its_proof(door: Door) -> None:
    assert await why(door.enter(door.token(), "", "Bearer")) == "the token must come with a proof"
    assert await why(door.enter(door.token(bound=False))) == "bound to another key"


async def test_algorithm_none_and_hmac_with_the_public_key_are_refused(door: Door) -> None:
    token = door.token(bound=False)
    assert await why(door.enter(unsigned(token, "at+jwt"), "", "Bearer")) == "wrong alg"
    forged = confused(jose.unverified(token), door.keys.signer, "at+jwt")
    assert await why(door.enter(forged, "", "Bearer")) == "wrong alg"


async def test_without_a_token_one_is_asked_to_sign_in(door: Door) -> None:
    for header in ["", "Bearer", "Bearer ", "Basic eDp5", "x"]:
        with pytest.raises(Refused) as no:
            await door.verifier.verify({"authorization": header}, "GET", URL)
        assert no.value.code == "AK-L001" and challenge(no.value).startswith("DPoP algs="), header


async def test_a_remembered_token_is_refused_once_it_has_expired_or_been_revoked(door: Door, db: Database) -> None:
    short = door.token(bound=False, exp=int(door.clock().timestamp()) + 20)
    assert await door.enter(short, "", "Bearer") == "jonas"
    door.clock.pass_(seconds=51)  # 20 and half a minute of skew
    assert await why(door.enter(short, "", "Bearer")) == "expired"

    token = door.token(bound=False, jti="told")
    assert await door.enter(token, "", "Bearer") == "jonas"
    await Tickets(db).revoke("told", until=door.clock() + timedelta(hours=1))  # by another server
    door.clock.pass_(seconds=1.1)
    assert await why(door.enter(token, "", "Bearer")) == "revoked"


async def test_a_remembered_token_costs_no_statement_and_a_proof_costs_one(door: Door, db: Database) -> None:
    loose, bound = door.token(bound=False), door.token()
    await door.enter(loose, "", "Bearer")
    await door.enter(bound)
    before = db.statements
    await door.enter(loose, "", "Bearer")
    assert db.statements - before == 0
    await door.enter(bound)
    assert db.statements - before == 1


async def test_a_token_of_a_key_that_was_rotated_out_counts_until_the_key_is_gone(door: Door) -> None:
    token = door.token(bound=False)
    for _ in range(2):
        door.keys.rotate()
        door.clock.pass_(seconds=61)
        assert await door.enter(token, "", "Bearer") == "jonas"
    door.keys.rotate()
    door.clock.pass_(seconds=61)
    assert await why(door.enter(token, "", "Bearer")) == "unknown key"


async def test_a_token_acts_in_the_role_and_unit_it_names(door: Door) -> None:
    units = [replace(actor(role, "Siri Aune"), unit_name=unit)
             for role, unit in [("leder", "Nord"), ("sykepleier", "Nord"), ("sykepleier", "Sør")]]  # fmt: skip
    for role, unit, place in [("Sykepleier", "Nord", 1), ("sykepleier", "Sør", 2), ("", "", 0), ("", "Sør", 2)]:
        token = door.token(bound=False, akson_role=role, akson_unit=unit)
        claims = await door.verifier.verify({"authorization": f"Bearer {token}"}, "GET", URL)
        assert acting(claims, units) == units[place]
        with pytest.raises(Refused, match="AK-L006"):
            acting(claims, [])


async def test_a_token_of_a_role_that_has_ended_acts_in_no_other(door: Door) -> None:
    left = [replace(actor("sykepleier", "Siri Aune"), unit_name="Nord")]
    for role, unit in [("leder", "Nord"), ("leder", ""), ("sykepleier", "Sør")]:
        token = door.token(bound=False, akson_role=role, akson_unit=unit)
        claims = await door.verifier.verify({"authorization": f"Bearer {token}"}, "GET", URL)
        with pytest.raises(Refused, match="AK-L006"):
            acting(claims, left)


@given(st.text() | st.binary().map(lambda raw: f"{jose.b64(raw)}.{jose.b64(raw)}.{jose.b64(raw)}") | st.recursive(
    st.none() | st.integers() | st.text(), lambda inner: st.dictionaries(st.text(), inner)
).map(lambda value: f"{packed(value)}.e30."))  # fmt: skip
def test_whatever_is_sent_as_a_proof_is_refused_and_nothing_else_happens(token: str) -> None:
    with pytest.raises(BadToken):
        dpop.check(token, "GET", URL, Clock()())


PERSON = {PID: "16887512345", LEVEL: "4"}
CITIZEN = {"pid": "14834142059", "acr": "idporten-loa-high"}


@pytest.mark.parametrize("told", [{PID: "16887512345", LEVEL: "3"}, {PID: "16887512345"},
                                  {"pid": "14834142059", "acr": "idporten-loa-substantial"}, {"pid": "14834142059"}])  # fmt: skip
async def test_a_person_who_signed_in_at_a_lower_level_does_not_enter(door: Door, told: dict[str, str]) -> None:
    with pytest.raises(Refused, match="AK-L005"):
        await door.enter(door.token(**told))
    for enough in (PERSON, CITIZEN):
        assert await door.enter(door.token(**enough)) == "jonas"


@pytest.mark.parametrize(("vouches", "told"), [(STAFF, CITIZEN), (CITIZENS, PERSON), (CITIZENS, PERSON | CITIZEN)])
async def test_an_issuer_vouches_for_those_it_is_there_for_and_no_others(
    db: Database, tmp_path: Path, vouches: str, told: dict[str, str]
) -> None:
    door = Door(db, tmp_path, vouches=frozenset({vouches}))
    assert await why(door.enter(door.token(**told))) == f"this issuer does not vouch for {max(EVERYBODY - {vouches})}"
    assert await door.enter(door.token(**(PERSON if vouches == STAFF else CITIZEN))) == "jonas"


def test_a_weak_key_proves_nothing() -> None:
    for bits, taken in ((1024, False), (2048, True)):
        weak = rsa.generate_private_key(public_exponent=65537, key_size=bits).public_key().public_numbers().n
        jwk = {"kty": "RSA", "e": "AQAB", "n": jose.b64(weak.to_bytes(bits // 8, "big"))}
        if taken:
            assert jose.public_key(jwk).thumbprint()
        else:
            with pytest.raises(BadToken):
                jose.public_key(jwk)
