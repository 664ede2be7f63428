"""What stops a command, in one Norwegian sentence that says what to do. What has none is a bug, and shows as one."""

from __future__ import annotations

import errno
from typing import Final

import asyncpg

from akson.audit.ledger import LedgerBroken
from akson.base.age import Unreadable
from akson.base.backups.place import OtherLog
from akson.base.backups.programs import ProgramFailed
from akson.base.backups.restoring import NotKept
from akson.base.binaries import NoPostgres
from akson.base.errors import Refused
from akson.base.migrate import MigrationRefused, NotStopped
from akson.base.postgres import PostgresFailed

_ELSEWHERE: Final = "velg en annen med DATA= (eller --data)"
_FULL: Final = f"Disken er full ({{file}}). Frigjør plass, eller {_ELSEWHERE}."
_CLOSED: Final = f"Får ikke skrive i {{file}}. Endre rettighetene, eller {_ELSEWHERE}."
_NO_FOLDER: Final = f"{{file}} er ikke en mappe. Endre navnet, eller {_ELSEWHERE}."
_SYSTEM: Final = {
    errno.EACCES: _CLOSED, errno.EPERM: _CLOSED, errno.EROFS: _CLOSED, errno.ENOSPC: _FULL, errno.EDQUOT: _FULL,
    errno.ENOTDIR: _NO_FOLDER, errno.EEXIST: _NO_FOLDER,
}  # fmt: skip
_SAID: Final[tuple[tuple[type[BaseException], str], ...]] = (
    (NoPostgres, "Finner ikke PostgreSQL 15 eller nyere. Installer postgresql, eller kjør make demo, som henter den."),
    (MigrationRefused, "Databasen passer ikke til denne utgaven av Akson ({failure}). Bruk den utgaven som laget den, "
                       "eller en ny datamappe."),
    (NotStopped, "Noen er koblet til databasen ({failure}). Stopp akson serve og akson worker på alle maskiner, og "
                 "kjør akson migrate igjen."),
    (NotKept, "Sikkerhetskopien har ikke det som trengs ({failure})."),
    (Unreadable, "En fil i sikkerhetskopien kan ikke leses ({failure})."),
    (OtherLog, "I mappen for sikkerhetskopier ligger det en annen databases endringer ({failure}). Velg en ny mappe."),
    (ProgramFailed, "Sikkerhetskopieringen stoppet. {failure}"),
    (LedgerBroken, "Slettingsboka er ikke hel ({failure}). Slipp ingen inn, og meld fra til den som har ansvar for "
                   "informasjonssikkerheten."),
    (asyncpg.InvalidPasswordError, "Databasen slipper oss ikke inn. Se etter passordet i AKSON_DATABASE_URL."),
    (asyncpg.InvalidAuthorizationSpecificationError,
     "Databasen slipper oss ikke inn. Se etter brukeren i AKSON_DATABASE_URL."),
    (asyncpg.InvalidCatalogNameError, "Databasen finnes ikke. Se etter navnet i AKSON_DATABASE_URL."),
    (asyncpg.UndefinedTableError, "Databasen har ingen tabeller ennå. Kjør akson migrate først."),
    (asyncpg.UndefinedObjectError, "Databasen har ingen roller ennå. Kjør akson migrate først."),
    (asyncpg.DiskFullError, _FULL.format(file="databasen")),
    (ConnectionError, "Får ikke kontakt med databasen. Se etter at den går, og at AKSON_DATABASE_URL er riktig."),
    (TimeoutError, "Får ikke kontakt med databasen. Se etter at den går, og at AKSON_DATABASE_URL er riktig."),
)  # fmt: skip


def sentence(failure: BaseException) -> str:
    """Return why a command cannot go on, or "" when the failure is a bug."""
    if isinstance(failure, Refused):
        return failure.text
    if isinstance(failure, PostgresFailed):
        return _of_postgres(str(failure))
    for kind, said in _SAID:
        if isinstance(failure, kind):
            return said.format(failure=failure)
    if isinstance(failure, OSError) and failure.errno in _SYSTEM:
        return _SYSTEM[failure.errno].format(file=failure.filename or "datamappen")
    return ""


def _of_postgres(said: str) -> str:
    if "another Akson" in said:
        return f"En annen Akson bruker den samme datamappen. Stopp den, eller {_ELSEWHERE}."
    if "No space left" in said:
        return _FULL.format(file="datamappen")
    return f"PostgreSQL starter ikke. Det siste den sa:\n{said.partition(chr(10))[2]}"
