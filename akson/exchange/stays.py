"""A stay at a hospital as its messages tell it: the Encounter, and the order to our units to take the person home.

The hospital is who sent the message by the address register, whatever name it writes. Messages come late, twice and in
any order; whatever came first makes the stay, the others fill it in; whether the person can be taken home is what the
hospital wrote last. The order lets those in who are written to, and
ends by itself: two weeks after what was last heard of a stay that is over; when nobody tells of an end, as any order
nobody has ended. What the hospital's clock says decides none of that.

Source: forskrift om kommunal betaling for utskrivningsklare pasienter; domain rule R1
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, Final

from akson.base.queries import queries
from akson.base.work import Work
from akson.exchange import filing, inbox
from akson.exchange.addresses import Address
from akson.exchange.filing import MESSAGE_ID, MESSAGE_TYPE, TEST_DATA, filled
from akson.exchange.registry import Letter
from akson.fhir.dates import interval
from akson.record import journal
from akson.record.search.searching import search
from akson.record.session import fetch
from akson.record.stored import Stored

SQL = queries(__file__)
Resource = dict[str, Any]
AFTERWARDS: Final = timedelta(days=14)  # how long the units may follow up; our own choice
SAME_STAY: Final = timedelta(hours=24)  # two notices of admission closer than this tell of one stay
TAKE_HOME: Final[Resource] = {"coding": [{"system": "https://akson.no/fhir/order", "code": "take-home"}],
                    "text": "Ta imot etter sykehusopphold"}  # fmt: skip
_INPATIENT: Final = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "IMP"}
EXPIRED: Final = {"system": "http://terminology.hl7.org/CodeSystem/discharge-disposition", "code": "exp"}
_GONE: Final = frozenset({"cancelled", "entered-in-error", "unknown"})
_EARLIEST: Final = "0001-01-01"


class Step(Enum):
    """What a message says of the stay (Volven 9121), or that it only belongs to one."""

    ADMITTED = "1"
    DISCHARGED = "2"
    READY = "3"
    NOT_READY = "4"
    DIED = "13"
    TOLD = "told"
    REPORTED = "reported"  # told of when it is over


@dataclass(frozen=True, kw_only=True)
class Event:
    """One step. at: when it happened; withdrawn: the sender takes back that it did; home: how the person left."""

    step: Step
    at: datetime
    withdrawn: bool = False
    home: Mapping[str, Any] | None = None


_ENDS: Final = frozenset({Step.DIED, Step.NOT_READY})
_READINESS: Final = ("LOG_UTSKRIVNINGSKLAR", "LOG_AVMELDING")


async def follow(work: Work, letter: Letter, event: Event) -> Stored | None:
    """Write what a message says of a stay; return the Encounter, or None where it ends what nobody has told of.

    Leaves   Encounter, ServiceRequest to the unit that got the message
    """
    stays = await _stays(work, letter)
    standing = chosen([each.resource for each in stays], event)
    stood = next((each for each in stays if each.resource is standing), None)
    if event.step is Step.ADMITTED and not event.withdrawn:
        for each in stays:
            if each is not stood and is_open(each.resource):  # an earlier stay whose end nobody told of
                await _put(work, each, each.resource | {"status": "unknown"})
    if stood is None and (event.withdrawn or event.step in _ENDS):
        return None
    before = dict(stood.resource) | {"serviceProvider": _hospital(letter.sender)} if stood else _new(letter, event)
    resource = moved(before, event)
    encounter = await _put(work, stood, resource)
    await _order(work, letter, encounter, event)
    return encounter


def chosen(stays: Sequence[Resource], event: Event) -> Resource | None:
    """Return the stay an event belongs to, or None where it tells of a new one.

    stays   at one hospital, newest first
    """
    for stay in stays:
        start, end = _moment(stay.get("period"), "start"), _moment(stay.get("period"), "end")
        if end is None and not is_open(stay):
            end = _moment(stay.get("meta"), "lastUpdated")
        if event.step is Step.ADMITTED:
            if start is None and (end is None or event.at <= end):
                return stay
            if start is not None and (event.withdrawn or abs(event.at - start) < SAME_STAY):
                return stay
        elif (start is None or start <= event.at + SAME_STAY) and (end is None or event.at <= end + AFTERWARDS):
            return stay
    return None


def moved(stay: Resource, event: Event) -> Resource:
    """Return the stay after an event; what is known already is not undone by a message that comes late."""
    period, at = dict(stay.get("period") or {}), event.at.isoformat()
    if event.step is Step.ADMITTED:
        if event.withdrawn:
            return stay | {"status": "cancelled"}
        return stay | {"period": {**period, "start": at}}
    if event.step in (Step.DISCHARGED, Step.DIED):
        if event.withdrawn:
            period.pop("end", None)
            kept = {name: value for name, value in stay.items() if name not in ("hospitalization", "period")}
            return filled(kept | {"status": "in-progress", "period": period})
        home = {"coding": [EXPIRED]} if event.step is Step.DIED else event.home
        last = max(event.at, _moment(period, "start") or event.at).isoformat()
        kept = stay | {"status": "finished", "period": {**period, "end": last}}
        return kept | ({"hospitalization": {"dischargeDisposition": dict(home)}} if home else {})
    return stay


def is_open(stay: Mapping[str, Any]) -> bool:
    """Say whether the person is still there, as far as is known."""
    return stay.get("status") == "in-progress"


async def _stays(work: Work, letter: Letter) -> list[Stored]:
    """Return the stays of this patient that this hospital has told of, newest first."""
    about = filing.subject(letter)
    wanted = (
        [("subject", about["reference"]), ("class", f"{_INPATIENT['system']}|{_INPATIENT['code']}")] if about else []
    )
    found = (await search(work, "Encounter", wanted)).hits if wanted else []
    known = [each for each in found if each.resource.get("status") not in _GONE]
    ours = [each for each in known if await _is_ours(work, each.resource, letter.sender)]
    return sorted(ours, key=lambda each: str((each.resource.get("period") or {}).get("start", _EARLIEST)), reverse=True)


async def _is_ours(work: Work, stay: Mapping[str, Any], sender: Address) -> bool:
    """Say whether a stay is one of the sender's own, by number and never by name.

    One that was written before numbers were is whose its first message was, if one alone has used the id of that.
    """
    if known := (stay.get("serviceProvider") or {}).get("identifier"):
        return known in sender.numbers
    ids = [each["value"] for each in stay.get("identifier", ()) if each.get("system") == MESSAGE_ID]
    return [row["organisation"] for row in await fetch(work, SQL.told_by, ids)] == [sender.organisation]


def _new(letter: Letter, event: Event) -> Resource:
    return filled({
        "resourceType": "Encounter",
        "identifier": [{"system": MESSAGE_ID, "value": letter.envelope.msg_id}],
        "status": "finished" if event.step is Step.REPORTED else "in-progress",
        "class": _INPATIENT,
        "subject": filing.subject(letter),
        "serviceProvider": _hospital(letter.sender),
    })  # fmt: skip


def _hospital(sender: Address) -> Resource:
    return {"type": "Organization", "identifier": sender.numbers[0], "display": sender.parent_name or sender.name}


async def _put(work: Work, stood: Stored | None, resource: Resource) -> Stored:
    """Write a resource as new, or as the next version where it differs."""
    if stood is None:
        return await journal.create(work, resource)
    if resource == stood.resource:
        return stood
    return await journal.update(work, resource, id_=stood.id, if_match=stood.version)


async def _order(work: Work, letter: Letter, encounter: Stored, event: Event) -> None:
    """Ask the unit that was written to to take the person home; from when, and until when, as the stay has it."""
    found = await search(work, "ServiceRequest", [("encounter", encounter.reference)])
    stood = next((each for each in found.hits if each.resource.get("code") == TAKE_HOME), None)
    if event.step in (Step.READY, Step.NOT_READY) and await _overtaken(work, letter, encounter):
        event = replace(event, step=Step.TOLD)
    order = ordered(dict(stood.resource) if stood else _asked(letter, encounter), letter, encounter.resource, event)
    await _put(work, stood, order)


async def _overtaken(work: Work, letter: Letter, encounter: Stored) -> bool:
    """Say whether the hospital has said since then, by its own clock, whether the person can be taken home.

    The word that the person can not may have come before anything else of the stay: it stands in no stay.
    """
    kinds = ",".join(f"{MESSAGE_TYPE}|{each}" for each in _READINESS)
    since, about = letter.envelope.sent, encounter.resource["subject"]["reference"]
    wanted = [("subject", about), ("category", kinds), ("sent", f"ge{since.isoformat()}")]
    hits = (await search(work, "Communication", wanted)).hits
    later = [each for each in hits if _is_later(each.resource, since, encounter.reference)]
    came = await inbox.organisations(work, encounter.owner, [each.id for each in later]) if later else {}
    return letter.sender.organisation in came.values()


def _is_later(message: Mapping[str, Any], since: datetime, stay: str) -> bool:
    """Say whether a message that is no test was sent after `since`, about this stay or about none."""
    about = (message.get("encounter") or {}).get("reference", stay)
    is_test = TEST_DATA in (message.get("meta") or {}).get("tag", ())
    return about == stay and not is_test and interval(message["sent"])[0] > since


def ordered(order: Resource, letter: Letter, stay: Mapping[str, Any], event: Event) -> Resource:
    """Return the order after an event. Its period begins when the person can be taken home, and ends by itself."""
    unit = {"reference": letter.unit.reference, "display": letter.unit.name}
    known = [each["reference"] for each in order.get("performer", ())]
    performer = [*order.get("performer", ()), *([] if unit["reference"] in known else [unit])]
    period = dict(order.get("occurrencePeriod") or {})
    ready, unready = (Step.READY, Step.NOT_READY) if not event.withdrawn else (Step.NOT_READY, Step.READY)
    if event.step is ready:
        period["start"] = event.at.isoformat()
    if event.step is unready:
        period.pop("start", None)
    period.pop("end", None)
    if not is_open(stay):
        period["end"] = (letter.received + AFTERWARDS).isoformat()
        if "start" in period and interval(period["start"])[0] > interval(period["end"])[0]:
            period.pop("start")
    return filled({**order, "performer": performer, "occurrencePeriod": period})


def _asked(letter: Letter, encounter: Stored) -> Resource:
    return filled({
        "resourceType": "ServiceRequest",
        "status": "active",
        "intent": "order",
        "code": TAKE_HOME,
        "subject": filing.subject(letter),
        "encounter": {"reference": encounter.reference},
        "authoredOn": letter.received.isoformat(),
        "requester": _hospital(letter.sender),
    })  # fmt: skip


def _moment(held: Mapping[str, Any] | None, name: str) -> datetime | None:
    written = (held or {}).get(name)
    return interval(written)[0] if written else None
