"""Two worlds, built once for the tests of leaks."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from akson.base.postgres import Postgres
from tests.leaks.worlds import Town, Worlds, build, running


@pytest.fixture(scope="session")
def two_towns(postgres: Postgres, template: str, tmp_path_factory: pytest.TempPathFactory) -> Town:
    """Both databases, and what everything in them came to be called."""
    data: Path = tmp_path_factory.mktemp("installation")
    return build(postgres, template, data)


@pytest.fixture
async def worlds(two_towns: Town) -> AsyncIterator[Worlds]:
    """Both worlds, running."""
    async with running(two_towns) as made:
        yield made
