"""What tests of subscriptions use."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from akson.record.office import Office
from akson.subscriptions.calling import client
from tests.fhirapi.clients import Api
from tests.subscriptions.receiving import Receiver, listening
from tests.subscriptions.world import Subscribing


@pytest.fixture
async def world(office: Office) -> AsyncIterator[Subscribing]:
    """An office, its API and its worker."""
    api = Api(office)
    async with client() as http:
        yield Subscribing(office, api, http)
    await api.close()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """A receiver that listens."""
    async with listening(Receiver()) as one:
        yield one
