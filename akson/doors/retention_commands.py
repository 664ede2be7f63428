"""`akson retention`: what comes to its end, and whose record is kept whatever terms say. docs/retention.md."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime

import click

from akson.audit.removal import Removed, ended, remove
from akson.audit.signed import by_id
from akson.base.work import Purpose, Work
from akson.doors.audit_commands import OPERATOR
from akson.doors.keys import Keys
from akson.doors.opening import clock, opened
from akson.doors.settings import Settings
from akson.record import ending, holds
from akson.record.office import Office

_Running = Callable[[], Settings]


def retention_commands(running: _Running) -> click.Group:
    """Return the group of commands. running: the settings of the installation they are about."""

    @click.group(name="retention", help="Hvor lenge ting oppbevares. docs/retention.md.")
    def group() -> None:
        """Run one of the commands about how long things are kept."""

    @group.command(help="Fjern nå det av tilgangsloggen som er eldre enn AKSON_LOG_YEARS, måned for måned.")
    def log() -> None:
        asyncio.run(_log(running()))

    @group.command(help="Foreslå nå journaler lagringstiden er ute for, og slett det to har bestemt.")
    def records() -> None:
        asyncio.run(_records(running()))

    @group.command(
        help="Hold en persons journal og loggen om den fra sletting. PATIENT: id-en til Patient, eller "
        "Communication/ID for en melding til barnevernet som ikke står i noen journal."
    )
    @click.argument("patient")
    @click.option("--reason", required=True, help="Hvorfor: en klage, en sak, et pålegg. Ikke noe av innholdet.")
    @click.option("--by", required=True, help="Navnet på den som krever det.")
    def hold(patient: str, reason: str, by: str) -> None:
        asyncio.run(_held(running(), patient, reason, by))

    @group.command(help="Opphev et hold.")
    @click.argument("patient")
    @click.option("--by", required=True, help="Navnet på den som opphever det.")
    def release(patient: str, by: str) -> None:
        asyncio.run(_released(running(), patient, by))

    @group.command(name="holds", help="Vis hvilke journaler som holdes fra sletting.")
    def holds_() -> None:
        asyncio.run(_listed(running()))

    return group


async def end_of_log(office: Office, settings: Settings, now: datetime) -> Removed | None:
    """Take the oldest month of the log away, if its time is over and it is whole; see akson/audit/removal.py."""
    keys = Keys.open(settings.keys)
    before = ended(now, settings.log_years)
    return await remove(office.database, office.eraser, keys.signer, by_id(keys.seals), now, before)


async def _records(settings: Settings) -> None:
    if not (settings.record_years or settings.death_years):
        raise click.ClickException("AKSON_RECORD_YEARS og AKSON_RECORD_YEARS_DEAD er ikke satt: alt oppbevares.")
    async with opened(settings, size=2) as office:
        after = await ending.propose(office, ending.FIRST, clock())
        while after != ending.FIRST:
            after = await ending.propose(office, after, clock())
        gone = await ending.carry_out(office)
        waits = await office.database.fetchval(ending.SQL.open)
    click.echo(f"{gone} oppføringer er slettet. {waits} journaler venter på en avgjørelse eller en bekreftelse.")


async def _log(settings: Settings) -> None:
    if not settings.log_years:
        raise click.ClickException("AKSON_LOG_YEARS er ikke satt: loggen oppbevares for godt.")
    async with opened(settings, size=2) as office:
        while gone := await end_of_log(office, settings, clock()):
            click.echo(f"{gone.month:%Y-%m}: {gone.rows} rader fjernet, seglene står igjen")
    click.echo(f"Ingenting som kan fjernes, er eldre enn {ended(clock(), settings.log_years):%Y-%m-%d}.")


async def _held(settings: Settings, patient: str, reason: str, by: str) -> None:
    async with _working(settings) as work:
        await holds.hold(work, patient, reason, by)
    click.echo("Journalen holdes fra sletting.")


async def _released(settings: Settings, patient: str, by: str) -> None:
    async with _working(settings) as work:
        await holds.end(work, patient, by)
    click.echo("Holdet er opphevet.")


async def _listed(settings: Settings) -> None:
    async with _working(settings) as work:
        for one in await holds.standing(work):
            click.echo(f"{one.of}  siden {one.since:%Y-%m-%d}  {one.by_name}: {one.reason}")


@asynccontextmanager
async def _working(settings: Settings) -> AsyncIterator[Work]:
    async with (
        opened(settings, size=2) as office,
        office.work(OPERATOR, Purpose.ADMINISTRATION, screen="retention") as work,
    ):
        yield work
