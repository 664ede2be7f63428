"""From a value set's compose to conditions on concepts, resolved once: versions, imports, implicit value sets.

Source: hl7.org/fhir/R4/valueset.html#compositions
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from akson.registers.terminology import filters, versions
from akson.registers.terminology.finding import Finder
from akson.registers.terminology.model import Issue, Json, System, Unanswerable, not_found, versioned
from akson.registers.terminology.statements import SQL, Statement, every, some, without

DEEPEST = 30  # imports within imports


@dataclass(frozen=True, kw_only=True)
class Part:
    """One include or exclude, with the code system and value sets it speaks of.

    system   None when it speaks of value sets only, or when the code system is not here
    wanted   url and version as written
    listed   the concepts it lists, by code as found; None when it lists none
    """

    system: System | None
    url: str
    wanted: str
    written: str = ""
    listed: dict[str, Json] | None = None
    filters: tuple[Json, ...] = ()
    sets: tuple[Composed, ...] = ()
    path: str = ""

    def condition(self, to: Statement) -> str:
        """Return the condition that a concept is in this part."""
        parts = [one.condition(to) for one in self.sets]
        if self.url:
            if self.system is None:
                return SQL.nothing
            parts.append(to.put("of_system", system=self.system.id))
            if self.listed is not None:
                parts.append(to.put("listed", codes=list(self.listed)))
            parts += [filters.condition(to, self.system, one, self.path) for one in self.filters]
        return every(parts)


@dataclass(frozen=True, kw_only=True)
class Composed:
    """A value set ready to be asked. active: leaves out what is inactive, whatever is asked."""

    resource: Json
    includes: tuple[Part, ...] = ()
    excludes: tuple[Part, ...] = ()
    active: bool = False

    @property
    def url(self) -> str:
        return str(self.resource.get("url", ""))

    @property
    def canonical(self) -> str:
        return versioned(self.url, self.resource.get("version", ""))

    def condition(self, to: Statement) -> str:
        """Return the condition that a concept is in the value set."""
        parts = [some(part.condition(to) for part in self.includes)]
        if self.excludes:
            parts.append(without(some(part.condition(to) for part in self.excludes)))
        if self.active:
            parts.append(SQL.active)
        return every(parts)

    def every_part(self) -> Iterator[Part]:
        """Yield every part, those of imported value sets too."""
        for part in (*self.includes, *self.excludes):
            yield part
            for one in part.sets:
                yield from one.every_part()

    def every_set(self) -> Iterator[Composed]:
        """Yield every imported value set."""
        for part in (*self.includes, *self.excludes):
            for one in part.sets:
                yield one
                yield from one.every_set()


@dataclass
class Composer:
    """Resolves value sets with one request's finder."""

    finder: Finder
    _open: list[str] = field(default_factory=list)

    async def canonical(self, canonical: str) -> Composed:
        """Return the value set of this url or url|version, ready to be asked. Raises Unanswerable."""
        return await self.resource(await self.find(canonical))

    async def find(self, canonical: str) -> Json:
        """Return the value set of this url or url|version. Raises Unanswerable."""
        try:
            return await self.finder.value_set(canonical)
        except Unanswerable:
            implied = await self._implicit(canonical)
            if implied is None:
                raise
            return implied

    async def resource(self, resource: Json) -> Composed:
        """Return the value set ready to be asked. Raises Unanswerable, also when it contains itself."""
        name = versioned(resource.get("url", ""), resource.get("version", ""))
        if name and name in self._open:
            raise _cyclic(name, self._open)
        if len(self._open) > DEEPEST:
            raise _cyclic(name, self._open)
        self._open.append(name)
        try:
            compose = _compose(resource)
            await self.finder.know([i["system"] for side in ("include", "exclude") for i in compose.get(side, ())
                                    if "system" in i])  # fmt: skip
            includes = [await self._part(i, f"include[{n}]") for n, i in enumerate(compose.get("include", ()))]
            excludes = [await self._part(i, f"exclude[{n}]") for n, i in enumerate(compose.get("exclude", ()))]
        finally:
            self._open.pop()
        return Composed(
            resource=resource, includes=tuple(includes), excludes=tuple(excludes),
            active=compose.get("inactive") is False,
        )  # fmt: skip

    async def _part(self, include: Json, where: str) -> Part:
        url, _, pinned = include.get("system", "").partition("|")
        written = include.get("version", "") or pinned
        wanted = self.wanted(url, written)
        system = await self.finder.system(url, wanted) if url else None
        sets = tuple([await self.canonical(one) for one in include.get("valueSet", ())])
        listed = None
        if "concept" in include:
            key = system.key if system else str
            listed = {key(concept["code"]): concept for concept in include["concept"]}
        path = f"ValueSet.compose.{where}"
        return Part(
            system=system, url=url, wanted=wanted, written=written, listed=listed, sets=sets, path=path,
            filters=tuple(_checked(f, url, f"{path}.filter[{n}]") for n, f in enumerate(include.get("filter", ()))),
        )  # fmt: skip

    def wanted(self, url: str, written: str) -> str:
        """Return the version to use: forced, as written, or the request's default."""
        wishes = self.finder.wishes
        forced = wishes.force.get(url)
        wanted = forced or written or wishes.default.get(url, "") or wishes.check.get(url, "")
        asked = self.finder.asked.get(url, "")
        return (
            asked if asked and not forced and versions.is_wildcard(wanted) and versions.fits(asked, wanted) else wanted
        )

    async def _implicit(self, canonical: str) -> Json | None:
        """Return the value set that a code system implies, when the url names one.

        Source: hl7.org/fhir/R4/snomedct.html#implicit, loinc.html#implicit, and CodeSystem.valueSet
        """
        url = canonical.partition("|")[0]
        base, mark, query = url.partition("?fhir_vs")
        include: Json | None = None
        if mark:
            edition = base if base.count("/") > 3 else ""
            system = "/".join(base.split("/")[:4])
            include = {"system": system} | ({"version": edition} if edition else {}) | _implied(unquote(query))
        elif url.startswith("http://loinc.org/vs"):
            answers = url.removeprefix("http://loinc.org/vs").strip("/")
            include = {"system": "http://loinc.org"}
            if answers:
                include["filter"] = [{"property": "concept", "op": "is-a", "value": answers}]
        elif await self.finder.versions(url):
            return None
        if include is None or not await self.finder.versions(include["system"]):
            return None
        return {"resourceType": "ValueSet", "url": url, "status": "active", "compose": {"include": [include]}}


def _implied(query: str) -> Json:
    """Return what ?fhir_vs stands for. Raises Unanswerable when we do not know it."""
    kind, _, code = query.removeprefix("=").partition("/")
    if query == "":
        return {}
    if kind == "isa" and code:
        return {"filter": [{"property": "concept", "op": "is-a", "value": code}]}
    if kind == "refset" and code:
        return {"filter": [{"property": "concept", "op": "in", "value": code}]}
    if kind == "refset":
        return {"filter": [{"property": "concept", "op": "is-a", "value": "900000000000455006"}]}
    raise not_found(f"A definition for the value Set '?fhir_vs{query}' could not be found")


def _compose(resource: Json) -> Json:
    """Return the compose of a value set; of one that is only expanded, its expansion as a list."""
    if resource.get("compose"):
        compose: Json = resource["compose"]
        return compose
    listed: dict[tuple[str, str], list[Json]] = {}
    for one in _contained(resource.get("expansion", {}).get("contains", ())):
        if one.get("code"):
            concept: Json = {k: one[k] for k in ("code", "display", "designation") if k in one}
            listed.setdefault((one.get("system", ""), one.get("version", "")), []).append(concept)
    return {
        "include": [
            {"system": url, "concept": concepts} | ({"version": version} if version else {})
            for (url, version), concepts in listed.items()
        ]
    }


def _contained(contains: Sequence[Json]) -> Iterator[Json]:
    for one in contains:
        yield one
        yield from _contained(one.get("contains", ()))


def _checked(given: Json, system: str, path: str) -> Json:
    """Return a filter that has all its parts. Raises Unanswerable."""
    if not given.get("value"):
        text = (
            f"The system {system} filter with property = {given.get('property')}, op = {given.get('op')} has no value"
        )
        raise Unanswerable(Issue(severity="error", code="invalid", kind="vs-invalid", text=text, path=path))
    return given


def _cyclic(name: str, open_: Sequence[Any]) -> Unanswerable:
    via = ", ".join(open_)
    text = f"Cyclic reference detected when including {name} via [{via}]"
    return Unanswerable(Issue(severity="error", code="processing", kind="vs-invalid", text=text))
