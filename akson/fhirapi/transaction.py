"""transaction: all entries or none, as one write set and one commit.

The entries may refer to each other by fullUrl, and to what is known by a condition (`Practitioner?identifier=...`). Any
fault refuses the whole, with the path of its entry. Source: hl7.org/fhir/R4/http.html#transaction
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

from msgspec.structs import replace

from akson.base.errors import Refused
from akson.base.turns import in_turns
from akson.base.work import Work
from akson.fhir import bodies
from akson.fhirapi import answers, conditional, entries, planning, references, repeating, shaping
from akson.fhirapi.addresses import Interaction
from akson.fhirapi.answers import Answer, Headers
from akson.fhirapi.calls import Call
from akson.fhirapi.entries import Entry
from akson.fhirapi.history import history, recounting
from akson.fhirapi.once import Done
from akson.fhirapi.planning import Planned
from akson.fhirapi.read import read, reading
from akson.fhirapi.search import by_get, searching
from akson.fhirapi.vread import vread, vreading
from akson.record import looking, naming, session, stubs
from akson.record.once import Result
from akson.record.stored import Stored

_ORDER = {"DELETE": 0, "POST": 1, "PUT": 2, "PATCH": 2, "GET": 3}
_LETTERS = {"GET": "r", "POST": "c", "PUT": "u", "PATCH": "ru", "DELETE": "d"}

_WITHIN: Mapping[Interaction, Callable[[Call, Work], Awaitable[Answer]]] = {
    read: reading,
    vread: vreading,
    by_get: searching,
    history: recounting,
}  # each as part of a work


async def transaction(call: Call, cut: bodies.Slices) -> Answer:
    """Carry out all entries as one, in FHIR's order; GETs see what the others wrote."""
    entries.count(cut)
    asked = [entries.read(n, part, call.server.base) async for n, part in in_turns(enumerate(cut.entry))]
    cut.entry.clear()  # what came may go: each entry has its text
    asked.sort(key=lambda entry: _ORDER[entry.method])
    await _refuse_beyond_token(call, asked)
    reads = [entry for entry in asked if entry.method == "GET"]
    places = [entry.n for entry in asked]
    planned = await planning.plan(asked[: len(asked) - len(reads)])
    del asked  # with their texts, where the plan needs them no more
    await _refuse_unsearchable(call, planned)
    before: Headers = ()
    try:
        told = await _carry_out(call, planned, reads)
    except Done as done:
        told, before = await _again(call, planned, reads, done.results), repeating.AGAIN
    order = sorted(range(len(places)), key=places.__getitem__)
    answer = answers.bundle("transaction-response", [answers.response(told[place]) for place in order])
    return replace(answer, headers=(*answer.headers, *before))


async def _refuse_beyond_token(call: Call, asked: Iterable[Entry]) -> None:
    """Refuse what no token could be given for, or this one was not; each type and method is asked about once."""
    covered: set[tuple[str, str]] = set()
    for entry in asked:
        if entry.place.operation:
            raise Refused("AK-F011", path=f"{entry.path}.request.url", name="an operation in a transaction")
        kind = entry.place.type, _LETTERS[entry.method]
        if kind not in covered:
            with planning.at(f"{entry.path}.request"):
                await replace(call, type=kind[0]).refuse_beyond_token(kind[1])
            covered.add(kind)


async def _carry_out(call: Call, planned: Sequence[Planned], reads: Sequence[Entry]) -> list[Answer]:
    """Write all and read all as one work; return the answers in the order of both."""
    office = call.server.office
    keys = {key for each in planned if each.condition for key in each.condition.keys(office.hasher)}
    async with office.queues.turn(keys), call.work("transaction") as work:
        if reads:
            await session.transaction(work)  # a read that fails must undo what it has already seen written
        stored = await _write(call, work, planned)
        found = [await _get(call, work, entry) for entry in reads]
        results = [_became(each, stored) for each in planned]
        call.tell(*results)
    return [_told(call, each, *result) for each, result in zip(planned, results, strict=True)] + found


async def _again(
    call: Call, planned: Sequence[Planned], reads: Sequence[Entry], results: Sequence[Result]
) -> list[Answer]:
    """Return the answers to a transaction that was carried out before; what it reads is read anew."""
    told = [
        Answer(status=204, stored=result.stored)
        if each.entry.method == "DELETE"
        else await repeating.written(call, result, usual="minimal")
        for each, result in zip(planned, results, strict=True)
    ]
    async with call.looking("transaction") as work:
        work.saw(0, "transaction told again")  # where things are leaves too, though nothing of them is read
        return told + [await _get(call, work, entry) for entry in reads]


async def _refuse_unsearchable(call: Call, planned: Iterable[Planned]) -> None:
    for each in planned:
        if each.condition is not None:
            with planning.at(each.where):
                await conditional.refuse_unsearchable(replace(call, type=each.entry.place.type))


async def _write(call: Call, work: Work, planned: Sequence[Planned]) -> Mapping[int, Stored]:
    """Queue the whole set, written when the work ends or a GET asks; return what is stored, by id() of its draft."""
    await planning.settle(work, planned)
    names = planning.names(planned)
    drafts = [each.draft for each in planned if each.writes]
    await references.resolve(work, drafts, names, call.server.base)
    await naming.name(work, drafts, names)
    stored = await stubs.write_set(work, drafts) if drafts else []
    return {id(draft): one for draft, one in zip(drafts, stored, strict=True)}


async def _get(call: Call, work: Work, entry: Entry) -> Answer:
    """Return what one GET of the transaction finds."""
    place = entry.place
    carried_out = _WITHIN.get(place.interactions["GET"])
    if carried_out is None:
        raise Refused("AK-F012", path=f"{entry.path}.request.url", detail="read, search and history are supported")
    with planning.at(f"{entry.path}.request.url"):
        shape, query = shaping.parted(place.type, entry.query)
        before = len(work.seen)
        found = await carried_out(replace(entries.inner(call, entry), query=query), work)
        looking.named(work, work.seen[before:], most=1)  # of one person alone: a look, as when it is asked alone
        return shaping.shaped(found, shape)


def _became(each: Planned, written: Mapping[int, Stored]) -> tuple[int, Stored | None]:
    """Return the status of a change, and the version it is about if there is one."""
    stored = written.get(id(each.draft), each.found)
    if stored is None or each.entry.method == "DELETE":
        return 204, stored
    made = each.writes and (stored.made)
    return 201 if made else 200, stored


def _told(call: Call, each: Planned, status: int, stored: Stored | None) -> Answer:
    if stored is None or each.entry.method == "DELETE":
        return Answer(status=status, stored=stored)
    return answers.written(call, stored, status, usual="minimal")
