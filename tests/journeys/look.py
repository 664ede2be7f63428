"""Look at pages: screenshots at 1280 and 390 px and what axe-core finds.

    python -m tests.journeys.look FOLDER [page ...]     draws the example pages and saves pictures in FOLDER

Needs chromium and node_modules (npm ci), found beside the repository's root or by AKSON_NODE_MODULES.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, BrowserContext, Page, async_playwright

ROOT = Path(__file__).resolve().parents[2]
# The same browser without its window, where there is one, costs a quarter less.
CHROMIUM = os.environ.get("AKSON_CHROMIUM") or shutil.which("chromium-headless-shell") or "/usr/bin/chromium"
SIZES = {1280: 720, 390: 844}


@dataclass
class Seen:
    """What was found on one page at one width."""

    name: str
    width: int
    violations: list[str] = field(default_factory=list)
    wider: int = 0  # pixels that stick out sideways
    errors: list[str] = field(default_factory=list)  # of the console: CSP, missing files

    @property
    def good(self) -> bool:
        return not self.violations and self.wider <= 0 and not self.errors


def node_modules() -> Path:
    return Path(os.environ.get("AKSON_NODE_MODULES", ROOT / "node_modules"))


@asynccontextmanager
async def browser() -> AsyncIterator[Browser]:
    """Start a headless chromium."""
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(
            executable_path=CHROMIUM, chromium_sandbox=False,
            ignore_default_args=["--disable-back-forward-cache"],  # people's browsers keep pages to go back to
        )  # fmt: skip
        try:
            yield started
        finally:
            await started.close()


@cache
def _axe() -> str:
    return (node_modules() / "axe-core/axe.min.js").read_text("utf-8")


async def bring_axe(context: BrowserContext) -> None:
    """Let every page of a context have axe at hand, unread until it is looked at: that costs half of sending it then."""
    await context.add_init_script(f"window.bringAxe = () => {{ {_axe()} }};")


async def axe(page: Page) -> list[str]:
    """Run every axe rule; return one line for each violation."""
    if not await page.evaluate("'axe' in window || (window.bringAxe?.(), 'axe' in window)"):
        await page.evaluate(f"{_axe()};0")
    found: dict[str, Any] = await page.evaluate(
        "axe.run({runOnly: ['wcag2a','wcag2aa','wcag21a','wcag21aa','wcag22aa','best-practice'],"
        " resultTypes: ['violations']})"
    )
    return [f"{one['id']}: {one['nodes'][0]['html'][:160]} ({len(one['nodes'])})" for one in found["violations"]]


async def look(
    started: Browser, name: str, url: str, folder: Path | None = None, *, cookies: list[Any] | None = None
) -> list[Seen]:
    """Open `url` and look at both widths; save pictures when `folder` is given."""
    context = await started.new_context(viewport={"width": 1280, "height": 720}, locale="nb-NO")
    try:
        if cookies:
            await context.add_cookies(cookies)
        page, errors = await context.new_page(), list[str]()
        page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
        await page.goto(url, wait_until="load")
        every = [await at_width(page, name, width, folder) for width in SIZES]
        return [replace(seen, errors=errors) for seen in every]
    finally:
        await context.close()


async def at_width(page: Page, name: str, width: int, folder: Path | None) -> Seen:
    """Look at the page as it stands, at one width; axe at its whole length, so that no bar lies over a part of it.

    What stays at the edge of the window covers what has not been scrolled to yet, wherever a page happens to end; axe
    takes the strip that is left of a link for its size.
    """
    await page.set_viewport_size({"width": width, "height": SIZES[width]})
    seen = Seen(name, width)
    if folder:
        await page.screenshot(path=folder / f"{name}-{width}.png", full_page=True)
    seen.wider, length = await page.evaluate(
        "(({ scrollWidth, clientWidth, scrollHeight }) => [scrollWidth - clientWidth, scrollHeight])(document.documentElement)"
    )
    if length > SIZES[width]:
        await page.set_viewport_size({"width": width, "height": length})
    seen.violations = await axe(page)
    return seen


async def main(folder: Path, names: list[str]) -> int:
    from tests.journeys.gallery import gallery

    folder.mkdir(parents=True, exist_ok=True)
    async with gallery() as (address, pages), browser() as started:
        every = [seen for name in names or pages for seen in await look(started, name, f"{address}/{name}", folder)]
    for seen in every:
        print(  # noqa: T201
            f"{'ok ' if seen.good else 'BAD'} {seen.name} {seen.width}",
            seen.wider or "",
            *seen.violations,
            *seen.errors,
            sep="\n      " if not seen.good else " ",
        )
    return sum(not seen.good for seen in every)


if __name__ == "__main__":
    sys.exit(asyncio.run(main(Path(sys.argv[1]), sys.argv[2:])))
