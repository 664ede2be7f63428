"""The command that loads terminology, as an operator runs it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT


def run(url: str, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    env = os.environ | {"AKSON_ENV": "test", "AKSON_DATABASE_URL": url, "AKSON_DATA": str(folder)}
    command = [sys.executable, "-m", "akson", "terminology", "load", *arguments]
    return subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, check=False)


async def test_an_operator_loads_a_list_and_reads_what_became_of_it(database_url: str, tmp_path: Path) -> None:
    path = tmp_path / "icpc2.csv"
    path.write_text("Kode;Navn\nA01;Blåbær\n;Uten kode\n", "utf-8")
    refused = run(database_url, tmp_path, str(path), "--strict")
    assert (refused.returncode, "AVVIST  icpc2.csv" in refused.stdout) == (1, True)
    kept = run(database_url, tmp_path, str(path))
    assert kept.returncode == 1
    assert kept.stdout.splitlines() == [
        "FEIL  icpc2.csv linje 3: no code",
        "lastet  icpc2.csv: 1 kodeverk, 1 koder, 0 kodeutvalg, 0 koblinger, 0 uendret, 1 feil",
    ]
    path.write_text("Kode;Navn\nA01;Blåbær\n", "utf-8")
    assert run(database_url, tmp_path, str(path)).returncode == 0
