"""References as clients write them, made into references of ours before anything is written.

- the address of this server is taken away: `https://here/fhir/Patient/x` is `Patient/x`
- a condition (`Practitioner?identifier=system|value`) is looked up among what the caller may see; it must match one
- a `urn:` that names no entry refers to nothing and is refused
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from akson.base.errors import Refused
from akson.base.turns import in_turns
from akson.base.work import Work
from akson.fhir import bodies, owners, types
from akson.fhir.bodies import may_say
from akson.fhirapi import contents
from akson.record import naming
from akson.record.drafts import Draft
from akson.record.search import searching


async def resolve(work: Work, drafts: Iterable[Draft], names: Collection[str], base: str) -> None:
    """Resolve the references of a set. names: what its entries are called, left as they are.

    Raises  Refused AK-F009, AK-F010 with the path
    """
    given: dict[bytes, bytes] = {}
    fine: set[bytes] = set()  # those that stay as they are
    renaming = naming.Renaming(given)
    async for draft in in_turns(drafts):
        new = {token for token in naming.references_in(draft.body) if token not in fine and token not in given}
        for reference, token in sorted((bodies.loads(token), token) for token in new):
            other = reference if reference in names else await _resolved(work, draft, reference, base)
            if other == reference:
                fine.add(token)
            else:
                given[token] = bodies.dumps(other)
                renaming = naming.Renaming(given)
        renaming.of(draft)


async def _resolved(work: Work, draft: Draft, reference: str, base: str) -> str:
    """Return what a reference that names no entry is here."""
    if reference.startswith(("urn:uuid:", "urn:oid:")):
        raise Refused("AK-F010", path=_path(draft, reference))
    other = reference.removeprefix(f"{base}/")
    if types.is_type(other.partition("?")[0]) and "?" in other:
        return await _matched(work, draft, reference, other)
    return other


def localise(draft: Draft, base: str) -> None:
    """Take the address of this server away from the references of one resource that is sent alone."""
    prefix = f'"{base}/'.encode()
    if may_say(draft.body, base.encode(), b"\\/"):
        tokens = {token for token in naming.references_in(draft.body) if token.startswith(prefix)}
        naming.Renaming({token: b'"' + token[len(prefix) :] for token in tokens}).of(draft)


async def _matched(work: Work, draft: Draft, reference: str, condition: str) -> str:
    """Return Type/id of the one resource that a condition matches."""
    type_, _, query = condition.partition("?")
    try:
        page = await searching.search(work, type_, [*contents.parameters(query), ("_count", "2")])
    except Refused as refused:
        refused.path = _path(draft, reference)
        raise
    if len(page.hits) != 1:
        found = "none" if not page.hits else "several"
        raise Refused("AK-F009", path=_path(draft, reference), found=found)
    return page.hits[0].reference


def _path(draft: Draft, reference: str) -> str:
    """Return where in what was sent a reference stands."""
    for path, text in owners.references(draft.resource or {}):
        if text == reference:
            return f"{draft.path or draft.type}.{path.partition('.')[2]}.reference"
    return draft.path
