"""Staff of another organisation at our FHIR API, by real HTTP: a machine token of a certified OpenID provider (in HelseID's
part) that carries what their organisation attests; and what comes of it in the log of the citizen.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from starlette.types import ASGIApp

from akson.app import application
from akson.audit.view import looked_at
from akson.base.errors import Refused
from akson.base.work import Attested, Purpose
from akson.doors.opening import clock, opened
from akson.doors.settings import Settings, from_environment
from akson.exchange.asking import overview
from akson.exchange.vouching import Elsewhere, vouch
from akson.record import journal
from akson.record.office import Office
from akson.record.stored import Stored
from akson.registers.identifiers import synthetic_orgnr
from akson.signin.attestation import ORGANISATION
from akson.signin.client import OidcClient
from akson.signin.keys import Keyring
from akson.signin.model import Provider
from seeds.citizens.astrid import ASTRID
from seeds.fjordvik import UNITS
from tests.fhirapi.clients import FHIR_JSON, issue
from tests.offices import JOB, patient, temperature
from tests.seeded import Town
from tests.signin.attested import DECISION, DOCTOR, HOSPITAL, NUMBER, OID, PATIENT, WARD, attestation
from tests.signin.conftest import served
from tests.signin.provider import needs_provider, openid_provider

SCOPES = "user/*.cruds"
pytestmark = needs_provider


@dataclass(kw_only=True)
class Abroad:
    """Akson being served, with one patient in it, and a hospital's program as its client."""

    settings: Settings
    oidc: OidcClient
    office: Office
    patient: Stored
    measured: Stored
    other: Stored

    async def ask(
        self, path: str, details: Any = None, *, method: str = "GET", scope: str = SCOPES, header: str = "", **more: Any
    ) -> httpx.Response:
        """Return what is answered to one who attests `details`; None: nothing."""
        token = (await self.oidc.machine_token(scope, details)).access_token
        told = {"person-id": header} if header else {}
        return await self.oidc.call(method, f"{self.settings.fhir_url}/{path}", token, headers=told, **more)


@pytest.fixture
async def abroad(database_url: str, tmp_path: Path) -> AsyncIterator[Abroad]:
    """The whole, running."""
    async with running(database_url, tmp_path, HOSPITAL, PATIENT) as made:
        yield made


@asynccontextmanager
async def running(database_url: str, tmp_path: Path, organisation: str, number: str) -> AsyncIterator[Abroad]:
    """Run an issuer that knows an organisation's program, and an Akson that trusts it and knows a patient."""
    keys = Keyring.open(tmp_path, "hospital")
    client = {"client_id": "hospital", "scope": f"{SCOPES} system/*.rs"}
    async with (
        openid_provider(keys, client, known={ORGANISATION: organisation}) as issuer,
        _serving(database_url, tmp_path, issuer, keys, number) as made,
    ):
        yield made


@asynccontextmanager
async def _serving(database_url: str, folder: Path, issuer: str, keys: Keyring, person: str) -> AsyncIterator[Abroad]:
    kept: list[Settings] = []

    def app(url: str) -> ASGIApp:
        kept.append(from_environment({
            "AKSON_ENV": "test", "AKSON_DATABASE_URL": database_url, "AKSON_DATA": str(folder), "AKSON_URL": url,
            "AKSON_STAFF_ISSUER": issuer,
        }))  # fmt: skip
        return application(kept[0])

    async with served(app, lifespan="on"), opened(kept[0]) as office, httpx.AsyncClient() as http:
        number = [{"system": f"{OID}4.1", "value": person}]
        one, other = await patient(office, identifier=number), await patient(office)
        async with office.work(JOB, Purpose.SYSTEM) as work:
            made = await journal.create(work, temperature(one))
            await journal.create(work, temperature(other))
        provider = Provider(name="helseid", label="", issuer=issuer, client_id="hospital", redirect_uri="",
                            leave_uri="", resource=kept[0].fhir_url)  # fmt: skip
        yield Abroad(settings=kept[0], oidc=OidcClient(provider, keys, http, clock), office=office, patient=one,
                     measured=made, other=other)  # fmt: skip


async def test_who_is_vouched_for_reads_that_one_record_and_stands_in_its_log(abroad: Abroad) -> None:
    told = attestation()
    read = await abroad.ask(abroad.measured.reference, told)
    assert (read.status_code, read.json()["valueQuantity"]["value"]) == (200, 38.4), read.text
    found = await abroad.ask("Observation?code=8310-5", told)
    assert [one["resource"]["id"] for one in found.json()["entry"]] == [abroad.measured.id]
    whole = await abroad.ask(f"{abroad.patient.reference}/$everything", told)
    assert {one["resource"]["id"] for one in whole.json()["entry"]} == {abroad.patient.id, abroad.measured.id}
    looks = await looked_at(abroad.office.database, abroad.patient.owner, clock() + timedelta(minutes=1))
    (visit,) = (one for one in looks.visits if one.actor != JOB.id)
    assert (visit.who, visit.role, visit.unit) == ("Ingunn Hauge", "ekstern", "Medisinsk avdeling, Fjellsiden sykehus")
    assert (visit.actor, visit.controller) == (f"Practitioner/hpr:{NUMBER}", "Fjellsiden sykehus")
    assert visit.why == ("attestert av egen virksomhet",)
    assert visit.reason == f"lege, behandling, Indremedisin (beslutning {DECISION})"
    rows = await abroad.office.database.fetch("SELECT purpose, array_to_string(patients, ' ') AS p FROM access_log")
    assert {row["purpose"] for row in rows if row["p"] == str(abroad.patient.owner)} == {"SYSADMIN", "TREAT"}


async def test_of_others_and_of_what_one_may_change_nothing_is_told(abroad: Abroad) -> None:
    told = attestation()
    for path in (
        abroad.other.reference,
        f"{abroad.other.reference}/$everything",
        f"{abroad.other.reference}/_history/1",
    ):
        answer = await abroad.ask(path, told)
        assert (answer.status_code, issue(answer)["code"]) == (404, "not-found"), path
    assert (await abroad.ask("Patient?_count=50", told)).json()["entry"][0]["resource"]["id"] == abroad.patient.id
    for path in (f"Observation?patient={abroad.other.id}", "Patient?birthdate=1941-03-14&_id=" + abroad.other.id,
                 "Consent", "Task", "AuditEvent?_count=1"):  # fmt: skip
        answer = await abroad.ask(path, told)
        assert answer.status_code in (403, 404) or "entry" not in answer.json(), path
    history = (await abroad.ask("_history", told)).json()
    assert {one["resource"]["id"] for one in history["entry"]} == {abroad.patient.id, abroad.measured.id}
    for method, path, content in (
        ("POST", "Observation", temperature(abroad.patient)), ("DELETE", abroad.measured.reference, b""),
        ("PUT", abroad.patient.reference, msgspec.json.encode(abroad.patient.resource)),
        ("POST", "Subscription", b'{"resourceType":"Subscription","status":"requested","reason":"x","criteria":'
         b'"Observation?code=8310-5","channel":{"type":"rest-hook","endpoint":"http://127.0.0.1:1/x"}}'),
    ):  # fmt: skip
        headers = {"content-type": FHIR_JSON}
        token = (await abroad.oidc.machine_token(SCOPES, told)).access_token
        answer = await abroad.oidc.call(
            method, f"{abroad.settings.fhir_url}/{path}", token, headers=headers, content=content
        )
        assert answer.status_code in (403, 404, 422), (method, path, answer.text)
    began = await abroad.ask("$export", told)
    assert began.status_code == 403


async def test_without_an_attestation_or_with_less_nobody_gets_in_and_what_lacks_is_told(abroad: Abroad) -> None:
    path = abroad.measured.reference
    for details, lacks in (
        (None, "nhn:tillitsrammeverk:parameters"),
        (attestation(practitioner__hpr_nr=None), "practitioner.hpr_nr"),
        (attestation(practitioner__legal_entity={"id": WARD, "name": "x", "system": f"{OID}4.101"}), "legal_entity"),
        (attestation(practitioner__authorization={"code": "KI", "system": f"{OID}1.9060"}), "practitioner.authorization"),
        (attestation(patients=[{}]), "patients[0].identifier"),
    ):  # fmt: skip
        answer = await abroad.ask(path, details)
        assert (answer.status_code, issue(answer)["code"]) == (403, "forbidden")
        assert lacks in issue(answer)["diagnostics"] and PATIENT not in answer.text and DOCTOR not in answer.text
    assert (await abroad.ask(path, attestation(patients=[{}]), header=PATIENT)).status_code == 200
    assert (await abroad.ask(path, attestation(DOCTOR))).status_code == 404  # who is not here, as if it were not
    assert (await abroad.ask(path, scope="system/*.rs")).status_code == 200  # a program with an agreement of its own
    assert (await abroad.ask(path, attestation(), scope="system/*.rs")).status_code == 403  # not both at once


async def test_what_the_citizen_has_closed_to_an_organisation_or_person_stays_closed(abroad: Abroad) -> None:
    async with abroad.office.work(JOB, Purpose.SYSTEM) as work:
        place = await journal.create(work, {"resourceType": "Organization", "name": "Fjellsiden sykehus",
                                            "identifier": [{"system": f"{OID}4.101", "value": HOSPITAL}]})  # fmt: skip
        person = await journal.create(work, {"resourceType": "Practitioner", "name": [{"family": "Hauge"}],
                                             "identifier": [{"system": f"{OID}4.1", "value": DOCTOR}]})  # fmt: skip
    assert (await abroad.ask(abroad.measured.reference, attestation())).status_code == 200
    for one in (place, person):
        async with abroad.office.work(JOB, Purpose.SYSTEM) as work:
            closed = await journal.create(work, _closed(abroad.patient.reference, one.reference))
        answer = await abroad.ask(abroad.measured.reference, attestation())
        assert (answer.status_code, issue(answer)["code"]) == (404, "not-found")
        assert "entry" not in (await abroad.ask("Observation?code=8310-5", attestation())).json()
        async with abroad.office.work(JOB, Purpose.SYSTEM) as work:
            await journal.update(work, closed.resource | {"status": "inactive"}, id_=closed.id)


async def test_what_is_closed_to_one_of_several_with_a_number_or_by_hpr_number_stays_closed(abroad: Abroad) -> None:
    """A number that two organisations have means neither, but a block on either is meant; persons by both their numbers."""
    hospital = {"resourceType": "Organization", "name": "Fjellsiden",
                "identifier": [{"system": f"{OID}4.101", "value": HOSPITAL}]}  # fmt: skip
    ward = hospital | {"identifier": [{"system": f"{OID}4.101", "value": WARD}]}
    by_hpr = {"resourceType": "Practitioner", "identifier": [{"system": f"{OID}4.4", "value": NUMBER}]}
    by_number = {"resourceType": "Practitioner", "identifier": [{"system": f"{OID}4.1", "value": DOCTOR}]}
    async with abroad.office.work(JOB, Purpose.SYSTEM) as work:
        known = [await journal.create(work, one) for one in (hospital, hospital, ward, ward, by_hpr, by_number)]
    assert (await abroad.ask(abroad.measured.reference, attestation())).status_code == 200
    for one in known:
        async with abroad.office.work(JOB, Purpose.SYSTEM) as work:
            closed = await journal.create(work, _closed(abroad.patient.reference, one.reference))
        answer = await abroad.ask(abroad.measured.reference, attestation())
        assert (answer.status_code, issue(answer)["code"]) == (404, "not-found"), one.reference
        async with abroad.office.work(JOB, Purpose.SYSTEM) as work:
            await journal.update(work, closed.resource | {"status": "inactive"}, id_=closed.id)


def _closed(patient_: str, whom: str) -> dict[str, Any]:
    role = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "code": "IRCP"}]}
    return {
        "resourceType": "Consent", "status": "active", "patient": {"reference": patient_}, "dateTime": "2026-01-01",
        "scope": {"coding": [{"code": "patient-privacy"}]}, "policyRule": {"text": "sperring"},
        "category": [{"coding": [{"system": "http://loinc.org", "code": "59284-0"}]}],
        "provision": {"type": "deny", "actor": [{"role": role, "reference": {"reference": whom}}]},
    }  # fmt: skip


async def test_what_we_attest_of_our_own_decision_opens_the_record_at_another_akson(
    town: Town, database_url: str, tmp_path: Path
) -> None:
    jonas = await town.at_work("jonas")
    home = next(number for number, one in enumerate(UNITS) if one.name == jonas.controller_name)
    async with running(database_url, tmp_path, synthetic_orgnr(home).value, ASTRID.fnr.value) as there:
        async with town.office.work(jonas, Purpose.TREATMENT) as work:
            vouched = await vouch(work, town.id("Patient/astrid"))
        elsewhere = Elsewhere(oidc=there.oidc, base=there.settings.fhir_url, scope=SCOPES)
        answer = await elsewhere.get(vouched, there.measured.reference)
        assert answer.status_code == 200, answer.text
        assert answer.json()["id"] == there.measured.id
        assert (await elsewhere.get(vouched, there.other.reference)).status_code == 404
        looks = await looked_at(there.office.database, there.patient.owner, clock() + timedelta(minutes=1))
        (visit,) = (one for one in looks.visits if one.actor != JOB.id)
        assert visit.who == "Jonas Eikeland" and visit.controller == jonas.controller_name
        assert visit.unit == f"Nordre legesenter, {jonas.controller_name}"
        assert visit.reason == f"lege, behandling (beslutning {vouched.decision})"
        async with town.office.work(jonas, Purpose.TREATMENT) as work:
            source = replace(elsewhere, name="Fjellsiden sykehus", number=HOSPITAL)
            held = await overview(work, town.id("Patient/astrid"), source)
        assert held.known and [*held.found.values()] == [[], [], [], []]
    assert ASTRID.fnr.value not in json.dumps(vouched.details)
    row = await town.office.database.fetchrow(
        "SELECT seen::text AS seen FROM access_log WHERE seen::text LIKE '%' || $1 || '%'", vouched.decision
    )
    assert "fastlegeliste" in row["seen"]


@pytest.mark.parametrize(("who", "purpose", "refusal"), [
    ("elin", Purpose.TREATMENT, "AK-A001"),  # a nurse of the other zone has no basis here, so nobody vouches for her
    ("jonas", Purpose.ADMINISTRATION, "AK-L025"),
    ("siri", Purpose.TREATMENT, "AK-L025"),  # no health personnel
])  # fmt: skip
async def test_nobody_is_vouched_for_who_has_no_basis_here(
    town: Town, who: str, purpose: Purpose, refusal: str
) -> None:
    with pytest.raises(Refused, match=refusal):
        async with town.office.work(await town.at_work(who), purpose) as work:
            await vouch(work, town.id("Patient/astrid"))


async def test_neither_programs_nor_those_whom_others_vouch_for_are_vouched_for(town: Town) -> None:
    jonas = await town.at_work("jonas")
    passed_on = replace(jonas, attested=Attested(profession="LE", purpose=Purpose.TREATMENT, why="x"))
    for actor in (JOB, passed_on):
        with pytest.raises(Refused, match="AK-L025"):
            async with town.office.work(actor, Purpose.TREATMENT) as work:
                await vouch(work, town.id("Patient/astrid"))
