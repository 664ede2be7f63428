"""Who answers for a record in an organisation: named by those who give care, else by the rule."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from akson.access.facts import Relation
from akson.base.errors import Refused
from akson.base.languages import speak
from akson.base.work import Actor, Purpose
from akson.patient.answering import answering
from akson.record import journal
from akson.record.search.searching import search
from akson.record.working import Post
from seeds.staff import BERIT, ELIN, JONAS, MARIAM
from tests.offices import JOB, NOW, let_pass
from tests.portal.pages import citizen, show
from tests.seeded import Town
from tests.workplace.browsing import browsing

ZONE, HOME, NURSING, TOWN, ELSEWHERE = 1, 2, 3, 9, 7  # units; the last two are organisations
GP, NURSE, OTHER, LEADER, DOCTOR, SECOND, CHIEF, STRANGER = range(11, 19)


def worker(person: int, role: str, unit: int, home: int = TOWN) -> Post:
    return Post(person=person, id=str(person), name=f"{person}", role=role, unit=unit, home=home, home_id=f"h{home}",
                  home_name=f"{home}")  # fmt: skip


def tie(kind: str, *, unit: int = 0, person: int = 0, **more: Any) -> Relation:
    return Relation(kind=kind, unit=unit, person=person, **more)


EVERYBODY = [
    worker(GP, "fastlege", HOME), worker(NURSE, "sykepleier", ZONE), worker(OTHER, "sykepleier", ZONE),
    worker(LEADER, "leder", ZONE), worker(DOCTOR, "sykehjemslege", NURSING), worker(CHIEF, "kommuneoverlege", TOWN),
    worker(STRANGER, "fastlege", ELSEWHERE, ELSEWHERE),
]  # fmt: skip
LIST, SERVED, STAYS = tie("gp", person=GP), tie("service", unit=ZONE), tie("admission", unit=NURSING)
CARED = [SERVED, tie("service", person=NURSE)]
RULES = [
    ("the GP of the list", EVERYBODY, [LIST], {TOWN: GP}),
    ("the GP before the primary contact", EVERYBODY, [LIST, *CARED], {TOWN: GP}),
    ("the doctor of the nursing home before the GP", EVERYBODY, [LIST, STAYS], {TOWN: DOCTOR}),
    ("the primary contact", EVERYBODY, CARED, {TOWN: NURSE}),
    ("the leader", EVERYBODY, [SERVED], {TOWN: LEADER}),
    ("none of several doctors, but who answers for all", [*EVERYBODY, worker(SECOND, "sykehjemslege", NURSING)], [STAYS],
     {TOWN: CHIEF}),
    ("several doctors, and the leader there", [*EVERYBODY, worker(SECOND, "sykehjemslege", NURSING),
                                               worker(OTHER, "leder", NURSING)], [STAYS], {TOWN: OTHER}),
    ("nobody", [worker(NURSE, "sykepleier", ZONE)], [SERVED], {TOWN: None}),
    ("each organisation's own", EVERYBODY, [SERVED, tie("gp", person=STRANGER)], {ELSEWHERE: STRANGER, TOWN: LEADER}),
    ("no record of a message", EVERYBODY, [tie("referral", unit=ZONE), tie("appointment", person=GP)], {}),
    ("no tie that has ended", EVERYBODY, [tie("service", unit=ZONE, end=NOW)], {}),
]  # fmt: skip


@pytest.mark.parametrize(("found", "ties", "who"), [row[1:] for row in RULES], ids=[row[0] for row in RULES])
def test_the_rule_says_who_answers_where_nobody_is_named(
    found: list[Post], ties: list[Relation], who: dict[int, int | None]
) -> None:
    told = answering(found, ties, [], NOW)
    assert {one.home: one.worker.person if one.worker else None for one in told} == who
    assert not any(one.named for one in told)


async def page(town: Town, who: str, patient: str = "astrid") -> str:
    async with browsing(town.office, await town.at_work(who)) as browser:
        return (await browser.open(f"/p/{town.id(f'Patient/{patient}')}")).text


async def names(town: Town, who: Actor, chosen: str, version: str | None = None) -> tuple[int, str]:
    """Let somebody name who answers for the record of Astrid; return the status, and the page it ends on."""
    where = f"/p/{town.id('Patient/astrid')}/ansvarlig"
    async with browsing(town.office, who) as browser:
        drawn = await browser.open(where)
        if version is None:
            version = next(iter(re.findall(r'name="versjon" value="(\d+)"', drawn.html)), "0")
        sent = await browser.send(where, hvem=town.names.get(chosen, chosen), versjon=version)
        return sent.status, (await browser.open(where)).text if sent.status == 303 else sent.text


async def teams(town: Town) -> list[dict[str, Any]]:
    async with town.office.work(JOB, Purpose.SYSTEM) as work:
        asked = [("subject", town.names["Patient/astrid"]), ("category", "answers-for-record")]
        return [hit.resource for hit in (await search(work, "CareTeam", asked)).hits]


async def test_staff_see_the_gp_and_name_another_and_both_stand_in_the_history(town: Town) -> None:
    mariam = await town.at_work("mariam")
    assert f"Journalansvarlig: {JONAS.name}" in await page(town, "mariam")
    status, text = await names(town, mariam, "Practitioner/berit")
    assert status == 303 and f"{BERIT.name} , sykepleier. Valgt av dem som gir hjelp." in text
    let_pass(town.office, timedelta(days=2))
    status, text = await names(town, mariam, "Practitioner/mariam")
    assert status == 303 and f"{BERIT.name} 23.11.2026 – 25.11.2026" in text and f"{MARIAM.name} 25.11.2026" in text
    assert f"Journalansvarlig: {MARIAM.name}" in await page(town, "jonas")
    (team,) = await teams(town)
    assert [one["member"]["display"] for one in team["participant"]] == [BERIT.name, MARIAM.name]
    assert team["meta"]["versionId"] == "2"


async def test_the_citizen_reads_who_answers_and_a_proxy_does_not(town: Town) -> None:
    read = (await show(town, await citizen(town, "astrid"), "/min/journal")).text
    assert "Ansvarlig for journalen din" in read and f"Fjordvik kommune {JONAS.name}, fastlege" in read
    await names(town, await town.at_work("mariam"), "Practitioner/berit")
    assert f"{BERIT.name}, sykepleier" in (await show(town, await citizen(town, "astrid"), "/min/journal")).text
    proxy = await show(town, await citizen(town, "kari"), "/min/journal", person="astrid")
    assert "Ansvarlig for journalen" not in proxy.text
    speak("nn")
    try:
        drawn = await show(town, await citizen(town, "astrid"), "/min/journal")
    finally:
        speak("nb")
    assert "Ansvarleg for journalen din" in drawn.text


async def test_to_answer_for_a_record_lets_nobody_in(town: Town) -> None:
    async with town.office.work(JOB, Purpose.SYSTEM) as work:
        await journal.create(work, {
            "resourceType": "CareTeam", "status": "active", "subject": {"reference": town.names["Patient/astrid"]},
            "category": [{"coding": [{"system": "https://akson.no/fhir/care-team", "code": "answers-for-record"}]}],
            "managingOrganization": [{"reference": town.names["Organization/fjordvik"]}],
            "participant": [{"member": {"reference": town.names["Practitioner/elin"]}}],
        })  # fmt: skip
    assert ELIN.name in await page(town, "mariam")  # works in the same organisation
    with pytest.raises(Refused):
        async with town.office.work(await town.at_work("elin"), Purpose.TREATMENT) as work:
            await journal.read(work, "Patient", town.id("Patient/astrid"))


async def test_who_works_there_no_more_answers_no_more_and_the_rule_says_who(town: Town) -> None:
    await names(town, await town.at_work("mariam"), "Practitioner/berit")
    async with town.office.work(JOB, Purpose.SYSTEM) as work:
        role = await journal.read(work, "PractitionerRole", town.id("PractitionerRole/berit"))
        await journal.update(work, role.resource | {"active": False}, id_=role.id)
    assert f"Journalansvarlig: {JONAS.name}" in await page(town, "mariam")


async def test_only_those_who_give_care_name_anybody_and_only_health_personnel_here(town: Town) -> None:
    mariam = await town.at_work("mariam")
    for chosen in ("Practitioner/camilla", "Practitioner/finnes-ikke", "Practitioner/elin", ""):
        assert (await names(town, mariam, chosen))[0] == 422, chosen
    assert (await names(town, mariam, "Practitioner/berit", version="4"))[0] == 422  # somebody was quicker
    for who in ("elin", "siri", "camilla"):
        assert (await names(town, await town.at_work(who), "Practitioner/berit"))[0] in (403, 404), who
    assert await teams(town) == []


async def test_who_has_opened_the_record_reads_who_answers_and_names_nobody(town: Town) -> None:
    elin, record = await town.at_work("elin"), f"/p/{town.id('Patient/astrid')}"
    async with browsing(town.office, elin) as browser:
        reason = {"grunnlag": "B2", "begrunnelse": "Fall hjemme, ambulanse ventes"}
        assert (await browser.send(f"{record}/apne", **reason)).status == 303
        seen = await browser.open(record)
        assert f"Journalansvarlig: {JONAS.name}" in seen.text and f"{record}/ansvarlig" not in seen.html
        named = await browser.send(f"{record}/ansvarlig", hvem=town.names["Practitioner/berit"], versjon="0")
        assert named.status in (403, 422) and await teams(town) == []


@pytest.mark.parametrize("does", ["another", "no such team", "ended", "deleted"])
async def test_under_an_opening_nobody_changes_through_the_api_who_answers(town: Town, does: str) -> None:
    await names(town, await town.at_work("mariam"), "Practitioner/berit")
    (team,) = await teams(town)
    elin = await town.at_work("elin")
    async with browsing(town.office, elin) as browser:
        reason = {"grunnlag": "B2", "begrunnelse": "Fall hjemme, ambulanse ventes"}
        await browser.send(f"/p/{town.id('Patient/astrid')}/apne", **reason)
    changes: dict[str, dict[str, Any]] = {
        "another": {"participant": [{"member": {"reference": elin.id}}]}, "no such team": {"category": []},
        "ended": {"status": "inactive"},
    }  # fmt: skip
    kept = {name: value for name, value in (team | changes.get(does, {})).items() if value}
    with pytest.raises(Refused, match="AK-A001"):
        async with town.office.work(elin, Purpose.TREATMENT) as work:
            if does == "deleted":
                await journal.delete(work, "CareTeam", team["id"])
            else:
                await journal.update(work, kept, id_=team["id"])
    assert await teams(town) == [team]
