"""The office: where a Work begins and ends. Composed once by the doors.

Leaving `work` flushes what is queued as one set, commits, and then writes the access-log row, unless the set brought it
along: durable before the caller can send its answer. When the trail cannot be written the block raises and nothing
leaves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import TracebackType
from typing import Any, Final

from akson.audit.log import AccessLog, entry
from akson.base.clamd import Scanner
from akson.base.database import Database
from akson.base.errors import Refused
from akson.base.ids import Ids
from akson.base.queries import queries
from akson.base.work import Actor, Purpose, Work
from akson.fhir.profiles.library import Library
from akson.record import looking
from akson.record import session as sessions
from akson.record.circles import Circles
from akson.record.current import Current
from akson.record.following import Following
from akson.record.own import Rules
from akson.record.queues import Queues
from akson.record.searches import Searches
from akson.record.staff import Register
from akson.record.standing import Standing
from akson.record.terms import Terms
from akson.record.together import Together
from akson.record.values import Hasher
from akson.record.writing import flush
from akson.registers.persons import Persons
from akson.registers.professionals import Professionals
from akson.registers.sources import Source

FORBIDDEN: Final = 403
_UNKNOWN: Final = frozenset({"AK-J001", "AK-J004"})  # no such resource, nobody it could be about
SQL = queries(__file__, "reading.sql")


@dataclass(kw_only=True)
class Office:
    """Everything a Work needs from its installation.

    eraser      the same database as the one role that may erase; nobody asks it but erasure
    hasher      keyed hashes of search values
    clock       the only clock below the doors; zone-aware UTC
    drafts_keys 32 bytes that drafts are sealed under, the newest first, and those before; without any there are none
    profiles    what the installation has loaded; resources that claim one of them are held to it
    past_blocks owner keys of the data controllers that let decision support weigh what is blocked, see record/unseen.py
    release_days  how many days the citizen sees answers later, by owner key of the data controller (0: all others) and
                  code of their category, see record/releasing.py
    terms       how long records are kept; none by default: for good
    synthetic   numbers of invented persons are taken; never in production
    following   who keeps subscriptions; None: nobody does
    professionals  the register of health personnel; None: there is none to ask
    persons     Folkeregisteret; likewise
    sources     other organisations that can be asked what they hold about a patient, in the order they are shown
    scanner     searches files for malware; None: nobody does
    searches    how often each at work may search for persons; None: as often as they like
    schema      holds the XML of a message to the official schemas, before it goes; None: there are none here
    ways        in which citizens can be reached outside: "mail", "sms"
    """

    database: Database
    eraser: Database
    ids: Ids
    hasher: Hasher
    log: AccessLog
    clock: Callable[[], datetime]
    drafts_keys: tuple[bytes, ...] = ()
    terms: Terms = field(default_factory=Terms)
    synthetic: bool = False
    past_blocks: frozenset[int] = frozenset()
    release_days: Mapping[tuple[int, str], int] = field(default_factory=dict)
    profiles: Library = field(default_factory=Library)
    following: Following | None = None
    professionals: Professionals | None = None
    persons: Persons | None = None
    ways: tuple[str, ...] = ()
    scanner: Scanner | None = None
    searches: Searches | None = None
    schema: Callable[[Any], None] | None = None
    sources: Sequence[Source] = ()

    def __post_init__(self) -> None:
        self.current, self.circles = Current(self.database), Circles(self.database)
        self.register = Register(self.database)
        self.queues = Queues()
        self.rules = Rules()
        self.authors: set[int] = set()  # known to stand in the table author
        self.standing, self.together = Standing(self.database), Together(self.database, self.hasher)

    async def empty(self) -> bool:
        """Tell whether nothing has been written yet."""
        return not await self.database.fetchval(SQL.anybody)

    def work(self, actor: Actor, purpose: Purpose, *, screen: str = "", request: str = "", reason: str = "") -> Doing:
        """Carry out one action as `actor`: all of it is committed when the block ends, or nothing.

        Raises  Refused AK-J008 when facts kept changing, AK-J010 when the access log cannot be written
        Leaves  one access-log row when anything was opened, looked for, written or refused
        """
        return Doing(Work(
            actor=actor, purpose=purpose, now=self.clock(), office=self, request=request, screen=screen, reason=reason,
            session=sessions.Session(),
        ))  # fmt: skip


class Doing:
    """One work from its beginning to its end, as `Office.work` says."""

    __slots__ = ("_work",)

    def __init__(self, work: Work) -> None:
        self._work = work

    async def __aenter__(self) -> Work:
        return self._work

    async def __aexit__(
        self, _: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        work, refused = self._work, fault if isinstance(fault, Refused) else None
        outcome = "refuse" if refused else "failed"
        try:
            if fault is None:
                looking.note(work)
                if sessions.session(work).queue:
                    await flush(work, last=True)
                await sessions.end(work, commit=True)
                outcome = "permit"
        except Refused as at_the_end:
            refused, outcome = at_the_end, "refuse"
            raise
        finally:
            await sessions.end(work, commit=False)
            if refused:
                _attempted(work, refused)
            if work.seen and not (outcome == "permit" and sessions.session(work).traced == len(work.seen)):
                await work.office.log.write(entry(work, outcome))


def _attempted(work: Work, refused: Refused) -> None:
    """Note who was turned away before anything was asked about a person: by their role, a forged form, or for nothing.

    What is not there leaves its row as what may not be seen does: who asks learns it neither by the time a row takes,
    nor while none can be written.
    """
    if any(one.outcome in ("refuse", "unknown") for one in work.seen):
        return
    if refused.status == FORBIDDEN:
        work.saw(0, f"refused {refused.code}", outcome="refuse")
    elif refused.code in _UNKNOWN:
        work.saw(0, f"unknown {refused.code}", outcome="unknown")
