"""What stands already where a set is to be written: read for the whole set at once, and judged for each draft."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from akson.access import roles
from akson.access.facts import Facts, Labels
from akson.access.rules import Act, closes_by_date
from akson.base.arrays import literal
from akson.base.database import Database, Record
from akson.base.errors import Refused
from akson.base.ids import new_owner_key
from akson.base.queries import queries
from akson.base.rides import Rides
from akson.base.work import Kind, Work
from akson.fhir import types
from akson.record import addresses
from akson.record.coauthored import coauthored
from akson.record.deciding import LETTERS, allow, asked, facts_in, labels_in
from akson.record.drafts import Draft, Keys, owner_path
from akson.record.relating import ANYBODYS
from akson.record.session import Session, fetch, session
from akson.record.stored import Stored
from akson.record.whereabouts import places_hidden_from

SQL = queries(__file__, "reading.sql")
Rows = Mapping[tuple[int, str, str], Any]  # rows of `standing` by owner, type, id
_Key = tuple[int, int, str]  # owner, type, id
_Keys = tuple[_Key, ...]
LARGEST = 50  # keys of a set whose look is shared
# What they said, where they let nobody in, is weighed; so are the person's own words, what a register answered, and who
# answers for the record.
_TOLD = (*ANYBODYS, "QuestionnaireResponse", "VerificationResult", "CareTeam")
_WANTED = literal([types.code_of(name) for name in _TOLD])
_BLOCK = '{"kind":"block"'  # as facts.py writes it


class Standing(Rides[_Keys, list[Record]]):
    """The shared look at what write sets stand on; each gets what stands under its own keys."""

    def __init__(self, database: Database) -> None:
        async def ask(sets: Sequence[_Keys]) -> Mapping[_Keys, list[Record]]:
            rows = await database.keyed.fetch(
                SQL.standing_of, *_columns(sorted({key for keys in sets for key in keys}))
            )
            found = {(row["owner"], row["type"], row["id"]): row for row in rows}
            return {keys: [found[key] for key in keys if key in found] for keys in sets}

        super().__init__(ask)


async def standing(work: Work, drafts: Iterable[Draft]) -> Rows:
    """Return the current row of everything the set changes or belongs to; learn the owners' facts."""
    state = session(work)
    fresh = {d.owner for d in drafts if d.brings and _is_new_owner(d, state)}
    keys: set[tuple[int, str, str]] = set()
    for draft in drafts:
        if draft.stands_with in fresh or draft.stands_with in state.new:
            continue
        if draft.method != "POST" or draft.owner not in state.facts:
            keys |= {(owner, draft.type, draft.id or "") for owner in (draft.stands_with, draft.owner or 0)}
        if (named := draft.owner_named) and named not in state.known:
            keys.add(named)
    if not keys:
        return {}
    ordered = sorted(keys)
    codes = [types.code_of(type_) for _, type_, _ in ordered]
    columns = [k[0] for k in ordered], codes, [k[2] for k in ordered]
    rows = await _rows(work, tuple(zip(*columns, strict=True)))
    found = {(row["owner"], types.name_of(row["type"]), row["id"]): row for row in rows}
    content = any(roles.narrowed(work.actor.scopes, type_) for _, type_, _ in ordered)  # then it decides
    if content or any(_needs_body(work, facts_in(row)) for row in found.values()):
        for row in await fetch(work, SQL.current, *columns):
            key = row["owner"], types.name_of(row["type"]), row["id"]
            found[key] = {**found[key], "body": row["body"], "last_updated": row["last_updated"]}
    found |= await _with_others(work, found, {(d.stands_with, d.type, d.id) for d in drafts if d.method == "PUT"})
    for key, row in found.items():
        state.facts.setdefault(row["owner"], facts_in(row))
        if row["version"] is not None and not row["deleted"]:
            state.known.add(key)
    return found


async def _with_others(work: Work, found: Rows, changed: Collection[Any]) -> dict[tuple[int, str, str], Any]:
    """Return the rows of what is changed whose places are hidden from the actor: and whether others wrote there too."""
    if work.actor.kind is not Kind.CITIZEN:
        return {}
    hiding = {(row["owner"], row["type"], row["id"]): key for key, row in found.items()
              if key in changed and row["version"] and places_hidden_from(work.actor, facts_in(row))}  # fmt: skip
    mixed = await coauthored(work, hiding)
    return {key: {**found[key], "coauthored": one in mixed} for one, key in hiding.items()}


async def _rows(work: Work, keys: _Keys) -> Sequence[Record]:
    """Return what stands under some keys: read with others' at the same moment, unless it must be in a transaction."""
    state = session(work)
    if state.connection is not None or len(keys) > LARGEST:
        return await fetch(work, SQL.standing, *_columns(keys))
    state.statements += 1
    return await work.office.standing.fetch(keys) or []


def _columns(keys: Iterable[_Key]) -> list[str]:
    return [*(literal(column) for column in zip(*keys, strict=True)), _WANTED]


def _needs_body(work: Work, facts: Facts) -> bool:
    """Tell whether what stands is judged by what it says, or hides something from the actor."""
    return closes_by_date(facts) or addresses.hidden_from(work.actor, facts)


def _is_new_owner(draft: Draft, state: Session) -> bool:
    """Tell whether this draft brings its own owner: a create of something that owns itself."""
    return draft.method == "POST" and draft.owns_itself and draft.owner not in state.new


def standing_row(work: Work, draft: Draft, rows: Rows) -> tuple[Any, Labels | None]:
    """Return the current row of what the draft changes, and what the rules know of it; None when nothing stands there.

    An id that clients may choose, taken by what this one may not know of, is judged as if it were free: otherwise the
    answer would tell the two apart.

    Raises  Refused when it may not be changed
    """
    row = rows.get((draft.stands_with, draft.type, draft.id or ""))
    if row is None or not row["version"]:
        return None, None
    facts, labels = facts_in(row), as_it_stands(work, row, draft.method)
    try:
        allow(work, facts, labels, Act.WRITE, f"{draft.method} {draft.type}/{draft.id}")
    except Refused:
        if draft.method != "PUT" or _is_ours(work, draft) or _may_read(work, facts, labels):
            raise
        draft.taken = True
        if draft.owns_itself:
            draft.owner = new_owner_key()
        return None, None
    return row, labels


def _may_read(work: Work, facts: Facts, labels: Labels) -> bool:
    return asked(work, facts, msgspec.structs.replace(labels, letters=""), Act.READ).permit


def stood(work: Work, row: Any) -> dict[str, Any]:
    """Return what the weighing needs to know of the version that is changed, by name of the field."""
    told = Stored(type="", id="", version=0, owner=0, last_updated=work.now, packed=row["told"])
    return {
        "stated": tuple(data.encode() for data in row["stated"]),
        "stood": told.resource if told.packed else None,
        "numbers": frozenset(row["numbers"] or ()),
        "returned": bool(row["returned"]),
    }


def as_it_stands(work: Work, row: Any, method: str) -> Labels:
    """Return what the rules need to know of what is changed, by the facts that it states too."""
    block = any(data.startswith(_BLOCK) for data in row["stated"])
    return msgspec.structs.replace(labels_in(work, row, facts_in(row)), block=block, letters=LETTERS[method])


def _is_ours(work: Work, draft: Draft) -> bool:
    """Tell whether the id was minted by us, or could have been."""
    return work.office.ids.open(draft.id or "") is not None


def refuse_unfit(work: Work, draft: Draft, row: Any, coming: Keys) -> None:
    """Raise when the draft does not fit what is there. row: what it changes; None when there is nothing yet."""
    if row is not None and draft.stands_with != draft.owner:
        raise Refused("AK-J005", path=owner_path(draft))
    if row is None and (draft.method == "DELETE" or (draft.method == "PUT" and _is_ours(work, draft))):
        raise Refused("AK-J001")  # clients choose no ids of ours: as unknown as what may not be seen
    current = row["version"] if row is not None else 0
    if draft.if_match is not None and draft.if_match != current:
        raise Refused("AK-J003", expected=draft.if_match, current=current)
    if draft.method == "DELETE" and row["deleted"]:
        raise Refused("AK-J002")
    state = session(work)
    if (named := draft.owner_named) and named not in coming and named not in state.known:
        raise Refused("AK-J004", path=owner_path(draft), detail="the person it is about")
