"""From what a caller wants written to changes that can be: owners found, current versions known, access decided.

Everything is asked for the whole set at once: at most four round trips however many resources there are, one for most.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

from akson.access.duty import CONCERN
from akson.access.facts import SEVERAL, Facts
from akson.access.releasing import release_in
from akson.access.rights import CASE
from akson.access.roles import loads
from akson.access.rules import Act, hides_address
from akson.access.subscribers import SUBSCRIPTION
from akson.base.errors import Refused
from akson.base.turns import in_turns, some_at_once
from akson.base.work import Kind, Work
from akson.fhir import bodies, files, types
from akson.record import (
    addresses,
    concerns,
    following,
    holding,
    lookback,
    marked,
    own,
    profiling,
    releasing,
    restoring,
    scanning,
    units,
    unnamed,
)
from akson.record.changes import Change, Content, TextChange, describe, fill, packed
from akson.record.deciding import allow, facts_in, labels_of
from akson.record.drafts import PERSON_TYPE, Draft, Keys, TextDraft, owner_path, within
from akson.record.facts import carries_facts, facts_of, labelled, national_identifiers, shared
from akson.record.placing import is_about_several, look_up, place
from akson.record.projecting import Lookup
from akson.record.session import fetch, session
from akson.record.standing import Rows, refuse_unfit, standing, standing_row, stood
from akson.record.stored import Stored
from akson.record.stored import stored as stored_row
from akson.record.weighing import refuse_unfit_opening, weigh


async def prepare(work: Work, drafts: Sequence[Draft]) -> list[Stored]:
    """Decide on a set of drafts and queue them; the set is written when the work is next flushed.

    Raises  Refused: AK-J001 to AK-J006, or an access refusal; then nothing of the set is queued
    """
    for draft in () if loads(work.actor) else drafts:
        within(draft, _refuse_unlike, draft)
    await scanning.refuse_malware(work, drafts)
    await following.hold(work, drafts)
    await profiling.hold(work, ((d.path, d.resource, d.body) for d in drafts))
    await own.hold(partial(fetch, work), [(d.path, d.resource) for d in drafts if d.type == own.TYPE])
    lookup = await look_up(work, drafts)
    owners_first = sorted(range(len(drafts)), key=lambda n: not drafts[n].owns_itself)
    for n in owners_first:
        within(drafts[n], place, work, drafts[n], lookup)
    rows = await standing(work, drafts)
    await holding.hold(work, drafts)
    coming = {(d.owner or 0, d.type, d.id or "") for d in drafts if d.brings}
    along = releasing.along_with(work, drafts, partial(_marks, rows)) if len(drafts) > 1 else {}
    made: dict[int, Change] = {}
    async for n in in_turns(owners_first):
        made[n] = within(drafts[n], _change, work, drafts[n], lookup, rows, coming, along.get(drafts[n].reference, ""))
    changes = [made[n] for n in range(len(drafts))]
    await _fill(work, zip(changes, drafts, strict=True))
    await units.mark(work, changes)
    async for change, draft in in_turns(zip(changes, drafts, strict=True)):
        within(draft, _decide, work, change, draft)
        within(draft, unnamed.refuse_unfit, work, draft, _marks(rows, draft))
        within(draft, concerns.refuse_unfit, work, draft, _marks(rows, draft))
    if taken := next((draft for draft in drafts if draft.taken), None):  # only who could have made it learns so much
        within(taken, _refuse_taken, taken)
    await holding.hold_answers(work, drafts)
    await lookback.hold(work, changes)
    state = session(work)
    state.queue.extend(changes)
    state.known |= coming
    return [change.stored for change in changes]


def _refuse_unlike(draft: Draft) -> None:
    """Refuse a file whose bytes are not of the type it names. What a phased-out system held is loaded as it was."""
    if draft.brings and files.may_hold(draft.body):
        for path, named in files.faults(draft.resource or {}):
            raise Refused("AK-F037", path=path, named=named[:100])


def _refuse_taken(draft: Draft) -> None:
    raise Refused("AK-J006", path=draft.type)


def _marks(rows: Rows, draft: Draft) -> Sequence[str] | None:
    """Return the marks of what stands where a draft is to be written; None when nothing does."""
    row = rows.get((draft.stands_with, draft.type, draft.id or ""))
    return row["labels"] or () if row is not None and row["version"] else None


def _change(work: Work, draft: Draft, lookup: Lookup, rows: Rows, coming: Keys, along: str) -> Change:
    """Build the change of one draft and what its caller is given. coming: what the set brings; along: see releasing."""
    state = session(work)
    row, stands = standing_row(work, draft, rows)
    owner, id_ = draft.owner or 0, draft.id or ""
    current = row["version"] if row is not None else 0
    new_owner = owner not in state.facts and owner not in state.new
    refuse_unfit(work, draft, row, coming)
    if row is not None and draft.brings and addresses.hidden_from(work.actor, facts_in(row)):
        draft.rewrite(bodies.dumps(_with_what_stands(draft.resource or {}, row)))
    releasing.hold(work, draft, row["labels"] or () if row is not None else (), new=row is None, along=along)
    if new_owner:
        state.new[owner] = types.code_of(draft.type)
        state.facts[owner] = Facts(owner=owner, rev=0, is_person=draft.type == PERSON_TYPE)
    stored = Stored(
        type=draft.type, id=id_, version=current + 1, owner=owner, last_updated=work.now, packed=None,
        method=draft.method, made=row is None or bool(row["deleted"]),
    )  # fmt: skip
    change = (TextChange if isinstance(draft, TextDraft) else Change)(
        method=draft.method,
        owner=owner,
        type=draft.type,
        id=id_,
        expect=current,
        stands=stands,
        **stood(work, row) if row is not None else {},
        new_owner=new_owner,
        person=state.facts[owner].is_person,
        elsewhere=work.office.ids.open(id_) is None,
        salt=secrets.token_bytes(16),
        changes_facts=carries_facts(draft.type) or bool(row is not None and (row["labels"] or row["stated"])),
        stored=stored,
    )
    if draft.brings:
        _describe(work, change, draft, lookup, mixed=row is not None and row.get("coauthored", False))
    elif change.stands is not None:
        _stay_closed(work, change, change.stands.security)
    _remember_writers(work, change)
    if draft.type == SUBSCRIPTION:
        change.facts.append(following.whose(work, change))
    return change


def _stay_closed(work: Work, change: Change, security: frozenset[str]) -> None:
    """Let what is gone be as closed as it was; and as untold, for the log names it: a report, or what waits."""
    change.labels = tuple(sorted(security))
    if CONCERN in security or release_in(security, work.now):
        change.facts.append(labelled(labels_of(work, change)))


def _remember_writers(work: Work, change: Change) -> None:
    """Let a block on what a unit has written go on to hold when another writes on in it."""
    if change.stands is None or change.type == PERSON_TYPE:
        return
    if told := shared(change.type, change.id, {change.stands.unit, work.actor.unit}, change.stated):
        change.facts += told
        change.changes_facts = True


def _with_what_stands(given: dict[str, Any], row: Any) -> dict[str, Any]:
    """Return what is written by somebody from whom addresses are hidden, or places too: what they do not see stands."""
    placed = "coauthored" in row and (
        row["coauthored"] or CASE in (row["labels"] or ()) or marked.has_mark(marked.aside(addresses.bare(given)))
    )
    return restoring.restored(given, stored_row(row).resource, placed=placed)


def _describe(work: Work, change: Change, draft: Draft, lookup: Lookup, *, mixed: bool) -> None:
    """Put what the content of the draft says of itself, and what follows from it, into its change.

    mixed  others have written in it too, and who writes now is not shown the places of what they say
    """
    resource = draft.resource or {}
    describe(change, resource)
    if isinstance(change, TextChange):  # its tree is here now, and gone afterwards
        _put(work, [_content(work, change, draft, resource)])
    change.facts = facts_of(resource, lookup)
    if is_about_several(draft):
        change.labels = tuple(sorted({*change.labels, SEVERAL}))
    if change.labels and draft.type != PERSON_TYPE:
        change.facts.append(labelled(labels_of(work, change)))
    change.changes_facts = change.changes_facts or bool(change.facts)
    change.identifiers = national_identifiers(resource)
    others = {lookup.key(named) for named in draft.names.others}  # 0: known to nobody yet
    change.about = tuple(sorted(others - {change.owner}))
    if addresses.hidden_from(work.actor, session(work).facts[change.owner]):
        completed = CASE in change.labels and work.actor.kind is Kind.CITIZEN  # by the journal: who looked, who answers
        change.stored.packed = packed(bodies.dumps(restoring.shown(resource, placed=completed or mixed)))


def _content(work: Work, change: Change, draft: Draft, resource: dict[str, Any]) -> Content:
    return Content(change, draft.body, resource, hides_address(session(work).facts[change.owner]))


async def _fill(work: Work, prepared: Iterable[tuple[Change, Draft]]) -> None:
    """Put what is stored and searched into changes, many at a time: each step is cheaper where it follows itself."""
    async for some in some_at_once([one for one in prepared if one[1].brings and one[0].packed is None]):
        _put(work, [_content(work, change, draft, draft.resource or {}) for change, draft in some])


def _put(work: Work, given: Sequence[Content]) -> None:
    fill(given, work.office.hasher, work.office.ids.open, work.office.rules.own)


def _decide(work: Work, change: Change, draft: Draft) -> None:
    """Ask access about the resource as it will be; what stands there was asked about already.

    A refusal has the path of what names the owner: to the caller that person is unknown.
    """
    facts, unfit = session(work).facts[change.owner], releasing.unfit(work, change, draft)
    act = weigh(work, change, facts)
    if change.new_owner and act is not Act.ATTEST:
        act = Act.REGISTER
    try:
        allow(work, facts, labels_of(work, change), act, f"{change.method} {change.type}/{change.id}")
    except Refused as refused:
        refused.path = owner_path(draft) if draft.brings else None
        raise
    if unfit:
        raise unfit
    if act is Act.OPEN:
        refuse_unfit_opening(work, change)
