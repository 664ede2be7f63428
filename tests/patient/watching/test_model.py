"""What stands out of the log, and what does not: invented looks, those that only seem wrong among them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from akson.patient.watching import model
from akson.patient.watching.model import Home, Human, Pair, Volume, judged, level, many

LYNG_18 = Home(street="lyngbakken", number=18, place="9996")
LYNG_18B = replace(LYNG_18, rest="b")
LYNG_22 = replace(LYNG_18, number=22)
LYNG_90 = replace(LYNG_18, number=90)
ELSEWHERE = replace(LYNG_18, place="0150")
NOWHERE = replace(LYNG_18, number=0)
NURSE, PATIENT = 7, 11


def pair(who: Human | None = None, whom: Human | None = None, **more: Any) -> Pair:
    given = {"opened": 1, "settled": True, "units_work": True} | more
    return Pair(who=who or Human(owner=NURSE), whom=whom or Human(owner=PATIENT), **given)


def lives(*homes: Home, owner: int = NURSE, hidden: bool = False) -> Human:
    return Human(owner=owner, homes=homes, hidden=hidden)


def of(owner: int, *close: int) -> Human:
    return Human(owner=owner, close=frozenset(close))


AT_18 = lives(LYNG_18, owner=PATIENT)
PROTECTED = lives(LYNG_18, owner=PATIENT, hidden=True)
ALONE: dict[str, Any] = {"units_work": False}  # nobody of the unit did anything for the person


LOOKS: list[tuple[Pair, tuple[str, ...], str]] = [
    (pair(whom=of(PATIENT, NURSE)), ("family",), "strong"),
    (pair(of(NURSE, PATIENT)), ("family",), "strong"),
    (pair(whom=of(PATIENT, NURSE), own_work=True), ("family",), "strong"),
    (pair(whom=of(PATIENT, NURSE), opened=0, refused=1), ("family",), "strong"),
    (pair(of(PATIENT), opened=0, refused=2), ("self",), "weak"),
    (pair(lives(LYNG_18), AT_18), ("address",), "medium"),
    (pair(lives(LYNG_18), AT_18, **ALONE), ("address", "unwritten"), "strong"),
    (pair(lives(LYNG_18), PROTECTED), ("address",), "medium"),
    (pair(bearers=3, **ALONE), ("name", "unwritten"), "weak"),
    (pair(lives(LYNG_22), AT_18, **ALONE), ("neighbour", "unwritten"), "weak"),
    (pair(lives(LYNG_18B), AT_18, **ALONE), ("neighbour", "unwritten"), "weak"),
    (pair(lives(LYNG_22), AT_18, bearers=3, **ALONE), ("name", "neighbour", "unwritten"), "strong"),
    (pair(same_unit=True, **ALONE), ("colleague", "unwritten"), "medium"),
    (pair(same_unit=True, settled=False, **ALONE), ("colleague",), "weak"),
    (pair(known=True, **ALONE), ("known", "unwritten"), "medium"),
    (pair(crowd=9, usual=0.5, **ALONE), ("crowd", "unwritten"), "weak"),
    (pair(by_opening=True, **ALONE), ("unwritten_opening",), "weak"),
]


@pytest.mark.parametrize(("look", "signs", "how"), LOOKS)
def test_what_stands_out_says_why_and_how_much(look: Pair, signs: tuple[str, ...], how: str) -> None:
    found = judged(look)
    assert (found.signs, found.stands_out, level(found.strength)) == (signs, True, how)


@pytest.mark.parametrize("look", [
    pair(),
    pair(own_work=True),
    pair(**ALONE),  # a nurse read, and nothing had to be written
    pair(**ALONE, settled=False),
    pair(bearers=3),  # the unit has worked for a person who bears the same name
    pair(bearers=3, own_work=True, **ALONE),
    pair(bearers=150, **ALONE),
    pair(bearers=5000, **ALONE),
    pair(bearers=3, settled=False, **ALONE),  # it may still be written
    pair(lives(LYNG_22), AT_18),  # one visits one's neighbour, as all on the round
    pair(lives(LYNG_90), AT_18, **ALONE),
    pair(lives(ELSEWHERE), AT_18, **ALONE),
    pair(lives(NOWHERE), lives(NOWHERE, owner=PATIENT), **ALONE),
    pair(lives(LYNG_22), PROTECTED, **ALONE),  # to say so would tell where a protected person lives
    pair(same_unit=True),
    pair(same_unit=True, own_work=True),
    pair(known=True),
    pair(known=True, own_work=True),
    pair(crowd=9, usual=8.0, **ALONE),  # many look at this record each day: somebody dies at the nursing home
    pair(crowd=4, usual=0.0, **ALONE),
    pair(crowd=30, usual=0.0),
    pair(by_opening=True),
    pair(by_opening=True, own_work=True, **ALONE),
    pair(by_opening=True, opened=0, refused=1, **ALONE),
    pair(of(0), of(PATIENT), **ALONE),  # who looks has no record here
    pair(of(0), Human(owner=PATIENT, close=frozenset({0})), **ALONE),
])  # fmt: skip
def test_what_only_seems_to_stand_out_does_not(look: Pair) -> None:
    assert not judged(look).stands_out


def test_no_tie_makes_family_right_and_each_tie_lowers_all_else() -> None:
    for signs in ({"same_unit": True}, {"known": True}, {"bearers": 1, "crowd": 9}):
        alone, units, own = (
            judged(pair(**signs, units_work=unit, own_work=own)).strength
            for unit, own in ((False, False), (True, False), (False, True))
        )
        assert alone > units >= own
        family = pair(whom=of(PATIENT, NURSE), **signs)
        assert judged(family).strength >= model.POINTS[model.FAMILY]


def test_every_sign_has_points_and_some_look_that_shows_it() -> None:
    shown = {sign for _, signs, _ in LOOKS for sign in signs}
    assert shown | {model.VOLUME, model.SEARCHES, model.SELDOM_NAME} == model.POINTS.keys()
    assert judged(pair(bearers=100, same_unit=True, **ALONE)).signs[-1] == model.SELDOM_NAME


USUAL = (9, 11, 10, 12, 8, 10)


@pytest.mark.parametrize(("day", "stands_out"), [
    (Volume(records=60, own=USUAL, unit=USUAL), True),
    (Volume(records=60, unit=USUAL), True),  # the first day at work
    (Volume(records=19, own=(1,) * 9, unit=(1,) * 9), False),  # few, whatever is usual
    (Volume(records=24, own=USUAL, unit=(30,) * 9), False),  # as colleagues do
    (Volume(records=60, own=(55, 70, 61, 48, 66), unit=USUAL), False),  # as always: the one who answers the phone
    (Volume(records=21, own=(14, 15, 16, 15, 14), unit=(10,) * 5), False),
    (Volume(records=25, unit=USUAL), False),
    (Volume(records=60), False),  # a new unit: nothing is usual yet
    (Volume(records=60, own=(1, 2), unit=()), False),
])  # fmt: skip
def test_a_day_with_unusually_many_records_is_many_for_oneself_and_the_unit(day: Volume, stands_out: bool) -> None:
    assert many(day) is stands_out


def test_what_is_usual_is_ones_own_when_it_is_known_and_else_the_units() -> None:
    assert [Volume(records=60, own=USUAL, unit=(3,)).usual, Volume(records=60, own=(1,), unit=(3,)).usual] == [10, 3]
    assert Volume(records=60).usual == 0


DESK = (12, 15, 9, 14, 11, 13)  # misspelt, or nobody


@pytest.mark.parametrize(("searches", "stands_out"), [
    (Volume(records=29, own=(0,) * 9, unit=(0,) * 9), False),  # few, whatever is usual
    (Volume(records=30, own=(0,) * 9, unit=(0,) * 9), True),
    (Volume(records=30, unit=(0,) * 9), True),  # the first day at work
    (Volume(records=30), False),  # a new unit: nothing is usual yet
    (Volume(records=30, own=DESK, unit=DESK), True),
    (Volume(records=22, own=DESK, unit=DESK), False),
    (Volume(records=50, own=DESK, unit=(40,) * 9), False),  # as colleagues do
    (Volume(records=60, own=(55, 70, 61, 48, 66), unit=DESK), False),  # as always
    (Volume(records=100, own=(100,) * 9, unit=(100,) * 9), True),  # a habit, and a whole unit's
    (Volume(records=100), True),
])  # fmt: skip
def test_searches_that_led_nowhere(searches: Volume, stands_out: bool) -> None:
    assert model.searching(searches) is stands_out


def test_a_day_may_stand_out_for_both() -> None:
    lots, few = Volume(records=100, own=USUAL, unit=USUAL), Volume(records=1)
    assert [model.day(*one) for one in ((few, few), (lots, few), (few, lots), (lots, lots))] == [
        (), (model.VOLUME,), (model.SEARCHES,), (model.VOLUME, model.SEARCHES),
    ]  # fmt: skip
