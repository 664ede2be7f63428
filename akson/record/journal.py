"""The journal: the only door to the record, for web page, FHIR client, message, migration and citizen alike.

Every function takes `work` first, asks access, and leaves its trace. Resources are plain dicts (or their JSON); what
comes back is `Stored`. A create queues; a read or search first writes what is queued, so a work reads its own writes.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from akson.access.facts import Facts, Labels
from akson.access.rules import Act, partly_closed
from akson.base.arrays import literal
from akson.base.errors import Refused
from akson.base.queries import queries
from akson.base.work import Kind, Work
from akson.fhir import bodies, checks, types
from akson.fhir import search as extraction
from akson.record.deciding import allow, allow_row, asked, facts_for, labels_in, note, permitted
from akson.record.drafts import Draft
from akson.record.masking import as_kept, shown
from akson.record.narrowing import supposed_met
from akson.record.preparing import prepare
from akson.record.session import fetch, look, session
from akson.record.stored import Stored
from akson.record.values import hot_slots
from akson.record.writing import flush

SQL = queries(__file__, "reading.sql")
CONSENT = "Consent"
Resource = dict[str, Any]
Mark = tuple[str, str | None, str]  # search parameter, system, code


async def create(work: Work, resource: Resource | bytes, *, id_: str | None = None) -> Stored:
    """Queue one new resource; it is written when the work is flushed.

    id_      only when it was minted beforehand (transactions)
    Raises   Refused: AK-J007 not valid, AK-J004 unknown person, or an access refusal; then nothing is queued
    """
    return (await prepare(work, [draft("POST", resource, id_=id_)]))[0]


async def update(work: Work, resource: Resource | bytes, *, id_: str, if_match: int | None = None) -> Stored:
    """Queue a new version of one resource, or its first under an id chosen elsewhere.

    Raises   Refused: AK-J003 when if_match is not the current version, AK-J005 when its person would change
    """
    return (await prepare(work, [draft("PUT", resource, id_=id_, if_match=if_match)]))[0]


async def delete(work: Work, type_: str, id_: str, *, if_match: int | None = None) -> Stored:
    """Queue the removal of one resource from view; its versions stay in the journal.

    Raises   Refused: AK-J001 unknown, AK-J002 deleted already
    """
    return (await prepare(work, [Draft(method="DELETE", type=type_, id=id_, if_match=if_match)]))[0]


async def write_set(work: Work, drafts: Sequence[Draft]) -> list[Stored]:
    """Queue a whole set, decided upon as one; see `create`, `update` and `delete` for what each may be refused with."""
    return await prepare(work, drafts)


def draft(method: str, resource: Resource | bytes, *, id_: str | None = None, if_match: int | None = None) -> Draft:
    """Return a checked draft of one resource.

    Raises   checks.Invalid with every fault and its path
    """
    body = resource if isinstance(resource, bytes) else bodies.dumps(resource)
    checked = checks.check(body)
    return Draft(method=method, type=checked.type, id=id_, resource=checked.data, body=body, if_match=if_match)


async def read(work: Work, type_: str, id_: str) -> Stored:
    """Return the current version of one resource.

    Raises   Refused: AK-J001 unknown, AK-J002 deleted, or an access refusal
    """
    return (await shown(work, [await _readable(work, type_, id_)]))[0]


async def whole(work: Work, type_: str, id_: str) -> Stored:
    """Return the current version of one resource as it is kept, for changing a part of it.

    Raises   Refused: as `read`; AK-F027 when a part of it may not be shown
    """
    return await as_kept(work, await _readable(work, type_, id_))


async def _readable(work: Work, type_: str, id_: str) -> Any:
    await flush(work)
    key = await key_of(work, type_, id_)
    if session(work).connection is None:
        row = await work.office.current.fetch(key)
    else:
        found = await fetch(work, SQL.current, [key[0]], [key[1]], [key[2]])
        row = found[0] if found else None
    if row is None:
        raise unknown(work, type_, id_)
    allow_row(work, row, Act.READ, f"{type_}/{id_}/_history/{row['version']}")
    if row["deleted"]:
        raise Refused("AK-J002")
    return row


async def read_many(work: Work, references: Sequence[str]) -> dict[str, Stored]:
    """Return those of "Type/id" that exist and that the actor may see, by reference, in one round trip.

    For lists whose items are each judged by themselves; what is left out is refused, gone, or not in this journal.
    Ids that were minted elsewhere cost one round trip more, however many they are.
    """
    await flush(work)
    keys = await _keys_of(work, references)
    if not keys:
        return {}
    owners, codes, ids = zip(*keys, strict=True)
    rows = await fetch(work, SQL.current, list(owners), list(codes), list(ids))
    found = permitted(work, [row for row in rows if not row["deleted"]])
    for row, decision in found:
        note(work, row, decision)
    return {hit.reference: hit for hit in await shown(work, [row for row, _ in found])}


async def vread(work: Work, type_: str, id_: str, version: int) -> Stored:
    """Return one version of one resource, judged by today's access.

    Raises   Refused: AK-J001 unknown, AK-J002 when that version is a delete or was erased
    """
    await flush(work)
    owner, code, _ = await key_of(work, type_, id_)
    rows = await fetch(work, SQL.one_version, owner, code, id_, version)
    if not rows:
        raise unknown(work, type_, id_)
    allow_row(work, rows[0], Act.READ, f"{type_}/{id_}/_history/{version}")
    if rows[0]["deleted"] or rows[0]["erased"]:
        raise Refused("AK-J002")
    return (await shown(work, rows))[0]


async def history(work: Work, type_: str, id_: str, *, before: int = 2**31 - 1, most: int = 50) -> list[Stored]:
    """Return the versions of one resource, newest first, at most `most` of those below version `before`."""
    await flush(work)
    owner, code, _ = await key_of(work, type_, id_)
    rows = await fetch(work, SQL.history, owner, code, id_, before, most)
    if not rows:
        raise unknown(work, type_, id_)
    allow_row(work, rows[0], Act.READ, f"{type_}/{id_}/_history")
    return await shown(work, [row for row, _ in permitted(work, rows)])


async def chart(
    work: Work, patient: str, wanted: Mapping[str, int], *, marked: Mapping[str, Mark] | None = None
) -> dict[str, list[Stored]]:
    """Return the newest of several resource types from one person's record, in one round trip beside the facts.

    patient  id of the Patient
    wanted   type -> how many at most; "Observation:lab" asks for a type under a name of its own, so it may stand twice
    marked   the same name -> (search parameter, system, code) that each must carry, e.g. Observation by category
    """
    await flush(work)
    owner = (await key_of(work, "Patient", patient))[0]
    facts = (await facts_for(work, [owner])).get(owner)
    if facts is None:
        raise unknown(work, "Patient", patient)
    decided = allow(work, facts, None, Act.READ, f"Patient/{patient} chart")
    denied = await denied_ids(work, [owner])
    names = list(wanted)
    kinds = [name.partition(":")[0] for name in names]
    marks = [(kind, (marked or {}).get(name)) for kind, name in zip(kinds, names, strict=True)]
    tokens, by = [token_of(work, *mark) for mark in marks], [rows_of(work, *mark) for mark in marks]
    codes = [types.code_of(kind) for kind in kinds]
    rows = await look(work, SQL.chart, owner, codes, list(wanted.values()), tokens, denied, by)
    found: dict[str, list[Stored]] = {name: [] for name in names}
    open_ = [row for row in rows if asked(work, facts, labels_in(work, row, facts), Act.READ).permit]
    for row, hit in zip(open_, await shown(work, open_), strict=True):
        work.saw(owner, f"{hit.reference}/_history/{hit.version}", rule=decided.rule, basis=decided.basis)
        found[names[row["place"] - 1]].append(hit)
    return found


async def denied_ids(work: Work, owners: Sequence[int]) -> list[str]:
    """Return the ids that a block on parts of a record, or a mark, keeps from this actor; costs as `denied`."""
    return [labels.id for labels in await denied(work, owners, types.TYPES)]


async def denied(work: Work, owners: Sequence[int], names: Collection[str]) -> list[Labels]:
    """Return what of these types a block on parts of a record, or a mark, keeps from this actor.

    Costs a round trip only for owners with blocks on parts, and for a citizen who may not see another's Consents; the
    rules are asked item by item, as a read would ask them; but for what narrows a token, which whoever asks this asks
    beside it.
    """
    citizen = work.actor.kind is Kind.CITIZEN
    known = {owner: facts for owner, facts in (await facts_for(work, owners)).items()
             if citizen or facts.blocks or facts.labelled}  # fmt: skip
    parted = [owner for owner, facts in known.items() if partly_closed(facts)]
    private = [owner for owner, facts in known.items() if owner not in parted and _consents_closed(work, facts)]
    asks = bool(parted or private)
    whose = literal(parted), literal(private), types.code_of(CONSENT)
    only = literal([types.code_of(name) for name in names])
    rows = await look(work, SQL.labels_of, *whose, only) if asks else []
    items = [(known[row["owner"]], labels_in(work, row, known[row["owner"]])) for row in rows]
    items += [(facts, labels) for facts in known.values() for labels in facts.labelled if labels.type in names]
    return [labels for facts, labels in items if not asked(work, facts, supposed_met(work, labels), Act.READ).permit]


def _consents_closed(work: Work, facts: Facts) -> bool:
    is_citizen = work.actor.kind is Kind.CITIZEN
    return is_citizen and not asked(work, facts, Labels(type=CONSENT), Act.READ).permit


async def key_of(work: Work, type_: str, id_: str) -> tuple[int, int, str]:
    """Return the primary key behind Type/id: inside the id when it is ours, else by one look-up."""
    if not types.is_type(type_):
        raise Refused("AK-J001")
    code = types.code_of(type_)
    owner = work.office.ids.open(id_)
    if owner is None:
        rows = await fetch(work, SQL.located, [code], [id_])
        if not rows:
            raise unknown(work, type_, id_)
        owner = rows[0]["owner"]
    return owner, code, id_


async def _keys_of(work: Work, references: Sequence[str]) -> list[tuple[int, int, str]]:
    """Return the primary keys behind those of "Type/id" that are known."""
    parted = [reference.partition("/") for reference in dict.fromkeys(references)]
    named = [(types.code_of(type_), id_) for type_, _, id_ in parted if types.is_type(type_)]  # not #x, not https://
    keys = [(owner, code, id_) for code, id_ in named if (owner := work.office.ids.open(id_)) is not None]
    if elsewhere := [(code, id_) for code, id_ in named if work.office.ids.open(id_) is None]:
        codes, ids = zip(*elsewhere, strict=True)
        keys += [(row["owner"], row["type"], row["id"]) for row in await fetch(work, SQL.located, codes, ids)]
    return keys


def unknown(work: Work, type_: str, id_: str) -> Refused:
    work.saw(0, f"{type_}/{id_}", outcome="unknown")
    return Refused("AK-J001")


def token_of(work: Work, type_: str, mark: Mark | None) -> int:
    """Return the search token that a mark asks for; 0 for none."""
    if mark is None:
        return 0
    name, system, code = mark
    hashed: int = work.office.hasher.token(extraction.parameters(type_)[name].slots[0].id, system, code)
    return hashed


def rows_of(work: Work, type_: str, mark: Mark | None) -> int:
    """Return the token that rows of a mark's code are found by; 0 for none, and where such codes have no rows."""
    if mark is None:
        return 0
    name, _, code = mark
    slot = extraction.parameters(type_)[name].slots[0].id
    return work.office.hasher.hot(slot, None, code).token if slot in hot_slots(type_) else 0
