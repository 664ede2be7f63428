"""The worker asks the register about everybody who needs an authorisation: each day, and soon after a role was given.

Who is not authorised any more loses the roles that take it, at once. When the register knows very many no more whom it
knew, it is doubted: these keep them for a term, as who has no number to ask by. The administrator is told on the unit's
page.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
from akson.registers.professionals import Away, Result
from akson.workplace.staffing import actions, authorising
from akson.workplace.staffing.authorising import AWAY, HELD, LOST, SQL, Answer, Said
from akson.workplace.staffing.periods import over

LOG: Final = logging.getLogger("akson.worker")
LEASE: Final = timedelta(minutes=5)
MOST: Final = 20  # people of one turn
LATELY: Final = timedelta(days=2)  # a register that has known nobody for so long is asked the wrong way, or not ours
FEW, SHARE = 2, 3  # it is doubtful when it knows more than these no more: so many, and so many in a hundred
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


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What came of asking about one person, before anything is done. roles: those that take an authorisation."""

    person: Stored
    roles: Sequence[Stored]
    answer: Answer
    results: Mapping[str, str]  # id of the role -> what the answer means for it
    told: Said  # what was known of them before

    @property
    def worst(self) -> str:
        return max(self.results.values(), key=_gravity)

    @property
    def lost(self) -> bool:
        """Say whether the register knows them no more, or never did."""
        return self.worst in LOST

    @property
    def missed(self) -> bool:
        """Say whether the register has known them and does no more."""
        return self.lost and self.told.known

    @property
    def heard(self) -> bool:
        """Say whether the register has answered about somebody whom it knows or has known."""
        return self.worst not in (AWAY, Result.UNNUMBERED) and (self.told.known or not self.lost)


async def turn(office: Office) -> int:
    """Ask about some who are due; return how many. Without a register nobody is due.

    All are asked before anything is done: when the register knows too many of them no more, it may be the register that
    is wrong. Then everybody keeps what they have until a term has passed, and is asked about again each hour. Whom it
    never knew does not count, and is held only beside such, or while it knows nobody at all.
    """
    if office.professionals is None:
        return 0
    now = office.clock()
    rows = await office.database.fetch(SQL.claim, now, now + LEASE, MOST)
    found = [one for row in rows if (one := await _asked(office, row["practitioner"])) is not None]
    held = await _doubtful(office, found)
    if held:
        LOG.error("the register of health personnel knows too many no more: nobody loses a role by it yet")
    for one in found:
        try:
            async with office.work(JOB, Purpose.SYSTEM, screen="authorisation") as work:
                if held and one.lost and (one.told.ends is None or one.told.ends > work.now):
                    await authorising.keep(work, one.person, Away("doubted"), Result.DOUBTED)
                else:
                    await _settle(work, one)
        except Refused as refused:  # changed meanwhile, by an administrator say: they come back when the lease ends
            LOG.warning("what the register said could not be kept", extra={"failure": refused.code})
    return len(rows)


async def _doubtful(office: Office, found: Sequence[Asked]) -> bool:
    """Tell whether the register is to be doubted: it knows more than a few in a hundred no more, or nobody."""
    if not any(one.lost for one in found):
        return False
    now, heard = office.clock(), [one for one in found if one.heard]
    ids = [one.person.id for one in found]
    (lately,) = await office.database.fetch(SQL.lately, now - HELD, ids, now - LATELY)
    lost = sum(one.missed for one in heard)
    if _many(lost, len(heard)) or _many(lost + lately["lost"], len(heard) + lately["asked"]):
        return True
    return not lately["knows"] and not heard


def _many(lost: int, asked: int) -> bool:
    return lost > FEW and lost * 100 > SHARE * asked


async def _asked(office: Office, id_: str) -> Asked | None:
    """Ask the register about one person; None when they work as nothing any more that takes an authorisation."""
    async with office.work(JOB, Purpose.SYSTEM, screen="authorisation") as work:
        try:
            person = await journal.read(work, "Practitioner", id_)
        except Refused:  # deleted
            await execute(work, SQL.over, id_)
            return None
        asked = [("practitioner", person.reference), ("active", "true"), ("_count", "100")]
        roles = [hit for hit in (await search(work, "PractitionerRole", asked)).hits
                 if authorising.codes_needing(hit.resource) and not over(hit.resource, work.now)]  # fmt: skip
        if not roles:
            await execute(work, SQL.over, id_)
            return None
        number = authorising.number_of(person.resource)
        answer = await authorising.ask(work, number)
        results = {role.id: _worst(work, role, person, answer) if number else Result.UNNUMBERED for role in roles}
        told = (await authorising.said_of(work, {person.reference})).get(person.reference, Said())
        return Asked(person=person, roles=roles, answer=answer, results=results, told=told)


async def _settle(work: Work, asked: Asked) -> None:
    """Keep what the register said of one person, and end what they are not authorised for any more.

    Who has no number to ask by is unknown to it, and loses the roles when a term has passed since that was first seen.

    Leaves   VerificationResult, PractitionerRole with an end; access-log row; news
    """
    await authorising.keep(work, asked.person, asked.answer, asked.worst)
    told = (await authorising.said_of(work, {asked.person.reference})).get(asked.person.reference, Said())
    for role in asked.roles:
        result = asked.results[role.id]
        if result != AWAY and not Result(result).holds and (told.ends is None or told.ends <= work.now):
            await actions.end(work, role.id, role.version)


def _worst(work: Work, role: Stored, person: Stored, answer: Answer) -> str:
    """Return what the answer means for a role; of one that makes several things of somebody, the gravest."""
    fnr = authorising.fnr_of(person.resource)
    codes = authorising.codes_needing(role.resource)
    return max((authorising.judged(answer, code, fnr, work.now) for code in codes), key=_gravity)


def _gravity(result: str) -> tuple[bool, str]:
    return result != AWAY and not Result(result).holds, result
