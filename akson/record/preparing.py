"""From what a caller wants written to changes that can be: owners found, current versions known, access decided.

Everything is asked for the whole set at once: at most four round trips however many resources there are, one for most.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import msgspec

from akson.access import roles
from akson.access.facts import Facts, Labels
from akson.access.rules import Act
from akson.access.subscribers import SUBSCRIPTION
from akson.base.errors import Refused
from akson.base.ids import new_owner_key
from akson.base.queries import queries
from akson.base.turns import in_turns
from akson.base.work import Work
from akson.fhir import bodies, owners, types
from akson.record import addresses, following, own, profiling
from akson.record.changes import Change, fill, packed
from akson.record.deciding import LETTERS, allow, asked, facts_in, labels_in, labels_of
from akson.record.facts import Lookup, carries_facts, facts_of, labelled, national_identifiers
from akson.record.identities import refuse_wrong_numbers
from akson.record.session import Session, fetch, session
from akson.record.stored import Stored
from akson.record.stored import stored as stored_row
from akson.record.weighing import CONTACT, refuse_unfit_opening, weigh

SQL = queries(__file__, "reading.sql")
PERSON_TYPE = "Patient"
_BLOCK = '{"kind":"block"'  # as facts.py writes it
Keys = Collection[tuple[int, str, str]]  # owner, type, id
ITSELF = 0  # what `Draft.belongs` says of what stands by itself


@dataclass(kw_only=True)
class Draft:
    """One thing to be written, as the caller gives it.

    resource  checked by akson.fhir.checks; None for a delete
    body      its JSON
    id        given for an update or delete; for a create only when minted beforehand
    if_match  the version the caller has seen; None: whatever is current
    path      of the resource in what was sent, e.g. "Bundle.entry[3].resource"; "" when it was sent alone
    belongs   the owner's key where what it says names nobody who is here, or ITSELF; found by stubs.py
    """

    method: str  # POST, PUT, DELETE
    type: str
    id: str | None = None
    resource: dict[str, Any] | None = None
    body: bytes = b""
    if_match: int | None = None
    path: str = ""
    belongs: int | None = None
    owner: int | None = None  # found by `_place`; given only by naming.py and stubs.py
    stands_with: int = 0  # the owner of what stands under its id, which must be the same; found by `_place`
    taken: bool = False  # its id, by what the caller may not know of; found by `_standing_row`
    owner_reference: str | None = None
    owns_itself: bool = False

    @property
    def reference(self) -> str:
        """Where it is to stand: "Type/id"."""
        return f"{self.type}/{self.id}"

    @property
    def owner_named(self) -> tuple[int, str, str] | None:
        """The resource that it names as its owner: owner key, type, id."""
        if not self.owner_reference:
            return None
        type_, _, id_ = self.owner_reference.partition("/")
        return self.owner or 0, type_, id_


async def prepare(work: Work, drafts: Sequence[Draft]) -> list[Stored]:
    """Decide on a set of drafts and queue them; the set is written when the work is next flushed.

    Raises  Refused: AK-J001 to AK-J006, or an access refusal; then nothing of the set is queued
    """
    await following.hold(work, drafts)
    await profiling.hold(work, [(d.path, d.resource, d.body) for d in drafts])
    await own.hold(partial(fetch, work), [(d.path, d.resource) for d in drafts])
    lookup = await look_up(work, drafts)
    owners_first = sorted(range(len(drafts)), key=lambda n: not drafts[n].owns_itself)
    for n in owners_first:
        with _told(drafts[n]):
            _place(work, drafts[n], lookup)
    rows = await _standing(work, drafts)
    coming = {(d.owner or 0, d.type, d.id or "") for d in drafts if d.resource is not None}
    made: dict[int, Change] = {}
    async for n in in_turns(owners_first):
        with _told(drafts[n]):
            made[n] = _change(work, drafts[n], lookup, rows, coming)
    changes = [made[n] for n in range(len(drafts))]
    async for change, draft in in_turns(zip(changes, drafts, strict=True)):
        with _told(draft):
            _decide(work, change, draft)
    if taken := next((draft for draft in drafts if draft.taken), None):  # only who could have made it learns so much
        with _told(taken):
            raise Refused("AK-J006", path=taken.type)
    state = session(work)
    state.queue.extend(changes)
    state.known |= coming
    return [change.stored for change in changes]


@contextmanager
def _told(draft: Draft) -> Iterator[None]:
    """Let a refusal say where in what was sent it arose: "Observation.subject", "Bundle.entry[3].resource.subject".

    A refusal without a path is about the resource as it stands, and gets the path of its entry.
    """
    try:
        yield
    except Refused as refused:
        if draft.path:
            inside = (refused.path or "").partition(".")[2]
            entry = draft.path.removesuffix(".resource")
            refused.path = ".".join(filter(None, (draft.path, inside))) if refused.path else entry
        raise


async def look_up(work: Work, drafts: Iterable[Draft]) -> Lookup:
    """Find the owners of everything that is named by an id minted elsewhere or by a national identifier."""
    lookup = Lookup(work.office.ids.open)
    async for draft in in_turns(drafts):
        if draft.method != "POST" and draft.id:
            lookup.key(f"{draft.type}/{draft.id}")
        if draft.resource is not None:
            with _told(draft):
                refuse_wrong_numbers(draft.resource, synthetic=work.office.synthetic)
            draft.owns_itself = owner_of(draft, lookup) is None
            facts_of(draft.resource, lookup)
            for named in owners.other_patients(draft.resource, draft.body):
                lookup.key(named)
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
    owner = owners.owner_reference(draft.resource or {})
    if owner is None:
        return None
    if isinstance(owner, str):
        return (lookup.key(owner) if types.is_type(owner.partition("/")[0]) else 0), owner
    return lookup.identified(owner.system or "", owner.value), None


def _place(work: Work, draft: Draft, lookup: Lookup) -> None:
    """Find the draft's owner and, for a create, its id."""
    known = lookup.key(f"{draft.type}/{draft.id}") if draft.id and draft.method != "POST" else 0
    if draft.resource is None:
        if not known:
            raise Refused("AK-J001")
        draft.owner = draft.stands_with = known
        return
    found = owner_of(draft, lookup)
    if found is None:
        draft.owner = known or draft.owner or work.office.ids.open(draft.id or "") or new_owner_key()
        lookup.references[f"{draft.type}/{draft.id}"] = draft.owner  # for those of the set that belong to it
        lookup.identifiers |= dict.fromkeys(national_identifiers(draft.resource), draft.owner)  # or name it by number
    elif not found[0]:
        raise Refused("AK-J004", path=owner_path(draft), detail="the person it is about")
    else:
        draft.owner, draft.owner_reference = found
    draft.stands_with = known or draft.owner
    draft.id = draft.id or work.office.ids.mint(draft.owner)


def owner_path(draft: Draft) -> str:
    """Return where the resource names its owner; its type when it owns itself."""
    named = (path.removesuffix("!") for path in owners.OWNERS.get(draft.type, ()))
    given = [path for path in named if path.partition(".")[0] in (draft.resource or {})]
    return f"{draft.type}.{given[0]}" if given and not draft.owns_itself else draft.type


async def _standing(work: Work, drafts: Iterable[Draft]) -> dict[tuple[int, str, str], Any]:
    """Return the current row of everything the set changes or belongs to; learn the owners' facts."""
    state = session(work)
    fresh = {d.owner for d in drafts if d.resource is not None and _is_new_owner(d, state)}
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
    found = {(row["owner"], types.name_of(row["type"]), row["id"]): row
             for row in await fetch(work, SQL.standing, *columns, types.code_of(CONTACT))}  # fmt: skip
    content = any(roles.narrowed(work.actor.scopes, type_) for _, type_, _ in ordered)  # then it decides
    if content or any(addresses.hidden_from(work.actor, facts_in(row)) for row in found.values()):
        for row in await fetch(work, SQL.current, *columns):
            key = row["owner"], types.name_of(row["type"]), row["id"]
            found[key] = {**found[key], "body": row["body"], "last_updated": row["last_updated"]}
    for key, row in found.items():
        state.facts.setdefault(row["owner"], facts_in(row))
        if row["version"] is not None and not row["deleted"]:
            state.known.add(key)
    return found


def _is_new_owner(draft: Draft, state: Session) -> bool:
    """Tell whether this draft brings its own owner: a create of something that owns itself."""
    return draft.method == "POST" and draft.owns_itself and draft.owner not in state.new


def _change(work: Work, draft: Draft, lookup: Lookup, rows: Mapping[tuple[int, str, str], Any], coming: Keys) -> Change:
    """Build the change of one draft and what its caller is given. coming: what the set itself brings."""
    state = session(work)
    row = _standing_row(work, draft, rows)
    owner, id_ = draft.owner or 0, draft.id or ""
    current = row["version"] if row is not None else 0
    new_owner = owner not in state.facts and owner not in state.new
    _refuse_unfit(work, draft, row, coming)
    if row is not None and draft.resource is not None and addresses.hidden_from(work.actor, facts_in(row)):
        draft.resource = addresses.restored(draft.resource, stored_row(row).resource)
        draft.body = bodies.dumps(draft.resource)
    if new_owner:
        state.new[owner] = types.code_of(draft.type)
        state.facts[owner] = Facts(owner=owner, rev=0, is_person=draft.type == PERSON_TYPE)
    stored = Stored(
        type=draft.type, id=id_, version=current + 1, owner=owner, last_updated=work.now, packed=None,
        method=draft.method, made=row is None or bool(row["deleted"]),
    )  # fmt: skip
    change = Change(
        method=draft.method,
        owner=owner,
        type=draft.type,
        id=id_,
        expect=current,
        stands=_as_it_stands(work, row, draft.method) if row is not None else None,
        **_stood(work, row) if row is not None else {},
        new_owner=new_owner,
        person=state.facts[owner].is_person,
        elsewhere=work.office.ids.open(id_) is None,
        salt=secrets.token_bytes(16),
        changes_facts=carries_facts(draft.type) or bool(row is not None and row["labels"]),
        stored=stored,
    )
    if draft.resource is not None:
        _fill(work, change, draft, lookup)
    elif change.stands is not None:
        change.labels = tuple(sorted(change.stands.security))  # what is gone stays as closed as it was
    if draft.type == SUBSCRIPTION:
        change.facts.append(following.whose(work, change))
    return change


def _standing_row(work: Work, draft: Draft, rows: Mapping[tuple[int, str, str], Any]) -> Any:
    """Return the current row of what the draft changes; None when nothing stands there.

    An id that clients may choose, taken by what this one may not know of, is judged as if it were free: otherwise the
    answer would tell the two apart.

    Raises  Refused when it may not be changed
    """
    row = rows.get((draft.stands_with, draft.type, draft.id or ""))
    if row is None or not row["version"]:
        return None
    facts, labels = facts_in(row), _as_it_stands(work, row, draft.method)
    try:
        allow(work, facts, labels, Act.WRITE, f"{draft.method} {draft.type}/{draft.id}")
    except Refused:
        if draft.method != "PUT" or _is_ours(work, draft) or _may_read(work, facts, labels):
            raise
        draft.taken = True
        if draft.owns_itself:
            draft.owner = new_owner_key()
        return None
    return row


def _may_read(work: Work, facts: Facts, labels: Labels) -> bool:
    return asked(work, facts, msgspec.structs.replace(labels, letters=""), Act.READ).permit


def _stood(work: Work, row: Any) -> dict[str, Any]:
    """Return what the weighing needs to know of the version that is changed, by name of the field."""
    told = Stored(type="", id="", version=0, owner=0, last_updated=work.now, packed=row["told"])
    return {
        "stated": tuple(data.encode() for data in row["stated"]),
        "stood": told.resource if told.packed else None,
        "numbers": frozenset(row["numbers"] or ()),
        "returned": bool(row["returned"]),
    }


def _as_it_stands(work: Work, row: Any, method: str) -> Labels:
    """Return what the rules need to know of what is changed, by the facts that it states too."""
    block = any(data.startswith(_BLOCK) for data in row["stated"])
    return msgspec.structs.replace(labels_in(work, row), block=block, letters=LETTERS[method])


def _is_ours(work: Work, draft: Draft) -> bool:
    """Tell whether the id was minted by us, or could have been."""
    return work.office.ids.open(draft.id or "") is not None


def _refuse_unfit(work: Work, draft: Draft, row: Any, coming: Keys) -> None:
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


def _fill(work: Work, change: Change, draft: Draft, lookup: Lookup) -> None:
    """Put the content of the draft, and what follows from it, into its change."""
    resource = draft.resource or {}
    office = work.office
    fill(change, draft.body, resource, office.hasher, office.ids.open, office.rules.own.of(change.type))
    change.facts = facts_of(resource, lookup)
    if change.labels and draft.type != PERSON_TYPE:
        change.facts.append(labelled(labels_of(work, change)))
        change.changes_facts = True
    change.identifiers = national_identifiers(resource)
    others = {lookup.key(named) for named in owners.other_patients(resource, draft.body)}  # 0: known to nobody yet
    change.about = tuple(sorted(others - {change.owner}))
    change.stored.packed = change.packed
    if addresses.hidden_from(work.actor, session(work).facts[change.owner]):
        change.stored.packed = packed(bodies.dumps(addresses.without(resource)))


def _decide(work: Work, change: Change, draft: Draft) -> None:
    """Ask access about the resource as it will be; what stands there was asked about already.

    A refusal has the path of what names the owner: to the caller that person is unknown.
    """
    facts = session(work).facts[change.owner]
    act = weigh(work, change, facts)
    if change.new_owner and act is not Act.ATTEST:
        act = Act.REGISTER
    try:
        allow(work, facts, labels_of(work, change), act, f"{change.method} {change.type}/{change.id}")
    except Refused as refused:
        refused.path = owner_path(draft) if draft.resource is not None else None
        raise
    if act is Act.OPEN:
        refuse_unfit_opening(work, change)
