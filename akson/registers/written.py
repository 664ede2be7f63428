"""National numbers in a text that nobody could read, however they are written there. Pure."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from typing import Final

from akson.base.errors import Refused
from akson.registers.identifiers import FIRST_WEIGHTS, SECOND_WEIGHTS, Fnr

_LENGTH: Final = len(SECOND_WEIGHTS)
_APART: Final = re.compile(r"[^\W_0-9]+|[\W_]{4,}")  # letters, or too much else, between two digits of one number
_BETWEEN: Final = re.compile(r"[\W_]+")
_MODULUS: Final = 11
_TIMES: Final = {
    weight: bytes((int(chr(sign)) if chr(sign) in "0123456789" else 0) * weight % _MODULUS for sign in range(256))
    for weight in {*FIRST_WEIGHTS, *SECOND_WEIGHTS}
}
_REST: Final = bytes(total % _MODULUS for total in range(256))


def numbers_in(text: str) -> list[Fnr]:
    """Return the numbers of persons in a text: eleven digits, with up to three signs that are no letters between two.

    Also those within more digits, and with character references; each once. A megabyte takes a moment, digits or not.
    """
    parts = (part for part in _APART.split(html.unescape(text)) if len(part) >= _LENGTH)
    likely = {number for part in parts for number in _among(_BETWEEN.sub("", part))}
    return [fnr for number in sorted(likely) if (fnr := _number(number))]


def _among(digits: str) -> Iterator[str]:
    """Yield what has the check digits of a number: they weed out most, at a hundredth of the time that Fnr takes."""
    if len(digits) < _LENGTH:
        return
    first, second = _remainders(digits, FIRST_WEIGHTS), _remainders(digits, SECOND_WEIGHTS)
    for at, rests in enumerate(zip(first, second, strict=True)):
        if rests[0] <= 3 and rests[1] == 0:
            yield digits[at : at + _LENGTH]


def _number(written: str) -> Fnr | None:
    try:
        return Fnr(written)
    except Refused:
        return None


def _remainders(digits: str, weights: Sequence[int]) -> bytes:
    """Return the remainder of the number that begins at each place, a byte each: added at once, as large numbers."""
    signs, places = digits.encode(), len(digits) - _LENGTH + 1
    weighted = (signs[at : at + places].translate(_TIMES[weight]) for at, weight in enumerate(weights))
    return sum(map(int.from_bytes, weighted)).to_bytes(places).translate(_REST)
