"""Consents and assessments of capacity, written at work: shown with who wrote them, ended and never deleted."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from akson.access.consenting import WRITTEN_DOWN
from akson.base.errors import Refused
from akson.base.work import Purpose
from akson.patient.agreeing import ABOUT
from akson.record import journal
from akson.record.consents import OPENING, SIGN_IN
from akson.record.deciding import facts_for
from tests.offices import let_pass
from tests.portal.pages import citizen, show
from tests.seeded import Town
from tests.workplace.browsing import browsing

SAID = {"om": "relatives", "samtykker": "given", "av": "patient", "form": "oral", "dag": "2026-11-23",
        "merknad": "Kari kan få vite om fall"}  # fmt: skip
WEIGHED = {"gjelder": "Flytting til sykehjem", "utfall": "lacks-in-part", "hvorfor": "Husker ikke det vi ble enige om.",
           "dag": "2026-11-23"}  # fmt: skip


def at(town: Town, page: str, who: str = "astrid") -> str:
    return f"/p/{town.id(f'Patient/{who}')}/{page}"


async def access_facts(town: Town) -> list[Any]:
    """Return what governs who gets at the record of Astrid."""
    async with town.office.work(await town.at_work("jonas"), Purpose.TREATMENT) as work:
        owner = (await journal.read(work, "Patient", town.id("Patient/astrid"))).owner
        facts = (await facts_for(work, [owner]))[owner]
        return [facts.blocks, facts.openings, facts.relations, facts.representations, facts.youth]


async def test_a_consent_is_written_shown_withdrawn_and_kept_and_opens_nothing(town: Town) -> None:
    before = await access_facts(town)
    async with browsing(town.office, await town.at_work("mariam")) as browser:
        for said in (SAID, {**SAID, "samtykker": "refused", "om": "pictures"}):
            assert (await browser.send(at(town, "samtykke"), **said)).leads_to.startswith(at(town, "tilgang"))
        page = await browser.open(at(town, "tilgang"))
        assert (
            "Opplysninger til pårørende Kari kan få vite om fall Samtykker Pasienten Muntlig, 23.11.2026" in page.text
        )
        assert "Mariam Yusuf, sykepleier Trekk tilbake" in page.text and "Samtykker ikke" in page.text
        id_, version = page.hidden("samtykke"), page.hidden("version")
        assert page.html.count('value="withdraw"') == 1
        other = await browser.send(at(town, "samtykke", "bjorg"), do="withdraw", samtykke=id_, version=version)
        assert other.status == 404
        sent = await browser.send(at(town, "samtykke"), do="withdraw", samtykke=id_, version=version)
        assert sent.status == 303
        again = await browser.send(at(town, "samtykke"), do="withdraw", samtykke=id_, version="2")
        assert again.status == 404
        page = await browser.open(at(town, "tilgang"))
        assert "Trukket tilbake 23.11.2026, skrevet av Mariam Yusuf" in page.text and "withdraw" not in page.html
    assert await access_facts(town) == before
    told = (await show(town, await citizen(town, "astrid"), "/min/journal")).text
    assert "Opplysninger til pårørende" in told and "Trukket tilbake" in told


@pytest.mark.parametrize(("wrong", "sentence"), [
    ({"om": ""}, "Må velges"),
    ({"om": "proxy"}, "Velg ett av svarene"),
    ({"om": "youth-sign-in"}, "Velg ett av svarene"),
    ({"om": "B2"}, "Velg ett av svarene"),
    ({"samtykker": ""}, "Må velges"),
    ({"dag": ""}, "Må fylles ut"),
    ({"dag": "2026-11-24"}, "Dagen er ikke kommet ennå"),
    ({"til": "2026-11-01"}, "Sluttdagen er før samtykket ble gitt"),
    ({"av": "guardian"}, "Skriv hvem som har svart for pasienten"),
])  # fmt: skip
async def test_what_cannot_be_a_consent_is_told_and_nothing_is_lost(
    town: Town, wrong: dict[str, str], sentence: str
) -> None:
    async with browsing(town.office, await town.at_work("mariam")) as browser:
        page = await browser.send(at(town, "samtykke"), **{**SAID, **wrong})
        assert page.status == 422 and sentence in page.text and "Kari kan få vite om fall" in page.text
        assert "Ingen samtykker er skrevet inn" in (await browser.open(at(town, "tilgang"))).text


NURSE = {"role": {"text": "hvem"}}
HOSTILE = [
    {"category": [{"coding": [{"system": SIGN_IN, "code": "youth-sign-in"}]}], "provision": {"type": "permit"}},
    {"category": [{"coding": [{"system": ABOUT, "code": "relatives"}]}], "provision": {"type": "deny"}},
    {"category": [{"coding": [{"system": SIGN_IN, "code": "proxy"}]}],
     "provision": {"type": "permit", "actor": [{**NURSE, "reference": {"identifier": {
         "system": "urn:oid:2.16.578.1.12.4.1.4.1", "value": "14834142059"}}}]}},
    {"category": [{"coding": [{"system": SIGN_IN, "code": "own-access-stopped"}]}],
     "meta": {"security": [{"code": "own-access-stopped"}, {"code": WRITTEN_DOWN}]}},
    {"category": [{"coding": [{"system": OPENING, "code": "B2"}]}], "provision": {
        "type": "permit", "period": {"start": "2026-11-23", "end": "2027-11-23"},
        "actor": [{**NURSE, "reference": {"reference": "ACTOR"}}]}},
]  # fmt: skip


@pytest.mark.parametrize("hostile", HOSTILE, ids=("youth", "block", "proxy", "stop", "opening"))
async def test_the_mark_lets_nobody_write_a_consent_that_carries_access(town: Town, hostile: dict[str, Any]) -> None:
    before, actor = await access_facts(town), await town.at_work("mariam")
    for actors in (hostile.get("provision") or {}).get("actor", ()):
        if actors["reference"].get("reference"):
            actors["reference"] = {"reference": actor.id}
    body = {"resourceType": "Consent", "status": "active", "patient": {"reference": town.names["Patient/astrid"]},
            "meta": {"security": [{"code": WRITTEN_DOWN}]}, "scope": {"text": "x"}, "policyRule": {"text": "x"},
            "dateTime": "2026-11-23", **hostile}  # fmt: skip
    with pytest.raises(Refused):
        async with town.office.work(actor, Purpose.TREATMENT) as work:
            await journal.create(work, body)
    assert await access_facts(town) == before


async def test_capacity_is_assessed_with_a_reason_and_a_new_assessment_stands_beside_the_older(town: Town) -> None:
    async with browsing(town.office, await town.at_work("mariam")) as browser:
        for wrong in ({"hvorfor": ""}, {"utfall": ""}, {"gjelder": ""}, {"dag": "2026-12-24"}):
            page = await browser.send(at(town, "samtykkekompetanse"), **{**WEIGHED, **wrong})
            assert page.status == 422 and "Dette må rettes" in page.text
        for outcome, day in (("lacks-in-part", "2026-11-20"), ("has", "2026-11-23")):
            assert (
                await browser.send(at(town, "samtykkekompetanse"), **{**WEIGHED, "utfall": outcome, "dag": day})
            ).status == 303
        text = (await browser.open(at(town, "tilgang"))).text
        newest, older = text.index("Har samtykkekompetanse"), text.index("Mangler samtykkekompetanse delvis")
        assert newest < older and "Mariam Yusuf, sykepleier, 20.11.2026" in text
    told = (await show(town, await citizen(town, "astrid"), "/min/journal")).text
    assert "Flytting til sykehjem" in told and "Husker ikke det vi ble enige om" in told


@pytest.mark.parametrize(("who", "whom", "log"), [
    ("jonas", "bjorg", True),
    ("mariam", "bjorg", False),
    ("jonas", "astrid", False),  # she has closed a letter
])  # fmt: skip
async def test_who_looked_is_told_to_who_answers_for_the_record_where_nothing_is_closed(
    town: Town, who: str, whom: str, log: bool
) -> None:
    async with browsing(town.office, await town.at_work(who)) as browser:
        await browser.open(at(town, "tilgang", whom))
        let_pass(town.office, timedelta(minutes=1))
        page = await browser.open(at(town, "tilgang", whom))
        assert "Registrer samtykke" in page.text and "Vurder samtykkekompetanse" in page.text
        assert ("så hvem som har tilgang" in page.text.lower()) is log
        assert ("Loggen er innbyggerens" in page.text) is not log
        assert ("for å fortelle pasienten det" in page.text) is log and page.statements <= 9


async def test_a_report_to_the_barnevern_stands_in_no_log_that_parents_are_told_of(town: Town) -> None:
    async with browsing(town.office, await town.at_work("jonas")) as browser:
        assert (await browser.open(at(town, "bekymring", "mia"))).status == 200
        let_pass(town.office, timedelta(minutes=1))
        assert "skrev en melding" not in (await browser.open(at(town, "tilgang", "mia"))).text
        let_pass(town.office, timedelta(minutes=1))
        page = await browser.open(at(town, "tilgang", "mia"))
    assert "så hvem som har tilgang" in page.text.lower() and "skrev en melding" not in page.text


@pytest.mark.parametrize("who", ["elin", "camilla", "per"])
async def test_who_may_not_open_the_record_writes_nothing(town: Town, who: str) -> None:
    async with browsing(town.office, await town.at_work(who)) as browser:
        for page, form in (("samtykke", SAID), ("samtykkekompetanse", WEIGHED)):
            sent = await browser.send(at(town, page, "torunn"), **form)
            assert sent.status in (403, 404) and "Granstien" not in sent.html
