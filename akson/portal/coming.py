"""What is to come: visits at home and appointments, and whom to ring about them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from akson.base.web.messages import texts
from akson.base.web.render import local
from akson.base.work import Work
from akson.patient.reading import code, display, moment, reference, words
from akson.portal import model
from akson.portal.opening import Opened
from akson.portal.plain import day_of, hours, phone, sentence
from akson.record import journal
from akson.record.search.searching import search
from akson.registers.codes import SERVICE

Resource = Mapping[str, Any]
HOME_NURSING: Final = "15"  # of SERVICE
_VISITS: Final = "planned,arrived,triaged,in-progress"
_APPOINTMENTS: Final = "booked,pending,arrived,checked-in"
_ENDED: Final = frozenset({"finished", "cancelled", "entered-in-error"})


async def ahead(work: Work, patient: str) -> tuple[list[Resource], list[Resource]]:
    """Return the next visits at home and appointments, soonest first; two searches."""
    since = local(work.now).date().isoformat()
    pairs = [("date", f"ge{since}"), ("_sort", "date")]
    visits = await search(work, "Encounter", [("patient", patient), ("status", _VISITS), ("class", "HH"), *pairs,
                                              ("_count", "10")])  # fmt: skip
    booked = await search(work, "Appointment", [("patient", patient), ("status", _APPOINTMENTS), *pairs,
                                                ("_count", "20")])  # fmt: skip
    return [hit.resource for hit in visits.hits], [hit.resource for hit in booked.hits]


async def units(work: Work, opened: Opened) -> dict[str, Resource]:
    """Return the units that give care, by reference; one statement."""
    named = [reference(one) for patient in opened["Patient"] for one in patient.get("generalPractitioner", ())]
    named += [reference(one.get("managingOrganization")) for one in services(opened)]
    found = await journal.read_many(work, [one for one in named if one.startswith("Organization/")])
    return {name: hit.resource for name, hit in found.items()}


def services(opened: Opened) -> list[Resource]:
    """Return the services that are given now."""
    return [one for one in opened["EpisodeOfCare"] if one.get("status") not in _ENDED]


def soonest(
    opened: Opened, visits: Iterable[Resource], booked: Iterable[Resource], known: Mapping[str, Resource], now: datetime
) -> model.Next | None:
    """Return what happens first of what is not over."""
    both = [*((one, _visit) for one in visits), *((one, _appointment) for one in booked)]
    waiting = [(start, end, one, draw) for one, draw in both for start, end in [times(one)] if (end or start) > now]
    if not waiting:
        return None
    start, end, one, draw = min(waiting, key=lambda each: each[0])
    title, text, unit = draw(opened, one)
    shown = hours(start, end if draw is _visit else None)
    return model.Next(when=day_of(start, now), time=shown, title=title, text=text,
                      change_href=_ring(known.get(unit) or _practice(opened, known)))  # fmt: skip


def entries(opened: Opened, booked: Iterable[Resource], now: datetime) -> tuple[model.Entry, ...]:
    """Return the appointments that are not over, soonest first."""
    rows = []
    for one in booked:
        start, end = times(one)
        if (end or start) > now:
            title, text, _ = _appointment(opened, one)
            at = texts().plain("my.at", time=hours(start, None))
            rows.append(model.Entry(title=title, text=sentence(at, text), icon="cal", day=local(start).date()))
    return tuple(rows)


def contacts(opened: Opened, known: Mapping[str, Resource]) -> tuple[model.Entry, ...]:
    """Return whom one may ring, and about what."""
    if opened.secret:
        return ()
    about: dict[str, list[str]] = {}
    for patient in opened["Patient"]:
        for one in patient.get("generalPractitioner", ()):
            about.setdefault(reference(one), []).append(opened.say("my.gp"))
    for service in services(opened):
        told = [words(kind) for kind in service.get("type", ())]
        about.setdefault(reference(service.get("managingOrganization")), []).extend(told)
    return tuple(
        model.Entry(title=texts().plain("my.ring", unit=unit.get("name", "")), icon="phone", href=href,
                    text=sentence(", ".join(about.get(name, [])), phone(href.removeprefix("tel:"))))
        for name, unit in known.items() if (href := _ring(unit))
    )  # fmt: skip


def ring_about_plan(opened: Opened, plan: Resource, known: Mapping[str, Resource]) -> model.Entry | None:
    """Return whom one may ring when the plan is wrong: the unit that made it, else the practice."""
    made = [reference(one) for one in plan.get("contributor", ())]
    unit = next((known[name] for name in made if name in known), None) or _practice(opened, known)
    href = _ring(unit)
    if unit is None or not href or opened.secret:
        return None
    title = texts().plain("my.ring_plan", unit=unit.get("name", ""))
    return model.Entry(title=title, text=phone(href.removeprefix("tel:")), icon="phone", href=href)


def times(resource: Resource) -> tuple[datetime, datetime | None]:
    """Return when an Encounter or Appointment begins and ends."""
    given = resource.get("period") or resource
    start = moment(given.get("start"))
    if start is None:
        raise ValueError("found by its date, yet without one")
    return start, moment(given.get("end"))


def _visit(opened: Opened, encounter: Resource) -> tuple[str, str, str]:
    """Return (title, text, unit) of a visit at home."""
    unit = encounter.get("serviceProvider") or {}
    given = {code(kind, SERVICE) for one in services(opened) for kind in one.get("type", ())
             if reference(one.get("managingOrganization")) == reference(unit)}  # fmt: skip
    nursing = HOME_NURSING in given
    named = texts().plain("my.nurse_comes") if nursing else texts().plain("my.comes", who=display(unit))
    title = texts().plain("my.visit") if opened.secret else named
    who = next((display(one.get("individual")) for one in encounter.get("participant", ())), "")
    by = "" if opened.secret else texts().plain("my.by", who=who, unit=display(unit)) if who else display(unit)
    return title, sentence(by, *(words(kind) for kind in encounter.get("type", ()))), reference(unit)


def _appointment(opened: Opened, appointment: Resource) -> tuple[str, str, str]:
    """Return (title, text, unit) of an appointment."""
    others = [one.get("actor") or {} for one in appointment.get("participant", ())]
    others = [one for one in others if display(one) and not reference(one).startswith("Patient/")]
    place = display(others[0]) if others else ""
    meets = any(reference(one).startswith("Practitioner/") for one in others)
    title = texts().plain("my.appointment_with", who=place) if meets else place
    if opened.secret:  # what it is about may be a sender's own words, and name a place
        return texts().plain("my.appointment"), "", ""
    where = [display(one) for one in others[1:] if one.get("type") == "Location"]
    title = title or texts().plain("my.appointment")
    return title, sentence(str(appointment.get("description", "")), *where), ""


def _practice(opened: Opened, known: Mapping[str, Resource]) -> Resource | None:
    named = [reference(one) for patient in opened["Patient"] for one in patient.get("generalPractitioner", ())]
    return next((known[name] for name in named if name in known), None)


def _ring(unit: Resource | None) -> str:
    """Return the link that rings a unit, or ""."""
    numbers = [each["value"] for each in (unit or {}).get("telecom", ()) if each.get("system") == "phone"]
    return f"tel:{numbers[0].replace(' ', '')}" if numbers else ""
