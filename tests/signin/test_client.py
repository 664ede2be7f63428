"""Our client believes an issuer no further than it must: a crooked issuer, spoken to over real HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from joserfc.jwk import ECKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from akson.base.errors import Refused
from akson.signin import jose
from akson.signin.client import OidcClient
from akson.signin.keys import Keyring
from akson.signin.model import CITIZENS, LEVEL, PID, STAFF, Pending, Provider
from akson.signin.remote import Remote
from tests.signin.conftest import Clock, confused, served, unsigned

PENDING = Pending(provider="helseid", nonce="n", verifier="v" * 43, browser="", to="")
KEY, OTHER = ECKey.generate_key("P-256", private=True), ECKey.generate_key("P-256", private=True)


@dataclass
class Crooked:
    """An issuer that says what the test wants."""

    url: str = ""
    id_token: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)
    tokens: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    async def discovery(self, request: Request) -> Response:
        return JSONResponse({
            "issuer": self.url, "authorization_endpoint": f"{self.url}/a", "token_endpoint": f"{self.url}/t",
            "pushed_authorization_request_endpoint": f"{self.url}/p", "jwks_uri": f"{self.url}/j",
        } | self.metadata)  # fmt: skip

    async def answer(self, request: Request) -> Response:
        self.asked.append(request.url.path)
        if request.url.path == "/j":
            return JSONResponse({"keys": [KEY.as_dict(private=False, kid="one")]})
        if request.url.path == "/moved":
            return Response(status_code=302, headers={"location": f"{self.url}/moved"})
        return JSONResponse({"access_token": "a", "token_type": "DPoP", "id_token": self.id_token} | self.tokens)

    def claims(self, **changed: Any) -> dict[str, Any]:
        now = int(Clock()().timestamp())
        whole = {"iss": self.url, "sub": "x", "aud": "web", "nonce": "n", "iat": now, "exp": now + 60,
                 PID: "16887512345", LEVEL: "4"} | changed  # fmt: skip
        return {name: value for name, value in whole.items() if value is not None}

    def signed(self, key: ECKey = KEY, kid: str = "one", **changed: Any) -> str:
        return jose.sign(self.claims(**changed), key, typ="JWT", kid=kid)


@asynccontextmanager
async def crooked(folder: Path) -> AsyncIterator[tuple[Crooked, OidcClient]]:
    """Serve a crooked issuer, and our client for it."""
    issuer = Crooked()
    routes = [Route("/.well-known/openid-configuration", issuer.discovery),
              Route("/{rest}", issuer.answer, methods=["GET", "POST"])]  # fmt: skip
    async with served(lambda url: Starlette(routes=routes)) as issuer.url, httpx.AsyncClient() as http:
        yield issuer, client(issuer, folder, http)


def client(issuer: Crooked, folder: Path, http: httpx.AsyncClient) -> OidcClient:
    settings = Provider(name="helseid", label="", issuer=issuer.url, client_id="web", redirect_uri="", leave_uri="")
    return OidcClient(settings, Keyring.open(folder, "web"), http, Clock())


async def refusal(client: OidcClient, **answer: str) -> tuple[str, str]:
    with pytest.raises(Refused) as no:
        await client.finish({"code": "c"} | answer, PENDING)
    return no.value.code, no.value.detail or ""


async def test_an_id_token_is_believed_only_when_everything_in_it_holds(tmp_path: Path) -> None:
    async with crooked(tmp_path) as (issuer, ours):
        issuer.id_token = issuer.signed()
        assert (await ours.finish({"code": "c"}, PENDING)).identity.pid == "16887512345"
        issuer.id_token = issuer.signed(aud=["web"])
        assert (await ours.finish({"code": "c"}, PENDING)).identity.level == "4"
        now = int(Clock()().timestamp())
        for token, reason in [
            (issuer.signed(iss="https://elsewhere.example"), "wrong iss"),
            (issuer.signed(aud="other"), "wrong aud"),
            (issuer.signed(aud=["web", "other"]), "wrong azp"),
            (issuer.signed(aud=None), "wrong aud"),
            (issuer.signed(nonce="other"), "wrong nonce"),
            (issuer.signed(nonce=None), "wrong nonce"),
            (issuer.signed(exp=now - 31), "expired"),
            (issuer.signed(exp=None), "no usable exp"),
            (issuer.signed(iat=None), "no usable iat"),
            (issuer.signed(iat=now - 700), "issued too long ago"),
            (issuer.signed(iat=now + 60), "not yet valid"),
            (issuer.signed(**{PID: None}), "no national id"),
            (issuer.signed(OTHER), "bad signature"),
            (issuer.signed(kid="two"), "unknown key"),
            (unsigned(issuer.signed()), "wrong alg"),
            (confused(issuer.claims(), KEY, "JWT", "one"), "wrong alg"),
            (issuer.signed()[:-4], "bad signature"),
            ("", "unreadable token"),
        ]:
            issuer.id_token = token
            code, why = await refusal(ours)
            assert (code, why) == ("AK-L004", f"id token: {reason}"), reason
        issuer.id_token = issuer.signed(**{LEVEL: "3"})
        assert (await refusal(ours))[0] == "AK-L005"


async def test_the_citizens_issuer_cannot_vouch_for_staff_nor_the_other_way(tmp_path: Path) -> None:
    async with crooked(tmp_path) as (issuer, ours):
        staff = issuer.signed()
        citizen = issuer.signed(**{PID: None, LEVEL: None, "pid": "14834142059", "acr": "idporten-loa-high"})
        for kind, right, wrong in ((STAFF, staff, citizen), (CITIZENS, citizen, staff)):
            ours.provider = replace(ours.provider, vouches=frozenset({kind}))
            issuer.id_token = wrong
            assert (await refusal(ours))[0] == "AK-L004"
            issuer.id_token = right
            assert (await ours.finish({"code": "c"}, PENDING)).identity.kind == kind


async def test_a_bearer_token_in_place_of_a_bound_one_is_refused(tmp_path: Path) -> None:
    async with crooked(tmp_path) as (issuer, ours):
        issuer.id_token, issuer.tokens = issuer.signed(), {"token_type": "Bearer"}
        assert await refusal(ours) == ("AK-L004", "the access token is not bound to our key")


async def test_an_answer_from_another_issuer_never_reaches_the_token_endpoint(tmp_path: Path) -> None:
    """Mix-up: the code would be handed to the wrong server (RFC 9207)."""
    async with crooked(tmp_path) as (issuer, ours):
        assert (await refusal(ours, iss="https://elsewhere.example"))[0] == "AK-L003"
        assert (await refusal(ours, error="access_denied"))[0] == "AK-L010"
        assert issuer.asked == []


@pytest.mark.parametrize("open_", ["", "token_endpoint", "jwks_uri", "authorization_endpoint", "end_session_endpoint"])
async def test_an_issuer_asked_by_https_leads_nowhere_without(open_: str) -> None:
    issuer = "https://helseid.example"
    names = ("authorization_endpoint", "token_endpoint", "pushed_authorization_request_endpoint", "jwks_uri")
    told = {"issuer": issuer} | dict.fromkeys(names, f"{issuer}/x")
    told |= {open_: "http://helseid.example/x"} if open_ else {}
    async with httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(200, json=told))) as http:
        remote = Remote(issuer, http)
        if not open_:
            assert (await remote.metadata(Clock()())).token_endpoint == f"{issuer}/x"
            return
        with pytest.raises(Refused, match="AK-L004"):
            await remote.metadata(Clock()())


@pytest.mark.parametrize("metadata", [
    {"issuer": "https://elsewhere.example"}, {"issuer": None}, {"jwks_uri": None}, {"token_endpoint": "/t"},
    {"token_endpoint": "{url}/moved"}, {"token_endpoint": "http://127.0.0.1:1/t"}, {"token_endpoint": "file:///etc"},
])  # fmt: skip
async def test_a_broken_or_wandering_issuer_ends_in_a_plain_refusal(tmp_path: Path, metadata: dict[str, Any]) -> None:
    async with crooked(tmp_path) as (issuer, ours):
        issuer.metadata = {name: value and value.replace("{url}", issuer.url) for name, value in metadata.items()}
        assert (await refusal(ours))[0] == "AK-L004"
        assert len(issuer.asked) <= 1  # no redirect is followed
