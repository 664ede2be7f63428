"""Which pinned libraries are behind what their registries have: `make outdated`, before a release, by pip and npm themselves.

    python -m tests.architecture.outdated

A fault that its makers have mended is mended in a newer version: where none of an installation's libraries is behind, none of them
has a known mending left out, whatever `make audit` could ask. What came out is kept in docs/libraries.toml with the day; a test holds
that to what is pinned. Exits with 0, 1 when an installation's library is behind, 2 when a registry gave no answer.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

from tests.architecture.audit import ROOT, NotAsked, Pin, pins

KEPT: Final = ROOT / "docs" / "libraries.toml"
_CONTROL: Final = "jinja2"  # a registry that does not know it has not answered
_HEAD: Final = "# Written by `make outdated`: what an installation's libraries were held against, and when.\n"


def digest(wanted: Iterable[Pin]) -> str:
    """Return what tells an installation's libraries, with their versions, from any others."""
    return hashlib.sha256("\n".join(sorted(one.purl for one in wanted if one.runs)).encode()).hexdigest()


def behind(wanted: Sequence[Pin], newest: dict[tuple[str, str], str]) -> list[tuple[Pin, str]]:
    """Return the pinned libraries that have a newer version, by kind and name of those that do."""
    return [(one, newest[key]) for one in wanted if (key := (one.kind, plain(one.name))) in newest]


def plain(name: str) -> str:
    """Return a name as registries compare them."""
    return re.sub(r"[-_.]+", "-", name).lower()


def asked(wanted: Sequence[Pin]) -> dict[tuple[str, str], str]:
    """Return the newest version of each that is behind. Raises NotAsked."""
    newest_of(_CONTROL)
    rows = json.loads(_said([sys.executable, "-m", "pip", "list", "--outdated", "--format", "json"]))
    found = {("pypi", plain(row["name"])): row["latest_version"] for row in rows}
    here = {plain(row["name"]) for row in json.loads(_said([sys.executable, "-m", "pip", "list", "--format", "json"]))}
    for one in wanted:
        if one.kind == "pypi" and plain(one.name) not in here and (latest := newest_of(one.name)) != one.version:
            found["pypi", plain(one.name)] = latest
    return found | _npm()


def newest_of(name: str) -> str:
    """Return the newest version of a library for Python. Raises NotAsked."""
    told = re.match(r"\S+ \((\S+)\)", _said([sys.executable, "-m", "pip", "index", "versions", name]))
    if told is None:
        raise NotAsked(f"no version of {name}")
    return told[1]


def _npm() -> dict[tuple[str, str], str]:
    _said(["npm", "view", "htmx.org", "version"])
    told = json.loads(_said(["npm", "outdated", "--json"], fine=(0, 1)) or "{}")
    return {("npm", name): one["latest"] for name, one in told.items() if later(one["latest"], one["current"])}


def later(one: str, than: str) -> bool:
    """Say whether a version comes after another; a registry's "latest" may be an older line."""
    first, second = ([int(part) for part in re.findall(r"\d+", text)] for text in (one, than))
    return first > second


def _said(command: Sequence[str], fine: Sequence[int] = (0,)) -> str:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    if done.returncode not in fine:
        raise NotAsked(f"{' '.join(command[-3:])}: {done.stderr.strip().rpartition(chr(10))[2]}")
    return done.stdout


def kept(wanted: Sequence[Pin], late: Sequence[tuple[Pin, str]], today: date) -> str:
    """Return what is written down."""
    of = {runs: [f"{one.name} {one.version}, newest {newest}" for one, newest in late if one.runs is runs]
          for runs in (True, False)}  # fmt: skip
    return (f"{_HEAD}day = {today.isoformat()}\nlibraries = {sum(one.runs for one in wanted)}\ndigest = \"{digest(wanted)}\"\n"
            f"behind = {json.dumps(of[True])}\nbehind_in_tests_only = {json.dumps(of[False])}\n")  # fmt: skip


def main(today: date, file: Path = KEPT) -> int:
    """Ask, print, write down, and return the exit code."""
    wanted = pins()
    try:
        late = behind(wanted, asked(wanted))
    except (NotAsked, OSError, subprocess.TimeoutExpired) as why:
        sys.stdout.write(f"NOT ASKED: {why}. Nothing is known of newer libraries.\n")
        return 2
    text = kept(wanted, late, today)
    file.write_text(text, "utf-8")
    sys.stdout.write(text)
    return 1 if any(one.runs for one, _ in late) else 0


if __name__ == "__main__":
    sys.exit(main(datetime.now(UTC).date()))
