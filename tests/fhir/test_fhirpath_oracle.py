"""The expressions of R4's search parameters give what another implementation gives, on the official examples."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from akson.fhir.bodies import loads
from akson.fhir.fhirpath import compile
from akson.fhir.search import parameters
from akson.fhir.types import TYPES

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import fhirpathpy
    from fhirpathpy.models import models

LARGEST = 20_000  # bytes; the oracle is slow
EVERY = 6  # so-manieth example


def test_search_expressions_find_what_the_oracle_finds(shared: Path) -> None:
    compared = differ = 0
    for resource in _examples(shared):
        for expression in _expressions(resource["resourceType"]):
            theirs = _theirs(expression, resource)
            if theirs is not None:
                compared += 1
                differ += _alike(compile(expression)(resource)) != _alike(theirs)
    assert compared > 500
    assert differ == 0


def _examples(shared: Path) -> Iterator[dict[str, Any]]:
    for file in sorted((shared / "fhir" / "r4-examples").glob("*.json"))[::EVERY]:
        body = file.read_bytes()
        if len(body) < LARGEST and "resourceType" in (resource := loads(body)):
            yield resource


def _expressions(kind: str) -> list[str]:
    """Return the expressions that do not begin with Resource, which the oracle does not understand."""
    found = {p.expression for p in parameters(kind).values() if p.expression}
    return sorted(e for e in found if not e.startswith(("Resource", "DomainResource")))


def _theirs(expression: str, resource: dict[str, Any]) -> list[Any] | None:
    plain = json.loads(json.dumps(resource, default=float))
    try:
        return fhirpathpy.compile(expression, models["r4"])(plain)
    except Exception:  # noqa: BLE001 - what it cannot do is no evidence
        return None


def _alike(values: list[Any]) -> list[str]:
    return sorted(json.dumps(getattr(v, "asStr", v), sort_keys=True, default=float) for v in values)


@pytest.mark.parametrize("kind", TYPES)
def test_every_search_expression_fits_its_type(kind: str) -> None:
    for parameter in parameters(kind).values():
        if parameter.expression:
            compile(parameter.expression, kind)
