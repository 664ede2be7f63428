"""What a refusal looks like from outside: a basis that is missing looks like a thing that is missing.

The API answers 404 without a basis, byte for byte as if unknown. Three cases, told apart by the path that the journal
gives (see akson/record/drafts.py):
- about a resource that stands there (no path, or where a transaction asks to read it): unknown
- about whose record it would go into (`Observation.subject`): that person is unknown
- about making something new that belongs to nobody (`Patient`): said openly, for it tells nothing of the record
So is AK-A005: whether a token covers what is asked for is decided before the record is asked anything.
"""

from __future__ import annotations

import re

from akson.base.errors import Refused

_ENTRY = re.compile(r"Bundle\.entry\[\d+\]")


def as_seen(refused: Refused) -> Refused:
    """Return the refusal as the client may see it."""
    if not refused.code.startswith("AK-A") or refused.code == "AK-A005":
        return refused
    path = refused.path or ""
    entry = _ENTRY.match(path)
    inside = path[entry.end() :].removeprefix(".resource") if entry else path.partition(".")[1]
    if not path or (entry and inside in ("", ".request.url") and not path.endswith(".resource")):
        return Refused("AK-J001", path=refused.path)
    if inside and refused.code == "AK-A007":  # it is about what the client sent itself
        return refused
    if inside:
        return Refused("AK-J004", path=refused.path, detail="the person it is about")
    return refused
