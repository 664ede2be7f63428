"""Seeds: Fjordvik, an invented municipality, as FHIR resources. Pure: the same number and time, the same people.

Every person, unit and address is invented; national identity numbers are synthetic (month + 80).
A reference is written as another seed's key ("Patient/astrid"); the loader mints the ids. Each set refers only to
itself and to sets before it, and the Patients come before everything that is told of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from seeds.citizens import named
from seeds.fjordvik import Address, addresses, organizations
from seeds.looks import Look, looks
from seeds.people import PEOPLE, population
from seeds.shapes import Clock, Seed
from seeds.staff import everybody_at_work

__all__ = ["PEOPLE", "Address", "Clock", "Look", "Seed", "addresses", "looks", "resources"]

PATIENTS_IN_A_SET = 200


def resources(people: int, now: datetime, seed: int = 1) -> Iterator[list[Seed]]:
    """Yield everything in sets: organisations, staff, the Patients, then one set per household.

    people  how many residents to generate beside the named ones
    now     with time zone; every story is told relative to it
    """
    clock = Clock(now)
    yield list(organizations())
    yield list(everybody_at_work(clock))
    households = [*named(clock), *population(people, clock, seed)]
    patients = [seed for household in households for seed in household if _is_patient(seed)]
    for start in range(0, len(patients), PATIENTS_IN_A_SET):
        yield patients[start : start + PATIENTS_IN_A_SET]
    for household in households:
        if told := [seed for seed in household if not _is_patient(seed)]:
            yield told


def _is_patient(seed: Seed) -> bool:
    return seed.key.startswith("Patient/")
