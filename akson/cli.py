"""The command `akson`. A door: settings are read here and handed on."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import IO

import click

from akson.app import served
from akson.base.migrate import migrate
from akson.base.postgres import Postgres
from akson.doors import demonstrating, dividing, logs, memory, people, running, seeding, serving
from akson.doors.address_commands import takes_command
from akson.doors.address_entering import list_command, put_command
from akson.doors.apps import app_commands
from akson.doors.audit_commands import audit_commands, witness
from akson.doors.backing import refuse_restored
from akson.doors.backup_commands import backup_commands, restore_commands
from akson.doors.failures import sentence
from akson.doors.key_commands import key_commands
from akson.doors.loading import import_bundles
from akson.doors.opening import clock, opened, tried
from akson.doors.retention_commands import retention_commands
from akson.doors.settings import Settings, from_environment
from akson.doors.signing import session_commands
from akson.doors.terminology import load_base, load_paths
from akson.record.own import progress
from akson.record.reprojecting import reproject
from akson.record.search.reindexing import reindex
from akson.registers.terminology.formats.items import Named
from akson.registers.terminology.load import Report, files_of
from akson.signin.guard import Guarded, refuse_in_production

MIGRATIONS = Path(__file__).parent.parent / "migrations"
DEMO = "demo.json"  # in the data folder: lets the other commands find a running demo


class Stopped(click.ClickException):
    """A command cannot go on; the message is a sentence for people."""

    def show(self, file: IO[str] | None = None) -> None:
        click.echo(f"Feil: {self.format_message()}", file=file, err=True)


class Commands(click.Group):
    """Ends a command that cannot go on with the sentence that says why."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except Exception as failure:
            if said := sentence(failure):
                raise Stopped(said) from None
            raise


@click.group(cls=Commands, help="Akson: én felles journal for kommunenes helse- og omsorgstjenester.")
def main() -> None:
    """Run one of Akson's commands."""


@main.command(help="Sett opp og vis den oppdiktede kommunen Fjordvik på denne maskinen.")
@click.option(
    "--port",
    default=8000,
    type=click.IntRange(1, 65536 - demonstrating.PORTS),
    show_default=True,
    help="De ni neste får sykehuset, Helsepersonellregisteret, fastlegen med eget system, NAV, barnevernet, skolen, "
    "Adresseregisteret, Folkeregisteret og meldingstjeneren.",
)
@click.option("--data", default="data", type=click.Path(path_type=Path), show_default=True)
@click.option(
    "--people", default=2000, type=click.IntRange(min=0), show_default=True, help="Hvor mange innbyggere som lages."
)
@click.option("--logs-here", is_flag=True, help="Vis loggene i terminalen i stedet for i datamappen.")
def demo(*, port: int, data: Path, people: int, logs_here: bool) -> None:
    begun = time.monotonic()
    settings = _invented(port=port, data=data)
    running.refuse_busy(range(port, port + demonstrating.PORTS))
    click.echo(f"Starter. Dataene ligger i {settings.data}")
    with _database(settings) as url:
        settings = demonstrating.joined(replace(settings, database_url=url))
        asyncio.run(_prepare(settings, people))
        asyncio.run(demonstrating.met(settings))
        raise SystemExit(demonstrating.run(settings, os.environ, begun, None if logs_here else settings.data / "log"))


@main.command(help="Server nettsidene og FHIR-API-et.")
@click.option("--host", default="127.0.0.1", show_default=True)
def serve(host: str) -> None:
    settings = _settings()
    logs.begin()
    asyncio.run(tried(settings))
    asyncio.run(refuse_restored(settings))
    serving.serve(served(settings, people.personas(settings)), host, settings.port, settings.proxies)


@main.command(help="Utfør arbeid i bakgrunnen: nyheter, meldinger, segl.")
def worker() -> None:
    logs.begin()
    asyncio.run(running.work(_settings()))


@main.command(name="migrate", help="Oppdater databasens tabeller.")
def migrate_() -> None:
    asyncio.run(_migrate(_settings()))


async def _migrate(settings: Settings) -> None:
    """Bring tables, what is known of persons and search values up to date."""
    for name in await migrate(settings.database_url, MIGRATIONS, clock()):
        click.echo(f"  tabeller: {name}")
    async with opened(settings, size=1) as office:
        await reproject(office.database)
        await reindex(office.database, office.hasher, office.ids, _indexed)


def _indexed(done: int, all_: int) -> None:
    click.echo(f"  søkeverdier: {done} av {all_} journaler")


@main.command(name="search-status", help="Vis hvor langt søkeverdiene for egne søkeparametre er kommet.")
def search_status() -> None:
    asyncio.run(_search_status(_running()))


async def _search_status(settings: Settings) -> None:
    async with opened(settings, size=1) as office:
        for one in await progress(office.database.fetch):
            state = {"indexing": "lages", "ready": "søkes i", "retiring": "fjernes"}[one.state]
            failed = f", {one.failed} feilet" if one.failed else ""
            click.echo(f"{one.code}  {state}: {one.done} av {one.total} ressurser{failed}  ({one.url or one.id})")


@main.command(name="population-status", help="Vis om Folkeregisteret svarer, og hvor mange det skal spørres om.")
def population_status() -> None:
    click.echo(asyncio.run(people.population(_running())))


@main.command(name="address-status", help="Vis om Adresseregisteret svarer, og hvem det ikke kjenner lenger.")
@click.option("--ask", is_flag=True, help="Spør om alle på nytt med en gang, ikke først i løpet av et døgn.")
def address_status(*, ask: bool) -> None:
    click.echo(asyncio.run(people.parties(_running(), again=ask)))


@main.command(help="Fyll en tom database med de oppdiktede innbyggerne.")
@click.option("--data", default="data", type=click.Path(path_type=Path))
@click.option("--people", default=2000)
def seed(data: Path, people: int) -> None:
    settings = _invented(data=data)
    with _database(settings) as url:
        asyncio.run(_prepare(replace(settings, database_url=url), people))


@main.command(name="import", help="Last FHIR-bunter (transaction) og NDJSON (*.ndjson, *.ndjson.gz) fra filer.")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--workers", default=os.cpu_count() or 1, type=click.IntRange(1, 64), show_default=True,
    help="Hvor mange prosesser som skriver linjer samtidig.",
)  # fmt: skip
def import_(files: tuple[Path, ...], workers: int) -> None:
    memory.settle()
    settings = _running()
    with dividing.processes(settings, workers, files) as divided:
        failed = asyncio.run(import_bundles(settings, files, click.echo, divided))
    raise SystemExit(1 if failed else 0)


@main.command(help="Gi et tilgangsbevis til FHIR-API-et, for en time. Bare i demo.")
@click.option(
    "--as", "name", default="", help="En av demoens personer; uten: et datasystem. Systemansvarlig: innlasting."
)
@click.option("--scope", default="", help="For eksempel user/*.cruds")
def token(name: str, scope: str) -> None:
    click.echo(asyncio.run(people.token(_running(), name, frozenset(scope.split()), clock())))


@main.group(help="Kodeverk, kodeutvalg og koblinger mellom dem.")
def terminology() -> None:
    """Load terminology."""


@terminology.command(
    name="load",
    help="Last kodeverk fra filer, mapper og pakker: FHIR, Volven, ICPC-2, ICD-10, ATC, NLK, SNOMED CT, LOINC.",
)
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--strict", is_flag=True, help="Én feil avviser hele kilden; ellers lastes det som er i orden.")
@click.option("--system", default="", help="Kodeverkets url, når filen ikke sier den selv.")
@click.option("--version", default="", help="Kodeverkets versjon, når filen ikke sier den selv.")
def load_(paths: tuple[Path, ...], *, strict: bool, system: str, version: str) -> None:
    raise SystemExit(asyncio.run(_load_terminology(paths, Named(system=system, version=version), strict=strict)))


async def _load_terminology(paths: tuple[Path, ...], named: Named, *, strict: bool) -> int:
    """Load with a progress bar, tell what became of each source; return the exit code."""
    reports: list[Report] = []
    size = sum(file.stat().st_size for path in paths for file in files_of(path))
    async with opened(_running()) as office:
        with click.progressbar(length=size, label="Laster kodeverk", file=sys.stderr) as bar:
            faulty = await load_paths(office.database, paths, named, reports.append, bar.update, strict=strict)
    for report in reports:
        for fault in report.faults:
            click.echo(f"FEIL  {fault.file}{f' linje {fault.line}' if fault.line else ''}: {fault.what}")
        state = "AVVIST" if report.refused else "lastet"
        click.echo(
            f"{state}  {report.source}: {report.systems} kodeverk, {report.concepts} koder, {report.value_sets} "
            f"kodeutvalg, {report.maps} koblinger, {report.same} uendret, {report.faulty} feil"
        )
    return 1 if faulty or not reports else 0


def _settings(more: Mapping[str, str] | None = None) -> Settings:
    """Return the settings of this process."""
    return from_environment({**os.environ, **(more or {})})


def _invented(*, data: Path, port: int | None = None) -> Settings:
    """Return the settings of an installation of invented people: a demo, on a PostgreSQL of its own unless told.

    Raises  Refused AK-L009 in production; a database that is named without saying what it is for counts as that
    """
    usual = "production" if os.environ.get("AKSON_DATABASE_URL") else "demo"
    given = {"AKSON_ENV": os.environ.get("AKSON_ENV", usual), "AKSON_DATA": str(data)}
    settings = _settings(given | ({"AKSON_PORT": str(port)} if port else {}))
    refuse_in_production(Guarded(environment=settings.environment, personas=True, synthetic_ids=True))
    return settings


@contextmanager
def _database(settings: Settings) -> Iterator[str]:
    """Give the address of the database that was named, or run a PostgreSQL of our own meanwhile."""
    if settings.database_url:
        yield settings.database_url
        return
    with Postgres(settings.data, binaries=settings.postgres_bin) as server:
        yield server.url


def _running() -> Settings:
    """Return the settings of this process or, when none are given, of the demo that keeps its data here."""
    demo = Path(os.environ.get("AKSON_DATA", "data")) / DEMO
    given = not os.environ.keys().isdisjoint({"AKSON_ENV", "AKSON_DATABASE_URL"})
    told = {} if given or not demo.exists() else json.loads(demo.read_text("utf-8"))
    return _settings(told)


async def _prepare(settings: Settings, count: int) -> None:
    """Migrate, and load the people when nobody is there yet."""
    await _migrate(settings)
    told = {"AKSON_ENV": settings.environment, "AKSON_DATA": str(settings.data), "AKSON_KEYS": str(settings.keys),
            "AKSON_PORT": str(settings.port),
            "AKSON_URL": settings.base_url, "AKSON_DATABASE_URL": settings.database_url,
            "AKSON_PARTIES_URL": settings.parties_url, "AKSON_PARTIES_ISSUER": settings.parties_issuer,
            "AKSON_PERSONS_URL": settings.persons_url, "AKSON_PERSONS_ISSUER": settings.persons_issuer}  # fmt: skip
    (settings.data / DEMO).write_text(json.dumps(told), "utf-8")
    async with opened(settings) as office:
        await load_base(office.database, click.echo)
    await seeding.fill(settings, count, click.echo)


main.add_command(app_commands(_running))
main.add_command(key_commands(_running))
main.add_command(takes_command(_running))
main.add_command(put_command(_running))
main.add_command(list_command(_running))
main.add_command(retention_commands(_running))
main.add_command(session_commands(_running))
main.add_command(audit_commands(_running))
main.add_command(witness)
main.add_command(backup_commands(_running))
main.add_command(restore_commands(_running))


if __name__ == "__main__":
    main()
