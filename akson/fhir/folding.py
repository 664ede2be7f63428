"""Folds text for searching: letter size and accents do not count, but æ, ø and å are letters of their own."""

from __future__ import annotations

import unicodedata

_OWN_LETTERS = frozenset("æøå")
_NOT_COMPOSED = {"đ": "d", "ð": "d", "ŧ": "t", "ł": "l", "ŋ": "n", "ı": "i", "þ": "th", "œ": "oe"}


class _Folded(dict[int, str]):
    """What each letter becomes; found out when first met."""

    def __missing__(self, code: int) -> str:
        letter = chr(code)
        if letter in _OWN_LETTERS:
            folded = letter
        else:
            bare = "".join(c for c in unicodedata.normalize("NFKD", letter) if not unicodedata.combining(c))
            folded = _NOT_COMPOSED.get(bare, bare)
        self[code] = folded
        return folded


_folded = _Folded()


def normalise(text: str) -> str:
    """Return `text` as it is searched: small letters, no accents, single blanks.

    "Ånund  Élise" gives "ånund elise": å is not a.
    """
    if not text.isascii():
        text = unicodedata.normalize("NFC", text.casefold()).translate(_folded)
    return " ".join(text.lower().split())


_LAST_LETTERS = str.maketrans("æøå", "{|}")  # the signs after z


def in_order(folded: str) -> str:
    """Return normalised text so that it orders by code points as Norwegian does: ... z, æ, ø, å."""
    return folded.translate(_LAST_LETTERS)
