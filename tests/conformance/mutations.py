"""Faulty resources by the thousand: each operator on each official example; all must be refused, with the right path."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from functools import partial
from pathlib import Path
from random import Random

from akson.fhir.checks import Invalid, check
from tests.conformance.mutating import companions, contents, primitives, shapes, texts  # noqa: F401 (they register)
from tests.conformance.mutating.legal import LEGAL
from tests.conformance.mutating.operators import OPERATORS, Mutant, mutate
from tests.conformance.mutating.tree import Json, Tree
from tests.conformance.suites import Case

SEED = 4711
EVERY = 211


def sound(file: Path) -> Json:
    """Return the resource of a file. Raises Invalid when there is a fault in it already."""
    check(body := file.read_bytes())
    found: Json = json.loads(body)
    return found


def mutants(examples: dict[str, Json], *, seed: int = SEED) -> Iterator[tuple[str, str, Mutant]]:
    """Yield (operator, example, mutant); the same for the same seed."""
    for name, resource in examples.items():
        for operator, change in OPERATORS.items():
            made = mutate(resource, change, Random(f"{seed} {operator} {name}"))
            if made is not None:
                yield operator, name, made


def legal_variants(resource: Json, random: Random) -> Iterator[tuple[str, bytes]]:
    """Yield (name, text) of unusual but legal versions of a sound resource."""
    for name, change in LEGAL.items():
        made = change(Tree(deepcopy(resource)), random)
        if made is not None:
            yield name, made


def paths_told(mutant: Mutant) -> tuple[str, ...] | None:
    """Return where the faults of a mutant are told to be; None when it was let in."""
    try:
        check(mutant.text)
    except Invalid as refused:
        return tuple(dict.fromkeys(issue.path for issue in refused.issues))
    return None


def cases(shared: Path) -> Iterator[Case]:
    """Yield one case for each official example, with all its mutants: some 40,000 together."""
    for file in sorted((shared / "fhir/r4-examples").glob("*-*.json")):
        yield Case(file.name, partial(_unmet, file))


def _unmet(file: Path) -> str | None:
    found = [f"{case}: {fault}" for case, fault in judged({file.name: sound(file)}) if fault]
    return "; ".join(found[:5]) or None


def judged(examples: dict[str, Json]) -> Iterator[tuple[str, str | None]]:
    """Yield (operator and example, None when the mutant was refused at exactly its path, else what happened)."""
    for operator, name, mutant in mutants(examples):
        told = paths_told(mutant)
        right = told == (mutant.path,)
        yield f"{operator} {name}", None if right else f"expected {mutant.path or 'the text'}, told {told or 'nothing'}"
