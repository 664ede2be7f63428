"""Who asks with the attestation of another organisation: an actor of theirs, for one patient, under our rules."""

from __future__ import annotations

from functools import lru_cache

from akson.access.roles import ATTESTED
from akson.base.errors import Refused
from akson.base.work import Actor, Kind
from akson.record.office import Office
from akson.record.staff import ELSEWHERE, Known
from akson.signin import attestation
from akson.signin.attestation import Attestation
from akson.signin.model import TokenClaims

NO_SCOPES = frozenset({"none"})


def is_attested(claims: TokenClaims) -> bool:
    """Say whether a program speaks for staff of another organisation: by an attestation, or by asking as persons do.

    A program alone that comes with scopes of persons, and no person, has nobody it could ask for without one.
    """
    if attestation.carried(claims.claims):
        return True
    return claims.person is None and _are_of_persons(claims.scopes)


@lru_cache(maxsize=4096)
def _are_of_persons(scopes: frozenset[str]) -> bool:
    contexts = {scope.partition("/")[0] for scope in scopes}
    return "system" not in contexts and not contexts.isdisjoint({"user", "patient"})


async def attested_actor(claims: TokenClaims, patient: str, office: Office) -> Actor:
    """Return who asks.

    patient  the number as the request's own header tells it, "" when it does not
    Raises   Refused AK-L025: what is missing of the attestation, or does not hold
    """
    told = attestation.read(claims.claims, patient, office.clock())
    role = ATTESTED.get(told.attested.profession)
    if role is None:
        raise Refused("AK-L025", what="practitioner.authorization")
    known = await office.register.known(
        office.hasher, patient=told.patient, person=told.person, hpr=told.hpr,
        legal_entity=told.legal_entity.number, point_of_care=told.point_of_care.number,
    )  # fmt: skip
    return _actor(claims, told, role, known)


def _actor(claims: TokenClaims, told: Attestation, role: str, known: Known) -> Actor:
    """Return the actor, with what is known here of person and place: what was closed to them stays closed."""
    level = claims.person.signed_in if claims.person else claims.issuer
    return Actor(
        kind=Kind.STAFF, id=known.practitioner_id or f"Practitioner/{ELSEWHERE}{told.hpr}", key=known.practitioner,
        name=told.name, role=role, unit=known.point_of_care, unit_name=_place(told), controller=known.legal_entity,
        controller_name=told.legal_entity.name, person=known.person, signed_in=f"{level} app {claims.client}",
        scopes=claims.scopes or NO_SCOPES, context=known.patient, token=claims.jti, attested=told.attested,
        numbered=known.numbered,
    )  # fmt: skip


def _place(told: Attestation) -> str:
    place, legal = told.point_of_care, told.legal_entity
    return place.name if place.number == legal.number else f"{place.name}, {legal.name}"
