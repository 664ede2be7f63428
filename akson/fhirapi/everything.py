"""$everything: one person's whole record, and what it points at.

Source: hl7.org/fhir/R4/operation-patient-everything.html
"""

from __future__ import annotations

from dataclasses import asdict

import msgspec

from akson.base.errors import Refused
from akson.fhir import types
from akson.fhir.dates import BEGINNING, END, Interval, interval
from akson.fhirapi import answers
from akson.fhirapi.answers import Answer
from akson.fhirapi.calls import Call
from akson.fhirapi.inputs import Inputs, inputs
from akson.fhirapi.pages import PAGE
from akson.record.compartment import Place, Wanted
from akson.record.compartment import everything as whole

_NAMES = frozenset({"start", "end", "_since", "_type", "_count"})
_MOST = 1000
_PLACE = "_place"  # inside a sealed link


async def everything(call: Call) -> Answer:
    """Return one page of the record; the last pages hold what the record points at."""
    await call.refuse_beyond_token("r")
    here = f"Patient/{call.id}/$everything"
    asked, place = await _asked(call, here)
    most = _count(asked)
    async with call.work("everything") as work:
        part = await whole(work, call.id, _wanted(asked), place, most)
    links = [("self", f"{call.server.base}/{here}")]
    if part.next:
        carried = [(name, str(value)) for name, value in asked.pairs]
        carried.append((_PLACE, msgspec.json.encode(asdict(part.next)).decode()))
        links.append(("next", f"{call.server.base}/{here}?{PAGE}={call.server.seal.close(here, carried)}"))
    mode = {"search": {"mode": "include" if place.outside else "match"}}
    return answers.bundle("searchset", [answers.entry(call.server.base, hit) | mode for hit in part.hits], links=links)


async def _asked(call: Call, here: str) -> tuple[Inputs, Place]:
    """Return what was asked for, and where the page begins."""
    sealed = [value for name, value in call.query if name == PAGE]
    if not sealed:
        return await inputs(call, _NAMES), Place()
    call.refuse_parameters(known=frozenset({PAGE}))
    pairs = call.server.seal.open(here, sealed[0])
    place = msgspec.convert(msgspec.json.decode(dict(pairs)[_PLACE]), Place)
    return Inputs(pairs=tuple(pair for pair in pairs if pair[0] != _PLACE)), place


def _wanted(asked: Inputs) -> Wanted:
    chosen = [name for value in asked.texts("_type") for name in value.split(",")]
    if not all(types.is_type(name) for name in chosen):
        raise Refused("AK-F007", name="parameter _type")
    return Wanted(
        types=chosen, since=_moment(asked, "_since", (BEGINNING, END))[0],
        start=_moment(asked, "start", (BEGINNING, END))[0], end=_moment(asked, "end", (BEGINNING, END))[1],
    )  # fmt: skip


def _moment(asked: Inputs, name: str, usual: Interval) -> Interval:
    value = asked.one(name)
    if value is None:
        return usual
    try:
        return interval(str(value))
    except ValueError:
        raise Refused("AK-F007", name=f"parameter {name}") from None


def _count(asked: Inputs) -> int:
    asked_for = asked.number("_count")
    if asked_for == 0:
        raise Refused("AK-F007", name="parameter _count")
    return min(asked_for or _MOST, _MOST)
