"""`akson keys`: the operator sees which keys the installation has, and puts new ones in their place."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import click

from akson.base.queries import queries
from akson.doors import keys, message_keys
from akson.doors.opening import clock, opened
from akson.doors.settings import Settings
from akson.record.search.reindexing import reindex_all
from akson.signin.keys import Keyring

SQL = queries(__file__, "keys.sql")
RINGS = ("issuer", "client", "smart", "smart-id", "maskinporten")  # sign tokens; public halves are handed out
MESSAGES = "messages"
RSA = ("smart-id", "maskinporten")
_Running = Callable[[], Settings]


def key_commands(running: _Running) -> click.Group:
    """Return the group of commands. running: the settings of the installation they are about."""

    @click.group(name="keys", help="Nøklene til installasjonen. docs/keys.md sier hva hver av dem er til.")
    def group() -> None:
        """Run one of the commands about keys."""

    @group.command(
        name="list", help="Vis hvilke nøkler som finnes, og når de sist ble byttet. Viser ingen hemmelighet."
    )
    def list_() -> None:
        _list(running())

    @group.command(help="Skriv ut de offentlige nøklene, til den som skal registrere dem (HelseID, ID-porten).")
    @click.argument("name", type=click.Choice([*RINGS, MESSAGES]))
    def public(name: str) -> None:
        if name == MESSAGES:
            message_keys.public(running())
        else:
            click.echo(json.dumps(_ring(running(), name).public, indent=2))

    @group.command(help="Lag neste nøkkel og vis den fram, uten å bruke den før «rotate».")
    @click.argument("name", type=click.Choice([*RINGS, MESSAGES]))
    @click.option(
        "--organisation", default="", help="Navnet på virksomheten, i søknaden om sertifikater for meldinger."
    )
    def prepare(name: str, organisation: str) -> None:
        if name == MESSAGES:
            message_keys.prepare(running(), organisation)
            return
        _ring(running(), name).prepare()
        click.echo("Neste nøkkel er laget. Registrer den der den skal kjennes igjen, og bytt med «akson keys rotate».")

    @group.command(name="rotate", help="Bytt en nøkkel.")
    @click.argument("name", type=click.Choice([*RINGS, *keys.ROTATED, MESSAGES]))
    @click.argument("certificates", nargs=-1, type=click.Path(path_type=Path, exists=True, dir_okay=False))
    def rotate_(name: str, certificates: tuple[Path, ...]) -> None:
        _change(running(), name, certificates)

    message_keys.add_partners(group, running)
    return group


def _change(settings: Settings, name: str, certificates: tuple[Path, ...]) -> None:
    if (name == MESSAGES) != bool(certificates):
        raise click.UsageError("Sertifikater hører til «messages», og bare dit.")
    if name == MESSAGES:
        message_keys.rotate(settings, certificates)
    elif name in RINGS:
        _ring(settings, name).rotate()
        click.echo("Byttet. Prosessene som kjører, tar den i bruk selv.")
    else:
        asyncio.run(_rotate(settings, name))


def _ring(settings: Settings, name: str) -> Keyring:
    return Keyring.open(settings.keys, name, rsa=name in RSA)


def _list(settings: Settings) -> None:
    folder = settings.keys
    held = keys.Keys.open(folder)
    counts = {"ids": len(held.ids), "hashes": 1, "drafts": len(held.drafts), "log": len(held.log)}
    for name, count in counts.items():
        _line(name, count, folder / keys.FILE)
    message_keys.list_(settings)
    for name in RINGS:
        _line(name, len(_ring(settings, name).public["keys"]), folder / f"{name}.jwks.json")


def _line(name: str, count: int, file: Path) -> None:
    changed = datetime.fromtimestamp(file.stat().st_mtime, UTC)
    click.echo(
        f"{name:10} {count} {'nøkkel' if count == 1 else 'nøkler'}, filen endret {changed:%d.%m.%Y %H.%M}  {file}"
    )


async def _rotate(settings: Settings, name: str) -> None:
    """Change a key that every process has read at its start: no other may be running meanwhile."""
    async with opened(settings, size=1) as office:
        if others := await office.database.fetchval(SQL.others):
            raise click.ClickException(
                f"{others} andre er koblet til databasen. Stopp akson serve og akson worker, og prøv igjen."
            )
    keys.rotate(settings.keys, name)
    if name == "hashes":
        async with opened(settings, size=1) as office:
            await reindex_all(office.database, office.hasher, office.ids, _told)
    click.echo(f"Byttet {clock():%d.%m.%Y %H.%M}. Start prosessene igjen.")


def _told(done: int, all_: int) -> None:
    click.echo(f"  søkeverdier: {done} av {all_} journaler")
