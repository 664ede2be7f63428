"""What can be asked of the FHIR API about a record: every interaction on every resource, every search that finds it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

from akson.fhir import search, types
from tests.leaks.canary import WORD

Resource = dict[str, Any]
Entry = dict[str, Any]
_MARKS = re.compile(r"([\\,$|])")


def entry(method: str, url: str, resource: Resource | None = None, **more: str) -> Entry:
    """Return one entry of a batch or transaction."""
    asked: Entry = {"request": {"method": method, "url": url, **more}}
    return asked | ({"resource": resource} if resource is not None else {})


_PATCH: Resource = {"resourceType": "Parameters"}  # of nothing: it fits whatever is there

# Interaction, as the CapabilityStatement calls it -> what is asked about one resource of a record.
INTERACTIONS: Mapping[str, Callable[[Resource], list[Entry]]] = {
    "read": lambda one: [entry("GET", _at(one)), entry("GET", _at(one), ifNoneMatch='W/"1"')],
    "vread": lambda one: [entry("GET", f"{_at(one)}/_history/1"), entry("GET", f"{_at(one)}/_history/9")],
    "history-instance": lambda one: [entry("GET", f"{_at(one)}/_history")],
    "update": lambda one: [
        entry("PUT", _at(one), one),
        entry("PUT", _at(one), one, ifMatch='W/"1"'),
        entry("PUT", _by_id(one), one),
    ],
    "patch": lambda one: [entry("PATCH", at, _PATCH) for at in (_at(one), _by_id(one))],
    "delete": lambda one: [
        entry("DELETE", _at(one)),
        entry("DELETE", _at(one), ifMatch='W/"9"'),
        entry("DELETE", _by_id(one)),
    ],
    "create": lambda one: (
        [entry("POST", one["resourceType"], one), entry("POST", one["resourceType"], one, ifNoneExist=_by_id(one))]
        if one["resourceType"] != "Patient"
        else []
    ),
    "history-type": lambda one: [entry("GET", f"{one['resourceType']}/_history"), entry("GET", "_history?_count=5")],
    "search-type": lambda one: [entry("GET", question) for question in searches(one)],
}

# Operation -> what is asked of it about one resource of a record.
OPERATIONS: Mapping[str, Callable[[Resource], list[Entry]]] = {
    "everything": lambda one: [
        entry("GET", f"{_at(one)}/$everything{more}") for more in ("", "?_count=1", "?_type=Patient", "?start=2020")
    ],
    "import": lambda one: [entry("POST", "$import", one)],  # refused in a batch
    "export": lambda one: [  # refused in a batch; test_fhir.py walks it by requests of its own
        entry("GET", "$export"), entry("GET", "Patient/$export"), entry("GET", f"Group/{one['id']}/$export"),
        entry("GET", f"$export/{one['id']}"), entry("GET", f"$export/{one['id']}/{one['resourceType']}.ndjson"),
    ],
    **{
        name: lambda one, name=name, kind=kind: [entry("GET", f"{kind}/{one['id']}/${name}?code=x&codeA=x&codeB=x")]
        for name, kind in (
            ("expand", "ValueSet"), ("validate-code", "ValueSet"), ("lookup", "CodeSystem"), ("subsumes", "CodeSystem"),
            ("translate", "ConceptMap"),
        )
    },
    "validate": lambda one: [
        entry("POST", f"{_at(one)}/$validate", one), entry("POST", f"{one['resourceType']}/$validate", one),
    ],
    "status": lambda one: [
        entry("GET", f"SearchParameter/{one['id']}/$status"), entry("GET", "SearchParameter/$status"),
        entry("GET", f"Subscription/{one['id']}/$status"), entry("GET", f"Subscription/$status?id={one['id']}"),
    ],
    "get-ws-binding-token": lambda one: [
        entry("GET", f"Subscription/{one['id']}/$get-ws-binding-token"),
        entry("GET", f"Subscription/$get-ws-binding-token?id={one['id']}"),
    ],
    "events": lambda one: [
        entry("GET", f"Subscription/{one['id']}/$events?eventsSinceNumber=1&content=full-resource"),
    ],
    "batch-validate-code": lambda one: [entry("GET", f"ValueSet/{one['id']}/$batch-validate-code")],
}  # fmt: skip


def _at(one: Resource) -> str:
    return f"{one['resourceType']}/{one['id']}"


def _by_id(one: Resource) -> str:
    return f"{one['resourceType']}?_id={one['id']}"


def searches(one: Resource) -> list[str]:
    """Return every question that has this resource as an answer, and its count."""
    asked = [("_id", one["id"]), *sorted({(name, value) for name, value in values(one) if name[:1] not in ("", ":")})]
    return [f"{one['resourceType']}?{name}={quote(value)}&_total=accurate&_count=1000" for name, value in asked]


def values(one: Resource) -> Iterator[tuple[str, str]]:
    """Yield (parameter, value) of everything that is extracted from a resource."""
    found = search.extract(one)
    known = sorted(search.parameters(one["resourceType"]).values(), key=lambda p: not p.only)  # the widest, last, wins
    named = {slot.id: p.name for p in known for slot in p.slots}

    def name(place: int) -> str:
        return named.get(search.split(place)[0], "")  # "": of a composite only

    yield from _coded(found, name)
    for place, text, raw in found.strings:
        yield name(place), _escaped(text)
        yield f"{name(place)}:exact", _escaped(raw)
    for place, kind, id_, url, _identifier in found.references:
        yield name(place), str(url) if url else f"{kind}/{id_}"
    yield from _measured(found, name)
    for slot in found.present:
        yield f"{name(slot)}:missing", "false"
    if "text" in one:
        yield "_text", WORD
        yield "_content", f"{WORD} synger"
    yield "_lastUpdated", "gt2020"


def _coded(found: search.Extracted, name: Callable[[int], str]) -> Iterator[tuple[str, str]]:
    """Yield what asks for codes, their texts, and addresses."""
    for place, system, code, told in found.tokens:
        if place < 0:
            yield f"{name(-place)}:of-type", f"{_escaped(system or '')}|{_escaped(code)}|{_escaped(told or '')}"
        elif system or code:
            yield name(place), f"{_escaped(system or '')}|{_escaped(code or '')}"
        if told and place > 0:
            yield f"{name(place)}:text", _escaped(told)
    for place, uri in found.uris:
        yield name(place), _escaped(uri)
        yield f"{name(place)}:below", _escaped(uri.rpartition("/")[0])


def _measured(found: search.Extracted, name: Callable[[int], str]) -> Iterator[tuple[str, str]]:
    """Yield what asks for dates, numbers and quantities."""
    for place, day, _ in found.dates:
        yield name(place), f"ap{day.date().isoformat()}"
        yield name(place), f"gt{day.year - 1}"
    measured = [*found.numbers, *((place, low, high) for place, low, high, *_ in found.quantities)]
    for place, low, high in measured:
        yield name(place), f"eq{(low + high) / 2:f}"


def pages(kind: str) -> Iterator[str]:
    """Yield the questions about a type as a whole: counted, sorted, paged, with what it points at."""
    yield f"{kind}?_total=accurate&_count=1000"
    yield f"{kind}?_total=accurate&_count=0"
    yield f"{kind}?_total=accurate&_count=1"
    yield f"{kind}/_history?_count=500"
    yield f"{kind}/_history?_since=2020-01-01T00:00:00Z&_count=3"
    for parameter in search.parameters(kind).values():
        if parameter.kind in ("date", "string", "number", "quantity"):
            yield f"{kind}?_sort={parameter.name}&_count=3"
            yield f"{kind}?_sort=-{parameter.name}&_count=3"
        if parameter.kind == "reference":
            yield f"{kind}?_include={kind}:{parameter.name}&_count=3"


def reverse(kind: str) -> Iterator[str]:
    """Yield the questions that bring along what points at a resource of a type."""
    for source in types.TYPES:
        for parameter in search.parameters(source).values():
            if parameter.kind == "reference" and kind in parameter.targets:
                yield f"{kind}?_revinclude={source}:{parameter.name}&_count=1000"


def around(kind: str) -> Iterator[str]:
    """Yield the questions that would look into other records, were they understood."""
    for parameter in search.parameters(kind).values():
        if parameter.kind == "reference" and "Patient" in parameter.targets:
            yield f"{kind}?{parameter.name}:Patient.name=Kanari"
            yield f"{kind}?{parameter.name}.birthdate=2010-05-06"
            yield f"Patient?_has:{kind}:{parameter.name}:_lastUpdated=gt2020&_total=accurate"
            yield f"{kind}?{parameter.name}:identifier=http://kanari.example/{WORD}|{WORD}&_total=accurate"
            yield f"{kind}?{parameter.name}.general-practitioner.name=x&_include:iterate=*&_total=accurate"
    yield f"{kind}?_content=kanarisen&_total=accurate"
    yield f"{kind}?_include=*&_revinclude=*&_count=20"
    yield f"?_type={kind}&_lastUpdated=gt2020&_total=accurate&_sort=-_lastUpdated"


def _escaped(text: str) -> str:
    return _MARKS.sub(r"\\\1", text)
