"""Turns the tree of a profile into functions, each for one thing that the profile says and R4 does not.

Source: hl7.org/fhir/R4/profiling.html, hl7.org/fhir/R4/elementdefinition.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from akson.fhir import pointing
from akson.fhir.definitions import CORE, elements, facts
from akson.fhir.fhirpath import Compiled, FhirPathError, compile
from akson.fhir.profiles import languages, reading, slicing
from akson.fhir.profiles.matching import equals, fits, said_value
from akson.fhir.profiles.reading import Definition
from akson.fhir.profiles.running import DEEPEST, Check, Run
from akson.fhir.profiles.spots import Spot
from akson.fhir.types import is_type

_OF_R5: Final = "http://hl7.org/fhir/5.0/StructureDefinition/extension-ElementDefinition"
_MUST_HAVE_VALUE: Final = f"{_OF_R5}.mustHaveValue"
_ALTERNATIVES: Final = f"{_OF_R5}.valueAlternatives"
_ANY: Final = frozenset({"Resource", "DomainResource", "Element"})
_EVERYWHERE: Final = ("ele-", "ext-", "dom-")  # keys of invariants that R4 itself sets on everything


def element(defined: Definition, *, root: bool = False) -> Check | None:
    """Return the check of one element, with all that lies in it; None when the profile asks nothing of it."""
    checks = list(_own(defined, root=root))
    checks += [check for child in defined.children.values() if (check := member(child))]
    return _all(checks)


def member(defined: Definition) -> Check | None:
    """Return the check of all elements of one name inside another; it is given the one that holds them."""
    each = element(defined)
    sliced = slicing.slicer(defined, element) if defined.slices else None
    counted = _cardinality(defined)
    if not (each or sliced or counted):
        return None
    name = defined.name

    def check(around: Spot, run: Run) -> None:
        found = around.held(name)
        if counted:
            counted(around, found, run)
        if each:
            for spot in found:
                each(spot, run)
        if sliced:
            sliced(around, found, run)

    return check


def _all(checks: list[Check]) -> Check | None:
    if len(checks) <= 1:
        return checks[0] if checks else None

    def check(spot: Spot, run: Run) -> None:
        for one in checks:
            one(spot, run)

    return check


def _cardinality(defined: Definition) -> Callable[[Spot, list[Spot], Run], None] | None:
    """Return the check of how many there are; what R4 itself asks is left to the check of structure."""
    said, name = defined.said, defined.name
    base = said.get("base") or {}
    least = said.get("min", 0) if said.get("min") != base.get("min") else 0
    most = said.get("max", "*") if said.get("max") != base.get("max") else "*"
    if not least and most == "*":
        return None

    def check(around: Spot, found: list[Spot], run: Run) -> None:
        required, many = _in_r4(around.node.type, name)
        if len(found) < least and not (required and not found):
            run.say("error", "required", f"{around.at}.{name}", f"{defined.path}: {least} at least, {len(found)} found")
        if most != "*" and len(found) > int(most) and (many or most == "0"):
            run.say("error", "structure", f"{around.at}.{name}", f"{defined.path}: {most} at most, {len(found)} found")

    return check


def _in_r4(kind: str, name: str) -> tuple[bool, bool]:
    """Return whether R4 requires the element, and allows many."""
    return next(((e.required, e.many) for e in elements(kind) if e.name == name), (False, True))


def _own(defined: Definition, *, root: bool) -> Iterator[Check]:
    """Yield the checks of the element itself."""
    said = defined.said
    if not root and said.get("type"):
        yield from _types(defined, said["type"])
    if (fixed := said_value(said, "fixed")) is not None:
        yield _value(defined, fixed, equals, "must be exactly")
    if (pattern := said_value(said, "pattern")) is not None:
        yield _value(defined, pattern, fits, "must hold")
    if (said.get("binding") or {}).get("strength") in {"required", "extensible"} and "valueSet" in said["binding"]:
        yield _binding(said["binding"]["strength"], said["binding"]["valueSet"])
    if "maxLength" in said:
        yield _length(said["maxLength"])
    for bound, beyond in (("minValue", -1), ("maxValue", 1)):
        if (limit := said_value(said, bound)) is not None:
            yield _limit(limit, beyond)
    yield from _by_extension(defined)
    for constraint in said.get("constraint", ()):
        if _is_new(constraint):
            yield _invariant(constraint)


def _value(defined: Definition, wanted: Any, compare: Callable[[Any, Any], bool], told: str) -> Check:
    def check(spot: Spot, run: Run) -> None:
        if not compare(spot.value, wanted):
            run.say("error", "value", spot.at, f"{defined.path}: {told} {_short(wanted)}")

    return check


def _by_extension(defined: Definition) -> Iterator[Check]:
    """Yield the checks of what is asked by extensions: languages, and what R5 has added to ElementDefinition."""
    if language := languages.wanted(defined.said):
        yield language
    for row in defined.said.get("extension", ()):
        if row.get("url") == _MUST_HAVE_VALUE and row.get("valueBoolean"):
            yield _valued(defined, ())
        elif row.get("url") == _ALTERNATIVES:
            yield _valued(defined, _urls(row))


def _urls(alternatives: dict[str, Any]) -> tuple[str, ...]:
    own = [alternatives.get("valueCanonical"), *(e.get("valueCanonical") for e in alternatives.get("extension", ()))]
    return tuple(url for url in own if url)


def _valued(defined: Definition, alternatives: tuple[str, ...]) -> Check:
    """Return the check that a primitive has a value, or an extension that may stand in its place."""

    def check(spot: Spot, run: Run) -> None:
        instead = {e.value.get("url") for e in spot.held("extension")}
        if spot.value is None and instead.isdisjoint(alternatives):
            run.say("error", "required", spot.at, f"{defined.path}: a value is required here")

    return check


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 200 else text[:197] + "..."


def _types(defined: Definition, types: list[dict[str, Any]]) -> Iterator[Check]:
    codes = {t["code"] for t in types if "code" in t and "/" not in t["code"]}
    if codes and len(codes) == len({t.get("code") for t in types}) and not codes & _ANY:
        yield _type(defined, codes)
    for t in types:
        profiles = [p for p in reading.profiles(t) if not is_base(p)]
        if profiles:
            yield _profiled(t["code"], profiles)
        targets = t.get("targetProfile", ())
        if t.get("code") == "Reference" and targets and not any(p == CORE + "Resource" for p in targets):
            yield _pointed(targets)


def _type(defined: Definition, codes: set[str]) -> Check:
    def check(spot: Spot, run: Run) -> None:
        kind = spot.node.type
        if kind not in codes and "." not in kind:
            run.say(
                "error", "structure", spot.at, f"{defined.path}: {', '.join(sorted(codes))} is expected, not {kind}"
            )

    return check


def is_base(url: str) -> bool:
    """Tell whether the address is that of a type of R4 itself."""
    name = url.partition("|")[0].removeprefix(CORE)
    return name != url and (
        name in facts()["elements"] or is_type(name) or name in {"Resource", "Element", "SimpleQuantity"}
    )


def _profiled(kind: str, urls: list[str]) -> Check:
    """Return the check that an element of this type conforms to one of the profiles, as far as they are known."""

    def check(spot: Spot, run: Run) -> None:
        known = [profile for url in urls if (profile := run.profile(url))]
        if len(known) < len(urls) or run.depth > DEEPEST or not _is_of(spot.node.type, kind):
            return
        if len(known) == 1:
            known[0].check(spot, run)
        elif not any(run.accepts(profile.check, spot) for profile in known):
            run.say("error", "structure", spot.at, f"does not conform to any of {', '.join(urls)}")

    return check


def _is_of(found: str, kind: str) -> bool:
    return kind in {found, "Resource"} or (kind in {"BackboneElement", "Element"} and "." in found)


def _pointed(targets: list[str]) -> Check:
    """Return the check that a reference leads to a type that is asked for, and so does what it leads to."""

    def check(spot: Spot, run: Run) -> None:
        literal = spot.value.get("reference") if isinstance(spot.value, dict) else None
        if spot.node.type != "Reference" or not isinstance(literal, str):
            return
        known = [(url, run.profile(url)) for url in targets]
        kinds = {
            profile.type if profile else url.removeprefix(CORE) for url, profile in known if profile or is_base(url)
        }
        found = run.resolve(literal, run.resource)
        kind = found.node.type if found else pointing.kind_of(literal)
        if kind and len(kinds) == len({url for url, _ in known}) and kind not in kinds:
            run.say(
                "error", "structure", f"{spot.at}.reference", f"{' or '.join(sorted(kinds))} is expected, not {kind}"
            )
        elif found and all(profile for _, profile in known) and run.depth < DEEPEST:
            inner = run.inside(found, contained=literal.startswith("#"))
            if not any(
                profile and profile.type == kind and inner.accepts(profile.check, found) for _, profile in known
            ):
                run.say("error", "structure", spot.at, f"what it leads to does not conform to {' or '.join(targets)}")

    return check


def _binding(strength: str, value_set: str) -> Check:
    def check(spot: Spot, run: Run) -> None:
        kind = spot.node.type
        if kind not in {"code", "Coding", "CodeableConcept", "Quantity", "uri", "string"} or spot.value is None:
            return
        member_of = run.terms.member_of(spot.value, kind, value_set)
        if member_of is None:
            run.say("information", "not-found", spot.at, f"the value set {value_set} is not known here")
        elif not member_of and (strength == "required" or (isinstance(spot.value, str) or spot.value.get("coding"))):
            severity = "error" if strength == "required" else "warning"
            run.say(severity, "code-invalid", spot.at, f"no code of the {strength} value set {value_set}")

    return check


def _length(most: int) -> Check:
    def check(spot: Spot, run: Run) -> None:
        if isinstance(spot.value, str) and len(spot.value) > most:
            run.say("error", "too-long", spot.at, f"longer than {most}")

    return check


def _limit(limit: Any, beyond: int) -> Check:
    word = "less" if beyond < 0 else "more"
    if isinstance(limit, dict):
        limit = limit.get("value")

    def check(spot: Spot, run: Run) -> None:
        value = spot.value.get("value") if isinstance(spot.value, dict) else spot.value
        comparable = isinstance(value, str) is isinstance(limit, str) and value is not None and limit is not None
        if comparable and not isinstance(value, dict | list | bool) and ((value > limit) - (value < limit)) == beyond:
            run.say("error", "value", spot.at, f"must not be {word} than {limit}")

    return check


def _is_new(constraint: dict[str, Any]) -> bool:
    """Tell whether an invariant is the profile's own, and not repeated from R4."""
    source = constraint.get("source", "")
    return (
        "expression" in constraint
        and not constraint["key"].startswith(_EVERYWHERE)
        and not (source and is_base(source))
    )


def _invariant(constraint: dict[str, Any]) -> Check:
    key, severity = constraint["key"], constraint.get("severity", "error")
    told = constraint.get("human") or constraint["expression"]
    compiled: list[Compiled | FhirPathError] = []

    def check(spot: Spot, run: Run) -> None:
        if not compiled:
            compiled.append(_compiled(constraint["expression"]))
        expression = compiled[0]
        try:
            if isinstance(expression, FhirPathError):
                raise expression
            holds = _truth(expression, spot, run)
        except FhirPathError as error:
            run.say("warning", "processing", spot.at, f"{key} cannot be decided: {error}")
            return
        if holds is not True:
            run.say(severity, "invariant", spot.at, f"{key}: {told}")

    return check


def _compiled(expression: str) -> Compiled | FhirPathError:
    try:
        return compile(expression, lenient=True)
    except FhirPathError as error:
        return error


def _truth(expression: Compiled, spot: Spot, run: Run) -> bool | None:
    def followed(literal: str) -> Any:
        found = run.resolve(literal, run.resource)
        return found.value if found else None

    def conforms(value: Any, url: str) -> bool | None:
        profile = run.profile(url)
        inner = Spot(type(spot.node)(value, profile.type), spot.at) if profile else None
        return run.accepts(profile.check, inner) if profile and inner else None

    resource, root = run.resource.node, run.root.node
    return expression.truth(
        spot.node, resource=resource, root=root, terminology=run.terms, resolve=followed, conforms=conforms
    )
