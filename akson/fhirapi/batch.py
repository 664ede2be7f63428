"""batch: entries that have nothing to do with each other, each with a work and an answer of its own.

Source: hl7.org/fhir/R4/http.html#transaction
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from msgspec.structs import replace

from akson.base.errors import Refused
from akson.fhir import bodies
from akson.fhir.issues import Invalid
from akson.fhirapi import answers, entries
from akson.fhirapi.answers import Answer
from akson.fhirapi.calls import Call
from akson.fhirapi.once import Done
from akson.fhirapi.performing import perform, refusal

ALONE = frozenset({"$export", "$import"})  # its answers are more than a body


async def batch(call: Call, cut: bodies.Slices) -> Answer:
    """Carry out each entry by itself; the answers stand in the order of the entries."""
    entries.count(cut)
    if call.once is not None:
        with suppress(Done):  # the same batch again: each entry knows what became of it
            async with call.work("batch"):
                pass
    return answers.bundle("batch-response", [await _carry_out(call, n, part) for n, part in enumerate(cut.entry)])


async def _carry_out(call: Call, n: int, part: bodies.Slice) -> dict[str, Any]:
    try:
        entry = entries.read(n, part, call.server.base)
        asked = entries.inner(call, entry)
        if call.once is not None and entry.method != "GET":
            asked = replace(asked, once=call.once.entry(n))
        if entry.place.operation in ALONE:
            raise Refused("AK-F011", path=f"{entry.path}.request.url", name=f"{entry.place.operation} in a batch")
    except Refused as refused:
        return answers.response(refusal(refused))
    except Invalid as fault:
        return answers.response(answers.invalid(fault))
    return answers.response(await perform(asked, entry.place.interaction(entry.method)))
