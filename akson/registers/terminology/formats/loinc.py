"""LOINC as published: Loinc.csv, with its component hierarchy where that is beside it. Source: loinc.org/kb"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from akson.registers.codes import LOINC
from akson.registers.terminology.formats.items import Advance, Begin, Fault, Item, Named, table
from akson.registers.terminology.model import INACTIVE, Json, NewConcept

_PROPERTIES = ("COMPONENT", "PROPERTY", "TIME_ASPCT", "SYSTEM", "SCALE_TYP", "METHOD_TYP", "CLASS", "STATUS",
               "ORDER_OBS", "EXAMPLE_UCUM_UNITS")  # fmt: skip
_HEAD: Json = {
    "resourceType": "CodeSystem", "url": LOINC, "name": "LOINC", "title": "LOINC", "status": "active",
    "content": "complete", "language": "en", "caseSensitive": False, "hierarchyMeaning": "is-a",
    "property": [
        INACTIVE,
        *({"code": name, "type": "string"} for name in _PROPERTIES),
    ],
}  # fmt: skip


def read(path: Path, named: Named, advance: Advance) -> Iterator[Item]:
    """Yield LOINC and its terms. path: Loinc.csv, or the folder of a release."""
    main = path if path.is_file() else next(iter(sorted(path.rglob("Loinc.csv"))))
    told = re.search(r"[Ll]oinc[_-]?(\d+\.\d+)", str(path))
    version = named.version or (told[1] if told else "")
    yield Begin(head=_HEAD | ({"version": version} if version else {}))
    parents: dict[str, list[str]] = {}
    hierarchy = next(iter(sorted(path.rglob("ComponentHierarchyBySystem.csv"))), None) if path.is_dir() else None
    if hierarchy is not None:
        yield from _hierarchy(hierarchy, advance, parents)
    for one in table(main, advance, delimiter=","):
        if isinstance(one, Fault):
            yield one
        else:
            yield _term(main.name, *one, parents)


def _hierarchy(path: Path, advance: Advance, parents: dict[str, list[str]]) -> Iterator[Item]:
    """Yield the parts of the hierarchy, and note what stands below what."""
    for one in table(path, advance, delimiter=","):
        if isinstance(one, Fault):
            yield one
            continue
        _, row = one
        code, above = row.get("CODE", ""), row.get("IMMEDIATE_PARENT", "")
        if code and above:
            parents.setdefault(code, []).append(above)
        if code.startswith("LP"):
            yield NewConcept(code=code, display=row.get("CODE_TEXT", ""), parents=[above] if above else [])


def _term(name: str, line: int, row: Json, parents: dict[str, list[str]]) -> NewConcept | Fault:
    code = row.get("LOINC_NUM", "")
    display = row.get("LONG_COMMON_NAME") or row.get("SHORTNAME") or row.get("COMPONENT", "")
    if not re.fullmatch(r"\d{1,7}-\d", code) or not display:
        return Fault(file=name, line=line, what=f"{code[:20]}: no LOINC number, or no name")
    properties: list[Json] = [{"code": key, "valueString": row[key]} for key in _PROPERTIES if row.get(key)]
    if row.get("STATUS") in ("DEPRECATED", "DISCOURAGED"):
        properties.append({"code": "status", "valueCode": row["STATUS"].lower()})
    if row.get("STATUS") == "DEPRECATED":
        properties.append({"code": "inactive", "valueBoolean": True})
    body: Json = {"property": properties}
    names = [row[key] for key in ("SHORTNAME", "CONSUMER_NAME", "DisplayName") if row.get(key)]
    if names:
        body["designation"] = [{"language": "en", "value": text} for text in names]
    return NewConcept(code=code, display=display, body=body, parents=parents.get(code, ()))
