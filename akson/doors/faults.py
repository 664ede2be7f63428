"""The verifier's faults as an operator reads them: a code that stays, and a Norwegian sentence."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path

from akson.audit.report import Fault, Report

NEXT = (
    "Hva nå: ikke rett noe selv. Ta vare på databasen slik den er, og på loggene i DATA/log.",
    "  Meld fra til den som har ansvar for informasjonssikkerheten, med linjene over.",
    "  Finn hvem som har hatt tilgang til databasen. Sammenlign med sikkerhetskopi, og med vitnets segl (--seals).",
)


def told(report: Report) -> list[str]:
    """Return the lines of a report: each fault, how much was read, and what to do when something does not hold."""
    lines = [f"FEIL  {in_norwegian(fault)}" for fault in report.faults]
    if report.untold:
        lines.append(f"FEIL  og {report.untold} til, som ikke er vist")
    lines.append(f"{sum(report.rows.values())} rader kontrollert, {len(report.faults) + report.untold} feil.")
    return [*lines, *NEXT] if report.faults else lines


def in_norwegian(fault: Fault) -> str:
    """Return "AK-V001 resource_version 12/Patient/x/2: er endret etter at det ble skrevet"."""
    found = ((code, said, says.fullmatch(fault.what)) for code, says, said in _known())
    code, said, match = next(one for one in found if one[2])
    return f"{code} {fault.table} {fault.key}: {said.format(*match.groups() if match else ())}"


@cache
def _known() -> list[tuple[str, re.Pattern[str], str]]:
    given = tomllib.loads(Path(__file__).with_name("faults.toml").read_text("utf-8"))
    return [
        (code, re.compile(re.escape(one["says"]).replace(r"\{\}", "(.*)")), one["nb"]) for code, one in given.items()
    ]
