"""My day, search and the inbox: what waits for whom, and handling it to the end."""

from __future__ import annotations

from datetime import timedelta

import pytest

from akson.base.work import Purpose
from akson.record import journal
from tests.offices import JOB, clock_of
from tests.seeded import Town
from tests.workplace.browsing import Browser, Shown, browsing
from tests.workplace.conftest import caught_up


async def test_the_inbox_keeps_what_must_be_done_apart_from_what_is_good_to_know(at_work: Town) -> None:
    async with browsing(at_work.office, await at_work.at_work("jonas")) as browser:
        page = await browser.open("/innboks")
        other = await browser.open("/innboks?fane=orientering")
    assert "Krever handling 5 Til orientering 12 Sendt, venter svar 5" in page.text
    assert "Over fristen, 1 Negativ vurdering av henvisning" in page.text
    assert "fre. 20.11, 3 døgn over" in page.text
    assert (
        "Haster Kalium 5,9, tatt i går Laboratoriet, Vestfjell sykehus HOLTE, Gunvor 78 år Deg i dag 12.00" in page.text
    )
    assert "Økt vekt og tungpust M. Yusuf NORDLI, Astrid 85 år Deg i dag 15.00 Lest 09.05" in page.text
    assert "Alle 5 har eier." in page.text
    assert "TSH 2,1, normal" not in page.text
    assert "TSH 2,1, normal" in other.text


async def test_an_open_message_shows_its_course_and_what_it_is_about(at_work: Town) -> None:
    page = await opened(at_work, "jonas")
    for text in ("NORDLI, Astrid Marie", "CAVE Penicillin", "Skal vi gi 40 mg × 2 slik det står i epikrisen?",
                 "NEWS2 4 i dag 08.12", "Epikrise 20.11", "Sendt, M. Yusuf i dag 08.31", "Lest i dag 09.05",
                 "Svar ventes fra deg i dag 15.00", "Svar til Mariam Yusuf"):  # fmt: skip
        assert text in page.text


async def opened(town: Town, who: str, task: str = "Task/astrid-svar") -> Shown:
    async with browsing(town.office, await town.at_work(who)) as browser:
        return await browser.open(f"/innboks/{town.id(task)}")


async def handled(
    browser: Browser, town: Town, task: str = "Task/astrid-svar", version: str = "1", **form: str
) -> Shown:
    return await browser.send(f"/innboks/{town.id(task)}", version=version, **form)


async def test_an_answer_reaches_the_one_who_asked_and_the_task_is_done(at_work: Town) -> None:
    async with browsing(at_work.office, await at_work.at_work("jonas")) as browser:
        empty = await handled(browser, at_work, do="answer", svar=" ")
        assert (empty.status, "Meldingen har ingen tekst." in empty.text) == (422, True)
        sent = await handled(browser, at_work, do="answer", svar="Ja, 40 mg × 2 til fredag. Time i morgen.")
        assert (sent.status, sent.leads_to) == (303, "/innboks")
        await caught_up(at_work)
        assert "Krever handling 4" in (await browser.open("/innboks")).text
        assert "Økt vekt og tungpust" in (await browser.open("/innboks?fane=ferdig")).text
    async with browsing(at_work.office, await at_work.at_work("mariam")) as browser:
        page = await browser.open("/innboks?fane=orientering")
        assert "Svar: Økt vekt og tungpust J. Eikeland" in page.text
    async with at_work.office.work(await at_work.at_work("mariam"), Purpose.TREATMENT) as work:
        found = await journal.chart(work, at_work.id("Patient/astrid"), {"Communication": 1})
    assert found["Communication"][0].resource["payload"] == [
        {"contentString": "Ja, 40 mg × 2 til fredag. Time i morgen."}
    ]


async def test_two_who_handle_the_same_task_are_told_and_the_text_is_kept(at_work: Town) -> None:
    async with browsing(at_work.office, await at_work.at_work("jonas")) as browser:
        await handled(browser, at_work, do="take")
        late = await handled(browser, at_work, do="answer", svar="Ja, øk dosen.")
    assert late.status == 422
    assert "Noen andre har endret dette" in late.text
    assert "Ja, øk dosen." in late.text
    assert "Svar: Økt vekt" not in (await opened(at_work, "mariam")).text


@pytest.mark.parametrize(("do", "state", "owner"), [
    ("done", "completed", "Jonas Eikeland"), ("pass", "requested", "Nordre legesenter"), ("take", "accepted", "Jonas Eikeland"),
])  # fmt: skip
async def test_a_task_is_finished_taken_or_given_to_the_unit(at_work: Town, do: str, state: str, owner: str) -> None:
    jonas = await at_work.at_work("jonas")
    async with browsing(at_work.office, jonas) as browser:
        assert (await handled(browser, at_work, "Task/astrid-samstem", do=do)).status == 303
    async with at_work.office.work(jonas, Purpose.TREATMENT) as work:
        task = (await journal.read(work, "Task", at_work.id("Task/astrid-samstem"))).resource
    assert (task["status"], task["owner"]["display"]) == (state, owner)


async def test_a_task_begun_by_a_clock_ahead_of_ours_is_taken_like_any(at_work: Town) -> None:
    jonas, id_ = await at_work.at_work("jonas"), at_work.id("Task/astrid-samstem")
    async with at_work.office.work(JOB, Purpose.SYSTEM) as work:
        task = (await journal.read(work, "Task", id_)).resource
        await journal.update(work, task | {"authoredOn": (work.now + timedelta(hours=1)).isoformat()} | {
            "lastModified": (work.now + timedelta(hours=1)).isoformat()}, id_=id_)  # fmt: skip
    async with browsing(at_work.office, jonas) as browser:
        assert (await handled(browser, at_work, "Task/astrid-samstem", version="2", do="take")).status == 303


async def test_my_day_shows_what_i_own_what_i_sign_and_what_i_wait_for(at_work: Town) -> None:
    async with browsing(at_work.office, await at_work.at_work("jonas")) as browser:
        await browser.open("/start")  # what the process remembers of records is asked for once
        page = await browser.open("/start")
    assert "God dag, Jonas man. 23.11.2026" in page.text
    assert "Mine oppgaver 4" in page.text
    assert "Svar å signere 1 Kalium 5,9, tatt i går i dag 12.00 HOLTE, Gunvor" in page.text
    assert "Venter på svar 5 " in page.text
    assert "Henvisning til hudlege sendt 09.11 SOLVANG, Nina. Vestfjell sykehus. Sendt, venter svar" in page.text
    assert page.statements <= 13


async def test_tomorrow_astrid_stands_among_my_appointments(at_work: Town) -> None:
    clock = clock_of(at_work.office)
    clock.now = clock.now.replace(day=24, hour=7)
    async with browsing(at_work.office, await at_work.at_work("jonas")) as browser:
        page = await browser.open("/start")
    assert "10.40 NORDLI, Astrid 85 år Kontroll etter utskrivning 30 min ventes" in page.text
    assert f'href="/p/{at_work.id("Patient/astrid")}"' in page.html


async def test_search_is_posted_tells_the_basis_and_a_number_opens_the_record(at_work: Town) -> None:
    async with browsing(at_work.office, await at_work.at_work("jonas")) as browser:
        page = await browser.send("/sok", q="nordli")
        assert (page.status, page.leads_to) == (200, "")
        assert "NORDLI, Astrid Marie Kvinne 14.03.1941 148341 42059 Strandveien 12 Fastlegeliste" in page.text
        found = await browser.send("/sok", q="148341 42059")
        assert (found.status, found.leads_to) == (303, f"/p/{at_work.id('Patient/astrid')}")
        little = await browser.send("/sok", q="n")
        assert (little.status, "Skriv minst to bokstaver" in little.text) == (422, True)


async def test_a_birth_date_alone_finds_and_a_number_that_cannot_be_is_told_at_the_field(at_work: Town) -> None:
    async with browsing(at_work.office, await at_work.at_work("jonas")) as browser:
        born = await browser.send("/sok", q="14.03.1941")
        assert (born.status, "NORDLI, Astrid Marie" in born.text) == (200, True)
        wrong = await browser.send("/sok", q="148341 42058")
        assert (wrong.status, "kontrollsifferet stemmer ikke" in wrong.text) == (422, True)
        long = await browser.send("/sok", q="148341 420591")
        assert (long.status, "har 11 sifre" in long.text) == (422, True)


async def test_search_tells_what_needs_a_reason(at_work: Town) -> None:
    async with browsing(at_work.office, await at_work.at_work("sara")) as browser:
        page = await browser.send("/sok", q="tveitan")
        assert "Krever begrunnelse Skjult adresse" in page.text
        assert "Kirkegata 21" not in page.html


async def test_the_inbox_costs_the_same_however_much_waits(at_work: Town) -> None:
    async with browsing(at_work.office, await at_work.at_work("jonas")) as browser:
        await browser.open("/innboks")  # what the process remembers of records is asked for once
        counts = {(await browser.open(path)).statements for path in ("/innboks", "/innboks?fane=orientering")}
        open_one = await browser.open(f"/innboks/{at_work.id('Task/astrid-svar')}")
    assert len(counts) == 1
    assert max(counts) <= 9
    assert open_one.statements <= 16


async def test_a_nurse_sees_todays_visits_at_home_among_her_appointments(at_work: Town) -> None:
    async with browsing(at_work.office, await at_work.at_work("mariam")) as browser:
        page = await browser.open("/start")
    assert "18.00 NORDLI, Astrid 85 år Støttestrømper av, blodtrykk, nye medisiner 60 min ventes" in page.text
    assert f'href="/p/{at_work.id("Patient/astrid")}"' in page.html
    async with browsing(at_work.office, await at_work.at_work("elin")) as browser:
        other = await browser.open("/start")
    assert "NORDLI, Astrid 85 år Støttestrømper" not in other.text
