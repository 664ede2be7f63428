"""Conditions: `create unless there is one`, `update the one that`, decided so that of many at once only one creates.

Look; if there is none, take the condition's row in the database and look again: whoever waited for the row sees what
was written by the one who held it. Persons' identities always match, seen or unseen; all else if it may be read.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from akson.access.facts import Facts, Labels
from akson.access.rules import Act
from akson.base.database import Database
from akson.base.errors import Refused
from akson.base.queries import queries
from akson.base.work import Work
from akson.fhir import types
from akson.record.deciding import asked, facts_for
from akson.record.projecting import NATIONAL
from akson.record.search import searching
from akson.record.session import execute, fetch
from akson.record.stored import Stored
from akson.record.values import Hasher

SQL = queries(__file__, "once.sql")
READING = queries(__file__, "reading.sql")
KEPT = timedelta(days=30)  # answers to writes that carried an Idempotency-Key
_HELD = timedelta(hours=1)  # longer than any transaction lasts
_SPACES = {"Patient": "", "Practitioner": "Practitioner|"}  # of person_identifier, see facts.national_identifiers
_BY_COLUMN = frozenset({"_id", "_lastUpdated", "_tag", "_profile", "_security", "_source", "_has"})


@dataclass(frozen=True, kw_only=True)
class Condition:
    """Which resource is meant: search parameters as a client writes them."""

    type: str
    pairs: tuple[tuple[str, str], ...]

    @property
    def identifiers(self) -> list[str]:
        """The alternatives it names by identifier."""
        return [value for name, given in self.pairs if name == "identifier" for value in given.split(",")]

    def keys(self, hasher: Hasher) -> list[int]:
        """Return what those who may mean the same resource have in common.

        Who names an identifier waits for all who name it, whatever else they ask for and whether or not they say its
        system; others for those who ask the very same.
        """
        common = {value.rpartition("|")[2] for value in self.identifiers} or {repr(sorted(self.pairs))}
        return [hasher.token(types.code_of(self.type), "condition", text) for text in common]


def condition(type_: str, pairs: Sequence[tuple[str, str]]) -> Condition:
    """Return what `pairs` stand for. Raises Refused AK-F023: nothing to look for, or how an answer should look."""
    for name, _ in pairs:
        if name.startswith("_") and name.partition(":")[0] not in _BY_COLUMN:
            raise Refused("AK-F023", name=name)
    if not pairs:
        raise Refused("AK-F023", name="nothing")
    return Condition(type=type_, pairs=tuple(pairs))


async def wait(work: Work, conditions: Iterable[Condition]) -> None:
    """Wait until nobody else writes under one of `conditions`, and keep others waiting until the work ends."""
    keys = {key for one in conditions for key in one.keys(work.office.hasher)}
    if keys:
        await execute(work, SQL.wait, sorted(keys), work.now)


async def match(work: Work, asked_for: Condition, *, unseen: bool = True) -> Stored | None:
    """Return the one resource that the condition means, among what the actor may read.

    unseen  whether a person of that identity who may not be seen counts: always, where something would be made
    Raises  Refused: AK-F021 several, AK-F022 a person of that identity is there and may not be seen
    """
    page = await searching.search(work, asked_for.type, [*asked_for.pairs, ("_count", "2")])
    if len(page.hits) > 1:
        raise Refused("AK-F021")
    if not page.hits and unseen:
        await _refuse_unseen(work, asked_for)
    return page.hits[0] if page.hits else None


async def _refuse_unseen(work: Work, asked_for: Condition) -> None:
    """Refuse to make a person anew who is there already, and leave a trace of it with that person.

    Only for who could make one: everybody else is refused the making, whether or not somebody has the number.
    """
    space = _SPACES.get(asked_for.type)
    numbers = [value.partition("|") for value in asked_for.identifiers if value.startswith(NATIONAL)]
    if space is None or not numbers or not _may_make(work, asked_for.type):
        return
    systems, values = [space + system for system, _, _ in numbers], [value for _, _, value in numbers]
    owners = [row["owner"] for row in await fetch(work, READING.identified, systems, values)]
    facts = await facts_for(work, owners)
    hidden = [owner for owner in owners if not asked(work, facts[owner], None, Act.READ).permit]
    for owner in hidden:
        work.saw(owner, "number probed", outcome="refuse")
    if hidden:
        raise Refused("AK-F022")


def _may_make(work: Work, type_: str) -> bool:
    nobody = Facts(owner=0, rev=0, is_person=type_ == "Patient")
    return asked(work, nobody, Labels(type=type_, unit=work.actor.unit), Act.REGISTER).permit


async def clean(database: Database, now: datetime) -> None:
    """Forget conditions that nobody can hold any more, and answers that are kept no longer."""
    await database.execute(SQL.clean, now - _HELD, now - KEPT)
