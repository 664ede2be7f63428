"""Faulty primitives: put in place of a sound one of that type, or else into an extension with a value of that type."""

from __future__ import annotations

from random import Random
from typing import Any, Final

from tests.conformance.mutating.operators import Mutant, operator, written
from tests.conformance.mutating.tree import Spot, Tree

URL: Final = "http://example.org/fhir/StructureDefinition/mutated"
_NUMBER: Final = "the number goes here"


def _put(tree: Tree, random: Random, kinds: str, *faulty: Any) -> str:
    """Put one of `faulty` in place of a value of one of the types `kinds`, or in a new extension."""
    wanted = frozenset(kinds.split())
    spot = tree.spot(random, lambda s: s.member.of in wanted and s.member.name not in {"reference", "resourceType"})
    value = random.choice(faulty)
    if spot is not None:
        spot.put(value)
        return spot.path
    of = random.choice(sorted(wanted))
    return extended(tree, random, "value" + of[0].upper() + of[1:], value)


def extended(tree: Tree, random: Random, name: str, value: Any) -> str:
    """Add an extension with the member `name` anywhere, and return the path of that member."""
    from akson.fhir.definitions import members

    node = tree.node(
        random, lambda n: "extension" in members(n.kind) and "extension" not in n and n.kind != "Extension"
    )
    if node is None:
        node = tree.nodes[0]
    added = node.value.setdefault("extension", [])
    added.append({"url": URL, name: value})
    return f"{node.at}.extension[{len(added) - 1}].{name}"


def _numbered(tree: Tree, random: Random, kinds: str, *tokens: str) -> Mutant:
    """Put one of the JSON tokens in place of a number."""
    path = _put(tree, random, kinds, _NUMBER)
    text = written(tree.resource).replace(f'"{_NUMBER}"'.encode(), random.choice(tokens).encode())
    return Mutant(text, path)


@operator
def day_that_does_not_exist(tree: Tree, random: Random) -> str:
    return _put(tree, random, "date dateTime", "2026-02-30", "1900-02-29", "2026-04-31", "2026-13-01", "2026-00-10")


@operator
def date_written_otherwise(tree: Tree, random: Random) -> str:
    faulty = ("14.03.1941", "19410314", "1941-3-14", "41-03-14", "1941/03/14", "1941-03-14 ", "14 March 1941", "0000")
    return _put(tree, random, "date dateTime", *faulty, "1941-", "-1941", "+1941-03-14", "1941-W11-5", "１９４１-03-14")


@operator
def date_with_a_time(tree: Tree, random: Random) -> str:
    return _put(tree, random, "date", "1941-03-14T10:00:00Z", "1941-03-14T00:00:00+01:00")


@operator
def moment_without_a_zone(tree: Tree, random: Random) -> str:
    return _put(
        tree, random, "dateTime instant", "2026-11-22T10:00:00", "2026-11-22T10:00:00.000", "2026-11-22T10:00:00 Z"
    )


@operator
def moment_of_no_clock(tree: Tree, random: Random) -> str:
    faulty = (
        "2026-11-22T24:00:00Z",
        "2026-11-22T10:60:00Z",
        "2026-11-22T10:00:61Z",
        "2026-11-22T10:00Z",
        "2026-11-22T10Z",
    )
    more = ("2026-11-22 10:00:00Z", "2026-11-22t10:00:00z", "2026-11-22T10:00:00+0100", "2026-11-22T10:00:00+15:00")
    return _put(tree, random, "dateTime instant", *faulty, *more, "2026-11-22T10:00:00.Z", "2026-11-22T10:00:00,5Z")


@operator
def instant_of_a_day_only(tree: Tree, random: Random) -> str:
    return _put(tree, random, "instant", "2026-11-22", "2026-11", "2026")


@operator
def time_of_no_clock(tree: Tree, random: Random) -> str:
    return _put(
        tree, random, "time", "25:00:00", "10:00", "10:00:00Z", "T10:00:00", "10:00:00+01:00", "24:00:00", "9:00:00"
    )


@operator
def uri_with_a_blank(tree: Tree, random: Random) -> str:
    return _put(
        tree,
        random,
        "uri url canonical",
        "http://example.org/a b",
        " http://example.org",
        "http://example.org\n",
        "a\tb",
    )


@operator
def oid_that_is_none(tree: Tree, random: Random) -> str:
    faulty = (
        "2.16.578.1",
        "urn:oid:3.1",
        "urn:oid:2.016.1",
        "urn:oid:",
        "urn:oid:2",
        "URN:OID:2.16.1",
        "urn:oid:2.16.",
    )
    return _put(tree, random, "oid", *faulty, "urn:uuid:53fefa32-fcbb-4ff8-8a92-55ee120877b7")


@operator
def uuid_that_is_none(tree: Tree, random: Random) -> str:
    faulty = ("53fefa32-fcbb-4ff8-8a92-55ee120877b7", "urn:uuid:1", "urn:uuid:53fefa32fcbb4ff88a9255ee120877b7")
    return _put(tree, random, "uuid", *faulty, "urn:uuid:53fefa32-fcbb-4ff8-8a92-55ee120877bg", "urn:oid:2.16.578.1")


@operator
def oid_or_uuid_as_uri_that_is_none(tree: Tree, random: Random) -> str:
    return _put(
        tree, random, "uri", "urn:oid:2.16.x", "urn:uuid:1234", "urn:oid:9.1", "urn:uuid:53fefa32-fcbb-4ff8-8a92"
    )


@operator
def base64_that_is_none(tree: Tree, random: Random) -> str:
    return _put(tree, random, "base64Binary", "AB*=", "QUJ", "QUJDR", "=QUJ", "QU=J", "QUI=QUJD", "æøå=", "QUJD-_==")


@operator
def id_that_is_none(tree: Tree, random: Random) -> str:
    faulty = ("pasient-æ", "a" * 65, "a b", "a/b", "a_b", "a\n", "#a", "a:b")
    wanted = tree.spot(random, lambda s: s.member.of == "id" and not s.member.node.contained)
    if wanted is None:
        return extended(tree, random, "valueId", random.choice(faulty))
    wanted.put(random.choice(faulty))
    return wanted.path


@operator
def code_with_odd_blanks(tree: Tree, random: Random) -> str:
    return _put(tree, random, "code", " final", "final ", "a  b", "\tfinal", "a\n", " ")


@operator
def decimal_as_text(tree: Tree, random: Random) -> str:
    return _put(tree, random, "decimal", "7.4", "1,5", "NaN", "", "1e3")


@operator
def decimal_out_of_range(tree: Tree, random: Random) -> Mutant:
    return _numbered(tree, random, "decimal", "1e999", "-1e400", "1e-99999", "9" * 400, "1E+308", "-0.1e309")


@operator
def integer_with_a_fraction(tree: Tree, random: Random) -> Mutant:
    return _numbered(tree, random, "integer positiveInt unsignedInt", "1.0", "1.5", "1e2", "-0.5", "1E0")


@operator
def integer_out_of_range(tree: Tree, random: Random) -> Mutant:
    tokens = ("2147483648", "-2147483649", "99999999999999999999", "9223372036854775808", "-1" + "0" * 30)
    return _numbered(tree, random, "integer positiveInt unsignedInt", *tokens)


@operator
def count_below_its_least(tree: Tree, random: Random) -> str:
    kind = random.choice(["positiveInt", "unsignedInt"])
    return _put(tree, random, kind, *([-1, 0, -5] if kind == "positiveInt" else [-1, -2147483648]))


@operator
def boolean_in_words(tree: Tree, random: Random) -> str:
    return _put(tree, random, "boolean", "true", "ja", 1, 0, "False")


@operator
def control_character(tree: Tree, random: Random) -> str:
    return _put(tree, random, "string markdown", "Nord\x00li", "a\x07", "\x1b[31m", "a\x0bb", "\b")


@operator
def string_beyond_a_megabyte(tree: Tree, random: Random) -> str:
    return _put(tree, random, "string markdown", "å" * (1024 * 1024 + 1))


def _is_text(spot: Spot) -> bool:
    return isinstance(spot.value, str) and spot.member.of in {"string", "markdown"}


@operator
def half_a_surrogate_pair(tree: Tree, random: Random) -> Mutant | None:
    spot = tree.spot(random, _is_text)
    if spot is None:
        return None
    spot.put(_NUMBER)
    return Mutant(written(tree.resource).replace(_NUMBER.encode(), b"a\\ud83d"), "")
