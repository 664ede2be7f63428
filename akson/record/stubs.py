"""Places for persons whom what is loaded is about, and who are not here: a stub, which the Patient fills on arrival.

An import gives one to each Patient named by an id. A loading program (`roles.LOAD`) brings the records of a system that
is phased out, in any order and not always whole, so it leaves nothing out: a person known by an identifier only, or by
the address of another server, gets a stub that says so; what belongs through something absent stands by itself. To
everybody else who is not here is unknown, and what is about them is refused.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from akson.access.roles import loads
from akson.base.errors import Refused
from akson.base.ids import new_owner_key
from akson.base.queries import queries
from akson.base.work import Work
from akson.fhir import bodies, owners, types
from akson.fhir.owners import Identified
from akson.record import conditions
from akson.record.conditions import Condition
from akson.record.drafts import ITSELF, PERSON_TYPE, Draft, owner_path
from akson.record.preparing import prepare
from akson.record.search.values import escape
from akson.record.session import execute, fetch, session
from akson.record.stored import Stored

READING = queries(__file__, "reading.sql")
_ADDRESS = "urn:ietf:rfc:3986"  # the system of identifiers that are addresses
_PREFIX = "stub-"
Keys = dict[str, int]  # owner keys by "Type/id"


async def write_set(work: Work, drafts: Sequence[Draft]) -> list[Stored]:
    """Queue a set as `journal.write_set` does; one that a loading program brings, with the stubs it needs."""
    if loads(work.actor):
        await place(work, drafts)
    return await prepare(work, drafts)


async def place(work: Work, drafts: Sequence[Draft], names: Collection[str] = ()) -> None:
    """Queue a stub for each absent person whom one of `drafts` is about, and tell each draft where it belongs.

    names   what a set calls those of its drafts that have no id yet
    Raises  Refused as any write: who may not register persons gets no stubs
    """
    for draft in drafts if loads(work.actor) else ():
        if draft.type == owners.BUNDLE and len(owners.named_in(draft.resource or {})) > 1:
            draft.belongs = ITSELF
    arriving = await _arrive(work, drafts) if loads(work.actor) else {}
    coming = {f"{draft.type}/{draft.id}" for draft in drafts if draft.id} | set(names)
    waiting = [(draft, owner) for draft in drafts if (owner := _absent(work, draft, coming)) is not None]
    if not waiting:
        return
    stubs = {id(draft): _stub(work, draft, owner) for draft, owner in waiting}
    sought = [owner for _, owner in waiting if isinstance(owner, str)]
    places = [stub.reference for stub in stubs.values() if stub]
    known = await _located(work, [*sought, *places, *_own(drafts)]) | arriving
    made: dict[str, Draft] = {}
    for draft, owner in waiting:
        stub = stubs[id(draft)]
        if isinstance(owner, str) and owner in known:
            draft.belongs = await _where_it_stands(work, draft, known, known[owner])
        elif stub is None:
            draft.belongs = ITSELF
        else:
            key = known.get(stub.reference) or await _identified(work, owner)
            draft.belongs = key or made.setdefault(stub.reference, stub).owner
    if made:
        await _make(work, made, drafts)


def _absent(work: Work, draft: Draft, coming: Collection[str]) -> str | Identified | None:
    """Return what names the draft's owner, when that may be somebody or something that is not here."""
    owner = draft.names.owner if draft.brings and draft.belongs is None else None
    if isinstance(owner, str):
        type_, _, id_ = owner.partition("/")
        if owner in coming or owner.startswith("urn:") or work.office.ids.open(id_) is not None:
            return None
        return owner if loads(work.actor) or (type_ == PERSON_TYPE and "/" not in id_) else None
    return owner if loads(work.actor) else None


def _stub(work: Work, draft: Draft, owner: str | Identified) -> Draft | None:
    """Return the place of the person that `owner` names; None when it names something else."""
    if isinstance(owner, Identified):
        if not owner.person:
            return None
        return _person(draft, _stub_id(work, owner, draft), owner)
    type_, _, id_ = owner.partition("/")
    if type_ == PERSON_TYPE and "/" not in id_:
        return _person(draft, id_)
    if owners.patient_in(owner) is None:
        return None
    elsewhere = Identified(_ADDRESS, owner)
    return _person(draft, _stub_id(work, elsewhere, draft), elsewhere)


def _person(draft: Draft, id_: str, known_by: Identified | None = None) -> Draft:
    resource: dict[str, Any] = {"resourceType": PERSON_TYPE, "id": id_}
    if known_by is not None:
        system = {"system": known_by.system} if known_by.system else {}
        resource["identifier"] = [system | {"value": known_by.value}]
    path = draft.path and draft.path + owner_path(draft).removeprefix(draft.type)  # refused, that person is unknown
    return Draft(method="PUT", type=PERSON_TYPE, id=id_, resource=resource, body=bodies.dumps(resource),
                 path=path, owner=new_owner_key())  # fmt: skip


def _stub_id(work: Work, known_by: Identified, draft: Draft) -> str:
    """Return the id of the stub of who is known by an identifier; one without a system is nobody's beyond the draft."""
    value = known_by.value if known_by.system else draft.reference if draft.id else secrets.token_hex(8)
    number = work.office.hasher.token(types.code_of(PERSON_TYPE), f"{_PREFIX}{known_by.system or ''}", value)
    return f"{_PREFIX}{number & (2**64 - 1):016x}"


async def _identified(work: Work, owner: str | Identified) -> int:
    """Return the owner key of the one person here with that identifier; 0 when there is none, or more than one."""
    if not isinstance(owner, Identified) or not owner.system:
        return 0
    try:
        found = await conditions.match(work, _condition(owner.system, owner.value))
    except Refused:  # several; or one who may not be seen, whom the stub's own number then tells of
        return 0
    return found.owner if found else 0


def _condition(system: str, value: str) -> Condition:
    return Condition(type=PERSON_TYPE, pairs=(("identifier", f"{escape(system)}|{escape(value)}"),))


async def _where_it_stands(work: Work, draft: Draft, known: Keys, owner: int) -> int | None:
    """Return the key of the draft itself when it stands by itself since what it belongs through was absent then."""
    own = known.get(draft.reference, owner)
    if own == owner or not loads(work.actor):
        return None
    row = next(iter(await fetch(work, READING.owners, [own])), None)
    return own if row is not None and types.name_of(row["type"]) == draft.type else None


async def _make(work: Work, made: Mapping[str, Draft], drafts: Sequence[Draft]) -> None:
    """Queue the stubs; those that somebody else has made meanwhile are left to them."""
    keys = [work.office.hasher.token(0, _PREFIX, reference) for reference in made]
    await execute(work, conditions.SQL.wait, sorted(keys), work.now)
    there = await _located(work, made)
    for reference, stub in made.items():
        for draft in drafts:
            if reference in there and draft.belongs == stub.owner:
                draft.belongs = there[reference]
    await prepare(work, [stub for reference, stub in made.items() if reference not in there])


async def _arrive(work: Work, drafts: Sequence[Draft]) -> Keys:
    """Let each Patient who is new take over the record of the stub that stands for them, which goes.

    Returns the owner key of each Patient among the drafts, by the "Type/id" that their stubs would have
    """
    persons = [draft for draft in drafts if draft.type == PERSON_TYPE and draft.brings]
    stubs = {f"{PERSON_TYPE}/{_stub_id(work, one, draft)}": draft for draft in persons for one in _identifiers(draft)}
    known = await _located(work, [*stubs, *_own(persons)]) if stubs else {}
    leaving: list[Draft] = []
    for reference, draft in stubs.items():
        key = known.get(draft.reference) or work.office.ids.open(draft.id or "") or draft.owner
        if key is None and reference in known and (stub := await _standing(work, reference, known[reference])):
            leaving.append(stub)
            key = known[reference]
        draft.owner = key or new_owner_key()
    if leaving:
        await prepare(work, leaving)
    return {reference: draft.owner or 0 for reference, draft in stubs.items()}


async def _standing(work: Work, reference: str, owner: int) -> Draft | None:
    """Return what removes a stub; None when it is gone already: its record is another's now."""
    id_ = reference.partition("/")[2]
    rows = await fetch(work, READING.current, [owner], [types.code_of(PERSON_TYPE)], [id_])
    gone = not rows or rows[0]["deleted"]
    return None if gone else Draft(method="DELETE", type=PERSON_TYPE, id=id_)


def _identifiers(draft: Draft) -> Iterable[Identified]:
    for one in (draft.resource or {}).get("identifier") or ():
        if one.get("system") and one.get("value"):
            yield Identified(one["system"], one["value"])


def _own(drafts: Iterable[Draft]) -> Iterable[str]:
    return (draft.reference for draft in drafts if draft.method == "PUT")


async def _located(work: Work, references: Iterable[str]) -> Keys:
    """Return the owner keys of those of "Type/id" that are here, or queued to be."""
    parted = {(type_, id_) for type_, _, id_ in (one.partition("/") for one in references) if types.is_type(type_)}
    found = {f"{type_}/{id_}": owner for owner, type_, id_ in session(work).known if (type_, id_) in parted}
    columns = [types.code_of(type_) for type_, _ in parted], [id_ for _, id_ in parted]
    rows = await fetch(work, READING.located, *columns) if parted else []
    return found | {f"{types.name_of(row['type'])}/{row['id']}": row["owner"] for row in rows}
