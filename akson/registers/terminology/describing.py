"""$lookup and $subsumes: what a code system says of a code, and how two codes stand to each other.

Source: hl7.org/fhir/R4/codesystem-operation-lookup.html, codesystem-operation-subsumes.html
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from akson.registers.terminology import languages
from akson.registers.terminology.composing import Composed
from akson.registers.terminology.entries import additions, supplements
from akson.registers.terminology.expanding import unknown_system
from akson.registers.terminology.finding import Finder
from akson.registers.terminology.languages import Languages
from akson.registers.terminology.model import Concept, Issue, Json, System, Unanswerable, not_found
from akson.registers.terminology.statements import SQL
from akson.registers.terminology.wanting import concept_of

_ALWAYS = frozenset({"system", "name", "version", "display", "definition", "designation", "parent", "child"})


@dataclass(frozen=True, kw_only=True)
class Described:
    """A concept with what supplements add, and its nearest relatives as (parent, code, display)."""

    concept: Concept
    display: str
    bodies: Sequence[Json]
    designations: Sequence[Json]
    relatives: Sequence[tuple[bool, str, str]] = ()
    used: Sequence[System] = field(default=())


async def system_of(finder: Finder, url: str, version: str, therefore: str) -> System:
    """Return a code system. Raises Unanswerable when it is not here."""
    wanted = finder.wishes.force.get(url) or version or finder.wishes.default.get(url, "")
    system = await finder.system(url, wanted)
    if system is None:
        raise unknown_system(url, wanted, await finder.versions(url), therefore)
    return system


async def concept_in(finder: Finder, system: System, code: str) -> Concept | None:
    """Return one concept, None when the code system does not have it."""
    rows = await finder.reader.fetch(SQL.concepts, [system.id], [system.key(code)])
    return concept_of(system, rows[0]) if rows else None


async def look_up(finder: Finder, system: System, code: str, wanted: Languages, *, relatives: bool) -> Described:
    """Return what is known of a code. Raises Unanswerable."""
    concept = await concept_in(finder, system, code)
    if concept is None:
        version = f" version '{system.version}'" if system.version else ""
        raise not_found(f"Unknown code '{code}' in the CodeSystem '{system.url}'{version}", path="code")
    used = await supplements(finder, _nothing(), [system])
    added = (await additions(finder, [concept], used)).get((system.id, concept.code), [])
    names = list(languages.names(concept, None, [d for body in added for d in body.get("designation", ())]))
    near = await finder.reader.fetch(SQL.parents, system.id, concept.n) if relatives else []
    return Described(
        concept=concept, display=languages.choose(names, wanted, system.language) or concept.display,
        bodies=(concept.body, *added), designations=[n.given for n in names if n.given], used=used,
        relatives=[(row["parent"], row["code"], row["display"]) for row in near],
    )  # fmt: skip


def _nothing() -> Composed:
    return Composed(resource={})


def properties(found: Described, wanted: frozenset[str]) -> Iterator[Json]:
    """Yield the properties to tell of, as {"code": ..., "value[x]": ...}; without a wish, all of them."""
    told_by_relatives = {code for _, code, _ in found.relatives}
    for body in found.bodies:
        for one in body.get("property", ()):
            name = one.get("code", "")
            if name in ("parent", "child") and one.get("valueCode") in told_by_relatives:
                continue
            if not wanted or name in wanted or "*" in wanted:
                yield one
    for parent, code, display in found.relatives:
        name = "parent" if parent else "child"
        if not wanted or name in wanted or "*" in wanted:
            yield {"code": name, "valueCode": code} | ({"description": display} if display else {})
    if not wanted or "inactive" in wanted or "*" in wanted:
        named = {one.get("code") for body in found.bodies for one in body.get("property", ())}
        if "inactive" not in named and found.concept.inactive:
            yield {"code": "inactive", "valueBoolean": True}


async def subsumes(finder: Finder, system: System, a: str, b: str) -> str:
    """Return equivalent, subsumes, subsumed-by or not-subsumed. Raises Unanswerable when a code is not known."""
    rows = await finder.reader.fetch(SQL.relation, system.id, system.key(a), system.key(b))
    row = rows[0] if rows else {"a": None, "b": None}
    for code, place, name in ((a, row["a"], "codeA"), (b, row["b"], "codeB")):
        if place is None:
            raise not_found(f"Unknown code '{code}' in the CodeSystem '{system.url}'", path=name)
    if row["a"] == row["b"]:
        return "equivalent"
    if system.head.get("hierarchyMeaning", "is-a") not in ("is-a", "subsumes", "grouped-by", "classified-with"):
        text = f"The hierarchy of {system.url} does not mean that one concept subsumes another"
        raise Unanswerable(Issue(severity="error", code="not-supported", text=text))
    return "subsumes" if row["above"] else "subsumed-by" if row["below"] else "not-subsumed"
