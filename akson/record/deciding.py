"""Where the journal asks access: facts fetched once per work, every decision noted for the log."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from akson.access.facts import Facts, Labels, decode
from akson.access.rules import NOBODY, Act, Decision, closes_by_date, decide
from akson.base.database import Record
from akson.base.errors import Refused
from akson.base.queries import queries
from akson.base.work import Actor, Kind, Purpose, Work
from akson.fhir import types
from akson.fhir.timeline import sort_date
from akson.record.changes import Change
from akson.record.narrowing import met_by_row, met_by_values
from akson.record.session import fetch, session
from akson.record.stored import marks_of, stored

SQL = queries(__file__, "reading.sql")
LETTERS = {"POST": "c", "PUT": "u", "PATCH": "u", "DELETE": "d"}  # of scopes, for each way to write
_PATIENT = types.code_of("Patient")
_LOOKING = frozenset({Act.READ, Act.SEARCH_IDENTITY})
_OF_VERSIONS = frozenset({"method", "n"})  # columns of rows in histories and exports


@lru_cache(maxsize=50_000)
def decoded(owner: int, rev: int, text: str, owner_type: int) -> Facts:
    """Return the facts of an owner. The text is part of the key, so what is kept can never be stale."""
    return decode(owner, rev, text, is_person=owner_type == _PATIENT)


def facts_in(row: Mapping[str, Any]) -> Facts:
    """Return the facts that a row of reading.sql carries."""
    return decoded(row["owner"], row["facts_rev"], row["facts"], row["owner_type"])


async def facts_for(work: Work, owners: Iterable[int]) -> dict[int, Facts]:
    """Return the facts of each owner that exists; one trip for those this work has not read yet."""
    state = session(work)
    wanted = set(owners)
    if missing := sorted(wanted - state.facts.keys()):
        for row in await fetch(work, SQL.owners, missing):
            state.facts[row["owner"]] = decoded(row["owner"], row["facts_rev"], row["facts"], row["type"])
    return {owner: state.facts[owner] for owner in wanted if owner in state.facts}


async def nearby(work: Work) -> set[int]:
    """Return the persons outside of whom no rule permits staff or citizens anything; at most one trip."""
    if work.actor.attested is not None:
        return {work.actor.context} - {0}
    return {row["owner"] for row in await fetch(work, SQL.by_unit_or_person, work.actor.unit, work.actor.key)}


def labels_in(work: Work, row: Mapping[str, Any], facts: Facts) -> Labels:
    """Return what the rules need to know of the resource, or of the version of it, in a row; facts: of its owner.

    A version is judged by the marks it carries as well as by those that stand today: what was withheld does not come
    out because somebody wrote it anew without, or deleted it.
    """
    type_, marks = types.name_of(row["type"]), frozenset(row["labels"] or ())
    return Labels(
        type=type_,
        id=row["id"],
        unit=row["unit"],
        author=row["author"],
        security=marks.union(_own_marks(row), _lasting_marks(row, type_, facts)),
        dates=_dates(row) if closes_by_date(facts) else (),
        met=met_by_row(work, type_, row),
        keeper=row.get("keeper") or 0,
        past=_past(row),
    )


def _dates(row: Mapping[str, Any]) -> tuple[datetime, ...]:
    """Return when the version in a row says it was, and the date by which the resource stands today.

    Of an older version whose resource is not in the row nothing is said: what is of no known date stays closed.
    """
    names = set(row.keys())
    if "sort_date" not in names and not names.isdisjoint(_OF_VERSIONS):
        return ()
    told = stored(row) if "body" in names and row["body"] is not None else None
    own = [sort_date(told.resource) or told.last_updated] if told else []
    return (*own, *([row["sort_date"]] if "sort_date" in names else []))


def _past(row: Mapping[str, Any]) -> bool:
    """Say whether the row is of a version that no longer stands, or may be: a current row has no such columns."""
    standing = row.get("method") is None and row.get("n") is None
    return not standing and row.get("newest") != row["version"]


def _own_marks(row: Mapping[str, Any]) -> frozenset[str]:
    """Return the marks of a row that may be of an older version: a current row says them in `labels`."""
    older = ("method" in row or "n" in row) and row.get("body") is not None
    return marks_of(row["body"]) if older else frozenset()


def _lasting_marks(row: Mapping[str, Any], type_: str, facts: Facts) -> frozenset[str]:
    """Return the marks of what is gone that stand as a fact: an erased report to the barnevern keeps its own."""
    if not facts.labelled or not (row.get("deleted") or row.get("erased")):
        return frozenset()
    return next((one.security for one in facts.labelled if (one.type, one.id) == (type_, row["id"])), frozenset())


def labels_of(work: Work, change: Change) -> Labels:
    """Return what the rules need to know of the resource as it will be."""
    return Labels(
        type=change.type, id=change.id, unit=work.actor.unit or (change.stands.unit if change.stands else 0),
        author=work.actor.key, security=frozenset(change.labels),
        block=any(row.kind == "block" for row in change.facts),
        letters=LETTERS[change.method], outside=change.outside,
        dates=(change.sort or work.now,) if change.brings else change.stands.dates if change.stands else (),
        met=change.stands.met if not change.brings and change.stands
        else met_by_values(work, change.type, change.values.tokens),
    )  # fmt: skip


def asked(work: Work, facts: Facts, labels: Labels | None, act: Act) -> Decision:
    """Return the decision, without a trace: for hits that are left out and menus."""
    decision = decide(work.actor, work.purpose, facts, labels, act, work.now)
    if work.through is None or not decision.permit:
        return decision
    narrower = _asked_through(work.through, facts, labels, act, work.now)
    return decision if narrower.permit else narrower


def _asked_through(other: Actor, facts: Facts, labels: Labels | None, act: Act, now: datetime) -> Decision:
    """Return what another would be answered at their ordinary task; with their eyes one looks, and writes nothing."""
    purpose = Purpose.OWN if other.kind is Kind.CITIZEN else Purpose.TREATMENT
    return decide(other, purpose, facts, labels, act, now) if act in _LOOKING else NOBODY


def allow(work: Work, facts: Facts, labels: Labels | None, act: Act, what: str) -> Decision:
    """Return the decision when it permits; note it for the access log either way.

    Raises  Refused with the deciding rule's code
    """
    decision = asked(work, facts, labels, act)
    patient = facts.owner if facts.is_person else 0
    work.saw(patient, what, outcome="permit" if decision.permit else "refuse", rule=decision.rule, basis=decision.basis)
    if not decision.permit:
        raise Refused(decision.refusal or "AK-A001")
    return decision


def allow_row(work: Work, row: Mapping[str, Any], act: Act, what: str) -> Decision:
    """Return the decision about the resource in a row of reading.sql; as `allow`."""
    facts = facts_in(row)
    return allow(work, facts, labels_in(work, row, facts), act, what)


def may_read(work: Work, row: Mapping[str, Any]) -> Decision:
    """Return the decision about reading the resource in a row of reading.sql, without a trace."""
    facts = facts_in(row)
    return asked(work, facts, labels_in(work, row, facts), Act.READ)


def permitted(work: Work, rows: Iterable[Record]) -> list[tuple[Record, Decision]]:
    """Return the rows of reading.sql that the actor may read, each with its decision; `note` leaves the trace."""
    judged = ((row, may_read(work, row)) for row in rows)
    return [(row, decision) for row, decision in judged if decision.permit]


def note(work: Work, row: Record, decision: Decision) -> None:
    """Note for the access log that the version in a row is shown, and why it may be."""
    what = f"{types.name_of(row['type'])}/{row['id']}/_history/{row['version']}"
    patient = row["owner"] if row["owner_type"] == _PATIENT else 0
    work.saw(patient, what, rule=decision.rule, basis=decision.basis)


def might(work: Work, type_: str, *, person: bool = False) -> bool:
    """Tell whether the rules could let the actor read a type: in records of persons, or what belongs to nobody."""
    return asked(work, Facts(owner=0, rev=0, is_person=person), Labels(type=type_), Act.READ).permit
