"""The search parameters of the installation's own: active SearchParameter resources, effective as soon as written.

They stand in the database and nowhere else. A search asks there when it meets a name that R4 does not have. Whoever
writes keeps what it has read, and says its revision; when that has changed nothing is written before it is read again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import asyncpg
import msgspec

from akson.base.database import Record
from akson.base.errors import Refused
from akson.base.queries import queries
from akson.fhir import search as extraction
from akson.fhir import types
from akson.fhir.custom import Custom, Definition, extended
from akson.fhir.defining import is_active, read
from akson.fhir.issues import Invalid, Issue, placed
from akson.fhir.parameters import Parameter

SQL = queries(__file__, "own.sql")
TYPE = "SearchParameter"
Fetch = Callable[..., Awaitable[Sequence[Record]]]  # a statement and its values, inside a transaction or not
_definition = msgspec.json.Decoder(Definition).decode


@dataclass(frozen=True, kw_only=True)
class Own:
    """All of them at one moment. slots: of those whose values do not all stand, or not all stand any more."""

    revision: int = 0
    definitions: tuple[tuple[str, Definition], ...] = ()  # each with its state
    slots: tuple[int, ...] = ()
    _by_type: dict[str, tuple[Custom, ...]] = field(default_factory=dict, compare=False)

    def of(self, type_: str) -> tuple[Custom, ...]:
        """Return those of a type that are, or will be, searched."""
        if type_ not in self._by_type:
            self._by_type[type_] = tuple(
                one.parameter(type_, waiting=state == "indexing")
                for state, one in self.definitions
                if state != "retiring" and type_ in one.types
            )
        return self._by_type[type_]

    def known(self, type_: str) -> Mapping[str, Parameter]:
        """Return the parameters of a type, R4's and these."""
        return extended(extraction.parameters(type_), self.of(type_))

    def ready(self, type_: str) -> tuple[Custom, ...]:
        """Return those of a type that a search is answered by."""
        return tuple(one for one in self.of(type_) if not one.waiting)

    def every_ready(self) -> list[Custom]:
        """Return those of all types that a search is answered by."""
        return [one.parameter(name) for state, one in self.definitions if state == "ready" for name in one.types]

    def by_url(self) -> dict[str, Definition]:
        return {one.url: one for state, one in self.definitions if state != "retiring"}


@dataclass
class Rules:
    """What one process knows of them for writing; another one may have changed them."""

    own: Own = field(default_factory=Own)

    async def refresh(self, fetch: Fetch) -> None:
        self.own = await load(fetch)


async def load(fetch: Fetch) -> Own:
    """Return all of them as they stand now."""
    rows = await fetch(SQL.all)
    kept = [row for row in rows if row["id"] is not None]
    return _own(
        rows[0]["revision"],
        tuple((row["state"], row["definition"]) for row in kept),
        tuple(sorted({slot for row in kept if row["state"] != "ready" for slot in row["slots"]})),
    )


@lru_cache(maxsize=8)
def _own(revision: int, told: tuple[tuple[str, str], ...], slots: tuple[int, ...]) -> Own:
    return Own(revision=revision, definitions=tuple((state, _definition(text)) for state, text in told), slots=slots)


async def hold(fetch: Fetch, written: Iterable[tuple[str, dict[str, Any] | None]]) -> None:
    """Refuse SearchParameters that shall take effect and cannot; see `faults`. Raises Invalid with all of them."""
    if found := await faults(fetch, written):
        raise Invalid(found)


async def faults(fetch: Fetch, written: Iterable[tuple[str, dict[str, Any] | None]]) -> list[Issue]:
    """Return every fault, with its path, of SearchParameters that shall take effect.

    written  where each stood in what was sent, and the resource
    """
    active = [(path, one) for path, one in written if one and one["resourceType"] == TYPE and is_active(one)]
    if not active:
        return []
    named = (await load(fetch)).by_url() if any("component" in one for _, one in active) else {}
    found: list[Issue] = []
    for path, one in active:
        try:
            read(one, named)
        except Invalid as fault:
            found += [placed(issue, path) for issue in fault.issues]
    return found


async def project(connection: asyncpg.Connection, written: Mapping[str, dict[str, Any] | None]) -> None:
    """Let SearchParameters that were written take effect, in the same transaction. written: by id; None: deleted.

    Raises  Refused AK-S010 when another one has the same code of the same type, or the same url
    """
    active = {id_: one for id_, one in written.items() if one is not None and is_active(one)}
    known = {row["id"] for row in await connection.fetch(SQL.known, [*written])}
    if not active and not known:
        return
    await connection.execute(SQL.change)
    for id_ in sorted(known - active.keys()):
        await connection.execute(SQL.retire, id_)
    named = (await load(connection.fetch)).by_url()
    for id_, one in sorted(active.items()):
        await _put(connection, read({**one, "id": id_}, named))


async def _put(connection: asyncpg.Connection, one: Definition) -> None:
    text, codes = msgspec.json.encode(one).decode(), [types.code_of(name) for name in one.types]
    if await connection.fetchval(SQL.same, one.id, text):
        return
    if await connection.fetchval(SQL.taken, one.id, one.code, codes, one.url):
        raise Refused("AK-S010", path="SearchParameter.code", name=one.code)
    await connection.execute(SQL.put, one.id, text, one.url, one.code, codes, list(one.slots))


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far the values of one parameter are. done, total: resources of its types that stand now."""

    id: str
    url: str
    code: str
    state: str  # indexing, ready, retiring
    done: int
    total: int
    failed: int

    @property
    def percent(self) -> int:
        """100 only when it is searched by."""
        return 100 if self.state == "ready" else min(99, self.done * 100 // max(self.total, 1))


async def progress(fetch: Fetch, ids: Sequence[str] | None = None) -> list[Progress]:
    """Return how far each is. ids: None for all."""
    return [Progress(**row) for row in await fetch(SQL.progress, None if ids is None else list(ids))]
