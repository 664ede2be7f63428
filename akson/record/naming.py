"""Names inside a set: new resources refer to one another before they have ids.

A transaction Bundle calls its entries `urn:uuid:...`; a form may do the same. Here each new resource gets its id,
minted under the key of the owner it will belong to, and the names give way to references.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import msgspec

from akson.access.roles import loads
from akson.base.ids import new_owner_key
from akson.base.turns import in_turns
from akson.base.work import Work
from akson.fhir import bodies
from akson.record import stubs
from akson.record.drafts import Draft
from akson.record.placing import introduce, look_up_owners, owner_of
from akson.record.projecting import Lookup

# Members whose value may name another entry: references, and elements of the types uri, url, oid and uuid.
_NAMING = re.compile(rb'("(?:reference|url|value(?:Uri|Url|Oid|Uuid))"\s*:\s*)("(?:[^"\\]+|\\.)*")')
_MEMBERS = frozenset({b"reference", b"url", b"valueUri", b"valueUrl", b"valueOid", b"valueUuid"})
_REFERENCE = re.compile(rb'"reference"\s*:\s*("(?:[^"\\]+|\\.)*")')
_BEGINNING = 5  # signs of a name that are looked for in a text: "urn:
_text = msgspec.json.Decoder(str).decode


async def name(work: Work, drafts: Sequence[Draft], names: Mapping[str, Draft]) -> None:
    """Give the new ones among `drafts` their ids and put references in place of `names`.

    names   what the set calls them, e.g. "urn:uuid:..." -> draft
    Leaves  each draft with its id, and with a body and resource that mention no name
    """
    bringing = [draft for draft in drafts if draft.brings]
    kinds = {called: draft.type for called, draft in names.items()}
    async for draft in in_turns(bringing if names else ()):
        draft.read_in_set(kinds.get)
    if loads(work.actor):
        await stubs.place(work, drafts, names)
    lookup = await look_up_owners(work, drafts)
    async for draft in in_turns(sorted(bringing, key=lambda draft: not draft.owns_itself)):
        owner = _owner(work, draft, names, lookup)
        draft.id = draft.id or work.office.ids.mint(owner)
        if draft.owns_itself:
            introduce(draft, lookup)
    renaming = Renaming({bodies.dumps(old): bodies.dumps(f"{draft.type}/{draft.id}") for old, draft in names.items()})
    async for draft in in_turns(drafts):
        if draft.brings:
            renaming.of(draft)
        if not draft.owns_itself:
            draft.owner = None  # found anew from the reference


class Renaming:
    """Puts other references in place of those that are keys of `given`; both are JSON strings. Made once for a set."""

    def __init__(self, given: Mapping[bytes, bytes]) -> None:
        self._given = given
        self._escaped = any(b"\\" in name for name in given)
        beginnings = sorted({re.escape(name[:-1][:_BEGINNING]) for name in given})
        self._plain = re.compile(b"(?:" + b"|".join(beginnings) + rb')[^"\\]*"')

    def of(self, draft: Draft) -> None:
        """Rename in one draft."""
        if self._given and (body := self._renamed(draft.body)) != draft.body:
            draft.rewrite(body)

    def _renamed(self, body: bytes) -> bytes:
        if self._escaped or b"\\" in body:
            return _NAMING.sub(self._named, bodies.plain_names(body))
        return self._plain.sub(self._other, body)  # looks at the few strings that begin as a name does

    def _named(self, found: re.Match[bytes]) -> bytes:
        return found[1] + self._given.get(_plain(found[2]), found[2])

    def _other(self, found: re.Match[bytes]) -> bytes:
        other = self._given.get(found[0])
        return found[0] if other is None or not _may_name(found.string, found.start()) else other


def _may_name(body: bytes, start: int) -> bool:
    """Tell whether the string at `start` is the value of a member that may name another entry; nothing is escaped."""
    end = body.rfind(b'"', 0, start)
    return body[end + 1 : start].strip() == b":" and body[body.rfind(b'"', 0, end) + 1 : end] in _MEMBERS


def references_in(body: bytes) -> list[bytes]:
    """Return every literal reference in `body`, as a JSON string."""
    return [_plain(token) for token in _REFERENCE.findall(bodies.plain_names(body))]


def _plain(token: bytes) -> bytes:
    r"""Return the JSON string as we write it: `Patient\/x` is `Patient/x`."""
    return bodies.dumps(_text(token)) if b"\\" in token else token


def _owner(work: Work, draft: Draft, names: Mapping[str, Draft], lookup: Lookup) -> int:
    """Return the key of who will own `draft`, along the names as far as they lead; 0, which is refused, if unknown."""
    passed = []
    while draft.owner is None:
        passed.append(draft)
        draft.owner = 0  # those that claim to belong to each other end here
        owner = draft.names.owner
        if draft.belongs is None and isinstance(owner, str) and owner in names:
            draft = names[owner]
        elif draft.owns_itself:
            known = lookup.key(draft.reference) if draft.id else 0
            draft.owner = known or work.office.ids.open(draft.id or "") or new_owner_key()
        elif found := owner_of(draft, lookup):
            draft.owner = found[0]
    for each in passed:
        each.owner = draft.owner
    return draft.owner
