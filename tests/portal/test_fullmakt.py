"""Letting another read on one's behalf, and taking it back: in force with the next request, and nobody else's to say."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from akson.base.errors import Refused
from akson.base.web.screens import Go
from akson.base.work import Purpose
from akson.portal.proxies import END, GIVE
from akson.record import journal
from tests.fhirapi.clients import Api, issue
from tests.portal.pages import FNR, citizen, send, show
from tests.portal.test_insight import later
from tests.seeded import Town

TO_HEGE = {"fnr": FNR["hege"], "navn": "Hege Berg", "alt": "ja"}


@pytest.fixture
async def api(town: Town) -> AsyncIterator[Api]:
    made = Api(town.office)
    yield made
    await made.close()


async def sees(town: Town, who: str, of: str = "astrid", type_: str = "Condition") -> bool:
    """Tell whether a citizen reads what is of a type in a record."""
    try:
        async with town.office.work(await citizen(town, who), Purpose.OWN) as work:
            return bool((await journal.chart(work, town.id(f"Patient/{of}"), {type_: 5}))[type_])
    except Refused:
        return False


async def give(town: Town, **form: str) -> Any:
    return await send(town, await citizen(town, "astrid"), GIVE, **form)


async def rows(town: Town, who: str = "astrid") -> dict[str, Any]:
    """Return those who may act for a citizen, by what the row says."""
    later(town)
    found = (await show(town, await citizen(town, who), "/min/innsyn")).page.values["insight"].persons
    return {one.title: one for one in found}


async def test_who_is_given_a_proxy_reads_at_once_and_not_after_it_is_taken_back(town: Town) -> None:
    assert not await sees(town, "hege")
    assert await give(town, **TO_HEGE) == Go("/min/innsyn", said="proxies.given")
    assert await sees(town, "hege") and not await sees(town, "nina")
    row = (await rows(town))["Hege Berg"]
    assert row.text == "Har fullmakt. Alt i journalen."
    astrid, name = await citizen(town, "astrid"), row.href.partition("hvem=")[2]
    assert "Hege Berg" in (await show(town, astrid, END, hvem=name)).text
    assert await send(town, astrid, END, hvem=name) == Go("/min/innsyn", said="proxies.ended")
    assert not await sees(town, "hege") and "Hege Berg" not in await rows(town)


async def test_a_proxy_is_for_what_was_chosen_and_for_as_long(town: Town) -> None:
    await give(town, **TO_HEGE | {"alt": "", "om_legemidler": "ja", "gjelder_til": "31.12.2026"})
    assert (await rows(town))["Hege Berg"].text == "Har fullmakt. Medisiner. Til og med 31.12.2026."
    assert await sees(town, "hege", type_="MedicationStatement") and not await sees(town, "hege", type_="Condition")


async def test_what_the_register_tells_of_is_taken_back_too_and_may_be_given_anew(town: Town) -> None:
    assert await sees(town, "kari")
    (row,) = [one for title, one in (await rows(town)).items() if title.startswith("Kari")]
    await send(town, await citizen(town, "astrid"), END, hvem=row.href.partition("hvem=")[2])
    assert not await sees(town, "kari") and not any(one.startswith("Kari") for one in await rows(town))
    assert "Kari" not in str([one.title for one in (await insight_blocks(town))])
    await give(town, **TO_HEGE | {"fnr": FNR["kari"], "navn": "Kari", "alt": "", "om_timer": "ja"})
    assert await sees(town, "kari", type_="Appointment") and not await sees(town, "kari")


async def insight_blocks(town: Town) -> Any:
    later(town)
    return (await show(town, await citizen(town, "astrid"), "/min/innsyn")).page.values["insight"].blocks


@pytest.mark.parametrize(("form", "field", "says"), [
    ({"fnr": "12345678901"}, "fnr", ""),
    ({"fnr": FNR["astrid"]}, "fnr", "ditt eget nummer"),
    ({"navn": ""}, "navn", "fylles ut"),
    ({"alt": ""}, "alt", "minst én ting"),
    ({"gjelder_til": "01.01.2020"}, "gjelder_til", ""),
])  # fmt: skip
async def test_what_is_wrong_is_said_and_nothing_is_given(
    town: Town, form: dict[str, str], field: str, says: str
) -> None:
    page = await give(town, **TO_HEGE | form)
    assert page.status == 422 and page.values["form"][field].fault
    assert not await sees(town, "hege")


async def proxy_of(town: Town) -> dict[str, Any]:
    """Return the Consent that Astrid has given, as somebody else would send it."""
    async with town.office.work(await citizen(town, "astrid"), Purpose.OWN) as work:
        found = (await journal.chart(work, town.id("Patient/astrid"), {"Consent": 50}))["Consent"]
    (made,) = [one.resource for one in found if "Hege" in str(one.resource)]
    return {name: value for name, value in made.items() if name not in ("id", "meta")}


@pytest.mark.parametrize("who", ["kari", "ida"])
async def test_nobody_gives_a_proxy_for_another(town: Town, api: Api, who: str) -> None:
    person = {"kari": "astrid", "ida": "emil"}[who]
    with pytest.raises(Refused, match="AK-A001"):
        await send(town, await citizen(town, who), GIVE, person=person, **TO_HEGE)
    await give(town, **TO_HEGE)
    copy = await proxy_of(town)
    copy["patient"] = {"reference": f"Patient/{town.id(f'Patient/{person}')}"}
    no = await api.as_(await citizen(town, who)).post("Consent", json=copy)
    assert no.status_code in (403, 422) and issue(no)["severity"] == "error"
    for staff in ("jonas", "mariam"):
        refused = await api.as_(await town.at_work(staff)).post("Consent", json=copy)
        assert refused.status_code in (403, 422), refused.text
    assert not await sees(town, "hege", person if person != "astrid" else "torunn")


async def test_no_app_lets_anybody_in_in_ones_name(town: Town, api: Api) -> None:
    astrid = await citizen(town, "astrid")
    await give(town, **TO_HEGE)
    made = await proxy_of(town)
    app = replace(astrid, scopes=frozenset({"patient/*.cruds"}))
    no = await api.as_(app).post("Consent", json=made)
    assert no.status_code == 422 and issue(no)["code"] == "not-found"  # as of a person who is unknown


async def test_a_proxy_that_is_narrower_than_we_can_hear_is_for_nothing(town: Town, api: Api) -> None:
    await give(town, **TO_HEGE)
    made = await proxy_of(town)
    name = (await rows(town))["Hege Berg"].href.partition("hvem=")[2]
    await send(town, await citizen(town, "astrid"), END, hvem=name)
    note = {"reference": town.names["DocumentReference/astrid-kontroll"]}
    made["provision"]["data"] = [{"meaning": "instance", "reference": note}]
    assert (await api.as_(await citizen(town, "astrid")).post("Consent", json=made)).status_code == 201
    assert not await sees(town, "hege")
