"""A person lets an app in: standalone and from an open record; and the app gets no more than that.

Source: hl7.org/fhir/smart-app-launch/STU2.2, RFC 6749, 7009, 7636, 7662
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from akson.base.work import Actor, Kind
from akson.doors.subscribing import standing
from akson.signin import dpop, jose
from akson.signin.issuer import ASSERTION
from tests.signin.conftest import served
from tests.signin.smart.conftest import BACK, PUBLIC, VERIFIER, Smart, assertion, keyed

NAMED = ".".join(jose.b64(text) for text in (b'{"alg":"ES384"}', b'{"iss":"\\ud800"}', b"x"))  # half a character
READ = "openid fhirUser launch/patient patient/*.rs"


@pytest.fixture
async def jonas(smart: Smart) -> Actor:
    return await smart.staff("jonas")


async def redeemed(smart: Smart, told: dict[str, str], **changed: str) -> httpx.Response:
    form = {"grant_type": "authorization_code", "code": told["code"], "redirect_uri": BACK, "client_id": "kurve",
            "code_verifier": VERIFIER}  # fmt: skip
    return await smart.token(**form | changed)


async def test_a_doctor_opens_an_app_for_one_patient_and_it_gets_that_record_only(smart: Smart, jonas: Actor) -> None:
    token = await smart.launched(READ, jonas, "astrid")
    astrid = smart.id("Patient/astrid")
    assert (token["patient"], token["token_type"], token["need_patient_banner"]) == (astrid, "Bearer", True)
    assert set(token["scope"].split()) == set(READ.split()) and token["expires_in"] > 0
    assert (await smart.fhir(token, f"Patient/{astrid}")).status_code == 200
    found = (await smart.fhir(token, "Patient")).json()["entry"]
    assert [one["resource"]["id"] for one in found] == [astrid]
    keys = (await smart.http.get(f"{smart.url}/smart/jwks")).json()
    claims = jwt.decode(token["id_token"], KeySet.import_key_set(keys), algorithms=["RS256"]).claims
    assert claims["fhirUser"] == f"{smart.url}/fhir/{jonas.id}" and claims["aud"] == "kurve"
    assert (await smart.fhir(token, jonas.id)).status_code == 200
    access = jose.unverified(token["access_token"])
    assert not {"pid", "helseid://claims/identity/pid"} & {*access, *claims}  # no app learns a national id


async def test_a_citizen_is_offered_the_own_record_and_no_stranger_s(smart: Smart) -> None:
    astrid, browser_of = await smart.citizen("astrid"), smart.sign_in
    browser = await browser_of(astrid)
    page = await smart.authorize(READ, browser)
    assert smart.id("Patient/astrid") in page.text and page.text.count('name="pasient"') >= 1
    other = next(name for name in smart.names if name.startswith("Patient/") and smart.id(name) not in page.text)
    hidden = {name: page.text.split(f'name="{name}" value="')[1].split('"')[0] for name in ("_csrf", "be")}
    refused = await smart.http.post(f"{smart.url}/smart/app", headers=browser,
                                    data=hidden | {"svar": "ja", "pasient": smart.id(other)})  # fmt: skip
    assert refused.status_code in (403, 404)
    told = await smart.decide(page, browser, pasient=smart.id("Patient/astrid"))
    token = (await redeemed(smart, told)).json()
    assert token["patient"] == smart.id("Patient/astrid")
    assert (await smart.fhir(token, "Observation")).status_code == 200


async def test_whom_staff_look_for_stands_in_no_address(smart: Smart, jonas: Actor) -> None:
    browser = await smart.sign_in(jonas)
    page = await smart.authorize("launch/patient patient/Patient.r", browser)
    assert 'method="get"' not in page.text
    hidden = {name: page.text.split(f'name="{name}" value="')[1].split('"')[0] for name in ("_csrf", "be")}
    for name, found in (("Astrid", True), ("Ingenslik", False)):
        sent = hidden | {"svar": "finn", "navn": name}
        answer = await smart.http.post(f"{smart.url}/smart/app", data=sent, headers=browser)
        assert answer.status_code == 200 and "location" not in answer.headers
        assert (smart.id("Patient/astrid") in answer.text) is found, name
    assert (
        await smart.http.post(f"{smart.url}/smart/app", data=sent | {"_csrf": "x"}, headers=browser)
    ).status_code == 403
    assert "code" in await smart.decide(page, browser, pasient=smart.id("Patient/astrid"))


@pytest.mark.parametrize(("method", "path", "more"), [
    ("POST", "app", {"data": {"navn": "\0"}}), ("GET", "start", {"params": {"app": "\0", "pasient": "\0"}}),
    ("GET", "authorize", {"params": {"client_id": "\0"}}), ("GET", "authorize", {"params": {"state": "\0"}}),
    ("POST", "token", {"data": {"client_id": "\0"}}), ("POST", "token", {"data": {"refresh_token": "\0"}}),
    ("POST", "introspect", {"data": {"client_id": "x" * 70, "token": "\0"}}),
    ("POST", "token", {"data": {"client_assertion_type": ASSERTION, "client_assertion": NAMED}}),
])  # fmt: skip
async def test_what_no_database_holds_is_refused_and_is_no_fault(
    smart: Smart, jonas: Actor, method: str, path: str, more: dict[str, Any]
) -> None:
    browser = await smart.sign_in(jonas)
    if path == "authorize" and "state" in more["params"]:
        answer = await smart.authorize(READ, browser, state="\0")
    else:
        answer = await smart.http.request(method, f"{smart.url}/smart/{path}", headers=browser, **more)
    assert 400 <= answer.status_code < 500


async def test_an_app_started_from_an_open_record_is_told_whose_it_is(smart: Smart, jonas: Actor) -> None:
    browser, astrid = await smart.sign_in(jonas), smart.id("Patient/astrid")
    started = await smart.http.get(f"{smart.url}/smart/start", headers=browser,
                                   params={"app": "kurve", "pasient": astrid})  # fmt: skip
    where = httpx.URL(started.headers["location"])
    assert str(where).startswith("https://app.example/start?") and where.params["iss"] == f"{smart.url}/fhir"
    launch = where.params["launch"]
    page = await smart.authorize("launch patient/*.rs", browser, launch=launch)
    assert 'name="pasient"' not in page.text  # nobody else is to be chosen
    token = (await redeemed(smart, await smart.decide(page, browser))).json()
    assert (token["patient"], token["need_patient_banner"]) == (astrid, False)
    siri = await smart.sign_in(await smart.citizen("astrid"))
    assert (await smart.authorize("launch patient/*.rs", siri, launch=launch)).status_code == 400  # another person
    assert (await smart.authorize("launch patient/*.rs", browser, launch="gjettet")).status_code == 400


async def test_who_is_not_signed_in_does_that_first(smart: Smart) -> None:
    answer = await smart.authorize(READ, {})
    assert answer.status_code == 303 and answer.headers["location"].startswith("/logg-inn?til=%2Fsmart%2Fapp")


async def test_who_says_no_sends_the_app_away_with_that(smart: Smart, jonas: Actor) -> None:
    browser = await smart.sign_in(jonas)
    told = await smart.decide(await smart.authorize(READ, browser), browser, svar="nei")
    assert (told["error"], told["state"]) == ("access_denied", "tilstand") and "code" not in told


WRONG: list[tuple[dict[str, str], str]] = [
    ({"response_type": "token"}, "unsupported_response_type"),
    ({"code_challenge_method": "plain"}, "invalid_request"),
    ({"code_challenge": ""}, "invalid_request"),
    ({"state": ""}, "invalid_request"),
    ({"aud": "https://elsewhere.example/fhir"}, "invalid_request"),
    ({"aud": ""}, "invalid_request"),
    ({"scope": "system/*.rs"}, "invalid_scope"),
    ({"scope": "patient/*.sr"}, "invalid_scope"),
    ({"scope": "patient/Observation.rs launch"}, "invalid_request"),
    ({"launch": "x"}, "invalid_request"),
]


async def test_a_request_that_is_not_what_was_agreed_goes_back_to_the_app(smart: Smart, jonas: Actor) -> None:
    browser = await smart.sign_in(jonas)
    for changed, error in WRONG:
        answer = await smart.authorize(browser=browser, **({"scope": READ} | changed))
        told = httpx.URL(answer.headers["location"]).params
        assert (answer.status_code, told["error"]) == (303, error), changed


@pytest.mark.parametrize("changed", [{"client_id": "ukjent"}, {"redirect_uri": f"{BACK}/"}, {"redirect_uri": ""}])
async def test_no_answer_goes_to_an_address_that_is_not_registered(smart: Smart, changed: dict[str, str]) -> None:
    answer = await smart.authorize(READ, {}, **changed)
    assert answer.status_code == 400 and "location" not in answer.headers and "registrert" in answer.text


async def test_scopes_are_cut_to_what_the_app_may_be_given(smart: Smart, jonas: Actor) -> None:
    token = await smart.launched(
        "launch/patient patient/Observation.cruds patient/Condition.cud user/*.rs", jonas, "astrid"
    )
    assert token["scope"] == "launch/patient patient/Observation.cruds user/*.rs"


CODES: list[dict[str, str]] = [{"code_verifier": "w" * 50}, {"code_verifier": ""}, {"redirect_uri": "https://app.example/"},
                               {"client_id": "annen"}]  # fmt: skip


async def test_a_code_with_anything_else_than_was_asked_for_gives_nothing(smart: Smart, jonas: Actor) -> None:
    await smart.apps.add(replace(PUBLIC, id="annen"), datetime.now(UTC))
    browser = await smart.sign_in(jonas)
    for changed in CODES:
        told = await smart.decide(await smart.authorize("openid", browser), browser)
        refused = await redeemed(smart, told, **changed)
        assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant"), changed
        assert (await redeemed(smart, told)).status_code == 400  # one wrong guess spends the code


async def test_a_code_used_twice_takes_back_what_it_gave(smart: Smart, jonas: Actor) -> None:
    browser = await smart.sign_in(jonas)
    told = await smart.decide(await smart.authorize("openid user/*.rs", browser), browser)
    token = (await redeemed(smart, told)).json()
    assert (await smart.fhir(token, "Patient?_count=1")).status_code == 200
    assert (await redeemed(smart, told)).json()["error"] == "invalid_grant"
    assert (await smart.fhir(token, "Patient?_count=1")).status_code == 401


async def refreshed(smart: Smart, token: dict[str, Any], **more: str) -> httpx.Response:
    form = {"grant_type": "refresh_token", "refresh_token": token["refresh_token"], "client_id": "kurve"}
    return await smart.token(**form | more)


async def test_a_refresh_token_works_once_and_a_second_use_ends_everything(smart: Smart, jonas: Actor) -> None:
    first = await smart.launched(f"{READ} offline_access", jonas, "astrid")
    second = (await refreshed(smart, first)).json()
    assert second["scope"] == first["scope"] and second["refresh_token"] != first["refresh_token"]
    assert second["patient"] == first["patient"]
    assert (await smart.fhir(second, "Observation?_count=1")).status_code == 200
    stolen = await refreshed(smart, first)
    assert (stolen.status_code, stolen.json()["error"]) == (400, "invalid_grant")
    assert (await smart.fhir(second, "Observation?_count=1")).status_code == 401
    assert (await refreshed(smart, second)).json()["error"] == "invalid_grant"


async def test_a_refresh_can_ask_for_less_and_never_for_more_and_a_slip_does_not_spend_the_token(
    smart: Smart, jonas: Actor
) -> None:
    token = await smart.launched(f"{READ} offline_access", jonas, "astrid")
    assert (await refreshed(smart, token, scope="patient/*.cruds")).json()["error"] == "invalid_scope"
    assert (await refreshed(smart, token, scope="patient/*.rs")).json()["scope"] == "patient/*.rs"


async def test_offline_access_ends_ninety_days_after_the_consent_however_often_it_is_refreshed(
    smart: Smart, jonas: Actor
) -> None:
    token = await smart.launched(f"{READ} offline_access", jonas, "astrid")
    began = await smart.office.database.fetchval("SELECT expires_at FROM smart_grant")
    assert began - datetime.now(UTC) < timedelta(days=90, minutes=1)
    token = (await refreshed(smart, token)).json()
    assert await smart.office.database.fetchval("SELECT expires_at FROM smart_grant") == began
    await smart.office.database.execute("UPDATE smart_grant SET expires_at = now() - interval '1 second'")
    assert (await refreshed(smart, token)).json()["error"] == "invalid_grant"
    assert (await smart.fhir(token, "Observation?_count=1")).status_code == 401


async def test_the_page_says_how_long_the_app_is_let_in(smart: Smart) -> None:
    browser = await smart.sign_in(await smart.citizen("astrid"))
    for more, said in (
        ("", "høyst en time"),
        ("online_access", "så lenge du er logget inn"),
        ("offline_access", "90 dager"),
    ):
        assert said in (await smart.authorize(f"{READ} {more}".strip(), browser)).text


async def test_online_access_ends_with_the_browser_session(smart: Smart, jonas: Actor) -> None:
    token = await smart.launched(f"{READ} online_access", jonas, "astrid")
    token = (await refreshed(smart, token)).json()
    await smart.office.database.execute("DELETE FROM signin_session")
    assert (await refreshed(smart, token)).json()["error"] == "invalid_grant"
    assert (await smart.fhir(token, "Observation?_count=1")).status_code == 401


async def test_a_token_ends_when_it_is_revoked_when_the_app_is_removed_and_when_the_person_leaves(
    smart: Smart, jonas: Actor
) -> None:
    token = await smart.launched(f"{READ} offline_access", jonas, "astrid")
    assert (await smart.http.post(f"{smart.url}/smart/revoke",
                                  data={"client_id": "kurve", "token": token["refresh_token"]})).status_code == 200  # fmt: skip
    assert (await smart.fhir(token, "Observation?_count=1")).status_code == 401
    token = await smart.launched(READ, jonas, "astrid")
    assert await smart.apps.remove("kurve")
    assert (await smart.fhir(token, "Observation?_count=1")).status_code == 401


async def test_who_began_an_export_acts_no_more_once_the_token_is_revoked_or_the_app_removed(smart: Smart) -> None:
    await smart.apps.add(keyed(), datetime.now(UTC))
    token = (await smart.token(grant_type="client_credentials", scope="system/*.rs", **assertion(smart.url))).json()
    jti = jose.unverified(token["access_token"])["jti"]
    robot = Actor(kind=Kind.SYSTEM, id="Device/robot", key=0, name="Robot", role="system", client="robot", token=jti,
                  scopes=frozenset({"system/*.rs"}))  # fmt: skip
    now = standing(smart.office)
    assert await now(robot) == robot
    place = f"{smart.url}/smart/revoke"
    proof = {"token": token["access_token"], **assertion(smart.url, aud=place)}
    assert (await smart.http.post(place, data=proof)).status_code == 200
    assert await now(robot) is None
    assert await now(replace(robot, token="")) is not None  # a subscription outlives its token
    assert await smart.apps.remove("robot")
    assert await now(replace(robot, token="")) is None


async def test_a_backend_service_proves_itself_and_gets_only_what_is_registered(smart: Smart) -> None:
    await smart.apps.add(keyed(scopes=("system/Observation.rs",)), datetime.now(UTC))
    form = {"grant_type": "client_credentials", "scope": "system/*.cruds system/Observation.rs patient/*.rs"}
    answer = await smart.token(**form, **assertion(smart.url))
    token = answer.json()
    assert token["scope"] == "system/Observation.rs" and token["expires_in"] <= 300 and "refresh_token" not in token
    assert answer.headers["cache-control"] == "no-store" and answer.headers["pragma"] == "no-cache"
    assert (await smart.fhir(token, "Observation?_count=1")).status_code == 200
    assert (await smart.fhir(token, "Condition?_count=1")).status_code == 403


async def test_whoever_does_not_prove_itself_gets_nothing(smart: Smart) -> None:
    await smart.apps.add(keyed(), datetime.now(UTC))
    used, now = assertion(smart.url), int(datetime.now(UTC).timestamp())
    form = {"grant_type": "client_credentials", "scope": "system/*.rs"}
    assert (await smart.token(**form, **used)).status_code == 200
    wrong = [
        used, assertion(smart.url, exp=now - 60), assertion(smart.url, exp=now + 3600), assertion(smart.url, aud="x"),
        assertion(smart.url, sub="annen"), assertion(smart.url, id_="ukjent"), {"client_id": "robot"},
        {"client_id": "robot", "client_secret": "x"}, assertion(smart.url) | {"client_id": "kurve"},
    ]  # fmt: skip
    for proof in wrong:
        refused = await smart.token(**form, **proof)
        assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client"), proof
    assert (await smart.token(**form, client_id="kurve")).json()["error"] == "unauthorized_client"


async def test_keys_may_stand_at_an_address_and_none_other_may_be_named(smart: Smart) -> None:
    jwks = keyed().jwks

    def build(url: str) -> Starlette:
        async def keys(request: Request) -> Response:
            return JSONResponse(jwks)

        return Starlette(routes=[Route("/jwks", keys)])

    form = {"grant_type": "client_credentials", "scope": "system/*.rs"}
    async with served(build) as url:
        await smart.apps.add(keyed(jwks={}, jwks_url=f"{url}/jwks"), datetime.now(UTC))
        assert (await smart.token(**form, **assertion(smart.url))).status_code == 200
        jwks["keys"] = []  # it is asked again: the answer did not say that it may be kept
        assert (await smart.token(**form, **assertion(smart.url))).json()["error"] == "invalid_client"
    assert (await smart.token(**form, **assertion(smart.url))).json()["error"] == "invalid_client"


async def test_no_app_fills_our_memory_with_its_keys(smart: Smart) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        yield b'{"keys":['
        while sent < 100:
            sent += 1
            yield b" " * 1_000_000
            await asyncio.sleep(0)

    def build(url: str) -> Starlette:
        async def keys(request: Request) -> Response:
            return StreamingResponse(endless())

        return Starlette(routes=[Route("/jwks", keys)])

    async with served(build) as url:
        await smart.apps.add(keyed(jwks={}, jwks_url=f"{url}/jwks"), datetime.now(UTC))
        answer = await smart.token(grant_type="client_credentials", scope="system/*.rs", **assertion(smart.url))
    assert answer.json()["error"] == "invalid_client" and sent < 50


async def test_a_request_may_come_as_a_form(smart: Smart, jonas: Actor) -> None:
    form = {"response_type": "code", "client_id": "kurve", "redirect_uri": BACK, "scope": "openid", "state": "s",
            "aud": f"{smart.url}/fhir", "code_challenge": "c" * 43, "code_challenge_method": "S256"}  # fmt: skip
    answer = await smart.http.post(f"{smart.url}/smart/authorize", data=form)
    assert answer.status_code == 303 and answer.headers["location"].startswith(f"{smart.url}/smart/app?be=")


async def test_a_proof_of_possession_binds_the_tokens_to_its_key(smart: Smart, jonas: Actor) -> None:
    browser, key = await smart.sign_in(jonas), ECKey.generate_key("P-256", private=True)
    told = await smart.decide(await smart.authorize("user/*.rs offline_access", browser), browser)
    endpoint, now = f"{smart.url}/smart/token", datetime.now(UTC)
    form = {"grant_type": "authorization_code", "code": told["code"], "redirect_uri": BACK, "client_id": "kurve",
            "code_verifier": VERIFIER}  # fmt: skip
    token = (await smart.http.post(endpoint, data=form, headers={"dpop": dpop.make(key, "POST", endpoint, now)})).json()
    assert token["token_type"] == "DPoP"
    assert (await smart.fhir(token, "Patient?_count=1")).status_code == 401  # as Bearer
    proof = dpop.make(key, "GET", f"{smart.url}/fhir/Patient", datetime.now(UTC), token=token["access_token"])
    bound = {"authorization": f"DPoP {token['access_token']}", "dpop": proof}
    assert (await smart.http.get(f"{smart.url}/fhir/Patient?_count=1", headers=bound)).status_code == 200
    assert (await refreshed(smart, token)).json()["error"] == "invalid_grant"  # without the key
    proof = dpop.make(key, "POST", endpoint, datetime.now(UTC))
    form = {"grant_type": "refresh_token", "refresh_token": token["refresh_token"], "client_id": "kurve"}
    assert (await smart.http.post(endpoint, data=form, headers={"dpop": proof})).status_code == 200


async def test_introspection_tells_an_app_about_its_own_tokens_only(smart: Smart, jonas: Actor) -> None:
    await smart.apps.add(keyed(), datetime.now(UTC))
    await smart.apps.add(keyed("tilsyn", introspects=True), datetime.now(UTC))
    token = await smart.launched(READ, jonas, "astrid")

    async def asked(id_: str, text: str) -> dict[str, Any]:
        answer = await smart.http.post(
            f"{smart.url}/smart/introspect", data={"token": text} | assertion(smart.url, id_)
        )
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    assert await asked("robot", token["access_token"]) == {"active": False}
    told = await asked("tilsyn", token["access_token"])
    assert told["active"] and (told["client_id"], told["patient"]) == ("kurve", token["patient"])
    assert {"scope", "exp", "iss", "sub", "fhirUser"} <= told.keys()
    assert await asked("tilsyn", "tull") == {"active": False}
    open_ = await smart.http.post(f"{smart.url}/smart/introspect",
                                  data={"token": token["access_token"], "client_id": "kurve"})  # fmt: skip
    assert open_.status_code == 401


async def test_the_configuration_says_what_is_there(smart: Smart) -> None:
    answer = await smart.http.get(f"{smart.url}/fhir/.well-known/smart-configuration",
                                  headers={"accept": "application/fhir+xml", "origin": "https://app.example"})  # fmt: skip
    told = answer.json()
    assert answer.headers["content-type"] == "application/json" and answer.headers["access-control-allow-origin"] == "*"
    assert told["code_challenge_methods_supported"] == ["S256"] and "permission-v2" in told["capabilities"]
    assert {"authorization_code", "client_credentials"} <= set(told["grant_types_supported"])
    assert all(url.startswith(smart.url) for name, url in told.items() if name.endswith(("_endpoint", "_uri")))
    own = (await smart.http.get(f"{smart.url}/smart/.well-known/openid-configuration")).json()
    assert own["issuer"] == f"{smart.url}/smart" == told["issuer"]
    assert (await smart.http.get(f"{smart.url}/.well-known/smart-configuration")).json() == told
    security = (await smart.http.get(f"{smart.url}/fhir/metadata")).json()["rest"][0]["security"]
    places = {one["url"]: one["valueUri"] for one in security["extension"][0]["extension"]}
    assert places["authorize"] == told["authorization_endpoint"] and places["token"] == told["token_endpoint"]


async def test_a_browser_may_ask_from_another_site(smart: Smart) -> None:
    asked = {"origin": "https://app.example", "access-control-request-method": "GET",
             "access-control-request-headers": "authorization"}  # fmt: skip
    for path in ("/fhir/Patient/x", "/smart/token"):
        answer = await smart.http.options(f"{smart.url}{path}", headers=asked)
        assert answer.status_code == 204 and "authorization" in answer.headers["access-control-allow-headers"]


async def test_an_app_has_one_allowance_on_all_servers_together(smart: Smart) -> None:
    await smart.apps.add(keyed(rate=12), datetime.now(UTC))
    form = {"grant_type": "client_credentials", "scope": "system/*.rs"}
    token = (await smart.token(**form, **assertion(smart.url))).json()
    async with smart.another() as other:
        asked = [smart.fhir(token, "Observation?_count=1", at=at) for _ in range(30) for at in (smart.url, other)]
        codes = [answer.status_code for answer in await asyncio.gather(*asked)]
    for server in (codes[::2], codes[1::2]):
        assert set(server) <= {200, 429} and 429 in server
    assert codes.count(200) in range(12, 25)  # two minutes at most


async def test_a_client_that_asks_too_often_is_told_when_to_come_back(smart: Smart) -> None:
    await smart.apps.add(keyed(rate=3), datetime.now(UTC))
    form = {"grant_type": "client_credentials", "scope": "system/*.rs"}
    token = (await smart.token(**form, **assertion(smart.url))).json()
    answers = [await smart.fhir(token, "Observation?_count=1") for _ in range(8)]  # two minutes at most
    codes = [answer.status_code for answer in answers]
    assert 3 <= codes.count(200) <= 6 and 429 in codes
    late = next(answer for answer in answers if answer.status_code == 429)
    assert 1 <= int(late.headers["retry-after"]) <= 61 and late.json()["issue"][0]["code"] == "throttled"
