"""What citizens tell of themselves: written, changed and taken back on their pages, read by those who give care."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from akson.base.errors import Refused
from akson.base.languages import speak
from akson.base.web.screens import Go, Page
from akson.base.work import Actor, Purpose
from akson.record import journal
from akson.record.search.searching import search
from tests.offices import JOB, LOADING, VENDOR, let_pass
from tests.portal.pages import citizen, send, show
from tests.seeded import Town
from tests.workplace.browsing import browsing

PAGE, EDIT = "/min/om-meg", "/min/om-meg/endre"
GARDEN = "Å komme ut i hagen.\nKaffe kl. 11."
KIN = {"name1": "Kari Nordli", "who1": "datter", "phone1": "900 00 001", "name2": "Odd", "who2": "nabo"}


async def tells(town: Town, actor: Actor, part: str, *, whose: str = "", **answers: str) -> Any:
    """Fill in one part as the page drew it."""
    about = {"person": whose} if whose else {}
    drawn = await show(town, actor, EDIT, **{"del": part}, **about)
    hidden = dict(drawn.page.values["editing"].hidden)
    return await send(town, actor, EDIT, **(about | {"del": part, "versjon": hidden["versjon"]} | answers))


async def overview(town: Town, who: str, patient: str = "astrid") -> str:
    async with browsing(town.office, await town.at_work(who)) as browser:
        return (await browser.open(f"/p/{town.id(f'Patient/{patient}')}")).text


async def test_what_the_citizen_tells_is_read_by_those_who_give_care_as_the_citizens_own_words(town: Town) -> None:
    astrid = await citizen(town, "astrid")
    assert "Med pasientens egne ord" not in await overview(town, "jonas")
    assert await tells(town, astrid, "about", important=GARDEN) == Go(PAGE, said="own.said_written")
    await tells(town, astrid, "contacts", **KIN)
    await tells(town, astrid, "wishes", end="Å få være hjemme.")
    page = await show(town, astrid, PAGE)
    assert "Kari Nordli, datter, 900 00 001" in page.text and "Å få være hjemme." in page.text and GARDEN in page.html
    for who in ("jonas", "mariam"):
        seen = await overview(town, who)
        assert "Med pasientens egne ord" in seen and "Å komme ut i hagen." in seen and "Odd, nabo" in seen
    async with browsing(town.office, await town.at_work("elin")) as browser:  # of the other zone
        refused = await browser.open(f"/p/{town.id('Patient/astrid')}")
        assert "hagen" not in refused.text and "Kari Nordli, datter" not in refused.text


async def test_it_stands_as_one_form_of_the_persons_own_and_lets_nobody_in(town: Town) -> None:
    astrid = await citizen(town, "astrid")
    before = (await town.office.register.citizen("0", "demo:4")), await acting(town)
    await tells(town, astrid, "contacts", **KIN)
    await tells(town, astrid, "about", important="Ro")
    (one,) = await answers(town)
    assert (one["status"], one["author"]["reference"]) == ("completed", astrid.id)
    assert [(group["linkId"], group["text"]) for group in one["item"]] == [
        ("about", "Det som er viktig for meg"), ("contacts", "Hvem dere skal ringe"),
    ]  # fmt: skip
    assert [item["answer"][0]["valueString"] for item in one["item"][0]["item"]] == ["Ro"]
    assert before == (None, await acting(town))


async def acting(town: Town) -> int:
    """Return how many act for Astrid."""
    async with town.office.work(JOB, Purpose.SYSTEM) as work:
        return len((await search(work, "RelatedPerson", [("patient", town.names["Patient/astrid"])])).hits)


async def answers(town: Town) -> list[dict[str, Any]]:
    async with town.office.work(JOB, Purpose.SYSTEM) as work:
        hits = (await search(work, "QuestionnaireResponse", [("subject", town.names["Patient/astrid"])])).hits
    return [hit.resource for hit in hits if hit.resource.get("identifier", {}).get("value") == "about-me"]


async def test_what_is_taken_back_is_shown_to_nobody_and_stays_in_the_history(town: Town) -> None:
    astrid = await citizen(town, "astrid")
    await tells(town, astrid, "about", important="Ro")
    await tells(town, astrid, "wishes", end="Hjemme")
    hidden = dict((await show(town, astrid, PAGE)).page.values["own"].hidden)
    gone = await send(town, astrid, PAGE, **{"del": "wishes", "versjon": hidden["versjon"]})
    assert gone == Go(PAGE, said="own.said_withdrawn")
    seen = await overview(town, "jonas")
    assert "Hjemme" not in seen.partition("egne ord")[2] and "Ro" in seen.partition("egne ord")[2]
    assert await tells(town, astrid, "about") == Go(PAGE, said="own.said_written")  # all left empty
    assert "egne ord" not in await overview(town, "jonas")
    (one,) = await answers(town)
    assert one["status"] == "stopped" and "item" not in one
    async with town.office.work(JOB, Purpose.SYSTEM) as work:
        first = await journal.vread(work, "QuestionnaireResponse", one["id"], 1)
    assert first.resource["item"][0]["item"][0]["answer"][0]["valueString"] == "Ro"


async def test_two_pages_drawn_at_once_do_not_overwrite_each_other(town: Town) -> None:
    astrid = await citizen(town, "astrid")
    await tells(town, astrid, "about", important="Ro")
    for late in ("0", "x", "7"):
        again = await send(town, astrid, EDIT, **{"del": "about", "versjon": late, "important": "Uro"})
        assert isinstance(again, Page) and again.status == 422
    assert "Uro" not in (await show(town, astrid, PAGE)).text


@pytest.mark.parametrize("part", ["", "alt", "about "])
async def test_a_part_there_is_not_is_not_found(town: Town, part: str) -> None:
    with pytest.raises(Refused, match="AK-J001"):
        await send(town, await citizen(town, "astrid"), PAGE, **{"del": part, "versjon": "1"})


async def test_words_too_long_are_told_at_their_field_and_nothing_is_written(town: Town) -> None:
    again = await tells(town, await citizen(town, "astrid"), "about", important="x" * 2001)
    assert isinstance(again, Page) and again.status == 422 and await answers(town) == []


async def test_a_parent_tells_for_a_small_child_and_a_proxy_reads_only(town: Town) -> None:
    ola, kari = await citizen(town, "ola"), await citizen(town, "kari")
    assert isinstance(await tells(town, ola, "about", whose="emil", important="Dinosaurer"), Go)
    assert "Dinosaurer" in (await show(town, ola, PAGE, person="emil")).text
    await tells(town, await citizen(town, "astrid"), "about", important="Ro")
    read = await show(town, kari, PAGE, person="astrid")
    assert "/endre" not in read.html
    for path, form in ((EDIT, {"important": "Bråk"}), (PAGE, {})):
        with pytest.raises(Refused, match="AK-A001"):
            await send(town, kari, path, **form, **{"del": "about", "versjon": "1", "person": "astrid"})


async def test_strangers_see_no_such_page(town: Town) -> None:
    magne = await citizen(town, "magne")
    for path in (PAGE, EDIT):
        with pytest.raises(Refused, match="AK-A001"):
            await show(town, magne, path, person="astrid", **{"del": "about"})


async def test_the_page_is_there_in_nynorsk_too(town: Town) -> None:
    speak("nn")
    try:
        drawn = await show(town, await citizen(town, "astrid"), EDIT, **{"del": "about"})
    finally:
        speak("nb")
    assert "Kva er viktig for deg?" in drawn.text


NURSES = {"sykepleier": "mariam", "fastlege": "jonas"}


@pytest.mark.parametrize("who", [*NURSES, "program"])
@pytest.mark.parametrize("does", ["other words", "another mark", "closed", "deleted"])
async def test_nobody_else_changes_or_removes_what_the_person_has_told(town: Town, who: str, does: str) -> None:
    await tells(town, await citizen(town, "astrid"), "about", important="Ro")
    (one,) = await answers(town)
    changes: dict[str, Any] = {"other words": {"item": [{"linkId": "about"}]}, "another mark": {"identifier": {"value": "skjult"}},
                               "closed": {"status": "entered-in-error"}}  # fmt: skip
    actor = VENDOR if who == "program" else await town.at_work(NURSES[who])
    with pytest.raises(Refused, match="AK-A042"):
        async with town.office.work(actor, Purpose.SYSTEM if who == "program" else Purpose.TREATMENT) as work:
            if does == "deleted":
                await journal.delete(work, "QuestionnaireResponse", one["id"])
            else:
                await journal.update(work, one | changes[does], id_=one["id"])
    assert await answers(town) == [one]
    assert "Ro" in (await overview(town, "jonas")).partition("egne ord")[2]


async def test_what_is_loaded_in_somebodys_name_is_not_theirs_to_write_on(town: Town) -> None:
    """The newest is told by when it was written here, and the own one by who wrote it, whatever the form says."""
    astrid = await citizen(town, "astrid")
    async with town.office.work(LOADING, Purpose.SYSTEM) as work:
        await journal.create(work, {
            "resourceType": "QuestionnaireResponse", "status": "completed", "authored": "2999-01-01",
            "identifier": {"system": "https://akson.no/fhir/own-words", "value": "about-me"},
            "subject": {"reference": astrid.id}, "author": {"reference": astrid.id},
            "item": [{"linkId": "about", "item": [{"linkId": "important", "answer": [{"valueString": "Bråk"}]}]}],
        })  # fmt: skip
    let_pass(town.office, timedelta(minutes=1))
    await tells(town, astrid, "about", important="Ro")
    page = (await show(town, astrid, PAGE)).text
    assert "Ro" in page and "Bråk" not in page and "2999" not in page
    assert len(await answers(town)) == 2
