"""Attempts to get at what is hidden: for an asker and an item, every way that questions.py makes of what the server has.

And ways round: chains, company, compartments, whole records, conditions that something fits, tests of a patch.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final, Self
from urllib.parse import quote

from akson.fhir import bodies, search, types
from tests.leaks.canary import TYPES
from tests.leaks.questions import INTERACTIONS, OPERATIONS, Entry, around, entry, pages, reverse, searches
from tests.leaks.sees import RECORDS
from tests.leaks.village import Item

READING: Final = ("read", "vread", "history-instance")
WRITING: Final = ("update", "patch", "delete", "create")
_CHANGING: Final = ("patch", "delete")  # of what belongs to nobody: where it is nowhere, the others would make it
_WIDELY: Final = ("Patient", "Condition", "EpisodeOfCare")  # also asked for among all types at once, which is slow
_REGISTERS: Final = ("Practitioner", "Organization", "Location")


def about(item: Item, *, whole: bool) -> Iterator[Entry]:
    """Yield every attempt at one item. whole: nothing of the record is seen, so that nothing can be written either."""
    one = item.resource
    if item.part in ("address", "name"):
        yield from by_word(item)
        return
    if item.part == "place":
        yield from to_place(item, whole=whole)
        return
    for name in READING:
        yield from INTERACTIONS[name](one)
    if whole:
        for name in WRITING if item.person in RECORDS else _CHANGING:
            yield from INTERACTIONS[name](one)
        yield from _operated(one)
    for question in searches(one):
        yield entry("GET", _narrow(item, question))
    yield from hops(item)


def _narrow(item: Item, question: str) -> str:
    """Return a search so that it finds no more than the item: what many have in common is asked of this one."""
    marked = any(mine in question for mine, _ in item.names)
    return question if marked else f"{question}&_id={item.resource['id']}"


def _operated(one: dict[str, Any]) -> Iterator[Entry]:
    if one["resourceType"] == "Patient":
        yield from OPERATIONS["everything"](one)
    yield from OPERATIONS["validate"](one)


@lru_cache(maxsize=256)
def _to_patient(kind: str) -> tuple[str, ...]:
    """Return the parameters of a type that point to a person."""
    found = search.parameters(kind).values()
    return tuple(sorted(p.name for p in found if p.kind == "reference" and "Patient" in p.targets))


def hops(item: Item) -> Iterator[Entry]:
    """Yield the ways to an item over others, and what counts, sorts or tests it."""
    kind, id_, word = item.resource["resourceType"], item.resource["id"], item.word
    patient = item.patient[0]
    for question in (
        f"{kind}?_id={id_}&_include=*&_revinclude=*", f"{kind}?_id={id_}&_summary=count", f"{kind}?_id={id_}&_total=accurate&_count=0",
        f"{kind}?_id={id_}&_elements=id", f"{kind}?_id={id_}&_sort=-_lastUpdated", f"{kind}?_id=x,{id_}", f"{kind}?_content={word}",
        f"{kind}?_text={word}", f"{kind}?_tag=https://kanari.example/{word}|{word}", f"{kind}?_tag:not={word}&_id={id_}",
        f"{kind}?_source=https://kanari.example/{word}", f"?_type={kind},Basic&_id={id_}",
        f"Provenance?target={kind}/{id_}", f"Task?focus={kind}/{id_}&_include=Task:focus", f"AuditEvent?entity={kind}/{id_}",
        f"Patient?_id={patient}&_revinclude=*", f"Patient/{patient}/{kind}?_id={id_}",
        f"Patient/{patient}/$everything?_type={kind}", f"Patient/{patient}/$everything?_type={kind}&_count=1",
        f"{kind}/_history?_count=50&_since=2026-11-20T00:00:00Z",
    ):  # fmt: skip
        yield entry("GET", question)
    if kind in _WIDELY:
        yield entry("GET", f"Patient/{patient}/*?_id={id_}")
        yield entry("GET", f"?_id={id_}&_total=accurate")
    yield entry("GET", f"{kind}/{id_}", ifNoneMatch='W/"1"')
    yield entry("GET", f"{kind}/{id_}?_elements=id")
    for parameter in _to_patient(kind):
        yield from _chained(kind, parameter, item, patient)


def _chained(kind: str, parameter: str, item: Item, patient: str) -> Iterator[Entry]:
    one, id_ = item.resource, item.resource["id"]
    yield entry("GET", f"{kind}?{parameter}={patient}&_total=accurate&_count=0")
    yield entry("GET", f"{kind}?{parameter}={patient}&_id={id_}")
    yield entry("GET", f"{kind}?{parameter}:Patient._id={patient}&_total=accurate")
    yield entry("GET", f"{kind}?_id={id_}&_include={kind}:{parameter}")
    yield entry("GET", f"Patient?_has:{kind}:{parameter}:_id={id_}&_total=accurate")
    for name in ("identifier", "code", "status", "date", "type", "category"):
        if name in search.parameters(kind) and item.word in str(one.get(name, "")):
            yield entry("GET", f"Patient?_has:{kind}:{parameter}:{name}={quote(item.word)}")
            yield entry("GET", f"{kind}?{parameter}._has:{kind}:{parameter}:{name}={quote(item.word)}")


def by_word(item: Item) -> Iterator[Entry]:
    """Yield what finds the word of something that is kept apart within a resource."""
    word = item.word
    for name in (
        "address",
        "address-city",
        "address-postalcode",
        "address:contains",
        "address:exact",
        "address-city:exact",
    ):
        for kind in ("Patient", "RelatedPerson", "Person"):
            yield entry("GET", f"{kind}?{name}={word}&_total=accurate")
        yield entry("GET", f"Observation?patient.{name}={word}")
        yield entry("GET", f"Patient?_has:RelatedPerson:patient:{name}={word}")
    for kind in ("Patient", "Communication", "RelatedPerson", "Claim", "Encounter"):
        yield entry("GET", f"{kind}?_content={word}&_total=accurate")
        yield entry("GET", f"{kind}?_text={word}&_total=accurate")
    for method in ("PUT", "DELETE", "PATCH"):
        body = (
            {"resourceType": "Parameters"}
            if method == "PATCH"
            else {"resourceType": "Patient", "id": item.patient[1]}  # nobody's: without one, a Patient is made
            if method == "PUT"
            else None
        )
        yield entry(method, f"Patient?address-city={word}&name={word}&_id=none", body)


def to_place(item: Item, *, whole: bool) -> Iterator[Entry]:
    """Yield what reads something that tells where its person is, what finds it by that, and what leads there and back.

    whole  as in `about`: who sees another part of the record is told, of all that leads to a place, of that part
    """
    one, kind, id_ = item.resource, item.resource["resourceType"], item.resource["id"]
    for name in READING:
        yield from INTERACTIONS[name](one)
    for question in searches(one):
        if any(mine in question for mine, _ in item.names):
            yield entry("GET", question)
    yield from (hop for hop in hops(item) if whole or id_ in _asked(hop) or item.word in _asked(hop))
    for place in item.places:
        if whole:
            yield entry("GET", f"Patient/{item.patient[0]}/$everything?_type={place.partition('/')[0]}")
            yield entry("GET", f"{place.partition('/')[0]}?_id={place.partition('/')[2]}&_revinclude=*&_count=100")
        yield entry("GET", f"{place}/{kind}?_id={id_}")
        for parameter in search.parameters(kind).values():
            if parameter.kind == "reference" and place.partition("/")[0] in parameter.targets:
                yield from _by_place(item, place, parameter.name, whole=whole)


def _asked(one: Entry) -> str:
    address: str = one["request"]["url"]
    return address


def _by_place(item: Item, place: str, parameter: str, *, whole: bool) -> Iterator[Entry]:
    """Yield the ways over one parameter between something and a place; of all of its kind there where none is seen."""
    kind, id_, patient = item.resource["resourceType"], item.resource["id"], item.patient[0]
    type_, _, there = place.partition("/")
    own = "" if whole else f"&_id={id_}"
    for question in (
        f"{kind}?{parameter}={place}&_total=accurate&_count=0{own}", f"{kind}?{parameter}:{type_}={there}&_id={id_}",
        f"{kind}?{parameter}:{type_}._id={there}&_total=accurate{own}", f"{kind}?_id={id_}&_include={kind}:{parameter}",
        f"{type_}?_id={there}&_has:{kind}:{parameter}:_id={id_}",
    ):  # fmt: skip
        yield entry("GET", question)
    if not whole:
        return
    yield entry("GET", f"{type_}?_id={there}&_revinclude={kind}:{parameter}")
    for whose in _to_patient(kind):
        yield entry("GET", f"{type_}?_id={there}&_has:{kind}:{parameter}:{whose}={patient}")
        yield entry("GET", f"Patient?_id={patient}&_has:{kind}:{whose}:{parameter}={place}")


def wide() -> Iterator[Entry]:
    """Yield the questions that are about nobody in particular: whole types, sorted, paged, counted, with their company."""
    for kind in TYPES:
        for question in (*pages(kind), *around(kind)):
            yield entry("GET", question)
    for kind in _REGISTERS:
        for question in reverse(kind):
            yield entry("GET", question)
    yield entry("GET", "_history?_count=200")
    yield entry("GET", f"?_type={','.join(types.TYPES[:40])}&_count=200")


@dataclass(frozen=True, kw_only=True)
class Request:
    """One request of its own, for what a batch does not carry: headers both ways, forms, patches, transactions."""

    method: str
    path: str
    body: str = ""
    headers: tuple[tuple[str, str], ...] = ()

    def mapped(self, change: Callable[[str], str]) -> Self:
        """Return the request with its address and body changed."""
        return replace(self, path=change(self.path), body=change(self.body))


_FORM = (("content-type", "application/x-www-form-urlencoded"),)
_PATCHES = (("content-type", "application/json-patch+json"),)


def alone(item: Item, *, whole: bool) -> Iterator[Request]:
    """Yield the requests of their own about an item; whole: as in `about`."""
    one, at, word = item.resource, item.ref, item.word
    kind, id_ = one["resourceType"], one["id"]
    yield Request(method="HEAD", path=at)
    yield Request(method="GET", path=at, headers=(("if-none-match", 'W/"1"'),))
    yield Request(method="GET", path=at, headers=(("if-modified-since", "Wed, 01 Jan 2031 00:00:00 GMT"),))
    yield Request(method="GET", path=f"{at}?_pretty=true")
    yield Request(method="HEAD", path=f"{at}/_history/1")
    yield Request(method="HEAD", path=f"{kind}?_id={id_}&_total=accurate")
    yield Request(method="POST", path=f"{kind}/_search", body=f"_id={id_}&_total=accurate", headers=_FORM)
    yield Request(method="POST", path=f"{kind}/_search", body=f"_content={word}&_summary=count", headers=_FORM)
    for value in (word, "9"):
        test = json.dumps([{"op": "test", "path": "/implicitRules", "value": value}])
        yield Request(method="PATCH", path=at, body=test, headers=_PATCHES)
    yield Request(method="PATCH", path=at, body="[]", headers=(*_PATCHES, ("if-match", 'W/"1"')))
    yield _transaction(entry("GET", at))
    yield _transaction(entry("GET", f"{kind}?_id={id_}"))
    yield _transaction(entry("PATCH", at, {"resourceType": "Parameters"}))
    if whole and item.person in RECORDS:
        body = bodies.dumps(one).decode()
        yield Request(method="PUT", path=at, body=body, headers=(("if-match", 'W/"9"'),))
        yield Request(method="PUT", path=f"{kind}?_id={id_}", body=body)
        yield Request(method="DELETE", path=at, headers=(("if-match", 'W/"1"'),))
        about = {"resourceType": "Observation", "status": "final", "code": {"text": "Puls"}}
        for subject in (f"Patient?name={word}", f"Patient?_id={item.patient[0]}", f"Patient/{item.patient[0]}"):
            yield _transaction(entry("POST", "Observation", about | {"subject": {"reference": subject}}))


def _transaction(asked: Entry) -> Request:
    body = bodies.dumps({"resourceType": "Bundle", "type": "transaction", "entry": [asked]}).decode()
    return Request(method="POST", path="", body=body)
