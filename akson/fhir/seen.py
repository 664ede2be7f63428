"""Gives types of strings that decoding asks by C code alone (`operator.getitem` as the decoder's hook).

Such a type stands in a msgspec struct in place of `str`. Of strings that come again and again (systems, codes,
references) only one not seen lately is looked at by `fault`: what is kept is bounded, and tells nothing but that a
string is well-formed. Others are held to an expression each time, which costs a fifth less than by msgspec's own
`Meta(pattern=...)`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

MOST: Final = 8192  # strings kept of each type
LONGEST: Final = 160  # signs of a string that is kept


class Text(str):
    """A string that was found to be well-formed."""

    __slots__ = ()


class _Seen(dict[str, Text]):
    """The well-formed strings of one type, as that type."""

    def __init__(self, kind: type[Text], fault: Callable[[str], object]) -> None:
        super().__init__()
        self._kind = kind
        self._fault = fault

    def __missing__(self, text: str) -> Text:
        if text.__class__ is not str or self._fault(text):
            raise ValueError("faulty")
        found = self._kind(text)
        if len(text) <= LONGEST:
            if len(self) >= MOST:
                self.clear()
            self[text] = found
        return found


def seen(name: str, fault: Callable[[str], object]) -> type[Text]:
    """Return a type of strings for which `fault` says nothing; `kind[text]` returns the text, or raises ValueError."""
    kind = type(name, (Text,), {"__slots__": ()})
    kind.__class_getitem__ = _Seen(kind, fault).__getitem__  # type: ignore[attr-defined]
    return kind


class _Shaped(type):
    """Types whose instances, as msgspec asks for them, are what an expression found: a match is one, None is not."""

    __instancecheck__ = bool


def shaped(name: str, pattern: str) -> type:
    """Return a type of strings that are wholly as `pattern` says; it stands for them, and nothing is made of it."""
    return _Shaped(name, (), {"__class_getitem__": re.compile(pattern).fullmatch})
