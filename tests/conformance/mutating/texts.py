"""Faults of the JSON text itself."""

from __future__ import annotations

from random import Random

from tests.conformance.mutating.operators import Mutant, operator, written
from tests.conformance.mutating.tree import Tree

_MARK = "the member goes here"


def _repeated(tree: Tree, random: Random, *, as_name: str = "") -> Mutant | None:
    """Let one member stand twice; `as_name`: the second time with its name escaped."""
    member = tree.member(random, lambda m: m.name != "resourceType" and not isinstance(m.value, dict | list))
    if member is None:
        return None
    node = member.node.value
    node[_MARK] = member.value
    name = f"\\u{ord(member.name[0]):04x}{member.name[1:]}" if as_name else member.name
    return Mutant(written(tree.resource).replace(_MARK.encode(), name.encode()), member.path)


@operator
def member_twice(tree: Tree, random: Random) -> Mutant | None:
    return _repeated(tree, random)


@operator
def member_twice_in_disguise(tree: Tree, random: Random) -> Mutant | None:
    return _repeated(tree, random, as_name="escaped")


@operator
def resource_type_twice(tree: Tree, random: Random) -> Mutant:
    kind = tree.resource["resourceType"]
    text = written(tree.resource).rstrip()[:-1] + f', "resourceType": "{kind}"}}'.encode()
    return Mutant(text, f"{kind}.resourceType")


@operator
def text_cut_off(tree: Tree, random: Random) -> Mutant:
    text = written(tree.resource)
    return Mutant(text[: random.randrange(1, len(text))], "")


@operator
def text_after_the_end(tree: Tree, random: Random) -> Mutant:
    return Mutant(written(tree.resource) + random.choice([b"}", b"x", b"{}", b",", b"\x00", b"//"]), "")


@operator
def text_that_is_not_utf8(tree: Tree, random: Random) -> Mutant:
    text = written(tree.resource)
    return Mutant(
        random.choice([text[:-2] + b"\xff" + text[-2:], text.decode().encode("utf-16"), b"\xef\xbb\xbf" + text]), ""
    )


@operator
def number_that_json_has_not(tree: Tree, random: Random) -> Mutant:
    tree.resource["extension"] = "number"
    token = random.choice([b"NaN", b"Infinity", b"-Infinity", b"01", b"+1", b".5", b"1.", b"0x10", b"1e", b"1_000"])
    return Mutant(written(tree.resource).replace(b'"number"', token), "")


@operator
def json_of_another_dialect(tree: Tree, random: Random) -> Mutant:
    text = written(tree.resource).rstrip()
    changed = (
        text[:-1] + b",}",
        text.replace(b'"', b"'", 2),
        text[:-1] + b"/* x */}",
        text.replace(b'"resourceType"', b"resourceType"),
    )
    return Mutant(random.choice(changed), "")


@operator
def not_an_object(tree: Tree, random: Random) -> Mutant:
    text = written(tree.resource)
    return Mutant(random.choice([b"[" + text + b"]", b"null", b'"x"', b"1", b"", b" ", b"[]"]), "")
