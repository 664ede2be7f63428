"""Cuts a FHIRPath expression into tokens (hl7.org/fhirpath/N1/grammar.html)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from akson.fhir.fhirpath.errors import FhirPathError

LONGEST: Final = 64 * 1024  # signs in an expression
_CLOCK = r"[0-9]{2}(?::[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?)?"
_TOKEN = re.compile(
    rf"""
    (?P<skip>\s+|//[^\r\n]*|/\*.*?\*/)
  | (?P<time>@T{_CLOCK})
  | (?P<datetime>@[0-9]{{4}}(?:-[0-9]{{2}}(?:-[0-9]{{2}})?)?T(?:{_CLOCK}(?:Z|[+-][0-9]{{2}}:[0-9]{{2}})?)?)
  | (?P<date>@[0-9]{{4}}(?:-[0-9]{{2}}(?:-[0-9]{{2}})?)?)
  | (?P<number>[0-9]+(?:\.[0-9]+)?)
  | (?P<string>'(?:[^'\\]|\\.)*')
  | (?P<quoted>`(?:[^`\\]|\\.)*`)
  | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
  | (?P<external>%(?:(?:vs|ext)-[A-Za-z0-9-]+|[A-Za-z_][A-Za-z0-9_]*|`(?:[^`\\]|\\.)*`|'(?:[^'\\]|\\.)*'))
  | (?P<special>\$(?:this|index|total)\b)
  | (?P<sign><=|>=|!=|!~|[-+*/&|=<>~.,()\[\]{{}}])
    """,
    re.X | re.S,
)
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|(.))", re.S)
_PLAIN = {"f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_KEPT = set("'\"`\\/")


@dataclass(frozen=True, slots=True)
class Token:
    """A token: its kind (a group of the pattern, or "end"), its meaning, where it begins."""

    kind: str
    text: str
    at: int


def tokens(expression: str) -> list[Token]:
    """Return the tokens of `expression`, "end" last. Raises FhirPathError."""
    if len(expression) > LONGEST:
        raise FhirPathError(f"an expression has at most {LONGEST} signs", kind="syntax")
    found, end = [], 0
    while end < len(expression):
        token = _TOKEN.match(expression, end)
        if not token:
            raise FhirPathError(_told(expression, end), kind="syntax", at=end)
        kind = str(token.lastgroup)
        if kind != "skip":
            found.append(Token(kind, _meaning(kind, token[0], end), end))
        end = token.end()
    return [*found, Token("end", "", end)]


def _told(expression: str, at: int) -> str:
    if expression.startswith("/*", at):
        return "the comment does not end"
    if expression[at] in "'`":
        return "the text in quotes does not end"
    return f"{expression[at]!r} is not understood"


def _meaning(kind: str, text: str, at: int) -> str:
    if kind in {"string", "quoted"}:
        return unescape(text[1:-1], at)
    if kind == "external" and text[1] in "`'":
        return unescape(text[2:-1], at)
    return text[1:] if kind in {"external", "special", "date", "datetime", "time"} else text


def unescape(text: str, at: int | None = None) -> str:
    """Return `text` with its escapes carried out. Raises FhirPathError for one that FHIRPath does not know."""
    if "\\" not in text:
        return text

    def one(escape: re.Match[str]) -> str:
        if escape[1]:
            return chr(int(escape[1], 16))
        if escape[2] in _PLAIN or escape[2] in _KEPT:
            return _PLAIN.get(escape[2], escape[2])
        if escape[2] in ".[](){}*+?^$|-wWsSdDbB":  # R4's own invariants escape regular expressions once only
            return escape[0]
        raise FhirPathError(f"{escape[0]} is not an escape of FHIRPath", kind="syntax", at=at)

    return _ESCAPE.sub(one, text)
