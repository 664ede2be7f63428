"""Somebody here says that a person has died, or takes that back: a message that tells of it is never enough.

What it ends is seen to by `akson.patient.deaths`, whoever said it.

Source   hpl § 39 (what is entered has somebody who answers for it)
"""

from __future__ import annotations

from datetime import date, datetime

from akson.access.roles import ROLES, Permission, has
from akson.base.errors import Refused
from akson.base.web.render import local
from akson.base.work import Actor, Work
from akson.fhir.dates import interval
from akson.record import journal
from akson.record.stored import Stored


async def confirm(work: Work, patient: Stored, at: date | datetime, *, drawn: int) -> None:
    """Write into the record when a person died.

    at      the moment, with its zone, or the day where nobody knows more
    drawn   the version of the Patient that was looked at
    Raises  Refused AK-J003 it was changed meanwhile, AK-X102 no health personnel, AK-X103 a time that is to come or
            before the birth; what access says
    Leaves  Patient, access-log row, news
    """
    _hold(work, patient, drawn)
    written = at.isoformat()
    born = str(patient.resource.get("birthDate", ""))
    day = local(at).date() if isinstance(at, datetime) else at
    if interval(written)[0] > work.now or (born and day.isoformat() < born):
        raise Refused("AK-X103", path="dag")
    kept = {name: value for name, value in patient.resource.items() if name != "deceasedBoolean"}
    await journal.update(work, kept | {"deceasedDateTime": written}, id_=patient.id, if_match=patient.version)


async def take_back(work: Work, patient: Stored, *, drawn: int) -> None:
    """Take back that a person has died, whoever said it. See `confirm`."""
    _hold(work, patient, drawn)
    gone = ("deceasedBoolean", "deceasedDateTime")
    kept = {name: value for name, value in patient.resource.items() if name not in gone}
    await journal.update(work, kept, id_=patient.id, if_match=patient.version)


def may_enter(actor: Actor) -> bool:
    """Say whether somebody enters deaths: health personnel who register who a patient is."""
    role = ROLES.get(actor.role)
    return role is not None and role.health and has(actor.role, Permission.WRITE_ADMINISTRATION)


def _hold(work: Work, patient: Stored, drawn: int) -> None:
    if not may_enter(work.actor):
        raise Refused("AK-X102")
    if patient.version != drawn:
        raise Refused("AK-J003", expected=drawn, current=patient.version)
