"""Units as the administrator keeps them: opened, renamed, and closed when nothing is left there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Final

from akson.base.errors import Refused
from akson.base.web.forms import Choice, Day, Fault, Field, Filled, Form
from akson.base.web.render import local
from akson.base.work import Work
from akson.record import journal, occupied
from akson.record.stored import Stored
from akson.record.writing import flush
from akson.registers.codes import SERVICE_TYPE
from akson.workplace.staffing import reading

PERIOD: Final = "http://hl7.org/fhir/StructureDefinition/organization-period"  # until when a unit is there
_ORGANIZATION_TYPE: Final = "http://terminology.hl7.org/CodeSystem/organization-type"
_OTHER: Final = "dept"
_LONGEST: Final = 100
# Volven 8663, those a municipality has most of; another unit has no code of that list.
_KINDS: Final = {
    "KA01": "Fastlegetjeneste", "KA02": "Legevakt", "KP02": "Sykepleietjeneste",
    "KF01": "Helsestasjons- og skolehelsetjeneste", "KR01": "Fysioterapi, pleie og omsorg",
    "KX07": "Demenskoordinator", "KD0501": "Saksbehandling", "KX15": "Barnevern",
    "KX16": "Pedagogisk-psykologisk tjeneste (PPT)", _OTHER: "Enhet",
}  # fmt: skip
_NAME: Final = Field(name="navn", label="staffing.unit_name", longest=_LONGEST)
NAMED: Final = Form(_NAME)
CLOSED: Final = Form(Day(name="dag", label="staffing.close_day"))


def opened(above: Iterable[Stored]) -> Form:
    """Return what is asked of a new unit. above: what it may be part of."""
    parents = tuple((one.id, str(one.resource.get("name", ""))) for one in above)
    return Form(
        _NAME,
        Choice(name="slag", label="staffing.unit_kind", drawn="select",
               choices=tuple(sorted(_KINDS.items(), key=lambda one: (one[0] == _OTHER, one[1])))),
        Choice(name="del_av", label="staffing.unit_above", drawn="select", choices=parents),
    )  # fmt: skip


async def above(work: Work) -> list[Stored]:
    """Return what a new unit may be part of: the data controller of the administrator.

    Who works somewhere acts for the data controller right above it, so nothing is opened further down.
    Raises  Refused AK-W028 when the administrator acts for a part of it
    """
    home = work.actor.controller or work.actor.unit
    found = [one for one in await reading.below(work) if work.office.ids.open(one.id) == home]
    if not found:
        raise Refused("AK-W028")
    return found


async def open_unit(work: Work, answers: Mapping[str, Any]) -> Stored:
    """Open a unit.

    answers  navn, slag (a key of the kinds), del_av (id of an Organization that `above` gave)
    Raises   Refused AK-W027 a unit has that name, or what access says
    Leaves   Organization; access-log row; news
    """
    name = await _free(work, answers["navn"])
    system = _ORGANIZATION_TYPE if answers["slag"] == _OTHER else SERVICE_TYPE
    kind = _KINDS[answers["slag"]]
    return await journal.create(work, {
        "resourceType": "Organization",
        "extension": [{"url": PERIOD, "valuePeriod": {"start": local(work.now).date().isoformat()}}],
        "active": True,
        "type": [{"coding": [{"system": system, "code": answers["slag"], "display": kind}], "text": kind}],
        "name": name,
        "partOf": {"reference": f"Organization/{answers['del_av']}"},
    })  # fmt: skip


async def rename(work: Work, unit: str, version: int, name: str) -> Stored:
    """Give a unit another name; what was written under the old one keeps it.

    Raises   Refused AK-W027 another unit has that name, AK-J003 changed meanwhile, or what access says
    Leaves   Organization; access-log row; news
    """
    stands = (await journal.read(work, "Organization", unit)).resource
    return await journal.update(work, stands | {"name": await _free(work, name, but=unit)}, id_=unit, if_match=version)


async def close(work: Work, unit: str, version: int, last: date) -> Stored:
    """Close a unit: nobody can be employed there or write to it, and what was done there stands.

    last     the last day it is there, today or before
    Raises   Refused AK-W023 to AK-W026 and AK-W032 what `left` tells, AK-W029 it was opened after that day, AK-J003
             changed meanwhile, or what access says
    Leaves   Organization, not active and with the end of its period; access-log row; news
    """
    await reading.unit(work, unit)
    stands = (await journal.read(work, "Organization", unit)).resource
    others = [one for one in stands.get("extension") or () if one.get("url") != PERIOD]
    periods = [one.get("valuePeriod") or {} for one in stands.get("extension") or () if one.get("url") == PERIOD]
    period = (periods[0] if periods else {}) | {"end": last.isoformat()}
    if str(period.get("start", ""))[:10] > last.isoformat():
        raise Refused("AK-W029", path="dag")
    closed = await journal.update(work, stands | {
        "active": False, "extension": [*others, {"url": PERIOD, "valuePeriod": period}],
    }, id_=unit, if_match=version)  # fmt: skip
    await flush(work)  # what is left there is told on the page
    return closed


async def left(work: Work, unit: str) -> list[Refused]:
    """Return why a unit cannot be closed yet: roles, units below it, persons it gives care, what waits or is underway.

    Only numbers, and of whom nothing else is told: an administrator opens no record.
    Raises  Refused AK-J001 when it is not the administrator's own
    """
    await reading.unit(work, unit)
    return (await occupied.left(work, work.office.ids.open(unit) or 0)).reasons


def named(filled: Filled) -> Filled:
    """Return the answers, with a fault where a name has no letter."""
    name = str(filled.values.get("navn") or "x")
    return filled if any(map(str.isalpha, name)) else filled.with_fault(Fault("staffing.no_name"), "navn")


def ended(filled: Filled, today: date) -> Filled:
    """Return the answers, with a fault where a unit would be closed later than today."""
    day = filled.values.get("dag")
    late = isinstance(day, date) and day > today
    return filled.with_fault(Fault("staffing.close_later"), "dag") if late else filled


async def _free(work: Work, name: str, *, but: str = "") -> str:
    """Return a name as it is kept. Raises Refused AK-W027 when a unit has it that is not `but`."""
    kept = " ".join(name.split())
    taken = {str(one.resource.get("name", "")).casefold() for one in await reading.below(work) if one.id != but}
    if kept.casefold() in taken:
        raise Refused("AK-W027", path="navn")
    return kept
