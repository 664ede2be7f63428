"""The codes a condition comes to, which only terminology knows: `:in`, `:not-in`, `:above` and `:below` of codes."""

from __future__ import annotations

from dataclasses import replace

from akson.base.errors import Refused
from akson.base.work import Work
from akson.record.search.asked import Condition, Criterion
from akson.record.search.values import split, unescape
from akson.record.session import Within
from akson.registers.terminology.ports import Terminology

CODES = 10_000  # that one parameter may come to
_ASKS = frozenset({"in", "not-in", "above", "below"})


async def coded(work: Work, condition: Condition) -> Condition:
    """Return the condition with its codes looked up, when it asks for any.

    Raises  Refused AK-S007 when a value set or a code is not known here, AK-T002 when it has too many codes
    """
    if isinstance(condition, Criterion) and condition.modifier in _ASKS and condition.parameter.kind == "token":
        return replace(condition, pairs=tuple(await _pairs(work, condition)))
    return condition


async def _pairs(work: Work, criterion: Criterion) -> list[tuple[str | None, str]]:
    terminology = Terminology(Within(work))
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
        near = terminology.descendants if below else terminology.ancestors
        found += [(parts[0], code) for code in await near(parts[0], parts[1])]
    if len(found) > CODES:
        raise Refused("AK-S005", name=name, most=CODES)
    return found
