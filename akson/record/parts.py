"""What belongs to an entry and would tell what it says: files, results it is made of, samples they are of. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

Resource = Mapping[str, Any]
# Types that have such parts; media: what a report shows; the others are references, one or several.
NAMING: Final = frozenset({"DiagnosticReport", "Observation", "DocumentReference", "Media"})
_REFERENCES: Final = ("result", "hasMember", "imagingStudy", "specimen")
_FILES: Final = {"DocumentReference": "content", "DiagnosticReport": "presentedForm", "Media": "content"}


def files_of(resource: Resource) -> list[str]:
    """Return the "Binary/id" that an entry keeps its content in."""
    found = (one.get("attachment") or one for one in _several(resource, _FILES.get(resource["resourceType"], "")))
    urls = (str(one.get("url", "")) for one in found)
    return [url for url in urls if url.startswith("Binary/")]


def parts_of(resource: Resource) -> list[str]:
    """Return all that belongs to an entry, as "Type/id"; of what is named in another way nothing."""
    if resource["resourceType"] not in NAMING:
        return []
    return [*files_of(resource), *(str(one.get("reference", "")) for one in _named(resource))]


def _named(resource: Resource) -> Iterator[Resource]:
    for name in _REFERENCES:
        yield from _several(resource, name)
    yield from (one.get("link") or {} for one in _several(resource, "media"))


def _several(resource: Resource, name: str) -> list[Resource]:
    found = resource.get(name) or []
    return found if isinstance(found, list) else [found]
