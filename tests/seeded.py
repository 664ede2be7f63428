"""The invented municipality for tests: its named people loaded once, a fresh copy of them for each test.

Import the two fixtures in a conftest.py; `Town` finds people by the names the seeds give them.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

import pytest

import seeds
from akson.base.postgres import Postgres
from akson.base.work import Actor
from akson.doors.seeding import Names, load
from akson.record.office import Office
from seeds import staff
from tests.conftest import _database, administer
from tests.offices import NOW, Clock, opened_office

ELEVEN = NOW + timedelta(hours=1)  # the morning's round is over
MEMBERS = {member.key: member for member in staff.STAFF}
_PEOPLED: dict[str, Names] = {}  # by server


@dataclass(frozen=True)
class Town:
    """Fjordvik in an office of its own."""

    office: Office
    names: Names  # seed key -> "Type/id"

    def id(self, key: str) -> str:
        """Return the id of a seed: "Patient/astrid"."""
        return self.names[key].partition("/")[2]

    async def at_work(self, key: str) -> Actor:
        """Return a member of staff ("jonas") as they are when signed in."""
        found = await self.office.register.staff(MEMBERS[key].fnr.value, self.office.clock(), "demo:4")
        return found[0]


@pytest.fixture(scope="session")
def peopled(postgres: Postgres, template: str) -> tuple[str, Names]:
    """The name of a database with the named people in it, and what everything came to be called."""
    if postgres.url not in _PEOPLED:  # each folder's conftest has this fixture, and all share one server
        _PEOPLED[postgres.url] = asyncio.run(_people(postgres, template))
    return "template_people", _PEOPLED[postgres.url]


async def _people(postgres: Postgres, template: str) -> Names:
    await administer(postgres, f"CREATE DATABASE template_people TEMPLATE {template}")
    async with opened_office(postgres.url_of("template_people")) as office:
        return await load(office, seeds.resources(0, ELEVEN))


@pytest.fixture
async def town(postgres: Postgres, peopled: tuple[str, Names]) -> AsyncIterator[Town]:
    """Fjordvik with its named people, on Monday 23 November 2026 at 11.00."""
    template, names = peopled
    async with _database(postgres, template) as url, opened_office(url) as office:
        office.clock = Clock(ELEVEN)
        yield Town(office, names)
