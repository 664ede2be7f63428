"""Which written Norwegian the one who reads has asked for: bokmål, or nynorsk.

Set for one request by `akson/base/web/speaking.py`, and read wherever words for people are picked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Final

LANGUAGES: Final[Mapping[str, str]] = {"nb": "Bokmål", "nn": "Nynorsk"}  # the first is everybody's who has not chosen
_FIRST: Final = next(iter(LANGUAGES))
_ALIKE: Final = {"no": _FIRST}  # Norwegian without saying which
_RANGE: Final = re.compile(r"\s*([A-Za-z]{1,8})(?:-[\w-]*)?\s*(?:;\s*q=([01](?:\.\d{0,3})?)\s*)?")
_spoken: ContextVar[str] = ContextVar("spoken", default=_FIRST)


def language() -> str:
    """Return the key of LANGUAGES that this is answered in."""
    return _spoken.get()


def speak(chosen: str) -> None:
    """Answer in this language from now on, within this request. chosen: a key of LANGUAGES."""
    _spoken.set(chosen)


def wanted(chosen: str, accepted: str) -> str:
    """Return the language to answer in: what was chosen here, else what the browser asks for first.

    chosen    a key of LANGUAGES; anything else counts for nothing
    accepted  Accept-Language, RFC 9110 section 12.5.4
    """
    if chosen in LANGUAGES:
        return chosen
    weighed: dict[str, float] = {}
    for one in accepted[:1000].split(","):
        if part := _RANGE.fullmatch(one):
            name = _ALIKE.get(part[1].lower(), part[1].lower())
            weighed[name] = max(weighed.get(name, 0), float(part[2] or 1))
    return max((name for name in LANGUAGES if weighed.get(name)), key=lambda name: weighed[name], default=_FIRST)
