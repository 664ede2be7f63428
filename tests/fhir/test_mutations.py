"""A sample of the mutations that `make conformance` runs in full (40,000): every operator, a few examples."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from akson.fhir.checks import check
from tests.conformance import mutations
from tests.conformance.mutating.operators import OPERATORS
from tests.conformance.mutating.tree import Json


@pytest.fixture(scope="module")
def examples() -> dict[str, Json]:
    folder = Path(__file__).parents[2].parent / "shared" / "fhir/r4-examples"
    if not folder.exists():
        pytest.skip("needs ../shared/fhir/r4-examples")
    names = Random(8).sample(sorted(f.name for f in folder.glob("*-*.json") if f.stat().st_size < 20_000), 9)
    return {name: mutations.sound(folder / name) for name in names}


def test_every_operator_is_refused_at_its_path(examples: dict[str, Json]) -> None:
    cases = list(mutations.judged(examples))
    assert [(case, fault) for case, fault in cases if fault] == []
    assert {case.split()[0] for case, _ in cases} == set(OPERATORS)
    assert len(OPERATORS) >= 40


def test_a_mutation_is_the_same_for_the_same_seed(examples: dict[str, Json]) -> None:
    name, resource = next(iter(examples.items()))
    first, second = (list(mutations.mutants({name: resource})) for _ in range(2))
    assert first == second


def test_legal_variants_of_the_examples_are_accepted(examples: dict[str, Json]) -> None:
    seen = 0
    for name, resource in examples.items():
        for variant, text in mutations.legal_variants(resource, Random(name)):
            seen += 1
            assert check(text).body == text, (variant, name)
    assert seen > 5 * len(examples)
