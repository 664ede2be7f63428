"""$expand: the concepts of a value set, a page at a time; nothing beyond the page is built.

Source: hl7.org/fhir/R4/valueset-operation-expand.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from akson.fhir.folding import normalise
from akson.registers.terminology import entries, versions
from akson.registers.terminology.composing import Composed, Part
from akson.registers.terminology.finding import Finder
from akson.registers.terminology.model import Concept, Issue, Json, System, Unanswerable, not_found
from akson.registers.terminology.statements import SQL, Raw, Statement, every, some, without
from akson.registers.terminology.wanting import Leaf, Wanted, concept_of

MOST = 1000  # concepts, when no page is asked for
LARGEST_PAGE = 10_000
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, kw_only=True)
class Found:
    """What an expansion holds. total: of all pages."""

    entries: list[Json]
    total: int
    leaves: tuple[Leaf, ...]
    supplements: tuple[System, ...]


async def expand(finder: Finder, composed: Composed, wanted: Wanted) -> Found:
    """Return one page of a value set's concepts. Raises Unanswerable."""
    await _refuse_unknown(finder, composed)
    leaves = tuple(leaf for part in composed.includes for leaf in _of_part(part))
    supplements = await entries.supplements(finder, composed, [leaf.system for leaf in leaves])
    conditions = [_condition(composed, leaves, n, wanted) for n in range(len(leaves))]
    offset, left = wanted.offset, MOST + 1 if wanted.count is None else wanted.count
    found: list[tuple[Leaf, Concept]] = []
    total = 0
    for leaf, condition in zip(leaves, conditions, strict=True):
        rows, of_leaf = await _page(finder, leaf, condition, offset, left, counted=wanted.count is not None)
        total += of_leaf
        offset = max(0, offset - of_leaf)
        left -= len(rows)
        found += [(leaf, concept_of(leaf.system, row)) for row in rows]
        if total > MOST and wanted.count is None:
            raise _too_costly(composed)
    made = await entries.made(finder, found, supplements, wanted)
    return Found(entries=made, total=total, leaves=leaves, supplements=supplements)


async def _page(
    finder: Finder, leaf: Leaf, condition: Callable[[Statement], str], offset: int, left: int, *, counted: bool
) -> tuple[Sequence[Any], int]:
    """Return the rows of one leaf that are on the page, and how many it has."""
    if not counted:
        rows = await _rows(finder, leaf, condition, offset, left)
        return rows, len(rows) + (offset if rows else 0)
    to = Statement()
    text = to.statement("count", where=condition(to))
    total = (await finder.reader.fetch(text, *to.values))[0]["count"]
    rows = await _rows(finder, leaf, condition, offset, left) if left > 0 and offset < total else []
    return rows, total


async def _rows(
    finder: Finder, leaf: Leaf, condition: Callable[[Statement], str], offset: int, left: int
) -> Sequence[Any]:
    to = Statement()
    where = condition(to)
    order = SQL.by_place if leaf.listed is None else to.put("by_list", codes=list(leaf.listed))
    text = to.put("page", where=Raw(where), order=Raw(order), offset=offset, count=left)
    return await finder.reader.fetch(text, *to.values)


def _of_part(part: Part) -> Iterator[Leaf]:
    if part.system is not None:
        yield Leaf(system=part.system, condition=part.condition, listed=part.listed)
        return
    for inner in part.sets[:1]:
        for included in inner.includes:
            for leaf in _of_part(included):
                yield Leaf(system=leaf.system, condition=_both(leaf, part), listed=leaf.listed, imported=True)


def _both(leaf: Leaf, part: Part) -> Callable[[Statement], str]:
    return lambda to: every([leaf.condition(to), part.condition(to)])


def _condition(composed: Composed, leaves: Sequence[Leaf], n: int, wanted: Wanted) -> Callable[[Statement], str]:
    """Return the condition of leaf `n` within the whole: each concept once, excludes left out."""
    earlier = [leaf for leaf in leaves[:n] if leaf.system.id == leaves[n].system.id]

    def condition(to: Statement) -> str:
        parts = [leaves[n].condition(to)]
        if earlier:
            parts.append(without(some(leaf.condition(to) for leaf in earlier)))
        if composed.excludes:
            parts.append(without(some(part.condition(to) for part in composed.excludes)))
        if composed.active or wanted.active:
            parts.append(SQL.active)
        if wanted.text:
            query = text_query(wanted.text)
            parts.append(to.put("said", query=query) if query else SQL.nothing)
        return every(parts)

    return condition


def text_query(text: str) -> str:
    """Return what asks for texts with a word that begins with each word typed; "" when there is no word in it."""
    return " & ".join(f"{word}:*" for word in _WORD.findall(normalise(text)))


async def _refuse_unknown(finder: Finder, composed: Composed) -> None:
    """Raise Unanswerable when a code system is not here."""
    for part in composed.every_part():
        if part.url and part.system is None:
            raise unknown_system(part.url, part.wanted, await finder.versions(part.url), "value set cannot be expanded")
        if part.system is not None and (fault := not_allowed(finder, part.system)):
            raise Unanswerable(Issue(severity="error", code="exception", kind="version-error", text=fault))


def not_allowed(finder: Finder, system: System) -> str:
    """Return why the request does not allow this version of a code system; "" when it does."""
    required = finder.wishes.check.get(system.url, "")
    if versions.fits(system.version, required):
        return ""
    return (
        f"The version '{system.version}' is not allowed for system '{system.url}': required to be '{required}' by a "
        "version-check parameter"
    )


def unknown_system(url: str, version: str, known: Sequence[str], therefore: str) -> Unanswerable:
    """Return the refusal for a code system that is not here, or not in this version."""
    return not_found(unknown_text(url, version, known, therefore))


def unknown_text(url: str, version: str, known: Sequence[str], therefore: str) -> str:
    """Return the sentence about a code system that is not here, or not in this version."""
    told = f"A definition for CodeSystem '{url}'"
    if version:
        told += f" version '{version}'"
    told += f" could not be found, so the {therefore}"
    named = " or ".join(one for one in known if one)
    if version and not known:
        return f"{told}. No versions of this code system are known"
    return f"{told}. Valid versions: {named}" if version and named else told


def _too_costly(composed: Composed) -> Unanswerable:
    text = f"The value set '{composed.canonical}' expansion has too many codes to display (>{MOST})"
    return Unanswerable(Issue(severity="error", code="too-costly", text=text))
