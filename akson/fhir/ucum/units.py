"""Reads UCUM unit expressions: which base units they are made of, and how many.

Grammar: UCUM §2-§12, case sensitive. An arbitrary unit ([iU]) is a dimension of its own: it can be converted into
nothing else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final

from akson.fhir.ucum.special import SCALES, Scale

BASE: Final = ("m", "s", "g", "rad", "K", "C", "cd")
LONGEST: Final = 256  # signs in an expression
_BIGGEST: Final = 308  # of the powers of ten
_TOKEN = re.compile(
    r"(?P<symbol>(?:10[*^]|(?:[!#-'*,:-<>-Z\\^-z|~]|\[[!-Z\\^-z|~]+\])+))(?P<exponent>[+-]?[0-9]+)?"
    r"|(?P<number>[0-9]+)|\{(?P<note>[!-z|~]*)\}|(?P<sign>[./()])"
)


class NotUcum(ValueError):
    """The text is not a unit of UCUM; the message says where and why."""


@dataclass(frozen=True, slots=True)
class Unit:
    """What a unit expression means: `factor` times the base units to their powers, or a value on a `scale`.

    powers   by base unit or arbitrary unit; none is 0
    scale    for a unit like Cel: the value times `factor` is what the scale's function takes
    mixed    a unit with a scale stands among others, which means nothing that can be computed
    """

    factor: Fraction = Fraction(1)
    powers: Mapping[str, int] = field(default_factory=dict)
    scale: Scale | None = None
    mixed: bool = False

    def times(self, other: Unit, sign: int) -> Unit:
        """Return the product (sign 1) or the quotient (sign -1)."""
        if self.scale and not other.powers and not other.scale:
            return replace(self, factor=self.factor * _power(other.factor, sign))
        if other.scale and sign > 0 and not self.powers and not self.scale:
            return replace(other, factor=self.factor * other.factor)
        powers = dict(self.powers)
        for name, power in other.powers.items():
            powers[name] = powers.get(name, 0) + sign * power
        return Unit(
            factor=_bounded(self.factor * _power(other.factor, sign)),
            powers={name: power for name, power in powers.items() if power},
            mixed=bool(self.scale or other.scale or self.mixed or other.mixed),
        )

    def to_the(self, exponent: int) -> Unit:
        if exponent == 1:
            return self
        powers = {name: power * exponent for name, power in self.powers.items() if exponent}
        return Unit(_power(self.factor, exponent), powers, mixed=bool(self.scale or self.mixed))

    @property
    def code(self) -> str:
        """Return the base units to their powers as UCUM writes them, in alphabetical order; "1" for none."""
        return ".".join(n + (str(p) if p != 1 else "") for n, p in sorted(self.powers.items())) or "1"


def _power(factor: Fraction, exponent: int) -> Fraction:
    size = abs(factor.numerator.bit_length() - factor.denominator.bit_length()) * abs(exponent)
    if size > _BIGGEST * 4 or factor.denominator.bit_length() * abs(exponent) > _BIGGEST * 40:
        raise NotUcum("the unit is out of range")
    return factor**exponent


def _bounded(factor: Fraction) -> Fraction:
    if max(factor.numerator.bit_length(), factor.denominator.bit_length()) > _BIGGEST * 40:
        raise NotUcum("the unit is out of range")
    return factor


@lru_cache(maxsize=4096)
def unit(expression: str) -> Unit:
    """Return what `expression` means. Raises NotUcum."""
    if not 0 < len(expression) <= LONGEST:
        raise NotUcum("a unit has between 1 and 256 signs")
    return _Reader(expression).main()


class _Reader:
    """Reads one expression from left to right."""

    def __init__(self, expression: str) -> None:
        self.tokens = _tokens(expression)
        self.next = next(self.tokens, None)

    def main(self) -> Unit:
        found = self.term()
        if self.next:
            raise self.wrong(self.next)
        return found

    def wrong(self, token: re.Match[str] | None) -> NotUcum:
        return NotUcum(f"{token[0]!r} is out of place at {token.start()}" if token else "the unit ends too soon")

    def take(self) -> re.Match[str]:
        token = self.next
        if token is None:
            raise self.wrong(token)
        self.next = next(self.tokens, None)
        return token

    def sign(self) -> str:
        return (self.next["sign"] or "") if self.next else ""

    def term(self) -> Unit:
        """Read components with "." and "/" between them, from left to right; "/" may also stand first."""
        found = Unit() if self.sign() == "/" else self.component()
        while self.sign() in {".", "/"}:
            way = -1 if self.take()["sign"] == "/" else 1
            found = found.times(self.component(), way)
        return found

    def component(self) -> Unit:
        token = self.take()
        if token["sign"] == "(":
            found = self.term()
            if self.sign() != ")":
                raise self.wrong(self.next)
            self.take()
            return found
        if token["note"] is not None:
            return Unit()
        if token["sign"]:
            raise self.wrong(token)
        if token["number"]:
            found = Unit(Fraction(int(token["number"])))
        else:
            found = symbol(token["symbol"]).to_the(int(token["exponent"] or 1))
        if self.next and self.next["note"] is not None:
            self.take()
        return found


def _tokens(expression: str) -> Iterator[re.Match[str]]:
    end = 0
    for token in _TOKEN.finditer(expression):
        if token.start() != end:
            break
        yield token
        end = token.end()
    if end != len(expression):
        raise NotUcum(f"{expression[end]!r} is not understood at {end}")


@lru_cache(maxsize=4096)
def symbol(code: str) -> Unit:
    """Return the unit of one symbol, with or without a prefix. Raises NotUcum."""
    known = atom(code)
    if known:
        return known
    for length in (2, 1):
        prefix, rest = _table()["prefixes"].get(code[:length]), code[length:]
        if prefix and takes_prefix(rest) and (inner := atom(rest)):
            return replace(inner, factor=Fraction(prefix) * inner.factor)
    raise NotUcum(f"UCUM has no unit {code!r}")


@cache
def _table() -> dict[str, Any]:
    table: dict[str, Any] = json.loads(Path(__file__).with_name("units.json").read_text("utf-8"))
    return table | {"units": {row[0]: row for row in table["units"]}}


def takes_prefix(code: str) -> bool:
    """Tell whether a prefix may stand before the unit (it is "metric")."""
    if code in BASE:
        return True
    return SCALES[code].metric if code in SCALES else bool(code in _table()["units"] and _table()["units"][code][1])


@lru_cache(maxsize=1024)
def atom(code: str) -> Unit | None:
    """Return the unit of a symbol without a prefix; None when UCUM has none."""
    if code in BASE:
        return Unit(powers={code: 1})
    if code in SCALES:
        return Unit(scale=SCALES[code])
    if code not in _table()["units"]:
        return None
    _, _, arbitrary, number, definition = _table()["units"][code]
    if arbitrary and definition == "1":
        return Unit(powers={code: 1})
    return Unit(Fraction(number)).times(unit(definition), 1)
