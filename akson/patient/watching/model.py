"""What makes a look stand out, and how much: the statistics of the surveillance, as pure functions.

A look is one person's day with one record. Signs raise it, ties lower it; from FLOOR on it is a finding. Weights and
limits are our own choice, open to everybody in docs/surveillance.md: to be confirmed by those who answer for the log.

Source: pjl § 22 (the log is reviewed), Normen fact sheet 15; domain rule R18
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import sqrt
from statistics import fmean, median, pstdev
from typing import Final

WITHIN: Final = timedelta(days=7)  # before and after a look, in which work for the person leaves a trace
HISTORY: Final = timedelta(days=28)  # that volume is compared with
FLOOR: Final = 4  # points that make a finding
MEDIUM, STRONG = 6, 8
RARE, SELDOM = 20, 200  # persons of one family name: few, and not many
NEAR: Final = 10  # between two house numbers of one street

FAMILY, SELF, ADDRESS, COLLEAGUE, NEIGHBOUR = "family", "self", "address", "colleague", "neighbour"
NAME, SELDOM_NAME, KNOWN, CROWD = "name", "seldom_name", "known", "crowd"
UNWRITTEN, UNWRITTEN_OPENING, VOLUME, SEARCHES = "unwritten", "unwritten_opening", "volume", "searches"
POINTS: Final = {
    FAMILY: 8, ADDRESS: 7, SELF: 4, COLLEAGUE: 4, KNOWN: 4, NEIGHBOUR: 3, NAME: 3, CROWD: 3, SELDOM_NAME: 1,
    UNWRITTEN: 2, UNWRITTEN_OPENING: 4, VOLUME: 5, SEARCHES: 5,
}  # fmt: skip
WHATEVER: Final = frozenset({FAMILY, ADDRESS, SELF})  # no task makes these right: ties do not lower them
OWN_WORK, UNITS_WORK = 4, 3  # what a tie lowers by: the person wrote, or others of the unit did or had an appointment

OWN_DAYS: Final = 5  # days at work from which one's own usual is known
MANY: Final = 20  # records in a day that are not many, whatever is usual
MANY_SEARCHES: Final = 30  # that led nowhere, likewise
TOO_MANY_SEARCHES: Final = 100  # that no work explains, however usual they are
TIMES_UNIT: Final = 2  # what is usual at the unit
TIMES_UNIT_ALONE: Final = 3  # when one's own usual is not known
DEVIATIONS: Final = 3
CROWD_LEAST: Final = 5  # persons in a day
CROWD_TIMES: Final = 3  # what is usual for the record


@dataclass(frozen=True, kw_only=True)
class Home:
    """One place of living. number 0: the address tells none."""

    street: str
    number: int
    place: str  # postal code, or city where there is none
    rest: str = ""  # of the first line: the letter of the entrance


@dataclass(frozen=True, kw_only=True)
class Human:
    """What the statistics know of a person. names: family names, normalised."""

    owner: int
    names: frozenset[str] = frozenset()
    homes: tuple[Home, ...] = ()
    close: frozenset[int] = frozenset()  # owner keys of family and those who represent
    hidden: bool = False  # where they live is protected


@dataclass(frozen=True, kw_only=True)
class Pair:
    """One person's day with one record, and all that is known beside it.

    who       as a resident, and by the name at work; owner 0: has no record here
    opened    times the record was opened; refused: times it was not
    same_unit the patient works where who looks does
    bearers   how many residents bear the rarest family name they share; None: none is shared
    crowd     how many others opened the record that day; usual: on other days
    own_work  who looked wrote in the record within WITHIN; units_work: others of the unit did, or it had an
              appointment, assignment or the like
    by_opening  the record was opened by own decision, in an emergency or with a reason
    settled   WITHIN has passed: what is not written now was not written
    """

    who: Human
    whom: Human
    opened: int = 0
    refused: int = 0
    same_unit: bool = False
    bearers: int | None = None
    known: bool = False
    crowd: int = 0
    usual: float = 0.0
    own_work: bool = False
    units_work: bool = False
    by_opening: bool = False
    settled: bool = False


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """signs: why a look stands out, the weightiest first. strength: points; from FLOOR on it is a finding."""

    signs: tuple[str, ...]
    strength: int

    @property
    def stands_out(self) -> bool:
        return self.strength >= FLOOR


def level(strength: int) -> str:
    """Return "strong", "medium" or "weak"."""
    return "strong" if strength >= STRONG else "medium" if strength >= MEDIUM else "weak"


def judged(pair: Pair) -> Judgement:
    """Return why one person's day with one record stands out, if it does."""
    signs = sorted(_signs(pair), key=lambda one: -POINTS[one])
    tie = OWN_WORK if pair.own_work else UNITS_WORK if pair.units_work else 0
    bound = sum(POINTS[one] for one in signs if one in WHATEVER)
    loose = sum(POINTS[one] for one in signs if one not in WHATEVER)
    return Judgement(signs=tuple(signs), strength=bound + max(0, loose - tie))


def _signs(pair: Pair) -> Iterator[str]:
    who, whom = pair.who, pair.whom
    if who.owner and who.owner == whom.owner:
        yield SELF
        return
    if who.owner and (who.owner in whom.close or whom.owner in who.close):
        yield FAMILY
    elif pair.bearers is not None and pair.bearers <= SELDOM:
        yield NAME if pair.bearers <= RARE else SELDOM_NAME
    if lives_with(who.homes, whom.homes):
        yield ADDRESS
    elif not whom.hidden and lives_near(who.homes, whom.homes):  # near would tell where a protected person lives
        yield NEIGHBOUR
    if pair.same_unit:
        yield COLLEAGUE
    if pair.known:
        yield KNOWN
    elif pair.crowd >= CROWD_LEAST and pair.crowd > CROWD_TIMES * max(1.0, pair.usual):
        yield CROWD
    if pair.settled and pair.opened and not (pair.own_work or pair.units_work):
        yield UNWRITTEN_OPENING if pair.by_opening else UNWRITTEN


def lives_with(one: Iterable[Home], other: Iterable[Home]) -> bool:
    """Say whether two share an address; one without a house number is no address of a house."""
    return bool({home for home in one if home.number} & {home for home in other if home.number})


def lives_near(one: Sequence[Home], other: Sequence[Home]) -> bool:
    """Say whether two live in one street, not far from each other."""
    return any(
        a.number and b.number and (a.street, a.place) == (b.street, b.place) and abs(a.number - b.number) <= NEAR
        for a in one
        for b in other
    )


@dataclass(frozen=True, kw_only=True)
class Volume:
    """How many records one opened in a day, or searches of theirs led nowhere, beside what is usual.

    own    one number for each other day at work in HISTORY; unit: the same of colleagues at the unit
    """

    records: int
    own: tuple[int, ...] = ()
    unit: tuple[int, ...] = ()

    @property
    def usual(self) -> int:
        """What to compare with, as people read it."""
        return round(fmean(self.own)) if len(self.own) >= OWN_DAYS else round(median(self.unit or (0,)))


def day(records: Volume, searches: Volume) -> tuple[str, ...]:
    """Return why a whole day stands out, if it does."""
    return (VOLUME,) * many(records) + (SEARCHES,) * searching(searches)


def searching(searches: Volume) -> bool:
    """Say whether unusually many searches for persons led nowhere: nobody of those found was opened after.

    Whoever makes it a habit, and a whole unit that does, is found all the same.
    """
    return searches.records >= TOO_MANY_SEARCHES or many(searches, MANY_SEARCHES)


def many(volume: Volume, least: int = MANY) -> bool:
    """Say whether it is unusually many: far more than one's own usual, and than the unit's."""
    if volume.records < least:
        return False
    at_unit = median(volume.unit) if volume.unit else 0.0
    if len(volume.own) < OWN_DAYS:
        return bool(volume.unit) and volume.records > TIMES_UNIT_ALONE * at_unit
    mean = fmean(volume.own)
    return volume.records > mean + DEVIATIONS * max(pstdev(volume.own), sqrt(mean)) and (
        volume.records > TIMES_UNIT * at_unit
    )


def window(day: date) -> tuple[date, date]:
    """Return the first and last day in which work for the person counts for a look on `day`."""
    return day - WITHIN, day + WITHIN
