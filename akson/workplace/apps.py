"""Apps by others: started from an open record, and the access a member of staff has given them, to be taken back.

Both pages are in the menus only where there is something on them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlencode, urlsplit

from akson.base.errors import Refused
from akson.base.web.screens import Go, Menu, Page, Screens, Visit
from akson.base.work import Work
from akson.patient.chart import open_chart
from akson.patient.reading import named
from akson.record import journal
from akson.record.session import Within, transaction
from akson.signin.smart.apps import App, launchable
from akson.signin.smart.granting import Held, held, withdraw
from akson.signin.smart.telling import plain_words

SCREENS = Screens(__name__)
START: Final = "/smart/start"


@dataclass(frozen=True, kw_only=True)
class Startable:
    """An app that can be started from the record."""

    name: str
    place: str  # the site it opens on
    gets: tuple[str, ...]  # the most it can be given
    href: str


@dataclass(frozen=True, kw_only=True)
class Given:
    """Access that the reader has given an app."""

    id: str
    name: str
    gets: tuple[str, ...]
    begun: datetime
    ends: datetime
    patient: str = ""  # name of whose record it is about
    closed: bool = False  # it is about a record that the reader cannot open any more


@SCREENS.screen("/p/{patient}/apper", needs="find-people", title="apps.title", methods=("GET",),
                menu=Menu(text="apps.menu", icon="key", order=90, keys="g a", where="apps"))  # fmt: skip
async def startable(work: Work, visit: Visit, patient: str) -> Page:
    """Show the apps that can be started from this record."""
    opened = await open_chart(work, patient, page="apper")
    apps = tuple(_startable(app, patient) for app in await launchable(Within(work)))
    return Page("apper.html", patient=opened.banner, apps=apps)


@SCREENS.screen("/apper", needs="at-work", title="apps.mine",
                menu=Menu(text="apps.menu", icon="key", order=50, where="granted"))  # fmt: skip
async def given(work: Work, visit: Visit) -> Page | Go:
    """Show what apps the reader has let in; when one is sent, take its access back.

    Leaves   the grant as ended, a row in the log of the record it was about
    """
    standing = await held(Within(work), work.now, person=work.actor.id)
    if not visit.sent:
        return Page("apper_gitt.html", given=await _given(work, standing))
    chosen = next((one.grant for one in standing if one.grant.id == visit.form.get("tilgang", "")), None)
    if chosen is None:
        raise Refused("AK-J001")
    await withdraw(await transaction(work), chosen, work.now)
    work.saw(chosen.context, f"app {chosen.app} withdrawn")
    return Go("/apper", said="apps.said_withdrawn")


def _startable(app: App, patient: str) -> Startable:
    href = f"{START}?{urlencode({'app': app.id, 'pasient': patient})}"
    place = urlsplit(app.launch_url).hostname or app.launch_url
    return Startable(name=app.name, place=place, gets=tuple(plain_words(" ".join(app.scopes))), href=href)


async def _given(work: Work, standing: Iterable[Held]) -> tuple[Given, ...]:
    """Return the list, with the names of those whose records may be opened still; one statement."""
    every = list(standing)
    about = sorted({f"Patient/{one.grant.patient}" for one in every if one.grant.patient})
    names = {key: named(hit.resource) for key, hit in (await journal.read_many(work, about)).items()}
    return tuple(_shown(one, names.get(f"Patient/{one.grant.patient}", "")) for one in every)


def _shown(one: Held, whose: str) -> Given:
    return Given(id=one.grant.id, name=one.name, gets=tuple(plain_words(one.grant.scope)), begun=one.begun,
                 ends=one.ends, patient=whose, closed=bool(one.grant.patient) and not whose)  # fmt: skip
