"""Other people named in a resource: reading takes a basis for its owner; others' names show only with one for them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from akson.access.rules import Act
from akson.base.work import Work
from akson.fhir import bodies
from akson.fhir.owners import other_patients
from akson.record.deciding import asked, facts_for
from akson.record.stored import Stored, stored


async def shown(work: Work, rows: Sequence[Any]) -> list[Stored]:
    """Return rows of reading.sql as what the actor gets: without the names of patients there is no basis to read of.

    One more round trip, only when somebody else is named. A version is masked by what the resource names today and by
    what it named itself.
    """
    found = [stored(row) for row in rows]
    named = [_others(work, row, one) for row, one in zip(rows, found, strict=True)]
    others = set().union(*named)
    if others:
        facts = await facts_for(work, others)
        hidden = {key for key in others if key not in facts or not asked(work, facts[key], None, Act.READ).permit}
        for keys, one in zip(named, found, strict=True):
            if keys & hidden:
                _without_names(work, one, hidden)
    return found


def _others(work: Work, row: Any, one: Stored) -> set[int]:
    keys = set(row["about"] or ())
    if "method" in row.keys() and one.packed is not None:  # noqa: SIM118 - a database row, not a dict: an old version
        keys |= {work.office.ids.open(r.rpartition("/")[2]) or 0 for r in other_patients(one.resource)}
    return keys - {0, one.owner}


def _without_names(work: Work, stored: Stored, hidden: set[int]) -> None:
    resource = stored.resource
    for reference in _references(resource):
        type_, _, id_ = str(reference.get("reference", "")).rpartition("Patient/")
        if id_ and not type_.rstrip("/") and work.office.ids.open(id_) in hidden:
            reference.pop("display", None)
    stored.body = bodies.dumps(resource)


def _references(value: Any) -> Iterable[dict[str, Any]]:
    """Yield every object in `value` that points to something."""
    if isinstance(value, dict):
        if "reference" in value:
            yield value
        for inner in value.values():
            yield from _references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _references(inner)
