"""`akson import`: files through the FHIR door, with what was refused told by line."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

from akson.doors.loading import import_bundles
from akson.doors.settings import from_environment


async def test_ndjson_files_are_imported_and_refused_lines_are_told(tmp_path: Path, database_url: str) -> None:
    person = {"resourceType": "Patient", "id": "p1"}
    good, bad = tmp_path / "Patient.ndjson.gz", tmp_path / "bad.ndjson"
    good.write_bytes(gzip.compress(json.dumps(person).encode()))
    bad.write_text("\n".join([json.dumps(person), "{"]), "utf-8")
    settings = from_environment({"AKSON_ENV": "test", "AKSON_DATABASE_URL": database_url, "AKSON_DATA": str(tmp_path)})
    told: list[str] = []
    assert await import_bundles(settings, [good, bad], told.append) == 1
    assert told[0] == "lest  Patient.ndjson.gz  1 linjer: 1 skrevet, 0 avvist."
    assert told[1] == "DELVIS  bad.ndjson  2 linjer: 1 skrevet, 1 avvist."
    assert told[2].startswith("  linje 2  ")
