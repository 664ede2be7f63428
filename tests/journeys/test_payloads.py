"""Five hundred texts that would run, put in by every way there is, and shown in a real browser to staff and citizen."""

from __future__ import annotations

import asyncio
import base64
import json
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.async_api import BrowserContext, ConsoleMessage, Dialog, Page

from akson.base.database import Database
from akson.base.postgres import Postgres
from akson.doors import people
from akson.doors.settings import from_environment
from akson.record.staff import Register
from akson.signin.sessions import Session, Sessions, SessionSettings
from seeds.citizens.astrid import ASTRID
from seeds.staff import JONAS
from tests.conftest import administer
from tests.doors.forms import _kind, _Reader
from tests.journeys.driver import Driver
from tests.journeys.payloads import payloads
from tests.journeys.town import Town, eventually, town

COUNT = 500
TOGETHER = 50  # payloads in one note or letter
MOST, ALIKE = 48, 12  # pages for each person, and of those that differ by ids and values only
ACT = "http://terminology.hl7.org/CodeSystem/"
SPY = "window.ran = (n) => { (window.__ran = window.__ran || []).push(n); console.error('RAN ' + n); }; window.alert = ran;"
# What a payload would become if it were drawn. Our own pages have none of it.
DRAWN = """() => ({
  ran: window.__ran || [],
  drawn: [...document.querySelectorAll('#lure, iframe, object, embed, marquee, base, math, template, noscript, video, ' +
    'script:not([src^="/static/"]), meta[http-equiv], style, link:not([href^="/static/"]), x, svg script')]
    .map((one) => one.outerHTML.slice(0, 200)),
  handlers: [...document.querySelectorAll('*')].filter((one) => [...one.attributes].some((each) => /^on/i.test(each.name) ||
    /^\\s*(javascript|vbscript|data:text)/i.test(each.value) && each.name !== 'value')).map((one) => one.outerHTML.slice(0, 200)),
  text: document.body.innerText + [...document.querySelectorAll('textarea, input')].map((one) => one.value).join('\\n'),
  links: [...document.querySelectorAll('a[href]')].map((one) => one.getAttribute('href')),
  stored: location.protocol === 'http:' ? JSON.stringify(localStorage) + JSON.stringify(sessionStorage) + document.cookie : '',
})"""


@dataclass
class Found:
    """What a browser told of the pages it was led to."""

    faults: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    stored: set[str] = field(default_factory=set)
    pages: int = 0

    def shown(self, made: list[str]) -> list[str]:
        """Return those that stood on a page as the text they are."""
        everything = _plain("\n".join(self.texts))
        return [one for one in made if _plain(one) in everything]


def _plain(text: str) -> str:
    return re.sub(r"\s+", "", text).casefold()


@pytest.fixture(scope="module")
def a_town(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """Fjordvik once more: what is put in here must not meet the other stories."""
    asyncio.run(administer(postgres, "CREATE DATABASE payloads"))
    with town(postgres.url_of("payloads"), tmp_path_factory.mktemp("payloads")) as started:
        yield started


@dataclass(frozen=True)
class Ways:
    """The ways in, as their users have them."""

    town: Town
    astrid: str
    api: httpx.Client
    staff: httpx.Client
    csrf: str

    def by_fhir(self, made: list[str]) -> None:
        """Write one resource for each, of the types that pages show, in all of its texts."""
        resources = [_resource(n, text, f"Patient/{self.astrid}") for n, text in enumerate(made)]
        entries = [{"resource": one, "request": {"method": "POST", "url": one["resourceType"]}} for one in resources]
        bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
        answer = self.api.post("", content=json.dumps(bundle))
        assert answer.status_code == 200, answer.text[:2000]

    def by_forms(self, made: list[str]) -> None:
        """Sign notes, write a line, and ask for a person, as the GP."""
        for part in _parts(made):
            begun = self.staff.get(f"/p/{self.astrid}/notat/ny")
            where = begun.headers["location"]
            form = next(one for one in _forms(self.staff.get(where).text, where) if "vurdering" in one.offered)
            fields = {name: values[0] for name, values in form.offered.items()}
            fields |= {"vurdering": "\n".join(part), "tiltak": part[0], "koder": "K77", "do": "sign"}
            signed = self.staff.post(where, data=fields)
            assert signed.status_code == 303 and signed.headers["location"].endswith("/notater"), signed.text[-3000:]
        for text in made[:40]:
            line = self.staff.post(f"/p/{self.astrid}/hurtig", data={"linje": text, "_csrf": self.csrf, "_once": text})
            assert line.status_code in (303, 422)
            assert self.staff.post("/sok", data={"q": text, "_csrf": self.csrf}).status_code in (200, 303, 422)

    def by_messages(self, made: list[str]) -> None:
        """Let the hospital write letters."""
        for n, part in enumerate(_parts(made)):
            self.town.hospital.writes(ASTRID.fnr.value, "\n".join(part), title=f"{n} {part[0]}"[:200])
        came = eventually(lambda: self._letters() >= -(-len(made) // TOGETHER), 60)
        assert came, self._letters()

    def _letters(self) -> int:
        return sum(one["state"] not in ("skrevet", "sendt") for one in self.town.hospital.letters("ut"))


def _parts(made: list[str]) -> Iterator[list[str]]:
    rest = iter(made)
    while part := list(islice(rest, TOGETHER)):
        yield part


def _forms(page: str, here: str) -> list[Any]:
    reader = _Reader("jonas", here)
    reader.feed(page)
    return reader.forms


def _resource(n: int, text: str, patient: str) -> dict[str, Any]:
    """Return the n-th resource, of each type in turn."""
    said, about, now = {"text": text}, {"reference": patient}, datetime.now(UTC)
    active = {"coding": [{"system": f"{ACT}condition-clinical", "code": "active"}]}
    kinds: list[dict[str, Any]] = [
        {"resourceType": "Condition", "clinicalStatus": active, "code": said, "subject": about, "note": [{"text": text}],
         "category": [{"coding": [{"system": f"{ACT}condition-category", "code": "problem-list-item"}]}]},
        {"resourceType": "AllergyIntolerance", "code": said, "patient": about, "reaction": [{"manifestation": [said]}],
         "clinicalStatus": {"coding": [{"system": f"{ACT}allergyintolerance-clinical", "code": "active"}]}},
        {"resourceType": "MedicationStatement", "status": "active", "medicationCodeableConcept": said, "subject": about,
         "dosage": [{"text": text}], "reasonCode": [said], "effectiveDateTime": now.isoformat()},
        {"resourceType": "MedicationRequest", "status": "active", "intent": "order", "medicationCodeableConcept": said,
         "subject": about, "dosageInstruction": [{"text": text}], "authoredOn": now.isoformat()},
        {"resourceType": "Observation", "status": "final", "code": said, "subject": about, "valueString": text,
         "effectiveDateTime": now.isoformat(), "note": [{"text": text}],
         "category": [{"coding": [{"system": f"{ACT}observation-category", "code": "laboratory"}]}]},
        {"resourceType": "Appointment", "status": "booked", "description": text, "comment": text, "serviceType": [said],
         "start": (now + timedelta(hours=1 + n)).isoformat(), "end": (now + timedelta(hours=2 + n)).isoformat(),
         "participant": [{"actor": about, "status": "accepted"}], "patientInstruction": text},
        {"resourceType": "Flag", "status": "active", "code": said, "subject": about},
        {"resourceType": "CarePlan", "status": "active", "intent": "plan", "title": text, "description": text, "subject": about},
        {"resourceType": "Goal", "lifecycleStatus": "active", "description": said, "subject": about},
        {"resourceType": "Immunization", "status": "completed", "vaccineCode": said, "patient": about,
         "occurrenceDateTime": now.isoformat()},
        {"resourceType": "Procedure", "status": "completed", "code": said, "subject": about, "performedDateTime": now.isoformat()},
        {"resourceType": "RelatedPerson", "active": True, "patient": about, "name": [{"family": text, "given": [text]}],
         "relationship": [said], "telecom": [{"system": "phone", "value": text}]},
        {"resourceType": "DocumentReference", "status": "current", "docStatus": "final", "subject": about, "type": said,
         "description": text, "date": now.isoformat(), "content": [{"attachment": {
             "contentType": "text/plain", "title": text, "data": base64.b64encode(text.encode()).decode()}}]},
        {"resourceType": "ServiceRequest", "status": "active", "intent": "order", "code": said, "subject": about,
         "note": [{"text": text}], "patientInstruction": text},
    ]  # fmt: skip
    return kinds[n % len(kinds)]


@pytest.fixture(scope="module")
def ways(a_town: Town) -> Iterator[Ways]:
    settings = from_environment({
        "AKSON_ENV": "demo", "AKSON_DATABASE_URL": a_town.database_url, "AKSON_DATA": str(a_town.folder),
        "AKSON_URL": a_town.url,
    })  # fmt: skip
    token = asyncio.run(people.token(settings, "", frozenset(), datetime.now(UTC)))
    cookie, csrf = asyncio.run(_signed_in(a_town))
    json_ = {"authorization": f"Bearer {token}", "content-type": "application/fhir+json"}
    with ExitStack() as stack:
        api = stack.enter_context(httpx.Client(base_url=f"{a_town.url}/fhir/", headers=json_, timeout=30))
        staff = stack.enter_context(
            httpx.Client(base_url=a_town.url, headers={"cookie": f"akson={cookie}"}, timeout=30)
        )
        sought = "urn:oid:2.16.578.1.12.4.1.4.1|" + ASTRID.fnr.value
        found = api.post("Patient/_search", data={"identifier": sought},
                         headers={"content-type": "application/x-www-form-urlencoded"}).json()  # fmt: skip
        yield Ways(a_town, found["entry"][0]["resource"]["id"], api, staff, csrf)


async def _signed_in(town: Town) -> tuple[str, str]:
    """Return the cookie and the secret of the GP's browser."""
    database, now = await Database.open(town.database_url, size=2, role="akson_app"), datetime.now(UTC)
    try:
        actors = await Register(database).staff(JONAS.fnr.value, now, "demo:4")
        cookie = await Sessions(database, SessionSettings(secure=False)).start(actors[:1], provider="demo", now=now)
        return cookie, Session(secret=cookie, actor=None, choices=(), provider="demo").csrf
    finally:
        await database.close()


def _looked(driver: Driver, town: Town, name: str, first: list[str], *, most: int = MOST) -> Found:
    """Sign in through the picker, follow links from the first pages on, and look at each page."""
    found = Found()

    async def begun() -> tuple[BrowserContext, Page]:
        context = await driver.browser.new_context(locale="nb-NO")
        await context.add_init_script(SPY)
        page = await context.new_page()
        page.on("dialog", lambda dialog: asyncio.create_task(_dismissed(found, dialog)))
        page.on("console", lambda message: _heard(found, message))
        page.on("pageerror", lambda error: found.faults.append(f"{page.url}: {error}"))
        await page.goto(town.url)
        async with page.expect_navigation():
            await page.get_by_role("button", name=re.compile(name)).first.click()
        return context, page

    context, page = driver.do(begun())
    waiting, seen = list(first), set[str]()
    alike: Counter[str] = Counter()
    while waiting and len(seen) < most:
        path = waiting.pop(0).partition("#")[0]
        if (
            path in seen
            or not path.startswith("/")
            or path.startswith(("/logg", "/static", "/innlogg"))
            or (alike[_kind(path)] == ALIKE)
        ):
            continue
        seen.add(path)
        alike[_kind(path)] += 1
        told = driver.do(_page(page, town.url + path))
        found.faults += [f"{path}: {each}" for name_ in ("ran", "drawn", "handlers") for each in told[name_]]
        found.texts.append(told["text"])
        found.stored.add(told["stored"])
        waiting += [link for link in told["links"] if "vedlegg" not in urlsplit(link).path]
    found.pages = len(seen)
    driver.do(context.close())
    return found


async def _dismissed(found: Found, dialog: Dialog) -> None:
    found.faults.append(f"a dialog: {dialog.message}")
    await dialog.dismiss()


def _heard(found: Found, message: ConsoleMessage) -> None:
    """Note what ran, and what only the content security policy kept from running."""
    if "RAN" in message.text or "Content Security Policy" in message.text or "Refused to" in message.text:
        found.faults.append(f"{message.location.get('url')}: {message.text}")


async def _page(page: Page, url: str) -> dict[str, Any]:
    await page.goto(url, wait_until="load")
    told: dict[str, Any] = await page.evaluate(DRAWN)
    return told


def test_no_payload_runs_on_any_page_that_shows_it(ways: Ways, the_browser: Driver) -> None:
    made = payloads(COUNT)
    ways.by_fhir(made)
    ways.by_messages(made)
    ways.by_forms(made)
    record = f"/p/{ways.astrid}"
    staff = _looked(the_browser, ways.town, "Jonas Eikeland", [
        *(f"{record}{page}" for page in ("/notater", "/samhandling", "", "/malinger", "/malinger/ny", "/notat/ny", "/apper")),
        "/innboks", "/start", f"{record}?nytt=alt", "/innboks?fane=orientering", "/innboks?fane=ferdig",
    ])  # fmt: skip
    citizen = _looked(the_browser, ways.town, "Astrid", ["/min", "/min/journal", "/min/innsyn", "/min/medisiner"])
    assert staff.faults == [] and citizen.faults == []
    assert len(staff.shown(made)) == COUNT, (staff.pages, [one for one in made if one not in staff.shown(made)][:5])
    assert len(citizen.shown(made)) > COUNT // 2, (citizen.pages, len(citizen.shown(made)))
    ways.town.complaints()


def test_a_browser_keeps_nothing_of_the_record(ways: Ways, the_browser: Driver) -> None:
    found = _looked(the_browser, ways.town, "Jonas Eikeland", [f"/p/{ways.astrid}", "/start"], most=12)
    held = " ".join(found.stored)
    assert found.pages > 2 and "akson-seen" in held
    assert set(re.findall(r'"([\w-]+)":', held)) <= {"akson-seen", "akson-out", "akson-keys"}
    assert ways.astrid not in held and "Nordli" not in held and ASTRID.fnr.value not in held


def test_the_payloads_are_what_they_say(the_browser: Driver) -> None:
    """Shown as markup on a page without any guard, many of them run: the look at the pages would tell."""
    ran: set[int] = set()

    async def careless() -> None:
        context = await the_browser.browser.new_context()
        await context.add_init_script(SPY)
        page = await context.new_page()
        for n, text in enumerate(payloads(120)):
            await page.set_content(f'<!doctype html><body><p title="x">{text}</p></body>', wait_until="load")
            told = await page.evaluate(DRAWN)
            if told["ran"] or told["drawn"] or told["handlers"]:
                ran.add(n)
        await context.close()

    the_browser.do(careless())
    assert len(ran) > 90
