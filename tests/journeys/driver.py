"""A browser that plain functions can steer: Playwright lives on an event loop in a thread of its own.

So the stories read as sentences without `await`, and no loop of ours stands in the way of the other tests' loops.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Thread
from typing import Any, TypeVar

from playwright.async_api import Browser

from tests.journeys.look import browser

T = TypeVar("T")
LONGEST = 60  # seconds one step may take


@dataclass(frozen=True)
class Driver:
    """The browser and its loop."""

    loop: asyncio.AbstractEventLoop
    browser: Browser

    def do(self, step: Coroutine[Any, Any, T]) -> T:
        """Let the browser take one step, and return what came of it."""
        return asyncio.run_coroutine_threadsafe(step, self.loop).result(LONGEST)


@contextmanager
def driver() -> Iterator[Driver]:
    """Start a headless chromium for the whole session."""
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever, name="browser", daemon=True)
    thread.start()

    def do(step: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(step, loop).result(LONGEST)

    opening = browser()
    try:
        started = do(opening.__aenter__())
        yield Driver(loop, started)
        do(opening.__aexit__(None, None, None))
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
