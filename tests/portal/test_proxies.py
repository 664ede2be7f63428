"""What a proxy meets: the record to read, the looks of staff, and nothing of what the person has decided."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from akson.base.errors import Refused
from akson.base.work import Purpose
from akson.patient.openings import open_in_emergency
from akson.portal import insight, proxies
from akson.portal.proxies import END, GIVE
from akson.record import journal
from akson.record.representing import MANDATE, PROXY_AREA
from tests.fhirapi.clients import Api, issue
from tests.offices import JOB, let_pass
from tests.portal.pages import FNR, add, citizen, send, show
from tests.seeded import Town
from tests.workplace.browsing import browsing

NUMBER = "urn:oid:2.16.578.1.12.4.1.4.1"


@pytest.fixture
async def api(town: Town) -> AsyncIterator[Api]:
    made = Api(town.office)
    yield made
    await made.close()


def later(town: Town) -> None:
    let_pass(town.office, timedelta(minutes=1))


async def test_a_proxy_closes_nothing_by_fhir(town: Town, api: Api) -> None:
    kari, jonas, astrid = await citizen(town, "kari"), await town.at_work("jonas"), town.id("Patient/astrid")
    block = {"resourceType": "Consent", "status": "active", "patient": {"reference": f"Patient/{astrid}"},
             "scope": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/consentscope",
                                   "code": "patient-privacy"}]},
             "category": [{"coding": [{"system": "http://loinc.org", "code": "59284-0"}]}],
             "policyRule": {"coding": [{"code": "even-emergency"}]}, "provision": {"type": "deny"}}  # fmt: skip
    no = await api.as_(kari).post("Consent", json=block)
    assert (no.status_code, issue(no)["code"]) == (422, "not-found")  # as of a person who is unknown
    note = {"resourceType": "Observation", "status": "final", "code": {"text": "Puls"}, "valueString": "70",
            "subject": {"reference": f"Patient/{astrid}"}}  # fmt: skip
    assert (await api.as_(kari).post("Observation", json=note)).status_code == 422
    assert (await api.as_(kari).get(f"Patient/{astrid}")).status_code == 200
    assert (await api.as_(jonas).get(f"Patient/{astrid}")).status_code == 200
    mine = await api.as_(await citizen(town, "astrid")).post("Consent", json=block)
    assert mine.status_code == 201, mine.text


@pytest.mark.parametrize("asked", [
    "Consent?patient={0}", "Consent", "Consent?patient={0}&_summary=count", "Patient?_has:Consent:patient:status=active",
    "Patient/{0}/Consent", "Patient?_id={0}&_revinclude=Consent:patient", "Patient/{0}/$everything?_type=Consent",
    "Consent?patient.name=Astrid", "Consent/_history",
])  # fmt: skip
async def test_a_proxy_finds_no_consent_that_the_person_finds(town: Town, api: Api, asked: str) -> None:
    path, told = asked.format(town.id("Patient/astrid")), []
    for who in ("astrid", "kari"):
        answer = await api.as_(await citizen(town, who)).get(path)
        assert answer.status_code == 200, answer.text
        body, wanted = answer.json(), "Patient" if "_has" in path else "Consent"
        found = [entry["resource"]["resourceType"] for entry in body.get("entry", ()) if "resource" in entry]
        told.append(body["total"] if "_summary" in path else found.count(wanted))
    assert told[0] > 0 and told[1] == 0


async def test_a_proxy_reads_no_consent_by_its_id(town: Town, api: Api) -> None:
    astrid, kari = await citizen(town, "astrid"), await citizen(town, "kari")
    found = (await api.as_(astrid).get("Consent")).json()["entry"][0]["resource"]["id"]
    for path in (f"Consent/{found}", f"Consent/{found}/_history", f"Consent/{found}/_history/1"):
        assert (await api.as_(astrid).get(path)).status_code == 200
        assert (await api.as_(kari).get(path)).status_code == 404


async def test_everything_holds_no_consent_for_a_proxy_and_no_shorter_pages(town: Town, api: Api) -> None:
    path, told = f"Patient/{town.id('Patient/astrid')}/$everything?_count=5", {}
    for who in ("astrid", "kari"):
        browser, address, pages = api.as_(await citizen(town, who)), path, []
        while address:
            body = (await browser.get(address)).json()
            pages.append([entry for entry in body.get("entry", ()) if entry["search"]["mode"] == "match"])
            address = next((link["url"] for link in body.get("link", ()) if link["relation"] == "next"), "")
        told[who] = [entry["resource"]["resourceType"] for page in pages for entry in page]
        full, rest = divmod(len(told[who]), 5)
        lengths = [5] * full + [rest] * (rest > 0)  # what the record points at follows on pages of its own
        assert [len(page) for page in pages] == lengths + [0] * (len(pages) - len(lengths))
    assert "Consent" in told["astrid"] and "Consent" not in told["kari"] and told["kari"]


async def test_innsyn_tells_a_proxy_that_somebody_was_stopped_and_not_by_what(town: Town) -> None:
    berit, torunn = await town.at_work("berit"), town.id("Patient/torunn")
    with pytest.raises(Refused, match="AK-A030"):
        async with town.office.work(berit, Purpose.TREATMENT) as work:
            await journal.chart(work, torunn, {"Condition": 5})
    later(town)
    own: Any = (shown := await show(town, await citizen(town, "torunn"), "/min/innsyn")).page.values["insight"]
    assert "den er sperret for denne personen" in shown.text and own.looks
    await _proxy(town)
    shown = await show(town, await citizen(town, "kari"), "/min/innsyn", person="torunn")
    told: Any = shown.page.values["insight"]
    look = next(one for one in told.looks if one.who.startswith("Berit"))
    assert look.what == "Prøvde å åpne journalen, men ble stoppet." and look.kind == "refused"
    assert "sperret" not in shown.text.lower()


async def _proxy(town: Town) -> None:
    """Let Kari act for Torunn."""
    given = {"system": "urn:oid:2.16.578.1.12.4.1.4.1", "value": FNR["kari"]}
    await add(town, {
        "resourceType": "RelatedPerson", "patient": {"reference": town.names["Patient/torunn"]},
        "name": [{"family": "Vik"}], "identifier": [given], "relationship": [{"coding": [{"code": "proxy"}]}],
    })  # fmt: skip
    later(town)


async def test_only_the_newest_page_of_innsyn_ends_the_notice_of_an_emergency(town: Town) -> None:
    astrid, knut, who = await citizen(town, "astrid"), await town.at_work("knut"), town.id("Practitioner/mariam")
    async with town.office.work(knut, Purpose.EMERGENCY) as work:
        await open_in_emergency(work, town.id("Patient/astrid"), reason="Falt hjemme", danger=True)
    older = "2026-01-01T00:00:00Z"
    for path, query in (
        ("/min/innsyn", {"eldre": older}),
        ("/min/innsyn/sperr", {}),
        ("/min/innsyn/sperr", {"hvem": who}),
    ):
        later(town)
        await show(town, astrid, path, **query)
        later(town)
        assert "Åpnet i et nødstilfelle" in (await show(town, astrid, "/min")).text, path
    for never in ("9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+12:00", "i går"):  # no time: the newest page
        await show(town, astrid, "/min/innsyn", eldre=never)
    later(town)
    assert "Åpnet i et nødstilfelle" not in (await show(town, astrid, "/min")).text


async def test_what_the_person_is_asked_is_told_a_proxy_as_said_to_the_person(town: Town) -> None:
    own, other = [(await show(town, await citizen(town, who), "/min", **query)).text
                  for who, query in (("astrid", {}), ("kari", {"person": "astrid"}))]  # fmt: skip
    assert "Les planen din, og ring" in own and "Beskjed til" not in own
    assert "Astrid er bedt om dette" in other
    assert "Beskjed til Astrid: «Les planen din, og ring hvis noe ikke stemmer»" in other


async def test_who_is_not_18_yet_is_no_proxy_and_is_not_listed_as_one(town: Town) -> None:
    async def born(day: str) -> None:
        async with town.office.work(JOB, Purpose.SYSTEM) as work:
            kari = await journal.read(work, "Patient", town.id("Patient/kari"))
            await journal.update(work, {**kari.resource, "birthDate": day}, id_=kari.id, if_match=kari.version)
        later(town)

    async def listed() -> list[str]:
        page: Any = (await show(town, await citizen(town, "astrid"), "/min/innsyn")).page.values["insight"]
        return [one.title for one in page.persons]

    assert any("Kari Vik" in one for one in await listed())
    await born("2008-11-24")  # 18 tomorrow
    kari = await citizen(town, "kari")
    assert "Astrid" not in (await show(town, kari, "/min")).html
    with pytest.raises(Refused) as refused:
        await show(town, kari, "/min", person="astrid")
    assert refused.value.code == "AK-A001" and not any("Kari Vik" in one for one in await listed())
    let_pass(town.office, timedelta(days=1))
    assert "Astrid" in (await show(town, kari, "/min", person="astrid")).text
    assert any("Kari Vik" in one for one in await listed())


@pytest.mark.parametrize(("given", "told"), [({"alt": "ja"}, True), ({"om_timer": "ja"}, False)])
async def test_who_has_looked_is_told_to_a_proxy_of_everything_and_to_no_other(
    town: Town, given: dict[str, str], told: bool
) -> None:
    await send(town, await citizen(town, "astrid"), GIVE, fnr=FNR["hege"], navn="Hege Berg", **given)
    hege, jonas = await citizen(town, "hege"), await town.at_work("jonas")
    async with town.office.work(jonas, Purpose.TREATMENT) as work:
        await journal.chart(work, town.id("Patient/astrid"), {"DocumentReference": 5})
    later(town)
    innsyn, home = [await show(town, hege, path, person="astrid") for path in ("/min/innsyn", "/min")]
    assert ("Jonas Eikeland" in innsyn.html) is told
    assert ("vises for den som bestemmer" in innsyn.text) is not told
    assert innsyn.page.values["insight"].log is told and (home.page.values["home"].looks is not None) is told


async def test_who_decides_for_the_person_is_told_who_has_looked(town: Town) -> None:
    async with town.office.work(await town.at_work("hanne"), Purpose.TREATMENT) as work:
        await journal.chart(work, town.id("Patient/emil"), {"DocumentReference": 5})
    later(town)
    assert "Hanne" in (await show(town, await citizen(town, "ida"), "/min/innsyn", person="emil")).text


async def test_taking_a_proxy_back_takes_back_all_that_the_person_has_said_of_the_same_one(town: Town) -> None:
    astrid = await citizen(town, "astrid")
    for more in ({"alt": "ja"}, {"om_timer": "ja"}, {"om_legemidler": "ja", "gjelder_til": "31.12.2026"}):
        await send(town, astrid, GIVE, fnr=FNR["kari"], navn="Kari", **more)
    later(town)
    page: Any = (await show(town, astrid, "/min/innsyn")).page.values["insight"]
    rows = [one for one in page.persons if one.title.startswith("Kari")]
    assert len(rows) > 3  # the register's too
    await send(town, astrid, END, hvem=rows[0].href.partition("hvem=")[2])
    later(town)
    page = (await show(town, astrid, "/min/innsyn")).page.values["insight"]
    assert not [one for one in page.persons if one.title.startswith("Kari")]
    with pytest.raises(Refused, match="AK-A001"):
        await show(town, await citizen(town, "kari"), "/min/innsyn", person="astrid")


async def test_a_proxy_that_is_older_than_what_the_page_reads_is_listed_and_ended(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    astrid = await citizen(town, "astrid")
    await send(town, astrid, GIVE, fnr=FNR["hege"], navn="Hege Berg", alt="ja")
    for wanted in (insight.SHOWN, proxies.WANTED):  # as if there were hundreds of newer ones
        monkeypatch.setitem(wanted, "Consent", 1)
    later(town)
    await send(town, astrid, GIVE, fnr=FNR["nina"], navn="Nina", alt="ja")
    later(town)
    page: Any = (await show(town, astrid, "/min/innsyn")).page.values["insight"]
    (row,) = [one for one in page.persons if one.title == "Hege Berg"]
    await send(town, astrid, END, hvem=row.href.partition("hvem=")[2])
    with pytest.raises(Refused, match="AK-A001"):
        await show(town, await citizen(town, "hege"), "/min/innsyn", person="astrid")


async def appointed(town: Town, *said: tuple[str, str]) -> None:
    """Let Erik be appointed guardian for Astrid, for what the register says."""
    codings = [("http://terminology.hl7.org/CodeSystem/v3-RoleCode", "GUARD"), *said]
    await add(town, {"resourceType": "RelatedPerson", "name": [{"text": "Erik Lund"}],
                     "identifier": [{"system": NUMBER, "value": FNR["erik"]}],
                     "patient": {"reference": town.names["Patient/astrid"]},
                     "relationship": [{"coding": [{"system": s, "code": c}]} for s, c in codings]})  # fmt: skip


@pytest.mark.parametrize(("said", "told"), [
    ((), "mandatet er ikke kjent her"), ((("https://example.org/other", "personligeInteresser"),), "mandatet er ikke kjent her"),
    (((MANDATE, "oekonomiskeInteresser"),), "ikke for helse"), (((MANDATE, "pensjon"),), "ikke for helse"),
])  # fmt: skip
async def test_a_guardian_for_money_or_for_nobody_knows_what_sees_nothing_and_staff_are_told(
    town: Town, said: tuple[tuple[str, str], ...], told: str
) -> None:
    await appointed(town, *said)
    with pytest.raises(Refused, match="AK-A001"):
        await show(town, await citizen(town, "erik"), "/min", person="astrid")
    assert "Verge" not in (await show(town, await citizen(town, "astrid"), "/min/innsyn")).text
    async with browsing(town.office, await town.at_work("jonas")) as browser:
        assert f"Erik Lund ({told})" in (await browser.open(f"/p/{town.id('Patient/astrid')}")).text


async def test_a_guardian_for_appointments_finds_those_one_for_money_nothing_and_pages_say_which(
    town: Town, api: Api
) -> None:
    await appointed(town, (MANDATE, "personligeInteresser"), (PROXY_AREA, "timer"))
    erik, astrid = await citizen(town, "erik"), town.id("Patient/astrid")
    found = (await api.as_(erik).get(f"Patient/{astrid}/$everything")).json()["entry"]
    assert {one["resource"]["resourceType"] for one in found} == {"Patient", "Appointment"}
    page = await show(town, erik, "/min/innsyn", person="astrid")
    assert "som verge" in page.text and "Be om forklaring" not in page.text
    for path in ("/min/journal/retting", "/min/journal/kopi"):
        with pytest.raises(Refused, match="AK-A001"):
            await show(town, erik, path, person="astrid")
    told = (await show(town, await citizen(town, "astrid"), "/min/innsyn")).text
    assert "Erik Lund Verge for noe av journalen, så lenge oppdraget varer. Timer." in told
