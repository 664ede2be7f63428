"""`make audit` asks about every pinned library, holds what it is told against what SECURITY.md promises, and says when it got no answer."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from tests.architecture import audit
from tests.architecture.audit import CONTROL, DAYS, ROOT, main, pins

TODAY = date(2026, 11, 23)
UVICORN, PYTEST, CSS = (
    next(one for one in pins() if one.name == name) for name in ("uvicorn", "pytest", "@digdir/designsystemet-css")
)


@dataclass
class Register:
    """One that speaks OSV's protocol: what it knows of libraries, by package URL, and of faults, by name."""

    url: str
    known: dict[str, list[str]] = field(default_factory=lambda: {CONTROL: ["PYSEC-1"]})
    records: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    says: tuple[int, bytes] | None = None  # to every question about libraries, in place of what it knows
    page: int = 100  # names in one answer

    def knows(self, name: str, pin: audit.Pin = UVICORN, **told: Any) -> None:
        self.known.setdefault(pin.purl, []).append(name)
        self.records[name] = record(name, **({"library": pin.name} | told))

    def answer(self, question: Mapping[str, Any]) -> Mapping[str, Any]:
        results = []
        for one in question["queries"]:
            purl, start = one["package"]["purl"], int(one.get("page_token", 0))
            names, end = self.known.get(purl, []), start + self.page
            self.asked.append(purl)
            found: dict[str, Any] = (
                {"vulns": [{"id": name, "modified": "x"} for name in names[start:end]]} if names else {}
            )
            results.append(found | ({"next_page_token": str(end)} if end < len(names) else {}))
        return {"results": results}


def record(
    name: str, *, grave: str = "", told: str = "2026-11-01", mended: str = "9.9", library: str = "uvicorn", **more: Any
) -> dict[str, Any]:
    """Return what the register tells of one fault, in the form of the OSV schema."""
    events = [{"introduced": "0"}, *([{"fixed": mended}] if mended else [])]
    return {
        "id": name, "modified": "2026-11-20T10:00:00Z", "published": f"{told}T10:00:00Z", "summary": f"About {name}",
        "database_specific": {"severity": grave} if grave else {},
        "affected": [
            {"package": {"ecosystem": "PyPI", "name": library}, "ranges": [
                {"type": "ECOSYSTEM", "events": events}, {"type": "GIT", "events": [{"introduced": "0"}, {"fixed": "0a1b"}]},
            ]},
            {"package": {"name": "another"}, "ranges": [{"type": "SEMVER", "events": [{"fixed": "1.0"}]}]},
        ],
    } | more  # fmt: skip


@pytest.fixture
def register() -> Iterator[Register]:
    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            question = json.loads(self.rfile.read(int(self.headers["content-length"])))
            self._send(*(ours.says or (200, json.dumps(ours.answer(question)).encode())))

        def do_GET(self) -> None:
            found = ours.records.get(self.path.removeprefix("/v1/vulns/"), record("PYSEC-1"))
            self._send(200, json.dumps(found).encode())

        def _send(self, code: int, body: bytes) -> None:
            self.send_response(code)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Door) as server:
        ours = Register(f"http://127.0.0.1:{server.server_port}")
        serving = Thread(target=server.serve_forever, args=(0.01,))
        serving.start()
        try:
            yield ours
        finally:
            server.shutdown()
            serving.join()


def test_every_pinned_library_is_asked_about_once(register: Register) -> None:
    assert main(["--register", register.url], TODAY) == 0
    assert len(register.asked) == len(set(register.asked))
    locked = json.loads((ROOT / "package-lock.json").read_text("utf-8"))["packages"]
    named = {f"pkg:npm/{path.rpartition('node_modules/')[2].replace('@', '%40')}@{one['version']}"
             for path, one in locked.items() if path}  # fmt: skip
    for file in ROOT.glob("requirements*.txt"):
        lines = [line for line in file.read_text("utf-8").splitlines() if line[:1].isalnum()]
        named |= {f"pkg:pypi/{line.split()[0].replace('==', '@')}" for line in lines}
    assert {*register.asked} == {CONTROL, *named}
    assert (UVICORN.runs, PYTEST.runs, CSS.runs) == (True, False, True)
    assert CSS.purl.startswith("pkg:npm/%40digdir/designsystemet-css@")


@pytest.mark.parametrize(("told", "code", "line"), [
    ({"grave": "CRITICAL"}, 1, r"STOPS uvicorn \S+: CRITICAL, mended in 9.9, due 2026-11-08; GHSA-x About GHSA-x"),
    ({"grave": "CRITICAL", "told": "2026-11-23"}, 1, r"STOPS uvicorn"),  # with no such known to us is a release made
    ({"grave": "CRITICAL", "mended": ""}, 1, r"STOPS uvicorn \S+: CRITICAL, not mended by its makers"),
    ({"grave": "high", "told": "2026-10-24"}, 0, r"\nuvicorn \S+: HIGH, mended in 9.9, due 2026-11-23"),
    ({"grave": "HIGH", "told": "2026-10-23"}, 1, r"STOPS uvicorn"),
    ({"grave": "HIGH", "told": "2020-01-01", "mended": ""}, 0, r"\nuvicorn \S+: HIGH, not mended"),
    ({"grave": "MODERATE", "told": "2026-08-25"}, 0, r"\nuvicorn \S+: MODERATE"),
    ({"grave": "LOW", "told": "2026-08-24"}, 1, r"STOPS uvicorn \S+: LOW"),
    ({}, 1, r"STOPS uvicorn \S+: CRITICAL"),  # nobody has judged it
    ({"grave": "whatever"}, 1, r"STOPS uvicorn \S+: CRITICAL"),
    ({"grave": "CRITICAL", "pin": PYTEST}, 0, r"\ntests only: pytest \S+: CRITICAL, mended in 9.9"),
    ({"grave": "CRITICAL", "withdrawn": "2026-11-02T00:00:00Z"}, 0, r": 0 known faults\n$"),
])  # fmt: skip
def test_what_is_known_is_held_against_what_was_promised(
    register: Register, capsys: pytest.CaptureFixture[str], told: dict[str, Any], code: int, line: str
) -> None:
    register.knows("GHSA-x", **told)
    assert main(["--register", register.url], TODAY) == code
    assert re.search(line, capsys.readouterr().out)


def test_one_fault_under_several_names_is_told_once_as_grave_as_the_gravest_says(
    register: Register, capsys: pytest.CaptureFixture[str]
) -> None:
    register.page = 1  # and each on a page of its own
    register.knows("GHSA-x", grave="LOW", aliases=["CVE-1"])
    register.knows("GHSA-y", grave="LOW", mended="8.0")
    register.knows("PYSEC-2", aliases=["CVE-1", "CVE-2"], told="2026-10-01")
    register.knows("SNYK-3", grave="HIGH", aliases=["CVE-2"])
    assert main(["--register", register.url], TODAY) == 1
    head, worse, other = capsys.readouterr().out.splitlines()
    assert head.endswith(": 2 known faults")
    assert "HIGH, mended in 9.9, due 2026-10-31; CVE-1 CVE-2 GHSA-x PYSEC-2 SNYK-3 About" in worse
    assert "LOW, mended in 8.0" in other and "GHSA-y" in other


@pytest.mark.parametrize("says", [
    (405, b"Method Not Allowed"), (302, b""), (200, b""), (200, b"<html>"), (200, b"{}"), (200, b'{"results":[]}'), (503, b"{}"),
])  # fmt: skip
def test_what_is_no_answer_is_never_taken_for_clean(
    register: Register, capsys: pytest.CaptureFixture[str], says: tuple[int, bytes]
) -> None:
    register.says = says
    assert main(["--register", register.url], TODAY) == 2
    assert capsys.readouterr().out.startswith("NOT ASKED")


def test_a_register_that_knows_nothing_of_what_everybody_knows_or_is_not_there_was_not_asked(
    register: Register, capsys: pytest.CaptureFixture[str]
) -> None:
    register.known.clear()
    assert main(["--register", register.url], TODAY) == 2
    assert f"it knows nothing of {CONTROL}" in capsys.readouterr().out
    assert main(["--register", "http://127.0.0.1:1"], TODAY) == 2
    assert capsys.readouterr().out.startswith("NOT ASKED")


def test_the_times_are_those_that_were_promised() -> None:
    told = (ROOT / "SECURITY.md").read_text("utf-8")
    for row, days in (
        ("retting av det som er kritisk", "CRITICAL"), ("retting av det som er alvorlig", "HIGH"),
        ("retting av resten", "MODERATE"), ("retting av resten", "LOW"), ("what is critical is mended", "CRITICAL"),
        ("what is grave is mended", "HIGH"), ("the rest is mended", "MODERATE"),
    ):  # fmt: skip
        (line,) = (line for line in told.splitlines() if line.startswith(f"| {row}"))
        assert re.search(rf"\b{DAYS[days]} (?:dager|days) \|$", line), row
    assert told.count("`make audit`") == 2
