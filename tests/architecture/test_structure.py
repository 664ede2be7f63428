"""The building as drawn: what may import what, where SQL stands, how actions, screens and refusals look."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest

from akson.base.errors import catalogue
from akson.doors.logs import FIELDS
from tests.architecture.source import ROOT, Source, product, sources

SQL = re.compile(
    r"^\s*(select\s.+\sfrom\s|insert\s+into\s|update\s+\w+\s+set\s|delete\s+from\s|with\s+\w+\s+as\s*\()", re.I | re.S
)
CODE = re.compile(r"AK-[A-Z]\d{3}")


def test_imports_only_go_down_the_floors() -> None:
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"]
    done = subprocess.run([*command, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_sql_stands_in_sql_files() -> None:
    found = [
        f"{source.name}:{text.lineno}" for source in product() for text in source.texts() if SQL.match(str(text.value))
    ]
    assert not found


def test_what_is_said_beside_a_line_of_the_log_stands_in_it() -> None:
    said = {
        key.value
        for source in product()
        for call in ast.walk(source.tree)
        if isinstance(call, ast.keyword) and call.arg == "extra" and isinstance(call.value, ast.Dict)
        for key in call.value.keys
        if isinstance(key, ast.Constant)
    }
    assert said - {*FIELDS} == {"entry"}  # an id that another system may have chosen: it could tell of somebody


@pytest.mark.parametrize("text", ["select 1 from owner", "\n  INSERT INTO x VALUES", "with a as (", "update x set y=1"])
def test_sql_is_recognised(text: str) -> None:
    assert SQL.match(text)


def test_every_action_starts_with_work() -> None:
    wrong = [
        f"{source.name}:{function.lineno} {function.name}"
        for source in product()
        if source.name.endswith("/actions.py")
        for function in source.tree.body
        if isinstance(function, ast.AsyncFunctionDef) and not function.name.startswith("_")
        if not function.args.args or ast.unparse(function.args.args[0]) != "work: Work"
    ]
    assert not wrong


def test_every_screen_names_what_it_needs() -> None:
    wrong = [place for source in product() for place, needs in _screens(source) if needs in (None, "''", '""')]
    assert not wrong


def _screens(source: Source) -> Iterator[tuple[str, str | None]]:
    """Yield each registered screen of `source` and the expression it gives for `needs`."""
    for function in source.functions():
        for mark in function.decorator_list:
            if isinstance(mark, ast.Call) and isinstance(mark.func, ast.Attribute) and mark.func.attr == "screen":
                given = {part.arg: ast.unparse(part.value) for part in mark.keywords}
                yield f"{source.name}:{function.lineno}", given.get("needs")


def test_every_refusal_is_in_the_catalogue() -> None:
    used = {code for source in sources() for text in source.texts() for code in CODE.findall(str(text.value))}
    assert used <= catalogue().keys()


def test_every_query_is_named_once_and_used() -> None:
    text = {folder: "\n".join(s.text for s in product() if s.name.startswith(folder)) for folder in _folders()}
    for file in (ROOT / "akson").rglob("*.sql"):
        names = re.findall(r"^-- name: (\w+)\s*$", file.read_text("utf-8"), re.M)
        assert len(names) == len(set(names)), file.name
        used = text[str(file.parent.relative_to(ROOT))]
        assert not [name for name in names if not _is_used(name, used)], f"unused in {file.name}"


def _is_used(name: str, text: str) -> bool:
    """Tell whether a query is named, whole or put together: f"range_{prefix}" names range_eq."""
    begins = [name[: place.end()] for place in re.finditer("_", name)]
    return bool(re.search(rf"\b{name}\b", text)) or any(f'"{begin}{{' in text for begin in begins)


def _folders() -> set[str]:
    return {str(file.parent.relative_to(ROOT)) for file in (ROOT / "akson").rglob("*.sql")}


# Who may name the journal's tables besides akson/record, and which.
READERS = {
    "akson/audit/verify.sql": {
        "owner",
        "resource",
        "resource_version",
        "chain",
        "erasure",
        "fact",
    },  # proves, apart from the writers
    "akson/doors/drill.sql": {"chain", "resource_version"},  # compares two databases, on either side of a restore
    "akson/base/jobs.sql": {"news", "job"},  # delivers what the journal told
}


def test_only_the_journal_touches_its_tables() -> None:
    tables = set(re.findall(r"^CREATE TABLE (\w+)", (ROOT / "migrations/0001_journal.sql").read_text("utf-8"), re.M))
    assert {"resource", "resource_version", "fact"} <= tables
    wrong = {}
    for file in (ROOT / "akson").rglob("*.sql"):
        name = str(file.relative_to(ROOT))
        if not name.startswith("akson/record/"):
            used = set(re.findall(r"\b(?:FROM|JOIN|INTO|UPDATE)\s+(\w+)", file.read_text("utf-8"), re.I))
            wrong[name] = used & tables - READERS.get(name, set())
    assert not any(wrong.values()), wrong
