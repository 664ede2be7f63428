"""Closing any part of the record to anybody: every kind that the rules keep, from the citizen's own page."""

from __future__ import annotations

from typing import Any

import pytest

from akson.base.errors import Refused
from akson.base.web.screens import Go
from akson.base.work import Actor, Purpose
from akson.patient.openings import open_in_emergency
from akson.portal import closing
from akson.record import journal
from seeds import fjordvik
from tests.portal.pages import citizen, send, show
from tests.portal.test_insight import insight, later
from tests.seeded import Town

PATH, NORD = closing.PATH, fjordvik.NORD.key
DONE = Go("/min/innsyn", said="insight.closed")


async def sees(town: Town, who: str, purpose: Purpose = Purpose.TREATMENT) -> set[str]:
    """Return the documents of Torunn's record that one at work sees; empty too when it is closed."""
    later(town)
    try:
        async with town.office.work(await town.at_work(who), purpose) as work:
            found = await journal.chart(work, town.id("Patient/torunn"), {"DocumentReference": 50})
    except Refused:
        return set()
    return {hit.id for hit in found["DocumentReference"]}


async def written(town: Town, who: str, day: str) -> str:
    """Let somebody at work write a document in her record; return its id."""
    actor = await town.at_work(who)
    async with town.office.work(actor, Purpose.TREATMENT) as work:
        made = await journal.create(work, {
            "resourceType": "DocumentReference", "status": "current", "date": f"{day}T12:00:00+01:00",
            "subject": {"reference": town.names["Patient/torunn"]}, "description": f"Notat {day}",
            "author": [{"reference": actor.id, "display": actor.name}], "content": [{"attachment": {"title": "x"}}],
        })  # fmt: skip
    return made.id


async def torunn(town: Town) -> Actor:
    return await citizen(town, "torunn")


async def test_one_document_is_closed_to_everybody_at_work_and_the_rest_is_open(town: Town) -> None:
    secret, other = await written(town, "mariam", "2026-11-20"), await written(town, "mariam", "2026-11-21")
    asked = await show(town, await torunn(town), PATH, sperr="document", **{"for": "everyone"})
    assert "Notat 2026-11-20, 20.11.2026" in asked.text and "Resten av journalen er åpen" in asked.text
    assert await send(town, await torunn(town), PATH, sperr="document", **{"for": "everyone"}, dokument=secret) == DONE
    assert {secret, other} & await sees(town, "anne") == {other}
    titles = [one.title for one in (await insight(town, await torunn(town))).blocks]
    assert "«Notat 2026-11-20» for alle ansatte" in titles


@pytest.mark.parametrize(("what", "whom", "more", "closed", "open_", "told"), [
    ("all", "everyone", {}, ("anne", "mariam"), (), "alle ansatte"),
    ("all", "unit", {"enhet": NORD}, ("mariam",), ("anne",), "Hjemmetjenesten sone nord"),
    ("all", "organisation", {"virksomhet": "Organization/fjordvik"}, ("mariam", "anne"), (), "Fjordvik kommune"),
    ("all", "role", {"yrke": "sykepleier"}, ("mariam",), ("anne",), "Sykepleier"),
    ("all", "person", {"ansatt": "Practitioner/mariam"}, ("mariam",), ("anne",), "Mariam Yusuf"),
    ("author", "everyone", {"skrevet": NORD}, ("anne",), (), "Det Hjemmetjenesten sone nord har skrevet"),
    ("period", "everyone", {"datert_fra": "2026-11-20", "datert_til": "20.11.2026"}, ("anne", "mariam"), (),
     "Det som er fra 20.11.2026 til 20.11.2026, for alle ansatte"),
])  # fmt: skip
async def test_every_kind_closes_what_it_says_and_nothing_else(
    town: Town, what: str, whom: str, more: dict[str, str], closed: tuple[str, ...], open_: tuple[str, ...], told: str
) -> None:
    note = await written(town, "mariam", "2026-11-20")
    named = {name: town.id(value) if "/" in value else value for name, value in more.items()}
    assert await send(town, await torunn(town), PATH, sperr=what, **{"for": whom}, **named) == DONE
    for who in closed:
        assert note not in await sees(town, who)
    for who in open_:
        assert note in await sees(town, who)
    assert [one for one in (await insight(town, await torunn(town))).blocks if told in one.title]


async def test_what_is_written_from_now_on_is_closed_and_what_stood_there_is_not(town: Town) -> None:
    before = await written(town, "mariam", "2026-11-20")
    assert await send(town, await torunn(town), PATH, sperr="future", **{"for": "everyone"}) == DONE
    after = await written(town, "mariam", "2026-11-24")
    assert {before, after} & await sees(town, "anne") == {before}


async def test_a_block_begins_and_ends_by_itself(town: Town) -> None:
    note = await written(town, "mariam", "2026-11-20")
    given = {"for": "everyone", "gjelder_fra": "2026-11-25", "gjelder_til": "2026-11-26"}
    assert await send(town, await torunn(town), PATH, sperr="all", **given) == DONE
    assert note in await sees(town, "anne")
    (told,) = [one.text for one in (await insight(town, await torunn(town))).blocks if one.title == "alle ansatte"]
    assert "Gjelder fra 25.11.2026. Til og med 26.11.2026" in told
    for days, open_ in ((2, False), (1, False), (1, True)):
        later(town, days * 24 * 60)
        assert (note in await sees(town, "anne")) is open_


async def test_only_where_it_is_said_does_a_block_hold_in_an_emergency(town: Town) -> None:
    for more, opens in (({}, True), ({"ogsaa_nod": "ja"}, False)):
        assert await send(town, await torunn(town), PATH, sperr="all", **{"for": "everyone"}, **more) == DONE
        later(town)
        page = await town.at_work("knut")
        async with town.office.work(page, Purpose.EMERGENCY) as work:
            try:
                await open_in_emergency(work, town.id("Patient/torunn"), reason="Falt hjemme", danger=True)
                opened = True
            except Refused:
                opened = False
        assert opened is opens


@pytest.mark.parametrize("wrong", [
    {"sperr": "all"}, {"for": "everyone"}, {"sperr": "alt", "for": "everyone"},
    {"sperr": "document", "for": "everyone"}, {"sperr": "document", "for": "everyone", "dokument": "x"},
    {"sperr": "all", "for": "role", "yrke": "konge"}, {"sperr": "all", "for": "unit", "enhet": "x"},
    {"sperr": "period", "for": "everyone", "datert_fra": "2026-11-20"},
    {"sperr": "period", "for": "everyone", "datert_fra": "2026-11-20", "datert_til": "2026-11-19"},
    {"sperr": "all", "for": "everyone", "gjelder_fra": "2026-11-01"},
    {"sperr": "all", "for": "everyone", "gjelder_fra": "2026-11-28", "gjelder_til": "2026-11-27"},
    {"sperr": "all", "for": "everyone", "gjelder_fra": "snart"},
])  # fmt: skip
async def test_half_an_answer_closes_nothing_and_says_what_is_wrong(town: Town, wrong: dict[str, str]) -> None:
    before = len((await insight(town, await torunn(town))).blocks)
    answer: Any = await send(town, await torunn(town), PATH, **wrong)
    assert answer.status == 422
    assert len((await insight(town, await torunn(town))).blocks) == before


async def test_a_proxy_closes_nothing_and_the_page_takes_few_statements(town: Town) -> None:
    kari = await citizen(town, "kari")
    with pytest.raises(Refused, match="AK-A001"):
        await send(town, kari, PATH, person="astrid", sperr="all", **{"for": "everyone"})
    shown = await show(town, await torunn(town), PATH, sperr="document", **{"for": "unit"})
    assert shown.statements <= 9
