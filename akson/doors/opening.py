"""Opens the office of an installation: its database, its keys, its log; and closes them again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import httpx

from akson.audit.log import AccessLog
from akson.base.database import Database
from akson.base.errors import Refused
from akson.base.ids import Ids
from akson.doors import profiles
from akson.doors.keys import Keys
from akson.doors.limits import Searches
from akson.doors.persons import persons
from akson.doors.professionals import professionals
from akson.doors.settings import Settings
from akson.doors.sources import sources
from akson.exchange.safexml import Schemas
from akson.record import releasing
from akson.record.identities import holds_invented
from akson.record.office import Office
from akson.record.terms import Terms
from akson.record.values import Hasher
from akson.signin.guard import Guarded, refuse_in_production
from akson.subscriptions.keeping import Keeper

ROLE = "akson_app"
ERASER = "akson_eraser"


def clock() -> datetime:
    """Return the time; the only clock of the application."""
    return datetime.now(UTC)


@asynccontextmanager
async def opened(settings: Settings, *, size: int = 8) -> AsyncIterator[Office]:
    """Open the office and close it afterwards.

    size    database connections at most
    Raises  Refused AK-L009 in production, when invented persons are in the database
    """
    keys = Keys.open(settings.keys)
    ids = Ids(keys.ids, list(keys.ids)[-1])
    database = await Database.open(settings.database_url, size=size, role=ROLE)
    eraser = await Database.open(settings.database_url, size=1, role=ERASER, ready=0)
    log = AccessLog(settings.database_url, role=ROLE)
    http = httpx.AsyncClient(timeout=10.0)
    try:
        refuse_in_production(Guarded(environment=settings.environment, personas=await _invented(database, settings)))
        yield Office(
            database=database, eraser=eraser, ids=ids, hasher=Hasher(keys.hashes),
            log=log, clock=clock, drafts_keys=keys.drafts, synthetic=settings.synthetic,
            profiles=profiles.load(settings.profiles),
            terms=Terms(last=settings.record_years, death=settings.death_years),
            release_days=release_days(settings.release_days, ids),
            past_blocks=_controllers(settings.past_blocks, ids),
            following=Keeper(outward=settings.outward, base=settings.fhir_url),
            professionals=professionals(settings, http, clock), persons=persons(settings, http, clock),
            ways=settings.reaching, scanner=settings.scanner, sources=sources(settings, http, clock),
            schema=Schemas(settings.schemas).check if settings.schemas else None,
            searches=Searches(database, clock, settings.searches) if settings.searches else None,
        )  # fmt: skip
    finally:
        await http.aclose()
        await log.close()
        await eraser.close()
        await database.close()


def _controllers(given: str, ids: Ids) -> frozenset[int]:
    """Return the owner keys of data controllers, by ids of Organizations with commas between.

    Raises  Refused AK-L011 for what is no id of this installation
    """
    found = {ids.open(one.strip().removeprefix("Organization/")) for one in given.split(",") if one.strip()}
    if None in found:
        raise Refused("AK-L011", what="AKSON_ADVICE_PAST_BLOCKS")
    return frozenset(key for key in found if key)


def release_days(given: str, ids: Ids) -> dict[tuple[int, str], int]:
    """Return what "PAT=14,Organization-id:PAT=7" says: days by controller (0: all others) and category.

    Raises  Refused AK-L011 for what says something else, or more days than anything may wait
    """
    found: dict[tuple[int, str], int] = {}
    for one in filter(None, (part.strip() for part in given.split(","))):
        kind, _, days = one.partition("=")
        unit, _, code = kind.rpartition(":")
        controller = ids.open(unit.removeprefix("Organization/")) if unit else 0
        fits = days.isascii() and days.isdigit() and int(days) <= releasing.LONGEST.days
        if controller is None or not code or not fits:
            raise Refused("AK-L011", what="AKSON_RELEASE_DAYS")
        found[controller, code] = int(days)
    return found


async def tried(settings: Settings) -> None:
    """Open and close once, so that whoever starts a server reads in a sentence why it cannot."""
    async with opened(settings, size=1):
        pass


async def _invented(database: Database, settings: Settings) -> bool:
    """Tell whether invented persons are where only real ones may be; asked of the database in production only."""
    return settings.production and await holds_invented(database)
