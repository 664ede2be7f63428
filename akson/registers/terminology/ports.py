"""What others ask of terminology: the record's search (:in, :below) and its checks of bindings.

terminology = Terminology(database)
found = await terminology.codes_in("http://hl7.org/fhir/ValueSet/observation-status")   # Codes, or None: unknown
below = await terminology.descendants("http://snomed.info/sct", "73211009")             # itself too
held = await terminology.holds("http://loinc.org", "8310-5", value_set)                 # True, False, None
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import asyncpg

from akson.base.errors import Refused
from akson.registers.terminology.composing import Composed, Composer
from akson.registers.terminology.finding import Finder, Reader
from akson.registers.terminology.model import Unanswerable
from akson.registers.terminology.statements import SQL, Statement, every

_NOT_UNDERSTOOD = (Unanswerable, asyncpg.InvalidRegularExpressionError)
MOST = 50_000  # codes that a search may be asked to look for


@dataclass(frozen=True, kw_only=True)
class Codes:
    """The active and inactive codes of one value set.

    pairs   (system, code), each once
    """

    pairs: tuple[tuple[str, str], ...]


@dataclass
class Terminology:
    """Terminology as the record asks it, for the length of one piece of work: a value set is looked up once in it.

    reader  the database, or a connection of it
    """

    reader: Reader
    _known: dict[str, Composed | None] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self._finder = Finder(self.reader)

    async def codes_in(self, value_set: str, *, most: int = MOST) -> Codes | None:
        """Return the codes of a value set (url, or url|version); None when it, or what it needs, is not here.

        Raises  Refused AK-T002 when there are more than `most`
        """
        try:
            composed = await self._composed(value_set)
            return None if composed is None else await self._codes(composed, most)
        except _NOT_UNDERSTOOD:
            return None

    async def _codes(self, composed: Composed, most: int) -> Codes:
        pairs: dict[tuple[str, str], None] = {}
        for url, id_ in sorted({(part.url, part.system.id) for part in composed.every_part() if part.system}):
            to = Statement()
            where = every([to.put("of_system", system=id_), composed.condition(to)])
            rows = await self.reader.fetch(to.statement("codes", where=where, count=most + 1), *to.values)
            pairs |= dict.fromkeys((url, str(row["code"])) for row in rows)
            if len(pairs) > most:
                raise Refused("AK-T002", most=most)
        return Codes(pairs=tuple(pairs))

    async def holds(self, system: str, code: str, value_set: str) -> bool | None:
        """Tell whether a value set holds a code; None when the value set, or a code system it needs, is not all here.

        A system of "" asks for the code in any of the value set's systems (elements of type `code`).
        """
        try:
            composed = await self._composed(value_set)
            if composed is None:
                return None
            parts = [part.system for part in composed.every_part() if part.system is not None]
            whole = all(one.content == "complete" for one in parts)
            return await self._holds(composed, system, code) or (False if whole else None)
        except _NOT_UNDERSTOOD:
            return None

    async def _holds(self, composed: Composed, system: str, code: str) -> bool:
        parts = composed.every_part()
        by_id = {part.system.id: part.system for part in parts if part.system and system in ("", part.url)}
        to = Statement()
        inside = composed.condition(to)
        keys = sorted({one.key(code) for one in by_id.values()})
        text = to.statement("probe", inside=inside, systems=list(by_id), keys=keys)
        rows = await self.reader.fetch(text, *to.values)
        return any(row["inside"] and row["key"] == by_id[row["system"]].key(code) for row in rows)

    async def descendants(self, system: str, code: str, *, most: int = MOST) -> Sequence[str]:
        """Return a code and all below it, of the newest version of its system; only itself when nothing is known.

        Raises  Refused AK-T002 when there are more than `most`
        """
        found = await self._finder.system(system)
        if found is None:
            return [code]
        rows = await self.reader.fetch(SQL.descendants, found.id, found.key(code), most + 1)
        if len(rows) > most:
            raise Refused("AK-T002", most=most)
        return [code, *(str(row["code"]) for row in rows)]

    async def ancestors(self, system: str, code: str) -> Sequence[str]:
        """Return a code and all above it; only itself when nothing is known."""
        found = await self._finder.system(system)
        if found is None:
            return [code]
        return [code, *(str(row["code"]) for row in await self.reader.fetch(SQL.ancestors, found.id, found.key(code)))]

    async def _composed(self, value_set: str) -> Composed | None:
        """Return the value set when all that it speaks of is here."""
        if value_set not in self._known:
            composed = await Composer(self._finder).canonical(value_set)
            known = all(part.system is not None for part in composed.every_part() if part.url)
            self._known[value_set] = composed if known else None
        return self._known[value_set]
