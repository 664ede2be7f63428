"""What the record asks of terminology: codes of a value set, hierarchies, whether a value set holds a code."""

from __future__ import annotations

import pytest

from akson.base.database import Database
from akson.base.errors import Refused
from akson.registers.terminology.ports import Terminology
from akson.registers.terminology.store import put_system, put_value_set
from tests.registers.terminology.samples import ANIMALS, Json, animals, only, value_set

EVERYTHING = {"dyr", "hund", "puddel", "settar", "fugl", "hone", "dodo", "stein"}


@pytest.fixture
async def terminology(db: Database) -> Terminology:
    async with db.transaction() as connection:
        await put_system(connection, animals())
    return Terminology(db)


CASES: list[tuple[Json, set[str]]] = [
    ({"system": ANIMALS}, EVERYTHING),
    ({"system": ANIMALS, "concept": [{"code": "hund"}, {"code": "stein"}, {"code": "enhjørning"}]}, {"hund", "stein"}),
    (only(("concept", "is-a", "hund")), {"hund", "puddel", "settar"}),
    (only(("concept", "descendent-of", "hund")), {"puddel", "settar"}),
    (only(("concept", "is-not-a", "dyr")), {"stein"}),
    (only(("concept", "generalizes", "puddel")), {"puddel", "hund", "dyr"}),
    (only(("concept", "in", "hund,fugl")), {"hund", "fugl"}),
    (only(("concept", "not-in", "hund,fugl,dyr,stein")), {"puddel", "settar", "hone", "dodo"}),
    (only(("parent", "=", "fugl")), {"hone", "dodo"}),
    (only(("child", "=", "hone")), {"fugl"}),
    (only(("child", "exists", "false")), {"puddel", "settar", "hone", "dodo", "stein"}),
    (only(("legs", "=", "4")), {"hund"}),
    (only(("legs", "in", "4,2")), {"hund", "fugl"}),
    (only(("legs", "not-in", "4")), EVERYTHING - {"hund"}),
    (only(("kept", "exists", "true")), {"hund", "hone"}),
    (only(("kept", "regex", "e.*")), {"hone"}),
    (only(("code", "regex", "[a-z]{4}")), {"hund", "fugl", "hone", "dodo"}),
    (only(("display", "regex", "H.*e")), {"hone"}),
    (only(("concept", "is-a", "dyr"), ("legs", "exists", "true")), {"hund", "fugl"}),
]


@pytest.mark.parametrize(("include", "expected"), CASES)
async def test_a_value_set_has_the_codes_its_compose_says(
    terminology: Terminology, db: Database, include: Json, expected: set[str]
) -> None:
    async with db.transaction() as connection:
        await put_value_set(connection, value_set("x", include))
    found = await terminology.codes_in("https://akson.no/test/ValueSet/x")
    assert found is not None
    assert found.pairs == tuple(dict.fromkeys(found.pairs))
    assert {code for _, code in found.pairs} == expected
    for code in EVERYTHING:
        assert await terminology.holds(ANIMALS, code, "https://akson.no/test/ValueSet/x|1") is (code in expected)


async def test_excludes_and_imports_are_as_the_standard_says(terminology: Terminology, db: Database) -> None:
    dogs = value_set("dogs", only(("concept", "is-a", "hund")))
    kept = value_set("kept", only(("kept", "exists", "true")))
    both = {"valueSet": [dogs["url"], kept["url"]]}
    fewer = value_set(
        "fewer", {"valueSet": [dogs["url"]]}, exclude=[{"system": ANIMALS, "concept": [{"code": "puddel"}]}]
    )
    narrowed = value_set("narrowed", only(("legs", "exists", "true"), valueSet=[dogs["url"]]))
    async with db.transaction() as connection:
        for one in (dogs, kept, value_set("both", both), fewer, narrowed):
            await put_value_set(connection, one)
    for name, expected in (("both", {"hund"}), ("fewer", {"hund", "settar"}), ("narrowed", {"hund"})):
        found = await terminology.codes_in(f"https://akson.no/test/ValueSet/{name}")
        assert found is not None
        assert {code for _, code in found.pairs} == expected


async def test_what_is_not_here_is_not_known_rather_than_false(terminology: Terminology, db: Database) -> None:
    async with db.transaction() as connection:
        await put_value_set(connection, value_set("foreign", {"system": "urn:elsewhere"}))
        await put_value_set(connection, value_set("self", {"valueSet": ["https://akson.no/test/ValueSet/self"]}))
    for name in ("foreign", "nowhere", "self"):
        url = f"https://akson.no/test/ValueSet/{name}"
        assert await terminology.codes_in(url) is None
        assert await terminology.holds(ANIMALS, "hund", url) is None


async def test_a_part_of_a_code_system_says_yes_but_never_no(terminology: Terminology, db: Database) -> None:
    async with db.transaction() as connection:
        await put_system(connection, animals(version="2", content="fragment"))
        await put_system(connection, animals(url="urn:named", content="not-present", concept=[]))
        await put_value_set(connection, value_set("some", {"system": ANIMALS}))
        await put_value_set(connection, value_set("named", {"system": "urn:named"}))
    some = "https://akson.no/test/ValueSet/some"
    assert await terminology.holds(ANIMALS, "hund", some) is True
    assert await terminology.holds(ANIMALS, "katt", some) is None
    assert await terminology.holds("urn:named", "x", "https://akson.no/test/ValueSet/named") is None


async def test_a_value_set_is_looked_up_once_for_many_codes(terminology: Terminology, db: Database) -> None:
    async with db.transaction() as connection:
        await put_value_set(connection, value_set("many", only(("concept", "is-a", "hund"))))
    await terminology.holds(ANIMALS, "hund", "https://akson.no/test/ValueSet/many")
    before = db.statements
    for code in EVERYTHING:
        await terminology.holds(ANIMALS, code, "https://akson.no/test/ValueSet/many")
    assert db.statements - before == len(EVERYTHING)


async def test_hierarchies_are_walked_both_ways(terminology: Terminology) -> None:
    assert set(await terminology.descendants(ANIMALS, "hund")) == {"hund", "puddel", "settar"}
    assert set(await terminology.ancestors(ANIMALS, "puddel")) == {"puddel", "hund", "dyr"}
    assert await terminology.descendants("urn:elsewhere", "x") == ["x"]


async def test_too_many_codes_are_refused(terminology: Terminology, db: Database) -> None:
    async with db.transaction() as connection:
        await put_value_set(connection, value_set("all", {"system": ANIMALS}))
    with pytest.raises(Refused, match="AK-T002"):
        await terminology.codes_in("https://akson.no/test/ValueSet/all", most=7)
    with pytest.raises(Refused, match="AK-T002"):
        await terminology.descendants(ANIMALS, "dyr", most=3)


@pytest.mark.parametrize("pattern", [r"(a)\1", "(?=a)b", "(", "(?P<n>a)", "a" * 600])
async def test_patterns_that_could_hang_or_make_no_sense_tell_nothing(
    terminology: Terminology, db: Database, pattern: str
) -> None:
    async with db.transaction() as connection:
        await put_value_set(connection, value_set("bad", only(("code", "regex", pattern))))
    assert await terminology.holds(ANIMALS, "hund", "https://akson.no/test/ValueSet/bad") is None
    assert await terminology.codes_in("https://akson.no/test/ValueSet/bad") is None
