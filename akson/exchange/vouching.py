"""What we attest of our own staff to others, made of our own access decision, and asking others with it.

Who is refused here what they ask for is vouched for by nobody. What they attest to us: akson/signin/attestation.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

import httpx

from akson.access.roles import ROLES
from akson.access.rules import Act, Decision
from akson.base.errors import Refused
from akson.base.work import Kind, Work
from akson.record import journal
from akson.record.deciding import allow, facts_for
from akson.registers.identifiers import HPR_SYSTEM, ORG_SYSTEM, PERSON_SYSTEMS
from akson.registers.sources import Vouching
from akson.signin.attestation import CLAIM, PATIENT, PROFESSIONS, PURPOSES, REASONS
from akson.signin.client import OidcClient

Resource = Mapping[str, Any]
_OWN_CHOICE: Final = frozenset({"opened_with_reason", "opened_in_emergency"})  # rules: access was taken, not given
_TO_LEARN: Final = "looks_back_to_learn"  # is no care, so nobody else is asked for it
_HIGHEST: Final = 8  # organisations one above another


@dataclass(frozen=True, kw_only=True)
class Vouched:
    """What goes along to another organisation. details: in our assertion; patient: the number, in a header.

    decision  our own name of the decision: it stands in our log, for when the other asks
    """

    details: Mapping[str, Any]
    patient: str
    decision: str


async def vouch(work: Work, patient: str) -> Vouched:
    """Attest that who acts needs a patient's record elsewhere: who may read it here, for care, as health personnel.

    patient  id of the Patient
    Raises   Refused: as a read of the record; AK-L025 what cannot be attested: nobody signed in, a purpose that is
             not care, a number that is missing here
    Leaves   the decision in the access log, under its name
    """
    actor, decision = work.actor, str(uuid4())
    if actor.kind is not Kind.STAFF or actor.attested is not None:
        raise Refused("AK-L025", what="practitioner")
    purpose = next((code for code, one in PURPOSES.items() if one is work.purpose), "")
    owner = (await journal.key_of(work, "Patient", patient))[0]
    facts = (await facts_for(work, [owner])).get(owner)
    if facts is None or not facts.is_person:
        raise journal.unknown(work, "Patient", patient)
    decided = allow(work, facts, None, Act.READ, f"page attest/{decision}")
    if not purpose or decided.rule == _TO_LEARN:
        raise Refused("AK-L025", what="care_relationship.purpose_of_use")
    person = (await journal.read(work, "Patient", patient)).resource
    practitioner = (await journal.read(work, "Practitioner", actor.id.partition("/")[2])).resource
    details = {
        "type": CLAIM,
        "practitioner": _practitioner(practitioner, actor.name, actor.role) | await _organisations(work),
        "care_relationship": _relation(purpose, decided, decision),
        "patients": [{}],
    }
    return Vouched(details=details, patient=_number(person, "patients[0].identifier")["id"], decision=decision)


def _practitioner(known: Resource, name: str, role: str) -> dict[str, Any]:
    """Return who it is: number, HPR number, and of their authorisations one that their role takes."""
    hpr = _numbers(known, frozenset({HPR_SYSTEM}))
    codes = [code for one in known.get("qualification", ()) for code in one["code"].get("coding", ())]
    fitting = [one for one in codes if one.get("system") == PROFESSIONS and one.get("code") in ROLES[role].professions]
    if not hpr or not fitting:
        raise Refused("AK-L025", what="practitioner.authorization" if hpr else "practitioner.hpr_nr")
    authorisation = {"code": fitting[0]["code"], "text": fitting[0].get("display", ""), "system": PROFESSIONS}
    person = _number(known, "practitioner.identifier")
    return {"identifier": person | {"name": name}, "hpr_nr": hpr[0], "authorization": authorisation}


async def _organisations(work: Work) -> dict[str, Any]:
    """Return where they work, and who answers for it: the units above the one that is acted for."""
    place = at = await journal.read(work, "Organization", work.actor.unit_id.partition("/")[2])
    for _ in range(_HIGHEST):
        if at.owner == work.actor.controller or "partOf" not in at.resource:
            break
        at = await journal.read(work, "Organization", at.resource["partOf"]["reference"].partition("/")[2])
    return {
        name: _number(one.resource, f"practitioner.{name}", frozenset({ORG_SYSTEM})) | {"name": one.resource["name"]}
        for name, one in (("legal_entity", at), ("point_of_care", place))
    }


def _relation(purpose: str, decided: Decision, decision: str) -> dict[str, Any]:
    ref = {"id": decision, "description": decided.basis, "user_selected": decided.rule in _OWN_CHOICE}
    return {"purpose_of_use": {"code": purpose, "system": REASONS}, "decision_ref": ref}


def _number(known: Resource, called: str, systems: frozenset[str] = PERSON_SYSTEMS) -> dict[str, str]:
    found = _numbers(known, systems)
    if not found:
        raise Refused("AK-L025", what=called)
    return found[0]


def _numbers(known: Resource, systems: frozenset[str]) -> list[dict[str, str]]:
    return [{"id": one["value"], "system": one["system"]} for one in known.get("identifier", ())
            if one.get("system") in systems and one.get("value")]  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Elsewhere:
    """The FHIR API of another organisation, asked for one of our staff at a time, as registers.sources.Source says.

    scope  of the token, with spaces
    """

    oidc: OidcClient
    base: str
    scope: str
    name: str = ""
    number: str = ""

    async def get(self, vouched: Vouching, path: str) -> httpx.Response:
        """Return what is answered: by a token of its own for each question, so that none says more than this decision.

        path    within the API; no number of a person in it
        Raises  Refused AK-L004 no token, or no answer
        """
        token = (await self.oidc.machine_token(self.scope, vouched.details)).access_token
        headers = {PATIENT: vouched.patient, "accept": "application/fhir+json"}
        return await self.oidc.call("GET", f"{self.base}/{path}", token, headers=headers)
