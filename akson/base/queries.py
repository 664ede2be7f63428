"""SQL stands in `queries.sql` beside the code that uses it; this reads it.

A query begins with `-- name: its_name`; the comment lines below say what it does, takes and gives.
"""

from __future__ import annotations

import re
from pathlib import Path

_HEAD = re.compile(r"^-- name: (\w+)\s*$", re.MULTILINE)


class Queries:
    """The named queries of one file, as attributes."""

    def __init__(self, path: Path) -> None:
        parts = _HEAD.split(path.read_text("utf-8"))
        self._texts = {name: _bare(text) for name, text in zip(parts[1::2], parts[2::2], strict=True)}
        self._path = path
        self.__dict__.update(self._texts)  # found at once: they are asked for at each read

    def __getattr__(self, name: str) -> str:
        raise AttributeError(f"no query {name} in {self._path.name}")

    @property
    def names(self) -> list[str]:
        return list(self._texts)


def queries(beside: str, name: str = "queries.sql") -> Queries:
    """Return the queries of the file `name` in the folder of the module file `beside`.

    queries(__file__).latest_of_kind is the text of that query.
    """
    return Queries(Path(beside).with_name(name))


def _bare(text: str) -> str:
    """Return `text` without its comment lines, so that the server's statistics show the statement alone."""
    lines = (line for line in text.splitlines() if not line.lstrip().startswith("--"))
    return "\n".join(lines).strip().removesuffix(";")
