"""People see where they are signed in and end what they do not know; the operator ends whose he must."""

from __future__ import annotations

import re

from tests.signin.conftest import JONAS, ROLES, Browser, House


async def two(house: House, browser: Browser) -> Browser:
    """Sign Jonas in at two screens; return the second."""
    there = Browser(house)
    await browser.sign_in("jonas")
    await there.sign_in("jonas")
    return there


def names(page: str) -> list[str]:
    return [found for found in re.findall(r'name="okt" value="([^"]*)"', page) if found]


async def csrf(browser: Browser) -> str:
    return str((await browser.go("/side")).json()["csrf"])


async def test_one_sees_ones_own_sessions_and_ends_all_others(house: House, browser: Browser) -> None:
    there, astrid = await two(house, browser), Browser(house)
    await astrid.sign_in("astrid")
    page = (await browser.go("/innlogginger")).text
    assert len(names(page)) == 1 and page.count("(denne)") == 1 and JONAS.pid not in page
    await browser.go("/innlogginger", _csrf=await csrf(browser), okt="")
    assert [(await one.go("/side")).status_code for one in (browser, there, astrid)] == [200, 401, 200]
    assert [event.what for event in house.events][-1] == "ended"
    for one in (there, astrid):
        await one.http.aclose()


async def test_one_session_is_ended_alone_and_never_another_persons(house: House, browser: Browser) -> None:
    there, astrid = await two(house, browser), Browser(house)
    await astrid.sign_in("astrid")
    third = Browser(house)
    await third.sign_in("jonas")
    session = await house.sessions.resume(astrid.cookie, house.clock())
    assert session is not None
    hers = (await house.sessions.open_beside(session, house.clock()))[0]
    for name in (hers.name, "x", names((await third.go("/innlogginger")).text)[0]):
        await third.go("/innlogginger", _csrf=await csrf(third), okt=name)
    assert [(await one.go("/side")).status_code for one in (browser, there)].count(401) == 1
    assert [(await one.go("/side")).status_code for one in (astrid, third)] == [200, 200]
    for one in (there, astrid, third):
        await one.http.aclose()


async def test_who_signed_in_a_while_ago_does_so_anew_first(house: House, browser: Browser) -> None:
    there = await two(house, browser)
    house.clock.pass_(minutes=6)
    page = (await browser.go("/innlogginger")).text
    assert not names(page) and "Logg inn på nytt for å avslutte" in page
    sent = await browser.http.post("/innlogginger", data={"_csrf": await csrf(browser), "okt": ""})
    assert sent.headers["location"] == "/logg-inn?med=egen&nytt=1&til=%2Finnlogginger"
    assert (await there.go("/side")).status_code == 200
    await browser.sign_in("jonas", start=sent.headers["location"])
    await browser.go("/innlogginger", _csrf=await csrf(browser), okt="")
    assert (await there.go("/side")).status_code == 401
    await there.http.aclose()


async def test_a_stranger_and_a_form_from_elsewhere_end_nothing(house: House, browser: Browser) -> None:
    there = await two(house, browser)
    assert (await browser.go("/innlogginger", _csrf="wrong", okt="")).status_code == 403
    stranger = Browser(house)
    assert (await stranger.http.get("/innlogginger")).headers["location"] == "/logg-inn?til=%2Finnlogginger"
    assert (await stranger.http.post("/innlogginger", data={"okt": ""})).status_code == 401
    assert (await there.go("/side")).status_code == 200
    for one in (there, stranger):
        await one.http.aclose()


async def test_the_operator_ends_the_sessions_of_one_or_of_all(house: House, browser: Browser) -> None:
    there, astrid, siri = await two(house, browser), Browser(house), Browser(house)
    await astrid.sign_in("astrid")
    await siri.sign_in("siri")  # who has two roles, and has chosen none yet
    assert len(await house.sessions.end_of("Practitioner/nobody")) == 0
    assert len(await house.sessions.end_of(ROLES[JONAS.pid][0].id)) == 2
    assert [(await one.go("/side")).status_code for one in (browser, there, astrid)] == [401, 401, 200]
    assert len(await house.sessions.end_of("Practitioner/4")) == 1
    assert len(await house.sessions.end_of("")) == 1
    assert (await astrid.go("/side")).status_code == 401
    for one in (there, astrid, siri):
        await one.http.aclose()
