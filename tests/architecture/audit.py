"""What a register of known faults (OSV) tells of the pinned libraries, held against the times of SECURITY.md: `make audit`.

    python -m tests.architecture.audit [--register URL]

Exits with 0 when nothing must be mended now, 1 when something must, 2 when the register was not asked: that is not the same as
clean. A library whose faults everybody knows is asked for too; a register that knows none of it has not answered.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import Any, Final, TypeVar

import httpx
import msgspec

ROOT: Final = Path(__file__).parents[2]
OSV: Final = "https://api.osv.dev"
CONTROL: Final = "pkg:pypi/jinja2@2.4.1"  # stands as the example in the register's own documentation
DAYS: Final = {"LOW": 90, "MODERATE": 90, "HIGH": 30, "CRITICAL": 7}  # SECURITY.md; from the mildest to the worst
WORST: Final = "CRITICAL"
MOST: Final = 500  # questions at once
TESTS_ONLY: Final = "requirements-dev.txt"
Form = TypeVar("Form")


class NotAsked(Exception):
    """The register could not be asked, or its answer is none."""


@dataclass(frozen=True, kw_only=True)
class Pin:
    """One version of one library. runs: part of an installation; otherwise it only builds and tests."""

    kind: str  # as a package URL says it: pypi, npm
    name: str
    version: str
    runs: bool

    @property
    def purl(self) -> str:
        return f"pkg:{self.kind}/{self.name.replace('@', '%40')}@{self.version}"


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What is known of one fault in one library: under all its names, as grave as the gravest of those who tell of it says."""

    pin: Pin
    names: tuple[str, ...]
    grave: str
    mended: tuple[str, ...]  # versions
    told: date
    about: str

    @property
    def due(self) -> date | None:
        """The last day on which it is mended in time; None while its makers have not mended it."""
        return self.told + timedelta(days=DAYS[self.grave]) if self.mended else None

    def stops(self, today: date) -> bool:
        """Tell whether no release is made with it."""
        return self.pin.runs and (self.grave == WORST or (self.due is not None and self.due < today))


class _Id(msgspec.Struct):
    id: str


class _Found(msgspec.Struct):
    vulns: list[_Id] = []
    next_page_token: str = ""


class _Batch(msgspec.Struct):
    results: list[_Found]


class _Record(msgspec.Struct):
    id: str
    modified: datetime
    published: datetime | None = None
    aliases: list[str] = []
    summary: str = ""
    withdrawn: str = ""
    affected: list[dict[str, Any]] = []
    database_specific: dict[str, Any] = {}

    @property
    def names(self) -> set[str]:
        return {self.id, *self.aliases}


def pins(root: Path = ROOT) -> list[Pin]:
    """Return every library that is pinned here, once; what runs anywhere counts as running."""
    found = [
        Pin(kind="pypi", name=name, version=version, runs=file.name != TESTS_ONLY)
        for file in sorted(root.glob("requirements*.txt"))
        for name, version in pins_in(file)
    ]
    locked = json.loads((root / "package-lock.json").read_text("utf-8"))["packages"]
    found += [
        Pin(kind="npm", name=path.rpartition("node_modules/")[2], version=one["version"], runs=not one.get("dev", False))
        for path, one in locked.items() if path
    ]  # fmt: skip
    held = {one.purl: one for one in sorted(found, key=lambda one: one.runs)}
    return [held[purl] for purl in sorted(held)]


def pins_in(file: Path) -> list[tuple[str, str]]:
    """Return name and version of every pinned package of a requirements file."""
    return re.findall(r"^([\w.-]+)==([^\s\\;]+)", file.read_text("utf-8"), re.MULTILINE)


def faults(wanted: Sequence[Pin], http: httpx.Client) -> list[Fault]:
    """Ask the register that `http` leads to. Raises NotAsked."""
    ids = _ids([*(one.purl for one in wanted), CONTROL], http)
    if not ids.pop(CONTROL):
        raise NotAsked(f"it knows nothing of {CONTROL}")
    records = {name: _answer(http, f"/v1/vulns/{name}", _Record) for name in sorted({*chain(*ids.values())})}
    found = [fault for pin in wanted for fault in _of(pin, [records[name] for name in ids[pin.purl]])]
    return sorted(found, key=lambda one: (not one.pin.runs, -[*DAYS].index(one.grave), one.pin.purl))


def _ids(purls: Sequence[str], http: httpx.Client) -> dict[str, list[str]]:
    """Return the names of what is known of each, with all further pages of the answers."""
    known: dict[str, list[str]] = {purl: [] for purl in purls}
    asked = [(purl, "") for purl in purls]
    while asked:
        now, asked = asked[:MOST], asked[MOST:]
        queries = [{"package": {"purl": purl}} | ({"page_token": page} if page else {}) for purl, page in now]
        answer = _answer(http, "/v1/querybatch", _Batch, {"queries": queries})
        if len(answer.results) != len(now):
            raise NotAsked(f"{len(answer.results)} answers to {len(now)} questions")
        for (purl, _), found in zip(now, answer.results, strict=True):
            known[purl] += [one.id for one in found.vulns]
            asked += [(purl, found.next_page_token)] * bool(found.next_page_token)
    return known


def _answer(http: httpx.Client, path: str, form: type[Form], question: Mapping[str, Any] | None = None) -> Form:
    try:
        answer = http.get(path) if question is None else http.post(path, json=question)
        answer.raise_for_status()
        return msgspec.json.decode(answer.content, type=form)
    except (httpx.HTTPError, msgspec.DecodeError) as why:
        raise NotAsked(str(why).partition("\n")[0]) from why


def _of(pin: Pin, records: Iterable[_Record]) -> Iterator[Fault]:
    """Yield the faults of one library: several may tell of the same one, each under its own name."""
    groups: list[list[_Record]] = []
    for record in records:
        if record.withdrawn:
            continue
        same = [group for group in groups if any(record.names & other.names for other in group)]
        groups = [group for group in groups if group not in same] + [[record, *chain(*same)]]
    for group in groups:
        said = [grave for one in group if (grave := str(one.database_specific.get("severity", "")).upper()) in DAYS]
        yield Fault(
            pin=pin, names=tuple(sorted(set().union(*(one.names for one in group)))),
            grave=max(said, key=[*DAYS].index, default=WORST),  # of what nobody has judged, the worst is thought
            mended=tuple(sorted({version for one in group for version in _mended(pin, one)})),
            told=min(one.published or one.modified for one in group).date(), about=next((one.summary for one in group if one.summary), ""),
        )  # fmt: skip


def _mended(pin: Pin, record: _Record) -> Iterator[str]:
    for part in record.affected:
        if str(part.get("package", {}).get("name", "")).lower() != pin.name.lower():
            continue
        for span in part.get("ranges", ()):
            yield from (each["fixed"] for each in span["events"] if "fixed" in each and span.get("type") != "GIT")


def told(wanted: Sequence[Pin], found: Sequence[Fault], today: date) -> Iterator[str]:
    """Yield the lines that people read."""
    yield f"{len(wanted)} pinned libraries, {sum(one.runs for one in wanted)} of them in an installation: {len(found)} known faults"
    for one in found:
        when = f"mended in {', '.join(one.mended)}, due {one.due}" if one.due else "not mended by its makers"
        mark = "STOPS " if one.stops(today) else "" if one.pin.runs else "tests only: "
        yield f"{mark}{one.pin.name} {one.pin.version}: {one.grave}, {when}; {' '.join(one.names)} {one.about}".strip()


def main(words: Sequence[str], today: date) -> int:
    """Ask, print, and return the exit code."""
    asked = argparse.ArgumentParser(description="ask a register of known faults about every pinned library")
    asked.add_argument("--register", default=OSV, help="one that speaks OSV's protocol")
    register, wanted = asked.parse_args(words).register, pins()
    try:
        with httpx.Client(base_url=register, timeout=60) as http:
            found = faults(wanted, http)
    except NotAsked as why:
        sys.stdout.write(
            f"NOT ASKED: {register} gave no answer ({why}). Nothing is known of faults in the libraries.\n"
        )
        return 2
    sys.stdout.writelines(f"{line}\n" for line in told(wanted, found, today))
    return int(any(one.stops(today) for one in found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], datetime.now(UTC).date()))
