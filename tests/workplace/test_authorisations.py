"""The register of health personnel is asked: by the administrator who gives a role, and by the worker ever after."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from akson.base.jobs import deliver
from akson.base.work import Purpose
from akson.doors.professionals import SCOPE, Hpr
from akson.record import journal
from akson.record.office import Office
from akson.record.search.searching import search
from akson.registers.identifiers import synthetic_fnr, synthetic_hpr
from akson.registers.professionals import Away
from akson.signin.keys import Keyring
from akson.signin.maskinporten import Maskinporten
from akson.workplace.staffing import rechecking
from seeds.register import professionals
from seeds.staff import BERIT, MARIAM
from tests.offices import JOB
from tests.seeded import Town
from tests.workplace.browsing import browsing
from tests.workplace.test_staffing import nord

ROOT = Path(__file__).parents[2]
NURSE = {"hpr": synthetic_hpr(901).value, "fnr": synthetic_fnr(date(1993, 4, 5), 3, female=True).value, "given": "Ragna",
         "family": "Lunde", "profession": "SP", "called": "Sykepleier"}  # fmt: skip
DOCTOR = NURSE | {"hpr": synthetic_hpr(902).value, "fnr": synthetic_fnr(date(1980, 4, 5), 3, female=False).value,
                  "given": "Trygve", "profession": "LE", "called": "Lege"}  # fmt: skip


@dataclass(frozen=True)
class Register:
    """The register as a process of its own, and its page."""

    page: httpx.AsyncClient
    asked_by: Hpr

    async def set(self, **form: str) -> None:
        assert (await self.page.post("/set", data=form)).status_code == 303

    async def asked(self) -> list[str]:
        numbers: list[str] = (await self.page.get("/state")).json()["asked"]
        return numbers


@pytest.fixture
async def register(tmp_path: Path, town: Town) -> AsyncIterator[Register]:
    keys = Keyring.open(tmp_path, "maskinporten", rsa=True)
    (tmp_path / "client.json").write_text(json.dumps(dict(keys.public)))
    (tmp_path / "people.json").write_text(json.dumps([NURSE, DOCTOR, *professionals()]))
    async with _running(tmp_path) as url, httpx.AsyncClient(base_url=url) as page:
        tokens = Maskinporten(issuer=url, client_id="akson", scope=SCOPE, keyring=keys, http=page,
                              clock=lambda: datetime.now(UTC))  # fmt: skip
        town.office.professionals = Hpr(url=url.rstrip("/"), tokens=tokens)
        yield Register(page, town.office.professionals)


@asynccontextmanager
async def _running(folder: Path) -> AsyncIterator[str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "peers.register", "--port", "0", "--people", str(folder / "people.json"), "--keys",
        str(folder / "client.json"), cwd=ROOT, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        line = (await asyncio.wait_for(process.stdout.readline(), 60)).decode()
        yield line.partition(": ")[2].strip()
    finally:
        process.terminate()
        await process.wait()


async def given(town: Town, person: dict[str, str], role: str = "sykepleier", **changes: str) -> tuple[int, str]:
    """Let the administrator give a person a role; return the status, and the page it ends on."""
    answers = {"fnr": person["fnr"], "given": person["given"], "family": person["family"], "role": role,
               "hpr": person["hpr"], "since": "2026-01-01", "until": ""} | changes  # fmt: skip
    async with browsing(town.office, await town.at_work("camilla")) as browser:
        sent = await browser.send(f"{nord(town)}/ny", **answers)
        return sent.status, (await browser.open(sent.leads_to)).text if sent.status == 303 else sent.text


async def works(town: Town, person: dict[str, str]) -> bool:
    return bool(await town.office.register.staff(person["fnr"], town.office.clock(), "demo:4"))


async def rechecked(office: Office) -> None:
    """Let the worker hear of all roles and ask about all who are due."""
    while await deliver(office.database, [rechecking.consumer(office)], office.clock()):
        pass
    while await rechecking.turn(office):
        pass


async def test_a_role_is_given_to_who_is_authorised_and_the_page_says_so_and_when(
    town: Town, register: Register
) -> None:
    status, text = await given(town, NURSE)
    assert status == 303 and "Sykepleier, autorisasjon" in text and "Spurt Helsepersonellregisteret i dag" in text
    assert await works(town, NURSE) and await register.asked() == [NURSE["hpr"]]
    async with town.office.work(JOB, Purpose.SYSTEM) as work:
        person = (await search(work, "Practitioner", [("identifier", NURSE["fnr"])])).hits[0]
        kept = (await search(work, "VerificationResult", [("target", person.reference)])).hits
    assert [coding["code"] for coding in person.resource["qualification"][0]["code"]["coding"]] == ["SP", "1"]
    assert [(one.resource["status"], one.resource["lastPerformed"][:10]) for one in kept] == [
        ("validated", "2026-11-23")
    ]


REFUSED = [
    ("suspendert", {}, "Autorisasjonen gjelder ikke nå"), ("tilbakekalt", {}, "Autorisasjonen gjelder ikke nå"),
    ("utløpt", {}, "Autorisasjonen gjelder ikke nå"), ("ukjent", {}, "finnes ikke i Helsepersonellregisteret"),
    ("gyldig", {"hpr": DOCTOR["hpr"]}, "tilhører en annen person"),
    ("gyldig", {"role": "fastlege"}, "ikke autorisasjonen som rollen krever"),
    ("gyldig", {"hpr": synthetic_hpr(903).value}, "finnes ikke i Helsepersonellregisteret"),
]  # fmt: skip


@pytest.mark.parametrize(("standing", "changes", "said"), REFUSED)
async def test_without_the_authorisation_the_role_is_not_given_and_nothing_is_written(
    town: Town, register: Register, standing: str, changes: dict[str, str], said: str
) -> None:
    await register.set(hpr=NURSE["hpr"], standing=standing)
    before = await town.office.database.fetchval("SELECT count(*) FROM resource_version")
    status, text = await given(town, NURSE, **changes)
    assert status == 422 and said in text and not await works(town, NURSE)
    assert await town.office.database.fetchval("SELECT count(*) FROM resource_version") == before


async def test_conditions_do_not_keep_anybody_out_and_are_shown(town: Town, register: Register) -> None:
    await register.set(hpr=NURSE["hpr"], standing="vilkår")
    status, text = await given(town, NURSE)
    assert status == 303 and "Kun under tilsyn" in text and "autorisert, med vilkår" in text


@pytest.mark.parametrize("mood", ["borte", "uleselig"])
async def test_when_the_register_is_away_it_is_marked_and_asked_again_by_itself(
    town: Town, register: Register, mood: str
) -> None:
    await register.set(mood=mood)
    status, text = await given(town, NURSE)
    assert status == 303 and "ikke kontrollert" in text and await works(town, NURSE)
    await rechecked(town.office)
    await register.set(mood="vanlig")
    await register.set(hpr=NURSE["hpr"], standing="suspendert")
    assert await rechecking.turn(town.office) == 0 and await works(town, NURSE)  # not all the time
    town.office.clock.pass_(timedelta(minutes=11))
    await rechecked(town.office)
    assert not await works(town, NURSE)


@pytest.mark.parametrize("standing", ["tilbakekalt", "suspendert", "ukjent"])
async def test_who_is_not_authorised_any_more_loses_the_role_and_the_administrator_is_told(
    town: Town, register: Register, standing: str
) -> None:
    assert (await given(town, NURSE))[0] == 303
    signed_in = (await town.office.register.staff(NURSE["fnr"], town.office.clock(), "demo:4"))[0]
    await register.set(hpr=NURSE["hpr"], standing=standing)
    town.office.clock.pass_(timedelta(days=1))
    await rechecked(town.office)
    assert not await works(town, NURSE)
    assert not await town.office.register.still_employed(signed_in, town.office.clock())
    async with browsing(town.office, await town.at_work("camilla")) as browser:
        page, units = await browser.open(nord(town)), await browser.open("/ansatte")
        row = next(part for part in page.html.split("<li>") if "Lunde" in part)
        assert "Rollen ble avsluttet fordi autorisasjonen ikke gjelder" in row and "Avslutt nå" not in row
        assert "1 autorisasjon å se på" in next(one for one in units.html.split("<tr ") if MARIAM.unit.name in one)
    async with browsing(town.office, await town.at_work("mariam")) as browser:
        assert (await browser.open(nord(town))).status == 403


async def test_a_role_that_a_program_gave_is_checked_too_and_those_who_stand_well_keep_theirs(
    town: Town, register: Register
) -> None:
    async with town.office.work(JOB, Purpose.SYSTEM) as work:
        kept = await journal.read(work, "PractitionerRole", town.id("PractitionerRole/mariam"))
        role = {name: value for name, value in kept.resource.items() if name not in ("id", "meta")}
        code = {"coding": [role["code"][0]["coding"][0] | {"code": "fastlege"}]}
        await journal.create(work, role | {"code": [code]})
    await rechecked(town.office)
    left = await town.office.register.staff(MARIAM.fnr.value, town.office.clock(), "demo:4")
    assert [one.role for one in left] == ["sykepleier"]
    berit = await town.office.register.staff(BERIT.fnr.value, town.office.clock(), "demo:4")
    assert [one.role for one in berit] == ["sykepleier"]


async def test_a_role_that_takes_no_authorisation_is_asked_nobody_about(town: Town, register: Register) -> None:
    status, text = await given(town, NURSE, role="assistent", hpr="")
    assert status == 303 and "ikke kontrollert" not in text.partition("Lunde")[2].partition("Avslutt nå")[0]
    assert await register.asked() == []


@pytest.mark.parametrize("broken", ["client_id", "scope", "issuer"])
async def test_without_a_true_grant_there_is_no_token_and_the_register_counts_as_away(
    register: Register, broken: str
) -> None:
    tokens = replace(register.asked_by.tokens, **{broken: "noe annet"})
    with pytest.raises(Away):
        await replace(register.asked_by, tokens=tokens).ask(NURSE["hpr"])


async def test_one_token_serves_until_it_ends(register: Register) -> None:
    for _ in range(3):
        assert await register.asked_by.ask(NURSE["hpr"]) is not None
    held = await register.asked_by.tokens.token()
    assert held == await register.asked_by.tokens.token()
    register.asked_by.tokens.clock = lambda: datetime.now(UTC) + timedelta(minutes=5)
    with pytest.raises(Away):  # a grant of another time is refused, so a new one was asked for
        await register.asked_by.ask(NURSE["hpr"])
