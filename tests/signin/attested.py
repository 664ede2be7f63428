"""An attestation by the national trust framework as HelseID carries it, of invented persons, for tests to change."""

from __future__ import annotations

from copy import deepcopy
from datetime import date
from typing import Any

from akson.registers.identifiers import synthetic_fnr, synthetic_hpr, synthetic_orgnr
from akson.signin.attestation import CLAIM, ORGANISATION
from akson.signin.model import HPR, LEVEL, PID

OID = "urn:oid:2.16.578.1.12.4.1."
DOCTOR = synthetic_fnr(date(1975, 4, 2), 3, female=True).value
PATIENT = synthetic_fnr(date(1958, 9, 30), 4, female=False).value
NUMBER, HOSPITAL, WARD = synthetic_hpr(41).value, synthetic_orgnr(71).value, synthetic_orgnr(72).value
DECISION = "30f4ab40-dbc2-41a7-8ac4-181ad3fdc25b"


def attestation(patient: str = PATIENT, **changed: Any) -> dict[str, Any]:
    """Return one with every part; changed: "care_relationship__purpose_of_use={...}", None takes it away."""
    whole: dict[str, Any] = {
        "type": CLAIM,
        "practitioner": {
            "identifier": {"id": DOCTOR, "name": "Ingunn Hauge", "system": f"{OID}4.1"},
            "hpr_nr": {"id": NUMBER, "system": f"{OID}4.4"},
            "authorization": {"code": "LE", "text": "Lege", "system": f"{OID}1.9060"},
            "legal_entity": {"id": HOSPITAL, "name": "Fjellsiden sykehus", "system": f"{OID}4.101"},
            "point_of_care": {"id": WARD, "name": "Medisinsk avdeling", "system": f"{OID}4.101"},
        },
        "care_relationship": {
            "healthcare_service": {"code": "S03", "text": "Indremedisin", "system": f"{OID}1.8655"},
            "purpose_of_use": {"code": "TREAT", "text": "Behandling", "system": "urn:oid:2.16.840.1.113883.1.11.20448"},
            "decision_ref": {"id": DECISION, "user_selected": False},
        },
        "patients": [{"identifier": {"id": patient, "system": f"{OID}4.1"}}],
    }  # fmt: skip
    for name, value in changed.items():
        *above, last = name.split("__")
        part = whole
        for one in above:
            part = part[one]
        if value is None:
            del part[last]
        else:
            part[last] = deepcopy(value)
    return whole


def claims(attested: Any = None, **more: Any) -> dict[str, Any]:
    """Return what a token says that carries it: of a person who has signed in there."""
    told = {
        CLAIM: attestation() if attested is None else attested,
        ORGANISATION: HOSPITAL,
        PID: DOCTOR,
        LEVEL: "4",
        HPR: NUMBER,
    }
    return {name: value for name, value in (told | more).items() if value is not None}
