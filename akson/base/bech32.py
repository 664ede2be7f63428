"""Bech32: bytes as letters with a checksum, as keys of age are written (BIP 173, without its limit of length)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

_LETTERS: Final = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_STEPS: Final = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_CHECK: Final = 6  # letters


def encoded(prefix: str, raw: bytes) -> str:
    """Return "prefix1..." in small letters."""
    values = _regrouped(raw, 8, 5, pad=True)
    remainder = _polymod([*_spread(prefix), *values, *[0] * _CHECK]) ^ 1
    check = [remainder >> 5 * (_CHECK - 1 - n) & 31 for n in range(_CHECK)]
    return f"{prefix}1{''.join(_LETTERS[value] for value in [*values, *check])}"


def decoded(text: str) -> tuple[str, bytes]:
    """Return (prefix, bytes); raise ValueError where a letter is wrong."""
    if text not in (text.lower(), text.upper()):
        raise ValueError("large and small letters")
    prefix, one, letters = text.lower().rpartition("1")
    if not one or not prefix or len(letters) < _CHECK or not set(letters) <= set(_LETTERS):
        raise ValueError("not bech32")
    values = [_LETTERS.index(letter) for letter in letters]
    if _polymod([*_spread(prefix), *values]) != 1:
        raise ValueError("a letter is wrong")
    return prefix, bytes(_regrouped(values[:-_CHECK], 5, 8, pad=False))


def _spread(prefix: str) -> list[int]:
    return [*(ord(sign) >> 5 for sign in prefix), 0, *(ord(sign) & 31 for sign in prefix)]


def _polymod(values: Iterable[int]) -> int:
    check = 1
    for value in values:
        top, check = check >> 25, (check & 0x1FFFFFF) << 5 ^ value
        for n, step in enumerate(_STEPS):
            check ^= step if top >> n & 1 else 0
    return check


def _regrouped(values: Iterable[int], from_: int, to: int, *, pad: bool) -> list[int]:
    """Return the same bits in groups of another size; raise ValueError where bits are left over."""
    held = bits = 0
    found = []
    for value in values:
        held, bits = held << from_ | value, bits + from_
        while bits >= to:
            bits -= to
            found.append(held >> bits & (1 << to) - 1)
        held &= (1 << bits) - 1
    if pad and bits:
        found.append(held << to - bits & (1 << to) - 1)
    elif not pad and (bits >= from_ or held):
        raise ValueError("bits left over")
    return found
