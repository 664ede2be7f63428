"""Our authorisation server refuses everything that a program, or a thief, must not get. Spoken to over real HTTP.

Source: RFC 6749 4.1.2 and 10.5, RFC 7523 3, RFC 7636 4.6, RFC 9126 2.1, RFC 9449 4.3; FAPI 2.0 security profile 5.3.
"""

from __future__ import annotations

from typing import Any

import httpx
from joserfc.jwk import ECKey

from akson.signin import dpop, jose
from akson.signin.client import ASSERTION
from tests.signin.conftest import Browser, House, confused, unsigned

VERIFIER = "v" * 43
OTHER = ECKey.generate_key("P-256", private=True)


def assertion(house: House, *, key: ECKey | None = None, client: str = "web", **changed: Any) -> dict[str, str]:
    """Return what authenticates a client, with `changed` claims (None: left out)."""
    key, now = key or house.client_keys.signer, int(house.clock().timestamp())
    claims = {"iss": client, "sub": client, "aud": house.issuer.settings.url, "jti": jose.fresh(), "iat": now,
              "exp": now + 60} | changed  # fmt: skip
    kept = {name: value for name, value in claims.items() if value is not None}
    signed = jose.sign(kept, key, typ="JWT", kid=house.client_keys.signer.thumbprint())
    return {"client_id": client, "client_assertion_type": ASSERTION, "client_assertion": signed}


def request(house: House, **changed: str) -> dict[str, str]:
    """Return a pushed request as our client sends it."""
    return {
        "response_type": "code", "redirect_uri": f"{house.url}/logg-inn/tilbake", "scope": "openid user/*.cruds",
        "state": "s", "nonce": "n", "code_challenge": jose.b64(jose.sha256(VERIFIER)), "code_challenge_method": "S256",
    } | changed  # fmt: skip


async def post(house: House, path: str, form: dict[str, str], proof: str = "") -> httpx.Response:
    return await house.http.post(f"{house.issuer.settings.url}{path}", data=form, headers={"dpop": proof})


def proof(house: House, *, key: ECKey | None = None, method: str = "POST", path: str = "/token") -> str:
    return dpop.make(key or house.client_keys.signer, method, f"{house.issuer.settings.url}{path}", house.clock())


async def code(house: House, browser: Browser, **changed: str) -> str:
    """Let Jonas sign in and return the code his browser carries back."""
    pushed = await post(house, "/par", request(house, **changed) | assertion(house))
    assert pushed.status_code == 201, pushed.text
    form = {"client_id": "web", "request_uri": pushed.json()["request_uri"], "person": "jonas"}
    await browser.go("/id/authorize", stop="code=", **form)
    return browser.been[-1].split("code=")[1].split("&")[0]


def redemption(house: House, value: str, **changed: str) -> dict[str, str]:
    return {"grant_type": "authorization_code", "code": value, "code_verifier": VERIFIER,
            "redirect_uri": f"{house.url}/logg-inn/tilbake"} | changed  # fmt: skip


async def test_a_code_gives_an_id_token_and_an_access_token_bound_to_the_key(house: House, browser: Browser) -> None:
    form = redemption(house, await code(house, browser)) | assertion(house)
    answer = (await post(house, "/token", form, proof(house))).json()
    claims = jose.unverified(answer["id_token"])
    assert claims["helseid://claims/identity/pid"] == "16887512345" and claims["nonce"] == "n"
    assert claims["helseid://claims/identity/security_level"] == "4"
    assert claims["helseid://claims/hpr/hpr_number"] == "9000001"
    access = jose.unverified(answer["access_token"])
    assert access["cnf"] == {"jkt": house.client_keys.signer.thumbprint()} and answer["token_type"] == "DPoP"
    assert access["aud"] == f"{house.url}/fhir" and "user/*.cruds" in access["scope"]


WRONG_CODES = [
    ({"code_verifier": "w" * 43}, "invalid_grant"),
    ({"code_verifier": ""}, "invalid_grant"),
    ({"redirect_uri": "http://127.0.0.1:1/logg-inn/tilbake"}, "invalid_grant"),
    ({"code": "unknown"}, "invalid_grant"),
    ({"grant_type": "password"}, "unsupported_grant_type"),
    ({"resource": "https://elsewhere.example/fhir"}, "invalid_target"),
]  # fmt: skip


async def test_a_code_with_anything_else_than_was_asked_for_gives_nothing(house: House, browser: Browser) -> None:
    for changed, error in WRONG_CODES:
        form = redemption(house, await code(house, browser), **changed)
        refused = await post(house, "/token", form | assertion(house), proof(house))
        assert (refused.status_code, refused.json()["error"]) == (400, error), changed
        if error == "invalid_grant" and "code" not in changed:  # one wrong guess spends the code
            again = redemption(house, form["code"]) | assertion(house)
            assert (await post(house, "/token", again, proof(house))).status_code == 400, changed


async def test_a_code_used_twice_gives_nothing_and_takes_back_what_it_gave(house: House, browser: Browser) -> None:
    value = await code(house, browser)
    token = (await post(house, "/token", redemption(house, value) | assertion(house), proof(house))).json()
    assert (await house.oidc.call("GET", f"{house.url}/fhir/hvem", token["access_token"])).status_code == 200
    again = await post(house, "/token", redemption(house, value) | assertion(house), proof(house))
    assert again.json()["error"] == "invalid_grant"
    house.clock.pass_(seconds=2)  # the list of revoked tokens is read once a second
    refused = await house.oidc.call("GET", f"{house.url}/fhir/hvem", token["access_token"])
    assert (refused.status_code, refused.json()["why"]) == (401, "revoked")


async def test_a_code_expires(house: House, browser: Browser) -> None:
    value = await code(house, browser)
    house.clock.pass_(seconds=61)
    late = await post(house, "/token", redemption(house, value) | assertion(house), proof(house))
    assert late.json()["error"] == "invalid_grant"


async def test_a_code_belongs_to_one_client_and_one_key(house: House, browser: Browser) -> None:
    stolen = redemption(house, await code(house, browser)) | assertion(house, client="other")
    assert (await post(house, "/token", stolen, proof(house))).json()["error"] == "invalid_grant"
    bound = await code(house, browser, dpop_jkt=house.client_keys.signer.thumbprint())
    stolen = redemption(house, bound) | assertion(house)
    assert (await post(house, "/token", stolen, proof(house, key=OTHER))).json()["error"] == "invalid_grant"


WRONG_REQUESTS = [
    ({"redirect_uri": "http://127.0.0.1/logg-inn/tilbake/"}, "invalid_request"),
    ({"redirect_uri": "https://evil.example/"}, "invalid_request"),
    ({"redirect_uri": ""}, "invalid_request"),
    ({"code_challenge_method": "plain"}, "invalid_request"),
    ({"code_challenge": ""}, "invalid_request"),
    ({"code_challenge": "short"}, "invalid_request"),
    ({"request_uri": "urn:x"}, "invalid_request"),
    ({"response_type": "token"}, "unsupported_response_type"),
    ({"scope": "openid admin"}, "invalid_scope"),
    ({"scope": ""}, "invalid_scope"),
]  # fmt: skip


async def test_a_request_that_is_not_what_was_agreed_is_not_taken(house: House) -> None:
    for changed, error in WRONG_REQUESTS:
        refused = await post(house, "/par", request(house, **changed) | assertion(house))
        assert (refused.status_code, refused.json()["error"]) == (400, error), changed


WRONG_CLIENTS = [
    lambda house: assertion(house, key=OTHER),
    lambda house: assertion(house, iss="other"),
    lambda house: assertion(house, sub="other"),
    lambda house: assertion(house, aud="https://elsewhere.example"),
    lambda house: assertion(house, aud=[house.issuer.settings.url, "https://elsewhere.example"]),
    lambda house: assertion(house, exp=int(house.clock().timestamp()) - 60),
    lambda house: assertion(house, exp=int(house.clock().timestamp()) + 3600),
    lambda house: assertion(house, exp=None),
    lambda house: assertion(house, jti=None),
    lambda house: assertion(house, client="nobody"),
    lambda house: assertion(house) | {"client_assertion_type": "x"},
    lambda house: assertion(house) | {"client_assertion": "x.y.z"},
    lambda house: assertion(house) | {"client_assertion": unsigned(assertion(house)["client_assertion"])},
    lambda house: assertion(house) | {"client_assertion": hmac_signed(house)},
    lambda house: {"client_id": "web", "client_secret": "hemmelig"},
]  # fmt: skip


async def test_a_client_that_does_not_prove_itself_is_refused(house: House) -> None:
    for place, spoil in enumerate(WRONG_CLIENTS):
        refused = await post(house, "/par", request(house) | spoil(house))
        assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client"), place


def hmac_signed(house: House) -> str:
    claims = jose.unverified(assertion(house)["client_assertion"])
    return confused(claims, house.client_keys.signer, "JWT")


async def test_an_assertion_counts_once(house: House) -> None:
    once = assertion(house)
    assert (await post(house, "/par", request(house) | once)).status_code == 201
    assert (await post(house, "/par", request(house) | once)).json()["error"] == "invalid_client"


WRONG_PROOFS = [
    lambda house: "",
    lambda house: "x.y.z",
    lambda house: proof(house, method="GET"),
    lambda house: proof(house, path="/par"),
    lambda house: unsigned(proof(house)),
    lambda house: dpop.make(OTHER, "POST", "https://elsewhere.example/token", house.clock()),
]  # fmt: skip


async def test_no_token_without_a_good_proof(house: House) -> None:
    for place, spoil in enumerate(WRONG_PROOFS):
        form = {"grant_type": "client_credentials", "scope": "system/*.rs"} | assertion(house)
        refused = await post(house, "/token", form, spoil(house))
        assert refused.json()["error"] == "invalid_dpop_proof", place


async def test_a_proof_counts_once(house: House) -> None:
    once = proof(house)
    form = {"grant_type": "client_credentials", "scope": "system/*.rs"}
    assert (await post(house, "/token", form | assertion(house), once)).status_code == 200
    again = await post(house, "/token", form | assertion(house), once)
    assert again.json()["error"] == "invalid_dpop_proof"


async def test_a_machine_gets_a_token_for_itself_and_only_its_own_scopes(house: House) -> None:
    token = await house.oidc.machine_token("system/*.rs")
    answer = await house.oidc.call("GET", f"{house.url}/fhir/hvem", token.access_token)
    assert answer.json() == {"subject": "web", "pid": "", "scopes": ["system/*.rs"]}
    form = {"grant_type": "client_credentials", "scope": "system/*.cruds"} | assertion(house)
    assert (await post(house, "/token", form, proof(house))).json()["error"] == "invalid_scope"
    form = {"grant_type": "client_credentials", "scope": "openid"} | assertion(house, client="other")
    assert (await post(house, "/token", form, proof(house))).json()["error"] == "unauthorized_client"


async def test_a_machines_token_is_for_one_api_ours_or_the_one_elsewhere_that_its_scopes_name(house: House) -> None:
    token = await house.oidc.machine_token("nhn:msh/api nhn:msh/more")
    assert jose.unverified(token.access_token)["aud"] == "nhn:msh"
    assert (await house.oidc.call("GET", f"{house.url}/fhir/hvem", token.access_token)).status_code == 401
    for scope, more, error in (
        ("nhn:msh/api nhn:cp-api/access", {}, "invalid_scope"),  # two APIs
        ("nhn:msh/api system/*.rs", {}, "invalid_scope"),  # ours too
        ("nhn:msh/other", {}, "invalid_scope"),
        ("openid", {}, "invalid_scope"),  # nobody is there
        ("nhn:msh/api", {"resource": f"{house.url}/fhir"}, "invalid_target"),
    ):
        form = {"grant_type": "client_credentials", "scope": scope} | more | assertion(house)
        assert (await post(house, "/token", form, proof(house))).json()["error"] == error, scope
    pushed = await post(house, "/par", request(house, scope="openid nhn:msh/api") | assertion(house))
    assert pushed.json()["error"] == "invalid_scope"  # nor is it a person's to give


async def test_a_page_opened_without_a_pushed_request_explains_itself(house: House, browser: Browser) -> None:
    for query in ["", "?client_id=web&request_uri=urn:x", "?client_id=web&redirect_uri=https://evil.example/"]:
        assert (await browser.go(f"/id/authorize{query}")).status_code == 400
    assert (await browser.go("/id/end_session?client_id=web&post_logout_redirect_uri=https://evil.example/")).url.path


async def test_logout_leads_to_registered_addresses_only(house: House, browser: Browser) -> None:
    stays = await browser.go("/id/end_session?client_id=web&post_logout_redirect_uri=https://evil.example/")
    assert stays.url.path == "/id/end_session" and not browser.been


async def test_a_form_that_cannot_be_read_is_a_clear_4xx(house: House) -> None:
    for body in [b"\xff", b"a=" + b"x" * 70_000, b"client_id=web&client_id=other", b"a=1&" * 50]:
        refused = await house.http.post(f"{house.issuer.settings.url}/par", content=body)
        assert refused.status_code in {400, 401, 413} and "error" in refused.json(), body


async def test_keys_rotate_while_people_sign_in(house: House, browser: Browser) -> None:
    before = (await house.oidc.machine_token("system/*.rs")).access_token
    house.issuer_keys.rotate()
    house.client_keys.rotate()
    house.clock.pass_(seconds=11)  # an unknown key is looked for again after ten seconds
    assert (await browser.sign_in("jonas")).json()["name"] == "Jonas Eikeland"
    claims = jose.unverified(before)
    assert claims["cnf"]["jkt"] != house.client_keys.signer.thumbprint()
