"""A certified OpenID provider (npm oidc-provider) as a process of its own, with one client that proves itself by keys."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from akson.signin.client import OidcClient
from akson.signin.keys import Keyring
from akson.signin.machine import Machine
from akson.signin.model import Provider
from tests.programs import HANG, ROOT, running

MODULE = ROOT / "node_modules" / "oidc-provider" / "lib" / "index.js"
needs_provider = pytest.mark.skipif(not MODULE.exists(), reason="needs node_modules/oidc-provider (npm ci)")


@asynccontextmanager
async def openid_provider(
    keys: Keyring, client: Mapping[str, Any], *, person: Mapping[str, str] | None = None,
    known: Mapping[str, str] | None = None,
) -> AsyncIterator[str]:  # fmt: skip
    """Run the provider; return its address.

    client  what it knows of the client beside how that proves itself: a machine's, where it says nothing of grants
    person  the claims of who signs in
    known   what it knows of the client and puts into its tokens
    """
    registered = {
        "redirect_uris": [], "response_types": [], "grant_types": ["client_credentials"],
        "token_endpoint_auth_method": "private_key_jwt", "token_endpoint_auth_signing_alg": "ES256",
        "id_token_signed_response_alg": "ES256", "jwks": keys.public, "dpop_bound_access_tokens": True,
    } | client  # fmt: skip
    process = await asyncio.create_subprocess_exec(
        "node", ROOT / "tests/signin/oidc_provider.mjs", MODULE, json.dumps(registered), json.dumps(person or {}),
        json.dumps(known or {}), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    assert process.stdin and process.stdout
    try:
        yield f"http://127.0.0.1:{int(await asyncio.wait_for(process.stdout.readline(), HANG))}"
    finally:
        process.stdin.close()
        await process.wait()


def machine(issuer: str, keys: Keyring, http: httpx.AsyncClient, *, audience: str, scope: str) -> Machine:
    """Return us as a machine there; tokens and proofs go by the true clock, whatever the office's says."""

    def clock() -> datetime:
        return datetime.now(UTC)

    provider = Provider(name="helseid", label="HelseID", issuer=issuer, client_id="akson", redirect_uri="", leave_uri="",
                        resource=audience)  # fmt: skip
    return Machine(oidc=OidcClient(provider, keys, http, clock), keys=keys, http=http, clock=clock, scope=scope)


@asynccontextmanager
async def behind_provider(
    program: str, *told: str, folder: Path, scope: str
) -> AsyncIterator[tuple[str, httpx.AsyncClient, Machine]]:
    """Run a register that asks for the provider's tokens; yield its address, its pages, and us as a machine there."""
    keys, audience = Keyring.open(folder, "client"), "http://127.0.0.1/register"
    async with (
        openid_provider(keys, {"client_id": "akson", "scope": scope}) as issuer,
        running(program, "--issuer", issuer, "--audience", audience, "--scope", scope, *told) as url,
        httpx.AsyncClient(base_url=url) as page,
    ):
        yield url, page, machine(issuer, keys, page, audience=audience, scope=scope)
