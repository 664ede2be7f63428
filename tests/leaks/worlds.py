"""Two worlds: alike to the last row, but that in one of them the canaries live. Whoever has no basis cannot tell which.

Both are the real application on the seeded municipality, reached through its real doors: sessions, tokens, routes.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

import httpx
from starlette.applications import Starlette

import seeds
from akson.app import application
from akson.base.jobs import deliver
from akson.base.postgres import Postgres
from akson.base.work import Purpose
from akson.clinical.notes import drafts
from akson.doors.health import Counted
from akson.doors.opening import clock, opened
from akson.doors.running import consumers
from akson.doors.seeding import LOADER, Names, _write, load, name
from akson.doors.settings import Settings
from akson.fhir import bodies, owners
from akson.record import journal
from akson.record.office import Office
from akson.signin.issuer import IssuerSettings
from akson.signin.keys import Keyring
from akson.signin.model import Persona
from akson.signin.sessions import Session, Sessions, SessionSettings
from akson.signin.tokens import token_for
from seeds import staff as by
from seeds.chart import Citizen
from seeds.citizens.family import HEGE, IDA
from seeds.shapes import Seed
from seeds.staff import Member
from tests.conftest import administer
from tests.leaks.canary import CANARIES, WORD, Canary

BASE = "http://akson.test"
EMPTY, KEPT = "world_without", "world_with"  # databases
GP = by.JONAS  # of the girl: the one who finds everything
STRANGERS: Mapping[str, Member | Citizen] = {
    "a nurse in another district": by.ELIN,
    "a case worker of the tildelingskontor": by.SIRI,
    "another citizen": IDA,
    "the blocked neighbour, a nurse in the district": by.BERIT,
    "the mother of a girl of 16": HEGE,
    "the privacy officer": by.PER,
}
WITHOUT_SIGNING_IN = "one who has not signed in"
_ID = re.compile(r"\b[a-z2-7]{26}[a-z0-9]\b")
_VARYING = (
    (re.compile(r'(name="_once" value=")[^"]*'), r"\1"),
    (re.compile(r"(_page=)[\w-]+"), r"\1"),
    (re.compile(r"([Ii] dag) \d\d\.\d\d"), r"\1"),
    (re.compile(r"klokken \d\d\.\d\d( og \d\d\.\d\d)?"), "klokken"),
    (re.compile(r"kl\. \d\d\.\d\d(\.\d\d)?"), "kl."),
    (re.compile(r"\bT-[0-9A-F]{8}\b"), "T-"),
    (re.compile(r"(/fulgt/)[0-9a-f-]{36}\b"), r"\1"),  # a mark, which each world has made anew
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:[\d.]+(Z|[+-]\d\d:\d\d)"), "<moment>"),
)


@dataclass(frozen=True, kw_only=True)
class Viewer:
    """Somebody who looks: what their browser and their program carry. The same in both worlds."""

    who: str
    cookie: str = ""
    csrf: str = ""
    token: str = ""

    @property
    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token}", "cookie": f"__Host-akson={self.cookie}"} if self.token else {}


@dataclass(frozen=True, kw_only=True)
class Town:
    """What was built once: the settings of both worlds, the names of everything, the viewers, the secrets."""

    settings: Mapping[str, Settings]
    names: Names
    viewers: Mapping[str, Viewer]
    ids: frozenset[str]  # of everything in the canaries' records
    drafts: Mapping[str, str]  # canary -> id of a note somebody has begun in the record

    def id(self, key: str) -> str:
        """Return the id of a seed: "Patient/kanari"."""
        return self.names[key].partition("/")[2]

    def record(self, canary: Canary) -> list[dict[str, Any]]:
        """Return every resource of a record, with ids and references as they are kept."""
        return [bodies.loads(_kept(seed, self.names)) | {"id": self.id(seed.key)} for seed in canary.seeds()]

    def minted_elsewhere(self, canary: Canary) -> list[dict[str, Any]]:
        """Return what stands in the same record under ids that a client chose."""
        return [one | {"id": _chosen(canary, one)} for one in self.record(canary) if one["resourceType"] != "Patient"]


@dataclass(frozen=True, kw_only=True)
class Told:
    """An answer as a stranger sees it, without what differs from one moment to the next."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: str
    raw: str = field(compare=False)

    @classmethod
    def of(cls, answer: httpx.Response, known: frozenset[str]) -> Self:
        """known: ids that may stand in the answer as they are; others are new in each world."""
        kept = ("content-type", "etag", "location", "www-authenticate", "allow", "set-cookie", "cache-control")
        headers = tuple((one, _plain(answer.headers[one], known)) for one in kept if one in answer.headers)
        raw = "\n".join([*(f"{one}: {value}" for one, value in answer.headers.items()), answer.text])
        return cls(status=answer.status_code, headers=headers, body=_plain(answer.text, known), raw=raw)


def _plain(text: str, known: frozenset[str]) -> str:
    for pattern, instead in _VARYING:
        text = pattern.sub(instead, text)
    return _ID.sub(lambda found: found[0] if found[0] in known else "<id>", text)


class Worlds:
    """Both worlds, running."""

    def __init__(self, town: Town, apps: Mapping[str, Starlette]) -> None:
        self.town, self.apps = town, apps
        self._clients = {
            world: httpx.AsyncClient(
                transport=httpx.ASGITransport(app=Counted(app), raise_app_exceptions=False), base_url=BASE
            )
            for world, app in apps.items()
        }
        self._known = frozenset(one.partition("/")[2] for one in town.names.values())

    async def ask(self, viewer: Viewer, method: str, path: str, *, world: str = KEPT, **more: Any) -> Told:
        """Return what one world answers."""
        client = self._clients[world]
        client.cookies.clear()
        headers = viewer.headers | more.pop("headers", {})
        answer = await client.request(method, path, headers=headers, **more)
        return Told.of(answer, self._known)

    async def both(self, viewer: Viewer, method: str, path: str, **more: Any) -> tuple[Told, Told]:
        """Return what the world without and the world with the canaries answer."""
        return (
            await self.ask(viewer, method, path, world=EMPTY, **more),
            await self.ask(viewer, method, path, world=KEPT, **more),
        )

    async def close(self) -> None:
        for client in self._clients.values():
            await client.aclose()


@asynccontextmanager
async def running(town: Town) -> AsyncIterator[Worlds]:
    """Start the application in both worlds."""
    async with AsyncExitStack() as stack:
        apps = {world: application(settings, _nobody) for world, settings in town.settings.items()}
        for app in apps.values():
            await stack.enter_async_context(app.router.lifespan_context(app))
        worlds = Worlds(town, apps)
        stack.push_async_callback(worlds.close)
        yield worlds


async def _nobody() -> list[Persona]:
    return []


def build(postgres: Postgres, template: str, data: Path) -> Town:
    """Make both worlds on a server of databases; leaves two databases and the installation's keys."""
    return asyncio.run(_build(postgres, template, data))


async def _build(postgres: Postgres, template: str, data: Path) -> Town:
    settings = Settings(
        environment="demo", database_url=postgres.url_of(EMPTY), data=data, base_url=BASE, port=8000, schemas=None,
        exchange_secret="secret of the exchange", postgres_bin=None, staff_issuer="", citizen_issuer="",
        client_id="akson", rate=0, searches=0,  # how often one may ask is told alike of all, and is no part of the walk
    )  # fmt: skip
    await administer(postgres, f"CREATE DATABASE {EMPTY} TEMPLATE {template}")
    async with opened(settings) as office:
        names = await load(office, seeds.resources(0, office.clock()))
        viewers = {who: await _viewer(office, settings, who, one) for who, one in {**STRANGERS, "the GP": GP}.items()}
        await _caught_up(office)
    await administer(postgres, f"CREATE DATABASE {KEPT} TEMPLATE {EMPTY}")
    kept = replace(settings, database_url=postgres.url_of(KEPT))
    async with opened(kept) as office:
        hidden = await _load_canaries(office, names)
        await _mint_elsewhere(office, names | hidden)
        drafts_ = {one.key: await _begun(office, one, (names | hidden)[one.ref]) for one in CANARIES}
        await _caught_up(office)
    viewers[WITHOUT_SIGNING_IN] = Viewer(who=WITHOUT_SIGNING_IN)
    ids = frozenset(one.partition("/")[2] for one in hidden.values())
    return Town(settings={EMPTY: settings, KEPT: kept}, names=names | hidden, viewers=viewers, ids=ids, drafts=drafts_)


async def _load_canaries(office: Office, names: Names) -> Names:
    """Load the canaries after everything they refer to; return what they came to be called."""
    placed = [seed for canary in CANARIES for seed in canary.seeds()]
    all_names = dict(names)
    name(office, placed, all_names)
    await _write(office, placed, all_names)
    return {key: all_names[key] for key in all_names.keys() - names.keys()}


def _kept(seed: Seed, names: Names) -> bytes:
    meant = {text: names[text] for text in owners.mentioned(seed.resource) if text in names}
    return bodies.rewrite_references(bodies.dumps(seed.resource), meant)


def _chosen(canary: Canary, one: Mapping[str, Any]) -> str:
    return f"{canary.key}-{one['resourceType']}"


async def _mint_elsewhere(office: Office, names: Names) -> None:
    """Write the canaries' resources once more, under ids that a client chose."""
    async with office.work(LOADER, Purpose.SYSTEM, screen="demo:load") as work:
        drafts_ = [
            journal.draft("PUT", _kept(seed, names), id_=_chosen(canary, seed.resource))
            for canary in CANARIES
            for seed in canary.seeds()
            if seed.resource["resourceType"] != "Patient"
        ]
        await journal.write_set(work, drafts_)


async def _begun(office: Office, canary: Canary, reference: str) -> str:
    """Let the doctor begin a note in a record; return its id."""
    patient = reference.partition("/")[2]
    actor = (await office.register.staff(canary.gp.fnr.value, office.clock(), "demo:4"))[0]
    async with office.work(actor, Purpose.TREATMENT) as work:
        owner = office.ids.open(patient) or 0
        id_ = office.ids.mint(owner)
        await drafts.keep(work, id_, owner, patient, {"vurdering": f"{WORD} synger"})
    return id_


async def _caught_up(office: Office) -> None:
    """Let the news of everything that was written reach the worklists."""
    while await deliver(office.database, consumers(office), office.clock()):
        pass


async def _viewer(office: Office, settings: Settings, who: str, one: Member | Citizen) -> Viewer:
    """Sign somebody in: their browser, and a program in their name."""
    register, now = office.register, office.clock()
    at_work = isinstance(one, Member)
    if at_work:
        actors = await register.staff(one.fnr.value, now, "demo:4")
    else:
        citizen = await register.citizen(one.fnr.value, "demo:4")
        actors = [citizen] if citizen else []
    sessions = Sessions(office.database, SessionSettings(secure=True))
    cookie = await sessions.start(actors[:1], provider="demo", now=now)
    csrf = Session(secret=cookie, actor=None, choices=(), provider="demo").csrf
    return Viewer(who=who, cookie=cookie, csrf=csrf, token=await _token(settings, one, at_work=at_work))


async def _token(settings: Settings, one: Member | Citizen, *, at_work: bool) -> str:
    persona = Persona(id=one.key, name=one.name, role="", unit="", pid=one.fnr.value, staff=at_work)

    async def personas() -> list[Persona]:
        return [persona]

    issuer = IssuerSettings(url=f"{BASE}/issuer", audience=settings.fhir_url, clients={}, personas=personas)
    ring = Keyring.open(settings.data / "keys", "issuer")
    return await token_for(one.key, frozenset({"user/*.cruds"}), issuer, ring, environment="demo", now=clock())


def in_text(words: Iterable[str], text: str) -> list[str]:
    """Return those of `words` that stand in `text`."""
    small = text.casefold()
    return [word for word in words if word.casefold() in small]
