"""The words the stories are told in: `journey.as_("Jonas").finds("Astrid").panel("Problemer").sees("K77")`.

A person has a browser of their own and does only what a person can: opens links, presses buttons, fills in fields. Each
of these counts as one interaction. Nothing is fetched or written behind the screens.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from playwright.async_api import BrowserContext, Locator, Page

from tests.journeys.driver import Driver
from tests.journeys.look import SIZES, bring_axe
from tests.journeys.town import Town
from tests.journeys.watch import Watch

SOON = 6.0  # seconds something on a page may take to show


@dataclass
class Journey:
    """One story: who takes part, and what is watched meanwhile."""

    town: Town
    driver: Driver
    watch: Watch
    contexts: list[BrowserContext] = field(default_factory=list)

    def as_(self, name: str, *, width: int = 1280, scripts: bool = True) -> Person:
        """Sign in as a named person, through the picker, in a browser nobody has used before.

        scripts  False: the browser runs none, and its pages are not looked at, which takes a script
        """
        context = self.driver.do(
            self.driver.browser.new_context(
                viewport={"width": width, "height": SIZES[width]}, locale="nb-NO", timezone_id="Europe/Oslo",
                java_script_enabled=scripts,
            )
        )  # fmt: skip
        self.contexts.append(context)
        if scripts:
            self.driver.do(bring_axe(context))
        person = Person(self, name, context, self.driver.do(self.tab(context)), looks=scripts)
        return person.go("/").press(name)

    async def tab(self, context: BrowserContext) -> Page:
        """Open a tab that is watched."""
        page = await context.new_page()
        page.set_default_timeout(SOON * 1000)
        self.watch.follow(page)
        return page

    def close(self) -> None:
        for context in self.contexts:
            self.driver.do(context.close())


class View:
    """A part of a page: everything, or one panel of it."""

    def __init__(self, person: Person, root: Callable[[], Locator], name: str = "the page") -> None:
        self._person, self._root, self._name = person, root, name

    @property
    def text(self) -> str:
        """Return what stands here for those who see, in one line."""
        return " ".join(str(self._person.do(self._root().inner_text())).split())

    def sees(self, *texts: str) -> Self:
        """Expect every text here, now or very soon."""
        for text in texts:
            assert self._soon(partial(self._shows, text)), f"«{text}» is not in {self._name}: {self.text}"
        return self

    def sees_not(self, *texts: str) -> Self:
        """Expect none of the texts here."""
        for text in texts:
            assert not self._shows(text), f"«{text}» is in {self._name}: {self.text}"
        return self

    def panel(self, heading: str) -> View:
        """Return the part of the page under a heading."""
        return View(self._person, lambda: self._root().get_by_role("region", name=heading).first, f"«{heading}»")

    def group(self, question: str) -> View:
        """Return the answers to one question, where several things to choose have the same name on a page."""
        return View(self._person, lambda: self._root().get_by_role("group", name=question).first, f"«{question}»")

    def row(self, text: str) -> View:
        """Return the row of a table or list that holds a text."""
        rows = partial(self._root().locator, "li, tr")
        return View(self._person, lambda: rows().filter(has_text=text).last, f"the row with «{text}»")

    def open(self, text: str) -> Person:
        """Follow the link with this text."""
        return self._person.arrive(self._first("link", text).click)

    def press(self, text: str) -> Person:
        """Press the button with this text, and come to where it leads."""
        return self._person.arrive(self._first("button", text).click)

    def fill(self, label: str, text: str) -> Self:
        """Type into the field with this label, key by key."""
        box = self._field(label)
        self._person.act(lambda: box.fill(""))
        self._person.do(box.press_sequentially(text, delay=0))
        return self

    def types_and_enters(self, label: str, text: str) -> Person:
        """Type into a field and send it with the Enter key."""
        self.fill(label, text)
        return self._person.arrive(lambda: self._field(label).press("Enter"))

    def choose(self, label: str, choice: str = "") -> Self:
        """Choose in the list with this label; without `choice`, tick the box or button with it."""
        if choice:
            self._person.act(lambda: self._field(label).select_option(label=choice))
        else:
            self._person.act(lambda: self._root().locator("label").filter(has_text=label).first.click())
        return self

    def typed(self, label: str) -> str:
        """Return what stands in the field with this label."""
        return str(self._person.do(self._field(label).input_value()))

    def has(self, role: Any, text: str) -> bool:
        """Tell whether there is such a thing here: "link", "button", "heading" …"""
        return bool(self._person.do(self._root().get_by_role(role, name=text).count()))

    def _shows(self, text: str) -> bool:
        return " ".join(text.split()) in self.text

    def _field(self, label: str) -> Locator:
        """Return the field whose label begins so; "valgfri" and points may follow."""
        return self._root().get_by_label(re.compile(rf"^\s*{re.escape(label)}")).first

    def _first(self, role: Any, text: str) -> Locator:
        return self._root().get_by_role(role, name=re.compile(rf"{re.escape(text)}(?!\w)")).first

    def _soon(self, holds: Callable[[], bool]) -> bool:
        until = time.monotonic() + SOON
        while not (held := holds()) and time.monotonic() < until:
            time.sleep(0.1)
        return held


class Person(View):
    """Somebody in front of a browser; every page they come to is looked at, unless it runs no scripts."""

    def __init__(self, journey: Journey, name: str, context: BrowserContext, page: Page, *, looks: bool) -> None:
        super().__init__(self, lambda: self.page.locator("body"))
        self.journey, self.name, self.context, self.page, self.looks = journey, name, context, page, looks
        self.interactions = 0

    @property
    def path(self) -> str:
        return urlsplit(self.page.url).path

    @property
    def heading(self) -> str:
        return str(self.do(self.page.locator("h1").first.inner_text()))

    def go(self, path: str) -> Self:
        """Go to an address of ours, as from a bookmark."""
        self.do(self.page.goto(f"{self.journey.town.url}{path}", wait_until="load"))
        return self._look()

    def again(self) -> Self:
        """Load the same page anew."""
        self.do(self.page.reload(wait_until="load"))
        return self._look()

    def back(self) -> Self:
        """Go back to the page before, which the browser may have kept."""
        self.do(self.page.evaluate("void setTimeout(() => history.back())"))
        self.do(self.page.wait_for_timeout(500))
        return self._look()

    def finds(self, asked: str) -> Person:
        """Search in the top bar and open the record; a number that fits one person opens it at once."""
        self.searches(asked)
        return self if self.path.startswith("/p/") else self.arrive(self.page.locator("[data-list] th a").first.click)

    def searches(self, asked: str) -> Person:
        """Search in the top bar."""
        box = self.page.get_by_role("search").get_by_role("searchbox")
        self.act(lambda: box.fill(asked))
        return self.arrive(lambda: box.press("Enter"))

    def keys(self, chord: str) -> Person:
        """Press keys that lead to another page: "Control+Enter"."""
        return self.arrive(lambda: self.page.keyboard.press(chord))

    def loses_the_tab(self) -> Self:
        """Close the tab without a word, and open an empty one in the same browser."""
        self.do(self.page.close(run_before_unload=False))
        self.page = self.do(self.journey.tab(self.context))
        return self

    def another_tab(self) -> Person:
        """Sit with one more tab of the same browser."""
        return Person(self.journey, self.name, self.context, self.do(self.journey.tab(self.context)), looks=self.looks)

    def leaves_the_screen(self) -> None:
        """Be away, as far as the pages can tell, for longer than they stay open."""
        self.do(self.page.evaluate("localStorage.setItem('akson-seen', Date.now() - 3600000)"))

    def signs_out(self) -> Person:
        return self.press("Logg ut")

    @contextmanager
    def counting(self) -> Iterator[list[int]]:
        """Count the interactions inside; the list holds the number afterwards."""
        before, counted = self.interactions, [0]
        yield counted
        counted[0] = self.interactions - before

    def arrive(self, step: Callable[[], Any]) -> Person:
        """Take a step that leads to a page, and look at it."""

        async def there() -> None:
            async with self.page.expect_navigation(wait_until="load"):
                await step()

        self.interactions += 1
        self.do(there())
        return self._look()

    def downloads(self, text: str, role: Any = "button") -> bytes:
        """Press the button or link with this text, and return the file that is saved."""

        async def saved() -> bytes:
            async with self.page.expect_download() as waiting:
                await self._first(role, text).click()
            return Path(await (await waiting.value).path()).read_bytes()

        self.interactions += 1
        return bytes(self.do(saved()))

    def act(self, step: Callable[[], Any]) -> None:
        """Do one thing on the page."""
        self.interactions += 1
        self.do(step())

    def do(self, step: Any) -> Any:
        return self.journey.driver.do(step)

    def _look(self) -> Self:
        if self.looks:
            self.do(self.journey.watch.look(self.page, self.name))
        return self
