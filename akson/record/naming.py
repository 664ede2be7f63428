"""Names inside a set: new resources refer to one another before they have ids.

A transaction Bundle calls its entries `urn:uuid:...`; a form may do the same. Here each new resource gets its id,
minted under the key of the owner it will belong to, and the names give way to references.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from akson.access.roles import loads
from akson.base.ids import new_owner_key
from akson.base.turns import in_turns
from akson.base.work import Work
from akson.fhir import bodies
from akson.record import stubs
from akson.record.drafts import ITSELF, Draft
from akson.record.placing import look_up
from akson.record.projecting import Lookup

# Members whose value may name another entry: references, and elements of the types uri, url, oid and uuid.
_NAMING = re.compile(rb'("(?:reference|url|value(?:Uri|Url|Oid|Uuid))"\s*:\s*)("(?:[^"\\]+|\\.)*")')
_text = msgspec.json.Decoder(str).decode


async def name(work: Work, drafts: Sequence[Draft], names: Mapping[str, Draft]) -> None:
    """Give the new ones among `drafts` their ids and put references in place of `names`.

    names   what the set calls them, e.g. "urn:uuid:..." -> draft
    Leaves  each draft with its id, and with a body and resource that mention no name
    """
    if loads(work.actor):
        await stubs.place(work, drafts, names)
    lookup = await look_up(work, drafts)
    async for draft in in_turns(drafts):
        if draft.brings:
            owner = _owner(work, draft, names, lookup)
            draft.id = draft.id or work.office.ids.mint(owner)
    given = {bodies.dumps(old): bodies.dumps(f"{draft.type}/{draft.id}") for old, draft in names.items()}
    async for draft in in_turns(drafts):
        if draft.brings:
            rename(draft, given)
        if not draft.owns_itself:
            draft.owner = None  # found anew from the reference


def rename(draft: Draft, given: Mapping[bytes, bytes]) -> None:
    """Put other references in place of those that are keys of `given`; both are JSON strings."""

    def other(found: re.Match[bytes]) -> bytes:
        return found[1] + given.get(_plain(found[2]), found[2])

    body = _NAMING.sub(other, draft.body)
    if body != draft.body:
        draft.rewrite(body)


def references_in(body: bytes) -> Iterator[bytes]:
    """Yield every literal reference in `body`, as a JSON string."""
    return (_plain(found[2]) for found in _NAMING.finditer(body) if found[1].startswith(b'"reference"'))


def _plain(token: bytes) -> bytes:
    r"""Return the JSON string as we write it: `Patient\/x` is `Patient/x`."""
    return bodies.dumps(_text(token)) if b"\\" in token else token


def _owner(work: Work, draft: Draft, names: Mapping[str, Draft], lookup: Lookup) -> int:
    """Return the key of who will own `draft`, along the names as far as they lead; 0 when that is unknown."""
    passed = []
    while draft.owner is None:
        passed.append(draft)
        draft.owner = 0  # those that claim to belong to each other end here
        owner = draft.names.owner
        if draft.belongs:
            draft.owner = draft.belongs
        elif isinstance(owner, str) and owner in names:
            draft = names[owner]
        elif owner is None or draft.belongs == ITSELF:
            known = lookup.key(f"{draft.type}/{draft.id}") if draft.id else 0
            draft.owner = known or work.office.ids.open(draft.id or "") or new_owner_key()
        elif isinstance(owner, str):
            draft.owner = lookup.key(owner)
        else:
            draft.owner = lookup.identified(owner.system or "", owner.value)
    for each in passed:
        each.owner = draft.owner
    return draft.owner
