"""A screen's way from the browser to the handler and back: who comes in, what is refused, what is sent once."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request

from akson.base.errors import Refused
from akson.base.web.answers import handlers
from akson.base.web.door import SAID, routes
from akson.base.web.messages import Messages
from akson.base.web.render import Renderer
from akson.base.web.screens import Admitted, Go, Menu, Page, Screen, Screens, SignInFirst, Visit
from akson.base.web.shell import Shell
from akson.base.work import Actor, Kind, Purpose, Work
from akson.workplace.model import Search

DOCTOR = Actor(kind=Kind.STAFF, id="Practitioner/x", key=1, name="Jonas Eikeland", role="fastlege")
WORK = Work(actor=DOCTOR, purpose=Purpose.TREATMENT, now=datetime(2026, 11, 23, 9, tzinfo=UTC), office=None)
RENDERER = Renderer(Messages.read(), lambda name: f"/static/{name}")
SCREENS = Screens("akson.workplace.screens")


class Office:
    """Stands where the application stands: knows one session, counts what was carried out."""

    renderer = RENDERER
    secure = False

    def __init__(self) -> None:
        self.signed_in = True
        self.happened: list[str] = []
        self.sendings: dict[str, str | None] = {}

    @asynccontextmanager
    async def work(self, request: Request, screen: Screen) -> AsyncIterator[Admitted]:
        if not self.signed_in:
            raise SignInFirst
        yield Admitted(work=replace(WORK, office=self), secret="the session's secret")
        self.happened.append("committed")

    def may(self, work: Work, needs: str) -> bool:
        return needs != "admin"

    async def shell(self, work: Work) -> Shell:
        return Shell(name="Jonas Eikeland", role="Fastlege")

    async def once(self, key: str, holder: str) -> str | None:
        if key in self.sendings and self.sendings[key] is None:
            raise Refused("AK-W004")
        return self.sendings.setdefault(key, None)

    async def carried(self, work: Work, key: str, holder: str, led: str) -> None:
        self.sendings[key] = led

    async def free(self, key: str, holder: str) -> None:
        del self.sendings[key]


@SCREENS.screen(
    "/p/{patient}", needs="read", title="overview.title", menu=Menu(text="overview.menu", icon="home", order=1)
)
async def chart(work: Work, visit: Visit, patient: str) -> Page | Go:
    if visit.sent:
        work.office.happened.append(visit.form["tekst"])
        if visit.form["tekst"] == "refuse":
            raise Refused("AK-J003", expected=1, current=2)
        return Go(f"/p/{patient}", said="note.menu")
    return Page("problem.html", head=visit.query.get("head", "Oversikt"), text=str(visit.query), code="")


@SCREENS.screen("/p/{patient}/samhandling/ny", needs="read", title="cooperation.title")
async def below(work: Work, visit: Visit, patient: str) -> Page:
    return Page("sok.html", search=Search())


@SCREENS.screen(
    "/p/{patient}/samhandling",
    needs="read",
    title="cooperation.title",
    menu=Menu(text="cooperation.menu", icon="swap", order=2),
)
async def cooperation(work: Work, visit: Visit, patient: str) -> Page:
    return await below(work, visit, patient)


@SCREENS.screen(
    "/p/{patient}/admin", needs="admin", title="overview.title", menu=Menu(text="inbox.menu", icon="home", order=3)
)
async def forbidden(work: Work, visit: Visit, patient: str) -> Page:
    raise AssertionError("nobody comes here")


@SCREENS.screen("/p/{patient}/kladd", needs="read", title="note.title", methods=("POST",))
async def draft(work: Work, visit: Visit, patient: str) -> Page:
    raise AssertionError("nobody comes here either")


@SCREENS.screen("/bug", needs="read", title="overview.title")
async def bug(work: Work, visit: Visit) -> Page:
    raise ValueError("NORDLI, Astrid")


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.fixture
async def browser(office: Office) -> AsyncIterator[httpx.AsyncClient]:
    app = Starlette(routes=list(routes(SCREENS.found, office)), exception_handlers=handlers(RENDERER))
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://akson.test") as client:
        yield client


def form(**more: str) -> dict[str, str]:
    return {"_csrf": "the session's secret", "_once": "1", "_patient": "astrid", "tekst": "hei", **more}


async def test_every_answer_forbids_scripts_of_others_and_storing(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/p/astrid")
    assert answer.headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert (await browser.get("/ukjent")).headers["cache-control"] == "no-store"


async def test_a_form_is_carried_out_and_leads_on(browser: httpx.AsyncClient, office: Office) -> None:
    answer = await browser.post("/p/astrid", data=form())
    assert (answer.status_code, answer.headers["location"]) == (303, "/p/astrid")
    assert office.happened == ["hei", "committed"]


@pytest.mark.parametrize("wrong", [{"_csrf": ""}, {"_csrf": "another's"}, {"_patient": "odd"}])
async def test_a_form_of_another_session_or_patient_changes_nothing(
    browser: httpx.AsyncClient, office: Office, wrong: dict[str, str]
) -> None:
    answer = await browser.post("/p/astrid", data=form(**wrong))
    assert answer.status_code in {403, 409}
    assert "hei" not in office.happened


@pytest.mark.parametrize("told", [{"sec-fetch-site": "cross-site"}, {"origin": "http://evil.example"}])
async def test_a_form_from_another_site_changes_nothing(
    browser: httpx.AsyncClient, office: Office, told: dict[str, str]
) -> None:
    answer = await browser.post("/p/astrid", data=form(), headers=told)
    assert answer.status_code == 403
    assert office.happened == []


async def test_a_form_sent_twice_is_carried_out_once(browser: httpx.AsyncClient, office: Office) -> None:
    answers = [await browser.post("/p/astrid", data=form()) for _ in range(2)]
    assert [answer.headers["location"] for answer in answers] == ["/p/astrid"] * 2
    assert office.happened.count("hei") == 1


@pytest.mark.parametrize("origin", ["http://akson.test", "null"])
async def test_a_form_of_ours_is_taken(browser: httpx.AsyncClient, origin: str) -> None:
    assert (await browser.post("/p/astrid", data=form(), headers={"origin": origin})).status_code == 303


async def test_a_form_that_was_changed_and_sent_again_is_carried_out_too(
    browser: httpx.AsyncClient, office: Office
) -> None:
    for text in ("vekt 61,1", "vekt 62,2", "vekt 61,1"):
        await browser.post("/p/astrid", data=form(tekst=text))
    assert [what for what in office.happened if what.startswith("vekt")] == ["vekt 61,1", "vekt 62,2"]


@pytest.mark.parametrize("address", ["/p/%00", "/p/astrid%00/samhandling", "/p/astrid?x=%00"])
async def test_what_no_database_can_hold_is_nowhere(browser: httpx.AsyncClient, address: str) -> None:
    assert (await browser.get(address)).status_code == 404


async def test_a_refused_form_may_be_sent_again(browser: httpx.AsyncClient, office: Office) -> None:
    assert (await browser.post("/p/astrid", data=form(tekst="refuse"))).status_code == 412
    assert (await browser.post("/p/astrid", data=form())).status_code == 303


async def test_a_form_that_is_too_large_is_refused(browser: httpx.AsyncClient, office: Office) -> None:
    assert (await browser.post("/p/astrid", data=form(tekst="x" * 2_000_001))).status_code == 413
    assert (await browser.post("/p/astrid", data={str(n): "" for n in range(501)})).status_code == 413


async def test_what_was_done_is_said_once(browser: httpx.AsyncClient) -> None:
    await browser.post("/p/astrid", data=form())
    first, second = [await browser.get("/p/astrid/samhandling") for _ in range(2)]
    assert 'role="status"' in first.text
    assert 'role="status"' not in second.text


async def test_the_sentence_travels_for_this_host_over_https_only(browser: httpx.AsyncClient, office: Office) -> None:
    office.secure = True
    answer = await browser.post("/p/astrid", data=form())
    name, _, said = answer.headers["set-cookie"].partition("=")
    assert name == f"__Host-{SAID}"
    assert {"httponly", "secure", "samesite=strict", "path=/"} <= {one.strip().lower() for one in said.split(";")[1:]}


@pytest.mark.parametrize("cookie", ["", ".", "bm90ZS5tZW51.0000", "bm90ZS5tZW51", "æ.ø"])
async def test_a_made_up_sentence_is_never_said(browser: httpx.AsyncClient, cookie: str) -> None:
    answer = await browser.get("/p/astrid/samhandling", headers=[(b"cookie", f"{SAID}={cookie}".encode())])
    assert answer.status_code == 200
    assert 'role="status"' not in answer.text


async def test_who_is_not_signed_in_is_led_to_sign_in_and_back(browser: httpx.AsyncClient, office: Office) -> None:
    office.signed_in = False
    assert (await browser.get("/p/astrid")).headers["location"] == "/logg-inn?til=/p/astrid"


@pytest.mark.parametrize("mode", ["cors", "same-origin", "no-cors"])
async def test_what_a_script_asks_for_after_a_lock_leads_nobody_back_to_it(
    browser: httpx.AsyncClient, office: Office, mode: str
) -> None:
    office.signed_in = False
    for answer in (await browser.get("/p/astrid", headers={"sec-fetch-mode": mode}),
                   await browser.post("/p/astrid/kladd", data=form(), headers={"sec-fetch-mode": mode})):  # fmt: skip
        assert answer.status_code == 401 and "location" not in answer.headers
    sent = await browser.post("/p/astrid/kladd", data=form(), headers={"sec-fetch-mode": "navigate"})
    assert (
        sent.headers["location"] == "/logg-inn"
    )  # nobody comes back to what is only sent: the page that was kept stands


async def test_a_role_without_the_permission_is_refused(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/p/astrid/admin")
    assert answer.status_code == 403
    assert "AK-W003" in answer.text


async def test_the_menu_holds_what_exists_and_may_be_opened(browser: httpx.AsyncClient) -> None:
    page = (await browser.get("/p/astrid/samhandling")).text
    assert re.findall(r'href="(/p/[^"]*)"( aria-current="page")?', page) == [
        ("/p/astrid", ""),
        ("/p/astrid/samhandling", ' aria-current="page"'),
    ]


async def test_a_page_below_marks_its_place_in_the_menu(browser: httpx.AsyncClient) -> None:
    page = (await browser.get("/p/astrid/samhandling/ny")).text
    assert 'href="/p/astrid/samhandling" aria-current="page"' in page


async def test_what_is_typed_is_text_not_markup(browser: httpx.AsyncClient) -> None:
    page = (await browser.get("/p/astrid", params={"head": "<script>alert(1)</script>"})).text
    assert "<script>alert" not in page


async def test_a_bug_shows_nothing_of_what_it_was_about(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/bug")
    assert answer.status_code == 500
    assert "NORDLI" not in answer.text
    assert "Noe gikk galt hos oss" in answer.text


def test_two_screens_cannot_share_an_address(office: Office) -> None:
    with pytest.raises(ValueError, match="two screens"):
        routes([*SCREENS.found, SCREENS.found[0]], office)
