"""After death: whose records a relative may ask about, who keeps them, and what an answer may give of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

import msgspec

from akson.access.bereaved import CONTENT, kinship
from akson.access.children import NORWAY
from akson.access.facts import Facts, Insight
from akson.access.rights import AFTER_DEATH
from akson.access.rules import Act, Decision, decide
from akson.base.database import Record
from akson.base.errors import Refused
from akson.base.queries import queries
from akson.base.work import Actor, Kind, Purpose, Work
from akson.fhir import types
from akson.record import cases
from akson.record.cases import ENTRY, GRANTED, KEEPER, OUTPUT, UNTIL, all_given, given, told
from akson.record.deciding import facts_for, facts_in, labels_in, note, permitted
from akson.record.masking import shown
from akson.record.represented import circle
from akson.record.session import fetch, session
from akson.record.stored import Stored

SQL = queries(__file__, "cases.sql")
MOST: Final = 500  # entries on one page
MOST_GIVEN: Final = 500  # entries in one answer
LONGEST: Final = timedelta(days=366)  # that a relative may read
_CODES: Final = [types.code_of(name) for name in CONTENT]
_ORGANIZATION: Final = types.code_of("Organization")


@dataclass(frozen=True, kw_only=True)
class Dead:
    """One who has died, as a close relative knows them.

    id     of the Patient
    cases  ids of the Tasks in which this relative has asked
    given  what may be read now: (entry, until when)
    """

    id: str
    owner: int
    name: str
    cases: tuple[str, ...]
    given: tuple[tuple[str, datetime | None], ...]


@dataclass(frozen=True, kw_only=True)
class Keeper:
    """Who answers for a record. id, owner: of the Organization."""

    id: str
    owner: int
    name: str


@dataclass(frozen=True, kw_only=True)
class Offered:
    """The newest entries of a time that may be given. kept: how many of these may not; more: there are older ones."""

    entries: list[Stored]
    kept: int
    more: bool


async def dead(work: Work) -> list[Dead]:
    """Return the dead that the citizen is registered as a close relative of, by name."""
    own, found = work.actor.id.partition("/")[2], []
    for row in await circle(work):
        facts = facts_in(row)
        if not facts.deceased or not kinship(facts, work.actor.key):
            continue
        session(work).facts.setdefault(facts.owner, facts)
        asked = (one.id for one in facts.labelled if AFTER_DEATH in one.security and own in one.security)
        gifts = [one for one in facts.insights if one.person == work.actor.key and one.holds(work.now)]
        found.append(Dead(id=row["id"], owner=facts.owner, name=row["name"] or "", cases=tuple(asked),
                          given=tuple((item, one.end) for one in gifts for item in one.items)))  # fmt: skip
    return sorted(found, key=lambda one: one.name)


async def keepers(work: Work, owner: int) -> list[Keeper]:
    """Return who answers for what the citizen, a relative, could be given of a record, who has most first.

    One statement, beside the facts. Who keeps no more than what is closed is not among them: that would tell of it.
    """
    facts = (await facts_for(work, [owner]))[owner]
    rows = await fetch(work, SQL.record_keepers, owner, _CODES, _ORGANIZATION)
    open_ = [row for row in rows if _could(work, facts, row, work.actor.id, work.actor.key)]
    known = {row["keeper"]: Keeper(id=row["keeper_id"], owner=row["keeper"], name=row["name"] or "") for row in open_}
    return [known[key] for key, _ in Counter(row["keeper"] for row in open_).most_common()]


async def asked(work: Work, owner: int, inputs: Sequence[Any], words: str) -> dict[str, Any]:
    """Return what a relative's case is about, and who answers it, for cases.task; one statement.

    Raises  Refused AK-B013 without words or with anything else; AK-B011 about somebody who lives, from who is no
            relative, and of an organisation that keeps nothing
    """
    keeper_ = given(inputs, cases.INPUT, KEEPER)
    named = str(keeper_.get("reference", "")) if isinstance(keeper_, Mapping) else ""
    if not words.strip() or len(inputs) > len((named, words)):
        raise Refused("AK-B013", path="Task.input")
    facts = (await facts_for(work, [owner])).get(owner)
    related = facts is not None and facts.deceased and kinship(facts, work.actor.key)
    found = await keepers(work, owner) if related else []
    keeper = next((one for one in found if named == f"Organization/{one.id}"), None)
    if keeper is None:
        raise Refused("AK-B011", path="Task.input")
    told_ = told(cases.INPUT, KEEPER, valueReference={"reference": named, "display": keeper.name})
    return {"about": [told_], "answerers": [keeper.id]}


async def offered(work: Work, case: Stored, *, since: datetime | None = None, until: datetime | None = None) -> Offered:
    """Return the entries that the actor's organisation may give, newest first; one statement.

    since, until  dated from the first to before the second
    Leaves        each entry in the access log
    """
    found = await _kept(work, case, since, until, None)
    rows = found[:MOST]
    fit = _fit(work, case, rows)
    for row, decision in fit:
        note(work, row, decision)
    entries = await shown(work, [row for row, _ in fit])
    return Offered(entries=entries, kept=len(rows) - len(fit), more=len(found) > len(rows))


async def refuse_unfit(work: Work, case: Stored, outputs: Sequence[Any]) -> None:
    """Refuse an answer that gives what the actor's organisation does not keep, what is closed, or without an end.

    Raises  Refused AK-B012
    """
    items = [
        str(one.get("reference", "")) if isinstance(one, Mapping) else "" for one in all_given(outputs, OUTPUT, ENTRY)
    ]
    until = given(outputs, OUTPUT, UNTIL)
    if cases.outcome_of(outputs) != GRANTED:
        if items or until:
            raise Refused("AK-B012", path="Task.output")
        return
    ids = [item.partition("/")[2] for item in items]
    rows = await _kept(work, case, None, None, ids) if items else []
    fit = {f"{types.name_of(row['type'])}/{row['id']}" for row, _ in _fit(work, case, rows)}
    ends = isinstance(until, str) and _ends(until, work.now.astimezone(NORWAY).date())
    if not items or len(items) > MOST_GIVEN or not ends or not set(items) <= fit:
        raise Refused("AK-B012", path="Task.output")


def _ends(until: str, today: date) -> bool:
    """Say whether it is a day to come, and not further away than a relative needs to read."""
    try:
        return today < date.fromisoformat(until) <= today + LONGEST
    except ValueError:
        return False


async def _kept(
    work: Work, case: Stored, since: datetime | None, until: datetime | None, ids: list[str] | None
) -> list[Record]:
    keeper = work.actor.controller or work.actor.unit
    return await fetch(work, SQL.kept, case.owner, _CODES, keeper, since, until, ids, MOST + 1)


def _fit(work: Work, case: Stored, rows: Sequence[Record]) -> list[tuple[Record, Decision]]:
    """Return those that the actor may read, and that the relative could read if they were given."""
    relative = (case.resource.get("requester") or {}).get("reference", "")
    person = work.office.ids.open(relative.partition("/")[2]) or 0
    found = permitted(work, rows)
    return [(row, decision) for row, decision in found if _could(work, facts_in(row), row, relative, person)]


def _could(work: Work, facts: Facts, row: Record, relative: str, person: int) -> bool:
    """Say whether the rules would show an entry to the relative once it is given: no decision lifts a bar."""
    labels = labels_in(work, row, facts)
    reader = Actor(kind=Kind.CITIZEN, id=relative, key=person, name="", role="innbygger")
    gift = Insight(person=person, items=(f"{labels.type}/{labels.id}",))
    known = msgspec.structs.replace(facts, insights=(gift,))
    return decide(reader, Purpose.OWN, known, labels, Act.READ, work.now).permit
