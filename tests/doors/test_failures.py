"""What an operator reads when a command cannot go on, and when the trails do not hold: one sentence, in Norwegian."""

from __future__ import annotations

import errno
import re
import socket
from pathlib import Path

import asyncpg
import pytest
from click.testing import CliRunner

from akson.audit.report import Fault, Report
from akson.base.binaries import NoPostgres
from akson.base.errors import Refused
from akson.base.migrate import MigrationRefused, NotStopped
from akson.base.postgres import PostgresFailed
from akson.cli import main
from akson.doors import faults
from akson.doors.failures import sentence
from akson.doors.running import refuse_busy

AUDIT = Path(__file__).parents[2] / "akson" / "audit"


@pytest.mark.parametrize(("failure", "said"), [
    (PostgresFailed("another Akson runs on /data"), "En annen Akson bruker den samme datamappen"),
    (PostgresFailed("initdb failed:\nNo space left on device"), "Disken er full"),
    (PostgresFailed("PostgreSQL did not start:\nFATAL: x"), "PostgreSQL starter ikke. Det siste den sa:\nFATAL: x"),
    (NoPostgres("none"), "Finner ikke PostgreSQL 15"),
    (MigrationRefused("changed after it was run: 0001"), "Databasen passer ikke til denne utgaven"),
    (NotStopped("0068_smaller"), "Noen er koblet til databasen (0068_smaller). Stopp akson serve"),
    (PermissionError(errno.EACCES, "no", "/data"), "Får ikke skrive i /data"),
    (OSError(errno.EROFS, "no", "/data"), "Får ikke skrive i /data"),
    (OSError(errno.ENOSPC, "full"), "Disken er full (datamappen)"),
    (NotADirectoryError(errno.ENOTDIR, "no", "/data"), "/data er ikke en mappe"),
    (ConnectionRefusedError(errno.ECONNREFUSED, "no"), "Får ikke kontakt med databasen"),
    (asyncpg.UndefinedTableError("no"), "Databasen har ingen tabeller ennå"),
    (asyncpg.InvalidCatalogNameError("no"), "Databasen finnes ikke"),
    (Refused("AK-L012", port=8000), "Port 8000 er opptatt"),
])  # fmt: skip
def test_what_can_go_wrong_is_told_in_a_sentence(failure: Exception, said: str) -> None:
    assert sentence(failure).startswith(said)


def test_a_bug_is_not_explained_away() -> None:
    assert sentence(KeyError("x")) == ""


def test_a_busy_port_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(Refused, match="AK-L012"):
            refuse_busy([port])
        told = CliRunner().invoke(main, ["demo", "--port", str(port), "--data", str(tmp_path / "d")])
    assert told.exit_code == 1 and f"Port {port} er opptatt" in told.output
    assert not (tmp_path / "d").exists()


def test_every_fault_the_verifier_can_find_has_a_code_of_its_own_and_norwegian_words() -> None:
    source = "".join(file.read_text("utf-8") for file in sorted(AUDIT.glob("prove_*.py")))
    written = re.findall(r'(?:what=|what = |: |return \[|else |_NO_DECISION = )f?"([^"]+ [^"]+)"', source)
    said = {re.sub(r"\{[^}]*\}", "7", one) for one in written if re.match(r"[a-z]", one)}
    assert len(said) > 25
    codes = {one: faults.in_norwegian(Fault(table="t", key="k", what=one)).partition(" ")[0] for one in said}
    assert [one for one, code in codes.items() if code == "AK-V000"] == []
    assert len(set(codes.values())) == len(codes)


def test_a_report_says_what_to_do_next_when_something_does_not_hold() -> None:
    wrong = Fault(table="resource_version", key="1/Patient/x/2", what="was changed after it was written")
    lines = faults.told(Report(rows={"chain": 3}, faults=(wrong,), untold=2))
    assert lines[0] == "FEIL  AK-V001 resource_version 1/Patient/x/2: er endret etter at det ble skrevet"
    assert lines[2] == "3 rader kontrollert, 3 feil." and lines[3].startswith("Hva nå")
    assert faults.told(Report(rows={"chain": 3}, faults=())) == ["3 rader kontrollert, 0 feil."]
