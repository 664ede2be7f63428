"""One query for all who ask at the same moment, and nobody suffers for another."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

import pytest

from akson.base.rides import Rides


class Desk:
    """Answers after a moment and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[list[int]] = []
        self.begun = asyncio.Event()

    async def __call__(self, keys: Sequence[int]) -> Mapping[int, str]:
        self.asked.append(list(keys))
        self.begun.set()
        await asyncio.sleep(0.01)
        if 13 in keys:
            raise OSError("13")
        return {key: f"answer {key}" for key in keys if key < 100}


async def test_those_who_come_while_a_query_is_in_flight_share_the_next() -> None:
    desk = Desk()
    rides = Rides(desk)
    first = asyncio.create_task(rides.fetch(1))
    await desk.begun.wait()
    assert await asyncio.gather(first, *(rides.fetch(n) for n in (2, 3, 3, 200))) == [
        "answer 1", "answer 2", "answer 3", "answer 3", None,
    ]  # fmt: skip
    assert desk.asked == [[1], [2, 3, 200]]


async def test_a_failure_hits_only_whoever_caused_it() -> None:
    rides = Rides(Desk())
    answers = await asyncio.gather(*(rides.fetch(n) for n in (12, 13, 14)), return_exceptions=True)
    assert [answers[0], answers[2]] == ["answer 12", "answer 14"]
    assert isinstance(answers[1], OSError)


async def test_whoever_gives_up_takes_nobody_along() -> None:
    rides = Rides(Desk())
    both = [asyncio.create_task(rides.fetch(5)) for _ in range(2)]
    await asyncio.sleep(0)
    both[0].cancel()
    assert await both[1] == "answer 5"
    with pytest.raises(asyncio.CancelledError):
        await both[0]


@pytest.mark.parametrize("steps", range(8))
async def test_whoever_comes_just_as_a_query_ends_is_answered_though_nobody_comes_after(steps: int) -> None:
    ended = asyncio.Event()

    async def ask(keys: Sequence[int]) -> Mapping[int, str]:
        ended.set()
        return {key: f"answer {key}" for key in keys}

    async def late() -> str | None:
        await ended.wait()
        for _ in range(steps):  # of the event loop: one of them lies between the end and what is told of it
            await asyncio.sleep(0)
        return await rides.fetch(2)

    rides = Rides(ask)
    async with asyncio.timeout(2):
        assert await asyncio.gather(late(), rides.fetch(1)) == ["answer 2", "answer 1"]


async def test_a_fault_of_ours_leaves_nobody_waiting() -> None:
    async def ask(keys: Sequence[int]) -> Mapping[int, str]:
        raise ValueError("not foreseen")

    rides = Rides(ask)
    async with asyncio.timeout(2):
        for _ in range(2):
            with pytest.raises(ValueError, match="not foreseen"):
                await rides.fetch(1)
