"""SNOMED CT as published: RF2, snapshot or full; concepts, descriptions, inferred relationships, languages, refsets.

Source: confluence.ihtsdotools.org, SNOMED CT Release File Specifications; hl7.org/fhir/R4/snomedct.html
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from akson.base.queries import queries
from akson.registers.codes import SNOMED
from akson.registers.terminology.filters import MEMBER
from akson.registers.terminology.formats.items import Advance, Begin, Fault, Item, Named, table
from akson.registers.terminology.model import INACTIVE, PREFERRED, Json, NewConcept

SQL = queries(__file__, "snomed.sql")
IS_A: Final = "116680003"
_FULLY: Final = "900000000000003001"  # fully specified name
_DEFINED: Final = "900000000000073002"
_STATED: Final = "900000000000010007"
_MODULES: Final = {"INT": "900000000000207008", "NO1000202": "51000202101"}
_FILE = re.compile(r"(?:x?sct2|x?der2)_.*_(\w+?)_(\d{8})\.txt$")
_BATCH = 20_000
Row = dict[str, str]
Kind = tuple[re.Pattern[str], str, Callable[[Row], tuple[Any, ...] | None]]


def _own(row: Row) -> tuple[Any, ...]:
    return int(row["id"]), row["effectiveTime"], int(row["active"])


def _relationship(row: Row) -> tuple[Any, ...] | None:
    if row["characteristicTypeId"] == _STATED:
        return None
    return (*_own(row), int(row["sourceId"]), int(row["destinationId"]), row["typeId"])


def _refset(row: Row) -> tuple[Any, ...]:
    return row["id"], row["effectiveTime"], int(row["active"]), row["refsetId"], int(row["referencedComponentId"])


_KINDS: Final[tuple[Kind, ...]] = (
    (re.compile(r"sct2_Concept_"), "put_concept", lambda r: (*_own(r), r["moduleId"], r["definitionStatusId"])),
    (re.compile(r"sct2_Description_"), "put_description",
     lambda r: (*_own(r), int(r["conceptId"]), r["languageCode"], r["typeId"], r["term"])),
    (re.compile(r"sct2_Relationship_"), "put_relationship", _relationship),
    (re.compile(r"der2_cRefset_Language"), "put_preferred", lambda r: (*_refset(r), r["acceptabilityId"])),
    (re.compile(r"der2_Refset_"), "put_member", _refset),
)  # fmt: skip


def is_release(folder: Path) -> bool:
    """Tell whether a folder holds an RF2 release."""
    return next(folder.rglob("*sct2_Concept_*.txt"), None) is not None


def read(folder: Path, named: Named, advance: Advance) -> Iterator[Item]:
    """Yield SNOMED CT and its concepts. folder: of the release; a snapshot is taken before a full one."""
    files = _files(folder)
    with TemporaryDirectory(prefix="akson-snomed-") as place:
        kept = sqlite3.connect(Path(place) / "rows")
        try:
            kept.executescript(SQL.tables)
            for kind, query, values in _KINDS:
                for file in (one for one in files if kind.search(one.name)):
                    yield from _put(kept, file, advance, getattr(SQL, query), values)
            kept.executescript(SQL.sorted)
            yield Begin(head=_head(files, named))
            yield from _concepts(kept)
        finally:
            kept.close()


def _files(folder: Path) -> list[Path]:
    every = sorted(folder.rglob("*.txt"))
    for kind in ("Snapshot", "Full"):
        found = [file for file in every if kind in file.name]
        if any("sct2_Concept_" in file.name for file in found):
            return found
    return every


def _put(
    kept: sqlite3.Connection, file: Path, advance: Advance, query: str, values: Callable[[Row], tuple[Any, ...] | None]
) -> Iterator[Fault]:
    rows: list[tuple[Any, ...]] = []
    for one in table(file, advance, delimiter="\t", quoted=False):
        if isinstance(one, Fault):
            yield one
            continue
        line, row = one
        try:
            made = values(row)
        except (KeyError, ValueError) as error:
            yield Fault(file=file.name, line=line, what=f"not as RF2 has it: {error}")
            continue
        if made is not None:
            rows.append(made)
        if len(rows) >= _BATCH:
            kept.executemany(query, rows)
            rows = []
    kept.executemany(query, rows)
    kept.commit()


def _head(files: list[Path], named: Named) -> Json:
    """Return the head, with the version as FHIR writes it: edition and date."""
    found = [match for file in files if "sct2_Concept_" in file.name and (match := _FILE.search(file.name))]
    version = named.version
    if not version and found:
        version = f"{SNOMED}/{_MODULES.get(found[-1][1], _MODULES['INT'])}/version/{found[-1][2]}"
    return {
        "resourceType": "CodeSystem", "url": SNOMED, "name": "SNOMED_CT", "title": "SNOMED CT", "status": "active",
        "content": "complete", "language": "en", "caseSensitive": True, "hierarchyMeaning": "is-a",
        "property": [
            INACTIVE,
            {"code": "sufficientlyDefined", "type": "boolean"}, {"code": "moduleId", "type": "code"},
            {"code": MEMBER, "type": "code"},
        ],
    } | ({"version": version} if version else {})  # fmt: skip


def _concepts(kept: sqlite3.Connection) -> Iterator[Item]:
    for id_, active, module, defined in kept.execute(SQL.concepts):
        described = kept.execute(SQL.descriptions, (id_,)).fetchall()
        related = [(str(type_), str(target)) for type_, target in kept.execute(SQL.relationships, (id_,))]
        properties: list[Json] = [
            {"code": "inactive", "valueBoolean": not active},
            {"code": "sufficientlyDefined", "valueBoolean": defined == _DEFINED},
            {"code": "moduleId", "valueCode": str(module)},
            *({"code": type_, "valueCode": target} for type_, target in related if type_ != IS_A),
            *({"code": MEMBER, "valueCode": str(refset)} for (refset,) in kept.execute(SQL.members, (id_,))),
        ]
        display = _display(described)
        if not display:
            yield Fault(file="sct2_Description", line=0, what=f"{id_}: no name")
            continue
        yield NewConcept(
            code=str(id_), display=display, parents=[target for type_, target in related if type_ == IS_A],
            body={"designation": [_designation(*one) for one in described], "property": properties},
        )  # fmt: skip


def _display(described: list[tuple[Any, ...]]) -> str:
    """Return the name to show: the preferred English one, else the fully specified, else the first."""
    ranked = sorted(described, key=lambda d: (d[0] != "en", not (d[3] and d[1] != _FULLY), d[1] != _FULLY))
    return str(ranked[0][2]) if ranked else ""


def _designation(language: str, type_: str, term: str, preferred: int) -> Json:
    use = {"system": SNOMED, "code": type_}
    if preferred and type_ != _FULLY:  # what a language prefers is shown to those who ask for it
        use = PREFERRED
    return {"language": language, "use": use, "value": term}
