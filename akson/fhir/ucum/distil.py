"""Distils the units and prefixes of UCUM into the table that akson.fhir.ucum reads.

Run by `make units`: `python -m akson.fhir.ucum.distil <folder of the unpacked npm package @lhncbc/ucum-lhc>`.
Kept: codes, whether a unit takes prefixes, its value in other units. No names, no prose. Units on a scale of their own
(degrees Celsius, pH) are written by hand in special.py. Base units are those of UCUM §28.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

TABLE = Path(__file__).with_name("units.json")
PINNED = "6ec4716848cd17b817f13cb0ff5f7360ffbdfa74a6331d7c9bff64180401fa55"  # sha256 of the data of 7.1.9
# UCUM asks for this sentence wherever its codes stand.
NOTICE = (
    "This product includes all or a portion of the UCUM table, UCUM codes, and UCUM definitions or is derived from "
    "it, subject to a license from Regenstrief Institute, Inc. and The UCUM Organization. Your use of the UCUM table, "
    "UCUM codes, UCUM definitions also is subject to this license, a copy of which is available at "
    "https://ucum.org/license. The UCUM table and UCUM codes are copyright 1995-2009, Regenstrief Institute, Inc. and "
    "the Unified Codes for Units of Measures (UCUM) Organization. All rights reserved. THE UCUM TABLE (IN ALL "
    'FORMATS), UCUM DEFINITIONS, AND SPECIFICATION ARE PROVIDED "AS IS." ANY EXPRESS OR IMPLIED WARRANTIES ARE '
    "DISCLAIMED, INCLUDING, BUT NOT LIMITED TO, THE IMPLIED WARRANTIES OF MERCHANTABILITY AND FITNESS FOR A "
    "PARTICULAR PURPOSE."
)
# The package loses a number or a slash at the head of a definition; as UCUM has it.
DEFINED_BY_UCUM = {
    "[S]": "10*-13.s",
    "[mesh_i]": "/[in_i]",
    "[mu_0]": "4.[pi].10*-7.N/A2",
    "[diop]": "/m",
    "Oe": "/[pi].A/m",
    "Bd": "/s",
}


def distil(data: dict[str, Any]) -> dict[str, Any]:
    """Return the table: prefixes by code; units as [code, takes prefixes, is arbitrary, number, unit]."""
    return {
        "notice": NOTICE,
        "prefixes": {p["code_"]: str(p["value_"]) for p in _rows(data["prefixes"])},
        "units": [_unit(u) for u in _rows(data["units"]) if _is_defined(u)],
    }


def _rows(packed: dict[str, Any]) -> Iterator[dict[str, Any]]:
    names = [str(name) for name in packed["config"]]
    for row in packed["data"]:
        yield dict(zip(names, row, strict=True))


def _is_defined(unit: dict[str, Any]) -> bool:
    return unit["source_"] == "UCUM" and not unit["isBase_"] and not unit["isSpecial_"]


def _unit(u: dict[str, Any]) -> list[Any]:
    code = u["csCode_"]
    unit = DEFINED_BY_UCUM.get(code, u["csUnitString_"])
    return [code, int(u["isMetric_"]), int(u["isArbitrary_"]), str(u["baseFactorStr_"]), unit]


def _lines(table: dict[str, Any]) -> str:
    """Return the table as JSON with one unit a line, so that a change can be reviewed."""
    units = ",\n".join("  " + json.dumps(row, ensure_ascii=False) for row in table["units"])
    head = json.dumps({k: v for k, v in table.items() if k != "units"}, indent=1)
    return f'{head[:-2]},\n "units": [\n{units}\n ]\n}}\n'


def main() -> None:
    """Write the table from the package named on the command line. Exits when it is not the pinned one."""
    data = (Path(sys.argv[1]) / "data" / "ucumDefs.min.json").read_bytes()
    if hashlib.sha256(data).hexdigest() != PINNED:
        sys.exit("not the release of @lhncbc/ucum-lhc that was reviewed")
    TABLE.write_text(_lines(distil(json.loads(data))), "utf-8")


if __name__ == "__main__":
    main()
