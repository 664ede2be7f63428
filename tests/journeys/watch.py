"""What is watched on every page a journey comes to: accessibility and width at both sizes, the console, the addresses."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from playwright.async_api import ConsoleMessage, Page, Request

from tests.journeys.look import SIZES, at_width

SECRET = re.compile(
    r"(?<![0-9a-z])\d{11}(?![0-9a-z])|astrid|nordli|torunn|myrvold", re.I
)  # what must never stand in an address
BUILD = """() => { const chain = (one) => one ? chain(one.parentElement) + '>' + one.tagName +
    [...one.attributes].filter((each) => /^(class|role|type|aria-|data-)/.test(each.name) && each.name !== 'data-l')
      .map((each) => each.name + (each.name === 'class' ? each.value : '')).join('.') : '';
  return [...new Set([...document.querySelectorAll('main *')].map(chain))].sort().join(); }"""


@dataclass
class Watch:
    """Everything found so far. Pages that are built alike, whatever they tell, are looked at once, by whoever comes first.

    folder   for the pictures, if they are wanted: NNN-who-path-width.png
    seen     a folder that all workers of the run share: a file for each page that was looked at
    """

    origin: str
    folder: Path | None
    seen: Path
    faults: list[str] = field(default_factory=list)

    def follow(self, page: Page) -> None:
        """Listen to a page from now on."""
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.faults.append(f"{page.url}: {error}"))
        page.on("request", self._asked)

    async def look(self, page: Page, who: str) -> None:
        """Look at the page as it stands, at both widths; it has its own width again afterwards."""
        if not page.url.startswith(self.origin):
            return
        build = await page.evaluate(BUILD)
        try:
            (self.seen / hashlib.sha256((_slug(page.url) + build).encode()).hexdigest()).touch(exist_ok=False)
        except FileExistsError:
            return
        own, number = page.viewport_size, sum(1 for _ in self.seen.iterdir())
        for width in SIZES:
            found = await at_width(page, f"{number:03d}-{who}-{_slug(page.url)}", width, self.folder)
            if not found.good:
                self.faults.append(f"{found.name} at {width}: {found.violations} +{found.wider} px")
        if own:
            await page.set_viewport_size(own)

    def _said(self, message: ConsoleMessage) -> None:
        """Note an error of the console; a page that refuses by intention, 403, 404 or 422, says so there too."""
        page = message.page
        own_status = page is not None and message.location.get("url") == page.url and "status of 4" in message.text
        if message.type == "error" and not own_status:
            self.faults.append(f"{message.location.get('url')}: {message.text}")

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((self.origin, "data:", "blob:")):
            self.faults.append(f"a foreign address: {request.url}")
        if SECRET.search(request.url):
            self.faults.append(f"a person stands in an address: {request.url}")


def _slug(url: str) -> str:
    path = re.sub(r"[\w-]{27,}", "x", urlsplit(url).path)  # ids of the record, of messages, digests
    return re.sub(r"\W+", "-", path).strip("-") or "forside"
