"""What must be known before a search can be written: the codes that terminology means, the List that is asked for."""

from __future__ import annotations

from dataclasses import replace

from akson.base.work import Work
from akson.record import journal
from akson.record.search.asked import Chain, Condition, Has, Listed
from akson.record.search.codes import coded


async def resolve(work: Work, condition: Condition) -> Condition:
    """Return the condition with everything looked up.

    Raises  Refused AK-S007 when a value set or a code is not known here, AK-T002 when it has too many codes
    """
    match condition:
        case Listed():
            found = await journal.read_many(work, [f"List/{condition.id}"])
            return replace(condition, owner=next((one.owner for one in found.values()), 0))
        case Chain():
            return replace(condition, inner=tuple([(of, await resolve(work, inner)) for of, inner in condition.inner]))
        case Has():
            return replace(condition, inner=await resolve(work, condition.inner))
    return await coded(work, condition)
