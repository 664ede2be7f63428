"""What the answer to a relative's case gives: the fact that access asks (akson/access/bereaved.py). Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from akson.access.rights import AFTER_DEATH, ANSWERED, CASE
from akson.record.projecting import FactRow, Lookup, Resource, bounds, row

_OUTPUT: Final = "https://akson.no/fhir/case-output"  # as cases.py has it, which stands above


def insight(resource: Resource, lookup: Lookup) -> Iterator[FactRow]:
    """Yield what a relative was given, in a case that is answered: which entries, from when, through which day."""
    marks = {one.get("code") for one in (resource.get("meta") or {}).get("security") or ()}
    if not {CASE, AFTER_DEATH, ANSWERED} <= marks or resource.get("status") != "completed":
        return
    items = [value["reference"] for code, value in _outputs(resource) if code == "entry"]
    until = next((value for code, value in _outputs(resource) if code == "until"), None)
    person = lookup.key((resource.get("requester") or {}).get("reference"))
    if items and until and person:
        start, end = bounds({"start": resource.get("lastModified"), "end": until})
        yield row("insight", {"person": person, "items": sorted(items), "start": start, "end": end}, person=person)


def _outputs(resource: Resource) -> Iterator[tuple[str, Any]]:
    for part in resource.get("output") or ():
        codes = [c.get("code") for c in part["type"].get("coding") or () if c.get("system") == _OUTPUT]
        values = [value for name, value in part.items() if name.startswith("value")]
        if codes and values:
            yield codes[0], values[0]
