"""Keeps the backup of an installation: every change, a whole copy now and then, the ledger of erasures beside."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from akson.audit.seal import Signer
from akson.base.age import Identity, Recipient
from akson.base.backups.place import Base, Place
from akson.base.backups.taking import Receiver, whole_copy
from akson.base.binaries import Binaries, find
from akson.base.errors import Refused
from akson.base.unprivileged import server_user
from akson.doors.keys import Keys
from akson.doors.opening import clock, opened
from akson.doors.settings import Settings
from akson.record.office import Office
from akson.record.shipping import refuse_older, ship

RECIPIENTS: Final = "backup.recipients"
TURN: Final = 2.0  # seconds between two turns: what a fire may cost
Tell = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Backing:
    """Where the backup of an installation goes, and for whom it is sealed."""

    url: str
    place: Place
    recipients: tuple[Recipient, ...]
    signer: Signer
    binaries: Binaries
    spool: Path

    @property
    def receiver(self) -> Receiver:
        return Receiver(self.url, self.binaries, self.place, self.recipients, self.spool)

    async def copy(self) -> Base:
        return await whole_copy(self.url, self.binaries, self.place, self.recipients)

    async def ship(self, office: Office) -> int:
        return await ship(office.database, self.place, self.signer, self.recipients, clock)


def place_of(settings: Settings) -> Place:
    """Return where backups are kept; raise Refused AK-L020 when that is nowhere."""
    if settings.backup is None or not settings.backup.is_dir():
        raise Refused("AK-L020")
    return Place(settings.backup)


def backing(settings: Settings) -> Backing:
    """Return the backup of an installation.

    Raises  Refused AK-L020 no place, AK-L021 no key to seal for; NoPostgres
    """
    file = settings.keys / RECIPIENTS
    try:
        keys = tuple(Recipient(line) for line in file.read_text("utf-8").split())
    except (FileNotFoundError, ValueError):
        keys = ()
    if not keys:
        raise Refused("AK-L021")
    return Backing(
        url=settings.database_url, place=place_of(settings), recipients=keys, binaries=programs(settings),
        signer=Keys.open(settings.keys).signer, spool=settings.data / "backup",
    )  # fmt: skip


def programs(settings: Settings) -> Binaries:
    return find(settings.postgres_bin, keep=settings.data / "postgresql", user=server_user())


def new_key(settings: Settings, file: Path) -> Recipient:
    """Write a private key to `file`, which must not be there, and seal backups for it too from now on."""
    identity, folder = Identity.new(), settings.keys
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    told = f"# Åpner sikkerhetskopier fra Akson; laget {clock():%d.%m.%Y}\n{identity.text}\n"
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
        out.write(told)
    with (folder / RECIPIENTS).open("a", encoding="utf-8") as out:
        out.write(f"{identity.recipient.text}\n")
    return identity.recipient


def identities(file: Path) -> list[Identity]:
    """Return the private keys in a file; raise Refused AK-L022 when there are none."""
    try:
        return Identity.all_in(file.read_text("utf-8"))
    except ValueError:
        raise Refused("AK-L022", file=file) from None


async def keep(settings: Settings, *, every: timedelta, days: int, told: Tell) -> None:
    """Keep the backup until stopped. every: between two whole copies; days: how far back one can go."""
    ours = backing(settings)
    receiver = ours.receiver
    async with opened(settings, size=2) as office, receiver.running():
        copying = asyncio.create_task(_copies(ours, every, days, told))
        try:
            while not copying.done():
                receiver.carry()
                await ours.ship(office)
                await asyncio.sleep(TURN)
            await copying
        finally:
            copying.cancel()


async def _copies(ours: Backing, every: timedelta, days: int, told: Tell) -> None:
    """Take a whole copy when the newest is old, and let go of what is older than needed."""
    while True:
        newest = ours.place.bases[-1:]
        if not newest or newest[0].ended <= clock() - every:
            base = await asyncio.to_thread(lambda: asyncio.run(ours.copy()))  # reads as fast as it is sent
            told(f"{clock():%d.%m.%Y %H.%M}  hel kopi: {base.file.name}, {base.file.stat().st_size >> 20} MB")
            if gone := ours.place.forget(clock() - timedelta(days=days)):
                told(f"{clock():%d.%m.%Y %H.%M}  slettet {gone} filer som ingen kan trenge")
        await asyncio.sleep(TURN)


async def refuse_restored(settings: Settings) -> None:
    """Raise Refused AK-L019 where the database was put back from a backup and what was erased since may be in it."""
    if settings.backup is None:
        return
    async with opened(settings, size=1) as office:
        await refuse_older(office.database, place_of(settings))
