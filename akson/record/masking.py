"""What a reader with a basis for a resource still does not get: names of others, and addresses that are protected."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from akson.access.facts import Facts
from akson.access.rights import CASE
from akson.access.rules import Act
from akson.base.errors import Refused
from akson.base.queries import queries
from akson.base.work import Kind, Work
from akson.fhir import bodies, types
from akson.fhir.owners import other_patients, patient_in
from akson.record import addresses, whereabouts
from akson.record.coauthored import coauthored
from akson.record.deciding import asked, facts_for, facts_in
from akson.record.session import fetch
from akson.record.stored import Stored, stored

SQL = queries(__file__, "reading.sql")
_ADDRESS, _ESCAPED = b'ddress"', b"\\u"  # how the names of all members end that hold one, unless they are escaped


async def shown(work: Work, rows: Sequence[Any]) -> list[Stored]:
    """Return rows of reading.sql as what the actor gets: no names without a basis, no hidden addresses.

    Only when somebody else is named: one more round trip, and one when any of them has an id from elsewhere; and one
    when there are addresses in records whose facts are not known. A version is masked by what it names itself.
    """
    found = [stored(row) for row in rows]
    for one, hidden in zip(found, await _hidden(work, rows, found), strict=True):
        if hidden:
            _without_names(one, hidden)
    for one in await _telling_where(work, rows, found):
        one.resource = addresses.without(one.resource)
        one.body = bodies.dumps(one.resource)
    for one in await _telling_places(work, rows, found):
        one.resource = whereabouts.placeless(one.resource)
        one.body = bodies.dumps(one.resource)
    return found


async def as_kept(work: Work, row: Any) -> Stored:
    """Return a row as it is kept.

    Raises  Refused AK-F027 when it names a patient there is no basis to read of, AK-F036 when it has a hidden address
    """
    found = stored(row)
    if await _telling_where(work, [row], [found]) or await _telling_places(work, [row], [found]):
        raise Refused("AK-F036")
    if any(await _hidden(work, [row], [found])):
        raise Refused("AK-F027")
    return found


async def _telling_where(work: Work, rows: Sequence[Any], found: Sequence[Stored]) -> list[Stored]:
    """Return those with addresses that are hidden from the actor; most records hide none, so they are asked first."""
    told = _facts_told(rows)
    if told and not any(_hides_addresses(work, facts) for facts in told.values()):
        return []
    may = [one for one in found if _may_tell(one)]
    known = await _facts_of(work, rows, may)
    return [
        one for one in may
        if one.owner in known and _hides_addresses(work, known[one.owner]) and addresses.has_any(one.resource)
    ]  # fmt: skip


async def _telling_places(work: Work, rows: Sequence[Any], found: Sequence[Stored]) -> list[Stored]:
    """Return those that tell where somebody is to be whose whereabouts are hidden from the actor."""
    citizens = [one for one in (work.actor, work.through) if one is not None and one.kind is Kind.CITIZEN]
    if not citizens:
        return []
    may = [pair for pair in zip(rows, found, strict=True) if _may_tell_place(pair[1])]
    known = await _facts_of(work, rows, [one for _, one in may]) if may else {}
    telling = [
        (row, one) for row, one in may
        if one.owner in known and any(whereabouts.places_hidden_from(citizen, known[one.owner]) for citizen in citizens)
        and whereabouts.tells_place(one.resource)
    ]  # fmt: skip
    readers = {one.key for one in citizens}
    own = {_key(row) for row, _ in telling if _last_by(row, readers)}
    own -= await coauthored(work, own)
    return [one for row, one in telling if _key(row) not in own]


def _may_tell_place(one: Stored) -> bool:
    return one.type in whereabouts.PLACED and one.packed is not None


def _key(row: Any) -> tuple[int, int, str]:
    return row["owner"], row["type"], row["id"]


def _last_by(row: Any, readers: set[int]) -> bool:
    """Say whether a reader wrote there last: of a case the journal says who looked, and who answers."""
    return row.get("author") in readers and CASE not in (row.get("labels") or ())


async def whereabouts_hidden(work: Work, owner: int) -> bool:
    """Say whether it is hidden from the actor, or from whom the actor looks with, where the person is to be."""
    readers = [one for one in (work.actor, work.through) if one is not None and one.kind is Kind.CITIZEN]
    known = (await facts_for(work, [owner])).get(owner) if readers else None
    return any(known is None or whereabouts.places_hidden_from(one, known) for one in readers)


async def _facts_of(work: Work, rows: Sequence[Any], found: Iterable[Stored]) -> dict[int, Facts]:
    """Return the facts of those whose resources these are; rows: of one query, which may bring them."""
    known = _facts_told(rows)
    unknown = {one.owner for one in found} - known.keys()
    return known | (await facts_for(work, unknown) if unknown else {})


def _facts_told(rows: Sequence[Any]) -> dict[int, Facts]:
    """Return the facts that rows bring, each of its own record; they come of one query, so the first tells of all."""
    told = bool(rows) and "facts_rev" in rows[0]
    return {row["owner"]: facts_in(row) for row in rows} if told else {}


def _hides_addresses(work: Work, facts: Facts) -> bool:
    """Say whether the addresses of a record are hidden from the actor, or from whom the actor looks with."""
    return any(addresses.hidden_from(one, facts) for one in (work.actor, work.through) if one is not None)


def _may_tell(one: Stored) -> bool:
    return _ADDRESS in (one.body or b"") or _ESCAPED in (one.body or b"")


async def _hidden(work: Work, rows: Sequence[Any], found: Sequence[Stored]) -> list[set[str]]:
    """Return "Patient/x" of those whose names may not be shown, for each row."""
    named = [_others(row, one) for row, one in zip(rows, found, strict=True)]
    if not any(named):
        return named
    keys = await _keys(work, set().union(*named))
    if not keys:
        return [set() for _ in found]
    facts = await facts_for(work, keys.values())
    closed = {key for key in keys.values() if key not in facts or not asked(work, facts[key], None, Act.READ).permit}
    return [
        {text for text in texts if keys.get(text) in closed - {one.owner}}
        for texts, one in zip(named, found, strict=True)
    ]


def _others(row: Mapping[str, Any], one: Stored) -> set[str]:
    """Return "Patient/x" of the others whom the resource names; it is opened only when it may name any."""
    if one.packed is None or not (row["about"] or row.get("method", "") != ""):  # that is told of old versions
        return set()
    found = set(other_patients(one.resource, one.body or b""))
    return found - _asker(one.resource) if CASE in (row["labels"] or ()) else found


def _asker(case: Mapping[str, Any]) -> set[str]:
    """Return who asks in a case, by right: those who may read it answer them by name."""
    return {str((case.get("requester") or {}).get("reference", ""))}


async def _keys(work: Work, named: Iterable[str]) -> dict[str, int]:
    """Return the owner key behind each "Patient/x" that is known; ids from elsewhere cost one trip together."""
    opened = {text: work.office.ids.open(text.partition("/")[2]) for text in named}
    keys = {text: key for text, key in opened.items() if key is not None}
    if foreign := [text.partition("/")[2] for text, key in opened.items() if key is None]:
        rows = await fetch(work, SQL.located, [types.code_of("Patient")] * len(foreign), foreign)
        keys |= {f"Patient/{row['id']}": row["owner"] for row in rows}
    return keys


def _without_names(stored: Stored, hidden: set[str]) -> None:
    resource = stored.resource
    for reference in _references(resource):
        if patient_in(reference["reference"]) in hidden:
            reference.pop("display", None)
            reference.pop("identifier", None)
    stored.body = bodies.dumps(resource)


def _references(value: Any) -> Iterable[dict[str, Any]]:
    """Yield every object in `value` that points to something."""
    if isinstance(value, dict):
        if isinstance(value.get("reference"), str):
            yield value
        for inner in value.values():
            yield from _references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _references(inner)
