"""`akson address-takes`: the operator sees which message types a party takes, and enters them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import click

from akson.doors.opening import opened
from akson.doors.settings import Settings
from akson.exchange import addresses, profile, registry
from akson.exchange.safexml import Unreadable


def takes_command(running: Callable[[], Settings]) -> click.Command:
    """Return the command. running: the settings of the installation it is about."""

    @click.command(name="address-takes", help="Vis hvilke meldingstyper en part tar imot, eller før dem inn.")
    @click.argument("her_id", type=click.IntRange(min=1))
    @click.argument("types", nargs=-1)
    @click.option("--cpp", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Partens CPP (XML).")
    @click.option("--unsaid", is_flag=True, help="Parten har ikke sagt hva den tar imot: alt kan sendes.")
    def takes(her_id: int, types: tuple[str, ...], cpp: Path | None, *, unsaid: bool) -> None:
        if bool(types) + bool(cpp) + unsaid > 1:
            raise click.UsageError("Oppgi meldingstyper, --cpp eller --unsaid, bare én av dem.")
        if unknown := sorted(set(types) - set(registry.codes())):
            raise click.ClickException(f"Ukjente meldingstyper: {', '.join(unknown)}. Ingenting er endret.")
        wanted = _from_profile(cpp, her_id) if cpp else types
        click.echo(asyncio.run(_done(running(), her_id, wanted if wanted or unsaid else None)))

    return takes


def _from_profile(file: Path, her_id: int) -> tuple[str, ...]:
    try:
        told = profile.read(file.read_bytes(), her_id)
    except Unreadable as unreadable:
        raise click.ClickException(f"{unreadable.fault.text} Ingenting er endret.") from None
    if told is None:
        raise click.ClickException(f"Profilen er ikke til HER-id {her_id}. Ingenting er endret.")
    if told.others:
        click.echo(f"Heter noe annet enn en meldingstype her: {', '.join(sorted(told.others))}.")
    if not told.takes:
        raise click.ClickException("Profilen nevner ingen meldingstype som er kjent her. Ingenting er endret.")
    return tuple(told.takes)


async def _done(settings: Settings, her_id: int, wanted: tuple[str, ...] | None) -> str:
    """Enter what is wanted, None for nothing; return what the operator is told."""
    async with opened(settings, size=1) as office:
        if wanted is not None and not await profile.enter(office.database, her_id, wanted):
            raise click.ClickException(f"Ingen part utenfor har HER-id {her_id}.")
        found = (await addresses.find(office.database, [her_id])).get(her_id)
    if found is None:
        raise click.ClickException(f"Ingen part har HER-id {her_id}.")
    return f"{her_id}  {found.name}: {', '.join(found.takes) or 'har ikke sagt hva den tar imot'}"
