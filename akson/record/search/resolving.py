"""What must be known before a search can be written: the codes that terminology means, the List that is asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from akson.base.errors import Refused
from akson.base.work import Work
from akson.record import journal
from akson.record.search.asked import Chain, Condition, Criterion, Has, Listed
from akson.record.search.values import split, unescape
from akson.record.session import fetch
from akson.registers.terminology.ports import Terminology

CODES = 10_000  # that one parameter may come to
_ASKS = frozenset({"in", "not-in", "above", "below"})


class _Reader:
    """The database as terminology reads it: inside the transaction of the work, when there is one."""

    def __init__(self, work: Work) -> None:
        self._work = work

    async def fetch(self, query: str, *args: object) -> Sequence[object]:
        return await fetch(self._work, query, *args)


async def resolve(work: Work, condition: Condition) -> Condition:
    """Return the condition with everything looked up.

    Raises  Refused AK-S007 when a value set or a code is not known here, AK-T002 when it has too many codes
    """
    match condition:
        case Criterion() if condition.modifier in _ASKS and condition.parameter.kind == "token":
            return replace(condition, pairs=tuple(await _pairs(work, condition)))
        case Listed():
            found = await journal.read_many(work, [f"List/{condition.id}"])
            return replace(condition, owner=next((one.owner for one in found.values()), 0))
        case Chain():
            return replace(condition, inner=tuple([(of, await resolve(work, inner)) for of, inner in condition.inner]))
        case Has():
            return replace(condition, inner=await resolve(work, condition.inner))
    return condition


async def _pairs(work: Work, criterion: Criterion) -> list[tuple[str | None, str]]:
    terminology = Terminology(_Reader(work))  # type: ignore[arg-type]
    name = f"{criterion.parameter.name}:{criterion.modifier}"
    found: list[tuple[str | None, str]] = []
    for value in criterion.values:
        if criterion.modifier in ("in", "not-in"):
            codes = await terminology.codes_in(unescape(value), most=CODES)
            if codes is None:
                raise Refused("AK-S007", name=name)
            found += codes.pairs
            continue
        parts = [unescape(part) for part in split(value, "|")]
        if len(parts) != 2 or not all(parts):
            raise Refused("AK-S002", name=name)
        below = criterion.modifier == "below"
        near: Callable[[str, str], object] = terminology.descendants if below else terminology.ancestors
        found += [(parts[0], code) for code in await near(parts[0], parts[1])]  # type: ignore[misc]
    if len(found) > CODES:
        raise Refused("AK-S005", name=name, most=CODES)
    return found
