"""What a token attests by the national trust framework: who needs whose record, where, and why. Pure.

An organisation attests to another that one of its staff has a basis for access. HelseID carries the attestation from
the client's assertion into the access token, as the claim `CLAIM`. It keeps the patient's number out of tokens: then
that is told in the header `PATIENT` of each request.

Source   Norsk Helsenett, information and data model for attesting the basis for access 1.1 (which parts the agreement
         demands); HelseID's profile for the trust framework (docs/sources.md)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from akson.base.errors import Refused
from akson.base.work import Attested, Purpose
from akson.registers.identifiers import HPR_SYSTEM, ORG_SYSTEM, SYSTEMS, Fnr, Hpr, OrgNr, PersonKind
from akson.signin.model import HPR, PID

CLAIM: Final = "nhn:tillitsrammeverk:parameters"
ORGANISATION: Final = "helseid://claims/client/claims/orgnr_parent"  # whose client it is, as the issuer knows it
PATIENT: Final = "person-id"
PROFESSIONS: Final = "urn:oid:2.16.578.1.12.4.1.1.9060"
REASONS: Final = "urn:oid:2.16.840.1.113883.1.11.20448"  # HL7 v3 PurposeOfUse
PURPOSES: Final = {"TREAT": Purpose.TREATMENT, "ETREAT": Purpose.EMERGENCY, "COC": Purpose.MESSAGE}
_IN_WORDS: Final = {"TREAT": "behandling", "ETREAT": "øyeblikkelig hjelp", "COC": "samarbeid om behandling"}
_OF_STAFF: Final = frozenset({SYSTEMS[PersonKind.FNR], SYSTEMS[PersonKind.DNR]})
_OF_PATIENTS: Final = _OF_STAFF | {SYSTEMS[PersonKind.FHN]}
_LONGEST: Final = 200  # signs of what is shown and logged
OLDEST: Final = timedelta(hours=12)  # since it was attested: a shift, and what follows it
_AHEAD: Final = timedelta(minutes=1)  # clocks of others
Part = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Organisation:
    """number: of Enhetsregisteret."""

    number: str
    name: str


@dataclass(frozen=True, kw_only=True)
class Attestation:
    """What is attested, after every check that needs no register.

    person, patient  national numbers; hpr: of Helsepersonellregisteret
    legal_entity     answers for what its staff do; point_of_care: where they work
    decision         the organisation's own name of its decision
    """

    person: str
    name: str
    hpr: str
    legal_entity: Organisation
    point_of_care: Organisation
    patient: str
    decision: str
    attested: Attested


def carried(claims: Mapping[str, Any]) -> bool:
    """Say whether a token carries an attestation, or something in the place of one."""
    return CLAIM in claims


def read(claims: Mapping[str, Any], header: str, now: datetime) -> Attestation:
    """Return what an access token attests.

    claims   of a token that has been verified
    header   the patient's number as the request tells it, "" when it does not
    Raises   Refused AK-L025: all that is missing or does not hold, by the names of the framework
    """
    reading = _Reading(claims.get(CLAIM))
    found = reading.attestation(claims, header, now)
    if found is None or reading.wrong:
        raise Refused("AK-L025", what=", ".join(dict.fromkeys(reading.wrong)))
    return found


class _Reading:
    """Reads part by part, and remembers what is wrong, so that the sender is told all of it at once."""

    def __init__(self, claim: object) -> None:
        self.wrong: list[str] = []
        told = claim[0] if isinstance(claim, list) and len(claim) == 1 else claim
        self._whole: Part = told if isinstance(told, dict) else {}
        if not self._whole:
            self.wrong.append(CLAIM)

    def attestation(self, claims: Mapping[str, Any], header: str, now: datetime) -> Attestation | None:
        person, name = self._person()
        hpr, profession = self._authorised()
        legal, place = self._organisation("legal_entity"), self._organisation("point_of_care")
        purpose, why, decision = self._relation()
        patient = self._patient(header)
        self._agrees("practitioner.identifier", person, claims.get(PID))
        self._agrees("practitioner.hpr_nr", hpr, claims.get(HPR))
        if claims.get(ORGANISATION) != legal.number:
            self.wrong.append("practitioner.legal_entity")  # nobody attests for an organisation that is not theirs
        self._timely(now)
        if self.wrong or purpose is None:
            return None
        told = ", ".join((profession[1] or profession[0], why))
        return Attestation(
            person=person, name=name, hpr=hpr, legal_entity=legal, point_of_care=place, patient=patient,
            decision=decision,
            attested=Attested(profession=profession[0], purpose=purpose, why=f"{told} (beslutning {decision})"),
        )  # fmt: skip

    def _person(self) -> tuple[str, str]:
        where = "practitioner.identifier"
        part = self._part(where)
        number, name = self._number(where, part, _OF_STAFF), _text(part, "name")
        if not name:
            self.wrong.append(f"{where}.name")
        return number, name

    def _authorised(self) -> tuple[str, tuple[str, str]]:
        """Return the HPR number, and the profession: code and name. Both are demanded of who reads here."""
        hpr, profession = self._part("practitioner.hpr_nr"), self._part("practitioner.authorization")
        number, code = _text(hpr, "id"), _text(profession, "code")
        if _system(hpr) != HPR_SYSTEM or not _made(Hpr, number):
            self.wrong.append("practitioner.hpr_nr")
        if _system(profession) != PROFESSIONS or not code:
            self.wrong.append("practitioner.authorization")
        return number, (code, _text(profession, "text").lower())

    def _organisation(self, name: str) -> Organisation:
        part = self._part(f"practitioner.{name}")
        number = _text(part, "id")
        if _system(part) != ORG_SYSTEM or not _made(OrgNr, number):
            self.wrong.append(f"practitioner.{name}")
        return Organisation(number=number, name=_text(part, "name") or number)

    def _relation(self) -> tuple[Purpose | None, str, str]:
        """Return the purpose, the same in words with what the service is, and the decision it rests on."""
        where = "care_relationship" if "care_relationship" in self._whole else "care_relation"
        purpose, decision = self._part(f"{where}.purpose_of_use"), self._part(f"{where}.decision_ref")
        code, ref = _text(purpose, "code"), _text(decision, "id")
        if _system(purpose) != REASONS or code not in PURPOSES:
            self.wrong.append(f"{where}.purpose_of_use")
        if not ref or not isinstance(decision.get("user_selected"), bool):
            self.wrong.append(f"{where}.decision_ref")
        details = (
            _text(self._part(f"{where}.{one}"), "text") for one in ("purpose_of_use_details", "healthcare_service")
        )
        return PURPOSES.get(code), ", ".join(filter(None, (_IN_WORDS.get(code, ""), *details))), ref

    def _patient(self, header: str) -> str:
        """Return whom it is about: one person, told in the token, in the header, or alike in both."""
        told = self._whole.get("patients")
        if not isinstance(told, list) or len(told) != 1 or not isinstance(told[0], dict):
            self.wrong.append("patients")
            return ""
        part = told[0].get("identifier")
        if part is None:
            return self._number("patients[0].identifier", {"id": header, "system": _of(header)}, _OF_PATIENTS)
        number = self._number("patients[0].identifier", part if isinstance(part, dict) else {}, _OF_PATIENTS)
        if header and header != number:
            self.wrong.append(PATIENT)
        return number

    def _number(self, where: str, part: Part, systems: frozenset[str]) -> str:
        number = _text(part, "id")
        if not _made(Fnr, number) or _system(part) not in systems or _system(part) != Fnr(number).system:
            self.wrong.append(where)
        return number

    def _agrees(self, where: str, attested: str, known: object) -> None:
        """Note where the organisation attests something else than the issuer knows of who has signed in."""
        if known is not None and known != attested:
            self.wrong.append(where)

    def _timely(self, now: datetime) -> None:
        if "toa" not in self._whole:
            return
        try:
            at = datetime.fromisoformat(str(self._whole["toa"]))
            at = at if at.tzinfo else at.replace(tzinfo=UTC)
            fits = -_AHEAD <= now - at <= OLDEST
        except (ValueError, OverflowError):
            fits = False
        if not fits:
            self.wrong.append("toa")

    def _part(self, where: str) -> Part:
        found: Any = self._whole
        for name in where.split("."):
            found = found.get(name) if isinstance(found, dict) else None
        return found if isinstance(found, dict) else {}


def _made(kind: type[Fnr] | type[Hpr] | type[OrgNr], value: str) -> bool:
    try:
        kind(value)
    except Refused:
        return False
    return True


def _of(number: str) -> str:
    return Fnr(number).system if _made(Fnr, number) else ""


def _system(part: Part) -> str:
    """Return the OID as a URN, however it is written: the framework's own text does both."""
    told = _text(part, "system")
    return told if told.startswith("urn:") else f"urn:oid:{told}"


def _text(part: Part, name: str) -> str:
    told = part.get(name)
    return told if isinstance(told, str) and told.isprintable() and len(told) <= _LONGEST else ""
