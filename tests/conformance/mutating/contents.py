"""Faults of content: required codes, extensions, references, contained resources, narrative, nesting, the type."""

from __future__ import annotations

from random import Random
from typing import Any

from akson.fhir.definitions import members
from akson.fhir.types import TYPES
from tests.conformance.mutating.operators import Mutant, operator, written
from tests.conformance.mutating.primitives import URL
from tests.conformance.mutating.tree import Json, Spot, Tree

XHTML = 'xmlns="http://www.w3.org/1999/xhtml"'


# codes


def _coded(spot: Spot) -> bool:
    return bool(spot.member.element.codes) and spot.member.of == "code" and isinstance(spot.value, str)


@operator
def code_outside_its_value_set(tree: Tree, random: Random) -> str | None:
    spot = tree.spot(random, _coded)
    if spot is None:
        return None
    spot.put(random.choice(["not-a-code", "ferdig", "unknown-x", "0"]))
    return spot.path


@operator
def code_in_other_letters(tree: Tree, random: Random) -> str | None:
    spot = tree.spot(random, lambda s: _coded(s) and s.value.upper() != s.value and "/" not in s.value)
    if spot is None:
        return None
    spot.put(spot.value.upper())
    return spot.path


@operator
def display_for_code(tree: Tree, random: Random) -> str | None:
    spot = tree.spot(random, _coded)
    if spot is None:
        return None
    spot.put(spot.value.title() + " (in words)")
    return spot.path


def _concept(spot: Spot) -> bool:
    return bool(spot.member.element.codes) and spot.member.of == "CodeableConcept" and isinstance(spot.value, dict)


def _concepts(tree: Tree, random: Random, *faulty: Json) -> str | None:
    spot = tree.spot(random, _concept)
    if spot is None:
        return None
    spot.put(random.choice(faulty))
    return spot.path


@operator
def concept_without_a_required_coding(tree: Tree, random: Random) -> str | None:
    foreign = {"system": "http://example.org/codes", "code": "active"}
    return _concepts(tree, random, {"text": "aktiv"}, {"coding": [foreign]}, {"coding": [foreign, {"display": "x"}]})


# extensions


def _extend(tree: Tree, random: Random, extension: Any, inside: str = "", name: str = "extension") -> str:
    node = tree.node(random, lambda n: name in members(n.kind) and name not in n and n.kind != "Extension")
    node = node or tree.nodes[0]
    given = node.value.setdefault(name, [])
    given.append(extension)
    return f"{node.at}.{name}[{len(given) - 1}]{inside}"


@operator
def extension_without_url(tree: Tree, random: Random) -> str:
    return _extend(tree, random, {"valueString": "x"}, ".url")


@operator
def extension_without_value(tree: Tree, random: Random) -> str:
    return _extend(tree, random, {"url": URL})


@operator
def extension_with_value_and_extensions(tree: Tree, random: Random) -> str:
    inner = {"url": URL, "valueString": "x"}
    return _extend(tree, random, {"url": URL, "valueString": "x", "extension": [inner]})


@operator
def extension_with_two_values(tree: Tree, random: Random) -> str:
    return _extend(tree, random, {"url": URL, "valueString": "x", "valueBoolean": True}, ".value")


@operator
def extension_with_an_unknown_type_of_value(tree: Tree, random: Random) -> str:
    name = random.choice(["valueHumanname", "valueResource", "valueNarrative", "valueText", "valueDatetime"])
    return _extend(tree, random, {"url": URL, "valueString": "x", name: "x"}, f".{name}")


@operator
def extension_in_a_data_type_that_modifies(tree: Tree, random: Random) -> str | None:
    node = tree.node(random, lambda n: "modifierExtension" not in members(n.kind))
    if node is None:
        return None
    node.value["modifierExtension"] = [{"url": URL, "valueString": "x"}]
    return f"{node.at}.modifierExtension"


@operator
def fault_deep_in_extensions(tree: Tree, random: Random) -> str:
    inner = {"url": "inner", "valuePeriod": {"start": "2026-02-30"}}
    return _extend(tree, random, {"url": URL, "extension": [inner]}, ".extension[0].valuePeriod.start")


# references


def _refers(spot: Spot) -> bool:
    return spot.member.of == "Reference" and isinstance(spot.value, dict) and spot.member.name not in {"author"}


def _bound(spot: Spot) -> bool:
    """Tell whether it may point at some types only."""
    return bool(spot.member.element.targets) and "Resource" not in spot.member.element.targets


@operator
def reference_that_is_none(tree: Tree, random: Random) -> str | None:
    spot = tree.spot(random, _refers)
    if spot is None:
        return None
    faulty = [
        "1",
        "Patient",
        "patient/1",
        "Patient/a b",
        "Patient/",
        "/Patient/1",
        "Patient/1/2",
        "Patient/1/_history/",
        " ",
    ]
    spot.put({"reference": random.choice(faulty)})
    return f"{spot.path}.reference"


@operator
def reference_to_a_type_that_is_none(tree: Tree, random: Random) -> str | None:
    spot = tree.spot(random, _refers)
    if spot is None:
        return None
    spot.put(
        {"reference": random.choice(["Pasient/1", "SubscriptionStatus/1", "Element/1", "Resource/1", "Patientt/1"])}
    )
    return f"{spot.path}.reference"


@operator
def reference_to_another_type(tree: Tree, random: Random) -> str | None:
    spot = tree.spot(random, lambda s: _refers(s) and _bound(s))
    if spot is None:
        return None
    others = [t for t in TYPES if t not in spot.member.element.targets]
    spot.put(
        {
            "reference": random.choice(["{}/1", "https://example.org/fhir/{}/1", "{}/1/_history/2"]).format(
                random.choice(others)
            )
        }
    )
    return f"{spot.path}.reference"


@operator
def reference_that_says_another_type(tree: Tree, random: Random) -> str | None:
    spot = tree.spot(random, lambda s: _refers(s) and _bound(s))
    if spot is None:
        return None
    other = random.choice([t for t in TYPES if t not in spot.member.element.targets])
    spot.put({"type": other, "identifier": {"system": "urn:oid:2.16.578.1", "value": "1"}})
    return f"{spot.path}.type"


@operator
def reference_to_nothing_contained(tree: Tree, random: Random) -> str | None:
    spot = tree.spot(random, _refers)
    if spot is None:
        return None
    spot.put({"reference": "#not-there"})
    return f"{spot.path}.reference"


@operator
def reference_to_something_else_contained(tree: Tree, random: Random) -> str | None:
    spot = tree.spot(random, lambda s: _refers(s) and _bound(s) and "Basic" not in s.member.element.targets
                     and s.member.path.count("resource") == 0 and "contained" not in s.member.path)  # fmt: skip
    outer = tree.nodes[0]
    if spot is None or "contained" not in members(outer.kind):
        return None
    outer.value.setdefault("contained", []).append({"resourceType": "Basic", "id": "mutated", "code": {"text": "x"}})
    spot.put({"reference": "#mutated"})
    return f"{spot.path}.reference"


# contained resources


def _contain(tree: Tree, resource: Any, inside: str) -> str | None:
    outer = tree.nodes[0]
    if "contained" not in members(outer.kind):
        return None
    given = outer.value.setdefault("contained", [])
    given.append(resource)
    return f"{outer.at}.contained[{len(given) - 1}]{inside}"


@operator
def contained_without_type(tree: Tree, random: Random) -> str | None:
    return _contain(tree, {"id": "x"}, ".resourceType")


@operator
def contained_of_no_known_type(tree: Tree, random: Random) -> str | None:
    kind = random.choice(["Pasient", "patient", "Element", "Resource", "DomainResource", "HumanName", "", 1, None])
    return _contain(tree, {"resourceType": kind, "id": "x"}, ".resourceType")


@operator
def contained_that_is_no_object(tree: Tree, random: Random) -> str | None:
    return _contain(tree, random.choice(["Patient/1", 1, None, []]), "")


@operator
def contained_in_contained(tree: Tree, random: Random) -> str | None:
    inner = {"resourceType": "Patient", "id": "y"}
    return _contain(tree, {"resourceType": "Patient", "id": "x", "contained": [inner]}, ".contained")


@operator
def contained_with_what_is_the_servers(tree: Tree, random: Random) -> str | None:
    name, value = random.choice(
        [("versionId", "1"), ("lastUpdated", "2026-11-22T10:00:00Z"), ("security", [{"code": "R"}])]
    )
    return _contain(tree, {"resourceType": "Patient", "id": "x", "meta": {name: value}}, f".meta.{name}")


@operator
def contained_with_a_fault(tree: Tree, random: Random) -> str | None:
    name, value = random.choice(
        [("gender", "kvinne"), ("birthDate", "1941-13-01"), ("active", "ja"), ("name", {}), ("shoe", 1)]
    )
    return _contain(tree, {"resourceType": "Patient", "id": "x", name: value}, f".{name}")


@operator
def contained_with_the_id_of_another(tree: Tree, random: Random) -> str | None:
    first = _contain(tree, {"resourceType": "Patient", "id": "mutated"}, "")
    return _contain(tree, {"resourceType": "Patient", "id": "mutated"}, ".id") if first else None


# narrative


def _narrate(tree: Tree, random: Random, *faulty: str) -> str | None:
    node = tree.node(
        random, lambda n: n.is_resource and "text" in members(n.kind) and members(n.kind)["text"][1] == "Narrative"
    )
    if node is None:
        return None
    node.value["text"] = {"status": "generated", "div": random.choice(faulty)}
    return f"{node.at}.text.div"


@operator
def narrative_that_runs_something(tree: Tree, random: Random) -> str | None:
    inner = ("<script>alert(1)</script>", '<p onclick="alert(1)">x</p>', '<a href="javascript:alert(1)">x</a>',
             '<a href=" java&#9;script:alert(1)">x</a>', '<img src="x" onerror="alert(1)" alt="x"/>',
             '<a href="data:text/html,x">x</a>', '<a href="vbscript:x">x</a>')  # fmt: skip
    return _narrate(tree, random, *(f"<div {XHTML}>{i}</div>" for i in inner))


@operator
def narrative_that_loads_something(tree: Tree, random: Random) -> str | None:
    inner = ('<img src="ftp://example.org/x.png" alt="x"/>', '<p style="background: url(https://example.org)">x</p>',
             '<link rel="stylesheet" href="https://example.org/x.css"/>', '<style>@import "x";</style>',
             '<iframe src="/x">x</iframe>', '<object data="x">x</object>', '<img src="//example.org/x.png" alt="x"/>')  # fmt: skip
    return _narrate(tree, random, *(f"<div {XHTML}>{i}</div>" for i in inner))


@operator
def narrative_that_asks_something(tree: Tree, random: Random) -> str | None:
    inner = ('<form action="/x"><input name="x"/></form>', "<button>x</button>", "<textarea>x</textarea>")
    return _narrate(tree, random, *(f"<div {XHTML}>{i}</div>" for i in inner))


@operator
def narrative_that_is_no_xhtml(tree: Tree, random: Random) -> str | None:
    faulty = ("<div", f"<div {XHTML}><p>x</div>", "Puls 72", f"<p {XHTML}>x</p>", "<div>x</div>", f"<div {XHTML}>a & b</div>",
              f"<div {XHTML}>&boom;</div>", f"<div {XHTML}>x</div><div {XHTML}>y</div>", f"<div {XHTML}><br></div>",
              f'<!DOCTYPE div [<!ENTITY a "b">]><div {XHTML}>&a;</div>', '<div xmlns="http://example.org">x</div>')  # fmt: skip
    return _narrate(tree, random, *faulty)


@operator
def narrative_that_says_nothing(tree: Tree, random: Random) -> str | None:
    return _narrate(tree, random, f"<div {XHTML}/>", f"<div {XHTML}><br/> \n </div>", f"<div {XHTML}><p></p></div>")


@operator
def narrative_without_status(tree: Tree, random: Random) -> str | None:
    node = tree.node(random, lambda n: n.is_resource and "text" in n and "div" in n.value["text"])
    if node is None:
        return None
    node.value["text"].pop("status")
    return f"{node.at}.text.status"


# the type, and nesting


@operator
def no_resource_type(tree: Tree, random: Random) -> str:
    del tree.resource["resourceType"]
    return "Resource.resourceType"


@operator
def resource_type_that_is_none(tree: Tree, random: Random) -> str:
    kind = tree.resource["resourceType"]
    tree.resource["resourceType"] = random.choice(
        [kind.lower(), kind + "s", "Resource", "DomainResource", [kind], None, 1, ""]
    )
    return "Resource.resourceType"


@operator
def nested_without_end(tree: Tree, random: Random) -> Mutant:
    depth = random.choice([40, 400, 20_000])
    tree.resource["extension"] = "deep"
    inner = '{"url":"a","valueString":"x"}'
    deep = '[{"url":"a","extension":' * depth + f"[{inner}]" + "}]" * depth
    return Mutant(written(tree.resource).replace(b'"deep"', deep.encode()), "")
