"""Tells what R4 asks in words only: addresses that are none, entries under another's, codes that do not exist.

Told by $validate, not asked of what is written. Source: hl7.org/fhir/R4, bundle.html#fullUrl, extensibility.html
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from typing import Any, Final

from akson.fhir.fhirpath import FhirPathError, compile
from akson.fhir.issues import Issue
from akson.fhir.profiles.bindings import ValueSets
from akson.fhir.profiles.spots import Spot
from akson.fhir.types import is_type

_ADDRESS: Final = re.compile(r"https?://\S*/([A-Za-z]+)/([A-Za-z0-9\-.]{1,64})")
_ABSOLUTE: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:\S*")
_PROPERTIES: Final = "http://hl7.org/fhir/concept-properties#"
PROPERTY_TYPES: Final = {
    "inactive": "boolean", "notSelectable": "boolean", "status": "code", "parent": "code", "child": "code",
    "effectiveDate": "dateTime", "deprecationDate": "dateTime", "retirementDate": "dateTime", "deprecated": "dateTime",
}  # fmt: skip
_IN_EXTENSION: Final = re.compile(r"xtension\[[0-9]+\]\.extension\[[0-9]+\]$")
_ONCE: Final = ("self", "first", "last", "next", "previous", "prev")


def faults(root: Spot, terms: ValueSets) -> Iterator[Issue]:
    """Yield what makes no sense in a structurally valid resource and all that it holds."""
    for spot in (root, *parts(root)):
        yield from _element(spot, terms)
        if spot.node.type == "Coding":
            yield from _display(spot, str(root.value.get("language", "")), terms)


def parts(around: Spot) -> Iterator[Spot]:
    """Yield every element inside another, outer ones first."""
    inside = around.value if isinstance(around.value, dict) else around.node.extra
    if not isinstance(inside, dict):
        return
    for name in dict.fromkeys(n.removeprefix("_") for n in inside if n != "resourceType"):
        for spot in around.held(name):
            yield spot
            yield from parts(spot)


def _element(spot: Spot, terms: ValueSets) -> Iterator[Issue]:
    value = spot.value
    if not isinstance(value, dict):
        return
    kind = spot.node.type
    if kind == "Extension" and not _IN_EXTENSION.search(spot.at):  # those inside have names, not addresses
        yield from _absolute(value.get("url"), f"{spot.at}.url")
    elif kind == "Coding":
        yield from _coding(value, spot.at, terms)
    elif kind == "Attachment":
        yield from _attachment(value, spot.at)
    elif kind == "Bundle":
        yield from _bundle(value, spot.at)
    elif kind == "CodeSystem.property":
        yield from _property(value, spot.at)
    elif kind == "ValueSet.compose.include":
        yield from _absolute(value.get("system"), f"{spot.at}.system")
        yield from _filters(value, spot.at, terms)
    elif kind == "ConceptMap":
        yield from _mapped(value, spot.at, terms)
    elif kind == "Expression":
        yield from _expression(value, spot.at)


def _filters(include: dict[str, Any], at: str, terms: ValueSets) -> Iterator[Issue]:
    """Tell of filters by a property that leads to codes, whose value is no code there."""
    for number, row in enumerate(include.get("filter") or ()):
        value = row.get("value")
        of_codes = terms.property_type(str(include.get("system")), str(row.get("property"))) == "Coding"
        if not of_codes or row.get("op") != "=" or not isinstance(value, str):
            continue
        system, sign, code = value.partition("#")
        if not sign or terms.has_code(system.partition("|")[0], code) is False:
            yield Issue("error", "code-invalid", f"{at}.filter[{number}].value", f"'{value[:100]}' is no system#code")


def _expression(value: dict[str, Any], at: str) -> Iterator[Issue]:
    if value.get("language") == "text/fhirpath" and isinstance(value.get("expression"), str):
        try:
            compile(value["expression"], lenient=True)
        except FhirPathError as error:  # elsewhere than in a value set it may use functions of its own
            severity = "error" if at.startswith("ValueSet.") else "warning"
            yield Issue(severity, "invalid", f"{at}.expression", f"not FHIRPath: {error}")
    elif at.startswith("ValueSet.") and "language" in value:
        yield Issue("error", "invalid", f"{at}.language", "expressions in a value set are FHIRPath")


def _absolute(url: Any, at: str) -> Iterator[Issue]:
    if isinstance(url, str) and not _ABSOLUTE.fullmatch(url):
        yield Issue("error", "value", at, f"'{url[:100]}' is not an absolute address")


def _coding(value: dict[str, Any], at: str, terms: ValueSets) -> Iterator[Issue]:
    system, code = value.get("system"), value.get("code")
    yield from _absolute(system, f"{at}.system")
    if isinstance(system, str) and terms.is_supplement(system):
        yield Issue("error", "invalid", f"{at}.system", f"{system} only supplements a code system")
    if isinstance(system, str) and isinstance(code, str) and terms.has_code(system, code) is False:
        yield Issue("error", "code-invalid", f"{at}.code", f"the code system {system} has no code '{code[:100]}'")


def _display(coding: Spot, language: str, terms: ValueSets) -> Iterator[Issue]:
    """Tell of a text that the code system does not have; a warning where it may be in another language than English."""
    system, code, given = (coding.value.get(name) for name in ("system", "code", "display"))
    if not isinstance(system, str) or not isinstance(code, str) or not isinstance(given, str):
        return
    known = terms.displays(system, code)
    if known and _plain(given) not in {_plain(text) for text in known}:
        severity = "error" if language[:2] in {"", "en"} else "warning"
        told = " or ".join(f"'{text[:100]}'" for text in sorted(known))
        yield Issue(severity, "code-invalid", f"{coding.at}.display", f"the code is shown as {told}")


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def _mapped(value: dict[str, Any], at: str, terms: ValueSets) -> Iterator[Issue]:
    """Tell of codes of a ConceptMap that are not in the value sets it says to map between."""
    for number, group in enumerate(value.get("group") or ()):
        for place, element in enumerate(group.get("element") or ()):
            spot = f"{at}.group[{number}].element[{place}]"
            yield from _in_set(element, group.get("source"), _named(value, "source"), spot, terms)
            for row, target in enumerate(element.get("target") or ()):
                yield from _in_set(target, group.get("target"), _named(value, "target"), f"{spot}.target[{row}]", terms)


def _named(value: dict[str, Any], side: str) -> Any:
    return value.get(f"{side}Canonical") or value.get(f"{side}Uri")


def _in_set(row: dict[str, Any], system: Any, value_set: Any, at: str, terms: ValueSets) -> Iterator[Issue]:
    coding = {"system": system, "code": row.get("code")}
    if "code" in row and isinstance(value_set, str) and terms.member_of(coding, "Coding", value_set) is False:
        yield Issue("error", "code-invalid", f"{at}.code", f"'{row['code']}' is no code of {value_set}")


def _property(value: dict[str, Any], at: str) -> Iterator[Issue]:
    name = str(value.get("uri", "")).removeprefix(_PROPERTIES)
    wanted = PROPERTY_TYPES.get(name)
    if wanted and value.get("type") != wanted:
        yield Issue("error", "invalid", f"{at}.type", f"the property {name} is a {wanted}, not a {value.get('type')}")


def _attachment(value: dict[str, Any], at: str) -> Iterator[Issue]:
    size, data = value.get("size"), value.get("data")
    if not isinstance(size, int) or not isinstance(data, str):
        return
    found = len(binascii.a2b_base64(data))
    if found != size:
        yield Issue("error", "structure", f"{at}.size", f"the size is said to be {size}, and is {found}")


def _bundle(value: dict[str, Any], at: str) -> Iterator[Issue]:
    relations = [link.get("relation") for link in value.get("link") or ()]
    for relation in _ONCE:
        if relations.count(relation) > 1:
            yield Issue("error", "invalid", f"{at}.link", f"the relation {relation} stands more than once")
    for number, entry in enumerate(value.get("entry") or ()):
        yield from _entry(entry, f"{at}.entry[{number}]")
        if value.get("type") == "searchset":
            yield from _hit(entry, f"{at}.entry[{number}]")


def _hit(entry: dict[str, Any], at: str) -> Iterator[Issue]:
    """Tell of what a search cannot have found: outcomes as matches, others as outcomes, resources without an id."""
    resource, mode = entry.get("resource"), (entry.get("search") or {}).get("mode")
    if not isinstance(resource, dict):
        return
    is_outcome = resource["resourceType"] == "OperationOutcome"
    if mode is not None and is_outcome != (mode == "outcome"):
        yield Issue("error", "invalid", f"{at}.search.mode", f"{mode} does not fit {resource['resourceType']}")
    if not is_outcome and "id" not in resource:
        yield Issue("error", "required", f"{at}.resource.id", "what a search finds has an id")


def _entry(entry: dict[str, Any], at: str) -> Iterator[Issue]:
    """Tell whether an entry's fullUrl is absolute, and ends in its type and id if it is that of a server."""
    url, resource = entry.get("fullUrl"), entry.get("resource")
    if not isinstance(url, str) or not isinstance(resource, dict):
        return
    yield from _absolute(url, f"{at}.fullUrl")
    found = _ADDRESS.fullmatch(url)
    if found and is_type(found[1]) and (found[1], found[2]) != (resource["resourceType"], resource.get("id")):
        told = f"{resource['resourceType']}/{resource.get('id', '(no id)')}"
        yield Issue("error", "invalid", f"{at}.fullUrl", f"is an address of {found[1]}/{found[2]}, but here is {told}")
