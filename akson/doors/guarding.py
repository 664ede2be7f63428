"""What the guard asks about the wires to database and scanner: can others read them, or answer in their place?"""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit

from akson.base.clamd import Scanner
from akson.signin.sessions import LOOPBACK

_CERTAIN: Final = frozenset({"verify-full", "verify-ca"})


def is_open(database_url: str) -> bool:
    """Say whether the database is on another machine and its certificate is not verified."""
    parts = urlsplit(database_url)
    asked = parse_qs(parts.query)
    named = asked.get("host") or [parts.netloc.rpartition("@")[2]]
    hosts = [_host(unquote(one)) for given in named for one in given.split(",")]
    away = any(host and not host.startswith(("/", "@")) and host not in LOOPBACK for host in hosts)
    return away and asked.get("sslmode", [""])[-1] not in _CERTAIN


def is_away(scanner: Scanner | None) -> bool:
    """Say whether files go to a scanner on another machine. clamd speaks no TLS: a tunnel must end on this one."""
    return scanner is not None and bool(scanner.host) and scanner.host not in LOOPBACK


def _host(place: str) -> str:
    """Return the host of "host:port", "[::1]:5432" or "/run/postgresql"."""
    if place.startswith("/"):
        return place
    return place.partition("]")[0].removeprefix("[") if place.startswith("[") else place.partition(":")[0]
