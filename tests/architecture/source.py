"""The product's own Python files, parsed once, for the tests that count and compare."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Source:
    """One Python file of the package."""

    name: str  # from the repository's root
    text: str
    tree: ast.Module

    def functions(self) -> Iterator[Function]:
        return (node for node in ast.walk(self.tree) if isinstance(node, Function))

    def texts(self) -> Iterator[ast.Constant]:
        """Yield every string that is not a docstring."""
        said = {id(node.value) for node in ast.walk(self.tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
                yield node


@cache
def sources() -> list[Source]:
    """Return the files of akson/ and peers/ and bench/."""
    found = sorted(file for part in ("akson", "peers", "bench") for file in (ROOT / part).rglob("*.py"))
    texts = [(file, file.read_text("utf-8")) for file in found]
    return [Source(str(file.relative_to(ROOT)), text, ast.parse(text)) for file, text in texts]


@cache
def product() -> list[Source]:
    """Return the files of the package akson."""
    return [source for source in sources() if source.name.startswith("akson/")]


@cache
def tracked() -> list[Path]:
    """Return the files that are, or are about to be, in version control."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [path for name in listed.split("\0") if name and (path := ROOT / name).is_file()]
