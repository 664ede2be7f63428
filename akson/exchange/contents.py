"""What a message must pass before it leaves: it says something, to the end, about the right person. Pure.

Source   national guidance for electronic messages: no blank messages, the sender checks what the receiver will see
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from akson.base.errors import Refused
from akson.exchange.telling import Told
from akson.registers.identifiers import Fnr

_NUMBER: Final = re.compile(r"(?<!\d)(\d{6})[ .]?(\d{5})(?!\d)")
_GAP: Final = re.compile(r"\[[a-zæøå][a-zæøå ]{1,40}\]|_{3,}|…{2,}|\.{5,}", re.IGNORECASE)  # "[dato]", "____"


def check(text: str, patient: str) -> None:
    """Refuse a text that must not be sent about the person with national number `patient`.

    Raises   Refused AK-X007 it names another person, AK-X008 a template was not filled in
    """
    if any(number != patient for number in _national_numbers(text)):
        raise Refused("AK-X007", path="tekst")
    if gap := _GAP.search(text):
        raise Refused("AK-X008", path="tekst", gap=gap[0][:42])


def check_arrival(told: Told, text: str) -> None:
    """Refuse a message whose receiver would not read all of `text`. Raises Refused AK-X009."""
    arrived = _letters("\n".join(told.paragraphs))
    if any(_letters(line) not in arrived for line in text.splitlines()):
        raise Refused("AK-X009", path="tekst")


def _national_numbers(text: str) -> Iterator[str]:
    """Yield what can be a national number; eleven digits that break the rules are something else."""
    for found in _NUMBER.finditer(text):
        try:
            yield Fnr(found[1] + found[2]).value
        except Refused:
            continue


def _letters(text: str) -> str:
    """Return the text without white space and unseen characters: these change on the way."""
    return "".join(letter for letter in text if letter.isprintable() and not letter.isspace())
