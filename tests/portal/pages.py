"""Opening the citizens' pages as somebody: the real handler on the real journal, drawn as the browser gets it."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import Any

from akson.base.web.messages import texts
from akson.base.web.render import Renderer
from akson.base.web.screens import Go, Page, Visit
from akson.base.work import Actor, Purpose
from akson.portal import bereaved, rights
from akson.portal.persons import citizens_shell
from akson.portal.screens import SCREENS
from akson.record import journal
from akson.record.session import session
from seeds.citizens import GROWN_UP
from tests.offices import JOB
from tests.seeded import Town

RENDERER = Renderer(texts(), lambda name: f"/static/{name}")
FNR = {citizen.key: citizen.fnr.value for citizen in GROWN_UP}


async def add(town: Town, resource: dict[str, Any]) -> None:
    """Write something into the record of somebody, as our own job."""
    async with town.office.work(JOB, Purpose.SYSTEM) as work:
        await journal.create(work, resource)


@dataclass(frozen=True)
class Shown:
    """A page that was drawn. statements: round trips of the whole page, log and top bar included."""

    page: Page
    html: str
    statements: int

    @property
    def text(self) -> str:
        """What people read, without tags."""
        body = self.html.partition("<body")[2]
        return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", re.sub(r"<svg.*?</svg>", "", body, flags=re.S))).split())


async def citizen(town: Town, key: str) -> Actor:
    """Return a resident as they are when signed in."""
    actor = await town.office.register.citizen(FNR[key], "demo:4")
    assert actor is not None
    return actor


async def show(town: Town, actor: Actor, path: str, **query: str) -> Shown:
    """Open a page; `person` is the key of a seed, "astrid", and `id_` what stands in its place in the address."""
    if "person" in query:
        query["person"] = town.id(f"Patient/{query['person']}")
    if "id_" in query:
        query["person"] = query.pop("id_")
    before = town.office.database.statements
    async with town.office.work(actor, Purpose.OWN, screen=f"portal:{path}") as work:
        page = await _handler(path)(work, Visit(method="GET", path=path, query=query, form={}, pairs=()))
        assert isinstance(page, Page)
        values: dict[str, Any] = {"now": work.now, "title": "Akson", "here": path, "shell": await citizens_shell(work),
                                  "menu": (), "csrf": "s", "once": "o", "said": ""}  # fmt: skip
        drawn = RENDERER.html(f"portal/{page.template}", values | page.values)
        assert session(work).statements <= town.office.database.statements - before
    return Shown(page, drawn, town.office.database.statements - before)


async def send(town: Town, actor: Actor, path: str, **form: str) -> Go | Page:
    """Send a form; `person` is the key of a seed."""
    if "person" in form:
        form["person"] = town.id(f"Patient/{form['person']}")
    async with town.office.work(actor, Purpose.OWN, screen=f"portal:{path}") as work:
        answer = await _handler(path)(
            work, Visit(method="POST", path=path, query={}, form=form, pairs=tuple(form.items()))
        )
        assert isinstance(answer, Go | Page)
        return answer


def _handler(path: str) -> Any:
    return next(
        screen.handler
        for screen in (*SCREENS.found, *bereaved.SCREENS.found, *rights.SCREENS.found)
        if screen.path == path
    )
