"""Every answer tells browsers what they may do with it, whatever it answers and whoever made it."""

from __future__ import annotations

import ast
import inspect
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest

from akson.app import served
from akson.base.web.door import said_in
from akson.base.web.speaking import cookie as language_cookie
from akson.doors.people import personas
from akson.doors.settings import Settings, from_environment
from akson.signin import screens as signin_screens
from akson.signin.sessions import SessionSettings
from tests.architecture.source import product

EVERYWHERE = [
    ("GET", "/"), ("GET", "/logg-inn"), ("GET", "/logg-ut"), ("GET", "/start"), ("GET", "/nowhere"), ("TRACE", "/start"),
    ("GET", "/fhir/metadata"), ("GET", "/fhir/Patient/x"), ("OPTIONS", "/fhir/Patient"), ("TRACE", "/fhir/Patient"),
    ("GET", "/fhir/.well-known/smart-configuration"), ("GET", "/smart/jwks"), ("POST", "/smart/token"),
    ("GET", "/static/nothing.js"), ("GET", "/health/live"), ("GET", "/health/ready"), ("GET", "/metrics"),
    ("POST", "/exchange/local"), ("GET", "/issuer/.well-known/openid-configuration"), ("POST", "/start"),
    ("GET", "/.well-known/security.txt"), ("GET", "/.git/config"), ("GET", "/static/"), ("GET", "/fhir/$nothing"),
]  # fmt: skip


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return from_environment({
        "AKSON_ENV": "demo", "AKSON_DATABASE_URL": database_url, "AKSON_DATA": str(tmp_path),
        "AKSON_URL": "https://akson.example", "AKSON_EXCHANGE_SECRET": "a secret of the exchange",
        "AKSON_SECURITY_CONTACT": "mailto:sikkerhet@akson.example",
    })  # fmt: skip


@asynccontextmanager
async def browser(settings: Settings, *, address: str = "127.0.0.1") -> AsyncIterator[httpx.AsyncClient]:
    """Look at the whole server, as `akson serve` serves it, from an address."""
    app = served(settings, personas(settings))
    inner: Any = app
    for _ in range(3):  # what stands before it
        inner = inner._app
    async with inner.router.lifespan_context(inner):
        wire = httpx.ASGITransport(app=app, raise_app_exceptions=False, client=(address, 1))
        async with httpx.AsyncClient(transport=wire, base_url=settings.base_url) as client:
            yield client


async def test_every_answer_has_the_headers_that_hold_browsers_back(settings: Settings) -> None:
    async with browser(settings) as client:
        for method, path in EVERYWHERE:
            answer = await client.request(method, path)
            told, where = answer.headers, f"{method} {path} {answer.status_code}"
            assert told["strict-transport-security"] == "max-age=63072000; includeSubDomains", where
            assert told["x-content-type-options"] == "nosniff", where
            assert told["referrer-policy"] == "no-referrer", where
            assert told["cross-origin-resource-policy"] == "same-origin", where
            for rule in ("default-src 'none'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"):
                assert rule in told["content-security-policy"], where
            assert "server" not in told and "x-powered-by" not in told, where
            if answer.headers.get("content-type", "").startswith("text/html"):
                assert told["cross-origin-opener-policy"] == "same-origin" and told["cache-control"] == "no-store", (
                    where
                )
            if answer.content:
                assert "content-type" in told, where
            if told.get("content-type", "").startswith("text/"):
                assert "charset=utf-8" in told["content-type"], where


def test_every_cookie_is_for_this_host_over_https_and_out_of_reach_of_scripts() -> None:
    calls = [
        node for source in product() for node in ast.walk(source.tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "set_cookie"
    ]  # fmt: skip
    assert len(calls) == 4  # of the session, of a sign-in under way, of a sentence to show once, of the language
    for call in calls:
        said = {one.arg: ast.unparse(one.value) for one in call.keywords}
        assert said["httponly"] == "True" and said["secure"].endswith("secure"), ast.unparse(call)
        assert said["samesite"] in ("'lax'", "'strict'") and "domain" not in said, ast.unparse(call)
        assert said.get("path", "'/'") == "'/'", ast.unparse(call)
    assert SessionSettings(secure=True).cookie == "__Host-akson"
    assert language_cookie(secure=True).startswith("__Host-")
    assert said_in(cast(Any, SimpleNamespace(secure=True))).startswith("__Host-")
    assert '"__Host-akson-inn" if signin.sessions.settings.secure' in inspect.getsource(signin_screens)


async def test_no_page_is_read_from_another_site(settings: Settings) -> None:
    async with browser(settings) as client:
        for path in ("/", "/start", "/min", "/logg-inn", "/logg-ut", "/innlogginger", "/metrics", "/static/x.js"):
            answer = await client.get(path, headers={"origin": "https://evil.example"})
            assert "access-control-allow-origin" not in answer.headers, path
        api = await client.get("/fhir/metadata", headers={"origin": "https://evil.example"})
        assert api.headers["access-control-allow-origin"] == "*"  # a token is what lets in, never a cookie
        assert "access-control-allow-credentials" not in api.headers


async def test_nothing_is_listed_traced_or_handed_out_of_the_folder(settings: Settings) -> None:
    async with browser(settings) as client:
        for path in ("/.git/config", "/static/", "/static/..%2fapp.py", "/static/%2e%2e/app.py", "/akson/app.py"):
            assert (await client.get(path)).status_code == 404, path
        for path in ("/start", "/fhir/Patient", "/", "/health/live"):
            assert (await client.request("TRACE", path)).status_code in (401, 404, 405), path


async def test_without_https_nobody_is_told_to_use_it(settings: Settings, database_url: str, tmp_path: Path) -> None:
    plain = from_environment({"AKSON_ENV": "demo", "AKSON_DATABASE_URL": database_url, "AKSON_DATA": str(tmp_path)})
    async with browser(plain) as client:
        assert "strict-transport-security" not in (await client.get("/logg-ut")).headers


async def test_figures_are_for_those_inside(settings: Settings) -> None:
    for address, status in (("127.0.0.1", 200), ("10.1.2.3", 200), ("8.8.8.8", 404), ("2001:4860:4860::8888", 404),
                            ("::1", 200), ("::ffff:10.1.2.3", 200), ("::ffff:8.8.8.8", 404), ("unknown", 404)):  # fmt: skip
        async with browser(settings, address=address) as client:
            told = await client.get("/metrics")
            for what in ("messages out by fiks", "addresses not fetched"):
                assert (told.status_code, f'what="{what}"' in told.text) == (status, status == 200), address


async def test_it_says_where_faults_are_reported_if_the_operator_does(settings: Settings, database_url: str) -> None:
    async with browser(settings) as client:
        told = (await client.get("/.well-known/security.txt")).text
    assert "Contact: mailto:sikkerhet@akson.example\n" in told and "Expires: 20" in told
    silent = from_environment(
        {"AKSON_ENV": "demo", "AKSON_DATABASE_URL": database_url, "AKSON_DATA": str(settings.data)}
    )
    async with browser(silent) as client:
        assert (await client.get("/.well-known/security.txt")).status_code == 404


async def test_a_browser_led_by_another_site_is_asked_before_it_signs_in(settings: Settings) -> None:
    async with browser(settings) as client:
        led = await client.get("/logg-inn?med=demo", headers={"sec-fetch-site": "cross-site"})
        assert led.status_code == 200 and "/logg-inn?med=demo" in led.text
        assert (await client.get("/logg-inn?med=demo", headers={"sec-fetch-site": "same-origin"})).status_code != 200
