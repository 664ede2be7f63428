"""Two worlds, built anew for each file: what one file writes in them must not meet the next."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from akson.base.postgres import Postgres
from tests.conftest import administer
from tests.leaks.worlds import EMPTY, KEPT, Town, Worlds, build, running


@pytest.fixture(scope="module")
def two_towns(postgres: Postgres, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """Both databases, and what everything in them came to be called."""
    data: Path = tmp_path_factory.mktemp("installation")
    yield build(postgres, template, data)
    for world in (EMPTY, KEPT):
        asyncio.run(administer(postgres, f"DROP DATABASE {world} WITH (FORCE)"))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def worlds(two_towns: Town) -> AsyncIterator[Worlds]:
    """Both worlds, running through a whole file: who asks after another finds every statement planned."""
    async with running(two_towns) as made:
        yield made
