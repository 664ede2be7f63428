"""Finds code systems and value sets by url and version, as one request sees them.

What was parsed once is kept by its digest: a row that changed has another digest, so nothing stale is ever used.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from akson.base.queries import queries
from akson.fhir import bodies
from akson.registers.terminology import versions
from akson.registers.terminology.model import Json, System, not_found, versioned
from akson.registers.terminology.packing import unpacked

SQL = queries(__file__, "finding.sql")
_KEPT = 2000


class Reader(Protocol):
    """What asks the database: the pool, or one connection with the request's own resources."""

    async def fetch(self, query: str, *args: Any) -> Sequence[Mapping[str, Any]]: ...


class _Kept(OrderedDict[bytes, Any]):
    """The last few thousand things that were parsed, by digest."""

    def keep(self, key: bytes, value: Any) -> Any:
        self[key] = value
        if len(self) > _KEPT:
            self.popitem(last=False)
        return value


_heads: _Kept = _Kept()
_value_sets: _Kept = _Kept()


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """What a request says of versions and supplements. Canonicals are url -> version.

    default   used where neither value set nor request names a version (system-version)
    force     used whatever they name
    check     must fit whatever is used
    """

    default: Mapping[str, str] = field(default_factory=dict)
    force: Mapping[str, str] = field(default_factory=dict)
    check: Mapping[str, str] = field(default_factory=dict)
    value_sets: Mapping[str, str] = field(default_factory=dict)
    supplements: tuple[str, ...] = ()


@dataclass
class Finder:
    """Looks things up for one request, and remembers what it saw for the length of it."""

    reader: Reader
    scope: int = 0
    wishes: Wishes = field(default_factory=Wishes)
    own: dict[str, Json] = field(default_factory=dict)  # value sets that came with the request, by url
    asked: dict[str, str] = field(default_factory=dict)  # url -> version of the codings that are asked about
    _rows: dict[str, list[Mapping[str, Any]]] = field(default_factory=dict)
    _supplements: dict[str, list[Mapping[str, Any]]] = field(default_factory=dict)
    _systems: dict[int, System] = field(default_factory=dict)

    async def know(self, urls: Iterable[str]) -> None:
        """Learn which versions of these code systems, and which supplements to them, there are."""
        missing = [url for url in dict.fromkeys(urls) if url not in self._rows]
        if not missing:
            return
        for url in missing:
            self._rows[url], self._supplements[url] = [], []
        found = await self.reader.fetch(SQL.systems, missing, self.scope)
        rows = [row for row in found if row["content"] != "not-present"]  # known by name only: nothing can be said
        for row in rows:
            if row["url"] in self._rows and row["url"] in missing:
                self._rows[row["url"]].append(row)
            if row["supplements"] in self._supplements:
                self._supplements[row["supplements"]].append(row)
        await self._read_heads(rows)

    async def _read_heads(self, rows: Sequence[Mapping[str, Any]]) -> None:
        unread = [row for row in rows if row["digest"] not in _heads]
        if unread:
            texts = {r["id"]: r["head"] for r in await self.reader.fetch(SQL.heads, [row["id"] for row in unread])}
            for row in unread:
                _heads.keep(row["digest"], bodies.loads(unpacked(texts[row["id"]])))
        for row in rows:
            self._systems[row["id"]] = System(
                id=row["id"], url=row["url"], version=row["version"], content=row["content"],
                case_sensitive=row["case_sensitive"], supplements=row["supplements"], head=_heads[row["digest"]],
            )  # fmt: skip

    async def versions(self, url: str) -> list[str]:
        """Return the versions of a code system that are here."""
        await self.know([url])
        return sorted({row["version"] for row in self._rows[url]})

    async def system(self, url: str, version: str = "") -> System | None:
        """Return the newest version of a code system that fits; what came with the request goes first."""
        await self.know([url])
        rows = self._rows[url]
        found = versions.newest((row["version"] for row in rows), version)
        fitting = [row for row in rows if row["version"] == found]
        best = max(fitting, key=lambda row: bool(row["scope"]), default=None)
        return None if best is None else self._systems[best["id"]]

    async def supplements(self, url: str) -> list[System]:
        """Return every supplement to a code system."""
        await self.know([url])
        return [self._systems[row["id"]] for row in self._supplements[url]]

    async def value_set(self, canonical: str) -> Json:
        """Return the value set with this url, or url|version. Raises Unanswerable."""
        url, _, version = canonical.partition("|")
        version = version or self.wishes.value_sets.get(url, "")
        if url in self.own and versions.fits(self.own[url].get("version", ""), version):
            return self.own[url]
        rows = await self.reader.fetch(SQL.value_sets, [url], self.scope)
        found = versions.newest((row["version"] for row in rows), version)
        best = max((row for row in rows if row["version"] == found), key=lambda row: bool(row["scope"]), default=None)
        if best is None:
            raise not_found(f"A definition for the value Set '{versioned(url, version)}' could not be found")
        if best["digest"] not in _value_sets:
            text = (await self.reader.fetch(SQL.value_set_body, url, best["version"], best["scope"]))[0]["body"]
            _value_sets.keep(best["digest"], bodies.loads(unpacked(text)))
        body: Json = _value_sets[best["digest"]]
        return body
