"""Each reader's written Norwegian: chosen once, else what the browser asks for."""

from __future__ import annotations

from datetime import date

import pytest
from httpx import ASGITransport, AsyncClient
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from akson.base.errors import Refused
from akson.base.languages import wanted
from akson.base.web.messages import Messages
from akson.base.web.render import Renderer, full_date, long_day
from akson.base.web.speaking import Speaking, language_routes

MESSAGES = Messages({"hello": "Hva heter du?"}, {"nn": {"hello": "Kva heiter du?"}})


async def page(request: Request) -> Response:
    told = (MESSAGES.plain("hello"), Refused("AK-J002").text, long_day(date(2026, 11, 24)), full_date(None))
    return PlainTextResponse("\n".join(told))


def client() -> AsyncClient:
    renderer = Renderer(Messages.read(), lambda name: name)
    app = Starlette(
        routes=[Route("/side", page), *language_routes(renderer, secure=False)],
        middleware=[Middleware(Speaking, secure=False)],
    )
    return AsyncClient(transport=ASGITransport(app), base_url="http://akson.test")


async def test_who_has_chosen_nynorsk_reads_everything_in_it_until_they_choose_again() -> None:
    async with client() as browser:
        assert (
            await browser.get("/side")
        ).text == "Hva heter du?\nOpplysningen er slettet.\ntirsdag 24. november\nikke kjent"
        chosen = await browser.post("/malform", data={"malform": "nn", "til": "/side"})
        assert (chosen.status_code, chosen.headers["location"]) == (303, "/side")
        assert (
            await browser.get("/side")
        ).text == "Kva heiter du?\nOpplysninga er sletta.\ntysdag 24. november\nikkje kjent"
        await browser.post("/malform", data={"malform": "nb", "til": "/side"})
        assert (await browser.get("/side")).text.startswith("Hva")


@pytest.mark.parametrize("til", ["https://evil.example/", "//evil.example", "/\\evil.example", "side", ""])
async def test_the_choice_leads_nobody_to_another_site(til: str) -> None:
    async with client() as browser:
        assert (await browser.post("/malform", data={"malform": "nn", "til": til})).headers["location"] == "/"


async def test_what_is_no_language_of_ours_is_refused_and_another_site_cannot_choose() -> None:
    async with client() as browser:
        unknown = await browser.post("/malform", data={"malform": "en"})
        assert (unknown.status_code, "Velg bokmål eller nynorsk." in unknown.text) == (422, True)
        elsewhere = await browser.post("/malform", data={"malform": "nn"}, headers={"origin": "https://evil.example"})
        assert elsewhere.status_code == 403
        assert "set-cookie" not in elsewhere.headers


@pytest.mark.parametrize(
    ("chosen", "accepted", "is_"),
    [
        ("", "", "nb"),
        ("nn", "nb", "nn"),
        ("nb", "nn", "nb"),
        ("sv", "nn", "nn"),
        ("", "nn-NO,nn;q=0.9,no;q=0.8", "nn"),
        ("", "nb-NO,nb;q=0.9,nn;q=0.7,en;q=0.6", "nb"),
        ("", "no", "nb"),
        ("", "en;q=1.0,nn;q=0.2,nb;q=0.1", "nn"),
        ("", "nn;q=0", "nb"),
        ("", "en-GB", "nb"),
        ("", "nn;q=x,,;;nb\x00", "nb"),
    ],
)
def test_the_choice_counts_before_what_the_browser_asks_for(chosen: str, accepted: str, is_: str) -> None:
    assert wanted(chosen, accepted) == is_
