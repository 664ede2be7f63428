"""Our client against a certified OpenID provider that nobody here wrote (npm oidc-provider), as a real process.

It asks for PAR, private_key_jwt, PKCE and DPoP with its own nonce. It proves the protocol, not HelseID or ID-porten.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from akson.base.errors import Refused
from akson.signin import jose
from akson.signin.client import OidcClient
from akson.signin.keys import Keyring
from akson.signin.model import LEVEL, PID, Pending, Provider
from akson.signin.remote import Remote
from akson.signin.verifier import Trust
from tests.signin.conftest import Clock, House, served

HERE = Path(__file__).parent
MODULE = HERE.parents[1] / "node_modules" / "oidc-provider" / "lib" / "index.js"
BACK = "http://127.0.0.1/logg-inn/tilbake"
FHIR = "http://127.0.0.1/fhir"

pytestmark = pytest.mark.skipif(not MODULE.exists(), reason="needs node_modules/oidc-provider (npm ci)")


@asynccontextmanager
async def provider(keys: Keyring, level: str) -> AsyncIterator[str]:
    """Run the provider with us as its client; it vouches for one person at `level`."""
    client = {
        "client_id": "web", "redirect_uris": [BACK], "response_types": ["code"], "scope": "openid user/*.cruds",
        "grant_types": ["authorization_code"], "token_endpoint_auth_method": "private_key_jwt",
        "token_endpoint_auth_signing_alg": "ES256", "id_token_signed_response_alg": "ES256", "jwks": keys.public,
        "dpop_bound_access_tokens": True,
    }  # fmt: skip
    person = {PID: "16887512345", LEVEL: level, "name": "Jonas Eikeland"}
    process = await asyncio.create_subprocess_exec(
        "node", HERE / "oidc_provider.mjs", MODULE, json.dumps(client), json.dumps(person),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    assert process.stdin and process.stdout
    try:
        port = int(await asyncio.wait_for(process.stdout.readline(), 30))
        yield f"http://127.0.0.1:{port}"
    finally:
        process.stdin.close()
        await process.wait()


async def authorised(client: OidcClient, pending: Pending) -> dict[str, str]:
    """Go to the provider as the person's browser and return what it sends back with."""
    where = await client.begin(state="s", nonce=pending.nonce, verifier=pending.verifier)
    async with httpx.AsyncClient() as browser:
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
