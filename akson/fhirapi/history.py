"""history: the versions of one resource, newest first. Source: hl7.org/fhir/R4/http.html#history"""

from __future__ import annotations

from akson.base.errors import Refused
from akson.fhirapi import answers
from akson.fhirapi.answers import Answer
from akson.fhirapi.calls import Call, Pairs
from akson.fhirapi.pages import PAGE
from akson.record import journal
from akson.record.stored import Stored

_USUAL, _MOST = 50, 500
_NEWER = 2**31 - 1
_BEFORE, _TOTAL = "before", "total"  # inside a sealed link
_STATUS = {"POST": "201", "PUT": "200", "DELETE": "204"}


async def history(call: Call) -> Answer:
    """Return one page of versions; a deletion is an entry without a resource."""
    await call.refuse_beyond_token("r")
    place = f"{call.type}/{call.id}/_history"
    query, asked = call.query, dict(call.query)
    if PAGE in asked:
        call.refuse_parameters(known=frozenset({PAGE}))
        query = call.server.seal.open(place, asked[PAGE])
        asked = dict(query)
    else:
        call.refuse_parameters(known=frozenset({"_count"}))
    most, before = _count(asked.get("_count", str(_USUAL))), int(asked.get(_BEFORE, _NEWER))
    async with call.work("history") as work:
        found = await journal.history(work, call.type, call.id, before=before, most=most + 1)
    total = int(asked.get(_TOTAL, found[0].version))
    links = [("self", _link(call, place, call.query))]
    if len(found) > most:
        carried = {"_count": str(most), _BEFORE: str(found[most - 1].version), _TOTAL: str(total)}
        links.append(("next", f"{call.server.base}/{place}?{PAGE}={call.server.seal.close(place, carried.items())}"))
    return answers.bundle("history", [_entry(call, one) for one in found[:most]], links=links, total=total)


def _count(value: str) -> int:
    if not (value.isascii() and value.isdigit()) or int(value[:9]) == 0:
        raise Refused("AK-F007", name="parameter _count")
    return min(int(value[:9]), _MOST)


def _link(call: Call, place: str, query: Pairs) -> str:
    asked = "&".join(f"{name}={value}" for name, value in query)
    return f"{call.server.base}/{place}" + (f"?{asked}" if asked else "")


def _entry(call: Call, stored: Stored) -> dict[str, object]:
    address = stored.reference if stored.method != "POST" else stored.type
    answer = Answer(status=int(_STATUS[stored.method]), stored=stored)
    made = answers.response(answer) | {"request": {"method": stored.method, "url": address}}
    return answers.entry(call.server.base, stored) | made
