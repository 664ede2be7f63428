"""Insight refused, entry by entry: the mark that keeps an entry from the patient, with the reason they are told.

The reason stands in an extension of the entry, beside the mark; the patient is told it, and nothing else of the entry.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from akson.access.facts import WITHHELD, Facts
from akson.base.errors import Refused
from akson.base.queries import queries
from akson.base.work import Work
from akson.fhir import types
from akson.record.session import fetch
from akson.record.stored import stored

READING = queries(__file__, "reading.sql")
Resource = Mapping[str, Any]
REFUSED: Final = "https://akson.no/fhir/insight-refused"  # extension: ground and reason
MARK: Final = "https://akson.no/fhir/mark"
GROUNDS: Final = ("life", "close")  # pbrl § 5-1: danger to life or health; clearly inadvisable for those close to one
SHORTEST: Final = 10  # letters of a reason that says something


@dataclass(frozen=True, kw_only=True)
class Withheld:
    """Why one entry is kept from the patient. at: when it was decided."""

    ground: str
    reason: str
    at: datetime | None = None


def withheld(before: Resource, ground: str, reason: str) -> dict[str, Any]:
    """Return the entry as it is kept from the patient. Raises Refused AK-B010 without a ground of law and a reason."""
    if ground not in GROUNDS or len(reason.strip()) < SHORTEST:
        raise Refused("AK-B010", path="hvorfor")
    told = [{"url": "ground", "valueCode": ground}, {"url": "reason", "valueString": reason.strip()}]
    made = shown(before)
    meta = dict(made.get("meta") or {})
    meta["security"] = [*(meta.get("security") or ()), {"system": MARK, "code": WITHHELD}]
    return {**made, "meta": meta, "extension": [*made.get("extension", ()), {"url": REFUSED, "extension": told}]}


def shown(before: Resource) -> dict[str, Any]:
    """Return the entry as the patient may see it again."""
    meta = dict(before.get("meta") or {})
    if marks := [one for one in meta.pop("security", ()) if one.get("code") != WITHHELD]:
        meta["security"] = marks
    made = {**before, "meta": meta}
    if not meta:
        made.pop("meta")
    if kept := [one for one in made.pop("extension", ()) if one.get("url") != REFUSED]:
        made["extension"] = kept
    return made


def of(resource: Resource, at: datetime | None = None) -> Withheld | None:
    """Return why an entry is kept from the patient; None when it is not, or nobody has written it."""
    marks = {one.get("code") for one in (resource.get("meta") or {}).get("security") or ()}
    said = next((one for one in resource.get("extension") or () if one.get("url") == REFUSED), None)
    if said is None or WITHHELD not in marks:
        return None
    parts = {one.get("url"): one for one in said.get("extension") or ()}
    ground, reason = parts.get("ground", {}).get("valueCode", ""), parts.get("reason", {}).get("valueString", "")
    return Withheld(ground=ground, reason=reason, at=at) if ground in GROUNDS and reason else None


async def told(work: Work, facts: Facts) -> list[Withheld]:
    """Return why entries of a record are kept from the patient, newest first; one statement, none when there are none.

    For the patient and who decides for them, which the caller makes sure of: nothing of what an entry holds is told.
    """
    keys = [(facts.owner, types.code_of(one.type), one.id) for one in facts.labelled if WITHHELD in one.security]
    if not keys:
        return []
    rows = await fetch(work, READING.current, *([*column] for column in zip(*keys, strict=True)))
    read = [stored(row) for row in rows if not row["deleted"]]
    found = [one for hit in read if (one := of(hit.resource, hit.last_updated))]
    return sorted(found, key=lambda one: one.at or work.now, reverse=True)
