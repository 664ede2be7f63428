"""search-type, search-system and searches in a compartment. Source: hl7.org/fhir/R4/http.html#search

By GET, or by POST to `_search` when the question names a person: then no link shows what was asked.
"""

from __future__ import annotations

from urllib.parse import quote

from akson.base.errors import Refused
from akson.base.work import Work
from akson.fhirapi import answers, contents, shaping
from akson.fhirapi.answers import Answer
from akson.fhirapi.calls import Call, Pairs
from akson.fhirapi.pages import PAGE
from akson.record.search import searching as journal_search
from akson.record.search import wide
from akson.record.search.values import own_places
from akson.record.stored import Stored

_AFTER = "_after"  # the journal's cursor; travels only inside a sealed link


async def by_get(call: Call) -> Answer:
    """Answer a question that stands in the address, or the next page of any question."""
    if call.type:  # else each type is judged by itself
        await call.refuse_beyond_token("rs")
    async with call.work("search") as work:
        return await searching(call, work)


async def searching(call: Call, work: Work) -> Answer:
    """Answer the question of a GET as part of a work."""
    question = _unsealed(call)
    open_ = question is call.query and not any("identifier" in name for name, _ in question)
    return await _answer(call, work, question, _plain(call) if open_ else _sealed(call, question))


async def by_post(call: Call) -> Answer:
    """Answer a question that stands in the body; its links are sealed."""
    if call.type:
        await call.refuse_beyond_token("rs")
    given = await contents.form(call.headers, call.content)
    contents.refuse_other_answers(call.headers, given)
    question = (*call.query, *(pair for pair in given if pair[0] not in contents.PRESENTATION))
    if {name for name, _ in question} & {_AFTER, PAGE}:
        raise Refused("AK-S001", name=PAGE)
    shape, question = shaping.parted(call.type, question)
    async with call.work("search") as work:
        return shaping.shaped(await _answer(call, work, question, _sealed(call, question)), shape)


async def _answer(call: Call, work: Work, question: Pairs, itself: str) -> Answer:
    asked = own_places(question, call.server.base)
    if call.within and call.type:
        page = await journal_search.search(work, call.type, asked, within=call.within)
    elif call.type:
        page = await journal_search.search(work, call.type, asked)
    else:
        page = await wide.search_types(work, asked, within=call.within)
    links = [("self", itself)]
    if page.next:
        carried = (*(pair for pair in question if pair[0] != _AFTER), (_AFTER, page.next))
        links.append(("next", _sealed(call, carried)))
    hits = [_entry(call, hit, "match") for hit in page.hits]
    included = [_entry(call, one, "include") for one in page.included]
    return answers.bundle("searchset", hits + included, links=links, total=page.total)


def _unsealed(call: Call) -> Pairs:
    """Return the question of a GET. Raises Refused AK-S001 for a cursor in the open, AK-F007 beside a sealed page."""
    names = {name for name, _ in call.query}
    if _AFTER in names:
        raise Refused("AK-S001", name=_AFTER)
    if PAGE not in names:
        return call.query
    call.refuse_parameters(known=frozenset({PAGE}))
    return call.server.seal.open(_place(call), dict(call.query)[PAGE])


def _sealed(call: Call, question: Pairs) -> str:
    place = _place(call)
    return f"{call.server.base}{place}?{PAGE}={call.server.seal.close(place, question)}"


def _place(call: Call) -> str:
    """Return the path that is searched, below the base: /Observation, /Patient/x/Observation, /Patient/x/*, nothing."""
    if call.within:
        return f"/{'/'.join(call.within)}/{call.type or '*'}"
    return f"/{call.type}" if call.type else ""


def _plain(call: Call) -> str:
    """Return the address that was asked, written anew."""
    asked = "&".join(f"{quote(name, safe=':')}={quote(value, safe=':|,/')}" for name, value in call.query)
    return f"{call.server.base}{_place(call)}" + (f"?{asked}" if asked else "")


def _entry(call: Call, stored: Stored, mode: str) -> dict[str, object]:
    return answers.entry(call.server.base, stored) | {"search": {"mode": mode}}
