"""Puts an installation back as it stood, erases again what was erased since, and proves it, before anybody can read."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

from akson.audit import ledger
from akson.audit.report import Report
from akson.audit.verify import verify
from akson.base.age import Identity
from akson.base.backups.place import Place
from akson.base.backups.restoring import restored
from akson.base.binaries import Binaries
from akson.base.errors import Refused
from akson.base.jobs import News
from akson.base.postgres import Postgres
from akson.doors.keys import FILE, Keys
from akson.doors.opening import clock, opened
from akson.doors.running import copies
from akson.doors.settings import Settings
from akson.record import shipping
from akson.record.office import Office
from akson.record.replaying import replay

Looks = Callable[[str], Awaitable[None]]  # at the address of a database


@dataclass(frozen=True, kw_only=True)
class Restored:
    """What a restore did. seconds: to build the database, to erase again, to prove it."""

    again: int  # resources that were erased again
    complete: datetime  # the ledger says what was erased until then
    report: Report
    seconds: tuple[float, float, float]


def installation(settings: Settings) -> Keys:
    """Return the installation's keys; raise Refused AK-L023 rather than make new ones."""
    folder = settings.keys
    if not (folder / FILE).exists():
        raise Refused("AK-L023", folder=folder)
    return Keys.open(folder)


async def erase_again(settings: Settings, place: Place, held: Sequence[Identity]) -> tuple[int, datetime]:
    """Carry out in the database of `settings` every erasure of the ledger; return how many were needed, and its age.

    Raises  LedgerBroken, Unreadable, Refused AK-L023; then nobody may be let in
    """
    told = ledger.read(place, held, installation(settings).seals)
    async with opened(settings, size=2) as office:
        erased = [one for page in told.pages for one in page]
        again = await replay(office.database, office.eraser, erased, clock, _letting_go(office))
        await office.database.execute(shipping.SQL.know, len(told.pages))
    return again, told.complete


def _letting_go(office: Office) -> Callable[[int, Sequence[tuple[int, str]]], Awaitable[None]]:
    keepers = copies(office)

    async def let_go(owner: int, keys: Sequence[tuple[int, str]]) -> None:
        types, ids = [type_ for type_, _ in keys], [id_ for _, id_ in keys]
        for keeper in keepers:
            if keeper.types & set(types):
                await keeper.handle(News(owner, 0, types, ids, [0] * len(ids)))

    return let_go


async def put_back(
    settings: Settings, place: Place, held: Sequence[Identity], until: datetime | None, folder: Path,
    binaries: Binaries, *looks: Looks,
) -> Restored:  # fmt: skip
    """Build the database of an installation in `folder`, as it stood at `until`, and stop it again.

    looks    at the database: the first before anything is erased again, the second after
    Raises   NotKept, Unreadable, LedgerBroken, PostgresFailed, Refused AK-L023
    """
    keys = installation(settings)
    ledger.read(place, held, keys.seals)  # first: without it nobody may ever read what comes back
    begun = time.monotonic()
    with restored(place, held, until, folder, binaries) as server:
        there = replace(settings, database_url=_address(server, settings.database_url))
        built = time.monotonic()
        for look in looks[:1]:
            await look(there.database_url)
        again, complete = await erase_again(there, place, held)
        for look in looks[1:]:
            await look(there.database_url)
        erased = time.monotonic()
        report = await verify(there.database_url, keys=keys.seals)
        seconds = built - begun, erased - built, time.monotonic() - erased
    return Restored(again=again, complete=complete, report=report, seconds=seconds)


def _address(server: Postgres, of: str) -> str:
    """Return the address of the same database and user at another server."""
    parts = urlsplit(of)
    return server.url_of(parts.path.strip("/"), unquote(parts.username or "akson"))
