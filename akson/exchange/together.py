"""Messages that wait at the same moment are filed in one transaction: most of what each costs alone, all can share.

Each is checked, judged, filed and logged as itself. One that cannot be filed is left out, and is then taken alone, with
whatever becomes of it; where the whole fails, all of them are. What is told of one person is filed one by one, in the
order it was received, and each finds what the one before has made.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from akson.base.errors import Refused
from akson.base.work import Actor, Purpose, Work
from akson.exchange.desk import Desk
from akson.exchange.entering import Accepted, Closed, accepted, close, filed
from akson.exchange.safexml import Unreadable
from akson.fhir.issues import Invalid
from akson.record import persons, sharing
from akson.record.office import Office
from akson.record.session import Alone

SCREEN: Final = "melding inn"
Waiting = Sequence[tuple[Accepted, Work]]
_ITS_OWN = (Unreadable, Refused, Invalid, Alone)  # about one message, and leaves the others as they are


async def file(office: Office, own: Actor, desks: Iterable[Desk]) -> set[bytes]:
    """File messages in one transaction; return the digests of those that were filed, once that is committed.

    own      our own job
    Raises   whatever the database says; then nothing was written
    """
    taken = [one for desk in desks if (one := await _accepted(office, desk))]
    if len(taken) < 2:  # alone it costs less alone
        return set()
    async with office.work(own, Purpose.MESSAGE, screen=SCREEN) as whole:
        works = await sharing.parts(whole, [one.actor(own) for one in taken], Purpose.MESSAGE)
        closed, done = list[Closed](), list[Work]()
        waiting: Waiting = list(zip(taken, works, strict=True))
        while waiting:
            wave, waiting = _wave(waiting)
            written = await _file(whole, wave)
            closed += (one for _, one in written)
            done += (work for work, _ in written)
        if closed:
            await close(whole, closed)
    await sharing.traced(done)
    return {one.desk.kept.digest for one in closed}


async def _accepted(office: Office, desk: Desk) -> Accepted | None:
    if desk.message.envelope is None:
        return None
    try:
        return await accepted(office, desk, desk.message.envelope)
    except _ITS_OWN:
        return None


def _wave(waiting: Waiting) -> tuple[Waiting, Waiting]:
    """Return the first message of each person, and the others; of those about nobody all are first."""
    first: dict[object, tuple[Accepted, Work]] = {}
    for one in waiting:
        first.setdefault(one[0].held or id(one[0]), one)
    wave = list(first.values())
    taken = set(map(id, wave))
    return wave, [one for one in waiting if id(one) not in taken]


async def _file(whole: Work, wave: Waiting) -> list[tuple[Work, Closed]]:
    """File messages of which no two are about one person."""
    held = await persons.alone(whole, (one.held for one, _ in wave if one.held))
    found = [(work, closed) for one, work in wave if (closed := await _filed(work, one, held))]
    await sharing.write(whole, [work for work, _ in found])
    return found


async def _filed(work: Work, one: Accepted, held: Mapping[persons.Number, object]) -> Closed | None:
    try:
        return await filed(work, one, held)
    except _ITS_OWN:
        return None
