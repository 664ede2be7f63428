"""Insight refused, entry by entry: the mark that keeps an entry from the patient, with the reason they are told.

The reason stands in an extension of the entry, beside the mark; the patient is told it, and nothing else of the entry.
A second mark names what is withheld, and what belongs to it, by chance: a case about it says that name alone.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from akson.access.facts import WITHHELD, WITHHELD_AS, Facts
from akson.base.errors import Refused
from akson.base.queries import queries
from akson.base.work import Work
from akson.fhir import types
from akson.record.session import fetch
from akson.record.stored import marks_in, stored

READING = queries(__file__, "reading.sql")
Resource = Mapping[str, Any]
REFUSED: Final = "https://akson.no/fhir/insight-refused"  # extension: ground and reason
MARK: Final = "https://akson.no/fhir/mark"
GROUNDS: Final = ("life", "close")  # pbrl § 5-1: danger to life or health; clearly inadvisable for those close to one
SHORTEST: Final = 10  # letters of a reason that says something


@dataclass(frozen=True, kw_only=True)
class Withheld:
    """Why one entry is kept from the patient. name: the mark that stands for it; at: when it was decided."""

    ground: str
    reason: str
    name: str = ""
    at: datetime | None = None


def new_name() -> str:
    """Return a name for what is withheld that tells nothing of it."""
    return f"{WITHHELD_AS}{secrets.token_hex(12)}"


def withheld(before: Resource, ground: str, reason: str, name: str) -> dict[str, Any]:
    """Return the entry as it is kept from the patient. Raises Refused AK-B010 without a ground of law and a reason."""
    if ground not in GROUNDS or len(reason.strip()) < SHORTEST:
        raise Refused("AK-B010", path="hvorfor")
    told = [{"url": "ground", "valueCode": ground}, {"url": "reason", "valueString": reason.strip()}]
    made = _closed(before, [name, *names_in(before)])
    kept = [one for one in before.get("extension") or () if one.get("url") != REFUSED]
    return {**made, "extension": [*kept, {"url": REFUSED, "extension": told}]}


def with_it(before: Resource, name: str) -> dict[str, Any]:
    """Return what belongs to such an entry as it is kept from the patient with it: its file, its results.

    What it is kept for already stays: it is seen again when nothing of that stands. One that is kept under no name
    stays as it is, for nothing tells when that ends.
    """
    names, marks = names_in(before), marks_in(before.get("meta") or {})
    return dict(before) if WITHHELD in marks and not names else _closed(before, [*names, name])


def without(before: Resource, name: str) -> dict[str, Any]:
    """Return the entry as it is when what is withheld under a name is given: seen, or kept for what else there is."""
    names = [one for one in names_in(before) if one != name]
    if not names:
        return shown(before)
    said = of(before)
    own = said is not None and said.name == name
    return _closed(_untold(before) if own else before, names)


def _closed(before: Resource, names: Iterable[str]) -> dict[str, Any]:
    """Return the entry with the marks that keep it from the patient; the first name is that of its own refusal."""
    meta = dict(before.get("meta") or {})
    others = [one for one in meta.get("security") or () if not _closes(one.get("code", ""))]
    marks = [{"system": MARK, "code": one} for one in dict.fromkeys((WITHHELD, *names))]
    return {**before, "meta": {**meta, "security": [*others, *marks]}}


def shown(before: Resource) -> dict[str, Any]:
    """Return the entry as the patient may see it again."""
    meta = dict(before.get("meta") or {})
    if marks := [one for one in meta.pop("security", ()) if not _closes(one.get("code", ""))]:
        meta["security"] = marks
    made = {**_untold(before), "meta": meta}
    if not meta:
        made.pop("meta")
    return made


def _untold(before: Resource) -> dict[str, Any]:
    """Return the entry without why it was kept from the patient."""
    made = dict(before)
    if kept := [one for one in made.pop("extension", ()) if one.get("url") != REFUSED]:
        made["extension"] = kept
    return made


def _closes(code: str) -> bool:
    return code == WITHHELD or code.startswith(WITHHELD_AS)


def names_in(resource: Resource) -> list[str]:
    """Return the names under which something is withheld, its own first; it may belong to more that is."""
    marks = (str(one.get("code", "")) for one in (resource.get("meta") or {}).get("security") or ())
    return [one for one in marks if one.startswith(WITHHELD_AS)]


def of(resource: Resource, at: datetime | None = None) -> Withheld | None:
    """Return why an entry is kept from the patient; None when it is not, or nobody has written it."""
    said = next((one for one in resource.get("extension") or () if one.get("url") == REFUSED), None)
    if said is None or WITHHELD not in marks_in(resource.get("meta") or {}):
        return None
    parts = {one.get("url"): one for one in said.get("extension") or ()}
    ground, reason = parts.get("ground", {}).get("valueCode", ""), parts.get("reason", {}).get("valueString", "")
    name = next(iter(names_in(resource)), "")
    return Withheld(ground=ground, reason=reason, name=name, at=at) if ground in GROUNDS and reason else None


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
