"""A person signs in and out, over real HTTP, at our own issuer, by the path that leads to HelseID too."""

from __future__ import annotations

from akson.signin.tickets import as_json
from tests.signin.conftest import ASTRID, JONAS, Browser, House


async def test_a_doctor_signs_in_works_and_signs_out_in_all_tabs(house: House, browser: Browser) -> None:
    arrived = await browser.sign_in("jonas")
    assert arrived.json()["name"] == "Jonas Eikeland"
    assert house.identities[0].pid == JONAS.pid
    assert house.identities[0].staff and house.identities[0].signed_in == "egen:4"
    assert [event.what for event in house.events] == ["in"]

    another_tab = browser.cookie
    left = await browser.go("/logg-ut", _csrf=arrived.json()["csrf"])
    assert "Du er logget ut" in left.text
    assert any("/id/end_session" in where for where in browser.been)
    browser.http.cookies.set("akson", another_tab, domain="127.0.0.1")
    assert (await browser.go("/side")).status_code == 401


async def test_a_citizen_signs_in_with_id_portens_words(house: House, browser: Browser) -> None:
    assert (await browser.sign_in("astrid")).json()["role"] == "innbygger"
    assert house.identities[0].pid == ASTRID.pid and not house.identities[0].staff


async def test_one_with_two_roles_chooses_and_may_switch_each_time_under_a_new_cookie(browser: Browser) -> None:
    chooser = await browser.sign_in("siri")
    assert "Velg rolle" in chooser.text and "/logg-inn/rolle" in str(chooser.url)
    assert (await browser.go("/side")).status_code == 401  # nothing can be done before a role is chosen
    before, csrf = browser.cookie, chooser.text.split('name="_csrf" value="')[1].split('"')[0]
    assert (await browser.go("/logg-inn/rolle", rolle="1", _csrf=csrf)).json()["role"] == "leder"
    assert browser.cookie != before
    assert (await browser.go("/logg-inn/rolle", rolle="0", _csrf=csrf)).status_code == 403  # the old form
    assert (await browser.go("/side")).json()["role"] == "leder"


async def test_the_wanted_page_is_reached_but_never_another_site(browser: Browser) -> None:
    await browser.sign_in("jonas", start="/logg-inn?til=/side%3Fa=1")
    assert browser.been[-1].endswith("/side?a=1")
    for elsewhere in ["https://evil.example/", "//evil.example/", "/\\evil.example", "/logg-ut"]:
        browser.http.cookies.clear()
        await browser.sign_in("jonas", start=f"/logg-inn?til={elsewhere}")
        assert browser.been[-1].endswith("/side")


async def test_one_without_a_role_is_told_so_and_gets_no_session(house: House, browser: Browser) -> None:
    refused = await browser.sign_in("ukjent")
    assert refused.status_code == 403 and "ingen rolle" in refused.text
    assert not browser.cookie
    assert [(event.what, event.code) for event in house.events] == [("refused", "AK-L006")]


async def test_a_session_planted_before_sign_in_is_worth_nothing_after_it(house: House, browser: Browser) -> None:
    attacker = Browser(house)
    await attacker.sign_in("astrid")
    browser.http.cookies.set("akson", attacker.cookie, domain="127.0.0.1")
    await browser.sign_in("jonas")
    assert browser.cookie != attacker.cookie
    assert (await attacker.go("/side")).status_code == 401  # the planted session has ended
    await attacker.http.aclose()


async def test_an_answer_that_another_browser_asked_for_is_refused(house: House, browser: Browser) -> None:
    """Login CSRF: the attacker signs in and sends the victim the last step."""
    attacker = Browser(house)
    await attacker.sign_in("astrid", stop="/logg-inn/tilbake")
    refused = await browser.go(attacker.been[-1])
    assert refused.status_code == 400 and not browser.cookie
    await attacker.http.aclose()


async def test_the_same_answer_counts_once(browser: Browser) -> None:
    await browser.sign_in("jonas", stop="/logg-inn/tilbake")
    back = browser.been[-1]
    assert (await browser.go(back)).status_code == 200
    assert (await browser.go(back)).status_code == 400


TAMPERED = [
    lambda url: url.replace("&iss=", "&x="),  # RFC 9207: the answer must name its issuer
    lambda url: url.replace("&iss=http", "&iss=https"),
    lambda url: url.replace("state=", "state=x"),
    lambda url: url.replace("code=", "code=x"),
    lambda url: url.split("?")[0],
    lambda url: url.replace("code=", "error=access_denied&x="),
]  # fmt: skip


async def test_an_answer_that_was_tampered_with_is_refused_and_nothing_loops(house: House, browser: Browser) -> None:
    for place, change in enumerate(TAMPERED):
        house.clock.pass_(minutes=6)  # so that failures are counted anew
        await browser.sign_in("jonas", stop="/logg-inn/tilbake")
        refused = await browser.go(change(browser.been[-1]))
        assert refused.status_code in {400, 502} and not browser.cookie, place


async def test_a_sign_in_that_takes_too_long_is_refused(house: House, browser: Browser) -> None:
    picker = await browser.go("/logg-inn")
    house.clock.pass_(minutes=11)
    refused = await browser.go(str(picker.url), person="jonas", **dict(picker.url.params))
    assert refused.status_code == 400 and "tok for lang tid" in refused.text
    assert (await browser.go(str(picker.url))).status_code == 400


async def test_many_failures_from_one_address_close_the_door_for_a_while(house: House, browser: Browser) -> None:
    answers = [await browser.go("/logg-inn/tilbake?state=x") for _ in range(7)]
    assert [answer.status_code for answer in answers] == [400] * 5 + [429] * 2
    house.clock.pass_(minutes=5)
    assert (await browser.go("/logg-inn/tilbake?state=x")).status_code == 400


async def test_a_form_from_another_site_does_nothing(browser: Browser) -> None:
    csrf = (await browser.sign_in("jonas")).json()["csrf"]
    browser.http.headers["sec-fetch-site"] = "cross-site"
    assert (await browser.go("/logg-ut", _csrf=csrf)).status_code == 403
    del browser.http.headers["sec-fetch-site"]
    assert (await browser.go("/logg-ut", _csrf="wrong")).status_code == 403
    assert (await browser.go("/side")).status_code == 200


async def test_the_sign_in_begins_at_the_address_where_the_answer_will_arrive(house: House, browser: Browser) -> None:
    """Else the cookie set at "localhost" would not meet the answer at "127.0.0.1"."""
    moved = await browser.http.get("/logg-inn?til=/side", headers={"host": "localhost"})
    assert moved.headers["location"] == f"{house.url}/logg-inn?til=/side"
    proxied = await browser.http.get("/logg-inn", headers={"host": "behind.example"})
    assert "/id/authorize" in proxied.headers["location"]  # no redirect that would go round for ever


async def test_no_secret_and_no_national_id_is_stored_for_a_sign_in(house: House, browser: Browser, db) -> None:
    await browser.sign_in("jonas")
    secrets = [
        browser.cookie,
        JONAS.pid,
        *(where.split("code=")[-1][:43] for where in browser.been if "code=" in where),
    ]
    assert len(secrets) == 3
    for table in ["signin_ticket", "signin_session", "signin_replay", "signin_revoked", "signin_attempt"]:
        held = as_json([str(row) for row in await db.fetch(f"SELECT * FROM {table}")])
        assert not [secret for secret in secrets if secret in held]
