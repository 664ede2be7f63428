"""Another writer, who changes unrelated things while pages are turned: no page may repeat or skip because of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from itertools import count

from tests.offices import JOB
from tests.spec.searching.world import World

_ID = "rival-"


def is_rivals(ref: str) -> bool:
    """Tell whether the rival wrote it."""
    return ref.partition("/")[2].startswith(_ID)


@asynccontextmanager
async def writing(world: World) -> AsyncIterator[None]:
    """Let the rival write as long as this lasts: create, change and delete things of a person of their own."""
    client = world.api.as_(JOB)

    async def write() -> None:
        await client.put(f"Patient/{_ID}p", json={"resourceType": "Patient", "id": f"{_ID}p"})
        for n in count():
            one = f"{_ID}{n % 7}"
            made = {
                "resourceType": "Observation", "id": one, "status": "final", "code": {"text": f"måling {n}"},
                "subject": {"reference": f"Patient/{_ID}p"}, "effectiveDateTime": f"20{n % 24 + 10}-02-01",
            }  # fmt: skip
            if n % 3:
                await client.put(f"Observation/{one}", json=made)
            else:
                await client.delete(f"Observation/{one}")
            await asyncio.sleep(0.005)

    task = asyncio.create_task(write())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
