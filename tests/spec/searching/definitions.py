"""R4's own SearchParameters and StructureDefinitions, from the npm package that `make definitions` reads."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

R4 = Path(__file__).parents[3] / "node_modules" / "@medplum" / "definitions" / "dist" / "fhir" / "r4"
NOT_R4 = {("SubscriptionStatus", ""), ("DeviceDefinition", "classification")}  # added by the package's makers
MIXED_UP = {("DocumentReference", "relationship")}  # R4 names the parameter of each of the two parts for the other
COLUMNS = {"_id", "_lastUpdated"}


@dataclass(frozen=True)
class Parameter:
    """A search parameter of one type. components of a composite: (kind, expression inside the element) each."""

    type: str
    name: str
    kind: str
    expression: str
    targets: tuple[str, ...] = ()
    components: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Element:
    """One member of a type. path: where its own members are defined when it has parts."""

    name: str  # in the definition: value[x] is "value"
    path: str
    least: int
    many: bool
    types: tuple[str, ...]
    targets: tuple[str, ...]  # resource types a reference may point to
    choice: bool
    value_set: str | None  # of a required binding

    def members(self) -> list[tuple[str, str]]:
        """Return (JSON member, type) of each way to write it."""
        if not self.choice:
            return [(self.name, self.types[0])]
        return [(self.name + each[0].upper() + each[1:], each) for each in self.types]


def _read(name: str) -> list[dict[str, Any]]:
    return [entry["resource"] for entry in json.loads((R4 / name).read_bytes())["entry"]]


@cache
def structures() -> Mapping[str, dict[str, Any]]:
    """Return every type's StructureDefinition, by type."""
    both = _read("profiles-types.json") + _read("profiles-resources.json")
    kept = (s for s in both if s["resourceType"] == "StructureDefinition" and s.get("derivation") != "constraint")
    return {s["type"]: s for s in kept if (s["type"], "") not in NOT_R4}


@cache
def resource_types() -> tuple[str, ...]:
    """Return the types a server may hold by themselves."""
    found = (t for t, s in structures().items() if s["kind"] == "resource" and not s.get("abstract"))
    return tuple(sorted(found))


@cache
def elements(path: str) -> Mapping[str, Element]:
    """Return the members of a type, or of an element with parts ("Observation.component"), by name."""
    type_ = path.partition(".")[0]
    snapshot = structures()[type_]["snapshot"]["element"]
    found = {}
    for given in snapshot:
        inside = given["path"].removeprefix(f"{path}.")
        if given["path"] != path and given["path"].startswith(f"{path}.") and "." not in inside:
            found[inside.removesuffix("[x]")] = _element(given, path, inside)
    return found


def _element(given: dict[str, Any], path: str, name: str) -> Element:
    codes = tuple(_type(t) for t in given.get("type", ()))
    own = f"{path}.{name}"
    if "contentReference" in given:
        own, codes = given["contentReference"].partition("#")[2], ("BackboneElement",)
    parted = codes[:1] in {("BackboneElement",), ("Element",)}
    binding = given.get("binding", {})
    pointed = (p for t in given.get("type", ()) for p in t.get("targetProfile", ()))
    return Element(
        name=name.removesuffix("[x]"), path=own if parted else codes[0] if codes else own, least=given["min"],
        many=given["max"] not in ("0", "1"), types=(own,) if parted else codes,
        targets=tuple(dict.fromkeys(p.rpartition("/")[2] for p in pointed)), choice=name.endswith("[x]"),
        value_set=binding.get("valueSet", "").partition("|")[0] if binding.get("strength") == "required" else None,
    )  # fmt: skip


def _type(given: dict[str, Any]) -> str:
    for extension in given.get("extension", ()):
        if extension["url"].endswith("structuredefinition-fhir-type"):
            return str(extension["valueUrl"])
    return str(given["code"]).rpartition("/")[2].removeprefix("System.")


@cache
def parameters(type_: str) -> Mapping[str, Parameter]:
    """Return the search parameters of a resource type by name."""
    bases = {type_, "Resource", structures()[type_].get("baseDefinition", "").rpartition("/")[2]}
    return {p["code"]: _parameter(p, type_) for p in _all() if bases & {*p["base"]} and _is_r4(type_, p["code"])}


def _is_r4(type_: str, name: str) -> bool:
    return (type_, name) not in NOT_R4


@cache
def _all() -> list[dict[str, Any]]:
    return _read("search-parameters.json")


@cache
def _by_url() -> Mapping[str, dict[str, Any]]:
    return {p["url"]: p for p in _all()}


def _parameter(given: dict[str, Any], type_: str) -> Parameter:
    parts = given.get("component", ())
    kinds = [_by_url()[c["definition"]]["type"] for c in parts]
    kinds = kinds[::-1] if (type_, given["code"]) in MIXED_UP else kinds
    inside = [(kind, c["expression"]) for kind, c in zip(kinds, parts, strict=True)]
    expression = _own_part(given.get("expression", ""), type_)
    kind = "special" if given["code"] in ("_text", "_content", "_query", "near") else given["type"]
    return Parameter(type_, given["code"], kind, expression, tuple(given.get("target", ())), tuple(inside))


def _own_part(expression: str, type_: str) -> str:
    """Return the parts of a union that begin with this type."""
    parts = [part.strip() for part in expression.split("|")]
    own = [p for p in parts if re.match(rf"\(*({type_}|Resource|DomainResource)\b", p) or not re.match(r"\(*[A-Z]", p)]
    return " | ".join(own)


@cache
def compartment(of: str) -> Mapping[str, tuple[str, ...]]:
    """Return the parameters by which resources of each type are in the compartment of a resource of type `of`."""
    found = next(
        r for r in _read("profiles-resources.json") if r["resourceType"] == "CompartmentDefinition" and r["code"] == of
    )
    return {one["code"]: tuple(one["param"]) for one in found["resource"] if "param" in one}


@cache
def codes_of(value_set: str) -> tuple[tuple[str, str], ...]:
    """Return (system, code) of a value set of the package; empty when it is not made of listed codes only."""
    found = {r["url"]: r for r in _terms()}.get(value_set)
    if found is None or found["resourceType"] != "ValueSet":
        return ()
    codes: list[tuple[str, str]] = []
    for include in found.get("compose", {}).get("include", ()):
        if "filter" in include or "valueSet" in include or "system" not in include:
            return ()
        listed = include.get("concept") or _concepts(_systems().get(include["system"], {}))
        if not listed:
            return ()
        codes += [(include["system"], one["code"]) for one in listed]
    return tuple(codes)


@cache
def _terms() -> list[dict[str, Any]]:
    return _read("valuesets.json") + _read("v3-codesystems.json")


@cache
def _systems() -> Mapping[str, dict[str, Any]]:
    return {r["url"]: r for r in _terms() if r["resourceType"] == "CodeSystem"}


def _concepts(holder: Mapping[str, Any]) -> list[dict[str, Any]]:
    listed = []
    for one in holder.get("concept", ()):
        abstract = any(p.get("code") in ("notSelectable", "abstract") for p in one.get("property", ()))
        listed += [] if abstract else [one]
        listed += _concepts(one)
    return listed
