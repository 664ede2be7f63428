"""Finds the concept that a coding means, and whether a value set has it.

Versions: the value set's include, the coding and the request may each name one; what differs is said.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from akson.registers.terminology import versions
from akson.registers.terminology.composing import Composed, Part
from akson.registers.terminology.expanding import not_allowed, unknown_text
from akson.registers.terminology.finding import Finder
from akson.registers.terminology.model import Concept, Issue, Json, System
from akson.registers.terminology.statements import Statement
from akson.registers.terminology.verdicts import Verdict
from akson.registers.terminology.wanting import concept_of

Place = Callable[[int, str], str]


@dataclass(frozen=True, kw_only=True)
class Matched:
    """One coding, looked up.

    system      the code system it was looked for in; None when it is not here
    inside      in the value set
    unknowable  nothing can be said, because a code system that is needed is not here
    """

    n: int
    coding: Json
    system: System | None = None
    concept: Concept | None = None
    inside: bool = False
    unknowable: bool = False
    part: Part | None = None


async def probe(finder: Finder, composed: Composed, systems: Sequence[System], code: str) -> list[tuple[Concept, bool]]:
    """Return the concepts with this code in these code systems, and whether the value set has each."""
    by_id = {system.id: system for system in systems}
    if not by_id:
        return []
    to = Statement()
    inside = composed.condition(to)
    keys = sorted({system.key(code) for system in systems})
    text = to.statement("probe", inside=inside, systems=list(by_id), keys=keys)
    rows = await finder.reader.fetch(text, *to.values)
    return [
        (concept_of(by_id[row["system"]], row), row["inside"])
        for row in rows
        if row["key"] == by_id[row["system"]].key(code)
    ]


async def match(finder: Finder, composed: Composed, place: Place, n: int, coding: Json, verdict: Verdict) -> Matched:
    """Look one coding up, and say what is wrong with its system and version."""
    url, version = coding.get("system", ""), coding.get("version", "")
    parts = [part for part in composed.every_part() if part.url == url]
    if not url:
        return Matched(n=n, coding=coding)
    known = await finder.versions(url)
    if not known:
        return _without_system(n, coding, parts, place, verdict)
    own = await finder.system(url, finder.wishes.force.get(url) or version or _usual(finder, url))
    used = [part for part in parts if part.system is not None]
    missing = next((part for part in parts if part.system is None), None)
    if missing is not None and not used:
        text = unknown_text(url, missing.wanted, known, "code cannot be validated")
        verdict.say(Issue(severity="error", code="not-found", kind="not-found", text=text, path=place(n, "system")))
        verdict.caused.append(f"{url}|{missing.wanted}")
        _say_mismatch(missing, missing.wanted, coding, place, n, verdict, known)
        return Matched(n=n, coding=coding, unknowable=True)
    systems = {part.system.id: part.system for part in used if part.system is not None}
    if own is not None:
        systems.setdefault(own.id, own)
    rows = await probe(finder, composed, list(systems.values()), str(coding.get("code", "")))
    mismatch = _mismatch(used, coding)
    if mismatch is not None:
        _say_mismatch(mismatch, _told(mismatch), coding, place, n, verdict, known)
    for system in dict.fromkeys(part.system for part in used if part.system is not None):
        if fault := not_allowed(finder, system):
            verdict.say(Issue(severity="error", code="exception", kind="version-error", text=fault,
                              path=place(n, "version")))  # fmt: skip
    return _chosen(n, coding, rows, own, used, version, mismatched=mismatch is not None)


def _usual(finder: Finder, url: str) -> str:
    return finder.wishes.default.get(url, "") or finder.wishes.check.get(url, "")


def _without_system(n: int, coding: Json, parts: Sequence[Part], place: Place, verdict: Verdict) -> Matched:
    """Tell of a code system that is not here in any version."""
    url, version = coding["system"], coding.get("version", "")
    text = unknown_text(url, version, [], "code cannot be validated")
    verdict.say(Issue(severity="error", code="not-found", kind="not-found", text=text, path=place(n, "system")))
    (verdict.caused if parts else verdict.unknown).append(url)
    return Matched(n=n, coding=coding, unknowable=bool(parts))


def _mismatch(used: Sequence[Part], coding: Json) -> Part | None:
    """Return the include whose version differs from the coding's, when none has the coding's."""
    version = coding.get("version", "")
    includes = [part for part in used if part.system is not None]
    if not version or not includes:
        return None
    if any(versions.fits(part.system.version, version) for part in includes if part.system):
        return None
    return includes[0]


def _told(part: Part) -> str:
    """Return how the version of an include is told: as it was wanted, where that is not what is written."""
    own = part.system.version if part.system else ""
    return part.wanted if part.wanted != part.written else own


def _say_mismatch(
    part: Part, chosen: str, coding: Json, place: Place, n: int, verdict: Verdict, known: Sequence[str]
) -> None:
    """Tell that the include has one version and the coding another."""
    url, version = part.url, coding.get("version", "")
    if not version or versions.fits(version, chosen):
        return
    via = "" if part.written == part.wanted else f" resulting from the version '{part.written}'"
    loose = not part.wanted
    via = " for the versionless include" if loose else via
    text = (
        f"The code system '{url}' version '{chosen}'{via} in the ValueSet include is different to the one in the value "
        f"('{version}')"
    )
    verdict.say(Issue(severity="warning" if loose else "error", code="invalid", kind="vs-invalid", text=text,
                      path=place(n, "version")), silent=loose)  # fmt: skip
    if versions.newest(known, version) is None:
        text = unknown_text(url, version, known, "code cannot be validated")
        verdict.say(Issue(severity="error", code="not-found", kind="not-found", text=text, path=place(n, "system")))
        verdict.caused.append(f"{url}|{version}")


def _chosen(
    n: int, coding: Json, rows: Sequence[tuple[Concept, bool]], own: System | None, used: Sequence[Part], version: str,
    *, mismatched: bool,
) -> Matched:  # fmt: skip
    """Return the concept that is meant: inside the value set before outside, newer before older."""
    fitting = [(c, inside) for c, inside in rows if mismatched or versions.fits(c.system.version, version)]
    newest = versions.newest([c.system.version for c, inside in fitting if inside]) or versions.newest(
        [c.system.version for c, _ in fitting]
    )
    best = max((one for one in fitting), key=lambda one: (one[1], one[0].system.version == newest), default=None)
    part = None
    system = own
    if best is not None:
        system = best[0].system
        part = next((p for p in used if p.system is not None and p.system.id == system.id), None)
    elif used and own is None:
        system = used[0].system
    return Matched(
        n=n, coding=coding, system=system, concept=best[0] if best else None, inside=bool(best and best[1]), part=part
    )
