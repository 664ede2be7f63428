"""The end of records: what is kept of a person is proposed when its time is over, two decide, and then it is erased.

The terms are the operator's; without one nothing is ever proposed. A time runs from the day of death, or from what was
last written or dated in the record, whoever wrote it, a child's from 18 years. Each data controller decides about its
own part. Of the dead what nobody answers for, and the person's own entry, go with the last part; of the living these
stay, what they wrote themselves, and what they decided of access. What holds a record: a hold, a case without an
answer, care that somebody who lives is given, a new entry. That, and the term itself, is asked when it is proposed,
shown, decided, confirmed, and before each erasure. Who decides reads nothing of the record by it.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import asyncpg
import msgspec

from akson.access.facts import Labels
from akson.access.roles import OWN_JOB
from akson.access.rules import Act
from akson.base.apart import Stopped, apart
from akson.base.database import Record
from akson.base.errors import Refused
from akson.base.queries import queries
from akson.base.work import Actor, Kind, Purpose, Work
from akson.fhir import types
from akson.record.deciding import allow, asked, facts_in
from akson.record.erasure import SHORTEST_REASON, Ground
from akson.record.humans import is_one_of
from akson.record.office import Office
from akson.record.session import execute, fetch, transaction

SQL = queries(__file__, "ending.sql")
JOB: Final = Actor(
    kind=Kind.SYSTEM, id="Device/retention", key=0, name="Akson", role="system", scopes=frozenset({OWN_JOB})
)
FIRST: Final = -(2**63)  # before every owner
_BASIS: Final = "eget arbeid i Akson"
PAGE: Final = 500  # persons looked at together
BATCH: Final = 200  # entries erased together
MOST: Final = 50  # shown at once
MOST_PAST: Final = 20
KEPT_FOR: Final = timedelta(days=5 * 365)  # then it is proposed again
PROPOSED, DECIDED, CONFIRMED, DONE, KEPT, STOPPED = "proposed", "decided", "confirmed", "done", "kept", "stopped"
_SAW: Final = "search identity ended"  # as akson/audit/view.py has it: who decides looks for nobody, and reads nothing
_PATIENT: Final = types.code_of("Patient")
BUSY: Final = ("AK003", "AK008", "40001", "40P01", "55P03")  # somebody writes there: the next turn asks again
LOG = logging.getLogger("akson.record")


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """Who decided or confirmed, as what, why and when."""

    by: str  # "Practitioner/<id>"
    name: str
    role: str
    unit: str
    reason: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Ending:
    """What one data controller keeps of a person whose time is over.

    name     "" where nobody knows one, and of what was decided; then `born` (year; 0: unknown) and `dead` are not told
    erased   how many of the entries have gone
    """

    id: str
    why: str
    last: datetime
    entries: int
    state: str
    name: str
    born: int
    dead: bool
    decided_by: int
    decided: Said | None
    confirmed: Said | None
    kept_until: datetime | None
    ended: datetime | None
    erased: int


@dataclass(frozen=True, kw_only=True)
class Desk:
    """What a data controller has before it.

    hidden  how many wait of whom the reader may not know that they are there
    many    how many there are of each state, shown or not
    """

    waiting: tuple[Ending, ...]
    hidden: int
    past: tuple[Ending, ...]
    many: Mapping[str, int]


async def propose(office: Office, after: int, now: datetime) -> int:
    """Look at the next persons after `after`, propose what is over, stop what is not; return the last looked at.

    FIRST begins, and says that all have been looked at. May be done again and by several at once. There is a term.
    """
    async with office.work(JOB, Purpose.SYSTEM, screen="job:retention") as work:
        page = [row["owner"] for row in await fetch(work, SQL.page, _PATIENT, after, PAGE)]
        if not page:
            return FIRST
        quiet = await fetch(work, SQL.quiet, page, office.terms.latest(now))
        over = {row["owner"]: found for row in quiet if (found := office.terms.over(facts_in(row), row["last"], now))}
        await execute(work, SQL.stop, page, list(over), now)
        proposed = list(_proposed(over, await fetch(work, SQL.kept, list(over)))) if over else []
        if proposed:
            for row in await fetch(work, SQL.propose, *map(list, zip(*proposed, strict=True)), now):
                work.saw(row["owner"], f"{_SAW} proposed", basis=_BASIS)
    return int(page[-1])


def _proposed(
    over: Mapping[int, tuple[str, datetime, datetime]], rows: Iterable[Record]
) -> Iterator[tuple[int, int, str, datetime, datetime, int]]:
    """Yield (owner, keeper, why, last, before, entries) for each data controller that keeps anything.

    Of whom nothing is left but the person's own entry, it is who answers for that.
    """
    about: dict[int, dict[int, int]] = defaultdict(dict)
    own: dict[int, dict[int, int]] = defaultdict(dict)
    for row in rows:
        if row["keeper"]:
            (own if row["identity"] else about)[row["owner"]][row["keeper"]] = row["entries"]
    for owner, found in over.items():
        for keeper, entries in (about[owner] or own[owner]).items():
            yield owner, keeper, *found, entries


async def desk(work: Work) -> Desk:
    """Return what waits for the actor's data controller to be decided and to be confirmed, and what was decided last.

    Three statements. A record stands there only for who may find the person, and the log has it then.
    """
    keeper = _keeper(work)
    rows = await fetch(work, SQL.desk, keeper, [PROPOSED, DECIDED], MOST)
    open_ = [row for row in rows if _may(work, row)]
    waiting = tuple(_ending(row, _name(work, row)) for row in open_ if _found(work, row))
    past = await fetch(work, SQL.past, keeper, [CONFIRMED, DONE, KEPT, STOPPED], MOST_PAST)
    many = {row["state"]: row["many"] for row in await fetch(work, SQL.waiting, keeper)}
    return Desk(
        waiting=waiting, hidden=len(open_) - len(waiting), past=tuple(_ending(row, "") for row in past), many=many
    )


async def decide(work: Work, ids: Sequence[str], reason: str) -> None:
    """Decide that what is kept of some persons goes, once another confirms it.

    Raises  Refused AK-J020 when one of them is not to be decided any more, AK-J022 without a reason, or by access;
            then nothing is decided
    """
    rows = await _chosen(work, ids, PROPOSED, reason)
    await execute(work, SQL.decide, [row["id"] for row in rows], work.actor.key, _said(work, reason))


async def confirm(work: Work, ids: Sequence[str], reason: str) -> None:
    """Confirm what somebody else has decided: from then on it is erased.

    Raises  Refused AK-J021 for one's own decision, also when known here as two; else as `decide`
    """
    rows = await _chosen(work, ids, DECIDED, reason)
    if await is_one_of(work, (row["decided_by"] for row in rows)):
        raise Refused("AK-J021")
    await execute(work, SQL.confirm, [row["id"] for row in rows], work.actor.key, _said(work, reason))


async def keep(work: Work, ids: Sequence[str], state: str, reason: str) -> None:
    """Keep what is proposed or decided (`state`) for five more years. Raises as `decide`."""
    rows = await _chosen(work, ids, state, reason)
    until = work.now + KEPT_FOR
    await execute(work, SQL.keep, [row["id"] for row in rows], _said(work, reason), until, work.now)


async def _chosen(work: Work, ids: Sequence[str], state: str, reason: str) -> list[Record]:
    """Return what is chosen, locked, once the rules have allowed each; all of it or nothing."""
    if len(reason.strip()) < SHORTEST_REASON:
        raise Refused("AK-J022", path="reason")
    try:
        wanted = {UUID(one) for one in ids}
    except ValueError:
        raise Refused("AK-J020") from None
    await transaction(work)
    rows = await fetch(work, SQL.chosen, _keeper(work), sorted(wanted), state)
    if not rows or {row["id"] for row in rows} != wanted:
        raise Refused("AK-J020")
    for row in rows:
        allow(work, facts_in(row), _labels(row), Act.END, f"{_SAW} decided")
    if not all(_over(work, row) and _found(work, row) for row in rows):
        raise Refused("AK-J020")
    return rows


async def carry_out(office: Office) -> int:
    """Erase what was confirmed; return how many entries went. What breaks off is gone on with next time.

    Leaves  erasures with who decided and who confirmed, news, and the log of each record; a line for each that failed
    """
    gone = 0
    for row in await office.database.fetch(SQL.confirmed):
        did = await apart(_carried_out(office, row["id"]))
        if isinstance(did, Stopped):
            LOG.error("an end failed", extra={"ending": str(row["id"]), "failure": did.failure})
        else:
            gone += did
    return gone


async def _carried_out(office: Office, which: UUID) -> int:
    gone, most = 0, BATCH
    while True:
        try:
            did = await _batch(office, which, most)
        except (TimeoutError, asyncpg.QueryCanceledError):
            if most == 1:
                raise
            most = max(1, most // 4)
            continue
        if not did:
            return gone
        gone += did


async def _batch(office: Office, which: UUID, most: int) -> int:
    """Erase some of what one end is about; 0 when nothing is left, something holds it, or somebody is in the way."""
    row = await _due(office, which)
    if row is None:
        return 0
    async with office.work(JOB, Purpose.SYSTEM, screen="job:retention") as work:
        try:
            did = await office.eraser.fetchval(SQL.end, which, work.now, row["facts_rev"], _decision(row), most)
        except asyncpg.PostgresError as problem:
            if problem.sqlstate not in BUSY:
                raise
            LOG.warning("an end waits", extra={"ending": str(which), "failure": problem.sqlstate})
            return 0
        if did > 0:
            work.saw(row["owner"], f"ERASE entries of Patient/{row['patient']}", basis=_BASIS)
    return max(int(did), 0)


async def _due(office: Office, which: UUID) -> Record | None:
    """Return a confirmed end whose time is still over, once the log has that some of it goes; else stop it.

    Once the person's own entry has gone nobody knows how they stood; then there is nothing left to erase.
    """
    async with office.work(JOB, Purpose.SYSTEM, screen="job:retention") as work:
        row = next(iter(await fetch(work, SQL.going, which)), None)
        if row is None:
            return None
        if not (_over(work, row) if row["known"] else not row["more"]):
            await execute(work, SQL.stop_one, which, work.now)
            return None
        if row["more"]:
            allow(work, facts_in(row), _labels(row), Act.END, f"ENDING entries of Patient/{row['patient']}")
    return row


def _decision(row: Record) -> str:
    """Return what stays of why it was erased, as erasure.py has it, and who confirmed."""
    decided, confirmed = _heard(row["decided"]), _heard(row["confirmed"])
    ground = Ground.RETENTION_ENDED
    told = {"ground": ground, "law": ground.law, **_plain(decided), "confirmed": _plain(confirmed)}
    return msgspec.json.encode(told).decode()


def _plain(said: Said | None) -> dict[str, object]:
    return {} if said is None else msgspec.structs.asdict(said)


def _said(work: Work, reason: str) -> str:
    who = work.actor
    said = Said(by=who.id, name=who.name, role=who.role, unit=who.unit_name, reason=reason.strip(), at=work.now)
    return msgspec.json.encode(said).decode()


def _heard(told: str | None) -> Said | None:
    return msgspec.json.decode(told, type=Said) if told else None


def _keeper(work: Work) -> int:
    return work.actor.controller or work.actor.unit


def _labels(row: Record) -> Labels:
    return Labels(type="Patient", id=row["patient"], keeper=row["keeper"])


def _may(work: Work, row: Record) -> bool:
    return _over(work, row) and asked(work, facts_in(row), _labels(row), Act.END).permit


def _over(work: Work, row: Record) -> bool:
    """Say whether the time of what was proposed is over by the terms of now, and for the same reason."""
    found = work.office.terms.over(facts_in(row), row["last"], work.now)
    return found is not None and found[0] == row["why"]


def _name(work: Work, row: Record) -> str:
    """Return whose record it is, and note for the log that it was shown; "" where nobody knows a name."""
    decision = asked(work, facts_in(row), None, Act.SEARCH_IDENTITY)
    work.saw(row["owner"], _SAW, rule=decision.rule, basis=decision.basis)
    return str(row["name"] or "")


def _found(work: Work, row: Record) -> bool:
    return asked(work, facts_in(row), None, Act.SEARCH_IDENTITY).permit


def _ending(row: Record, name: str) -> Ending:
    facts = facts_in(row) if name else None
    return Ending(
        id=str(row["id"]), why=row["why"], last=row["last"], entries=row["entries"], state=row["state"], name=name,
        born=facts.birth_date.year if facts and facts.birth_date else 0, dead=facts is not None and facts.deceased,
        decided_by=row["decided_by"] or 0, decided=_heard(row["decided"]), confirmed=_heard(row["confirmed"]),
        kept_until=row["kept_until"], ended=row["ended"], erased=row["erased"],
    )  # fmt: skip
