"""The administrator's units: opened, renamed and closed, in the own organisation only, and never over anybody's head."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from akson.base.errors import Refused
from akson.base.web.render import local
from akson.base.work import Purpose
from akson.exchange import addresses
from akson.exchange.addresses import Address
from akson.record import journal
from akson.registers.codes import SERVICE_TYPE
from akson.workplace.staffing import places
from seeds.fjordvik import HUKOMMELSE, MUNICIPALITY, NORD, NORDRE, SYKEHUS
from tests.offices import JOB
from tests.seeded import Town
from tests.workplace.browsing import Browser, Shown, browsing
from tests.workplace.conftest import caught_up
from tests.workplace.test_staffing import ANSWERS, NEW


async def opened(browser: Browser, town: Town, **changes: str) -> Shown:
    """Send the form of a new unit with some answers changed."""
    answers = {"navn": "Dagsenteret på Odden", "slag": "KP02", "del_av": town.id(MUNICIPALITY.key)}
    return await browser.send("/enheter/ny", **(answers | changes))


async def closed(browser: Browser, path: str, day: date, version: str = "") -> Shown:
    shown = await browser.open(f"{path}/enhet")
    return await browser.send(f"{path}/enhet", gjor="avslutt", dag=day.isoformat(),
                              versjon=version or shown.hidden("versjon"))  # fmt: skip


async def organization(town: Town, id_: str) -> dict[str, object]:
    async with town.office.work(JOB, Purpose.SYSTEM) as work:
        return (await journal.read(work, "Organization", id_)).resource


async def test_a_unit_is_opened_staffed_renamed_and_closed_when_nobody_is_left(town: Town) -> None:
    today = local(town.office.clock()).date()
    async with browsing(town.office, await town.at_work("camilla")) as browser:
        made = await opened(browser, town)
        assert made.status == 303
        path, id_ = made.leads_to, made.leads_to.removeprefix("/ansatte/")
        stands = await organization(town, id_)
        assert stands["type"][0]["coding"][0] == {
            "system": SERVICE_TYPE,
            "code": "KP02",
            "display": "Sykepleietjeneste",
        }  # type: ignore[index]
        assert stands["active"] is True and stands["partOf"] == {
            "reference": f"Organization/{town.id(MUNICIPALITY.key)}"
        }
        assert (await browser.send(f"{path}/ny", **ANSWERS)).status == 303
        (ida,) = await town.office.register.staff(NEW.value, town.office.clock(), "demo:4")
        assert (ida.unit_name, ida.controller_name) == ("Dagsenteret på Odden", MUNICIPALITY.name)
        refused = await closed(browser, path, today)
        assert refused.status == 422 and "1 har en rolle der" in refused.text and "Siste dag" not in refused.text

        page = await browser.open(path)
        row = next(part for part in page.html.split("<li>") if "Vold" in part)
        role, version = (row.split(f'name="{name}" value="')[1].split('"')[0] for name in ("rolle", "versjon"))
        assert (await browser.send(path, rolle=role, versjon=version)).status == 303
        first = (await browser.open(f"{path}/enhet")).hidden("versjon")
        named = await browser.send(f"{path}/enhet", gjor="navn", navn="  Dagsenteret   på Neset ", versjon=first)
        assert named.leads_to == path and "Dagsenteret på Neset" in (await browser.open("/ansatte")).text
        assert "HER-id" not in (await browser.open(f"{path}/enhet")).text
        home = Address(
            her_id=99000071, name="Odden", ours=True, unit=town.office.ids.open(id_) or 0, unit_id=f"Organization/{id_}"
        )
        await addresses.put(town.office.database, [home])
        assert "Andre skriver til enheten på HER-id 99000071." in (await browser.open(f"{path}/enhet")).text
        for day, said in ((today + timedelta(days=1), "fram i tid"), (today - timedelta(days=1), "opprettet etter")):
            assert said in (await closed(browser, path, day)).text
        assert (await closed(browser, path, today, version=first)).status == 422  # it has another name meanwhile
        assert (await closed(browser, path, today)).leads_to == "/ansatte"
        stands = await organization(town, id_)
        assert stands["active"] is False and stands["name"] == "Dagsenteret på Neset"
        assert stands["extension"][0]["valuePeriod"] == {"start": today.isoformat(), "end": today.isoformat()}  # type: ignore[index]
        assert "Neset" not in (await browser.open("/ansatte")).text
        for gone in (path, f"{path}/ny", f"{path}/enhet"):
            assert (await browser.open(gone)).status == 404
        assert (await browser.send(f"{path}/ny", **ANSWERS)).status == 404
        assert (await opened(browser, town, navn="Dagsenteret på Neset")).status == 303  # the name is free again


FAULTS = [
    ({"navn": ""}, "Må fylles ut"), ({"navn": " \t "}, "Må fylles ut"), ({"navn": "12 – 3"}, "Navnet må ha bokstaver"),
    ({"navn": "x" * 101}, "100"), ({"navn": NORD.name}, "en enhet med dette navnet"),
    ({"navn": NORD.name.upper().replace(" ", "  ")}, "en enhet med dette navnet"), ({"slag": ""}, "Må velges"),
    ({"slag": "KX99"}, "Velg ett av svarene"), ({"del_av": ""}, "Må velges"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "said"), FAULTS)
async def test_what_is_wrong_with_a_new_unit_is_told_and_nothing_is_written(
    town: Town, changes: dict[str, str], said: str
) -> None:
    async with browsing(town.office, await town.at_work("camilla")) as browser:
        before = await town.office.database.fetchval("SELECT count(*) FROM resource_version")
        sent = await opened(browser, town, **changes)
        assert sent.status == 422 and "Dette må rettes" in sent.text and said in sent.text
        if "navn" in changes:
            path = f"/ansatte/{town.id(HUKOMMELSE.key)}/enhet"
            version = (await browser.open(path)).hidden("versjon")
            sent = await browser.send(path, gjor="navn", versjon=version, **changes)
            assert sent.status == 422 and said in sent.text
        assert await town.office.database.fetchval("SELECT count(*) FROM resource_version") == before


@pytest.mark.parametrize(("unit", "said"), [
    (NORD, ("har en rolle der", "Personer som får hjelp der")), (NORDRE, ("Enheter som hører til den: 2",)),
    (MUNICIPALITY, ("har en rolle der", "Enheter som hører til den")),
])  # fmt: skip
async def test_a_unit_where_anything_is_left_is_not_closed(town: Town, unit: object, said: tuple[str, ...]) -> None:
    id_ = town.id(unit.key)  # type: ignore[attr-defined]
    async with browsing(town.office, await town.at_work("camilla")) as browser:
        refused = await closed(browser, f"/ansatte/{id_}", local(town.office.clock()).date(), version="1")
        assert refused.status == 422 and all(one in refused.text for one in said)
    assert (await organization(town, id_))["active"] is True


def care(unit: str, **changes: object) -> dict[str, object]:
    return {"resourceType": "EpisodeOfCare", "status": "active", "managingOrganization": {"reference": unit}} | changes


def waiting(unit: str, **changes: object) -> dict[str, object]:
    return {"resourceType": "Task", "status": "requested", "intent": "order", "owner": {"reference": unit},
            "description": "Ring pårørende", "authoredOn": "2026-11-20"} | changes  # fmt: skip


LEFT = [
    (care, {}, "Personer som får hjelp der eller skal få det: 1"),
    (care, {"period": {"start": "2026-01-01", "end": "2027-01-01"}}, "Personer som får hjelp der eller skal få det: 1"),
    (care, {"period": {"start": "2026-01-01", "end": "2026-11-01"}}, ""), (care, {"status": "finished"}, ""),
    (waiting, {}, "Oppgaver og meldinger som venter der: 1"), (waiting, {"status": "completed"}, ""),
]  # fmt: skip


@pytest.mark.parametrize(("what", "changes", "said"), LEFT)
async def test_care_and_tasks_keep_a_unit_open_until_they_are_over(
    town: Town, what: Callable[..., dict[str, object]], changes: dict[str, object], said: str
) -> None:
    astrid = {"reference": f"Patient/{town.id('Patient/astrid')}"}
    async with town.office.work(JOB, Purpose.SYSTEM) as work:
        unit = await journal.create(work, {"resourceType": "Organization", "name": "Kontor 3", "active": True,
                                           "partOf": {"reference": town.names[MUNICIPALITY.key]}})  # fmt: skip
        await journal.create(work, what(unit.reference, **changes) | {"patient" if what is care else "for": astrid})
    await caught_up(town)
    async with browsing(town.office, await town.at_work("camilla")) as browser:
        path = f"/ansatte/{unit.id}"
        page = (await browser.open(f"{path}/enhet")).text
        assert said in page and ("Siste dag" in page) is not bool(said) and "Nordli" not in page
        sent = await closed(browser, path, local(town.office.clock()).date())
        assert sent.status == (422 if said else 303) and said in sent.text


async def test_only_units_of_the_own_data_controller_are_opened_changed_and_closed(town: Town) -> None:
    camilla, today = await town.at_work("camilla"), local(town.office.clock()).date()
    outside, hospital = town.id(SYKEHUS.key), {"navn": "Sengepost 4", "slag": "dept", "del_av": town.id(SYKEHUS.key)}
    async with browsing(town.office, camilla) as browser:
        for del_av in (outside, town.id(NORDRE.key), town.id("Patient/astrid"), "x"):
            assert (await opened(browser, town, del_av=del_av)).status == 422
        assert (await browser.open(f"/ansatte/{outside}/enhet")).status == 404
        for form in ({"gjor": "navn", "navn": "Vårt"}, {"gjor": "avslutt", "dag": today.isoformat()}):
            assert (await browser.send(f"/ansatte/{outside}/enhet", versjon="1", **form)).status == 404
    async with town.office.work(camilla, Purpose.ADMINISTRATION) as work:
        with pytest.raises(Refused, match="AK-A046"):
            await places.open_unit(work, hospital)
        with pytest.raises(Refused, match="AK-J001"):
            await places.close(work, outside, 1, today)


@pytest.mark.parametrize("who", ["mariam", "siri", "per", "guri"])
async def test_nobody_else_has_these_pages(town: Town, who: str) -> None:
    path = f"/ansatte/{town.id(HUKOMMELSE.key)}/enhet"
    async with browsing(town.office, await town.at_work(who)) as browser:
        assert [(await browser.open(one)).status for one in ("/enheter/ny", path)] == [403, 403]
        assert (await opened(browser, town)).status == 403
        assert (await browser.send(path, gjor="navn", navn="Vårt", versjon="1")).status == 403
