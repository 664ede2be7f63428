"""The administrator's pages about staff: who works where, employed and ended at once, lists confirmed."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest

from akson.base.errors import Refused
from akson.base.web.render import OSLO, local
from akson.base.work import Purpose
from akson.record import journal
from akson.registers.identifiers import synthetic_fnr, synthetic_hpr
from akson.workplace.staffing import actions
from seeds.staff import CAMILLA, GURI, MARIAM, SIRI
from tests.offices import JOB
from tests.seeded import Town
from tests.workplace.browsing import Browser, browsing

NEW = synthetic_fnr(date(1994, 5, 6), 7, female=True)
ANSWERS = {"fnr": NEW.shown, "given": "Ida Marie", "family": "Vold", "role": "sykepleier",
           "hpr": synthetic_hpr(77).value, "since": "2026-01-01", "until": ""}  # fmt: skip


def nord(town: Town) -> str:
    return f"/ansatte/{town.id(MARIAM.unit.link['reference'])}"


async def employed(browser: Browser, town: Town, **changes: str) -> tuple[int, str]:
    """Send the form with some answers changed; return the status, and the page it ends on."""
    sent = await browser.send(f"{nord(town)}/ny", **(ANSWERS | changes))
    return sent.status, (await browser.open(sent.leads_to)).text if sent.status == 303 else sent.text


async def test_somebody_who_is_employed_can_sign_in_and_somebody_whose_role_is_ended_cannot(town: Town) -> None:
    now = town.office.clock()
    async with browsing(town.office, await town.at_work("camilla")) as browser:
        status, text = await employed(browser, town)
        assert status == 303 and "Vold" in text and ANSWERS["hpr"] in text and "01.01.2026" in text
        ida = await town.office.register.staff(NEW.value, now, "demo:4")
        assert [(one.name, one.role, one.unit_name) for one in ida] == [
            ("Ida Marie Vold", "sykepleier", MARIAM.unit.name)
        ]
        page = await browser.open(nord(town))
        row = next(part for part in page.html.split("<li>") if "Vold" in part)
        role, version = (row.split(f'name="{name}" value="')[1].split('"')[0] for name in ("rolle", "versjon"))
        ended = await browser.send(nord(town), rolle=role, versjon=version)
        assert ended.status == 303 and "Vold" not in (await browser.open(nord(town))).text
        assert await town.office.register.staff(NEW.value, town.office.clock(), "demo:4") == []
        assert not await town.office.register.still_employed(ida[0], town.office.clock())
        assert (await browser.send(nord(town), rolle=role, versjon=version)).status == 404


async def test_one_who_is_known_gets_a_role_more_and_no_second_self(town: Town) -> None:
    async with browsing(town.office, await town.at_work("camilla")) as browser:
        known = {"fnr": SIRI.fnr.value, "given": "Siri", "family": "Aune", "role": "legesekretær", "hpr": "123456"}
        assert (await employed(browser, town, **known))[0] == 303
        roles = await town.office.register.staff(SIRI.fnr.value, town.office.clock(), "demo:4")
        assert (
            sorted(one.role for one in roles) == ["legesekretær", "saksbehandler"] and len({o.key for o in roles}) == 1
        )
        assert (await employed(browser, town, **known))[0] == 422
        other = await employed(browser, town, **(known | {"role": "sykepleier", "hpr": "654321"}))
        assert other[0] == 422 and "et annet HPR-nummer" in other[1]


FAULTS = [
    ({"fnr": "12345678901"}, "Fødselsnummer"), ({"fnr": ""}, "Må fylles ut"), ({"hpr": ""}, "Helsepersonell må ha"),
    ({"hpr": "1234x"}, "HPR"), ({"role": "innbygger"}, "Velg ett av svarene"), ({"role": "system"}, "Velg ett av svarene"),
    ({"since": "i går"}, "i går"), ({"until": "2025-12-31"}, "Siste dag kan ikke være før første dag"),
    ({"family": ""}, "Må fylles ut"), ({"given": ""}, "Må fylles ut"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "said"), FAULTS)
async def test_what_is_wrong_is_told_at_its_field_and_nothing_is_written(
    town: Town, changes: dict[str, str], said: str
) -> None:
    async with browsing(town.office, await town.at_work("camilla")) as browser:
        before = await town.office.database.fetchval("SELECT count(*) FROM resource")
        status, text = await employed(browser, town, **changes)
        assert status == 422 and "Dette må rettes" in text and said in text
        assert await town.office.database.fetchval("SELECT count(*) FROM resource") == before


async def test_a_role_that_begins_later_is_shown_and_gives_nothing_yet(town: Town) -> None:
    day = local(town.office.clock()).date() + timedelta(days=9)
    soon = day.isoformat()
    async with browsing(town.office, await town.at_work("camilla")) as browser:
        status, text = await employed(browser, town, since=soon, until=soon)
        assert status == 303 and "Begynner" in text
    assert await town.office.register.staff(NEW.value, town.office.clock(), "demo:4") == []
    last = datetime.combine(day, time(23, 59), OSLO)
    assert len(await town.office.register.staff(NEW.value, last, "demo:4")) == 1  # all of the last day
    assert await town.office.register.staff(NEW.value, last + timedelta(days=1), "demo:4") == []


async def test_a_list_that_nobody_has_confirmed_for_half_a_year_is_told_of(town: Town) -> None:
    async with browsing(town.office, await town.at_work("camilla")) as browser:
        assert "må bekreftes" in (await browser.open(nord(town))).text
        assert (await browser.send(nord(town), gjor="bekreft")).status == 303
        assert "må bekreftes" not in (await browser.open(nord(town))).text
        units = (await browser.open("/ansatte")).html
        assert "må bekreftes" not in next(row for row in units.split("<tr ") if MARIAM.unit.name in row)
        later = town.office.clock() + timedelta(days=181)
        browser.office.clock = lambda: later
        assert "må bekreftes" in (await browser.open(nord(town))).text


async def test_a_manager_goes_through_who_has_access_at_the_own_unit_and_no_other(town: Town) -> None:
    guri, there = await town.at_work("guri"), GURI.unit.link["reference"]
    async with browsing(town.office, guri) as browser:
        page = await browser.open("/tilganger")
        assert all(one in page.text for one in ("må bekreftes", "Guri Holt", "Sara Nygård", "Lege i vakt")) and (
            "Mariam" not in page.text and "HPR" not in page.text)  # fmt: skip
        assert (await browser.send("/tilganger", gjor="bekreft")).leads_to == "/tilganger"
        assert "må bekreftes" not in (await browser.open("/tilganger")).text
        assert (await browser.send(f"/ansatte/{town.id(there)}", gjor="bekreft")).status == 403
    async with browsing(town.office, await town.at_work("camilla")) as browser:
        units = (await browser.open("/ansatte")).html
        assert "må bekreftes" not in next(row for row in units.split("<tr ") if GURI.unit.name in row)
        assert (await browser.open("/tilganger")).status == 403
    for unit in (MARIAM.unit.link["reference"], there):
        async with town.office.work(guri, Purpose.ADMINISTRATION) as work:
            said = actions.confirm(work, town.id(unit), local(work.now).date())
            if unit == there:
                await said
                continue
            with pytest.raises(Refused, match="AK-A046"):
                await said


async def test_nobody_ends_or_changes_their_own_role_here(town: Town) -> None:
    camilla = await town.at_work("camilla")
    async with browsing(town.office, camilla) as browser:
        page = await browser.open(f"/ansatte/{camilla.unit_id.partition('/')[2]}")
        own = next(part for part in page.html.split("<li>")[1:] if "Rud" in part)
        assert "deg selv" in own and "Avslutt" not in own and "Avslutt nå" in page.text  # Per's can be ended
        async with town.office.work(JOB, Purpose.SYSTEM) as work:
            role = await journal.read(work, "PractitionerRole", town.id("PractitionerRole/camilla"))
        refused = await browser.send(page.answer.url.path, rolle=role.id, versjon=str(role.version))
        assert refused.status == 403


async def test_who_would_employ_themselves_is_refused_and_nothing_is_written(town: Town) -> None:
    own = {"fnr": CAMILLA.fnr.value, "given": "Camilla", "family": "Rud", "hpr": synthetic_hpr(88).value}
    async with browsing(town.office, await town.at_work("camilla")) as browser:
        before = await town.office.database.fetchval("SELECT count(*) FROM resource_version")
        status, text = await employed(browser, town, **own)
        assert status == 422 and "må en annen enn du registrere" in text
    assert await town.office.database.fetchval("SELECT count(*) FROM resource_version") == before


async def test_a_version_that_is_no_number_is_one_there_never_was(town: Town) -> None:
    async with browsing(town.office, await town.at_work("camilla")) as browser:
        row = next(part for part in (await browser.open(nord(town))).html.split("<li>") if 'name="rolle"' in part)
        role = row.split('name="rolle" value="')[1].split('"')[0]
        for version in ("x", "", "²"):
            assert (await browser.send(nord(town), rolle=role, versjon=version)).status == 412


@pytest.mark.parametrize("who", ["mariam", "siri", "per"])
@pytest.mark.parametrize("path", ["/ansatte", "/ansatte/{unit}", "/ansatte/{unit}/ny"])
async def test_others_at_work_have_no_such_pages(town: Town, who: str, path: str) -> None:
    async with browsing(town.office, await town.at_work(who)) as browser:
        where = path.replace("/ansatte/{unit}", nord(town))
        assert (await browser.open(where)).status == 403
        assert (await browser.send(where, **ANSWERS)).status in (403, 405)


async def test_a_unit_outside_the_administrators_own_is_not_there(town: Town) -> None:
    async with town.office.work(JOB, Purpose.SYSTEM) as work:
        other = await journal.create(work, {"resourceType": "Organization", "name": "Nabokommunen"})
    async with browsing(town.office, await town.at_work("camilla")) as browser:
        assert "Nabokommunen" not in (await browser.open("/ansatte")).text
        for path in (f"/ansatte/{other.id}", f"/ansatte/{other.id}/ny", f"/ansatte/{town.id('Patient/astrid')}"):
            assert (await browser.open(path)).status == 404
        assert (await browser.send(f"/ansatte/{other.id}/ny", **ANSWERS)).status == 404


async def test_the_pages_take_the_same_statements_however_many_work_there(town: Town) -> None:
    async with browsing(town.office, await town.at_work("camilla")) as browser:
        before = [(await browser.open(path)).statements for path in ("/ansatte", nord(town))]
        for n in range(5):
            await employed(browser, town, fnr=synthetic_fnr(date(1990, 1, 2), n, female=False).value)
        assert [(await browser.open(path)).statements for path in ("/ansatte", nord(town))] == before
        assert max(before) <= 16


async def test_a_role_that_has_not_begun_is_ended_too(town: Town) -> None:
    day = local(town.office.clock()).date() + timedelta(days=9)
    async with browsing(town.office, await town.at_work("camilla")) as browser:
        assert (await employed(browser, town, since=day.isoformat()))[0] == 303
        page = await browser.open(nord(town))
        row = next(part for part in page.html.split("<li>") if "Vold" in part)
        role, version = (row.split(f'name="{name}" value="')[1].split('"')[0] for name in ("rolle", "versjon"))
        assert (await browser.send(nord(town), rolle=role, versjon=version)).status == 303
        assert "Vold" not in (await browser.open(nord(town))).text
    for later in (timedelta(), timedelta(days=20)):
        assert await town.office.register.staff(NEW.value, town.office.clock() + later, "demo:4") == []


async def test_ones_own_record_is_known_by_a_number_one_had_before(town: Town) -> None:
    before, older = await town.at_work("siri"), synthetic_fnr(date(1977, 1, 2), 5, female=True)
    async with town.office.work(JOB, Purpose.SYSTEM) as work:
        person = await journal.create(work, {"resourceType": "Patient", "identifier": [older.identifier()]})
        known = await journal.read(work, "Practitioner", before.id.partition("/")[2])
        numbers = [*known.resource["identifier"], older.identifier()]
        await journal.update(work, {**known.resource, "identifier": numbers}, id_=known.id)
    now = await town.office.register.staff(SIRI.fnr.value, town.office.clock(), "demo:4")
    assert before.person == 0 and {one.person for one in now} == {person.owner}
    assert len(now) == len({(one.unit, one.role) for one in now})
