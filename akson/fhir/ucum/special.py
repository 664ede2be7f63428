"""Units on a scale of their own: a function, not a factor, leads from them to a proper unit (UCUM §21-22, §30 ff.)."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction
from typing import Final

Function = Callable[[Fraction], Fraction]

_EXACTLY: Final = Context(prec=40)
_FARTHEST: Final = 400  # powers beyond 10^400 measure nothing


@dataclass(frozen=True, slots=True)
class Scale:
    """A scale: `to` gives the value in `unit`, `back` the value on the scale. Both raise ValueError outside it."""

    to: Function
    back: Function
    unit: str
    metric: bool = False


def _shifted(by: str, times: Fraction = Fraction(1)) -> tuple[Function, Function]:
    zero = Fraction(by)
    return lambda x: (x + zero) * times, lambda y: y / times - zero


def _logarithm(base: Decimal, times: int = 1) -> tuple[Function, Function]:
    """Return the functions of a scale that grows by `times` when the thing measured grows `base`-fold."""
    size = base.ln(_EXACTLY)

    def to(x: Fraction) -> Fraction:
        power = _EXACTLY.multiply(_decimal(x / times), size)
        if abs(power) > _FARTHEST:
            raise ValueError("outside the scale")
        return Fraction(power.exp(_EXACTLY))

    def back(y: Fraction) -> Fraction:
        if y <= 0:
            raise ValueError("outside the scale")
        return Fraction(_EXACTLY.divide(_decimal(y).ln(_EXACTLY), size)) * times

    return to, back


def _decimal(x: Fraction) -> Decimal:
    return _EXACTLY.divide(Decimal(x.numerator), Decimal(x.denominator))


def _root(y: Fraction) -> Fraction:
    if y < 0:
        raise ValueError("outside the scale")
    return Fraction(_decimal(y).sqrt(_EXACTLY))


_E: Final = Decimal(1).exp(_EXACTLY)
_TEN: Final = Decimal(10)
_TANGENT: Final = (
    lambda x: Fraction(math.atan(float(x) / 100)),
    lambda y: Fraction(math.tan(float(y)) * 100),
)

SCALES: Final[dict[str, Scale]] = {
    "Cel": Scale(*_shifted("273.15"), "K", metric=True),
    "[degF]": Scale(*_shifted("459.67", Fraction(5, 9)), "K"),
    "[degRe]": Scale(*_shifted("218.52", Fraction(5, 4)), "K"),
    "[p'diop]": Scale(*_TANGENT, "rad"),
    "%[slope]": Scale(*_TANGENT, "rad"),
    "[hp'_X]": Scale(*_logarithm(_TEN, -1), "1"),
    "[hp'_C]": Scale(*_logarithm(Decimal(100), -1), "1"),
    "[hp'_M]": Scale(*_logarithm(Decimal(1000), -1), "1"),
    "[hp'_Q]": Scale(*_logarithm(Decimal(50000), -1), "1"),
    "[pH]": Scale(*_logarithm(_TEN, -1), "mol/l"),
    "Np": Scale(*_logarithm(_E), "1", metric=True),
    "B": Scale(*_logarithm(_TEN), "1", metric=True),
    "B[SPL]": Scale(*_logarithm(_TEN, 2), "2.10*-5.Pa", metric=True),
    "B[V]": Scale(*_logarithm(_TEN, 2), "V", metric=True),
    "B[mV]": Scale(*_logarithm(_TEN, 2), "mV", metric=True),
    "B[uV]": Scale(*_logarithm(_TEN, 2), "uV", metric=True),
    "B[10.nV]": Scale(*_logarithm(_TEN, 2), "10.nV", metric=True),
    "B[W]": Scale(*_logarithm(_TEN), "W", metric=True),
    "B[kW]": Scale(*_logarithm(_TEN), "kW", metric=True),
    "[m/s2/Hz^(1/2)]": Scale(lambda x: x * x, _root, "m2/s4/Hz"),
    "bit_s": Scale(*_logarithm(Decimal(2)), "1"),
}
