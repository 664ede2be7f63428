"""Tells what is wrong with the narratives of a resource: blank ones, and links in them that lead nowhere.

Told by $validate, not asked of what is written. Source: hl7.org/fhir/R4/narrative.html#id
"""

from __future__ import annotations

from collections.abc import Iterator

from akson.fhir import narrative
from akson.fhir.issues import Issue
from akson.fhir.outlines import outline
from akson.fhir.profiles.sense import parts
from akson.fhir.profiles.spots import Spot


def faults(root: Spot) -> Iterator[Issue]:
    """Yield what is wrong; a link may lead to any narrative or element of what is looked at."""
    every = [root, *parts(root)]
    divs = [(f"{s.at}.div", div) for s in every if s.node.type == "Narrative" if isinstance(div := _div(s), str)]
    outlines = [(at, outline(div)) for at, div in divs]
    targets = {name for _, found in outlines for name in found.names} | {_id(spot) for spot in every}
    for at, div in divs:
        if narrative.finding(div) == ("warning", narrative.BLANK):
            yield Issue("error", "invariant", at, narrative.BLANK)
    for at, found in outlines:
        for link in dict.fromkeys(found.links):
            if link not in targets:
                yield Issue("error", "not-found", at, f"the link #{link[:100]} leads nowhere in the resource")


def _div(spot: Spot) -> object:
    return spot.value.get("div") if isinstance(spot.value, dict) else None


def _id(spot: Spot) -> object:
    inside = spot.value if isinstance(spot.value, dict) else spot.node.extra
    return inside.get("id") if isinstance(inside, dict) else None
