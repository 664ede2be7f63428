"""The register of health personnel is asked: by the administrator who gives a role, and by the worker ever after."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from akson.base.errors import Refused
from akson.base.jobs import deliver
from akson.base.work import Purpose
from akson.doors.professionals import SCOPE, Hpr
from akson.record import journal
from akson.record.office import Office
from akson.record.search.searching import search
from akson.registers.codes import ROLE
from akson.registers.identifiers import HPR_SYSTEM, synthetic_fnr, synthetic_hpr
from akson.registers.professionals import Away, Professional, Professionals
from akson.signin.keys import Keyring
from akson.signin.maskinporten import Maskinporten
from akson.workplace.staffing import rechecking
from seeds.register import professionals
from seeds.staff import BERIT, MARIAM
from tests.offices import FNR, JOB, VENDOR, let_pass
from tests.programs import running
from tests.seeded import Town
from tests.workplace.browsing import browsing
from tests.workplace.test_staffing import nord

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
    peer = ("peers.register", "--port", "0", "--people", str(tmp_path / "people.json"), "--keys",
            str(tmp_path / "client.json"))  # fmt: skip
    async with running(*peer) as url, httpx.AsyncClient(base_url=url) as page:
        tokens = Maskinporten(issuer=f"{url}/", client_id="akson", scope=SCOPE, keyring=keys, http=page,
                              clock=lambda: datetime.now(UTC))  # fmt: skip
        town.office.professionals = Hpr(url=url, tokens=tokens)
        yield Register(page, town.office.professionals)


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
    ("uten nummer", {}, "sier ikke hvem det tilhører"),
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
    let_pass(town.office, timedelta(minutes=11))
    await rechecked(town.office)
    assert not await works(town, NURSE)


@pytest.mark.parametrize("standing", ["tilbakekalt", "suspendert", "ukjent"])
async def test_who_is_not_authorised_any_more_loses_the_role_and_the_administrator_is_told(
    town: Town, register: Register, standing: str
) -> None:
    assert (await given(town, NURSE))[0] == 303
    signed_in = (await town.office.register.staff(NURSE["fnr"], town.office.clock(), "demo:4"))[0]
    await register.set(hpr=NURSE["hpr"], standing=standing)
    let_pass(town.office, timedelta(days=1))
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


async def employed(town: Town, people: int, *, numbered: bool = True) -> list[str]:
    """Let a program employ some nurses at one unit; return their national numbers."""
    unit = (await town.at_work("mariam")).unit_id
    code = {"coding": [{"system": ROLE, "code": "sykepleier"}]}
    numbers = [synthetic_fnr(date(1991, 1, 1 + one), 3, female=True).value for one in range(people)]
    async with town.office.work(JOB, Purpose.SYSTEM) as work:
        for one, number in enumerate(numbers):
            hpr = [{"system": HPR_SYSTEM, "value": synthetic_hpr(920 + one).value}] if numbered else []
            who = {"identifier": [{"system": FNR, "value": number}, *hpr], "name": [{"family": f"Ny{one}"}]}
            made = await journal.create(work, {"resourceType": "Practitioner", **who})
            await journal.create(work, {
                "resourceType": "PractitionerRole", "active": True, "practitioner": {"reference": made.reference},
                "organization": {"reference": unit}, "code": [code],
            })  # fmt: skip
    return numbers


async def working(town: Town, numbers: list[str]) -> list[bool]:
    return [bool(await town.office.register.staff(one, town.office.clock(), "demo:4")) for one in numbers]


async def test_who_has_no_number_is_told_of_at_once_and_loses_the_role_after_a_term(
    town: Town, register: Register
) -> None:
    numbers = await employed(town, 1, numbered=False)
    await rechecked(town.office)
    async with browsing(town.office, await town.at_work("camilla")) as browser:
        row = next(part for part in (await browser.open(nord(town))).html.split("<li>") if "Ny0" in part)
        assert "mangler HPR-nummer" in row and "07.12.2026" in row
        assert "1 autorisasjon å se på" in (await browser.open("/ansatte")).html
    for days in (1, 12, 1):
        assert await working(town, numbers) == [True], days
        let_pass(town.office, timedelta(days=days))
        await rechecked(town.office)
    assert await working(town, numbers) == [False] and await works(town, {"fnr": BERIT.fnr.value})


async def test_a_number_that_is_given_within_the_term_keeps_the_role(town: Town, register: Register) -> None:
    await given(town, NURSE | {"hpr": ""}, role="assistent")
    async with town.office.work(JOB, Purpose.SYSTEM) as work:
        person = (await search(work, "Practitioner", [("identifier", NURSE["fnr"])])).hits[0]
        role = (await search(work, "PractitionerRole", [("practitioner", person.reference)])).hits[0]
        code = {"coding": [{"system": ROLE, "code": "sykepleier"}]}
        await journal.update(work, role.resource | {"code": [code]}, id_=role.id)
    await rechecked(town.office)
    status, text = await given(town, NURSE)
    assert status == 303 and "mangler HPR-nummer" not in text and "Sykepleier, autorisasjon" in text
    assert (await given(town, NURSE))[0] == 422  # has it already
    let_pass(town.office, timedelta(days=15))
    await rechecked(town.office)
    assert await works(town, NURSE)


@pytest.mark.parametrize("standing", ["ukjent", "uten nummer"])
async def test_a_register_that_knows_very_many_no_more_takes_nobodys_role(
    town: Town, register: Register, standing: str, caplog: pytest.LogCaptureFixture
) -> None:
    everybody = [one["hpr"] for one in professionals()]
    at_work = [MARIAM.fnr.value, BERIT.fnr.value]
    await rechecked(town.office)
    before = await kept(town)
    for hpr in everybody:
        await register.set(hpr=hpr, standing=standing)
    for _ in range(2):
        let_pass(town.office, timedelta(days=1))
        caplog.clear()
        await rechecked(town.office)
        assert await working(town, at_work) == [True, True] and await kept(town) != before
        assert "knows too many no more" in caplog.text
    async with browsing(town.office, await town.at_work("camilla")) as browser:
        page = (await browser.open(nord(town))).text
    assert "finner verken denne eller mange andre" in page and "Rollen avsluttes 08.12.2026" in page
    for hpr in everybody:
        await register.set(hpr=hpr, standing="gyldig")
    let_pass(town.office, timedelta(hours=1))
    await rechecked(town.office)
    assert await working(town, at_work) == [True, True] and await kept(town) == before


@pytest.mark.parametrize("standing", ["ukjent", "uten nummer"])
async def test_those_whom_it_has_never_known_lose_the_role_however_many_and_hold_nobody_elses(
    town: Town, register: Register, standing: str
) -> None:
    await given(town, NURSE)
    await rechecked(town.office)
    strangers = await employed(town, 6)
    await register.set(hpr=NURSE["hpr"], standing=standing)
    let_pass(town.office, timedelta(days=1))
    await rechecked(town.office)
    assert await working(town, strangers) == [False] * 6
    assert await working(town, [NURSE["fnr"], BERIT.fnr.value]) == [False, True]


async def test_what_knows_nobody_of_ours_takes_a_role_only_when_the_term_has_passed(
    town: Town, register: Register
) -> None:
    everybody = [one["hpr"] for one in professionals()]
    for hpr in everybody:
        await register.set(hpr=hpr, standing="ukjent")
    at_work = [MARIAM.fnr.value, BERIT.fnr.value]
    for days in (1, 12, 1):
        await rechecked(town.office)
        assert await working(town, at_work) == [True, True], days
        let_pass(town.office, timedelta(days=days))
    await rechecked(town.office)
    assert await working(town, at_work) == [False, False]
    async with browsing(town.office, await town.at_work("camilla")) as browser:
        page = (await browser.open(nord(town))).text
    assert "Rollen ble avsluttet fordi autorisasjonen ikke gjelder" in page


@dataclass
class Interrupting:
    """The register, with an administrator who changes a role just while one number is asked about."""

    register: Professionals
    number: str
    change: Callable[[], Awaitable[None]]

    async def ask(self, number: str) -> Professional | None:
        answer = await self.register.ask(number)
        if number == self.number:
            await self.change()
        return answer


async def test_a_role_that_is_changed_meanwhile_keeps_nobody_else_waiting_and_is_ended_in_the_next_turn(
    town: Town, register: Register, caplog: pytest.LogCaptureFixture
) -> None:
    await given(town, NURSE)
    await given(town, DOCTOR, role="fastlege")
    await rechecked(town.office)

    async def changed() -> None:
        async with town.office.work(JOB, Purpose.SYSTEM) as work:
            person = (await search(work, "Practitioner", [("identifier", NURSE["fnr"])])).hits[0]
            role = (await search(work, "PractitionerRole", [("practitioner", person.reference)])).hits[0]
            await journal.update(work, role.resource | {"availabilityExceptions": "Ferie i juli"}, id_=role.id)

    for one in (NURSE, DOCTOR):
        await register.set(hpr=one["hpr"], standing="suspendert")
    town.office.professionals = Interrupting(register.asked_by, NURSE["hpr"], changed)
    let_pass(town.office, timedelta(days=1))
    while await rechecking.turn(town.office):  # some at a time
        pass
    assert await working(town, [NURSE["fnr"], DOCTOR["fnr"]]) == [True, False]
    town.office.professionals = register.asked_by
    let_pass(town.office, timedelta(minutes=5))
    await rechecked(town.office)
    assert not await works(town, NURSE)


async def kept(town: Town) -> set[tuple[str, str]]:
    """Return what is kept of what the register said: about whom, and since when."""
    async with town.office.work(JOB, Purpose.SYSTEM) as work:
        hits = (await search(work, "VerificationResult", [("_count", "1000")])).hits
    return {(hit.resource["target"][0]["reference"], hit.resource["status"]) for hit in hits}


async def test_a_few_whom_it_knows_no_more_lose_their_roles(town: Town, register: Register) -> None:
    await given(town, NURSE)
    await rechecked(town.office)
    for hpr in (NURSE["hpr"], next(one["hpr"] for one in professionals() if one["fnr"] == BERIT.fnr.value)):
        await register.set(hpr=hpr, standing="ukjent")
    let_pass(town.office, timedelta(days=1))
    await rechecked(town.office)
    assert await working(town, [NURSE["fnr"], BERIT.fnr.value, MARIAM.fnr.value]) == [False, False, True]


async def test_no_administrator_and_no_program_writes_changes_or_removes_what_the_register_answered(
    town: Town, register: Register
) -> None:
    await given(town, NURSE)
    async with town.office.work(JOB, Purpose.SYSTEM) as work:
        person = (await search(work, "Practitioner", [("identifier", NURSE["fnr"])])).hits[0]
        true = (await search(work, "VerificationResult", [("target", person.reference)])).hits[0]
    forged = {name: value for name, value in true.resource.items() if name not in ("id", "meta")}
    plain = {"resourceType": "VerificationResult", "status": "validated", "target": true.resource["target"]}
    for actor, purpose in ((await town.at_work("camilla"), Purpose.TREATMENT), (VENDOR, Purpose.SYSTEM)):
        for change in (
            lambda work: journal.create(work, forged),
            lambda work: journal.update(work, true.resource | {"status": "val-fail"}, id_=true.id),
            lambda work: journal.update(work, plain, id_=true.id),
            lambda work: journal.delete(work, "VerificationResult", true.id),
        ):
            with pytest.raises(Refused, match="AK-A047"):
                async with town.office.work(actor, purpose) as work:
                    await change(work)
        async with town.office.work(
            actor, purpose
        ) as work:  # one of another kind is theirs to write, and hides nothing
            await journal.create(work, plain)
    async with browsing(town.office, await town.at_work("camilla")) as browser:
        row = next(part for part in (await browser.open(nord(town))).html.split("<li>") if "Lunde" in part)
    assert "Spurt Helsepersonellregisteret" in row and "ikke kontrollert" not in row
