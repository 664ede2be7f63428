"""Loads terminology from files for the command line, and what a demo needs of the standard's own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from akson.base.database import Database
from akson.base.errors import Refused
from akson.registers.terminology.finding import Finder
from akson.registers.terminology.formats.items import Advance, Named, unpacked
from akson.registers.terminology.formats.recognising import sources
from akson.registers.terminology.load import Report, analyze, digest_of_files, files_of, load

BASE = Path(__file__).parents[2] / "node_modules" / "@medplum" / "definitions" / "dist" / "fhir" / "r4"
_BASE_FILES = ("valuesets.json", "v3-codesystems.json", "v2-tables.json", "conceptmaps.json")
_KNOWN = "http://hl7.org/fhir/administrative-gender"  # whoever has this has the rest
Told = Callable[[Report], None]


async def load_paths(
    database: Database, paths: Iterable[Path], named: Named, told: Told, advance: Advance, *, strict: bool
) -> int:
    """Load every source in these files, folders and packages; return how many were refused or had faults."""
    faulty = 0
    for path in paths:
        with TemporaryDirectory(prefix="akson-terminology-") as folder:
            faulty += await _load(database, _inside(path, Path(folder)), named, told, advance, strict=strict)
    await analyze(database)
    return faulty


async def _load(database: Database, path: Path, named: Named, told: Told, advance: Advance, *, strict: bool) -> int:
    faulty = 0
    for source, reading in sources(path, named):
        digest = digest_of_files(files_of(source))
        report = await load(database, source.name, reading(advance), digest=digest, strict=strict)
        told(report)
        faulty += bool(report.faulty)
    return faulty


def _inside(path: Path, folder: Path) -> Path:
    """Return the path, or where its content is when it is a zip file."""
    if path.suffix.lower() != ".zip":
        return path
    try:
        return unpacked(path, folder / path.stem)
    except (ValueError, OSError) as problem:
        raise Refused("AK-T004", name=path.name, detail=str(problem)) from None


async def load_base(database: Database, told: Callable[[str], None]) -> None:
    """Load the standard's own code systems and value sets (CC0) from where `npm ci` put them, unless they are here."""
    files = [BASE / name for name in _BASE_FILES if (BASE / name).exists()]
    if not files or await Finder(database).versions(_KNOWN):
        return

    def telling(report: Report) -> None:
        told(f"  kodeverk: {report.source}, {report.systems} kodeverk, {report.value_sets} kodeutvalg")

    await load_paths(database, files, Named(), telling, lambda _: None, strict=False)
