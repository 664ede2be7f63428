"""Two kinds of failure: `Refused`, which its reader can act on, and bugs.

Texts, HTTP status and FHIR issue code of every refusal stand in errors.toml; a code is retired, never reused.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from akson.base.languages import language


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What the catalogue says of one refusal."""

    code: str
    status: int  # HTTP
    issue: str  # FHIR issue type, hl7.org/fhir/R4/valueset-issue-type.html
    nb: str  # for people, bokmål
    nn: str  # and nynorsk
    en: str  # for machines' logs and developers; no personal data


@cache
def catalogue() -> Mapping[str, Entry]:
    """Return every refusal there is, by code."""
    raw = tomllib.loads((Path(__file__).parent / "errors.toml").read_text("utf-8"))
    return {code: Entry(code=code, **entry) for code, entry in raw.items()}


class Refused(Exception):
    """The request cannot be carried out, and the one who asked can do something about it.

    code     a key of errors.toml, e.g. "AK-J004"
    path     FHIRPath or form field where the fault is, if it has a place
    detail   English; may be shown to the sender, never logged (it may quote what was sent)
    values   filled into the catalogue's texts
    """

    def __init__(self, code: str, *, path: str | None = None, detail: str | None = None, **values: object) -> None:
        self.entry = catalogue()[code]
        self.code = code
        self.path = path
        self.detail = detail
        self.values = values
        super().__init__(code)

    @property
    def status(self) -> int:
        return self.entry.status

    @property
    def text(self) -> str:
        """Return the Norwegian sentence for people."""
        sentence = self.entry.nn if language() == "nn" else self.entry.nb
        return sentence.format(**self.values)

    @property
    def diagnostics(self) -> str:
        """Return the English sentence for developers."""
        told = self.entry.en.format(**self.values)
        return f"{told}: {self.detail}" if self.detail else told
