"""The API and its clients."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from akson.record.office import Office
from tests.fhirapi.clients import Api
from tests.offices import VENDOR


@pytest.fixture
async def api(office: Office) -> AsyncIterator[Api]:
    """The API on a fresh database."""
    made = Api(office)
    yield made
    await made.close()


@pytest.fixture
def vendor(api: Api) -> httpx.AsyncClient:
    """A program with an agreement to read and write."""
    return api.as_(VENDOR)
