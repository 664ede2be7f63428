"""The time zones of a calendar file: by the names the world knows, and by the offsets the file itself gives. Pure.

Source   RFC 5545 3.6.5; IANA time zone database
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import timedelta, timezone, tzinfo
from typing import Final
from zoneinfo import ZoneInfo

from akson.exchange.nodes import OSLO

_OFFSET: Final = re.compile(r"([+-])(\d{2})([0-5]\d)(\d{2})?", re.ASCII)
_NORWAY: Final = {"STANDARD": timedelta(hours=1), "DAYLIGHT": timedelta(hours=2)}
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}", re.ASCII)


def read(lines: Iterable[tuple[str, str, str]]) -> dict[str, tzinfo | None]:
    """Return the zones a file describes, by their name there; None: one whose times nobody can tell.

    lines   name, parameters and value of each
    """
    zones, of, part = dict[str, tzinfo | None](), dict[str, str](), dict[str, str]()
    latest = dict[str, dict[str, str]]()  # the last of each kind
    for name, _, value in lines:
        mark = value.upper()
        if (name, mark) == ("BEGIN", "VTIMEZONE"):
            of, latest = {}, {}
        elif name == "BEGIN":
            part = {}
        elif (name, mark) == ("END", "VTIMEZONE"):
            offsets = {kind: _offset(one.get("TZOFFSETTO", "")) for kind, one in latest.items()}
            zones[of.get("TZID", "")] = _world(of.get("X-LIC-LOCATION", "")) or _told(offsets)
        elif name == "END" and mark in _NORWAY:
            latest[mark] = max(latest.get(mark, part), part, key=lambda one: one.get("DTSTART", ""))
        elif name in ("TZID", "X-LIC-LOCATION"):
            of[name] = value
        else:
            part.setdefault(name, value)
    return zones


def named(name: str, zones: Mapping[str, tzinfo | None]) -> tzinfo | None:
    """Return the zone of a name: the world's, else the file's own, else Norwegian time; None: nobody knows."""
    return _world(name) or zones.get(name, OSLO)


def _world(name: str) -> tzinfo | None:
    """Return a zone of the IANA database, also where a program has put its own path before the name."""
    tail = "/".join(name.split("/")[-2:])
    for each in (name, tail):
        try:
            if _NAME.fullmatch(each):
                return ZoneInfo(each)
        except (OSError, ValueError):
            continue
        except KeyError:  # no such zone
            continue
    return None


def _told(offsets: Mapping[str, timedelta | None]) -> tzinfo | None:
    """Return the zone of these offsets: Norway's own, or one that never changes; None for all others."""
    if offsets == _NORWAY:
        return OSLO
    (offset, *more) = offsets.values() or (None,)
    return timezone(offset) if offset is not None and not more and abs(offset) < timedelta(days=1) else None


def _offset(value: str) -> timedelta | None:
    found = _OFFSET.fullmatch(value)
    if not found:
        return None
    far = timedelta(hours=int(found[2]), minutes=int(found[3]), seconds=int(found[4] or 0))
    return -far if found[1] == "-" else far
