"""The pages of the workplace and of the citizens' portal, as the askers of sees.py get them: real routes, real handlers.

Which pages there are is the application's own table of routes (walking.py): a page that is new is asked without being told
of. What stands in the places of an address, and what is sent along, is of the record that the change is in.
"""

from __future__ import annotations

import inspect
import random
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from typing import Final
from urllib.parse import urlencode

import httpx
from starlette.applications import Starlette
from starlette.requests import Request

from akson.access import roles
from akson.access.roles import OUTSIDE, Permission
from akson.app import screens
from akson.base.web.door import routes
from akson.base.web.messages import texts
from akson.base.web.render import Renderer
from akson.base.web.screens import Admitted, Screen
from akson.base.work import Actor
from akson.doors.context import WebContext, purpose_of
from akson.registers import codes
from akson.signin.sessions import Sessions, SessionSettings
from akson.workplace.refused import explain
from tests.fhirapi.clients import BASE
from tests.leaks import walking
from tests.leaks.sees import Asker, sees
from tests.leaks.village import Item, Resource, Village
from tests.leaks.walking import Theirs

SECRET: Final = "of the session"
ALONG: Final = 3  # names that are sent along, at most
FIRST: Final = 0.6  # of the pages asked for are those of the menus
COLLEAGUE: Final = ("Practitioner/sykepleier in nord", "nord")


@dataclass(frozen=True, kw_only=True)
class SignedIn(WebContext):
    """The kit's context on a village with one of its people signed in; a request is called what its sender calls it."""

    actor: Actor

    @asynccontextmanager
    async def work(self, request: Request, screen: Screen) -> AsyncIterator[Admitted]:
        """Open the unit of work."""
        purpose, number = purpose_of(self.actor, screen), request.headers.get("x-request-id", "")
        async with self.office.work(self.actor, purpose, screen=screen.name, request=number) as work:
            yield Admitted(work=work, secret=SECRET)


class Pages:
    """The pages of a village, each asker with a browser of their own."""

    def __init__(self, village: Village) -> None:
        self.village = village
        self._screens = screens()
        self._apps: dict[str, Starlette] = {}
        self._clients: dict[str, httpx.AsyncClient] = {}

    def client(self, asker: Asker) -> httpx.AsyncClient:
        """Return the browser of somebody who is signed in."""
        if asker.name not in self._clients:
            transport = httpx.ASGITransport(app=self._app(asker))
            self._clients[asker.name] = httpx.AsyncClient(transport=transport, base_url=BASE)
        return self._clients[asker.name]

    def _app(self, asker: Asker) -> Starlette:
        if asker.name not in self._apps:
            office = self.village.office
            sessions = Sessions(office.database, SessionSettings(secure=True))
            context = SignedIn(
                office=office, sessions=sessions, renderer=_renderer(), actor=self.village.actors[asker.name]
            )
            self._apps[asker.name] = Starlette(routes=list(routes(self._screens, context, explain=explain)))
        return self._apps[asker.name]

    def choose(self, asker: Asker, item: Item, patient: str, chosen: random.Random, most: int) -> list[str]:
        """Return addresses of pages that this role has: about something hidden, and about the record of `patient`."""
        pages = {
            one.path: one for one in self._screens
            if "GET" in one.methods and roles.has(asker.role, Permission(one.needs))
        }  # fmt: skip
        by_name = asker.kind == "staff" and item.resource["resourceType"] == "Patient"
        if by_name and patient == item.patient[0]:
            patient = item.patient[1]
        theirs = self._theirs(asker, item, patient, by_name=by_name)
        ways = [
            way for way in walking.ways(self._app(asker), walking.places(theirs, patient))
            if way.method == "GET" and way.template in pages
        ]  # fmt: skip
        first = [way for way in ways if pages[way.template].menu]
        found = [chosen.choice(first if chosen.random() < FIRST else ways) for _ in range(most)]
        return [self._along(asker, way.path, pages[way.template], theirs, patient, chosen) for way in found]

    def _along(
        self, asker: Asker, path: str, screen: Screen, theirs: Theirs, patient: str, chosen: random.Random
    ) -> str:
        """Return an address with some of what its page takes."""
        may = walking.fields(theirs)
        names = sorted(_taken(screen) & may.keys() - {"person"})
        sent = {name: may[name] for name in chosen.sample(names, min(len(names), chosen.randint(0, ALONG)))}
        if asker.kind == "citizen" and self.village.actors[asker.name].id != f"Patient/{patient}":
            sent["person"] = patient
        return f"{path}?{urlencode(sent)}" if sent else path

    def _theirs(self, asker: Asker, item: Item, patient: str, *, by_name: bool) -> Theirs:
        """Return what stands in addresses: of each type something seen in the record, and of its own the hidden one.

        by_name  a person is hidden from staff, who are told who somebody is when they ask: no address names them
        """
        hidden, nothing = item.resource, str(item.resource["id"])
        seen: dict[str, str] = {
            one.resource["resourceType"]: one.resource["id"] for one in self.village.items
            if one.patient[0] == patient and sees(asker, one.person, one.part, one.kinds)
        }  # fmt: skip
        known: dict[str, str] = seen | {"Patient": item.patient[0], hidden["resourceType"]: nothing}
        if by_name:
            known, nothing = seen | {"Patient": patient}, patient
        return Theirs(
            ids=lambda kind: known.get(kind, nothing), draft=seen.get("DocumentReference", nothing),
            unit=self.village.id(f"Organization/{asker.unit or COLLEAGUE[1]}"), worker=self.village.id(COLLEAGUE[0]),
            family="" if by_name else item.word, fnr="",
        )  # fmt: skip

    async def close(self) -> None:
        for client in self._clients.values():
            await client.aclose()


def as_pages_read(kind: str, made: Resource) -> Resource:
    """Return something filled in the shape that the staff's pages list: a note, or a pulse. kind: a type, or "vital"."""
    if kind == "DocumentReference":
        return made | {"status": "current", "docStatus": "final", "type": codes.JOURNAL_NOTE.concept()}
    if kind != "vital":
        return made
    value = {"value": 80, "unit": codes.PULSE.unit, "system": codes.UCUM, "code": codes.PULSE.unit}
    left = {name: told for name, told in made.items() if name not in ("dataAbsentReason", "component", "hasMember")}
    return left | {"status": "final", "code": codes.PULSE.concept(), "valueQuantity": value}


def kind_of(item: Item) -> str:
    return "vital" if "vital" in item.kinds else str(item.resource["resourceType"])


def has_pages(asker: Asker) -> bool:
    """Say whether somebody has pages: programs, apps, and those whom another organisation vouches for have the API."""
    return asker.kind != "program" and not asker.scopes and asker.role != OUTSIDE


@cache
def _renderer() -> Renderer:
    return Renderer(texts(), lambda name: f"/static/{name}")


@cache
def _taken(screen: Screen) -> frozenset[str]:
    """Return the names that the code of a page takes from an address or a form."""
    return frozenset(walking.taken_in(inspect.getsource(sys.modules[inspect.unwrap(screen.handler).__module__])))
