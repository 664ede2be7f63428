"""Faults of shape: unknown and misspelt members, wrong JSON types, too few, too many, choices, empties, nulls."""

from __future__ import annotations

from random import Random

from akson.fhir.definitions import members
from tests.conformance.mutating.operators import operator
from tests.conformance.mutating.tree import Member, Spot, Tree


@operator
def unknown_member(tree: Tree, random: Random) -> str:
    node = tree.node(random)
    node.value["shoeSize"] = 44
    return f"{node.at}.shoeSize"


@operator
def member_of_another_type(tree: Tree, random: Random) -> str | None:
    node = tree.node(random, lambda n: "family" not in members(n.kind))
    node.value["family"] = "Nordli"
    return f"{node.at}.family"


def _optional(member: Member) -> bool:
    return not member.element.required and member.element.name not in {"id", "meta", "contained", "url", "reference"}


def _rename(member: Member, name: str) -> str:
    member.node.value[name] = member.node.value.pop(member.name)
    return f"{member.node.at}.{name}"


@operator
def misspelt_member(tree: Tree, random: Random) -> str | None:
    member = tree.member(random, lambda m: _optional(m) and m.name + "s" not in members(m.node.kind) and _alone(m))
    return _rename(member, member.name + "s") if member else None


@operator
def member_in_capitals(tree: Tree, random: Random) -> str | None:
    member = tree.member(random, lambda m: _optional(m) and _alone(m))
    return _rename(member, member.name[0].upper() + member.name[1:]) if member else None


def _alone(member: Member) -> bool:
    """Tell whether the member can go without leaving other faults behind."""
    return "_" + member.name not in member.node and member.node.kind not in {"Extension", "Reference"}


@operator
def list_for_one(tree: Tree, random: Random) -> str | None:
    member = tree.member(random, lambda m: not m.element.many and m.name != "reference")
    member.node.value[member.name] = [member.value]
    return member.path


@operator
def too_many(tree: Tree, random: Random) -> str | None:
    member = tree.member(random, lambda m: not m.element.many and m.name != "reference")
    member.node.value[member.name] = [member.value, member.value]
    return member.path


@operator
def one_for_list(tree: Tree, random: Random) -> str | None:
    member = tree.member(random, lambda m: m.element.many and m.value[0] is not None and m.name != "contained")
    if member is None:
        return None
    member.node.value[member.name] = member.value[0]
    return member.path


@operator
def list_in_list(tree: Tree, random: Random) -> str | None:
    spot = tree.spot(random, lambda s: s.number is not None and s.member.name != "contained")
    if spot is None:
        return None
    spot.put([spot.value])
    return spot.path


def _is_object(spot: Spot) -> bool:
    return isinstance(spot.value, dict) and spot.member.name not in {"contained", "clinicalStatus"}


@operator
def string_for_object(tree: Tree, random: Random) -> str | None:
    spot = tree.spot(random, _is_object)
    if spot is None:
        return None
    spot.put("x")
    return spot.path


@operator
def object_for_primitive(tree: Tree, random: Random) -> str | None:
    spot = tree.spot(random, lambda s: s.member.is_primitive and s.member.name not in {"reference"})
    spot.put({"value": spot.value})
    return spot.path


@operator
def number_for_string(tree: Tree, random: Random) -> str | None:
    spot = tree.spot(random, lambda s: isinstance(s.value, str) and s.member.name != "reference")
    spot.put(random.choice([1, 0, -3.5, 10**9]))
    return spot.path


@operator
def boolean_for_other(tree: Tree, random: Random) -> str | None:
    spot = tree.spot(random, lambda s: s.member.of != "boolean" and s.member.name not in {"reference", "contained"})
    spot.put(random.choice([True, False]))
    return spot.path


@operator
def string_for_number_or_boolean(tree: Tree, random: Random) -> str | None:
    spot = tree.spot(random, lambda s: isinstance(s.value, int | float))
    if spot is None:
        return None
    spot.put(str(spot.value).lower())
    return spot.path


@operator
def missing_required(tree: Tree, random: Random) -> str | None:
    member = tree.member(random, lambda m: m.element.required and (m.node.kind, m.name) != ("Extension", "url"))
    if member is None:
        return None
    del member.node.value[member.name]
    member.node.value.pop("_" + member.name, None)
    if not member.node.value:
        return member.node.at
    return f"{member.node.at}.{member.element.name}"


@operator
def required_only_as_null(tree: Tree, random: Random) -> str | None:
    member = tree.member(random, lambda m: m.element.required and "_" + m.name not in m.node)
    if member is None:
        return None
    member.node.value[member.name] = None
    return member.path


def _in_choice(member: Member) -> bool:
    return member.element.choice


@operator
def two_of_a_choice(tree: Tree, random: Random) -> str | None:
    member = tree.member(random, _in_choice)
    if member is None:
        return None
    simple = {"string": "x", "boolean": True, "integer": 1, "dateTime": "2026", "code": "x", "Quantity": {"value": 1}}
    simple |= {"Period": {"start": "2026"}, "CodeableConcept": {"text": "x"}, "Reference": {"display": "x"}}
    simple |= {"Range": {"low": {"value": 1}}, "date": "2026", "uri": "http://e.org", "canonical": "http://e.org"}
    simple |= {"positiveInt": 1, "Age": {"unit": "x"}, "SimpleQuantity": {"value": 1}, "Duration": {"unit": "x"}}
    others = [of for of in member.element.types if of != member.of and of in simple]
    if not others:
        return None
    other = random.choice(others)
    member.node.value[member.element.json_name(other)] = simple[other]
    return f"{member.node.at}.{member.element.name}"


@operator
def choice_of_a_type_not_offered(tree: Tree, random: Random) -> str | None:
    member = tree.member(random, lambda m: _in_choice(m) and not m.element.required and m.node.kind != "Extension")
    if member is None:
        return None
    other = random.choice(
        [t for t in ("Signature", "Coding", "Money", "instant", "Age") if t not in member.element.types]
    )
    return _rename(member, member.element.name + other[0].upper() + other[1:])


@operator
def choice_without_its_type(tree: Tree, random: Random) -> str | None:
    member = tree.member(random, lambda m: _in_choice(m) and not m.element.required and m.node.kind != "Extension")
    return _rename(member, member.element.name) if member else None


@operator
def empty_object(tree: Tree, random: Random) -> str | None:
    spot = tree.spot(random, _is_object)
    if spot is None:
        return None
    spot.put({})
    return spot.path if spot.member.of != "Resource" else f"{spot.path}.resourceType"


@operator
def object_with_only_an_id(tree: Tree, random: Random) -> str | None:
    """ele-1: an element has a value or parts; an id alone is neither."""
    spot = tree.spot(random, lambda s: _is_object(s) and _may_be_bare(s))
    if spot is None:
        return None
    spot.put({"id": "a1"})
    return spot.path


def _may_be_bare(spot: Spot) -> bool:
    element, of = spot.member.element, spot.member.of
    return (
        of != "Resource"
        and not element.codes
        and not any(e.required for e, _ in members(of).values())
        and of != "Extension"
    )


@operator
def empty_list(tree: Tree, random: Random) -> str | None:
    member = tree.member(random, lambda m: m.element.many and "_" + m.name not in m.node and m.name != "contained")
    if member is None:
        return None
    member.node.value[member.name] = []
    return member.path


@operator
def empty_string(tree: Tree, random: Random) -> str | None:
    spot = tree.spot(random, lambda s: isinstance(s.value, str) and s.member.name != "reference")
    spot.put("")
    return spot.path


@operator
def null_for_one(tree: Tree, random: Random) -> str | None:
    member = tree.member(random, lambda m: not m.element.many and "_" + m.name not in m.node and m.name != "reference")
    member.node.value[member.name] = None
    return member.path


@operator
def null_in_list(tree: Tree, random: Random) -> str | None:
    member = tree.member(random, lambda m: m.element.many and "_" + m.name not in m.node)
    if member is None:
        return None
    member.value.append(None)
    return f"{member.path}[{len(member.value) - 1}]"


@operator
def null_for_list(tree: Tree, random: Random) -> str | None:
    member = tree.member(random, lambda m: m.element.many and "_" + m.name not in m.node and m.name != "contained")
    if member is None:
        return None
    member.node.value[member.name] = None
    return member.path
