"""Tells which slice each element is of, and holds it against what is said of that slice.

Source: hl7.org/fhir/R4/profiling.html#slicing
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Final

from akson.fhir.profiles import reading
from akson.fhir.profiles.matching import equals, fits, said_value
from akson.fhir.profiles.reading import Definition
from akson.fhir.profiles.running import Check, Run
from akson.fhir.profiles.spots import Spot

Matches = Callable[[Spot, Run], bool]
Compile = Callable[[Definition], "Check | None"]
_PART: Final = re.compile(
    r"\$this|resolve\(\)|ofType\(([^)]*)\)|extension\('([^']*)'\)|extension\(\"([^\"]*)\"\)|[^.]+"
)
_BY_TYPE: Final = [{"type": "type", "path": "$this"}]


def slicer(defined: Definition, compile: Compile) -> Callable[[Spot, list[Spot], Run], None]:
    """Return the check of the slices of an element; it is given what holds the elements, and them."""
    slicing = defined.said.get("slicing") or {}
    discriminators = slicing.get("discriminator") or (_BY_TYPE if _are_types(defined) else [])
    rules, ordered = slicing.get("rules", "open"), slicing.get("ordered", False)
    slices = [(s, _matcher(s, discriminators, compile), compile(s)) for s in defined.slices.values()]

    def check(around: Spot, found: list[Spot], run: Run) -> None:
        places = [[n for n, (_, matches, _) in enumerate(slices) if matches(spot, run)] for spot in found]
        for number, (one, _, each) in enumerate(slices):
            of = [spot for spot, place in zip(found, places, strict=True) if number in place]
            _count(one, around, of, run)
            if each:
                for spot in of:
                    each(spot, run)
        _rules(defined, found, places, rules, run)
        firsts = [place[0] for place in places if place]
        if ordered and firsts != sorted(firsts):
            run.say("error", "structure", f"{around.at}.{defined.name}", f"{defined.path}: the slices are out of order")

    return check


def _are_types(defined: Definition) -> bool:
    """Tell whether the slices are named after types, as "valueQuantity": then nothing more need be said."""
    return all(name.startswith(defined.name) and name[len(defined.name) :][:1].isupper() for name in defined.slices)


def _count(one: Definition, around: Spot, found: list[Spot], run: Run) -> None:
    least, most = one.said.get("min", 0), one.said.get("max", "*")
    at = f"{around.at}.{one.name}"
    if len(found) < least:
        run.say("error", "required", at, f"{one.path}: {least} at least, {len(found)} found")
    if most != "*" and len(found) > int(most):
        run.say("error", "structure", at, f"{one.path}: {most} at most, {len(found)} found")


def _rules(defined: Definition, found: list[Spot], places: list[list[int]], rules: str, run: Run) -> None:
    """Check the elements that are of no slice."""
    last = max((n for n, place in enumerate(places) if place), default=-1)
    for number, (spot, place) in enumerate(zip(found, places, strict=True)):
        if place or rules == "open":
            continue
        if rules == "closed":
            run.say(
                "error", "structure", spot.at, f"{defined.path}: is of none of the slices, and others are not allowed"
            )
        elif number < last:
            run.say("error", "structure", spot.at, f"{defined.path}: others are allowed only after the slices")


def _matcher(one: Definition, discriminators: list[dict[str, Any]], compile: Compile) -> Matches:
    tests = [_test(one, d["type"], d.get("path", "$this"), compile) for d in discriminators]
    if not tests:
        whole = compile(one)
        return lambda spot, run: whole is None or run.accepts(whole, spot)
    return lambda spot, run: all(test(spot, run) for test in tests)


def _test(one: Definition, sort: str, path: str, compile: Compile) -> Matches:
    parts = [m[0] for m in _PART.finditer(path) if m[0] != "$this"]
    if sort == "exists":
        return _exists(one, parts)
    if sort == "type":
        return _of_type(one, parts)
    if sort == "profile":
        return _of_profile(one, parts)
    return _of_value(one, parts, compile)


def _exists(one: Definition, parts: list[str]) -> Matches:
    target = _defined(one, parts)
    wanted = target is None or target.said.get("max") != "0"
    return lambda spot, run: bool(_values(spot, parts, run)) is wanted


def _of_type(one: Definition, parts: list[str]) -> Matches:
    target = _defined(one, parts)
    said = target.said.get("type", ()) if target else ()
    codes = {t.get("code") for t in said}
    if parts[-1:] == ["resolve()"] or codes == {"Reference"}:
        codes |= {url.rpartition("/")[2] for t in said for url in t.get("targetProfile", ())}
    if not codes:
        name = one.slice.removeprefix(one.name)
        codes = {name, name[:1].lower() + name[1:]}
    return lambda spot, run: any(s.node.type in codes for s in _values(spot, parts, run))


def _of_profile(one: Definition, parts: list[str]) -> Matches:
    target = _defined(one, parts)
    said = target.said.get("type", ()) if target else ()
    urls = [u for t in said for u in (*t.get("profile", ()), *(t.get("targetProfile", ()) if parts else ()))]

    def matches(spot: Spot, run: Run) -> bool:
        known = [profile for url in urls if (profile := run.profile(url))]
        kinds = {url.rpartition("/")[2] for url in urls}
        values = _values(spot, parts, run)
        return any(
            s.node.type in kinds
            or any(p.type == s.node.type and run.inside(s, contained=False).accepts(p.check, s) for p in known)
            for s in values
        )

    return matches


def _of_value(one: Definition, parts: list[str], compile: Compile) -> Matches:
    """Return whether the value at the path is as the slice has it: fixed, pattern, binding, or an extension's url."""
    target = _defined(one, parts)
    whole = compile(target) if target and target is not one else None
    wanted = list(_inherited(one, parts))
    urls = (
        {u.partition("|")[0] for t in one.said.get("type", ()) for u in t.get("profile", ())}
        if parts == ["url"]
        else set()
    )
    by_whole = compile(one) if target is one else None

    def matches(spot: Spot, run: Run) -> bool:
        values = _values(spot, parts, run)
        if urls and not wanted and whole is None:
            return any(s.value in urls for s in values)
        if not wanted and whole is None and by_whole is None:
            profiled = _through_profiles(one, spot, run)
            return bool(values) if profiled is None else profiled
        return any(
            all(compare(s.value, value) for value, compare in wanted)
            and (whole is None or run.accepts(whole, s))
            and (by_whole is None or run.accepts(by_whole, s))
            for s in values
        )

    return matches


def _through_profiles(one: Definition, spot: Spot, run: Run) -> bool | None:
    """Tell whether the element conforms to the profile of the slice's type, which says what the slice does not."""
    urls = [u for t in one.said.get("type", ()) for u in reading.profiles(t)]
    known = [profile for url in urls if (profile := run.profile(url))]
    return any(run.accepts(profile.check, spot) for profile in known) if known else None


def _inherited(one: Definition, parts: list[str]) -> Iterator[tuple[Any, Callable[[Any, Any], bool]]]:
    """Yield what the fixed value or pattern of an element above says of the one at the path."""
    place: Definition | None = one
    for number in range(len(parts)):
        for beginning, compare in (("fixed", equals), ("pattern", fits)):
            value = said_value(place.said, beginning) if place else None
            for part in parts[number:]:
                value = value[0] if isinstance(value, list) and value else value
                value = value.get(part) if isinstance(value, dict) else None
            if value is not None:
                yield value, compare
        place = _defined(one, parts[: number + 1])


def _defined(one: Definition, parts: list[str]) -> Definition | None:
    """Return what the slice says of the element at the path."""
    place: Definition | None = one
    for part in parts:
        if place is None or part == "resolve()" or part.startswith("ofType("):
            continue
        if part.startswith("extension("):
            url = _extension(part)
            named = place.children.get("extension")
            place = next((s for s in named.slices.values() if _has_url(s, url)), None) if named else None
        else:
            place = place.children.get(part) or _of_choice(place, part) or _of_slices(place, part)
    return place


def _of_choice(place: Definition, name: str) -> Definition | None:
    """Return what is said of a choice under the name of one of its types, as "contentString"."""
    return next((d for n, d in place.children.items() if n.startswith(name) and n[len(name) :][:1].isupper()), None)


def _of_slices(place: Definition, name: str) -> Definition | None:
    """Return what a slice of the element says, as that of BP's codings which has to be there says which code it is."""
    return next((s.children[name] for s in place.slices.values() if name in s.children), None)


def _has_url(one: Definition, url: str) -> bool:
    fixed = said_value(one.children["url"].said, "fixed") if "url" in one.children else None
    return fixed == url or any(url == u for t in one.said.get("type", ()) for u in t.get("profile", ()))


def _values(spot: Spot, parts: list[str], run: Run) -> list[Spot]:
    """Return the elements at the path, as the instance has them."""
    found = [spot]
    for part in parts:
        if part == "resolve()":
            found = [led for s in found if (led := _led(s, run))]
        elif part.startswith("ofType("):
            found = [s for s in found if s.node.type == part[7:-1]]
        elif part.startswith("extension("):
            found = [e for s in found for e in s.held("extension") if e.value.get("url") == _extension(part)]
        else:
            found = [inner for s in found for inner in s.held(part)]
    return found


def _extension(part: str) -> str:
    """Return the address in `extension('address')`."""
    return part.removeprefix("extension(")[1:-2]


def _led(spot: Spot, run: Run) -> Spot | None:
    literal = spot.value.get("reference") if isinstance(spot.value, dict) else spot.value
    return run.resolve(literal, run.resource) if isinstance(literal, str) else None
