"""Every text a person reads, by key. A feature's texts stand in `nb.toml` in its folder; all are one catalogue.

The same in nynorsk stands in `nn.toml` beside it. Which is shown, the one who reads has chosen (base/languages.py).

    [overview]
    since = "Siden sist"
    items = { one = "1 opplysning", many = "{count} opplysninger" }

`t("overview.since")` and `t("overview.items", count=3)`. A key that stands in two files is an error at start.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from markupsafe import Markup, escape

from akson.base.languages import LANGUAGES, language

HOME = Path(__file__).resolve().parents[2]  # the package akson: features live anywhere below it


Texts = Mapping[str, str | Mapping[str, str]]


class Messages:
    """The catalogue, in every language."""

    def __init__(self, texts: Texts, others: Mapping[str, Texts] | None = None) -> None:
        """Take the texts in bokmål, and the same in other languages by what those are called in LANGUAGES."""
        self._texts = texts
        self._others = others or {}

    @classmethod
    def read(cls, home: Path = HOME) -> Messages:
        """Gather the catalogue from every `nb.toml` below `home`, and every `nn.toml`."""
        first, *others = LANGUAGES
        return cls(_gathered(home, first), {language: _gathered(home, language) for language in others})

    @property
    def keys(self) -> frozenset[str]:
        return frozenset(self._texts)

    def __contains__(self, key: str) -> bool:
        return key in self._texts

    def plain(self, key: str, **values: object) -> str:
        """Return the text as it is, for what is not HTML."""
        return self._pick(key, values).format(**values)

    def __call__(self, key: str, **values: object) -> Markup:
        """Return the text for HTML: everything escaped, but Markup among `values` kept."""
        return Markup(escape(self._pick(key, values))).format(**values)

    def _pick(self, key: str, values: Mapping[str, object]) -> str:
        text = self._others.get(language(), self._texts)[key]
        if isinstance(text, str):
            return text
        return text["one" if values["count"] == 1 else "many"]


@cache
def texts() -> Messages:
    """Return the catalogue, read once: for presenters, whose values are finished text."""
    return Messages.read()


def _gathered(home: Path, language: str) -> Texts:
    found: dict[str, str | Mapping[str, str]] = {}
    for file in sorted(home.rglob(f"{language}.toml")):
        for key, text in _flat(tomllib.loads(file.read_text("utf-8"))):
            if key in found:
                raise ValueError(f"{key} in {file.relative_to(home)} has a text already")
            found[key] = text
    return found


def _flat(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str | Mapping[str, str]]]:
    for name, value in table.items():
        if isinstance(value, str) or set(value) == {"one", "many"}:
            yield prefix + name, value
        else:
            yield from _flat(value, f"{prefix}{name}.")
