"""Who answers second is told so on the page as it stands now, and has their words back to copy."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID

import asyncpg
import pytest

from tests.portal import test_bereaved as after_death
from tests.portal import test_representative as representative
from tests.seeded import Town
from tests.workplace import test_appeals, test_demands, test_privacy, test_watching
from tests.workplace.browsing import browsing

FIRST, SECOND = "Vi har lest det som står.", "Skrevet i en halv time.\nOg <litt> til."
SHOWN = "Skrevet i en halv time.\nOg &lt;litt&gt; til.</textarea>"

WAITS = (
    "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE datname = current_database() AND NOT granted"
)


async def _bereaved(town: Town) -> str:
    await after_death.died(town)
    await after_death.asked(town)
    return (await after_death.case_at(town, after_death.KEEPER)).stored.id


async def _representative(town: Town) -> str:
    await representative.asked(town, await representative.withheld(town))
    return (await representative.the_case(town)).stored.id


async def _demanded(town: Town) -> str:
    return await test_demands.demanded(town, "correction")


ALL: dict[str, tuple[Callable[[Town], Awaitable[str]], str, str, str, str, str]] = {
    "finding": (test_watching.found, "per", "/funn", "ord", "lawful", "alt vurdert"),
    "privacy": (test_privacy.case, "per", "/personvern", "svar", "lawful", "bare én gang"),
    "demand": (_demanded, "jonas", "/krav", "svar", "refused", "bare én gang"),
    "bereaved": (_bereaved, "gunnar", "/krav", "svar", "refused", "bare én gang"),
    "appeal": (test_appeals.appealed, "jonas", "/krav", "svar", "corrected", "bare én gang"),
    "representative": (_representative, "jonas", "/krav", "svar", "refused", "bare én gang"),
}


@pytest.mark.parametrize("sort", ALL)
async def test_who_answers_second_reads_what_was_answered_and_keeps_their_own_words(town: Town, sort: str) -> None:
    make, who, place, field, outcome, refusal = ALL[sort]
    path = f"{place}/{await make(town)}"
    async with browsing(town.office, await town.at_work(who)) as browser:
        form = {"utfall": outcome, "retting": "Rettet.", "version": (await browser.open(path)).hidden("version")}
        assert (await browser.send(path, **form, **{field: FIRST})).status == 303
        late = await browser.send(path, **form, **{field: SECOND})
        assert late.status == 422 and refusal in late.text and "ble ikke lagret" in late.text
        assert SHOWN in late.html and "readonly" in late.html and FIRST in late.text
        assert f'name="{field}"' not in late.html  # there is nothing more to send
        nothing = await browser.send(path, **form | {"utfall": "", "retting": ""}, **{field: ""})
        assert nothing.status == 422 and refusal in nothing.text and "readonly" not in nothing.html
        stands = await browser.open(path)
        assert FIRST in stands.text and SHOWN not in stands.html and "ble ikke lagret" not in stands.text


async def test_a_decision_that_comes_after_insight_was_given_does_not_become_its_withdrawal(town: Town) -> None:
    path = f"/krav/{await _bereaved(town)}"
    case = await after_death.case_at(town, after_death.KEEPER)
    await after_death.granted(town, "gunnar", case, town.names[after_death.NOTE])
    async with browsing(town.office, await town.at_work("gunnar")) as browser:
        late = await browser.send(path, utfall="refused", svar=SECOND, version=str(case.stored.version))
        assert late.status == 422 and SHOWN in late.html and "Innsyn gis" in late.text
        assert "Trekk innsynet tilbake" in late.text and "Må fylles ut" not in late.text


async def test_of_two_who_conclude_at_once_the_second_keeps_their_words(town: Town) -> None:
    id_, per = await test_watching.found(town), await town.at_work("per")
    first = await asyncpg.connect(town.office.log._url)
    try:
        async with browsing(town.office, per) as browser:
            async with first.transaction():
                told = (UUID(id_), "lawful", FIRST, per.id, "En annen", town.office.clock())
                await first.execute("INSERT INTO finding_outcome (finding, outcome, words, by_id, by_name, at) VALUES"
                                    " ($1, $2, $3, $4, $5, $6)", *told)  # fmt: skip
                second = asyncio.create_task(browser.send(f"/funn/{id_}", utfall="unlawful", ord=SECOND))
                while not await town.office.database.fetchval(WAITS):
                    assert not second.done()
            late = await second
    finally:
        await first.close()
    assert late.status == 422 and SHOWN in late.html and FIRST in late.text and "alt vurdert" in late.text
