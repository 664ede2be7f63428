"""Unusual things that are legal: each must be accepted wherever it is done."""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random

from akson.fhir.definitions import members
from tests.conformance.mutating.contents import XHTML
from tests.conformance.mutating.operators import operator_table, written
from tests.conformance.mutating.primitives import URL
from tests.conformance.mutating.tree import Member, Tree

Variant = Callable[[Tree, Random], "bytes | None"]
LEGAL: dict[str, Variant] = {}
legal = operator_table(LEGAL)

MARK = "the number goes here"
UNKNOWN = {"extension": [{"url": URL, "valueCode": "unknown"}]}


def _plain(member: Member) -> bool:
    """Tell whether it is a single primitive that may stand as a companion alone."""
    fixed = {"id", "url", "reference", "div", "linkId", "contentType", "type"}
    return member.is_primitive and not member.element.many and member.name not in fixed and not _bound(member)


def _bound(member: Member) -> bool:
    """Tell whether the value decides about its object: the code of a required coding, for one."""
    return member.node.kind in {"Coding", "Extension", "Reference"}


@legal
def companion_instead_of_a_value(tree: Tree, random: Random) -> bytes | None:
    member = tree.member(random, lambda m: _plain(m) and "_" + m.name not in m.node)
    if member is None:
        return None
    del member.node.value[member.name]
    member.node.value["_" + member.name] = UNKNOWN
    return written(tree.resource)


@legal
def companion_beside_a_value(tree: Tree, random: Random) -> bytes | None:
    member = tree.member(random, lambda m: m.is_primitive and not m.element.many and "_" + m.name not in m.node)
    member.node.value["_" + member.name] = random.choice([{"id": "a1"}, UNKNOWN, {"id": "a1", **UNKNOWN}])
    return written(tree.resource)


@legal
def null_with_its_companion(tree: Tree, random: Random) -> bytes | None:
    member = tree.member(random, lambda m: m.is_primitive and m.element.many and "_" + m.name not in m.node)
    if member is None:
        return None
    member.node.value["_" + member.name] = [*[None for _ in member.value], UNKNOWN]
    member.value.append(None)
    return written(tree.resource)


@legal
def extension_anywhere(tree: Tree, random: Random) -> bytes | None:
    node = tree.node(
        random, lambda n: "extension" in members(n.kind) and "extension" not in n and n.kind != "Extension"
    )
    if node is None:
        return None
    inner = [{"url": "a", "valueDecimal": 1.5}, {"url": "b", "_valueString": UNKNOWN}]
    node.value["extension"] = [{"url": URL, "extension": inner}, {"url": URL, "valueReference": {"display": "x"}}]
    return written(tree.resource)


@legal
def contained_and_pointed_at(tree: Tree, random: Random) -> bytes | None:
    outer = tree.nodes[0]
    if "contained" not in members(outer.kind):
        return None
    added = {"resourceType": "Organization", "id": "legal-1", "name": "Fjordvik kommune"}
    outer.value.setdefault("contained", []).append(added)
    pointing = {"url": URL, "valueReference": {"reference": "#legal-1", "type": "Organization"}}
    outer.value.setdefault("extension", []).append(pointing)
    return written(tree.resource)


@legal
def numbers_with_many_digits(tree: Tree, random: Random) -> bytes | None:
    tree.nodes[0].value.setdefault("meta", {}).setdefault("extension", []).append({"url": URL, "valueDecimal": MARK})
    tokens = ["1.50000000000000000000000001", "-0.0", "1E-30", "123456789012345678901234567890.5", "0.00000000001", "7"]
    return written(tree.resource).replace(f'"{MARK}"'.encode(), random.choice(tokens).encode())


@legal
def letters_of_the_world(tree: Tree, random: Random) -> bytes | None:
    words = [
        "Bjørnstjerne Ærlig Ås",
        "ŠÁÑĐ čáŋŋđ",
        "健康記録",
        "عربي",
        "👩‍⚕️ 🇳🇴",
        "a\u0301 e\u0300",
        "tab\tand\nline",
        '"quoted" \\ /',
    ]
    added = {"url": URL, "valueString": random.choice(words)}
    tree.nodes[0].value.setdefault("meta", {}).setdefault("extension", []).append(added)
    return random.choice([written(tree.resource), json.dumps(tree.resource).encode()])


@legal
def narrative_with_ordinary_markup(tree: Tree, random: Random) -> bytes | None:
    node = tree.nodes[0]
    if members(node.kind).get("text", (None, ""))[1] != "Narrative":
        return None
    inner = '<p>Blodtrykk <b>120/80</b>&#160;mmHg &amp; puls</p><table><tr><td style="color: red">x</td></tr></table>'
    node.value["text"] = {"status": "generated", "div": f"<div {XHTML}>{inner}</div>"}
    return written(tree.resource)


@legal
def members_in_another_order_with_blanks(tree: Tree, random: Random) -> bytes | None:
    names = list(tree.resource)
    random.shuffle(names)
    return json.dumps({n: tree.resource[n] for n in names}, indent=random.choice([1, 2, "\t"])).encode()


@legal
def reference_by_identifier(tree: Tree, random: Random) -> bytes | None:
    spot = tree.spot(random, lambda s: s.member.of == "Reference" and bool(s.member.element.targets))
    if spot is None:
        return None
    spot.put({"identifier": {"system": "urn:oid:2.16.578.1.12.4.1.4.101", "value": "1"}, "display": "x"})
    return written(tree.resource)
