"""history: versions, newest first, of one resource, of a type, or of all. Source: hl7.org/fhir/R4/http.html#history

Only the history of one resource has a total: to count all versions that somebody may see would take longer than any
answer may, and to count others would tell of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TypeVar
from urllib.parse import quote

from akson.base.errors import Refused
from akson.base.work import Work
from akson.fhir.dates import BEGINNING, END, instant, interval
from akson.fhirapi import answers
from akson.fhirapi.answers import Answer
from akson.fhirapi.calls import Call, Pairs
from akson.fhirapi.pages import PAGE
from akson.record import histories
from akson.record.histories import Period
from akson.record.stored import Stored

T = TypeVar("T")
_USUAL, _MOST = 50, 500
_KNOWN = frozenset({"_count", "_since", "_at", "_total"})
_BEFORE = "before"  # inside a sealed link: a version, or the place of one among others
_STATUS = {"POST": "201", "PUT": "200", "DELETE": "204"}
_TOTALS = ("none", "accurate")


async def history(call: Call) -> Answer:
    """Return one page of versions; a deletion is an entry without a resource."""
    await call.refuse_beyond_token("r")
    async with call.work("history") as work:
        return await recounting(call, work)


async def recounting(call: Call, work: Work) -> Answer:
    """Return one page of versions as part of a work."""
    asked = _asked(call)
    period = _period(asked)
    least = 0 if call.id else 1
    most = _count(asked.get("_count", str(_USUAL)), least=least)
    return await (_of_one if call.id else _across)(call, work, asked, period, most)


async def _of_one(call: Call, work: Work, asked: Mapping[str, str], period: Period, most: int) -> Answer:
    before = int(asked.get(_BEFORE, histories.NEWER))
    found, newest = await histories.of_one(work, call.type, call.id, period, before=before, most=most + 1)
    total = int(asked.get("total", newest)) if period.open else None
    after = {_BEFORE: str(found[most - 1].version), "total": str(total or 0)} if len(found) > most > 0 else {}
    return _page(call, asked, found[:most], after, total)


async def _across(call: Call, work: Work, asked: Mapping[str, str], period: Period, most: int) -> Answer:
    if asked.get("_total", "none") != "none":
        raise Refused("AK-F007", name="parameter _total in the history of more than one resource")
    page = await histories.across(work, call.type or None, period, before=_place(asked.get(_BEFORE)), most=most)
    after = {}
    if page.after is not None:
        at, owner, n = page.after
        after = {_BEFORE: f"{at.isoformat()} {owner} {n}"}
    return _page(call, asked, page.found, after, None)


def _page(
    call: Call, asked: Mapping[str, str], found: list[Stored], after: Mapping[str, str], total: int | None
) -> Answer:
    links = [("self", _link(call, call.query))]
    if after:
        carried = {**{name: value for name, value in asked.items() if name in _KNOWN}, **after}
        links.append(("next", _link(call, ((PAGE, call.server.seal.close(_where(call), carried.items())),))))
    return answers.bundle("history", [_entry(call, one) for one in found], links=links, total=total)


def _asked(call: Call) -> Mapping[str, str]:
    """Return the parameters by name, out of a sealed link if it is one. Raises Refused AK-F007, AK-F016."""
    given = dict(call.query)
    if PAGE in given:
        call.refuse_parameters(known=frozenset({PAGE}))
        return dict(call.server.seal.open(_where(call), given[PAGE]))
    call.refuse_parameters(known=_KNOWN)
    if len(given) < len(call.query):
        raise Refused("AK-F007", name="a parameter that stands twice")
    if given.get("_total", "none") not in _TOTALS:
        raise Refused("AK-F007", name="parameter _total")
    return given


def _period(asked: Mapping[str, str]) -> Period:
    """Return the period of `_since` (an instant) and `_at` (any date)."""
    since = _read("_since", instant, asked["_since"]) if "_since" in asked else BEGINNING
    low, high = _read("_at", interval, asked["_at"].replace(" ", "+")) if "_at" in asked else (None, END)
    return Period(since=since, until=high, at=low)


def _read(name: str, read: Callable[[str], T], text: str) -> T:
    try:
        return read(text)
    except ValueError:
        raise Refused("AK-F007", name=f"parameter {name}") from None


def _count(value: str, *, least: int) -> int:
    if not (value.isascii() and value.isdigit()) or int(value[:9]) < least:
        raise Refused("AK-F007", name="parameter _count")
    return min(int(value[:9]), _MOST)


def _place(text: str | None) -> histories.Place:
    if text is None:
        return histories.NEWEST
    at, owner, n = text.split(" ")
    return datetime.fromisoformat(at), int(owner), int(n)


def _where(call: Call) -> str:
    return "/".join(filter(None, (call.type, call.id, "_history")))


def _link(call: Call, query: Pairs) -> str:
    asked = "&".join(f"{name}={quote(value)}" for name, value in query)
    return f"{call.server.base}/{_where(call)}" + (f"?{asked}" if asked else "")


def _entry(call: Call, stored: Stored) -> dict[str, object]:
    address = stored.reference if stored.method != "POST" else stored.type
    answer = Answer(status=int(_STATUS[stored.method]), stored=stored)
    made = answers.response(answer) | {"request": {"method": stored.method, "url": address}}
    return answers.entry(call.server.base, stored) | made
