"""`akson import` in several processes: the record ends as if one had written line after line."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from akson.base.database import Database
from akson.doors.loading import import_bundles
from akson.doors.settings import from_environment
from tests.conftest import ROOT

PEOPLE = 40
WORDS = "Lang tekst. " * 10_000  # so that the file is worth more than one process


def person(n: int, **more: Any) -> dict[str, Any]:
    return {"resourceType": "Patient", "id": f"p{n}", **more}


def observation(n: int, word: str) -> dict[str, Any]:
    return {"resourceType": "Observation", "id": f"o{n}", "status": "final", "code": {"text": word},
            "subject": {"reference": f"Patient/p{n}"}, "note": [{"text": WORDS}]}  # fmt: skip


def the_lines() -> list[str]:
    """Return lines where what is needed comes first for some, last for others, and each observation twice."""
    early, late = range(PEOPLE // 2), range(PEOPLE // 2, PEOPLE)
    found = [person(n, gender="female") for n in early]
    found += [observation(n, "first") for n in range(PEOPLE)]
    found += [observation(n, "last") for n in range(PEOPLE)]
    found += [person(n, gender="female") for n in late]
    text = [json.dumps(one) for one in found]
    text[30:30] = ["{", "", json.dumps({**observation(1, "wrong"), "id": "x1", "status": "unheard of"})]
    return text


def environment(url: str, folder: Path) -> dict[str, str]:
    return {"AKSON_ENV": "test", "AKSON_DATABASE_URL": url, "AKSON_DATA": str(folder), "PATH": ""}


def run(env: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "akson", "import", *arguments]
    return subprocess.run(command, env=dict(env), cwd=ROOT, capture_output=True, text=True, check=False)


async def test_a_file_in_three_processes_ends_as_its_last_lines_say(
    tmp_path: Path, database_url: str, db: Database
) -> None:
    lines = the_lines()
    file = tmp_path / "all.ndjson"
    file.write_text("\n".join(lines), "utf-8")
    ended = run(environment(database_url, tmp_path), "--workers", "3", str(file))
    assert (ended.returncode, ended.stderr) == (1, "")
    seen = len(lines) - 1  # one is blank
    assert ended.stdout.splitlines() == [
        f"DELVIS  all.ndjson  {seen} linjer: {seen - 2} skrevet, 2 avvist.",
        "  linje 31  structure ",
        "  linje 33  code-invalid Observation.status",
    ]
    rows = await db.fetch("SELECT id, version FROM resource ORDER BY id")
    versions = {row["id"]: row["version"] for row in rows}
    assert versions == {
        **{f"o{n}": 2 for n in range(PEOPLE)},
        **{f"p{n}": 1 for n in range(PEOPLE // 2)},
        **{f"p{n}": 2 for n in range(PEOPLE // 2, PEOPLE)},  # the first is the place kept for who is named
    }
    texts = "SELECT DISTINCT d.value FROM search_display d JOIN resource r ON d.token = ANY (r.tokens)"
    shown = await db.fetch(f"{texts} WHERE d.value IN ('first', 'last')")
    assert [row["value"] for row in shown] == ["last"]


async def test_several_processes_tell_what_one_process_tells(tmp_path: Path, database_url: str) -> None:
    lines = the_lines()
    cut = tmp_path / "cut.ndjson.gz"
    cut.write_bytes(gzip.compress("\n".join(lines).encode(), compresslevel=0)[:-200_000])
    env = environment(database_url, tmp_path)
    told: list[str] = []
    await import_bundles(from_environment(env), [cut], told.append)
    assert told[0].startswith("DELVIS")
    assert run(env, "--workers", "2", str(cut)).stdout.splitlines() == told


def test_what_stops_a_process_is_told_in_a_sentence(tmp_path: Path) -> None:
    file = tmp_path / "all.ndjson"
    file.write_text("\n".join(the_lines()), "utf-8")
    ended = run(environment("postgresql://nobody@127.0.0.1:1/nothing", tmp_path), "--workers", "2", str(file))
    assert ended.returncode == 1
    assert ended.stderr.startswith("Feil: Får ikke kontakt med databasen.")
