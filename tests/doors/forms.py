"""Walks the pages as people do, by their links, and collects every form with its fields as it is drawn."""

from __future__ import annotations

import asyncio
import inspect
import json
import re
import sys
from collections import Counter
from collections.abc import Coroutine, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlsplit

import httpx
from starlette.routing import Match, Route

import seeds
from akson.app import SCREEN_PACKAGES, application, screens
from akson.base.database import Database
from akson.base.jobs import deliver
from akson.base.web.forms import Field, Form
from akson.base.web.screens import Screen
from akson.base.work import Actor
from akson.doors.opening import opened
from akson.doors.running import consumers
from akson.doors.seeding import Names, address_of, load
from akson.doors.settings import Settings
from akson.doors.sources import written
from akson.exchange.addresses import put
from akson.signin.sessions import Session, Sessions, SessionSettings
from seeds.citizens import GROWN_UP
from seeds.fjordvik import SYKEHUS, address
from tests.doors.prepared import prepare
from tests.leaks.walking import ROOT, templates
from tests.seeded import MEMBERS

T = TypeVar("T")
BASE = "http://akson.test"
STAFF = ("jonas", "mariam", "siri", "per", "camilla", "sara", "gunnar", "guri", "kristin", "lise")
CITIZENS = ("astrid", "ola", "erik", "tone", "hege")
# What is closed, and for whom: each of both once.
CLOSED = (("document", "everyone"), ("period", "person"), ("future", "unit"), ("author", "organisation"),
          ("all", "role"), ("all", "bereaved"))  # fmt: skip
MOST, ALIKE = 120, 3  # pages for each person, and of those that differ by ids and values only
LEAVING = ("/logg-ut", "/laas", "/innlogginger", "/logg-inn")  # forms that end the session that is looked from
# What takes a POST, is no form of a page, and is tried elsewhere.
NO_FORMS = {
    "/smart/": "asked by programs: tests/smart",
    "/issuer/": "the demo's own issuer: tests/doors/test_login.py",
    **dict.fromkeys(LEAVING, "ends the session that is looked from: tests/signin"),
}


# Fields that no page here has drawn, and where they are tried.
UNDRAWN = {
    "fil": "a file that another organisation hands over: tests/workplace/test_elsewhere.py",
    "maate": "where the installation can reach people outside of Akson: tests/portal/test_alerts.py",
    **dict.fromkeys(("angre", "fjern", "legg-til"), "what a note's writer does about codes: tests/clinical/notes"),
}
_FIELD = re.compile(
    r'visit\.form(?:\.get\(|\[)\s*"([\w-]+)"|visit\.every\("([\w-]+)"|\b(?:Field|Choice|LongText|Day|TimeOfDay|Number|Hidden|'
    r'Confirm)\(\s*name="([\w-]+)"'
)


@dataclass(frozen=True)
class Declared:
    """What a page says of a field. kind: of the input element; longest: 0 when it does not say."""

    kind: str = "text"
    required: bool = False
    longest: int = 0


@dataclass
class Shape:
    """One form. offered: what each field may be set to, the value it has first; nothing where no page has drawn it.

    declared  what the page says of each field; fields: what the code does, of those that it has a model of
    """

    who: str
    action: str
    offered: dict[str, list[str]] = field(default_factory=dict)
    declared: dict[str, Declared] = field(default_factory=dict)
    fields: dict[str, Field] = field(default_factory=dict)

    @property
    def kind(self) -> tuple[str, str, tuple[str, ...]]:
        """Return what makes it the same form as another: the page it leads to, without ids, and its fields."""
        return self.who, _kind(urlsplit(self.action).path), tuple(sorted(self.offered))


class _Reader(HTMLParser):
    """Reads links and forms of one page."""

    def __init__(self, who: str, here: str) -> None:
        super().__init__()
        self.who, self.here = who, here
        self.links: list[str] = []
        self.forms: list[Shape] = []
        self._named: dict[str, Shape] = {}  # by the id of the form, which fields outside of it may name
        self._open: Shape | None = None
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "a" and said.get("href", "").startswith("/"):
            self.links.append(said["href"].partition("#")[0])
        elif tag == "form":
            posted = said.get("method", "get").lower() == "post"
            self._open = Shape(self.who, said.get("action") or self.here) if posted else None
            if self._open and (saved := said.get("data-autosave")):
                self.forms.append(Shape(self.who, saved, self._open.offered, self._open.declared))
            if self._open:
                self._named[said.get("id", "")] = self._open
        elif (form := self._named.get(said["form"]) if "form" in said else self._open) is not None and (
            name := said.get("name") or self._select
        ):
            if tag == "select":
                self._select = name
            if tag in ("input", "textarea", "button", "option") and (tag == "option" or said.get("name")):
                form.offered.setdefault(name, []).append(said.get("value", ""))
            if tag in ("input", "textarea", "select"):
                longest = said.get("maxlength", "")
                told = Declared(said.get("type") or tag, "required" in said, int(longest) if longest.isdecimal() else 0)
                form.declared.setdefault(name, told)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form" and self._open is not None:
            self.forms.append(self._open)
            self._open = None
        elif tag == "select":
            self._select = ""


class House:
    """The whole application on a database, on a loop of its own, with people who are signed in."""

    def __init__(self, database_url: str, folder: Path) -> None:
        self.loop = asyncio.new_event_loop()
        self.records: list[str] = []  # addresses of some, open to one and closed to another
        self.settings = Settings(
            environment="test", database_url=database_url, data=folder, base_url=BASE, port=1, schemas=None,
            exchange_secret="", postgres_bin=None, staff_issuer="", citizen_issuer="", client_id="akson", rate=0,
            record_years=20,
        )  # fmt: skip
        asked = written(self.settings, name=SYKEHUS.name, number=address(SYKEHUS).orgnr.value, url="http://127.0.0.1:9")
        self.settings = replace(self.settings, elsewhere=asked)
        self.names: Names = {}
        self.run(self._peopled())
        self._seen: dict[str, dict[str, httpx.Response]] = {}
        self._app = application(self.settings)
        self._life = self._app.router.lifespan_context(self._app)
        self.run(self._life.__aenter__())
        wire = httpx.ASGITransport(app=self._app, raise_app_exceptions=False)
        self.http = httpx.AsyncClient(transport=wire, base_url=BASE)
        self.database = self.run(Database.open(database_url, size=2))
        self._secrets: dict[str, str] = {}

    def run(self, doing: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(doing)

    async def _peopled(self) -> None:
        """Load the named people as of now, and let the worklists hear of it."""
        async with opened(self.settings) as office:
            self.names = names = await load(office, seeds.resources(0, office.clock()))
            await put(office.database, [address_of(office, one, names, 1) for one in seeds.addresses()])
            ids = [names[f"Patient/{one}"].partition("/")[2] for one in ("astrid", "ola", "emil")]
            self.records = [f"/p/{id_}{page}" for id_ in ids for page in ("", "/nodapning", "/notat/ny")]
            self.records += [f"/p/{self.id('Patient/ida')}/innlogging"]
            self.records += [f"/min/innsyn/ungdom?person={self.id('Patient/sander')}"]
            self.records += [f"/min/innsyn/sperr/mer?sperr={what}&for={whom}" for what, whom in CLOSED]
            while await deliver(office.database, consumers(office), office.clock()):
                pass

    def close(self) -> None:
        self.run(self.http.aclose())
        self.run(self.database.close())
        self.run(self._life.__aexit__(None, None, None))
        self.loop.close()

    async def sign_in(self, who: str) -> None:
        """Begin a session, also where the last one was ended by a form."""
        sessions = Sessions(self.database, SessionSettings(secure=True))
        async with opened(self.settings, size=2) as office:
            found = await self.actors(office.register, who)
        self._secrets[who] = await sessions.start(found[:1], provider="demo", now=datetime.now(UTC))

    async def actors(self, register: Any, who: str) -> list[Actor]:
        """Return somebody as they are when signed in."""
        if who in MEMBERS:
            return list(await register.staff(MEMBERS[who].fnr.value, datetime.now(UTC), "demo:4"))
        number = next(one.fnr.value for one in GROWN_UP if one.key == who)
        found = await register.citizen(number, "demo:idporten-loa-high")
        return [found] if found else []  # a form before this one may have taken their access away

    def csrf(self, who: str) -> str:
        return Session(secret=self._secrets[who], actor=None, choices=(), provider="demo").csrf

    async def ask(self, who: str, method: str, path: str, pairs: list[tuple[str, str]] | None = None) -> httpx.Response:
        """Ask as somebody's browser does; pairs: the form, names that stand twice too."""
        self.http.cookies.clear()
        headers = {"cookie": f"__Host-akson={self._secrets[who]}", "content-type": "application/x-www-form-urlencoded"}
        content = httpx.QueryParams(pairs).__str__().encode() if pairs is not None else None
        answer = await self.http.request(method, path, headers=headers, content=content)
        if answer.headers.get("location", "").startswith("/logg-inn"):
            await self.sign_in(who)
        return answer

    def id(self, key: str) -> str:
        """Return the id of a seed: "Patient/astrid"."""
        return self.names[key].partition("/")[2]

    def read(self, who: str, path: str, text: str) -> list[Shape]:
        """Return the forms of one page."""
        reader = _Reader(who, path)
        reader.feed(text)
        return reader.forms

    async def links(self, who: str, path: str, part: str) -> list[str]:
        """Return the links of one page that hold `part`."""
        reader = _Reader(who, path)
        reader.feed((await self.ask(who, "GET", path)).text)
        return list(dict.fromkeys(link for link in reader.links if part in link))

    async def link(self, who: str, path: str, part: str, place: int = 0) -> str:
        """Return one of them."""
        found = await self.links(who, path, part)
        assert found, f"{who} finds no {part} on {path}"
        return found[place]

    async def fill(self, who: str, path: str, **values: str) -> None:
        """Fill in the first form of a page that has these fields, leave the others as they are, and send it."""
        forms = self.read(who, path, (await self.ask(who, "GET", path)).text)
        fits = [
            one for one in forms if values.keys() <= one.offered.keys() and one.action not in (*LEAVING, "/malform")
        ]
        assert fits, f"{who} finds no form with {sorted(values)} on {path}"
        hidden = {name: told[0] for name, told in fits[0].offered.items()
                  if name in fits[0].declared and fits[0].declared[name].kind == "hidden"}  # fmt: skip
        sent = await self.ask(who, "POST", query(fits[0].action), [*(hidden | values).items()])
        assert sent.status_code in (200, 303), (who, path, told(sent), re.findall(r'href="#[^"]*">([^<]*)', sent.text))

    async def versions(self) -> int:
        """Return how much stands in the journal."""
        found: int = await self.database.fetchval("SELECT count(*) FROM resource_version")
        return found

    async def pages(self, who: str) -> dict[str, httpx.Response]:
        """Follow links from every page that needs no more than its name; return what each address answers."""
        if who in self._seen:
            return self._seen[who]
        seen: dict[str, httpx.Response] = {}
        alike: Counter[str] = Counter()
        first = [path for method, path in templates(self._app) if method == "GET" and "{" not in path]
        waiting = [*(path for path in first if not path.startswith(("/issuer", "/smart"))), *self.records]
        while waiting and len(seen) < MOST:
            path = waiting.pop(0)
            if (
                path in seen
                or path.startswith((*LEAVING, "/static", "/fhir", "/smart"))
                or (alike[_kind(path)] >= ALIKE and path not in self.records)
            ):
                continue
            alike[_kind(path)] += 1
            seen[path] = await self.ask(who, "GET", path)
            waiting += filter(None, [seen[path].headers.get("location")])
            reader = _Reader(who, path)
            reader.feed(seen[path].text)
            waiting += reader.links
        self._seen[who] = seen
        return seen

    async def forms(self, who: str) -> Iterator[Shape]:
        """Return the forms of all pages, each kind once."""
        found: dict[object, Shape] = {}
        for path, answer in (await self.pages(who)).items():
            reader = _Reader(who, path)
            reader.feed(answer.text)
            for one in reader.forms:
                if not one.action.startswith(LEAVING):
                    found.setdefault(one.kind, one)
        for one in found.values():
            one.fields = models(screen) if (screen := self.screen(one.action)) else {}
        return iter(found.values())

    def screen(self, action: str) -> Screen | None:
        """Return the page that a form leads to, None for what is no screen."""
        path = urlsplit(action).path
        return next((one for one in screens() if self._takes(one.path, path)), None)

    def _takes(self, template: str, path: str) -> bool:
        scope = {"type": "http", "path": path, "root_path": "", "method": "POST", "headers": []}
        routes = (one for one in self._app.routes if isinstance(one, Route) and one.path == template)
        return any(one.matches(scope)[0] is Match.FULL for one in routes)

    def forms_there_are(self) -> set[str]:
        """Return the addresses of all routes that a form may be sent to."""
        return {path for method, path in templates(self._app) if method == "POST" and not path.startswith((*NO_FORMS,))}

    def reached(self, shapes: Iterable[Shape]) -> set[str]:
        """Return the addresses of the routes that some forms lead to."""
        paths = {urlsplit(one.action).path for one in shapes}
        return {one for one in self.forms_there_are() if any(self._takes(one, path) for path in paths)}


@contextmanager
def house(database_url: str, folder: Path) -> Iterator[House]:
    made = House(database_url, folder)
    try:
        for who in (*STAFF, *CITIZENS):
            made.run(made.sign_in(who))
        made.run(prepare(made))
        yield made
    finally:
        made.close()


def fields_there_are() -> set[str]:
    """Return every name that the code of the pages takes from a form by name."""
    code = (file.read_text("utf-8") for package in SCREEN_PACKAGES for file in (ROOT / package).rglob("*.py"))
    return {next(filter(None, names)) for text in code for names in _FIELD.findall(text)}


def modules(screen: Screen) -> list[ModuleType]:
    """Return the module of a page, and those beside it that it hands over to."""
    own = inspect.unwrap(screen.handler).__module__
    beside = [one for one in vars(sys.modules[own]).values() if isinstance(one, ModuleType)]
    return [sys.modules[own], *(one for one in beside if one.__name__.split(".")[:2] == own.split(".")[:2])]


def models(screen: Screen) -> dict[str, Field]:
    """Return the fields that the code of a page has a model of, by name."""
    found = [value for module in modules(screen) for value in vars(module).values()]
    found += [form for value in found if isinstance(value, Mapping) for form in value.values()]
    return {one.name: one for form in found if isinstance(form, Form) for one in form.fields}


def _kind(address: str) -> str:
    """Return an address without ids and values."""
    parts = urlsplit(address)
    steps = ["…" if len(step) == 27 else step for step in parts.path.split("/")]
    return "?".join(["/".join(steps), *sorted(name for name, _ in parse_qsl(parts.query))])


def query(action: str) -> str:
    """Return the address of a form as one line that may be posted to."""
    parts = urlsplit(action)
    return parts.path + (f"?{httpx.QueryParams(parse_qsl(parts.query))}" if parts.query else "")


def told(answer: httpx.Response) -> str:
    return json.dumps([answer.status_code, answer.text[:300]])
