"""The worker keeps what Folkeregisteret says of everybody here: name, address, protection, death.

Whoever becomes a patient is asked about by number; from then on the register's feed of events tells when to ask again.
Nobody else is asked about. A register that does not answer changes nothing: what it said before stands, and the
operator is told.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final

from akson.access.roles import OWN_JOB
from akson.base.errors import Refused
from akson.base.jobs import Consumer, News
from akson.base.queries import queries
from akson.base.work import Actor, Kind, Purpose, Work
from akson.fhir import types
from akson.fhir.issues import Invalid
from akson.patient import guardians
from akson.record import journal
from akson.record.facts import PROTECTION
from akson.record.office import Office
from akson.record.session import execute
from akson.record.stored import Stored
from akson.registers.identifiers import SYSTEMS, PersonKind
from akson.registers.persons import STRONGEST, Person, Persons
from akson.registers.professionals import Away, Unclear

SQL = queries(__file__, "population.sql")
LOG: Final = logging.getLogger("akson.worker")
JOB: Final = Actor(kind=Kind.SYSTEM, id="Device/folkeregisteret", key=0, name="Folkeregisteret", role="system",
                   scopes=frozenset({OWN_JOB}))  # fmt: skip
FEED_EVERY, WHEN_AWAY, AGAIN = timedelta(seconds=60), timedelta(minutes=10), timedelta(days=30)
LEASE, ONCE_MORE = timedelta(minutes=5), timedelta(days=1)
MOST: Final = 20  # people of one turn
_NUMBERS: Final = (SYSTEMS[PersonKind.FNR], SYSTEMS[PersonKind.DNR])  # the register knows no other
_FULL: Final = 1000  # events of one answer: there are more
_PATIENT: Final = types.code_of("Patient")
_OFFICIAL: Final = "http://hl7.no/fhir/StructureDefinition/no-basis-address-official"
Resource = dict[str, Any]


def consumer(office: Office) -> Consumer:
    """Return the consumer that lets the register be asked about who has become a patient, and forgets who is erased."""

    async def handle(news: News) -> None:
        told = [one[1:] for one in zip(news.types, news.ids, news.versions, strict=True) if one[0] == _PATIENT]
        await office.database.execute(SQL.met, sorted({id_ for id_, version in told if version}), office.clock())
        for id_ in {id_ for id_, version in told if not version}:
            await office.database.execute(SQL.over, id_)

    return Consumer(name="population", types=frozenset({_PATIENT}), handle=handle)


async def standing(office: Office) -> Mapping[str, Any]:
    """Return how it stands with the register: what the operator is told, named as `state` in population.sql."""
    (state,) = await office.database.fetch(SQL.state, office.clock())
    return dict(state)


async def turn(office: Office) -> int:
    """Read the feed when it is time, and ask about some who are due; return how many. Without a register nothing."""
    if office.persons is None:
        return 0
    now = office.clock()
    (feed,) = await office.database.fetch(SQL.feed)
    if feed["away_until"] and feed["away_until"] > now:
        return 0
    try:
        did = await _followed(office, office.persons, feed, now) + await _asked_due(office, office.persons, now)
    except Away as away:
        LOG.error("the population register does not answer: what it said before stands", extra={"failure": str(away)})
        await office.database.execute(SQL.away, now, now + WHEN_AWAY, str(away)[:200])
        return 0
    if feed["away_until"]:
        await office.database.execute(SQL.back)
        LOG.info("the population register answers again")
    return did


async def _followed(office: Office, register: Persons, feed: Mapping[str, Any], now: datetime) -> int:
    """Let everybody whom the feed names, and who is a patient here, be asked about now."""
    if feed["due"] and feed["due"] > now:
        return 0
    since = feed["next"] or await register.latest()
    events = await register.events(since)
    new = [one for one in events if one.number >= since]
    after = max((one.number + 1 for one in new), default=since)
    full = len(events) >= _FULL and after > since
    await office.database.execute(
        SQL.heard, after, now if full else now + FEED_EVERY, now, sorted({one.person for one in new})
    )
    return len(new)


async def _asked_due(office: Office, register: Persons, now: datetime) -> int:
    rows = await office.database.fetch(SQL.claim, now, now + LEASE, MOST)
    for row in rows:
        try:
            await _ask(office, register, row)
        except Unclear as unclear:
            LOG.warning("the population register tells nothing of a patient", extra={"failure": str(unclear)})
            await office.database.execute(SQL.unclear, row["patient"], now + ONCE_MORE, row["due"])
        except Invalid:  # nor does what it says quote what is wrong: that is of a person
            LOG.warning("what the register said cannot stand in a record")
            await office.database.execute(SQL.unclear, row["patient"], now + ONCE_MORE, row["due"])
        except Refused as refused:  # changed or erased meanwhile: they come back when the lease ends
            LOG.warning("what the register said could not be kept", extra={"failure": refused.code})
    return len(rows)


async def _ask(office: Office, register: Persons, row: Mapping[str, Any]) -> None:
    """Ask about one patient and write what has changed; one who is deleted, or has no number, is asked about no more.

    Leaves  a new version of the Patient where something differs; access-log row; news
    """
    id_ = row["patient"]
    async with office.work(JOB, Purpose.SYSTEM, screen="population") as work:
        patient = await _patient(work, id_)
        number = number_of(patient.resource) if patient else ""
    if patient is None or not number:
        await office.database.execute(SQL.over, id_)
        return
    told = await register.person(row["register"]) if row["register"] else None
    told = told or await register.numbered(number)
    async with office.work(JOB, Purpose.SYSTEM, screen="population") as work:
        if told is None:
            LOG.warning("the population register does not know a patient")
            await execute(work, SQL.asked, id_, "", row["died"], work.now + AGAIN, row["due"])
            return
        changed = merged(patient.resource, told, row["died"])
        if changed != patient.resource:
            await journal.update(work, changed, id_=id_, if_match=patient.version)
        died = told.died or (None if told.alive else row["died"])
        await execute(work, SQL.asked, id_, told.id, died, work.now + AGAIN, row["due"])
    await _keep_guardians(office, id_, told)


async def _keep_guardians(office: Office, id_: str, told: Person) -> None:
    """Keep a person's guardians: by themselves, for nothing of theirs may hold back an address that is to be hidden."""
    try:
        async with office.work(JOB, Purpose.SYSTEM, screen="population") as work:
            await guardians.keep(work, id_, told.guardians)
    except (Refused, Invalid) as wrong:
        LOG.error("a guardian cannot be kept as the register tells", extra={"failure": type(wrong).__name__})


async def _patient(work: Work, id_: str) -> Stored | None:
    try:
        return await journal.read(work, "Patient", id_)
    except Refused:  # deleted
        return None


def number_of(patient: Mapping[str, Any]) -> str:
    """Return the number of a Patient that the register may know, fødselsnummer or D-number; "" for none."""
    given = patient.get("identifier") or ()
    return next((one["value"] for one in given if one.get("system") in _NUMBERS and one.get("value")), "")


def merged(patient: Mapping[str, Any], told: Person, said_dead: date | None) -> Resource:
    """Return the Patient as the register has it; what it does not tell stands.

    said_dead  the day of death it told: one it says plainly is none is taken back, one that others told stands
    """
    protection = _protection(patient, told)
    found = dict(patient) | _names(patient, told) | _addresses(patient, told, protection)
    found = _protected(found, protection)
    at = str(found.get("deceasedDateTime", ""))
    if told.died and not at.startswith(told.died.isoformat()):
        found.pop("deceasedBoolean", None)
        found["deceasedDateTime"] = told.died.isoformat()
    elif told.alive and said_dead and at.startswith(said_dead.isoformat()):
        del found["deceasedDateTime"]
    return {name: value for name, value in found.items() if value != []}


def _names(patient: Mapping[str, Any], told: Person) -> Resource:
    """Return the names with the register's as the official one; the one before it is kept as an old one."""
    names = list(patient.get("name") or ())
    official: Resource | None = next((one for one in names if one.get("use") in ("official", None)), None)
    same = official and (official.get("family"), tuple(official.get("given") or ())) == (told.family, told.given)
    if same or not told.family:
        return {}
    new: Resource = {"use": "official", "family": told.family, "text": " ".join((*told.given, told.family))}
    rest = [dict(one) | ({"use": "old"} if one is official else {}) for one in names]
    return {"name": [new | ({"given": list(told.given)} if told.given else {}), *rest]}


def _addresses(patient: Mapping[str, Any], told: Person, protection: str) -> Resource:
    """Return the addresses with the register's as home; of who is strictly confidential none is kept."""
    every = list(patient.get("address") or ())
    if protection == "kode6":
        return {"address": []} if every else {}
    if not told.line and not told.postal_code:
        return {}
    kept = [one for one in every if one.get("use") != "home"]
    before: Resource = next((one for one in every if one.get("use") == "home"), {})
    if (before.get("line"), before.get("postalCode"), before.get("city", "").casefold()) == (
        [told.line], told.postal_code, told.city.casefold(),
    ):  # fmt: skip
        return {}
    new = {"extension": [{"url": _OFFICIAL, "valueBoolean": True}], "use": "home", "type": "both", "line": [told.line],
           "city": told.city, "postalCode": told.postal_code, "country": "NO"}  # fmt: skip
    return {"address": [{name: value for name, value in new.items() if value not in ("", [""])}, *kept]}


def _marks(patient: Mapping[str, Any]) -> list[str]:
    marks = (patient.get("meta") or {}).get("security") or ()
    return [one.get("code", "") for one in marks if one.get("system") == PROTECTION]


def _protection(patient: Mapping[str, Any], told: Person) -> str:
    """Return the mark a patient has from now on: a weaker one than stands only where that is said plainly."""
    new = told.protection or ""
    stands = min(_marks(patient) or [""], key=_strength)
    return stands if _strength(stands) < _strength(new) and stands not in told.lifts else new


def _strength(mark: str) -> int:
    """Return the place of a mark among all there are, the strongest first; one nobody knows is stronger than all."""
    return STRONGEST.index(mark) if mark in STRONGEST else -1


def _protected(patient: Resource, protection: str) -> Resource:
    """Return the patient with this mark alone, "" for none."""
    if _marks(patient) == ([protection] if protection else []):
        return patient
    meta = dict(patient.get("meta") or {})
    marks = [one for one in meta.get("security") or () if one.get("system") != PROTECTION]
    marks += [{"system": PROTECTION, "code": protection}] if protection else []
    meta = {name: value for name, value in meta.items() if name != "security"} | ({"security": marks} if marks else {})
    return {**patient, "meta": meta}
