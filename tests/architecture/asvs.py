"""The table of docs/security.md: `make docs` draws it from docs/asvs.toml, below the mark; what stands above is written by hand."""

from __future__ import annotations

import sys
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from tests.architecture.access import table

ROOT: Final = Path(__file__).parents[2]
DATA: Final = ROOT / "docs" / "asvs.toml"
MARK: Final = "<!-- made by `make docs` from docs/asvs.toml; do not write below -->\n"
STATES: Final = {"met": "met", "operator": "by those who run it", "not_here": "has no place here", "open": "**open**"}
CHAPTERS: Final = {
    1: "Encoding and sanitization", 2: "Validation and business logic", 3: "Web frontend", 4: "API and web service",
    5: "Files", 6: "Authentication", 7: "Sessions", 8: "Authorization", 9: "Self-contained tokens",
    10: "OAuth and OpenID Connect", 11: "Cryptography", 12: "Secure communication", 13: "Configuration",
    14: "Data protection", 15: "Secure coding and architecture", 16: "Logging and errors", 17: "WebRTC",
}  # fmt: skip
Requirement = Mapping[str, Any]


def requirements() -> dict[str, Requirement]:
    """Return what was found of each requirement, by its number."""
    return tomllib.loads(DATA.read_text("utf-8"))


def state(one: Requirement) -> str:
    """Return which of the four it is."""
    return next(name for name in STATES if name in one)


def drawn() -> str:
    """Return the tables, and how many there are of each state."""
    held = requirements()
    counts = Counter(state(one) for one in held.values())
    told = ", ".join(f"{counts[name]} {word.strip('*')}" for name, word in STATES.items())
    return f"\n{len(held)} requirements (70 of level 1, 183 of level 2): {told}.\n" + "".join(_chapters(held))


def _chapters(held: Mapping[str, Requirement]) -> Iterator[str]:
    for number, name in CHAPTERS.items():
        inside = {key: one for key, one in held.items() if key.startswith(f"{number}.")}
        if all("not_here" in one for one in inside.values()) and number == 17:
            yield f"\n### V{number} {name}\n{len(inside)} requirements (v5.0.0-{', '.join(inside)}): there is no WebRTC.\n"
            continue
        rows = (_row(key, one) for key, one in inside.items())
        yield f"\n### V{number} {name}\n" + table(("No.", "L", "About", "State", "How, where", "Shown by"), rows)


def _row(number: str, one: Requirement) -> list[str]:
    found = state(one)
    where = ", ".join(f"`{file.removeprefix('akson/')}`" for file in one.get("in", ()))
    shown = ", ".join(f"`{_short(test)}`" for test in one.get("by", ()))
    return [
        f"v5.0.0-{number}",
        str(one["level"]),
        one["about"],
        STATES[found],
        f"{one[found]}{f' ({where})' if where else ''}",
        shown,
    ]


def _short(test: str) -> str:
    return test.rpartition("::")[2]


def page(written: str) -> str:
    """Return the whole page: what was written by hand, and the tables as they are now."""
    return written.partition(MARK)[0] + MARK + drawn()


if __name__ == "__main__":
    file = Path(sys.argv[1])
    file.write_text(page(file.read_text("utf-8")), "utf-8")
