"""What sign-in leaves in the access log, and the operator's way to end sessions: `akson sessions end`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import click

from akson.base.work import Actor, Kind, Purpose
from akson.doors.opening import opened
from akson.doors.settings import Settings
from akson.record.office import Office
from akson.signin.screens import Event
from akson.signin.sessions import Sessions, SessionSettings

STRANGER: Final = Actor(kind=Kind.SYSTEM, id="Device/sign-in", key=0, name="Innlogging", role="system")


def noted(office: Office) -> Callable[[Event], Awaitable[None]]:
    """Return the function that leaves a trace of signing in and out."""

    async def note(event: Event) -> None:
        told = ["sign-in", event.what, event.code, f"from {event.address}" if event.address else ""]
        async with office.work(event.actor or STRANGER, Purpose.SYSTEM, screen="signin") as work:
            work.saw(0, " ".join(filter(None, told)), outcome="refuse" if event.code else "permit")

    return note


def session_commands(running: Callable[[], Settings]) -> click.Group:
    """Return the group of commands. running: the settings of the installation they are about."""

    @click.group(name="sessions", help="Innloggingene i nettleser.")
    def group() -> None:
        """Run one of the commands about sessions."""

    @group.command(help="Avslutt innloggingene til én (id fra loggen, som Practitioner/…), eller alle med --all.")
    @click.argument("who", default="")
    @click.option("--all", "everybody", is_flag=True, help="Logg alle ut.")
    def end(who: str, *, everybody: bool) -> None:
        if bool(who) == everybody:
            raise click.UsageError("Si hvem, eller --all.")
        click.echo(f"{asyncio.run(_end(running(), who))} innlogginger er avsluttet.")

    return group


async def _end(settings: Settings, who: str) -> int:
    async with opened(settings, size=2) as office:
        ended = await Sessions(office.database, SessionSettings(secure=True)).end_of(who)
        for actor in ended:
            await noted(office)(Event(what="ended by the operator", actor=actor))
        return len(ended)
