"""The overview: the whole patient on one page, what is new first, and nothing that the reader may not see."""

from __future__ import annotations

from datetime import timedelta

from akson.base.work import Purpose
from akson.record import journal
from tests.offices import JOB, clock_of
from tests.seeded import Town
from tests.workplace.browsing import Shown, browsing

A_FORTNIGHT = timedelta(days=14)


async def overview(town: Town, who: str, patient: str = "Patient/astrid") -> Shown:
    async with browsing(town.office, await town.at_work(who)) as browser:
        return await browser.open(f"/p/{town.id(patient)}")


def told(shown: Shown, *texts: str) -> list[str]:
    """Return those of `texts` that the page does not hold."""
    return [text for text in texts if text not in shown.text]


async def test_the_banner_says_who_it_is_and_what_nobody_may_overlook(at_work: Town) -> None:
    page = await overview(at_work, "jonas")
    assert page.status == 200
    assert told(
        page, "NORDLI, Astrid Marie Født 14.03.1941 (85 år) Kjønn Kvinne Fnr 148341 42059",
        "CAVE Penicillin, anafylaksi 2009", "HLR minus ikke respirator, avklart 02.09.2026", "Blodfortynnende apiksaban",
        "Nyrefunksjon eGFR 38", "Sperret 1 opplysning", "Grunnlag: fastlegeliste", "Bor alene, Strandveien 12",
        "Nærmeste pårørende Kari Vik (datter) ring", "Verge ingen",
    ) == []  # fmt: skip
    assert "Nøkkelboks" not in page.text


async def test_medicines_stand_by_substance_with_disagreement_first_and_its_reason(at_work: Town) -> None:
    page = await overview(at_work, "jonas")
    assert told(
        page, "3 avvik Sist samstemt 04.06.2026, J. Eikeland", "Ibuprofen ved smerter", "400 mg Frarådes med apiksaban, "
        "hjertesvikt og eGFR 38. Uten resept.", "Apiksaban 5 mg × 2 lik 2,5 × 2 lik",
        "Ulik dose. Sykehuset halverte 20.11: alder, vekt under 60 kg.", "Furosemid 40 mg × 1 lik 40 × 2 lik",
        "Ulik dose. Sykehuset: 40 mg × 2 til 27.11. Multidosen er ikke endret.", "Tiotropium inh. 18 µg × 1 lik lik lik",
    ) == []  # fmt: skip
    assert page.text.index("Ibuprofen") < page.text.index("Ulik dose.") < page.text.index("Atorvastatin")


async def test_every_other_panel_tells_what_is_and_what_is_coming(at_work: Town) -> None:
    page = await overview(at_work, "jonas")
    assert told(
        page, "8 aktive", "K77 Hjertesvikt, EF 38 %", "L75 Lårhalsbrudd, operert 05.2026", "Tidligere 11",
        "i dag 08.12, M. Yusuf", "NEWS2 opp fra 1", "Vurder i dag. Tiltakskort v3", "SpO₂ luft 93 % 2 p", "58,4 kg +2,3 kg",
        "I morgen 10.40 30 min Kontroll etter utskrivning, hos deg", "2 til senere",
        "Svar: økt vekt og tungpust i dag 15.00 Eier: deg. Fra M. Yusuf, lest 09.05",
        "Samstem legemidler i dag Eier: deg. Fra epikrise 20.11",
        "Kontroll kreatinin og kalium 26.11 Eier: laboratoriet, Nordre legesenter",
        "Ny vurdering av hukommelse 15.12 Eier: hukommelsesteamet", "Hjemmesykepleie 2 × daglig, til 28.02",
        "Multidose uke 48 levert", "Trygghetsalarm siden 2024", "Fysioterapi hjemme ons., til 18.12",
        "Matombringing man. ons. fre.", "Koordinator: Siri Aune",
    ) == []  # fmt: skip
    assert "Les planen din, og ring hvis noe ikke stemmer" not in page.text  # that is Astrid's own


async def test_since_i_last_looked_begins_at_my_own_last_look_in_an_earlier_visit(at_work: Town) -> None:
    clock = clock_of(at_work.office)
    now = clock.now
    clock.now = now - A_FORTNIGHT
    await overview(at_work, "jonas")
    clock.now = now
    await overview(at_work, "mariam")  # what others read is nothing to him
    for _ in range(2):  # and opening the page again within the same visit changes nothing
        page = await overview(at_work, "jonas")
        assert told(
            page, "Siden sist du leste 09.11", "NEWS2 4 (før 1), vekt +2,3 kg i dag 08.12, M. Yusuf",
            "Epikrise, hjertesvikt 20.11, Vestfjell sykehus",
            "2 doser endret, 1 middel lagt til 20.11–21.11, pasienten og sykehuset",
            "eGFR 38 (var 45), kalium 4,9 20.11, laboratoriet, Vestfjell sykehus",
            "Hjemmesykepleie økt til 2 × daglig 20.11, vedtak fra tildelingskontoret", "endret 2019",
        ) == []  # fmt: skip


async def test_one_who_read_it_all_is_told_that_nothing_is_new_until_something_is(at_work: Town) -> None:
    clock = clock_of(at_work.office)
    await overview(at_work, "jonas")
    clock.pass_(timedelta(hours=2))
    assert "Ingenting nytt siden du leste sist." in (await overview(at_work, "jonas")).text
    clock.pass_(timedelta(hours=24))
    await late_letter(at_work, written="2026-11-19T12:00:00+01:00")
    page = await overview(at_work, "jonas")
    assert told(page, "Siden sist du leste i dag 13.00".replace("i dag", "i går"), "Epikrise fra ortopeden") == []


async def late_letter(town: Town, *, written: str) -> None:
    """Let a letter that is older than the last look arrive now."""
    letter = {
        "resourceType": "DocumentReference", "status": "current", "date": written, "description": "Epikrise fra ortopeden",
        "subject": {"reference": town.names["Patient/astrid"]}, "content": [{"attachment": {"title": "Brev"}}],
        "type": {"coding": [{"system": "urn:oid:2.16.578.1.12.4.1.1.9602", "code": "A03-2"}], "text": "Epikrise"},
    }  # fmt: skip
    async with town.office.work(JOB, Purpose.MESSAGE) as work:
        await journal.create(work, letter)


async def test_the_page_costs_the_same_however_large_the_record(at_work: Town) -> None:
    before = await overview(at_work, "jonas")
    temperatures = [
        {"resourceType": "Observation", "status": "final", "subject": {"reference": at_work.names["Patient/astrid"]},
         "category": [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "vital-signs"}]}],
         "code": {"coding": [{"system": "http://loinc.org", "code": "8310-5"}]}, "effectiveDateTime": f"2025-{1 + n // 28:02}-{1 + n % 28:02}",
         "valueQuantity": {"value": 37, "unit": "°C", "system": "http://unitsofmeasure.org", "code": "Cel"}}
        for n in range(300)
    ]  # fmt: skip
    async with at_work.office.work(JOB, Purpose.SYSTEM) as work:
        await journal.write_set(work, [journal.draft("POST", one) for one in temperatures])
    after = await overview(at_work, "jonas")
    assert before.statements == after.statements <= 7


async def test_a_role_with_less_to_do_sees_less_and_is_told_so(at_work: Town) -> None:
    page = await overview(at_work, "siri")
    assert page.status == 200
    assert page.text.count("Rollen din viser ikke dette.") == 2
    assert "Hjertesvikt, EF" not in page.text
    assert "Furosemid" not in page.text
    assert "Nytt notat" not in page.text


async def test_no_link_leads_where_the_reader_may_not_go_and_each_leads_to_the_thing_itself(at_work: Town) -> None:
    root = f"/p/{at_work.id('Patient/astrid')}"
    doctor, office = await overview(at_work, "jonas"), await overview(at_work, "siri")
    assert [way in doctor.html for way in (f'"{root}/notater?kode=K77"', f'"{root}?nytt=alt#h-siden"')] == [True, True]
    assert [way in doctor.html for way in (f'"{root}/samhandling/ny"', f'"{root}/malinger"')] == [True, True]
    closed = (f'"{root}/notat/', f'"{root}/malinger', f'"{root}/notater')
    assert [way in office.html for way in closed] == [False] * 3
    assert ("bt 128/74" in doctor.html, "bt 128/74" in office.html) == (True, False)
    async with browsing(at_work.office, await at_work.at_work("jonas")) as browser:
        every = await browser.open(f"{root}?nytt=alt")
    assert "Telefon, legevakt" in every.text.partition("Problemer")[0]
    assert "Telefon, legevakt" not in doctor.text.partition("Problemer")[0]


async def test_a_protected_address_is_shown_to_nobody(at_work: Town) -> None:
    page = await overview(at_work, "rolf", "Patient/marius")
    assert "Bor skjult adresse" in page.text
    assert "Kirkegata 21" not in page.html


async def test_one_line_registers_measurements_or_a_task(at_work: Town) -> None:
    astrid = f"/p/{at_work.id('Patient/astrid')}"
    async with browsing(at_work.office, await at_work.at_work("jonas")) as browser:
        for line in ("bt 128/74 p 72", "oppgave ring datter fredag"):
            sent = await browser.send(f"{astrid}/hurtig", _patient=at_work.id("Patient/astrid"), linje=line)
            assert (sent.status, sent.leads_to) == (303, astrid)
        page = await browser.open(astrid)
        assert told(page, "128/74", "Ring datter 27.11 Eier: deg") == []
        wrong = await browser.send(f"{astrid}/hurtig", _patient=at_work.id("Patient/astrid"), linje="bt høyt")
        assert (wrong.status, wrong.html.count('value="bt høyt"')) == (422, 1)
        assert told(wrong, "Skriv målinger som «bt 128/74 p 72»") == []


async def measured(town: Town, line: str) -> Shown:
    astrid = f"/p/{town.id('Patient/astrid')}"
    async with browsing(town.office, await town.at_work("jonas")) as browser:
        sent = await browser.send(f"{astrid}/hurtig", _patient=town.id("Patient/astrid"), linje=line)
        assert sent.status == 303
        return await browser.open(astrid)


async def test_a_few_new_figures_leave_the_last_sum_with_its_advice_time_and_source(at_work: Town) -> None:
    page = await measured(at_work, "bt 128/74 p 72")
    assert told(page, "i dag 08.12, M. Yusuf", "NEWS2 opp fra 1", "Vurder i dag. Tiltakskort v3", "SpO₂ luft 93 % 2 p",
                "J. Eikeland 128/74", "J. Eikeland 72") == []  # fmt: skip


async def test_a_few_new_figures_of_somebody_ill_alarm_at_once(at_work: Town) -> None:
    page = await measured(at_work, "rf 26 spo2 90 p 132")
    assert told(page, "NEWS2 minst 9", "Vurder straks.", "Siste hele NEWS2: 4, i dag 08.12, M. Yusuf") == []


async def test_a_note_of_today_is_never_hidden_and_stands_first(at_work: Town) -> None:
    async with at_work.office.work(JOB, Purpose.MESSAGE) as work:
        now = work.now.isoformat()
    await late_letter(at_work, written=now)
    text = (await overview(at_work, "mariam")).text
    assert text.index("Epikrise fra ortopeden") < text.index("Epikrise, hjertesvikt")
