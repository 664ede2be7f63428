"""The worker asks the register about everybody who needs an authorisation: each day, and soon after a role was given.

Who is not authorised any more loses the roles that take it, at once; the administrator is told on the unit's page.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from akson.base.errors import Refused
from akson.base.jobs import Consumer, News
from akson.base.work import Purpose, Work
from akson.fhir import types
from akson.patient.cases import JOB
from akson.patient.reading import reference
from akson.record import journal
from akson.record.office import Office
from akson.record.search.searching import search
from akson.record.session import execute
from akson.record.stored import Stored
from akson.registers.professionals import Result
from akson.workplace.staffing import actions, authorising
from akson.workplace.staffing.authorising import AWAY, SQL
from akson.workplace.staffing.reading import over

LEASE: Final = timedelta(minutes=5)
MOST: Final = 20  # people of one turn
_ROLE: Final = types.code_of("PractitionerRole")


def consumer(office: Office) -> Consumer:
    """Return the consumer that lets the register be asked about who gets a role, whoever gave it."""

    async def handle(news: News) -> None:
        ids = {id_ for type_, id_ in zip(news.types, news.ids, strict=True) if type_ == _ROLE}
        async with office.work(JOB, Purpose.SYSTEM, screen="authorisation") as work:
            for id_ in ids:
                await _heard(work, id_)

    return Consumer(name="authorisations", types=frozenset({_ROLE}), handle=handle)


async def _heard(work: Work, id_: str) -> None:
    try:
        role = (await journal.read(work, "PractitionerRole", id_)).resource
    except Refused:  # deleted meanwhile
        return
    kind, _, person = reference(role.get("practitioner")).partition("/")
    if kind == "Practitioner" and authorising.codes_needing(role) and not over(role, work.now):
        await execute(work, SQL.due, person, work.now)


async def turn(office: Office) -> int:
    """Ask about some who are due; return how many. Without a register nobody is due."""
    if office.professionals is None:
        return 0
    now = office.clock()
    rows = await office.database.fetch(SQL.claim, now, now + LEASE, MOST)
    for row in rows:
        async with office.work(JOB, Purpose.SYSTEM, screen="authorisation") as work:
            await recheck(work, row["practitioner"])
    return len(rows)


async def recheck(work: Work, id_: str) -> None:
    """Ask the register about one person, keep what it says, and end what they are not authorised for any more.

    Leaves   VerificationResult, PractitionerRole with an end; access-log row; news
    """
    try:
        person = await journal.read(work, "Practitioner", id_)
    except Refused:  # deleted
        await execute(work, SQL.over, id_)
        return
    asked = [("practitioner", person.reference), ("active", "true"), ("_count", "100")]
    roles = [hit for hit in (await search(work, "PractitionerRole", asked)).hits
             if authorising.codes_needing(hit.resource) and not over(hit.resource, work.now)]  # fmt: skip
    if not roles:
        await execute(work, SQL.over, id_)
        return
    number = authorising.number_of(person.resource)
    answer = await authorising.ask(work, number)
    results = {role.id: _worst(work, role, person, answer) for role in roles}
    for role in roles:
        if results[role.id] != AWAY and not Result(results[role.id]).holds:
            await actions.end(work, role.id, role.version)
    await authorising.keep(work, person, answer, max(results.values(), key=_gravity))


def _worst(work: Work, role: Stored, person: Stored, answer: authorising.Answer) -> str:
    """Return what the answer means for a role; of one that makes several things of somebody, the gravest."""
    fnr = authorising.fnr_of(person.resource)
    codes = authorising.codes_needing(role.resource)
    return max((authorising.judged(answer, code, fnr, work.now) for code in codes), key=_gravity)


def _gravity(result: str) -> tuple[bool, str]:
    return result != AWAY and not Result(result).holds, result
