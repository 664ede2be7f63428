"""`akson app`: the operator registers the programs that may ask for access."""

from __future__ import annotations

import asyncio
import json
import re
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import click

from akson.base.errors import Refused
from akson.doors.opening import clock, opened
from akson.doors.settings import Settings
from akson.signin.smart.apps import App, Apps


def app_commands(running: Callable[[], Settings]) -> click.Group:
    """Return the group of commands. running: the settings of the installation they are about."""

    @click.group(name="app", help="Appene som kan be om tilgang (SMART App Launch).")
    def group() -> None:
        """Run one of the commands about apps."""

    @group.command(help="Registrer en app. Uten nøkler er den åpen (public), med nøkler beviser den hvem den er.")
    @click.argument("name")
    @click.option("--id", "id_", default="", help="client_id; ellers lages den av navnet.")
    @click.option("--redirect", multiple=True, help="Adresse svaret kan sendes til, på bokstaven. Kan gjentas.")
    @click.option("--launch", default="", help="Adressen appen startes på fra en åpen journal.")
    @click.option("--scope", required=True, help="Det meste appen kan få, med mellomrom mellom.")
    @click.option("--jwks", type=click.Path(exists=True, path_type=Path), help="Fil med appens offentlige nøkler.")
    @click.option("--jwks-url", default="", help="Adressen der appen legger ut nøklene sine.")
    @click.option("--rate", default=0, type=click.IntRange(0), help="Forespørsler i minuttet; 0: det vanlige.")
    @click.option("--introspects", is_flag=True, help="Appen kan spørre om andres tilgangsbevis.")
    def add(  # noqa: PLR0913 - one argument for each option
        *, name: str, id_: str, redirect: tuple[str, ...], launch: str, scope: str, jwks: Path | None, jwks_url: str,
        rate: int, introspects: bool,
    ) -> None:  # fmt: skip
        app = App(
            id=id_ or _named(name), name=name, redirect_uris=redirect, launch_url=launch, scopes=tuple(scope.split()),
            jwks=_keys(jwks) if jwks else {}, jwks_url=jwks_url, rate=rate, introspects=introspects,
        )  # fmt: skip
        asyncio.run(_add(running(), app))
        click.echo(app.id)

    @group.command(name="list", help="Vis appene.")
    def list_() -> None:
        found = asyncio.run(_all(running()))
        for line in [line for app in found for line in _told(app)] or ["Ingen apper er registrert."]:
            click.echo(line)

    @group.command(help="Fjern en app. Det den har fått, gjelder ikke lenger.")
    @click.argument("id_", metavar="ID")
    def remove(*, id_: str) -> None:
        if not asyncio.run(_remove(running(), id_)):
            raise Refused("AK-L017", id=id_)

    return group


def _told(app: App) -> Iterator[str]:
    """Yield what an app is, a line for each thing; only what it has."""
    yield f"{app.id:<28} {'med nøkler' if app.confidential else 'åpen':<14} {app.name}"
    yield f"    kan få: {' '.join(app.scopes)}"
    for label, value in (
        ("svar til", " ".join(app.redirect_uris)), ("startes på", app.launch_url), ("nøkler på", app.jwks_url),
        ("forespørsler i minuttet", str(app.rate or "")), ("spør om andres", "ja" if app.introspects else ""),
    ):  # fmt: skip
        if value:
            yield f"    {label}: {value}"


def _named(name: str) -> str:
    return f"{re.sub(r'[^a-z0-9]+', '-', name.lower()).strip('-')[:40]}-{secrets.token_hex(4)}"


def _keys(file: Path) -> dict[str, object]:
    try:
        found = json.loads(file.read_text("utf-8"))
    except ValueError:
        found = None
    if not isinstance(found, dict) or not isinstance(found.get("keys"), list):
        raise Refused("AK-L013", what=file.name)
    return found


async def _add(settings: Settings, app: App) -> None:
    async with opened(settings, size=1) as office:
        await Apps(office.database).add(app, clock())


async def _all(settings: Settings) -> list[App]:
    async with opened(settings, size=1) as office:
        return await Apps(office.database).all()


async def _remove(settings: Settings, id_: str) -> bool:
    async with opened(settings, size=1) as office:
        return await Apps(office.database).remove(id_)
