"""What an attestation must hold to be believed, and that the sender is told all that is missing, at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from akson.base.errors import Refused
from akson.base.work import Attested, Purpose
from akson.signin.attestation import CLAIM, ORGANISATION, Organisation, read
from akson.signin.model import HPR, PID
from tests.signin.attested import DECISION, DOCTOR, HOSPITAL, NUMBER, OID, PATIENT, WARD, attestation, claims

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
OTHER = {"id": WARD, "name": "En annen", "system": f"{OID}4.101"}


def wrong(told: dict[str, Any], header: str = "") -> str:
    with pytest.raises(Refused, match="AK-L025") as refused:
        read(told, header, NOW)
    assert refused.value.status == 403
    return str(refused.value.values["what"])


def test_a_whole_attestation_says_who_where_whom_and_why() -> None:
    found = read(claims(), "", NOW)
    assert (found.person, found.name, found.hpr, found.patient) == (DOCTOR, "Ingunn Hauge", NUMBER, PATIENT)
    assert found.legal_entity == Organisation(number=HOSPITAL, name="Fjellsiden sykehus")
    assert found.point_of_care.number == WARD and found.decision == DECISION
    assert found.attested == Attested(profession="LE", purpose=Purpose.TREATMENT,
                                      why=f"lege, behandling, Indremedisin (beslutning {DECISION})")  # fmt: skip


@pytest.mark.parametrize(("changed", "told"), [
    ({"practitioner__identifier": None}, "practitioner.identifier, practitioner.identifier.name"),
    ({"practitioner__identifier": {"id": "12345678901", "name": "X", "system": f"{OID}4.1"}}, "practitioner.identifier"),
    ({"practitioner__identifier": {"id": DOCTOR, "name": "X", "system": f"{OID}4.2"}}, "practitioner.identifier"),
    ({"practitioner__identifier": {"id": PATIENT, "name": "X", "system": f"{OID}4.1"}}, "practitioner.identifier"),
    ({"practitioner__hpr_nr": None}, "practitioner.hpr_nr"),
    ({"practitioner__hpr_nr": {"id": "12", "system": f"{OID}4.4"}}, "practitioner.hpr_nr"),
    ({"practitioner__authorization": None}, "practitioner.authorization"),
    ({"practitioner__authorization": {"code": "LE", "system": "other"}}, "practitioner.authorization"),
    ({"practitioner__legal_entity": None}, "practitioner.legal_entity"),
    ({"practitioner__legal_entity": OTHER}, "practitioner.legal_entity"),
    ({"practitioner__point_of_care": {"id": "123456789", "system": f"{OID}4.101"}}, "practitioner.point_of_care"),
    ({"practitioner": "x"}, "practitioner.identifier, practitioner.identifier.name, practitioner.hpr_nr, "
     "practitioner.authorization, practitioner.legal_entity, practitioner.point_of_care"),
    ({"care_relationship__purpose_of_use": None}, "care_relationship.purpose_of_use"),
    ({"care_relationship__purpose_of_use": {"code": "HMARKT", "system": "urn:oid:2.16.840.1.113883.1.11.20448"}},
     "care_relationship.purpose_of_use"),
    ({"care_relationship__decision_ref": {"id": DECISION}}, "care_relationship.decision_ref"),
    ({"care_relationship__decision_ref": {"user_selected": True}}, "care_relationship.decision_ref"),
    ({"care_relationship": None}, "care_relation.purpose_of_use, care_relation.decision_ref"),
    ({"patients": None}, "patients"),
    ({"patients": []}, "patients"),
    ({"patients": [{}, {}]}, "patients"),
    ({"patients": [{}]}, "patients[0].identifier"),
    ({"patients": [{"identifier": {"id": PATIENT, "system": "HNR"}}]}, "patients[0].identifier"),
    ({"patients": [{"identifier": PATIENT}]}, "patients[0].identifier"),
    ({"toa": "2026-11-23T10:00:00Z"}, "toa"),
    ({"toa": "2026-11-22T09:00:00Z"}, "toa"),
    ({"toa": 12}, "toa"),
    ({"practitioner__hpr_nr": None, "patients": []}, "practitioner.hpr_nr, patients"),
])  # fmt: skip
def test_a_part_that_lacks_or_does_not_hold_is_named(changed: dict[str, Any], told: str) -> None:
    assert wrong(claims(attestation(**changed))) == told


@pytest.mark.parametrize(("more", "told"), [
    ({PID: PATIENT}, "practitioner.identifier"),
    ({HPR: "7"}, "practitioner.hpr_nr"),
    ({ORGANISATION: WARD}, "practitioner.legal_entity"),
    ({ORGANISATION: None}, "practitioner.legal_entity"),
])  # fmt: skip
def test_an_organisation_attests_of_its_own_and_of_who_has_signed_in(more: dict[str, Any], told: str) -> None:
    assert wrong(claims(**more)) == told


@pytest.mark.parametrize("claim", [None, "x", 7, [], [{}, {}], {}])
def test_something_else_in_its_place_is_no_attestation(claim: Any) -> None:
    assert wrong(claims() | {CLAIM: claim}).startswith(CLAIM)


def test_where_the_token_names_no_patient_the_request_does() -> None:
    left_out = claims(attestation(patients=[{}]))
    assert read(left_out, PATIENT, NOW).patient == PATIENT
    assert wrong(left_out, "12345678901") == "patients[0].identifier"
    assert read(claims(), PATIENT, NOW).patient == PATIENT
    assert wrong(claims(), DOCTOR) == "person-id"  # a token for one, a request for another


@pytest.mark.parametrize("changed", [
    {"practitioner__hpr_nr": {"id": NUMBER, "system": OID.removeprefix("urn:oid:") + "4.4"}},
    {"toa": (NOW - timedelta(hours=1)).isoformat()},
    {"practitioner__department": {"id": "705592", "name": "Seksjon", "system": f"{OID}4.102"}},
])  # fmt: skip
def test_what_the_framework_leaves_open_is_taken(changed: dict[str, Any]) -> None:
    assert read(claims(attestation(**changed)), "", NOW).patient == PATIENT


def test_the_relation_may_be_called_as_in_the_data_model_and_stand_in_a_list_of_one() -> None:
    whole = attestation()
    whole["care_relation"] = whole.pop("care_relationship")
    assert read(claims([whole]), "", NOW).decision == DECISION
    assert (
        read(claims(**{PID: None, HPR: None}), "", NOW).person == DOCTOR
    )  # of a machine: no person has signed in there


@pytest.mark.parametrize(("code", "purpose"), [("ETREAT", Purpose.EMERGENCY), ("COC", Purpose.MESSAGE)])
def test_each_purpose_is_kept(code: str, purpose: Purpose) -> None:
    told = attestation(care_relationship__purpose_of_use={"code": code, "system": "2.16.840.1.113883.1.11.20448"})
    assert read(claims(told), "", NOW).attested.purpose is purpose
