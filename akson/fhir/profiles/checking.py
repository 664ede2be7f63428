"""Holds a resource, and all in it, against the profiles it claims and its extensions against their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from akson.fhir.fhirpath import FhirPathError, Node, Terminology, compile
from akson.fhir.fhirpath.model import is_a
from akson.fhir.issues import Issue
from akson.fhir.profiles import answers
from akson.fhir.profiles.compiling import is_base
from akson.fhir.profiles.library import Library
from akson.fhir.profiles.running import Run
from akson.fhir.profiles.spots import Spot, outermost

Json = dict[str, Any]
_ANYWHERE = frozenset({"Element", "Resource"})


def faults(
    resource: Json,
    library: Library,
    profiles: Sequence[str] = (),
    terms: Terminology | None = None,
    more: Callable[[Json], Sequence[str]] = lambda _: (),
) -> list[Issue]:
    """Return what a structurally valid resource does not keep of the profiles it claims, and of `profiles`.

    Profiles that are not known are told as warnings, once each.

    terms  who is asked about codes; None: the library alone
    more   which profiles a resource is held against for what it says, beside those it claims
    """
    root = outermost(resource)
    run = Run(
        profile=library.profile, terms=terms or library.terms, resolve=_resolver(root), resource=root, root=root,
    )  # fmt: skip
    for spot, contained in [(root, False), *_inside(root)]:
        inner = run.inside(spot, contained=contained) if spot is not root else run
        asked = [*_claimed(spot), *library.everywhere(spot.node.type), *more(spot.value)]
        for url in dict.fromkeys([*asked, *(profiles if spot is root else ())]):
            _conform(spot, url, library, inner)
        if spot.node.type == "QuestionnaireResponse":
            _answered(spot, library, inner)
    if library.has_extensions:
        for holder, place, extension in _extensions(root):
            _extension(holder, place, extension, library, run)
    return list(dict.fromkeys(run.issues))


def _answered(spot: Spot, library: Library, run: Run) -> None:
    """Hold a response against its questionnaire, contained or known."""
    url = spot.value.get("questionnaire")
    if not isinstance(url, str):
        return
    inside = run.resolve(url, spot) if url.startswith("#") else None
    questionnaire = inside.value if inside else library.questionnaire(url)
    if questionnaire is None:
        run.say("warning", "not-found", f"{spot.at}.questionnaire", f"the questionnaire {url} is not known here")
    else:
        answers.faults(spot, questionnaire, run)


def _claimed(spot: Spot) -> list[str]:
    claimed = (spot.value.get("meta") or {}).get("profile") or ()
    return [url for url in claimed if isinstance(url, str)]


def _conform(spot: Spot, url: str, library: Library, run: Run) -> None:
    profile = library.profile(url)
    if profile is None:
        if not is_base(url):
            run.say("warning", "not-found", f"{spot.at}.meta.profile", f"the profile {url} is not known here")
    elif not is_a(spot.node.type, profile.type):
        run.say("error", "invalid", spot.at, f"{url} is a profile of {profile.type}, not of {spot.node.type}")
    else:
        profile.check(spot, run)


def _inside(around: Spot) -> Iterator[tuple[Spot, bool]]:
    """Yield the resources in a resource, and whether they are contained."""
    for spot in around.held("contained"):
        yield spot, True
    for name in ("entry", "parameter", "part"):
        for part in around.held(name) if around.node.type in {"Bundle", "Parameters", "Parameters.parameter"} else ():
            yield from _inside_part(part)


def _inside_part(part: Spot) -> Iterator[tuple[Spot, bool]]:
    for spot in part.held("resource"):
        yield spot, False
        yield from _inside(spot)
    yield from _inside(part)


def _resolver(root: Spot) -> Any:
    """Return what follows references to what is contained, or in the same Bundle."""
    entries: dict[str, Spot] = {}
    for entry in root.held("entry") if root.node.type == "Bundle" else ():
        for spot in entry.held("resource"):
            full = entry.value.get("fullUrl")
            for name in (full, f"{spot.node.type}/{spot.value.get('id')}"):
                if isinstance(name, str):
                    entries.setdefault(name, spot)

    def resolve(literal: str, resource: Spot) -> Spot | None:
        if literal.startswith("#"):
            inside = resource.held("contained") or root.held("contained")
            return next((s for s in inside if s.value.get("id") == literal[1:]), None)
        return entries.get(literal)

    return resolve


def _extensions(holder: Spot, place: str = "") -> Iterator[tuple[Spot, str, Spot]]:
    """Yield each extension with the element that holds it and what that is called: "Address.district"."""
    inside = holder.value if isinstance(holder.value, dict) else holder.node.extra
    if not isinstance(inside, dict):
        return
    for name in dict.fromkeys(n.removeprefix("_") for n in inside if n != "resourceType"):
        for spot in holder.held(name):
            if spot.node.type == "Extension":
                yield holder, place, spot
            yield from _extensions(spot, f"{holder.node.type}.{name}")


def _extension(holder: Spot, place: str, extension: Spot, library: Library, run: Run) -> None:
    """Hold an extension against its own definition, if that is known, and against where it may stand."""
    profile = library.profile(str(extension.value.get("url")))
    if profile is None or profile.type != "Extension":
        return
    profile.check(extension, run)
    if profile.contexts and not any(_allows(c, holder, place, run) for c in profile.contexts):
        allowed = ", ".join(sorted({expression for _, expression in profile.contexts}))
        run.say("error", "extension", extension.at, f"the extension {profile.url} belongs on {allowed}")


def _allows(context: tuple[str, str], holder: Spot, place: str, run: Run) -> bool:
    sort, expression = context
    if sort == "fhirpath":
        return _leads_to(expression, holder, run)
    if sort == "extension":
        return holder.node.type == "Extension" and holder.value.get("url") == expression
    without_numbers = ".".join(part.partition("[")[0] for part in holder.at.split("."))
    places = {place, place + "[x]", without_numbers, without_numbers + "[x]"}
    return expression in _ANYWHERE or expression in places or is_a(holder.node.type, expression)


def _leads_to(expression: str, holder: Spot, run: Run) -> bool:
    """Tell whether the expression, asked of the resource, finds the element; one that cannot be read allows all."""
    try:
        found = compile(expression, lenient=True).items(run.root.node)
    except FhirPathError:
        return True
    held = holder.value if isinstance(holder.value, dict) else holder.node.extra
    nodes = (item for item in found if item.__class__ is Node)
    return any(held is (node.value if isinstance(node.value, dict) else node.extra) for node in nodes)
