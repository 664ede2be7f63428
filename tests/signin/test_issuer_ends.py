"""An issuer tells that a session has ended there (OpenID Connect Back-Channel Logout 1.0): it ends here too, everywhere."""

from __future__ import annotations

from typing import Any

import asyncpg
import pytest
from joserfc.jwk import ECKey

from akson.signin import jose
from akson.signin.client import LOGOUT
from akson.signin.keys import Keyring
from akson.signin.model import Issued
from tests.signin.conftest import JONAS, ROLES, Browser, House, confused, unsigned


def claims(house: House, **changes: Any) -> dict[str, Any]:
    """Return what a right logout token says; None leaves a claim out."""
    now = int(house.clock().timestamp())
    told = {"iss": house.issuer.settings.url, "aud": "web", "iat": now, "exp": now + 120, "jti": jose.fresh(),
            "sub": "jonas", "events": {LOGOUT: {}}}  # fmt: skip
    return {name: value for name, value in (told | changes).items() if value is not None}


def token(house: House, keys: Keyring | None = None, typ: str = "logout+jwt", **changes: Any) -> str:
    key = (keys or house.issuer_keys).signer
    return jose.sign(claims(house, **changes), key, typ=typ, kid=key.thumbprint())


async def told(house: House, text: str, issuer: str = "egen") -> tuple[int, str]:
    answer = await house.http.post(f"{house.url}/logg-ut/{issuer}", data={"logout_token": text})
    assert "no-store" in answer.headers["cache-control"]
    return answer.status_code, answer.text


async def test_all_sessions_of_the_person_end_and_no_other(house: House, browser: Browser) -> None:
    at_home, siri = Browser(house), Browser(house)
    for one, who in ((browser, "jonas"), (at_home, "jonas"), (siri, "astrid")):
        await one.sign_in(who)
    assert await told(house, token(house)) == (200, "")
    assert [(await one.go("/side")).status_code for one in (browser, at_home, siri)] == [401, 401, 200]
    ended = [event.actor.name for event in house.events if event.what == "ended" and event.actor]
    assert ended == [JONAS.name] * 2
    await at_home.http.aclose()
    await siri.http.aclose()


async def test_one_session_of_the_issuer_ends_alone(house: House) -> None:
    now = house.clock()
    here, there = [
        await house.sessions.start(ROLES[JONAS.pid], provider="egen", now=now,
                                   issued=Issued(subject="jonas", session=sid))
        for sid in ("s1", "s2")
    ]  # fmt: skip
    elsewhere = await house.sessions.start(ROLES[JONAS.pid], provider="annen", now=now,
                                           issued=Issued(subject="jonas", session="s1"))  # fmt: skip
    assert (await told(house, token(house, sid="s1")))[0] == 200
    assert [await house.sessions.resume(one, now) is None for one in (here, there, elsewhere)] == [True, False, False]
    assert (await told(house, token(house, sub=None, sid="s2")))[0] == 200
    assert await house.sessions.resume(there, now) is None


WRONG: list[dict[str, Any]] = [
    {"iss": "https://evil.example"}, {"aud": "other"}, {"aud": None}, {"iat": None}, {"iat": 1}, {"exp": 1}, {"jti": None},
    {"jti": ""}, {"events": None}, {"events": {}}, {"events": {"x": {}}}, {"events": {LOGOUT: True}}, {"events": LOGOUT},
    {"nonce": "n"}, {"sub": None}, {"sub": 5}, {"sub": ""}, {"sub": None, "sid": ["s"]}, {"iat": 9_999_999_999},
]  # fmt: skip


@pytest.mark.parametrize("changes", WRONG, ids=str)
async def test_a_token_that_is_not_quite_right_ends_nothing(
    house: House, browser: Browser, changes: dict[str, Any]
) -> None:
    await browser.sign_in("jonas")
    status, text = await told(house, token(house, **changes))
    assert status == 400 and "invalid_request" in text
    assert (await browser.go("/side")).status_code == 200


async def test_a_token_that_the_issuer_did_not_sign_ends_nothing(house: House, browser: Browser, tmp_path: Any) -> None:
    await browser.sign_in("jonas")
    right = token(house)
    signer = house.issuer_keys.signer
    assert isinstance(signer, ECKey)
    forged = [
        *(token(house, typ=typ) for typ in ("JWT", "at+jwt", "")), token(house, Keyring.open(tmp_path, "stranger")), unsigned(right), right[:-4] + "AAAA", "", "x", "a.b.c",
        confused(claims(house), signer, "logout+jwt"),
    ]  # fmt: skip
    for one in forged:
        assert (await told(house, one))[0] == 400, one
    assert (await told(house, right, "ukjent"))[0] == 400
    assert (await browser.go("/side")).status_code == 200


async def test_a_token_counts_once(house: House, browser: Browser) -> None:
    one = token(house)
    assert (await told(house, one))[0] == 200
    await browser.sign_in("jonas")
    assert (await told(house, one))[0] == 400
    assert (await browser.go("/side")).status_code == 200


async def test_who_sends_nonsense_for_ever_does_not_fill_the_log(house: House, database_url: str) -> None:
    noted, database = [], await asyncpg.connect(database_url)
    for before in (0, house.signin.starts - 1, house.signin.starts):
        await database.execute("UPDATE signin_attempt SET attempts = $1", before)
        assert (await told(house, "x", "ukjent"))[0] == 400
        noted.append(len(house.events))
    await database.close()
    house.clock.pass_(minutes=6)
    assert (await told(house, "x"))[0] == 400
    assert [*noted, len(house.events)] == [1, 2, 2, 3]
