"""The answer to a write that was carried out before, made again of where it is and what may be read of it today."""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from akson.base.errors import Refused
from akson.fhirapi import answers
from akson.fhirapi.answers import Answer, Headers
from akson.fhirapi.calls import Call
from akson.record import journal
from akson.record.once import Result
from akson.record.stored import Stored

AGAIN: Final[Headers] = ((b"idempotency-replayed", b"true"),)


async def again(call: Call, result: Result) -> Answer:
    """Return the answer of a write sent alone."""
    async with call.looking(call.method) as work:
        work.saw(0, f"{call.type} told again")
    if call.method == "DELETE":
        told = answers.removed(call, result.stored)
    else:
        told = await written(call, result, usual="representation")
    return replace(told, headers=(*told.headers, *AGAIN))


async def written(call: Call, result: Result, *, usual: str) -> Answer:
    """Return the answer of a create, update or patch, with as much content as the client prefers."""
    stored = result.stored
    if stored is None:
        return Answer(status=result.status)
    if (answers.preferred(call) or usual) == "representation":
        stored = await _readable(call, stored)
    return answers.written(call, stored, result.status, usual=usual)


async def _readable(call: Call, stored: Stored) -> Stored:
    """Return the version with its content; without when it may not be read any more."""
    try:
        async with call.looking("vread") as work:
            return await journal.vread(work, stored.type, stored.id, stored.version)
    except Refused:
        return stored
