"""Reads a StructureDefinition as a tree: what it says of each element, its slices and parts."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, Final

Json = dict[str, Any]
_ELEMENT: Final = "http://hl7.org/fhir/StructureDefinition/elementdefinition-profile-element"


@dataclass(kw_only=True)
class Definition:
    """What a profile says of one element, or of one slice of it.

    said      the members of ElementDefinition that were given, those of later layers over earlier
    children  by name, without [x]
    slices    by slice name
    """

    name: str
    path: str
    slice: str = ""
    said: Json = field(default_factory=dict)
    children: dict[str, Definition] = field(default_factory=dict)
    slices: dict[str, Definition] = field(default_factory=dict)

    def child(self, name: str) -> Definition:
        return self.children.setdefault(name, Definition(name=name, path=f"{self.path}.{name}"))

    def sliced(self, name: str) -> Definition:
        return self.slices.setdefault(name, Definition(name=self.name, path=f"{self.path}:{name}", slice=name))


def tree(structure: Json, above: Definition | None) -> Definition:
    """Return the tree of a profile. above: the tree of the profile it is derived from, unless it has a snapshot."""
    rows = (structure.get("snapshot") or {}).get("element")
    if rows:
        above = None
    rows = rows or (structure.get("differential") or {}).get("element") or []
    root = deepcopy(above) if above else Definition(name=structure["type"], path=structure["type"])
    for steps, said in _steps(rows):
        place = root
        for name, slice_ in steps:
            place = place.child(name)
            if slice_:
                place = place.sliced(slice_)
        _add(place, said)
    return root


def at(root: Definition, id_: str) -> Definition | None:
    """Return what is said of the element with that id, "Composition.section:medicines"; the root for none."""
    place: Definition | None = root
    for name, slice_ in [_step(part) for part in _parts(id_)[1:]]:
        place = place.children.get(name) if place else None
        place = place.slices.get(slice_) if place and slice_ else place
    return place


def profiles(said_type: Json) -> list[str]:
    """Return the profiles that a type names; one that means an element of a profile has its id behind "#"."""
    beside = said_type.get("_profile") or ()
    parts = [_profile_element(beside[n]) if n < len(beside) else "" for n in range(len(said_type.get("profile", ())))]
    return [url + part for url, part in zip(said_type.get("profile", ()), parts, strict=True)]


def _profile_element(companion: Json | None) -> str:
    rows = (companion or {}).get("extension") or ()
    return next((f"#{row['valueString']}" for row in rows if row.get("url") == _ELEMENT), "")


def _add(place: Definition, said: Json) -> None:
    """Lay what is said over what was said before; constraints add up."""
    before = place.said.get("constraint", [])
    place.said |= said
    known = {c["key"] for c in said.get("constraint", [])}
    place.said["constraint"] = [c for c in before if c["key"] not in known] + said.get("constraint", [])


def _steps(rows: list[Json]) -> Iterator[tuple[list[tuple[str, str]], Json]]:
    """Yield, for each row, the way from the root to its element as (name, slice), and the row."""
    latest: dict[str, str] = {}  # the id in use for each path, for rows without one
    for row in rows:
        path = row["path"]
        around, _, name = path.rpartition(".")
        id_ = row.get("id") or ".".join(filter(None, (latest.get(around, around), _named(name, row))))
        latest[path] = id_
        yield [_step(part) for part in _parts(id_)[1:]], row


def _named(name: str, row: Json) -> str:
    return f"{name}:{row['sliceName']}" if "sliceName" in row else name


def _parts(id_: str) -> list[str]:
    """Split an id at its dots, but not at those inside the name of a slice that has some."""
    parts: list[str] = []
    for part in id_.split("."):
        joined = parts and ":" in parts[-1] and part[:1].isdigit()
        if joined:
            parts[-1] += "." + part
        else:
            parts.append(part)
    return parts


def _step(part: str) -> tuple[str, str]:
    name, _, slice_ = part.partition(":")
    return name.removesuffix("[x]"), slice_
