"""transaction: all entries or none, as one write set and one commit.

The entries may refer to each other by fullUrl, and to what is known by a condition (`Practitioner?identifier=...`). Any
fault refuses the whole, with the path of its entry. Source: hl7.org/fhir/R4/http.html#transaction
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

from akson.base.errors import Refused
from akson.base.turns import in_turns
from akson.base.work import Work
from akson.fhir import bodies
from akson.fhir.issues import Invalid
from akson.fhirapi import answers, contents, entries, references, shaping
from akson.fhirapi.addresses import Interaction
from akson.fhirapi.answers import Answer
from akson.fhirapi.calls import LARGEST_RESOURCE, Call
from akson.fhirapi.entries import Entry
from akson.fhirapi.history import history, recounting
from akson.fhirapi.read import read, reading
from akson.fhirapi.search import by_get, searching
from akson.fhirapi.update import address_it
from akson.fhirapi.vread import vread, vreading
from akson.record import journal, naming, session
from akson.record.preparing import Draft
from akson.record.stored import Stored

_ORDER = ("DELETE", "POST", "PUT", "GET")
_LETTERS = {"GET": "r", "POST": "cu", "PUT": "cu", "DELETE": "cud"}

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
    asked.sort(key=lambda entry: _ORDER.index(entry.method))
    for entry in asked:
        if entry.place.operation:
            raise Refused("AK-F011", path=f"{entry.path}.request.url", name="an operation in a transaction")
        with _at(f"{entry.path}.request"):
            await replace(call, type=entry.place.type).refuse_beyond_token(_LETTERS[entry.method])
    reads = [entry for entry in asked if entry.method == "GET"]
    changes = asked[: len(asked) - len(reads)]
    drafts = await _drafts(changes)
    async with call.work("transaction") as work:
        if reads:
            await session.transaction(work)  # a read that fails must undo what it has already seen written
        stored = await _write(call, work, changes, drafts)
        found = [await _get(call, work, entry) for entry in reads]
    told = [_told(call, entry, one) for entry, one in zip(changes, stored, strict=True)] + found
    order = sorted(range(len(asked)), key=lambda place: asked[place].n)
    return answers.bundle("transaction-response", [answers.response(told[place]) for place in order])


async def _drafts(changes: Iterable[Entry]) -> list[Draft]:
    """Return a checked draft of each change. Raises Invalid with the faults of all of them."""
    drafts, faults = [], []
    async for entry in in_turns(changes):
        try:
            drafts.append(_draft(entry))
        except Invalid as fault:
            faults += [replace(issue, path=_within(entry, issue.path)) for issue in fault.issues]
    if faults:
        raise Invalid(faults)
    _refuse_twice(drafts)
    return drafts


def _draft(entry: Entry) -> Draft:
    if entry.method == "DELETE":
        draft = Draft(method="DELETE", type=entry.place.type, id=entry.place.id)
    else:
        if len(entry.body) > LARGEST_RESOURCE:
            raise Refused("AK-J009", path=f"{entry.path}.resource", limit=LARGEST_RESOURCE)
        if "if-none-exist" in entry.headers:
            raise Refused("AK-F011", path=f"{entry.path}.request.ifNoneExist", name="ifNoneExist")
        draft = journal.draft(entry.method, entry.body)
        if draft.type != entry.place.type:
            raise Refused("AK-F006", path=f"{entry.path}.resource", expected=entry.place.type, found=draft.type)
    with _at(entry.path):
        seen = contents.if_match(entry.headers)
        if entry.method == "PUT":
            address_it(draft, entry.place.id, seen)
    draft.if_match, draft.path = seen, f"{entry.path}.resource"
    return draft


def _within(entry: Entry, path: str) -> str:
    """Return `Observation.value` as `Bundle.entry[3].resource.value`."""
    return ".".join(filter(None, (entry.path, "resource", path.partition(".")[2])))


@contextmanager
def _at(path: str) -> Iterator[None]:
    """Give a refusal the path of the entry it arose in."""
    try:
        yield
    except Refused as refused:
        refused.path = path
        raise


def _refuse_twice(drafts: Iterable[Draft]) -> None:
    """Raise AK-F013 when two entries change one resource: no order between them is promised."""
    seen = set()
    for draft in drafts:
        if draft.id is not None and (draft.type, draft.id) in seen:
            raise Refused("AK-F013", path=draft.path.removesuffix(".resource"))
        seen.add((draft.type, draft.id))


async def _write(call: Call, work: Work, changes: Sequence[Entry], drafts: Sequence[Draft]) -> list[Stored]:
    """Queue the whole set; it is written when the work ends, or when a GET asks."""
    names = _names(changes, drafts)
    await references.resolve(work, drafts, names, call.server.base)
    await naming.name(work, drafts, names)
    return await journal.write_set(work, drafts) if drafts else []


def _names(changes: Iterable[Entry], drafts: Iterable[Draft]) -> Mapping[str, Draft]:
    """Return what the entries call each other. Raises Refused AK-F012 when a name stands for two."""
    names: dict[str, Draft] = {}
    for entry, draft in zip(changes, drafts, strict=True):
        for name in entries.names(entry) if draft.resource is not None else ():
            if names.setdefault(name, draft) is not draft:
                raise Refused("AK-F012", path=f"{entry.path}.fullUrl", detail="two entries have this fullUrl")
    return names


async def _get(call: Call, work: Work, entry: Entry) -> Answer:
    """Return what one GET of the transaction finds."""
    place = entry.place
    carried_out = _WITHIN.get(place.interactions["GET"])
    if carried_out is None:
        raise Refused("AK-F012", path=f"{entry.path}.request.url", detail="read, search and history are supported")
    with _at(f"{entry.path}.request.url"):
        shape, query = shaping.parted(place.type, entry.query)
        return shaping.shaped(await carried_out(replace(entries.inner(call, entry), query=query), work), shape)


def _told(call: Call, entry: Entry, stored: Stored) -> Answer:
    if entry.method == "DELETE":
        return Answer(status=204, stored=stored)
    status = 200 if entry.method == "PUT" and stored.version > 1 else 201
    return answers.written(call, stored, status, usual="minimal")
