"""SearchParameter/$status and SearchParameter/ID/$status: whether a search is answered by it, and how far the work is.

No operation of R4 tells this; the name and the parts that others have too are theirs.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from akson.fhir import bodies
from akson.fhirapi.answers import Answer
from akson.fhirapi.calls import Call
from akson.record import journal
from akson.record.own import TYPE, Progress, progress
from akson.record.session import fetch

_TOLD = {"indexing": "indexing", "ready": "searchable", "retiring": "retiring"}


async def status(call: Call) -> Answer:
    """Answer with a Parameters: of one search parameter of our own, or of all that the actor may read."""
    await call.refuse_beyond_token("r")
    call.refuse_parameters()
    async with call.work("search parameter status") as work:
        if call.id:
            one = await journal.read(work, TYPE, call.id)
            found = await progress(partial(fetch, work), [call.id])
            told = [_told(each) for each in found] or [_without_effect(call.id, one.resource)]
        else:
            found = await progress(partial(fetch, work))
            seen = await journal.read_many(work, [f"{TYPE}/{one.id}" for one in found])
            told = [_told(one) for one in found if f"{TYPE}/{one.id}" in seen]
    return Answer(
        status=200, body=bodies.dumps({"resourceType": "Parameters", **({"parameter": told} if told else {})})
    )


def _told(one: Progress) -> dict[str, Any]:
    counted = [("done", one.done), ("total", one.total), ("percent", one.percent), ("failed", one.failed)]
    return _parts(one.id, one.url, _TOLD[one.state], [{"name": name, "valueInteger": n} for name, n in counted])


def _without_effect(id_: str, resource: dict[str, Any]) -> dict[str, Any]:
    return _parts(id_, str(resource.get("url", "")), "disabled", [])


def _parts(id_: str, url: str, state: str, counted: list[dict[str, Any]]) -> dict[str, Any]:
    named = [{"name": "reference", "valueReference": {"reference": f"{TYPE}/{id_}"}}]
    named += [{"name": "url", "valueUri": url}] if url else []
    return {"name": "searchParameterStatus", "part": [*named, {"name": "status", "valueCode": state}, *counted]}
