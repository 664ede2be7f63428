"""One line from the bar of the overview: measurements or a task, as people write them in a hurry. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

_NUMBER: Final = r"(\d{1,3}(?:[.,]\d)?)"
_MEASURE: Final = re.compile(
    rf"(?P<bt>bt)\s*(\d{{2,3}})\s*/\s*(\d{{2,3}})|(?P<name>puls|p|temp|t|spo2|sat|resp|rf|vekt)\s*{_NUMBER}",
    re.IGNORECASE,
)
_NAMES: Final[Mapping[str, str]] = {
    "p": "puls", "puls": "puls", "t": "temp", "temp": "temp", "spo2": "spo2", "sat": "spo2", "rf": "resp",
    "resp": "resp", "vekt": "vekt",
}  # fmt: skip
_NB: Final = ("mandag", "tirsdag", "onsdag", "torsdag", "fredag", "lørdag", "søndag")
_NN: Final = ("måndag", "tysdag", "onsdag", "torsdag", "fredag", "laurdag", "sundag")
_DAYS: Final = {name: place for names in (_NB, _NN) for place, name in enumerate(names)}
_TASK: Final = re.compile(r"oppg[aå]ve\s+(.+)", re.IGNORECASE | re.DOTALL)
_WHEN: Final = re.compile(
    rf"\s+(i dag|i morg[eo]n|(?:på\s+)?(?:{'|'.join(_DAYS)})|\d{{1,2}}\.\d{{1,2}}\.?)$", re.IGNORECASE
)


@dataclass(frozen=True, kw_only=True)
class Task:
    """A task for the writer: what, and by the end of which day."""

    text: str
    day: date | None


def read(line: str, today: date) -> Mapping[str, Decimal | str] | Task | None:
    """Return what a line says: measurements by name of advice/vitals/kinds.py, a task, or None when it says neither.

    read("bt 128/74 p 72", today)              {"sys": 128, "dia": 74, "puls": 72}
    read("oppgave ring datter fredag", today)  Task("ring datter", the next Friday)
    """
    if told := _TASK.match(line.strip()):
        return _task(told[1].strip(), today)
    rest, values = line, dict[str, Decimal | str]()
    for found in _MEASURE.finditer(line):
        rest = rest.replace(found[0], "", 1)
        if found["bt"]:
            values |= {"sys": Decimal(found[2]), "dia": Decimal(found[3])}
        else:
            values[_NAMES[found["name"].lower()]] = Decimal(found[5].replace(",", "."))
    return values if values and not rest.strip(" ,.;·") else None


def _task(text: str, today: date) -> Task:
    """Return the task; the last words are its day when they name one."""
    when = _WHEN.search(text)
    day = _day(when[1].lower().removeprefix("på").strip(), today) if when else None
    what = text[: when.start()] if when and day else text
    return Task(text=what[:1].upper() + what[1:], day=day)


def _day(word: str, today: date) -> date | None:
    if word in ("i dag", "i morgen", "i morgon"):
        return today + timedelta(days=word != "i dag")
    if word in _DAYS:
        return today + timedelta(days=(_DAYS[word] - today.weekday() - 1) % 7 + 1)
    number, _, month = word.strip(".").partition(".")
    try:
        day = date(today.year, int(month), int(number))
    except ValueError:
        return None
    return day if day >= today else day.replace(year=today.year + 1)
