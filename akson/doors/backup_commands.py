"""`akson backup` and `akson restore`: an installation is kept safe, comes back, and shows that it does."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import mkdtemp

import click

from akson.doors import backing, faults, logs
from akson.doors.audit_commands import moment
from akson.doors.drill import drill
from akson.doors.restoring import erase_again, put_back
from akson.doors.settings import Settings

_Running = Callable[[], Settings]
_FILE = click.Path(dir_okay=False, path_type=Path)
_KEY = click.option(
    "--key", required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Filen fra «akson backup key».",
)  # fmt: skip


def backup_commands(running: _Running) -> click.Group:
    """Return the group of commands. running: the settings of the installation they are about."""

    @click.group(name="backup", help="Sikkerhetskopi: alt som skrives, forseglet. docs/backup.md sier hvordan.")
    def group() -> None:
        """Run one of the commands about backups."""

    @group.command(help="Lag nøkkelen som åpner sikkerhetskopiene. Ta vare på filen et annet sted enn her.")
    @click.argument("file", type=_FILE)
    def key(file: Path) -> None:
        made = backing.new_key(running(), file)
        click.echo(f"Laget. Sikkerhetskopier forsegles for {made.text}")
        click.echo(f"Flytt {file} til et trygt sted utenfor denne maskinen: uten den er kopiene verdiløse.")

    @group.command(help="Hold sikkerhetskopien ved like til den stoppes: hver endring, og en hel kopi av og til.")
    @click.option("--every", default=24, show_default=True, type=click.IntRange(1), help="Timer mellom hele kopier.")
    @click.option("--days", default=35, show_default=True, type=click.IntRange(1), help="Hvor langt tilbake.")
    def run(every: int, days: int) -> None:
        logs.begin()
        asyncio.run(backing.keep(running(), every=timedelta(hours=every), days=days, told=click.echo))

    @group.command(name="list", help="Vis hva som finnes, og hvor langt fram endringene går.")
    def list_() -> None:
        place = backing.place_of(running())
        for base in place.bases:
            click.echo(f"{base.ended:%d.%m.%Y %H.%M.%S} UTC  {base.file.stat().st_size >> 20:>8} MB  {base.file.name}")
        newest = max((one.file.stat().st_mtime for one in place.segments), default=0.0)
        last = f", den siste fra {datetime.fromtimestamp(newest, UTC):%d.%m.%Y %H.%M.%S} UTC" if newest else ""
        click.echo(f"{len(place.segments)} deler av endringsloggen{last}")

    return group


def restore_commands(running: _Running) -> click.Group:
    """Return the group of commands. running: the settings of the installation they are about."""

    @click.group(name="restore", help="Hent en installasjon tilbake fra sikkerhetskopi.")
    def group() -> None:
        """Run one of the commands about restoring."""

    @group.command(
        help="Bygg databasen i en tom mappe, slik den var på et tidspunkt, slett om igjen det som er slettet siden, "
        "og bevis at den er hel."
    )
    @click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
    @_KEY
    @click.option(
        "--to", default="", help="Tidspunktet med tidssone, som 2026-11-22T14:00:00+01:00. Uten: alt som finnes."
    )
    def into(folder: Path, key: Path, to: str) -> None:
        raise SystemExit(_put_back(running(), folder, key, to))

    @group.command(help="Slett om igjen i databasen som går, det som er slettet siden kopien den er hentet fra.")
    @_KEY
    def erasures(key: Path) -> None:
        settings = running()
        again, complete = asyncio.run(erase_again(settings, backing.place_of(settings), backing.identities(key)))
        click.echo(f"Slettet {again} om igjen. Slettingsboka er fullstendig til {complete:%d.%m.%Y %H.%M.%S} UTC.")

    @group.command(
        name="drill", help="Øv: ta kopi av det som går, skriv og slett, hent tilbake ved siden av, og bevis det."
    )
    @click.option(
        "--in", "room", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Mappe med plass."
    )
    def drill_(room: Path | None) -> None:
        raise SystemExit(_drilled(running(), room))

    return group


def _put_back(settings: Settings, folder: Path, key: Path, to: str) -> int:
    """Bring an installation back and tell what was proved; return the exit code."""
    until, held, place = moment(to, "--to"), backing.identities(key), backing.place_of(settings)
    done = asyncio.run(put_back(settings, place, held, until, folder.absolute(), backing.programs(settings)))
    for line in faults.told(done.report):
        click.echo(line)
    built, erased, proved = done.seconds
    click.echo(f"Hentet tilbake på {built:.1f} s, slettet {done.again} om igjen på {erased:.1f} s, ", nl=False)
    click.echo(f"bevist på {proved:.1f} s.")
    click.echo(f"Slettingsboka er fullstendig til {done.complete:%d.%m.%Y %H.%M.%S} UTC.")
    click.echo(f"Databasen er stoppet, og ligger i {folder / 'postgres' / 'cluster'}")
    return 1 if done.report.faults else 0


def _drilled(settings: Settings, room: Path | None) -> int:
    """Carry out a drill in a folder that is gone afterwards; tell what it proved; return the exit code."""
    folder, begun = Path(mkdtemp(prefix="akson-drill-", dir=room)), time.monotonic()
    try:
        folder.chmod(0o755)  # the server's user must pass through
        proof = asyncio.run(drill(settings, folder))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    for what, seconds in proof.took:
        click.echo(f"{seconds:8.1f} s  {what}")
    for what in proof.proved:
        click.echo(f"bevist: {what}")
    for what in proof.failed:
        click.echo(f"FEIL: ikke slik det skal være: {what}")
    click.echo(f"Øvelsen tok {time.monotonic() - begun:.1f} s. {'Noe holder ikke.' if proof.failed else 'Alt holder.'}")
    return 1 if proof.failed else 0
