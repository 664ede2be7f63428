"""Cuts a resource down to what a client asked for: `_summary` and `_elements`.

What is kept is kept token for token, and the result says that it is not the whole: meta.tag SUBSETTED. Mandatory
elements stay, and top-level ones that change the meaning of others: a part must not say something else than the whole.
Source: hl7.org/fhir/R4/search.html#summary, #elements
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final

import msgspec

from akson.fhir.bodies import may_say
from akson.fhir.definitions import PRIMITIVES, artefact, elements, members

_ALWAYS: Final = frozenset({"resourceType", "id", "meta", "implicitRules"})
_TAG: Final = msgspec.Raw(
    b'{"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationValue","code":"SUBSETTED"}'
)  # fmt: skip
_object = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_array = msgspec.json.Decoder(list[msgspec.Raw]).decode
_encode = msgspec.json.encode
Members = dict[str, msgspec.Raw]


def summary(body: bytes) -> bytes:
    """Return what the definition of the type marks as its summary, at every level, and what is mandatory there."""
    given = _object(body)
    short = _summarised(given, _kind(given))
    return _subsetted(given, {name: given[name] if name in _ALWAYS else short[name] for name in given if name in short})


def text(body: bytes) -> bytes:
    """Return narrative, id, meta and what is mandatory, and nothing else."""
    return _kept(body, frozenset({"text"}), _mandatory)


def data(body: bytes) -> bytes:
    """Return all but the narrative."""
    given = _object(body)
    return _subsetted(given, {name: raw for name, raw in given.items() if name != "text"})


def only(body: bytes, names: frozenset[str]) -> bytes:
    """Return the top-level elements called `names`, and those that may never be missing."""
    return _kept(body, names, _needed)


def is_element(kind: str, name: str) -> bool:
    """Tell whether the resource type `kind` has a top-level element `name`; of a choice, without its type."""
    return name in _ALWAYS or any(element.name == name for element in elements(kind))


def is_subsetted(resource: Mapping[str, Any]) -> bool:
    """Tell whether a resource says of itself that it is only a part."""
    tags = (resource.get("meta") or {}).get("tag") or []
    return any(tag.get("code") == "SUBSETTED" for tag in tags)


def _kept(body: bytes, names: frozenset[str], never_missing: Callable[[str], frozenset[str]]) -> bytes:
    given = _object(body)
    kind = _kind(given)
    wanted = {m for e in elements(kind) if e.name in names | never_missing(kind) for m in e.json_names}
    kept = {name: raw for name, raw in given.items() if name.removeprefix("_") in wanted or name in _ALWAYS}
    return _subsetted(given, kept)


def _kind(given: Mapping[str, msgspec.Raw]) -> str:
    return msgspec.json.decode(given["resourceType"], type=str)


def _subsetted(given: Members, kept: dict[str, Any]) -> bytes:
    """Return what is kept, marked as a part; with what is contained when something kept refers to it."""
    if "contained" in given and may_say(_encode(kept), b'"#'):
        kept["contained"] = given["contained"]
    meta = _object(kept["meta"]) if "meta" in kept else {}
    tags = _array(meta["tag"]) if "tag" in meta else []
    if not any(b'"SUBSETTED"' in bytes(tag) for tag in tags):
        tags = [*tags, _TAG]
    return _encode(kept | {"meta": meta | {"tag": tags}})


def _summarised(given: Members, path: str) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for name, raw in given.items():
        plain = name.removeprefix("_")
        found = members(path).get(plain)
        if name == "resourceType":
            kept[name] = raw
        elif found is not None and found[0].name in _marked(path):
            kept[name] = raw if name != plain else _inside(raw, found[1])
    return {name: part for name, part in kept.items() if part not in ({}, [])}


def _inside(raw: msgspec.Raw, kind: str) -> Any:
    """Return the summary of a value of the type `kind`, as it is when that has no parts."""
    if kind in PRIMITIVES or kind == "Resource" or not members(kind):
        return raw
    if bytes(raw).startswith(b"["):
        return [part for one in _array(raw) if (part := _summarised(_object(one), kind))]
    return _summarised(_object(raw), kind)


@cache
def _marked(path: str) -> frozenset[str]:
    """Return the elements of `path` that belong to a summary, and those without which it would not be valid."""
    return frozenset(_facts().get(path, {}).get("summary", ())) | _mandatory(path)


@cache
def _needed(kind: str) -> frozenset[str]:
    """Return the elements of `kind` that are mandatory or change what the others mean."""
    return frozenset(_facts().get(kind, {}).get("modifier", ())) | _mandatory(kind)


@cache
def _mandatory(path: str) -> frozenset[str]:
    return frozenset(element.name for element in elements(path) if element.required)


@cache
def _facts() -> Mapping[str, Mapping[str, list[str]]]:
    return artefact("subsets")
