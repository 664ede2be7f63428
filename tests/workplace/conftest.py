"""The staff's pages are tried on the invented municipality."""

from __future__ import annotations

import pytest

from akson.base.jobs import deliver
from akson.record import worklist
from tests.seeded import Town, peopled, town

__all__ = ["peopled", "town"]


@pytest.fixture
async def at_work(town: Town) -> Town:
    """Fjordvik with its worklists up to date."""
    await caught_up(town)
    return town


async def caught_up(town: Town) -> None:
    """Let the news of everything that was written reach the worklists."""
    office = town.office
    while await deliver(office.database, [worklist.consumer(office.database, office.ids.open)], office.clock()):
        pass
