"""Whose record each thing of a set belongs in: one trip for all that is named by an id minted elsewhere or a number."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from akson.access import roles
from akson.base.errors import Refused
from akson.base.ids import new_owner_key
from akson.base.queries import queries
from akson.base.turns import in_turns
from akson.base.work import Work
from akson.fhir import owners, types
from akson.record.drafts import Draft, owner_path, within
from akson.record.facts import facts_of, national_identifiers
from akson.record.identities import refuse_wrong_numbers
from akson.record.projecting import Lookup
from akson.record.session import fetch

SQL = queries(__file__, "reading.sql")


async def look_up(work: Work, drafts: Iterable[Draft]) -> Lookup:
    """Find the owners of everything that is named by an id minted elsewhere or by a national identifier."""
    lookup = Lookup(work.office.ids.open)
    synthetic = work.office.synthetic
    async for draft in in_turns(drafts):
        if (resource := draft.resource) is not None:
            within(draft, refuse_wrong_numbers, resource, synthetic=synthetic)
            facts_of(resource, lookup)
            for named in draft.names.others:
                lookup.key(named)
        _name_owner(draft, lookup)
    return await _found_in(work, lookup)


async def look_up_owners(work: Work, drafts: Iterable[Draft]) -> Lookup:
    """Find those owners whom the drafts belong to, and nothing else."""
    lookup = Lookup(work.office.ids.open)
    async for draft in in_turns(drafts):
        _name_owner(draft, lookup)
    return await _found_in(work, lookup)


def _name_owner(draft: Draft, lookup: Lookup) -> None:
    if draft.method != "POST" and draft.id:
        lookup.key(draft.reference)
    if draft.brings:
        draft.owns_itself = owner_of(draft, lookup) is None


async def _found_in(work: Work, lookup: Lookup) -> Lookup:
    """Find what the lookup has met and does not know: one trip for references, one for identifiers."""
    if lookup.missing_references:
        pairs = [reference.split("/", 1) for reference in sorted(lookup.missing_references)]
        known = [(types.code_of(t), i) for t, i in pairs if types.is_type(t)]
        rows = await fetch(work, SQL.located, [t for t, _ in known], [i for _, i in known])
        lookup.references.update({f"{types.name_of(r['type'])}/{r['id']}": r["owner"] for r in rows})
    if lookup.missing_identifiers:
        systems, values = zip(*sorted(lookup.missing_identifiers), strict=True)
        for row in await fetch(work, SQL.identified, list(systems), list(values)):
            lookup.identifiers[row["system"], row["value"]] = row["owner"]
    return lookup


def owner_of(draft: Draft, lookup: Lookup) -> tuple[int, str | None] | None:
    """Return (owner key or 0, reference) of who owns the resource of `draft`; None when it owns itself."""
    if draft.belongs is not None:
        return (draft.belongs, None) if draft.belongs else None
    if draft.type == owners.BUNDLE and draft.resource is not None:
        return _of_bundle(draft.resource, lookup)
    return None if draft.names.owner is None else _found(draft.names.owner, lookup)


def _found(owner: str | owners.Identified, lookup: Lookup) -> tuple[int, str | None]:
    if isinstance(owner, str):
        return (lookup.key(owner) if types.is_type(owner.partition("/")[0]) else 0), owner
    return lookup.identified(owner.system or "", owner.value), None


def _of_bundle(bundle: Mapping[str, Any], lookup: Lookup) -> tuple[int, str | None] | None:
    """Return whose record a Bundle belongs in; None for one that is about nobody, or about several."""
    found = [_found(name, lookup) for name in owners.named_in(bundle)]
    unknown = next((one for one in found if not one[0]), None)
    return unknown or (found[0] if len({key for key, _ in found}) == 1 else None)


def is_about_several(draft: Draft) -> bool:
    """Tell whether it is a Bundle that stands in no record though it is about persons."""
    alone = draft.type == owners.BUNDLE and draft.owns_itself and draft.resource is not None
    return alone and bool(owners.named_in(draft.resource or {}))


def _refuse_several(work: Work, draft: Draft) -> None:
    """Refuse a Bundle that belongs to nobody since it belongs to several, but to those who load old records."""
    if is_about_several(draft) and not (roles.loads(work.actor) or roles.OWN_JOB in work.actor.scopes):
        raise Refused("AK-J014", path="Bundle.entry")


def place(work: Work, draft: Draft, lookup: Lookup) -> None:
    """Find the draft's owner and, for a create, its id. Raises Refused AK-J001, AK-J004, AK-J014.

    Nothing is made under an id that was minted for another than it turns out to belong to: no read would find it.
    """
    known = lookup.key(draft.reference) if draft.id and draft.method != "POST" else 0
    if not draft.brings:
        if not known:
            raise Refused("AK-J001")
        draft.owner = draft.stands_with = known
        return
    found = owner_of(draft, lookup)
    if found is None:
        draft.owns_itself = True
        _refuse_several(work, draft)
        draft.owner = known or draft.owner or work.office.ids.open(draft.id or "") or new_owner_key()
        introduce(draft, lookup)
    elif not found[0]:
        raise Refused("AK-J004", path=owner_path(draft), detail="the person it is about")
    else:
        draft.owner, draft.owner_reference = found
    draft.stands_with = known or draft.owner
    draft.id = draft.id or work.office.ids.mint(draft.owner)
    if draft.method == "POST" and work.office.ids.open(draft.id) not in (draft.owner, None):
        raise Refused("AK-J004", path=owner_path(draft), detail="the person it is about")


def introduce(draft: Draft, lookup: Lookup) -> None:
    """Let those of a set that belong to what owns itself find it by its id, or a person by number."""
    owner = draft.owner or 0
    lookup.references[draft.reference] = owner
    lookup.identifiers |= dict.fromkeys(national_identifiers(draft.resource or {}), owner)
