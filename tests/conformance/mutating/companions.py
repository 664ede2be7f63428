"""Faults of companions, `_name` beside the primitive `name`."""

from __future__ import annotations

from random import Random

from tests.conformance.mutating.operators import operator
from tests.conformance.mutating.primitives import URL
from tests.conformance.mutating.tree import Member, Tree


def _single(member: Member) -> bool:
    return member.is_primitive and not member.element.many and "_" + member.name not in member.node


def _listed(member: Member) -> bool:
    return member.is_primitive and member.element.many and "_" + member.name not in member.node


def _extension() -> dict[str, object]:
    return {"extension": [{"url": URL, "valueCode": "unknown"}]}


@operator
def companion_of_an_object(tree: Tree, random: Random) -> str | None:
    member = tree.member(random, lambda m: not m.is_primitive)
    if member is None:
        return None
    member.node.value["_" + member.name] = _extension()
    return f"{member.node.at}._{member.name}"


@operator
def companion_of_nothing_known(tree: Tree, random: Random) -> str:
    node = tree.node(random)
    node.value["_shoeSize"] = _extension()
    return f"{node.at}._shoeSize"


@operator
def companion_of_resource_type(tree: Tree, random: Random) -> str:
    node = tree.node(random, lambda n: n.is_resource)
    node.value["_resourceType"] = _extension()
    return f"{node.at}._resourceType"


def _companion(tree: Tree, random: Random, given: object, inside: str = "") -> str | None:
    member = tree.member(random, _single)
    if member is None:
        return None
    member.node.value["_" + member.name] = given
    return f"{member.node.at}._{member.name}{inside}"


@operator
def companion_that_is_no_object(tree: Tree, random: Random) -> str | None:
    return _companion(tree, random, random.choice(["x", 1, True, None, [_extension()]]))


@operator
def companion_that_is_empty(tree: Tree, random: Random) -> str | None:
    return _companion(tree, random, {})


@operator
def companion_with_a_value(tree: Tree, random: Random) -> str | None:
    return _companion(tree, random, {"value": "x", **_extension()}, ".value")


@operator
def companion_with_an_empty_list(tree: Tree, random: Random) -> str | None:
    return _companion(tree, random, {"extension": []}, ".extension")


@operator
def companion_with_a_faulty_extension(tree: Tree, random: Random) -> str | None:
    return _companion(tree, random, {"extension": [{"url": URL}]}, ".extension[0]")


@operator
def companion_with_only_an_id_instead_of_a_value(tree: Tree, random: Random) -> str | None:
    member = tree.member(random, lambda m: _single(m) and m.name not in {"id", "url", "reference", "div"})
    if member is None:
        return None
    del member.node.value[member.name]
    member.node.value["_" + member.name] = {"id": "a1"}
    return f"{member.node.at}._{member.name}"


@operator
def companions_of_another_length(tree: Tree, random: Random) -> str | None:
    member = tree.member(random, _listed)
    if member is None:
        return None
    member.node.value["_" + member.name] = [_extension()] * (len(member.value) + 1)
    return f"{member.node.at}._{member.name}"


@operator
def companions_not_in_a_list(tree: Tree, random: Random) -> str | None:
    member = tree.member(random, _listed)
    if member is None:
        return None
    member.node.value["_" + member.name] = _extension()
    return f"{member.node.at}._{member.name}"


@operator
def null_beside_null(tree: Tree, random: Random) -> str | None:
    member = tree.member(random, _listed)
    if member is None:
        return None
    member.node.value["_" + member.name] = [*[_extension() for _ in member.value], None]
    member.value.append(None)
    return f"{member.path}[{len(member.value) - 1}]"
