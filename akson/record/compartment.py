"""One person's whole record, part by part in the order of its key: what is theirs, then what that points at outside.

A part costs a fixed number of statements whatever the size of the record, and holds what a read of each would show.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from akson.access.facts import Facts, Labels
from akson.access.rules import Act
from akson.base.queries import queries
from akson.base.work import Kind, Work
from akson.fhir import owners, types
from akson.fhir.dates import BEGINNING, END
from akson.record.deciding import allow, asked, facts_for, labels_in
from akson.record.journal import CONSENT, denied_ids, key_of, read_many, unknown
from akson.record.masking import shown
from akson.record.narrowing import alternatives, meets
from akson.record.placed import PLACES
from akson.record.session import fetch
from akson.record.stored import Stored
from akson.record.whereabouts import WHOLLY, places_hidden_from
from akson.record.writing import flush

SQL = queries(__file__, "compartment.sql")
_PERSON = types.code_of("Patient")
# What belongs to nobody's record, and may be named in one.
_COMMON = [types.code_of(name) for name in types.TYPES if name not in owners.OF_PERSONS]


@dataclass(frozen=True, kw_only=True)
class Place:
    """After what a part begins. outside: among what the record points at."""

    type: int = 0
    id: str = ""
    outside: bool = False


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which of it. since: changed then or later; care between start and end, which the person itself is not held to."""

    types: Sequence[str] = ()
    since: datetime = BEGINNING
    start: datetime = BEGINNING
    end: datetime = END


@dataclass(kw_only=True)
class Part:
    """next: where the next part begins, None after the last."""

    hits: list[Stored] = field(default_factory=list)
    next: Place | None = None


async def everything(work: Work, patient: str, wanted: Wanted, place: Place, most: int) -> Part:
    """Return at most `most` of one person's record, beginning after `place`.

    Raises  Refused: AK-J001 unknown, or an access refusal
    """
    await flush(work)
    owner = (await key_of(work, "Patient", patient))[0]
    facts = (await facts_for(work, [owner])).get(owner)
    if facts is None or not facts.is_person:
        raise unknown(work, "Patient", patient)
    decided = allow(work, facts, None, Act.READ, f"Patient/{patient} everything")
    denied = await denied_ids(work, [owner])
    if place.outside:
        return await _outside(work, facts, wanted, denied, place, most)
    codes = [types.code_of(name) for name in wanted.types] or None
    rows = await fetch(
        work, SQL.everything, owner, codes, wanted.since, wanted.start, wanted.end, _PERSON, denied,
        place.type, place.id, most + 1, *await _readable(work, facts),
    )  # fmt: skip
    few = rows[:most]
    permitted = [row for row in few if asked(work, facts, labels_in(work, row, facts), Act.READ).permit]
    part = Part(hits=await shown(work, permitted))
    for hit in part.hits:
        work.saw(owner, f"{hit.reference}/_history/{hit.version}", rule=decided.rule, basis=decided.basis)
    if len(rows) > most:
        part.next = Place(type=few[-1]["type"], id=few[-1]["id"])
    else:
        part.next = Place(outside=True)
    return part


async def _outside(work: Work, facts: Facts, wanted: Wanted, denied: Sequence[str], place: Place, most: int) -> Part:
    """Return what the record points at and does not hold itself; each judged by itself.

    Only what the actor may see of the record points at anything: else a medicine would tell of a hidden prescription,
    and a place where somebody is to be whose whereabouts are hidden.
    """
    codes = (
        [types.code_of(name) for name in wanted.types if types.code_of(name) in _COMMON] if wanted.types else _COMMON
    )
    hides = _hides_places(work, facts)
    codes = [code for code in codes if not hides or types.name_of(code) not in PLACES]
    rows = await fetch(
        work, SQL.named, facts.owner, codes, place.type, place.id, list(denied), most + 1,
        *await _readable(work, facts, WHOLLY if hides else frozenset()),
    )  # fmt: skip
    few = rows[:most]
    found = await read_many(work, [f"{types.name_of(row['type'])}/{row['id']}" for row in few])
    after = Place(type=few[-1]["type"], id=few[-1]["id"], outside=True) if len(rows) > most else None
    return Part(hits=list(found.values()), next=after)


def _hides_places(work: Work, facts: Facts) -> bool:
    return any(places_hidden_from(one, facts) for one in (work.actor, work.through) if one is not None)


async def _readable(work: Work, facts: Facts, but: frozenset[str] = frozenset()) -> tuple[list[int], list[str]]:
    """Return the types that the actor may read here; of types that a token gives a part of, the ids.

    No others are looked at: empty places on a page would tell how much is hidden. Consents that a citizen may not read
    are among the denied.
    """
    named = [name for name in owners.OF_PERSONS - but if _may_read(work, facts, name)]
    parts = {types.code_of(name): part for name in named if (part := alternatives(work, name, "r")) is not None}
    whole = [code for code in map(types.code_of, named) if code not in parts]
    rows = await fetch(work, SQL.tokens, facts.owner, list(parts)) if parts else []
    return whole, [row["id"] for row in rows if meets(parts[row["type"]], frozenset(row["tokens"]))]


def _may_read(work: Work, facts: Facts, name: str) -> bool:
    own = name == CONSENT and work.actor.kind is Kind.CITIZEN
    return own or asked(work, facts, Labels(type=name), Act.READ).permit
