"""A real app, npm `fhirclient`, in a real browser: launched by itself and from an open record, on another site than ours.

The library is fetched by `bin/setup clients`: unpacked only, for its package names its whole build as dependencies.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.async_api import Page
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import Route

from tests.journeys.look import CHROMIUM, axe, browser, node_modules
from tests.signin.conftest import served
from tests.signin.smart.conftest import PUBLIC, Smart

LIBRARY = node_modules() / ".clients/fhirclient/build/fhir-client.pure.min.js"
pytestmark = [
    pytest.mark.journey,
    pytest.mark.skipif(not LIBRARY.exists(), reason="needs fhirclient (bin/setup clients)"),
    pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="needs chromium"),
]
APP = """<!doctype html><html lang="en"><title>App</title><script src="/fhirclient.js"></script><pre id="told"></pre>
<script type="module">
const where = new URL(location.href).searchParams;
const told = text => { document.getElementById("told").textContent = text };
try {
  const client = await FHIR.oauth2.init({
    clientId: "kurve-i-nettleser", redirectUri: "/app", pkceMode: "required", completeInTarget: true,
    scope: (where.get("launch") || sessionStorage.launched ? "launch" : "launch/patient")
      + " openid fhirUser offline_access patient/*.rs",
    iss: where.get("iss") || "%s/fhir",
  });
  const patient = await client.patient.read(), user = await client.user.read();
  const all = await client.patient.request("Observation?_count=5", { pageLimit: 2, flat: true });
  const first = client.state.tokenResponse.access_token;
  await client.refresh();
  const renewed = first !== client.state.tokenResponse.access_token;
  let stranger = 0;
  try { await client.request("Patient?_count=50").then(b => { stranger = b.entry.length }) } catch (e) { stranger = -1 }
  told(JSON.stringify({ patient: patient.id, user: user.resourceType, seen: all.length, renewed, patients: stranger }));
} catch (e) { told("failed: " + e) }
</script></html>"""


@pytest.fixture
async def app(smart: Smart) -> AsyncIterator[str]:
    """The app on an address of its own, registered."""

    def build(url: str) -> Starlette:
        async def library(request: Request) -> Response:
            return FileResponse(LIBRARY)

        async def page(request: Request) -> Response:
            return HTMLResponse(APP % smart.url)

        return Starlette(routes=[Route("/fhirclient.js", library), Route("/app", page)])

    async with served(build) as url:
        await smart.apps.add(
            replace(PUBLIC, id="kurve-i-nettleser", redirect_uris=(f"{url}/app",), launch_url=f"{url}/app"),
            datetime.now(UTC),
        )
        yield url


@pytest.mark.parametrize("started_from", ["standalone", "record"])
async def test_fhirclient_launches_reads_pages_and_refreshes(smart: Smart, app: str, started_from: str) -> None:
    secret = await smart.sessions.start([await smart.staff("jonas")], provider="demo", now=datetime.now(UTC))
    astrid = smart.id("Patient/astrid")
    start = (
        f"{app}/app"
        if started_from == "standalone"
        else f"{smart.url}/smart/start?app=kurve-i-nettleser&pasient={astrid}"
    )
    async with browser() as chromium:
        context = await chromium.new_context()
        await context.add_cookies([{"name": "akson", "value": secret, "url": smart.url}])
        page = await context.new_page()
        if started_from == "record":
            await page.add_init_script("if (location.search.includes('launch=')) sessionStorage.launched = 'yes'")
        await page.goto(start)
        told = await _decided(page, astrid, picks=started_from == "standalone")
        await context.close()
    assert told["patient"] == astrid and told["user"] == "Practitioner", told
    assert told["seen"] > 0 and told["renewed"] is True and told["patients"] == 1


async def _decided(page: Page, patient: str, *, picks: bool) -> dict[str, object]:
    """Answer the page as a person does; return what the app tells afterwards."""
    await page.wait_for_url("**/smart/app?**")
    assert await axe(page) == []
    if picks:
        await page.check(f'input[value="{patient}"]')
    await page.click("button[value=ja]")
    await page.wait_for_function("document.getElementById('told')?.textContent")
    text = await page.text_content("#told")
    assert text is not None and not text.startswith("failed"), text
    return dict(json.loads(text))
