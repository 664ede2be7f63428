"""`akson audit` and `akson witness`: the trails are proven, and somebody outside keeps what was sealed."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path

import click
import uvicorn
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from akson.audit.seal import export_seals
from akson.audit.verify import verify
from akson.doors import faults, logs
from akson.doors.keys import Keys
from akson.doors.opening import clock, opened
from akson.doors.settings import Settings
from akson.doors.witnessing import held_by, witness_app
from akson.record.sealing import chain_seals

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
        keys = Keys.open(settings.data / "keys").seals
        held = (seals.read_bytes() if seals else b"") + (held_by(witness.rstrip("/")) if witness else b"")
        report = asyncio.run(verify(settings.database_url, keys=keys, witnessed=held))
        for line in faults.told(report):
            click.echo(line)
        raise SystemExit(1 if report.faults else 0)

    @group.command(name="seals", help="Skriv seglene ut, til en som oppbevarer dem utenfor.")
    def seals_() -> None:
        sys.stdout.buffer.write(asyncio.run(_seals(running())))

    @group.command(help="Skriv ut de offentlige nøklene som seglene er signert med, til vitnet.")
    def keys() -> None:
        for key in Keys.open(running().data / "keys").seals:
            click.echo(key.public_bytes_raw().hex())

    return group


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
