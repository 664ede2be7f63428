"""People see which apps there are and which they have let in, start them from an open record, and take access back."""

from __future__ import annotations

import html
import json
import os
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import BrowserContext, Page
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from akson.base.work import Actor
from tests.journeys.look import CHROMIUM, SIZES, at_width, browser
from tests.signin.conftest import served
from tests.signin.smart.conftest import PUBLIC, VERIFIER, Smart

READ = "openid launch/patient patient/*.rs"
SHOTS = (
    Path(os.environ["AKSON_SHOTS"]) if os.environ.get("AKSON_SHOTS") else None
)  # where pictures are kept, if anywhere


@pytest.fixture
async def jonas(smart: Smart) -> Actor:
    return await smart.staff("jonas")


async def opened(smart: Smart, browser: dict[str, str], path: str) -> str:
    """Return what a page says."""
    answer = await smart.http.get(f"{smart.url}{path}", headers=browser)
    assert answer.status_code == 200, (path, answer.status_code, answer.text[:300])
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.text.partition("<body")[2])).split())


async def sent(smart: Smart, browser: dict[str, str], path: str, **form: str) -> httpx.Response:
    """Send a form of a page as its browser would."""
    page = (await smart.http.get(f"{smart.url}{path}", headers=browser)).text
    secret = page.split('name="_csrf" value="')[1].split('"')[0]
    return await smart.http.post(f"{smart.url}{path.partition('?')[0]}", data={"_csrf": secret} | form, headers=browser)


async def grants(smart: Smart) -> list[str]:
    rows = await smart.office.database.fetch("SELECT id FROM smart_grant WHERE ended_at IS NULL ORDER BY begun_at")
    return [row["id"] for row in rows]


async def test_a_record_offers_the_apps_that_can_be_started_from_it_and_none_that_cannot(
    smart: Smart, jonas: Actor
) -> None:
    me, root = await smart.sign_in(jonas), f"/p/{smart.id('Patient/astrid')}"
    for n, unfit in enumerate(({"launch_url": ""}, {"scopes": ("patient/*.rs",)})):
        await smart.apps.add(replace(PUBLIC, id=f"uten-{n}", name="Uten start", **unfit), datetime.now(UTC))
    page = await opened(smart, me, f"{root}/apper")
    assert "Åpne Kurveappen" in page and "Åpnes på app.example" in page and "Uten start" not in page
    assert "Apper" in await opened(smart, me, root)
    await smart.apps.remove("kurve")
    assert "Apper" not in await opened(smart, me, root)  # nothing to start: nothing in the menu
    assert "Ingen apper kan åpnes" in await opened(smart, me, f"{root}/apper")


async def test_a_closed_record_starts_no_app(smart: Smart) -> None:
    home, anna = await smart.sign_in(await smart.staff("mariam")), smart.id("Patient/gunvor")
    answer = await smart.http.get(f"{smart.url}/p/{anna}/apper", headers=home)
    assert answer.status_code == 403 and "Kurveappen" not in answer.text
    started = await smart.http.get(f"{smart.url}/smart/start?app=kurve&pasient={anna}", headers=home)
    assert started.status_code in (403, 404) and "location" not in started.headers


async def test_staff_see_what_they_have_let_in_and_take_it_back(smart: Smart, jonas: Actor) -> None:
    me = await smart.sign_in(jonas)
    assert 'href="/apper"' not in (await smart.http.get(f"{smart.url}/start", headers=me)).text
    about = await smart.launched(f"{READ} offline_access", jonas, "astrid")
    everyone = await smart.launched("user/*.rs", jonas, "")
    other = await smart.launched(READ, await smart.staff("mariam"), "astrid")
    assert 'href="/apper"' in (await smart.http.get(f"{smart.url}/start", headers=me)).text
    page = await opened(smart, me, "/apper")
    assert page.count("Trekk tilbake tilgangen") == 2 and page.count("Kurveappen") >= 2
    assert "Gjelder Astrid" in page and "Gjelder alle du har tilgang til" in page
    first, _, theirs = await grants(smart)
    assert (await sent(smart, me, "/apper", tilgang=theirs)).status_code == 404
    answer = await sent(smart, me, "/apper", tilgang=first)
    assert (answer.status_code, answer.headers["location"]) == (303, "/apper")
    assert (await smart.fhir(about, "Observation?_count=1")).status_code == 401  # at once
    assert (await smart.token(grant_type="refresh_token", refresh_token=about["refresh_token"])).status_code == 400
    for token in (everyone, other):
        assert (await smart.fhir(token, "Patient?_count=1")).status_code == 200
    assert (await sent(smart, me, "/apper", tilgang=first)).status_code == 404  # it is over already
    row = await smart.office.database.fetchval(
        "SELECT count(*) FROM access_log l, json_array_elements(l.seen::json) s WHERE s->>'what' = 'app kurve withdrawn'"
    )
    assert row == 1


async def test_citizens_see_what_they_have_let_in_and_take_it_back(smart: Smart) -> None:
    astrid = await smart.citizen("astrid")
    me = await smart.sign_in(astrid)
    assert "Apper med tilgang" not in await opened(smart, me, "/min/innsyn")
    token = await smart.launched(f"{READ} offline_access", astrid, "astrid")
    await smart.launched(READ, await smart.staff("jonas"), "astrid")  # the doctor's: seen in the log, not theirs to end
    assert "Apper med tilgang" in (page := await opened(smart, me, "/min/innsyn"))
    assert page.count("Kurveappen") == 1 and "varer til" in page
    mine, theirs = await grants(smart)
    before = await opened(smart, me, f"/min/innsyn/app?tilgang={mine}")
    assert "Kurveappen" in before and "Se alt i journalen" in before
    for wrong in (theirs, "", "tull"):
        answer = await smart.http.get(f"{smart.url}/min/innsyn/app?tilgang={wrong}", headers=me)
        assert answer.status_code == 404, wrong
    assert (await smart.fhir(token, "Observation?_count=1")).status_code == 200
    done = await sent(smart, me, f"/min/innsyn/app?tilgang={mine}", tilgang=mine)
    assert (done.status_code, done.headers["location"]) == (303, "/min/innsyn")
    assert (await smart.fhir(token, "Observation?_count=1")).status_code == 401
    assert "Apper med tilgang" not in await opened(smart, me, "/min/innsyn")


async def test_a_mother_sees_and_ends_what_she_let_into_her_child_s_record_with_that_record(smart: Smart) -> None:
    ida = await smart.citizen("ida")
    me, emil = await smart.sign_in(ida), smart.id("Patient/emil")
    token = await smart.launched(READ, ida, "emil")
    assert "Apper med tilgang" not in await opened(smart, me, "/min/innsyn")  # it is not about her
    assert "Kurveappen" in await opened(smart, me, f"/min/innsyn?person={emil}")
    [one] = await grants(smart)
    done = await sent(smart, me, f"/min/innsyn/app?person={emil}&tilgang={one}", tilgang=one, person=emil)
    assert (done.status_code, done.headers["location"]) == (303, f"/min/innsyn?person={emil}")
    assert (await smart.fhir(token, "Observation?_count=1")).status_code == 401


APP = """<!doctype html><html lang="en"><title>App</title><pre id="told"></pre><script type="module">
const where = new URL(location.href).searchParams, told = document.getElementById("told");
const text = (bytes) => btoa(String.fromCharCode(...bytes)).replace(/[+]/g, "-").replace(/[/]/g, "_").replace(/=/g, "");
const verifier = "VERIFIER", redirect_uri = location.origin + "/app";
const smart = await fetch("BASE/.well-known/smart-configuration").then((r) => r.json());
if (where.get("launch")) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier)));
  location.href = smart.authorization_endpoint + "?" + new URLSearchParams({
    response_type: "code", client_id: "kurver", redirect_uri, scope: "launch patient/*.rs", state: "s", aud: where.get("iss"),
    launch: where.get("launch"), code_challenge: text(digest), code_challenge_method: "S256" });
} else {
  const body = new URLSearchParams({ grant_type: "authorization_code", code: where.get("code"), redirect_uri,
    client_id: "kurver", code_verifier: verifier });
  const token = await fetch(smart.token_endpoint, { method: "POST", body }).then((r) => r.json());
  const headers = { authorization: "Bearer " + token.access_token };
  const patient = await fetch("BASE/Patient/" + token.patient, { headers }).then((r) => r.json());
  told.textContent = JSON.stringify({ patient: token.patient, family: patient.name[0].family });
}
</script></html>"""


@pytest.fixture
async def kurver(smart: Smart) -> AsyncIterator[str]:
    """An app in the browser, on a site of its own."""

    def build(url: str) -> Starlette:
        async def page(request: Request) -> Response:
            return HTMLResponse(APP.replace("BASE", f"{smart.url}/fhir").replace("VERIFIER", VERIFIER))

        return Starlette(routes=[Route("/app", page)])

    async with served(build) as url:
        app = replace(PUBLIC, id="kurver", name="Kurver", redirect_uris=(f"{url}/app",), launch_url=f"{url}/app")
        await smart.apps.add(app, datetime.now(UTC))
        yield url


@pytest.mark.journey
@pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="needs chromium")
async def test_legen_aapner_en_app_fra_journalen_og_den_faar_vite_hvem_det_gjelder(smart: Smart, kurver: str) -> None:
    secret = await smart.sessions.start([await smart.staff("jonas")], provider="demo", now=datetime.now(UTC))
    async with browser() as chromium:
        context = await chromium.new_context(viewport={"width": 1280, "height": SIZES[1280]}, locale="nb-NO")
        page = await _signed_in(context, secret, smart.url)
        await page.goto(f"{smart.url}/p/{smart.id('Patient/astrid')}")
        await page.get_by_role("navigation", name="Journal").get_by_role("link", name="Apper").click()
        await _good(page, "apper")
        await page.get_by_role("link", name="Åpne Kurver", exact=True).click()
        await page.wait_for_url("**/smart/app?**")
        await _good(page, "samtykke")
        assert "14.03.1941" in (await page.text_content("main") or "")
        await page.click("button[value=ja]")
        await page.wait_for_function("document.getElementById('told')?.textContent")
        told = json.loads(await page.text_content("#told") or "")
        assert told == {"patient": smart.id("Patient/astrid"), "family": "Nordli"}
        await page.goto(f"{smart.url}/start")
        await page.get_by_role("link", name="Apper").click()
        await _good(page, "apper-gitt")
        await page.get_by_role("button", name="Trekk tilbake tilgangen").click()
        await page.get_by_text("Tilgangen er trukket tilbake.").wait_for()
        await context.close()


@pytest.mark.journey
@pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="needs chromium")
async def test_astrid_trekker_tilbake_det_en_app_har_faatt(smart: Smart) -> None:
    astrid = await smart.citizen("astrid")
    token = await smart.launched(f"{READ} offline_access", astrid, "astrid")
    secret = await smart.sessions.start([astrid], provider="demo", now=datetime.now(UTC))
    async with browser() as chromium:
        context = await chromium.new_context(viewport={"width": 390, "height": SIZES[390]}, locale="nb-NO")
        page = await _signed_in(context, secret, smart.url)
        await page.goto(f"{smart.url}/min/innsyn")
        await _good(page, "innsyn")
        await page.get_by_role("region", name="Apper med tilgang").get_by_role("link").click()
        await _good(page, "trekk-tilbake")
        await page.get_by_role("button", name="Trekk tilbake tilgangen").click()
        await page.get_by_text("Tilgangen er trukket tilbake.").wait_for()
        await context.close()
    assert (await smart.fhir(token, "Observation?_count=1")).status_code == 401


async def _signed_in(context: BrowserContext, secret: str, url: str) -> Page:
    await context.add_cookies([{"name": "akson", "value": secret, "url": url}])
    return await context.new_page()


async def _good(page: Page, name: str) -> None:
    """Expect nothing that axe objects to, and nothing that sticks out, at both widths."""
    before: Any = page.viewport_size
    seen = [await at_width(page, name, width, SHOTS) for width in SIZES]
    await page.set_viewport_size(before)
    assert [one for one in seen if not one.good] == []
