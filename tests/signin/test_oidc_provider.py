"""Our client against a certified OpenID provider that nobody here wrote (npm oidc-provider), as a real process.

It asks for PAR, private_key_jwt, PKCE and DPoP with its own nonce. It proves the protocol, not HelseID or ID-porten.
"""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from akson.base.errors import Refused
from akson.signin import jose
from akson.signin.client import OidcClient
from akson.signin.keys import Keyring
from akson.signin.model import LEVEL, PID, Issued, Pending, Provider
from akson.signin.remote import Remote
from akson.signin.verifier import Trust
from tests.signin.conftest import JONAS, ROLES, Clock, House, served
from tests.signin.provider import needs_provider, openid_provider

BACK = "http://127.0.0.1/logg-inn/tilbake"
FHIR = "http://127.0.0.1/fhir"

pytestmark = needs_provider


def provider(keys: Keyring, level: str, tells: str = "") -> AbstractAsyncContextManager[str]:
    """Run the provider with us as its client; it vouches for one person at `level`, and `tells` us of logouts."""
    client = {
        "client_id": "web", "redirect_uris": [BACK], "response_types": ["code"], "scope": "openid user/*.cruds",
        "grant_types": ["authorization_code"],
    } | ({"backchannel_logout_uri": tells, "backchannel_logout_session_required": True} if tells else {})  # fmt: skip
    return openid_provider(keys, client, person={PID: "16887512345", LEVEL: level, "name": "Jonas Eikeland"})


async def authorised(
    client: OidcClient, pending: Pending, at: httpx.AsyncClient | None = None, *, anew: bool = False
) -> dict[str, str]:
    """Go to the provider as the person's browser, `at` or a new one, and return what it sends back with."""
    where = await client.begin(state="s", nonce=pending.nonce, verifier=pending.verifier, anew=anew)
    async with httpx.AsyncClient() as fresh:
        browser = at or fresh
        for _ in range(8):
            answer = await browser.get(where)
            where = answer.headers["location"]
            where = where if where.startswith("http") else str(answer.url.join(where))
            if where.startswith(BACK):
                return dict(httpx.URL(where).params)
    raise AssertionError("too many redirects")


async def test_a_person_signs_in_at_a_provider_that_demands_everything(house: House, tmp_path: Path) -> None:
    keys = Keyring.open(tmp_path, "web")
    pending = Pending(provider="helseid", nonce="n", verifier=jose.fresh(), browser="", to="")
    async with provider(keys, "4") as issuer, httpx.AsyncClient() as http:
        settings = Provider(name="helseid", label="HelseID", issuer=issuer, client_id="web", redirect_uri=BACK,
                            leave_uri=BACK, scope="openid user/*.cruds", resource=FHIR)  # fmt: skip
        client = OidcClient(settings, keys, http, Clock())
        answer = await authorised(client, pending)
        assert answer["state"] == "s" and answer["iss"] == issuer
        signed_in = await client.finish(answer, pending)
        assert (signed_in.identity.pid, signed_in.identity.signed_in) == ("16887512345", "helseid:4")

        trust = [Trust(issuer=issuer, keys=Remote(issuer, http))]
        api = house.api(trusted=trust, bearer=False, audience=FHIR)
        async with served(lambda url: Starlette(routes=[api])) as ours:
            shown = await client.call("GET", f"{ours}/fhir/hvem", signed_in.access_token)
            assert shown.json()["scopes"] == ["user/*.cruds"], shown.text

        with pytest.raises(Refused, match="AK-L004"):  # the code has been used
            await client.finish(answer, pending)
        with pytest.raises(Refused, match="AK-L004"):  # a nonce of another sign-in
            await client.finish(await authorised(client, pending), Pending(
                provider="helseid", nonce="other", verifier=pending.verifier, browser="", to=""))  # fmt: skip
        with pytest.raises(Refused, match="AK-L004"):  # a wrong verifier
            await client.finish(await authorised(client, pending), Pending(
                provider="helseid", nonce="n", verifier=jose.fresh(), browser="", to=""))  # fmt: skip


async def test_a_person_known_too_loosely_is_refused(tmp_path: Path) -> None:
    keys = Keyring.open(tmp_path, "web")
    pending = Pending(provider="helseid", nonce="n", verifier=jose.fresh(), browser="", to="")
    async with provider(keys, "3") as issuer, httpx.AsyncClient() as http:
        settings = Provider(name="helseid", label="HelseID", issuer=issuer, client_id="web", redirect_uri=BACK,
                            leave_uri=BACK, scope="openid", resource=FHIR)  # fmt: skip
        client = OidcClient(settings, keys, http, Clock())
        with pytest.raises(Refused, match="AK-L005"):
            await client.finish(await authorised(client, pending), pending)


def settings(issuer: str) -> Provider:
    return Provider(name="helseid", label="HelseID", issuer=issuer, client_id="web", redirect_uri=BACK, leave_uri=BACK,
                    scope="openid", resource=FHIR)  # fmt: skip


async def test_the_provider_asks_the_person_anew_when_the_screen_was_locked(tmp_path: Path) -> None:
    keys = Keyring.open(tmp_path, "web")
    async with provider(keys, "4") as issuer, httpx.AsyncClient() as http, httpx.AsyncClient() as browser:
        client = OidcClient(settings(issuer), keys, http, Clock())
        pending = Pending(provider="helseid", nonce="n", verifier=jose.fresh(), browser="", to="")
        await client.finish(await authorised(client, pending, browser), pending)
        locked = replace(
            pending, since=datetime.now(UTC).timestamp() + 31
        )  # as if more time had passed than clocks differ
        with pytest.raises(Refused, match="AK-L004"):  # known at the issuer since before
            await client.finish(await authorised(client, locked, browser), locked)
        again = replace(pending, since=datetime.now(UTC).timestamp())
        found = await client.finish(await authorised(client, again, browser, anew=True), again)
        assert found.identity.pid == "16887512345"


async def test_who_logs_out_at_the_provider_is_logged_out_here(house: House, tmp_path: Path) -> None:
    keys = Keyring.open(tmp_path, "web")
    tells = f"{house.url}/logg-ut/helseid"
    async with provider(keys, "4", tells) as issuer, httpx.AsyncClient() as http, httpx.AsyncClient() as browser:
        client = OidcClient(settings(issuer), keys, http, Clock())
        assert isinstance(house.signin.providers, dict)
        house.signin.providers["helseid"] = client
        pending = Pending(provider="helseid", nonce="n", verifier=jose.fresh(), browser="", to="")
        issued = (await client.finish(await authorised(client, pending, browser), pending)).issued
        assert issued.subject == "person" and issued.session
        start = partial(house.sessions.start, ROLES[JONAS.pid], provider="helseid", now=house.clock())
        here, elsewhere = await start(issued=issued), await start(issued=Issued(subject="person", session="another"))
        asks = (await browser.get(f"{issuer}/session/end")).text
        sent = {"xsrf": asks.split('name="xsrf" value="')[1].split('"')[0], "logout": "yes"}
        await browser.post(f"{issuer}/session/end/confirm", data=sent)
        assert await house.sessions.resume(here, house.clock()) is None
        assert await house.sessions.resume(elsewhere, house.clock())
