"""Loads a source of terminology: whole or, when it is refused, not at all; the same again changes nothing.

report = await load(database, "icd10.csv", lists.read(...), digest=digest_of_files([path]), strict=False)
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg

from akson.base.database import Database
from akson.base.queries import queries
from akson.fhir import bodies
from akson.registers.terminology import store
from akson.registers.terminology.closure import Cyclic
from akson.registers.terminology.formats.items import Begin, Fault, Item, Whole
from akson.registers.terminology.model import Json, NewConcept

SQL = queries(__file__, "load.sql")
MOST_TOLD = 1000  # faults that are told one by one
_UNFIT = (KeyError, TypeError, AttributeError, ValueError)  # what a resource gives that is not as FHIR has it


@dataclass
class Report:
    """What became of one source. refused: nothing of it was kept."""

    source: str
    systems: int = 0
    concepts: int = 0
    value_sets: int = 0
    maps: int = 0
    same: int = 0  # code systems that were here already, exactly so
    faulty: int = 0
    faults: list[Fault] = field(default_factory=list)
    refused: bool = False

    def fault(self, fault: Fault) -> None:
        """Note one fault."""
        self.faulty += 1
        if len(self.faults) < MOST_TOLD:
            self.faults.append(fault)


class _Strict(Exception):
    """There was a fault, and the whole was to be refused then."""


async def load(database: Database, source: str, items: Iterable[Item], *, digest: bytes, strict: bool) -> Report:
    """Load one source in one transaction.

    digest  of what is read, to know that it is here already
    strict  one fault refuses the whole; otherwise what is sound is kept
    """
    report = Report(source)
    try:
        async with database.transaction() as connection:
            await connection.execute(SQL.no_idle_limit)
            await connection.execute(SQL.no_statement_limit)
            loading = _Loading(connection, report, digest)
            for item in items:
                await loading.take(item)
                if strict and report.faulty:
                    raise _Strict
            await loading.finish()
            if strict and report.faulty:
                raise _Strict
    except _Strict:
        report.refused = True
    except (Cyclic, asyncpg.PostgresError, OSError) as problem:
        report.fault(Fault(file=source, line=0, what=_told(problem)))
        report.refused = True
    return report


async def analyze(database: Database) -> None:
    """Let the planner know what is there now; after loads."""
    await database.execute(SQL.analyze)


def _told(problem: Exception) -> str:
    return "a concept stands above itself" if isinstance(problem, Cyclic) else f"{type(problem).__name__}: {problem}"


@dataclass
class _Loading:
    """One source on its way in. writer: of the code system whose concepts come; None: they are here already."""

    connection: asyncpg.Connection
    report: Report
    digest: bytes
    writer: store.SystemWriter | None = None

    async def take(self, item: Item) -> None:
        if isinstance(item, Fault):
            self.report.fault(item)
        elif isinstance(item, Begin):
            await self._begin(item.head)
        elif isinstance(item, Whole):
            await self._whole(item.resource)
        elif self.writer is not None:
            await self._concept(item)

    async def finish(self) -> None:
        """Write what is still open."""
        if self.writer is not None:
            self.report.concepts += await self.writer.finish()
            self.report.systems += 1
            self.writer = None

    async def _begin(self, head: Json) -> None:
        await self.finish()
        digest = store.digest_of(self.digest, bodies.dumps(head))
        if await store.is_stored(self.connection, head, digest):
            self.report.same += 1
        else:
            self.writer = await store.begin_system(self.connection, head, digest=digest)

    async def _concept(self, concept: NewConcept) -> None:
        writer = self.writer
        if writer is not None and not await writer.add(concept):
            self.report.fault(Fault(file=self.report.source, line=0, what=f"{concept.code[:40]}: given twice"))

    async def _whole(self, resource: Json) -> None:
        """Store a resource, or note why it cannot be; the others go on."""
        kind = resource["resourceType"]
        try:
            async with self.connection.transaction():
                if kind == "CodeSystem" and await store.is_stored(
                    self.connection, resource, store.digest_of(bodies.dumps(resource))
                ):
                    self.report.same += 1
                    return
                count = await store.PUT[kind](self.connection, resource)
        except (*_UNFIT, Cyclic, asyncpg.DataError) as problem:
            named = f"{kind} {str(resource.get('url'))[:120]}"
            self.report.fault(Fault(file=self.report.source, line=0, what=f"{named}: {_told(problem)[:200]}"))
            return
        self.report.systems += kind == "CodeSystem"
        self.report.concepts += count if kind == "CodeSystem" and count else 0
        self.report.value_sets += kind == "ValueSet"
        self.report.maps += kind == "ConceptMap"


def digest_of_files(files: Iterable[Path]) -> bytes:
    """Return the digest of files, read in portions."""
    found = hashlib.sha256()
    for file in files:
        found.update(file.name.encode() + b"\x00")
        with file.open("rb") as opened:
            while portion := opened.read(1 << 20):
                found.update(portion)
    return found.digest()


def files_of(path: Path) -> Iterator[Path]:
    """Yield a file, or every file of a folder."""
    if path.is_file():
        yield path
    else:
        yield from (file for file in sorted(path.rglob("*")) if file.is_file())
