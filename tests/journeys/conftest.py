"""What the stories stand on: one town and one browser for all of them."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from akson.base.postgres import Postgres
from akson.base.web.static import FOLDER, vendor
from tests.conftest import administer
from tests.journeys.driver import Driver, driver
from tests.journeys.journey import Journey
from tests.journeys.look import CHROMIUM, node_modules
from tests.journeys.town import Town, town
from tests.journeys.watch import Watch


@pytest.fixture(scope="session")
def the_town(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """Fjordvik, filled once and served until the last story is told."""
    if not (FOLDER / "vendor" / "ds.css").exists():
        vendor(node_modules())
    asyncio.run(administer(postgres, "CREATE DATABASE journeys"))
    with town(postgres.url_of("journeys"), tmp_path_factory.mktemp("town")) as started:
        yield started


@pytest.fixture(scope="session")
def the_browser() -> Iterator[Driver]:
    if not Path(CHROMIUM).exists() or not (node_modules() / "axe-core").exists():
        pytest.skip("needs chromium and node_modules")
    with driver() as started:
        yield started


@pytest.fixture(scope="session")
def watch(the_town: Town, tmp_path_factory: pytest.TempPathFactory) -> Watch:
    """Pictures are kept for people, where AKSON_SHOTS says."""
    own = tmp_path_factory.getbasetemp()
    seen = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "pages-seen"
    seen.mkdir(exist_ok=True)
    kept = os.environ.get("AKSON_SHOTS")
    folder = Path(kept) if kept else None
    if folder:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    return Watch(the_town.url, folder, seen)


@pytest.fixture
def journey(the_town: Town, the_browser: Driver, watch: Watch) -> Iterator[Journey]:
    """A story; at its end nothing may have been found on any of its pages, nor in the logs of the programs."""
    told = Journey(the_town, the_browser, watch)
    try:
        yield told
    finally:
        told.close()
    faults, watch.faults = [*watch.faults, *the_town.complaints()], []
    assert not faults, "\n".join(faults)
