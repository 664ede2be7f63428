"""A citizen chooses when and how they are told that somebody looked, for their own record and no other."""

from __future__ import annotations

from typing import Any

import pytest

from akson.base.errors import Refused
from akson.base.languages import language, speak
from akson.base.web.screens import Go, Page
from akson.patient.alerting import gathering
from akson.portal.alerts import PATH
from tests.portal.pages import citizen, send, show
from tests.portal.test_insight import later, reads
from tests.seeded import Town

INNSYN = "/min/innsyn"


async def chosen(town: Town) -> Any:
    return await town.office.database.fetch("SELECT level, way, address, language FROM alert_choice")


async def gather(town: Town) -> None:
    while await gathering.turn(town.office.database, town.office.clock()):
        pass


@pytest.fixture
def reached(town: Town) -> Town:
    """The town where the operator has set up both e-mail and text messages."""
    town.office.ways = ("mail", "sms")
    return town


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ({"nivaa": "every", "maate": "mail", "epost": " astrid@eksempel.example "}, ("every", "mail", "astrid@eksempel.example")),
        ({"nivaa": "new", "maate": "sms", "mobil": "+47 900 00 000"}, ("new", "sms", "4790000000")),
        ({"nivaa": "opened", "maate": "sms", "mobil": "40000000", "epost": "ikke en"}, ("opened", "sms", "4740000000")),
        ({"nivaa": "none", "maate": "inbox", "epost": "astrid@eksempel.example"}, ("none", "inbox", "")),
    ],
)  # fmt: skip
async def test_what_is_chosen_is_kept_and_shown(reached: Town, sent: dict[str, str], kept: tuple[str, ...]) -> None:
    astrid = await citizen(reached, "astrid")
    assert "Varsler" in (await show(reached, astrid, INNSYN)).text
    assert await send(reached, astrid, PATH, **sent) == Go(INNSYN, said="alerts.saved")
    assert [tuple(row) for row in await chosen(reached)] == [(*kept, "nb")]
    page = await show(reached, astrid, PATH)
    assert page.html.count("checked") == 2 and page.statements <= 8
    assert kept[2].removeprefix("47") in page.html


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"nivaa": "every", "maate": "mail"}, "alerts.epost_fault"),
        ({"nivaa": "every", "maate": "mail", "epost": "a@x.example\nBcc: b@x.example"}, "alerts.epost_fault"),
        ({"nivaa": "every", "maate": "sms", "mobil": "22 00 00 00"}, "alerts.mobil_fault"),
        ({"nivaa": "every", "maate": "due"}, "form.not_a_choice"), ({"maate": "inbox"}, "form.must_choose"),
        ({"nivaa": "alt", "maate": "inbox"}, "form.not_a_choice"),
    ],
)  # fmt: skip
async def test_what_cannot_be_is_explained_and_nothing_is_kept(reached: Town, sent: dict[str, str], said: str) -> None:
    page = await send(reached, await citizen(reached, "astrid"), PATH, **sent)
    assert isinstance(page, Page) and page.status == 422
    assert [one.fault.key for one in page.values["form"].wrong] == [said] and not await chosen(reached)


async def test_without_a_sender_there_is_min_side_alone(town: Town) -> None:
    astrid = await citizen(town, "astrid")
    page = await show(town, astrid, PATH)
    assert "E-post" not in page.text and "SMS" not in page.text
    await send(town, astrid, PATH, nivaa="every", maate="mail", epost="a@x.example")
    assert [tuple(row) for row in await chosen(town)] == [("every", "inbox", "", "nb")]


async def test_min_side_tells_of_new_looks_until_one_has_read_about_them(town: Town) -> None:
    astrid = await citizen(town, "astrid")
    await send(town, astrid, PATH, nivaa="every")
    assert "På Min side" not in (await show(town, astrid, "/min")).text
    for _ in range(2):
        later(town)
        await reads(town, await town.at_work("jonas"), "astrid")
    await gather(town)
    later(town)
    page = await show(town, astrid, "/min")
    assert "2 nye oppslag i journalen din" in page.text
    assert "nye oppslag" not in (await show(town, await citizen(town, "kari"), "/min", person="astrid")).text
    later(town)
    await show(town, astrid, INNSYN)
    later(town)
    assert "nye oppslag" not in (await show(town, astrid, "/min")).text


@pytest.mark.parametrize(("who", "whose"), [("kari", "astrid"), ("ola", "emil"), ("hege", "sander")])
async def test_nobody_chooses_for_another_not_even_a_parent(reached: Town, who: str, whose: str) -> None:
    actor = await citizen(reached, who)
    with pytest.raises(Refused) as refused:
        await show(reached, actor, PATH, person=whose)
    assert refused.value.code == "AK-A001"
    with pytest.raises(Refused):
        await send(reached, actor, PATH, person=whose, nivaa="every", maate="inbox")
    assert not await chosen(reached)
    assert PATH not in (await show(reached, actor, INNSYN, person=whose)).html


async def test_letters_go_in_the_language_one_chose_in(reached: Town) -> None:
    before = language()
    try:
        speak("nn")
        await send(reached, await citizen(reached, "astrid"), PATH, nivaa="every", maate="inbox")
    finally:
        speak(before)
    assert [row["language"] for row in await chosen(reached)] == ["nn"]
