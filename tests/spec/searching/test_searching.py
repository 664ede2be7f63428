"""Random questions are answered as the naive evaluation answers them. `make conformance` asks 20,000 such questions."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from akson.record.office import Office
from tests.spec.searching.bounds import small_bounds
from tests.spec.searching.comparing import Comparison, compare
from tests.spec.searching.features import TODAY
from tests.spec.searching.generating import Generator
from tests.spec.searching.matching import meets
from tests.spec.searching.oracle import Oracle
from tests.spec.searching.people import GP, NURSE, SYSTEM
from tests.spec.searching.rival import writing
from tests.spec.searching.values import Span, folded, moment
from tests.spec.searching.world import build


async def test_search_answers_as_a_naive_evaluation_does(office: Office) -> None:
    world = await build(office, features=TODAY, seed=1)
    assert len(list(world.all)) > 800
    generator, comparison = Generator(world, TODAY, seed=2), Comparison(Oracle(world, TODAY, office.clock()))
    questions = [generator.question() for _ in range(600)]
    asked_well = [q for q in questions if comparison.oracle.search(*q[:3]).hits]
    assert len(asked_well) > 200
    assert {user for user, *_ in asked_well} == {SYSTEM, NURSE, GP}
    differences = await compare(comparison, questions[:300])
    with small_bounds():
        differences += await compare(comparison, questions[300:500])
    async with writing(world):
        differences += await compare(comparison, questions[500:])
    assert "\n".join(str(one) for one in differences if one) == ""
    await _a_wrong_answer_is_told_by_its_smallest_question(comparison)
    await world.api.close()


async def _a_wrong_answer_is_told_by_its_smallest_question(comparison: Comparison) -> None:
    held = comparison.oracle.world.held["Observation"]
    lost = next(one for one in held if SYSTEM in one.sees)
    held.remove(lost)  # now Akson finds what the oracle does not know
    asked = [("_count", "20"), ("_id", f"{lost.id},nobody"), ("_sort", "-date")]
    found = await comparison.difference(SYSTEM, "Observation", asked)
    assert found is not None
    assert len(found.pairs) < 2
    assert lost.ref in found.told


@pytest.mark.parametrize(
    ("asked", "found", "so"),
    [
        # The examples of the table in search.html#date
        ("eq2013-01-14", "2013-01-14T00:00:00+01:00", True),
        ("eq2013-01-14", "2013-01-15T00:00:00+01:00", False),
        ("ne2013-01-14", "2013-01-15T00:00:00+01:00", True),
        ("ne2013-01-14", "2013-01-14T10:00:00+01:00", False),
        ("lt2013-01-14T10:00", "2013-01-14", True),
        ("gt2013-01-14T10:00", "2013-01-14", True),
        ("ge2013-03-14", "2013-03-14", True),
        ("sa2013-03-14", "2013-03-15", True),
        ("sa2013-03-14", "2013-03", False),
        ("eb2013-03-14", "2013-03-13", True),
        ("eb2013-03-14", "2013", False),
        ("2013-01-14T00:30+01:00", "2013-01-13T23:30:59Z", True),
    ],
)
def test_dates_are_compared_as_the_standard_shows(asked: str, found: str, so: bool) -> None:
    assert meets("date", "", asked, [moment(found)], TODAY, datetime(2026, 11, 23, tzinfo=UTC)) is so


def test_letters_are_folded_but_norwegian_ones_stay() -> None:
    assert folded("ÅSE  Élise") == "åse elise"
    assert not folded("Åse").startswith(folded("A"))


def test_a_stretch_knows_its_ends() -> None:
    assert Span(1, 2).contains(Span(1, 2)) and not Span(1, 2).contains(Span(1, 2, closed=True))
    assert Span(2, 3).is_above(Span(1, 2)) and not Span(2, 3).is_above(Span(1, 2, closed=True))
