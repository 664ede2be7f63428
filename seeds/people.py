"""People: the rest of Fjordvik, household by household, made by a generator that gives the same answer every time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import count
from random import Random

from seeds import names
from seeds.chart import Chart, Citizen, open_chart, relative
from seeds.health import Day, live
from seeds.shapes import Clock, Seed
from seeds.staff import FASTLEGER, Member

PEOPLE = 2000
FIRST_INDEX = 30  # numbers of one day below this are for the named
# how households are made up: weight, ages of the grown-ups, how many, most children
HOUSEHOLDS = (
    (24, (19, 66), 1, 0),
    (17, (42, 66), 2, 0),
    (5, (21, 38), 2, 0),
    (19, (28, 52), 2, 3),
    (5, (26, 50), 1, 2),
    (12, (67, 86), 2, 0),
    (11, (67, 98), 1, 0),
)


@dataclass(frozen=True)
class Household:
    """Who live together, where, and on whose list."""

    grown: tuple[Citizen, ...]
    children: tuple[Citizen, ...]


@dataclass
class Numbers:
    """Hands out the index that keeps people born on one day apart."""

    given: Counter[tuple[date, bool]] = field(default_factory=Counter)

    def next(self, born: date, *, female: bool) -> int:
        self.given[born, female] += 1
        return FIRST_INDEX + self.given[born, female] - 1


def population(people: int, clock: Clock, seed: int = 1) -> Iterator[list[Seed]]:
    """Yield the households of `people` residents or a few more, each as one set."""
    numbers, day, made = Numbers(), Day(clock), 0
    for number in count():
        if made >= people:
            return
        chance = Random(f"{seed}/{number}")
        household = _household(number, chance, clock, numbers)
        made += len(household.grown) + len(household.children)
        yield _charts(household, chance, clock, day)


def _household(number: int, chance: Random, clock: Clock, numbers: Numbers) -> Household:
    _, ages, grown, children = chance.choices(HOUSEHOLDS, [kind[0] for kind in HOUSEHOLDS])[0]
    north = chance.random() < 0.5
    line = f"{chance.choice(names.NORTH if north else names.SOUTH)} {chance.randint(1, 60)}"
    place = names.POST_NORTH if north else names.POST_SOUTH
    age, family, gp = chance.randint(*ages), chance.choice(names.FAMILIES), chance.choice(FASTLEGER)
    make = _Maker(number, chance, clock, numbers, gp, line, place)
    sex = chance.random() < 0.5
    adults = [
        make.person(max(19, age + chance.randint(-3, 3) * n), family, female=sex ^ (n == 1)) for n in range(grown)
    ]
    oldest_child = min(17, max(0, age - 24))
    kids = [
        make.person(chance.randint(0, oldest_child), family, female=chance.random() < 0.5)
        for _ in range(chance.randint(1, children) if children else 0)
    ]
    return Household(tuple(adults), tuple(kids))


@dataclass
class _Maker:
    """Makes the people of one household."""

    number: int
    chance: Random
    clock: Clock
    numbers: Numbers
    gp: Member
    line: str
    place: str
    made: int = 0

    def person(self, age: int, family: str, *, female: bool) -> Citizen:
        self.made += 1
        born = self.clock.morning - timedelta(days=int(age * 365.25) + self.chance.randint(20, 345))
        given = self.chance.choice(names.given_names(age, female=female))
        return Citizen(
            key=f"p{self.number}-{self.made}",
            given=(given,),
            family=family,
            born=born,
            female=female,
            gp=self.gp,
            line=self.line,
            place=self.place,
            index=self.numbers.next(born, female=female),
            phone=100 + (self.number * 7 + self.made) % 7800,
        )


def _charts(household: Household, chance: Random, clock: Clock, day: Day) -> list[Seed]:
    couple = len(household.grown) == 2
    seeds: list[Seed] = []
    for adult in household.grown:
        chart = open_chart(adult, clock, marital="M" if couple else "")
        if couple:
            other = household.grown[1] if adult is household.grown[0] else household.grown[0]
            relative(chart, other, "EF", next_of_kin=True)
        live(chart, chance, day)
        seeds += chart.seeds
    for child in household.children:
        chart = open_chart(child, clock)
        _parents(chart, household)
        live(chart, chance, day)
        seeds += chart.seeds
    return seeds


def _parents(chart: Chart, household: Household) -> None:
    for parent in household.grown:
        relative(
            chart,
            parent,
            "MO" if parent.female else "FA",
            parent=True,
            shared=len(household.grown) == 2,
            next_of_kin=True,
        )
