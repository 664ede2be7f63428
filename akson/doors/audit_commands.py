"""`akson audit` and `akson witness`: the trails are proven, and somebody outside keeps what was sealed."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final

import click
import uvicorn
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from akson.audit.events import events
from akson.audit.seal import export_seals
from akson.audit.verify import verify
from akson.base.work import Actor, Kind, Purpose
from akson.doors import faults, logs
from akson.doors.keys import Keys
from akson.doors.opening import clock, opened
from akson.doors.settings import Settings
from akson.doors.witnessing import held_by, witness_app
from akson.record.sealing import chain_seals

OPERATOR: Final = Actor(kind=Kind.SYSTEM, id="Device/operator", key=0, name="Akson, drift", role="system")
_Running = Callable[[], Settings]


def audit_commands(running: _Running) -> click.Group:
    """Return the group of commands. running: the settings of the installation they are about."""

    @click.group(name="audit", help="Sporene: hvem som har sett og skrevet hva.")
    def group() -> None:
        """Prove the trails."""

    @group.command(name="verify", help="Bevis at ingen har endret journal eller logg bak vår rygg.")
    @click.option("--seals", type=click.Path(exists=True, path_type=Path), help="Segl som er levert ut til et vitne.")
    @click.option("--witness", default="", help="Adressen til et vitne; seglene hentes der.")
    def verify_(seals: Path | None, witness: str) -> None:
        settings = running()
        keys = Keys.open(settings.keys).seals
        held = (seals.read_bytes() if seals else b"") + (held_by(witness.rstrip("/")) if witness else b"")
        report = asyncio.run(verify(settings.database_url, keys=keys, witnessed=held))
        for line in faults.told(report):
            click.echo(line)
        raise SystemExit(1 if report.faults else 0)

    @group.command(name="seals", help="Skriv seglene ut, til en som oppbevarer dem utenfor.")
    def seals_() -> None:
        sys.stdout.buffer.write(asyncio.run(_seals(running())))

    @group.command(help="Skriv tilgangsloggen ut som FHIR AuditEvent, én på hver linje.")
    @click.option("--since", required=True, help="Første tidspunkt, med tidssone.")
    @click.option("--until", default="", help="Tidspunktet etter det siste. Uten: nå.")
    @click.option("--record", type=int, help="Nøkkelen til én journal, som loggen kaller den.")
    def export(since: str, until: str, record: int | None) -> None:
        first, last = moment(since, "--since"), moment(until, "--until") or clock()
        asyncio.run(_exported(running(), first or clock(), last, record))

    @group.command(help="Skriv ut de offentlige nøklene som seglene er signert med, til vitnet.")
    def keys() -> None:
        for key in Keys.open(running().keys).seals:
            click.echo(key.public_bytes_raw().hex())

    return group


async def _exported(settings: Settings, since: datetime, until: datetime, record: int | None) -> None:
    """Write the log of a time to standard output; that somebody did is in the log first."""
    async with (
        opened(settings, size=1) as office,
        office.work(OPERATOR, Purpose.ADMINISTRATION, screen="audit") as work,
    ):
        work.saw(record or 0, "export AuditEvent")
    async for line in events(settings.database_url, since, until, record):
        sys.stdout.buffer.write(line)


def moment(told: str, option: str) -> datetime | None:
    """Read a moment, None when nothing is told; without time zone it says nothing."""
    try:
        read = datetime.fromisoformat(told) if told else None
    except ValueError:
        read = None
    if told and (read is None or read.tzinfo is None):
        raise click.BadParameter("skriv tidspunktet med tidssone, som 2026-11-22T14:00:00+01:00", param_hint=option)
    return read


async def _seals(settings: Settings) -> bytes:
    first = clock().replace(year=2000)
    async with opened(settings) as office:
        return await export_seals(office.database, first) + await chain_seals(office.database, first)


@click.command(help="Vær vitne: ta vare på seglene til en installasjon som andre driver.")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--key", "keys", multiple=True, required=True, help="Fra «akson audit keys» hos dem; gjentas for flere.")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8200, type=click.IntRange(1, 65535), show_default=True)
def witness(folder: Path, keys: tuple[str, ...], host: str, port: int) -> None:
    """Run a witness until it is stopped."""
    try:
        known = [Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)) for key in keys]
    except ValueError:
        raise click.BadParameter("64 heksadesimale tegn, som «akson audit keys» skriver", param_hint="--key") from None
    logs.begin()
    uvicorn.run(witness_app(folder, known), host=host, port=port, log_config=None, server_header=False)
