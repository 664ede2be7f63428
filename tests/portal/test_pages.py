"""Min side, Min journal and Innsyn of the people of Fjordvik: what is shown, to whom, and what is not."""

from __future__ import annotations

from typing import Any

import pytest

from akson.base.errors import Refused
from akson.base.work import Actor, Purpose
from akson.portal.persons import citizens_shell
from akson.record import journal
from tests.offices import JOB, temperature
from tests.offices import citizen as as_citizen
from tests.portal.pages import FNR, add, citizen, show
from tests.seeded import Town
from tests.workplace.browsing import browsing

SECRET = "Samtale om sorg"  # of the conversation Astrid has closed


async def persons(town: Town, actor: Actor) -> list[str]:
    async with town.office.work(actor, Purpose.OWN) as work:
        return [person.label for person in (await citizens_shell(work)).persons]


async def test_astrid_reads_what_happens_next_what_to_do_and_what_is_new(town: Town) -> None:
    home: Any = (shown := await show(town, await citizen(town, "astrid"), "/min")).page.values["home"]
    assert (home.next.when, home.next.time, home.next.title) == ("i kveld", "18–19", "Hjemmesykepleien kommer")
    assert home.next.text == "Mariam Yusuf fra Hjemmetjenesten sone nord. Støttestrømper av, blodtrykk, nye medisiner."
    assert [(task.title, task.text) for task in home.todo] == [
        ("Les planen din, og ring hvis noe ikke stemmer", "Fra Mariam Yusuf. Innen mandag 30. november.")]  # fmt: skip
    assert {"Furosemid: 40 mg to ganger om dagen", "Brev fra Vestfjell sykehus", "Blodprøver"} < {
        entry.title for entry in home.new}  # fmt: skip
    assert [(entry.title, entry.day.day) for entry in home.coming] == [
        ("Time hos Jonas Eikeland", 24), ("Laboratoriet, Nordre legesenter", 26),
        ("Hjertepoliklinikken, Vestfjell sykehus", 27), ("Hukommelsesteamet", 15)]  # fmt: skip
    assert "Hei, Astrid" in shown.text and "Ring Nordre legesenter" in shown.text


async def test_the_record_is_told_in_plain_words(town: Town) -> None:
    record: Any = (shown := await show(town, await citizen(town, "astrid"), "/min/journal")).page.values["record"]
    assert record.critical[0] == "Tåler ikke penicillin, anafylaktisk reaksjon"
    doses = {dose.name: dose for dose in record.medicines}
    assert doses["Metoprolol"].dose == "50 mg én gang om dagen, depot" and doses["Metoprolol"].why == "mot atrieflimmer"
    assert doses["Furosemid"].warn and "Sykehuset: 40 mg to ganger om dagen" in doses["Furosemid"].dose
    assert "Spør fastlegen" in doses["Apiksaban"].dose and not doses["Ibuprofen"].warn
    results = {entry.title: entry.text for entry in record.results}
    assert results["Nyreprøve (eGFR): 38 ml/min"] == (
        "20.11. Lavere enn vanlig, som er over 60. Forrige gang 45 ml/min. Sier hvor godt nyrene renser blodet.")  # fmt: skip
    assert "Blodtrykk: 108/62 mmHg" in {entry.title for entry in record.measured}
    assert [letter.title for letter in record.letters] == [
        "Hjemmesykepleie økt til 2 × daglig",
        "Epikrise, hjertesvikt",
    ]
    assert "to ganger om dagen. Hjemmetjenesten sone nord" in shown.text.lower().replace("hjemmet", "Hjemmet")
    ring = record.plans[0].ring
    assert ring.title == "Ring Hjemmetjenesten sone nord hvis noe ikke stemmer" and ring.href.startswith("tel:")
    assert SECRET in shown.text, "what Astrid has closed to others she reads herself"


async def test_the_daughter_sees_what_the_proxy_gives_and_not_what_is_closed(town: Town) -> None:
    kari = await citizen(town, "kari")
    assert await persons(town, kari) == ["Kari Vik, deg selv", "Fullmakt: Astrid Marie Nordli"]
    shown = await show(town, kari, "/min/journal", person="astrid")
    assert "Du ser journalen til Astrid Marie Nordli, med fullmakt" in shown.text
    assert "Metoprolol" in shown.text and SECRET not in shown.text
    home = await show(town, kari, "/min", person="astrid")
    assert "Siden til Astrid" in home.text and f"/min/innsyn?person={town.id('Patient/astrid')}" in home.html
    insight: Any = (await show(town, kari, "/min/innsyn", person="astrid")).page.values["insight"]
    assert (insight.blocks, insight.block_href) == ((), ""), "a proxy neither sees nor makes blocks"


async def test_parents_see_children_under_16_and_no_others(town: Town) -> None:
    ola = await citizen(town, "ola")
    assert await persons(town, ola) == ["Ola Lunde, deg selv", "Emil Lunde, barnet ditt", "Mia Lunde, barnet ditt"]
    assert "Astma" in (await show(town, ola, "/min/journal", person="emil")).text
    with pytest.raises(Refused, match="AK-A001"):
        await show(town, ola, "/min", person="sander")
    assert await persons(town, await citizen(town, "hege")) == ["Hege Holm, deg selv", "Sander Holm, barnet ditt"]


@pytest.mark.parametrize(("parent", "youth", "shown", "kept"), [
    ("ola", "mia", "Migrene", "venninne"), ("hege", "sander", "Adhd", "prevensjon"),
])  # fmt: skip
async def test_from_twelve_a_parent_does_not_see_what_the_youth_keeps_back(
    town: Town, parent: str, youth: str, shown: str, kept: str
) -> None:
    who = await citizen(town, parent)
    pages = [await show(town, who, path, person=youth) for path in ("/min", "/min/journal", "/min/innsyn")]
    assert shown in pages[1].text
    assert kept not in "".join(page.html for page in pages)


async def test_the_mother_loses_the_record_when_the_child_turns_sixteen(town: Town) -> None:
    ida, child = await citizen(town, "ida"), town.id("Patient/emil")
    for birth in ("2014-11-23", "2010-11-24", "2010-11-23"):
        async with town.office.work(JOB, Purpose.SYSTEM) as work:
            patient = await journal.read(work, "Patient", child)
            await journal.update(work, {**patient.resource, "birthDate": birth}, id_=child)
        if birth != "2010-11-23":
            await show(town, ida, "/min", person="emil")
    with pytest.raises(Refused, match="AK-A001"):
        await show(town, ida, "/min", person="emil")
    assert not any(label.startswith("Emil") for label in await persons(town, ida))


async def test_youth_see_their_part_once_a_parent_has_consented_and_as_long_as_that_stands(town: Town) -> None:
    async with town.office.work(JOB, Purpose.SYSTEM) as work:
        mia = as_citizen(await journal.read(work, "Patient", town.id("Patient/mia")))
    said = {
        "resourceType": "Consent", "status": "active", "patient": {"reference": mia.id}, "policyRule": {"text": "Samtykke"},
        "scope": {"coding": [{"code": "patient-privacy"}]}, "provision": {"type": "permit"},
        "category": [{"coding": [{"system": "https://akson.no/fhir/consent", "code": "youth-sign-in"}]}],
    }  # fmt: skip
    with pytest.raises(Refused, match="AK-A064"):
        await show(town, mia, "/min")
    with pytest.raises(Refused, match="AK-A064"):
        async with town.office.work(mia, Purpose.OWN) as work:
            await journal.create(work, said)
    ola = await citizen(town, "ola")
    with pytest.raises(Refused, match="AK-A062"):  # from 12 parents close nothing, nor beside what they decide
        async with town.office.work(ola, Purpose.OWN) as work:
            await journal.create(work, said | {"provision": {"type": "permit", "provision": [{"type": "deny"}]}})
    async with town.office.work(ola, Purpose.OWN) as work:
        made = await journal.create(work, said)
    page = await show(town, mia, "/min/journal")
    assert "Ibuprofen" in page.text and "Migrene" not in page.text
    with pytest.raises(Refused, match="AK-A001"):
        async with town.office.work(mia, Purpose.OWN) as work:
            await journal.create(work, said)
    async with town.office.work(ola, Purpose.OWN) as work:
        await journal.update(work, {**made.resource, "status": "inactive"}, id_=made.id)
    with pytest.raises(Refused, match="AK-A064"):
        await show(town, mia, "/min")


async def test_what_is_withheld_from_parents_is_absent(town: Town) -> None:
    ida = await citizen(town, "ida")
    await add(town, {
        "resourceType": "DocumentReference", "status": "current", "subject": {"reference": town.names["Patient/emil"]},
        "meta": {"security": [{"system": "https://akson.no/fhir/mark", "code": "withheld-parents"}]},
        "date": "2026-11-20T10:00:00+01:00", "description": "Hemmelig samtale", "content": [{"attachment": {"title": "x"}}],
    })  # fmt: skip
    for path in ("/min", "/min/journal"):
        page = (await show(town, ida, path, person="emil")).html
        assert "Emil" in page
        assert "Hemmelig" not in page


async def test_a_guardian_with_a_mandate_for_health_reads_the_record_and_staff_read_who_it_is(town: Town) -> None:
    tone = await citizen(town, "tone")
    assert await persons(town, tone) == ["Tone Fossum, deg selv", "Verge for Arne Myhre"]
    assert "Lungebetennelse" in (await show(town, tone, "/min/journal", person="arne")).html
    async with browsing(town.office, await town.at_work("elin")) as browser:
        page = (await browser.open(f"/p/{town.id('Patient/arne')}")).text
    assert "Verge Tone Fossum" in page and "Tone Fossum (" not in page


async def test_strangers_and_unknown_ids_are_refused_alike(town: Town) -> None:
    kari = await citizen(town, "kari")
    told = []
    for id_ in (town.id("Patient/lena"), town.id("Patient/odd"), "x" * 27, "../x"):
        with pytest.raises(Refused) as refused:
            await show(town, kari, "/min", id_=id_)
        told.append((refused.value.code, refused.value.text))
    assert told == [("AK-A001", "Du har ikke tilgang til journalen.")] * 4


async def test_a_protected_address_and_what_tells_of_it_never_reaches_a_proxy(town: Town) -> None:
    marius, kari = town.names["Patient/marius"], await citizen(town, "kari")
    await add(town, {
        "resourceType": "RelatedPerson", "active": True, "patient": {"reference": marius},
        "identifier": [{"system": "urn:oid:2.16.578.1.12.4.1.4.1", "value": FNR["kari"]}],
        "relationship": [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-RoleCode", "code": "POWATT"}]}],
    })  # fmt: skip
    await add(town, {
        "resourceType": "Appointment", "status": "booked", "start": "2026-11-25T10:00:00+01:00",
        "end": "2026-11-25T10:30:00+01:00", "description": "Kontroll i Sentrum legegruppe", "participant": [
            {"actor": {"reference": marius}, "status": "accepted"},
            {"actor": {"type": "Location", "display": "Sentrum legegruppe"}, "status": "accepted"},
            {"actor": {"type": "Location", "display": "Kirkegata 4"}, "status": "accepted"}],
    })  # fmt: skip
    for path in ("/min", "/min/journal", "/min/innsyn"):
        shown = await show(town, kari, path, person="marius")
        assert "Kirkegata" not in shown.html and "Sentrum legegruppe" not in shown.html
    assert "onsdag" in (await show(town, kari, "/min", person="marius")).text


async def test_pages_cost_the_same_however_long_the_record(town: Town) -> None:
    astrid = await citizen(town, "astrid")
    paths = ("/min", "/min/journal", "/min/innsyn")
    await show(town, astrid, "/min")  # facts that a process keeps are asked for once
    before = [(await show(town, astrid, path)).statements for path in paths]
    async with town.office.work(JOB, Purpose.SYSTEM) as work:
        person = await journal.read(work, "Patient", town.id("Patient/astrid"))
        for minute in range(40):
            await journal.create(work, temperature(person, when=f"2026-11-22T08:{minute:02}:00+01:00"))
    assert [(await show(town, astrid, path)).statements for path in paths] == before
    assert max(before) <= 12
