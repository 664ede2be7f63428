"""A screen that was left is locked: nothing is shown there until its person has proven anew who they are."""

from __future__ import annotations

import re

import pytest

from akson.base.errors import Refused
from akson.signin import jose
from akson.signin.model import Pending
from tests.signin.conftest import JONAS, SIRI, Browser, House

AWAY = 16  # minutes


def csrf_of(text: str) -> str:
    return re.findall(r'name="_csrf" value="([^"]+)"', text)[0]


async def siri_as_leader(browser: Browser) -> str:
    """Sign Siri in, who has two roles, in the second; return the token of her forms."""
    chooser = await browser.sign_in("siri")
    answer = await browser.go("/logg-inn/rolle", rolle="1", _csrf=csrf_of(chooser.text))
    return str(answer.json()["csrf"])


async def test_who_comes_back_is_where_they_were_in_the_role_they_had(house: House, browser: Browser) -> None:
    await siri_as_leader(browser)
    house.clock.pass_(minutes=AWAY)
    assert (await browser.go("/side")).status_code == 401
    locked = await browser.go("/logg-inn?til=/side%3Fa=1")
    assert "Skjermen er låst" in locked.text and SIRI.name in locked.text and "Leder" in locked.text
    assert str(locked.url).endswith("/logg-inn") and "a=1" not in locked.text  # whoever comes next reads no address
    back = await browser.sign_in("siri", start="/logg-inn?med=egen")
    assert str(back.url).endswith("/side?a=1") and back.json()["role"] == "leder"


async def test_a_screen_can_be_locked_by_hand_and_its_cookie_is_worth_nothing_then(
    house: House, browser: Browser
) -> None:
    csrf = await siri_as_leader(browser)
    locked = await browser.go("/laas", _csrf=csrf, til="/side")
    assert "Skjermen er låst" in locked.text and "side" not in str(locked.url) + locked.text
    for path in ("/side", "/logg-inn/rolle"):
        assert (await browser.go(path)).status_code == 401
    assert (await browser.go("/laas/her")).text == "out"  # being there does not unlock it
    assert "Skjermen er låst" in (await browser.go("/laas", _csrf=csrf)).text
    assert [event.what for event in house.events].count("locked") == 1


async def test_a_lock_changes_the_cookie_and_one_sent_twice_does_not_lose_it(house: House, browser: Browser) -> None:
    csrf, before = (await browser.sign_in("jonas")).json()["csrf"], browser.cookie
    house.clock.pass_(minutes=AWAY)  # nobody has used it for a while: the page locks itself nevertheless
    assert "Skjermen er låst" in (await browser.go("/laas", _csrf=csrf)).text
    assert browser.cookie not in ("", before)
    again = await browser.http.post("/laas", data={"_csrf": csrf}, headers={"cookie": f"akson={before}"})
    assert "set-cookie" not in again.headers  # from another tab, at the same moment


async def test_another_person_at_a_locked_screen_comes_to_a_page_of_their_own(house: House, browser: Browser) -> None:
    old = await browser.go("/laas", _csrf=await siri_as_leader(browser), til="/side?siris=1")
    assert "siris" not in str(old.url) + old.text + "".join(map(str, browser.been))
    jonas = await browser.sign_in("jonas", start="/logg-inn?med=egen&til=/side%3Fsiris=1")
    assert str(jonas.url).endswith("/side") and jonas.json()["name"] == JONAS.name
    csrf = jonas.json()["csrf"]
    assert "siris" not in (await browser.go("/laas", _csrf=csrf)).text  # nor does it lie in wait for the next lock
    assert str((await browser.sign_in("jonas", start="/logg-inn?med=egen")).url).endswith("/side")


async def test_being_known_at_the_issuer_does_not_unlock(house: House, browser: Browser) -> None:
    """The issuer is asked to ask the person, and an answer begun before the lock does not count."""
    csrf = (await browser.sign_in("jonas")).json()["csrf"]
    another_tab = Browser(house)
    another_tab.http.cookies.update(browser.http.cookies)
    await another_tab.sign_in("jonas", stop="/logg-inn/tilbake")
    under_way = another_tab.been[-1]
    await browser.go("/laas", _csrf=csrf)
    another_tab.http.cookies.set("akson", browser.cookie, domain="127.0.0.1")
    assert (await another_tab.go(under_way)).status_code == 400
    await another_tab.http.aclose()


async def test_an_id_token_of_an_earlier_sign_in_does_not_unlock(house: House, browser: Browser) -> None:
    verifier = jose.fresh()
    where = await house.oidc.begin(state="s", nonce="n", verifier=verifier, anew=True)
    arrived = await browser.go(where)
    answered = await browser.go(str(arrived.url), stop="/logg-inn/tilbake", person="jonas", **dict(arrived.url.params))
    assert answered.has_redirect_location
    answer = dict(answered.next_request.url.params) if answered.next_request else {}
    later = Pending(provider="egen", nonce="n", verifier=verifier, browser="", to="",
                    since=house.clock().timestamp() + 120)  # fmt: skip
    with pytest.raises(Refused, match="AK-L004"):
        await house.oidc.finish(answer, later)


async def test_a_page_in_use_keeps_its_session_without_asking_for_anything(house: House, browser: Browser) -> None:
    await browser.sign_in("jonas")
    for _ in range(6):
        house.clock.pass_(minutes=10)
        assert (await browser.go("/laas/her")).text == "in"
    assert (await browser.go("/side")).status_code == 200


async def test_a_citizen_who_leaves_the_screen_is_signed_out(house: House, browser: Browser) -> None:
    csrf = (await browser.sign_in("astrid")).json()["csrf"]
    away = await browser.go("/laas", _csrf=csrf)
    assert "låst" not in away.text and "Hvem vil du være?" in away.text
    await browser.sign_in("astrid")
    house.clock.pass_(minutes=AWAY)
    assert "låst" not in (await browser.go("/logg-inn")).text and (await browser.go("/side")).status_code == 401


@pytest.mark.parametrize("til", ["https://evil.example/", "//evil.example", "/\\evil.example", "/logg-ut"])
async def test_the_lock_leads_nobody_astray(browser: Browser, til: str) -> None:
    csrf = (await browser.sign_in("jonas")).json()["csrf"]
    locked = await browser.go("/laas", _csrf=csrf, til=til)
    assert "Skjermen er låst" in locked.text
    assert str((await browser.sign_in("jonas", start="/logg-inn?med=egen")).url).endswith("/side")


async def test_nobody_locks_the_screen_of_another(browser: Browser) -> None:
    await browser.sign_in("jonas")
    assert (await browser.go("/laas", _csrf="x")).status_code == 403
    answer = await browser.http.post("/laas", data={"_csrf": "x"}, headers={"origin": "https://evil.example"})
    assert answer.status_code == 403 and (await browser.go("/side")).status_code == 200
