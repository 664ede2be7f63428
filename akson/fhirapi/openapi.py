"""The FHIR API as OpenAPI 3.1: made from the addresses, operations and search parameters that there are, for tools.

What FHIR itself says, of resources and of how to search, is not said once more. Source: spec.openapis.org/oas/v3.1.0
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from akson.fhir import types
from akson.fhir.definitions import facts
from akson.fhirapi import addresses, operations, searchable
from akson.fhirapi.addresses import Interaction
from akson.fhirapi.answers import Answer
from akson.fhirapi.searchable import Searchable
from akson.record.own import Own

Json = dict[str, Any]
_FHIR = "application/fhir+json"
_BODIES = {"POST": _FHIR, "PUT": _FHIR, "PATCH": "application/json-patch+json"}
_HEADERS = {
    "If-Match": ("PUT PATCH DELETE", 'the version the client has seen, W/"3"; 412 when it is not the current one'),
    "If-None-Exist": ("POST", "creates only when nothing answers to this search"),
    "If-None-Match": ("GET", "304 when this version is the current one"),
    "Idempotency-Key": ("POST PUT PATCH DELETE", "the same key carries a write out once"),
    "Prefer": ("POST PUT PATCH", "return=minimal, representation or OperationOutcome"),
}
_TOLD = {"id": "logical id of the resource", "version": "number of the version", "member": "type in the compartment"}


def document(base: str, root: Mapping[str, Interaction], own: Own) -> Answer:
    """Return the document. root: what is done at the base itself; own: the installation's search parameters."""
    named = {name: searchable.searchable(name, own.ready(name)) for name in types.TYPES} | {
        "": searchable.of_every_type()
    }
    known = {_key(one): one for found in named.values() for one in found}
    told = {
        "openapi": "3.1.0",
        "info": {"title": "Akson FHIR API", "version": "4.0.1", "summary": "FHIR R4 (4.0.1) at one base"},
        "servers": [{"url": base}],
        "security": [{"bearer": []}],
        "paths": dict(_paths(root, named)),
        "components": {
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
            "schemas": {name: _schema(name) for name in types.TYPES},
            "parameters": {key: _searched(one) for key, one in sorted(known.items())} | _headers() | _in_path(),
            "responses": {"refused": _content("OperationOutcome", "why it is refused, with the place")},
        },
    }
    return Answer(status=200, body=msgspec.json.encode(told), media="application/json")


def _paths(root: Mapping[str, Interaction], named: Mapping[str, list[Searchable]]) -> Iterator[tuple[str, Json]]:
    open_to_all = {"responses": {"200": {"description": "what this server can do"}}, "security": []}
    yield "/metadata", {"get": {"operationId": "metadata", **open_to_all}}
    yield "/openapi.json", {"get": {"operationId": "openapi", **open_to_all}}
    yield "/", _place("", root, named[""], "Bundle")
    yield "/_search", _found(["_search"], "")
    yield "/_history", _found(["_history"], "")
    yield from _offered("", "system", [])
    for name in types.TYPES:
        yield f"/{name}", _place(name, addresses.find([name]).interactions, named[name], name)
        for inner in (["_search"], ["_history"], ["{id}"], ["{id}", "_history"], ["{id}", "_history", "{version}"]):
            yield "/".join(("", name, *inner)), _found([name, *inner], name)
        yield from _offered(name, "type", [name])
        yield from _offered(name, "instance", [name, "{id}"])
    for name, members in facts()["compartments"].items():
        yield f"/{name}/{{id}}/*", _found([name, "{id}", "*"], "")
        yield f"/{name}/{{id}}/{{member}}", _found([name, "{id}", "{member}"], "", next(iter(members)))


def _found(segments: list[str], type_: str, member: str = "") -> Json:
    meant = [{"{id}": "x", "{version}": "1", "{member}": member}.get(one, one) for one in segments]
    return _place("/".join(segments), addresses.find(meant).interactions, [], type_ or "Bundle")


def _offered(name: str, level: str, segments: list[str]) -> Iterator[tuple[str, Json]]:
    """Yield the operations of a type, or of the whole server, at one level."""
    offered = [one for one in (*operations.OPERATIONS, operations.VALIDATE)
               if level in one.levels and (one.type == name or (one is operations.VALIDATE and name))]  # fmt: skip
    for one in offered:
        yield (
            "/".join(("", *segments, f"${one.name}")),
            {
                method.lower(): _operation(method, "/".join([*segments, f"${one.name}"]), one.perform, [], "Parameters")
                for method in one.methods
            },
        )


def _place(path: str, interactions: Mapping[str, Interaction], asked: list[Searchable], type_: str) -> Json:
    """Return what is done at one address, by method."""
    return {
        method.lower(): _operation(method, path, perform, asked if method == "GET" else [], type_)
        for method, perform in interactions.items()
    }


def _operation(method: str, path: str, perform: Interaction, asked: Iterable[Searchable], type_: str) -> Json:
    by_form = path.endswith("_search")
    bundled = not path.endswith(("{id}", "{version}")) and method == "GET" and "$" not in path
    refs = [_key(one) for one in asked]
    refs += [name for name in ("id", "version", "member") if f"{{{name}}}" in path]
    refs += [name for name, (methods, _) in _HEADERS.items() if method in methods.split() and not by_form]
    answer = _content("Bundle" if bundled or by_form else type_, "done; a refusal is told as an OperationOutcome")
    told: Json = {
        "operationId": f"{method.lower()}:{path or '/'}",
        "summary": (inspect.getdoc(perform) or "").partition("\n")[0],
        "parameters": [{"$ref": f"#/components/parameters/{name}"} for name in refs],
        "responses": {"2XX": answer, "default": {"$ref": "#/components/responses/refused"}},
    }
    if method in _BODIES:
        told["requestBody"] = {"content": _sent(method, path, type_, by_form=by_form)}
    return told


def _sent(method: str, path: str, type_: str, *, by_form: bool) -> Json:
    if by_form:
        form = {"type": "object", "additionalProperties": {"type": "string"}}
        return {"application/x-www-form-urlencoded": {"schema": form}}
    if path == "$import":
        return {"application/fhir+ndjson": {"schema": {"type": "string"}}}
    if method == "PATCH":
        steps = {"type": "array", "items": {"type": "object"}}
        return {_BODIES[method]: {"schema": steps}, _FHIR: {"schema": _ref("Parameters")}}
    return {_FHIR: {"schema": _ref(type_)}}


def _content(type_: str, told: str) -> Json:
    return {"description": told, "content": {_FHIR: {"schema": _ref(type_)}}}


def _ref(type_: str) -> Json:
    return {"$ref": f"#/components/schemas/{type_}"}


def _schema(name: str) -> Json:
    return {
        "type": "object", "required": ["resourceType"], "properties": {"resourceType": {"const": name}},
        "externalDocs": {"url": f"http://hl7.org/fhir/R4/{name.lower()}.html"},
    }  # fmt: skip


def _key(one: Searchable) -> str:
    return f"{one.name}.{one.kind}"


def _searched(one: Searchable) -> Json:
    told = f"{one.kind}; {one.documentation}".removesuffix("; ")
    return {"name": one.name, "in": "query", "description": told, "schema": {"type": "string"}}


def _headers() -> Json:
    return {name: {"name": name, "in": "header", "description": told, "schema": {"type": "string"}}
            for name, (_, told) in _HEADERS.items()}  # fmt: skip


def _in_path() -> Json:
    return {name: {"name": name, "in": "path", "required": True, "description": told, "schema": {"type": "string"}}
            for name, told in _TOLD.items()}  # fmt: skip
