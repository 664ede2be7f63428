"""Every example page in a real browser: nothing axe objects to, nothing that sticks out, no script or style refused."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser

from tests.base.web import examples
from tests.journeys.gallery import gallery
from tests.journeys.look import CHROMIUM, SIZES, browser, look, node_modules

pytestmark = [
    pytest.mark.journey,
    pytest.mark.skipif(
        not Path(CHROMIUM).exists() or not node_modules().exists(), reason="needs chromium and node_modules"
    ),
]


@pytest.fixture
async def started() -> AsyncIterator[Browser]:
    async with browser() as one:
        yield one


async def test_every_page_is_accessible_and_fits_at_both_widths(started: Browser) -> None:
    async with gallery() as (address, pages):
        every = [seen for name in pages for seen in await look(started, name, f"{address}/{name}")]
    assert len(every) == len(examples.PAGES) * len(SIZES)
    assert [seen for seen in every if not seen.good] == []


async def test_the_whole_overview_stands_above_the_fold(started: Browser) -> None:
    """All panels end above the bar at 1280 x 720."""
    async with gallery() as (address, _):
        page = await started.new_page(viewport={"width": 1280, "height": 720})
        await page.goto(f"{address}/oversikt", wait_until="networkidle")
        bottoms = await page.evaluate(
            "[...document.querySelectorAll('.ak-panel')].map((one) => one.getBoundingClientRect().bottom)"
        )
        bar = await page.evaluate("document.querySelector('.ak-bar').getBoundingClientRect().top")
    assert len(bottoms) == 7
    assert max(bottoms) <= bar


async def test_keys_lead_where_the_menu_says(started: Browser) -> None:
    async with gallery() as (address, _):
        page = await started.new_page()
        await page.goto(f"{address}/oversikt")
        await page.keyboard.press("Control+k")
        assert await page.evaluate("document.activeElement.id") == "finn"
        await page.evaluate("document.activeElement.blur()")
        await page.keyboard.press("g")
        await page.keyboard.press("m")
        await page.wait_for_url("**/p/x/4")
