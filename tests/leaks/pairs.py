"""Pairs of databases that differ only in what is hidden from one who asks: the answers must be the same bytes.

A pair is a village before and after a hidden change: something more in a record, another version, something gone, one more
person. What is asked touches the change as closely as it can: its type counted, sorted and paged, the record it stands in,
histories, everything that was found by its own values; and pages of the workplace and of the portal, after the worklists
have heard of the change. Compared are status, headers (ETag among them), bodies with order, totals and pages, the lines
that the process logs, and the rows of the access log of all that is answered: a refusal is logged with what it is about,
which whoever asked never reads. What stays out stands in docs/security.md, "Exceptions".
"""

from __future__ import annotations

import json
import logging
import random
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

from akson.base.jobs import deliver
from akson.base.queries import queries
from akson.base.work import Actor, Purpose
from akson.doors.logs import Lines
from akson.doors.running import consumers
from akson.fhir import bodies
from akson.record import journal
from tests.fhirapi.clients import BASE, Api
from tests.leaks import attempts
from tests.leaks.marks import Marks
from tests.leaks.pages import COLLEAGUE, Pages, as_pages_read, has_pages, kind_of
from tests.leaks.questions import around, pages
from tests.leaks.sees import ASKERS, RECORDS, Asker, sees
from tests.leaks.village import Item, Resource, Village
from tests.offices import JOB, NOW, Clock

SQL = queries(__file__, "pairs.sql")
FIRST: Final = 20_000  # of the numbers of what is added
PAGES: Final = 3  # that are turned after a question
SCREENS: Final = 3  # pages of the workplace or the portal that are asked for in a pair
GONE: Final = 0.2  # of the changes take away what one before has added
NEAR: Final = 0.5  # of the pairs are about those who see a part of a record, and what else is in it
PARTLY: Final = tuple(
    one for one in ASKERS
    if ("*" not in one.types and one.unit != "sentrum") or one.kind == "program" or one.name.startswith(("who ", "the "))
)  # fmt: skip
_NO_LINES: Final = frozenset({"uvicorn.access", "httpx", "httpcore"})  # silent where Akson runs
_APART: Final = frozenset({"address", "name", "consent", "case", "erased", "deleted", "place"})
_LEFT_OUT: Final = frozenset({"date", "x-request-id"})
OK: Final = 200
_PAGE: Final = re.compile(r"_page=[\w-]+")
_ONCE: Final = re.compile(r'(name="_once" value=")[\w-]{22}(")')  # by which a form that is sent twice is known
_NEW_NOTE: Final = re.compile(r"(/notat/)[a-z2-7]{26}[a-z0-9]\b")  # where the page for a new note leads
_LEADS_ON: Final = frozenset({"basedOn", "restriction", "partOf", "inResponseTo"})
EARLIER: Final = timedelta(minutes=5)
_READ_AGAIN: Final = frozenset({"unreleased"})  # by who wrote it; the citizen's log tells of neither


@dataclass(frozen=True, kw_only=True)
class Change:
    """One hidden change. what: in a word; item: what it is about; gone: the id of what was added before, and goes."""

    what: str
    item: Item
    gone: tuple[str, str] = ("", "")


@dataclass(frozen=True)
class Told:
    """What came of one question: each page of the answer, and what the log says of it."""

    asked: str
    pages: tuple[tuple[int, tuple[tuple[str, str], ...], str], ...]
    logged: tuple[str, ...]
    lines: tuple[str, ...]  # of the process, for those who run it


class _Heard(logging.Handler):
    """Hears what `akson serve` would write, but for moments and the request's own number."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.name not in _NO_LINES:
            told = json.loads(Lines().format(record))
            self.lines.append(json.dumps({name: said for name, said in told.items() if name not in ("at", "request")}))


@contextmanager
def _heard() -> Iterator[list[str]]:
    """Hear what is logged meanwhile."""
    root, heard = logging.getLogger(), _Heard()
    level = root.level
    root.addHandler(heard)
    root.setLevel(logging.INFO)
    try:
        yield heard.lines
    finally:
        root.setLevel(level)
        root.removeHandler(heard)


class Pairs:
    """Pairs of one village, in an order that a seed gives."""

    def __init__(self, village: Village, api: Api, seed: int) -> None:
        """seed: another order, and other marks."""
        self.village, self.api, self.random = village, api, random.Random(seed)
        self.pages = Pages(village)
        self.numbers = iter(range(FIRST + seed * 10_000, FIRST + (seed + 1) * 10_000))
        self.requests = 0
        self.answers: Counter[str] = Counter()  # "FHIR 200" or "page 200" -> how many were compared
        self.added: dict[str, list[tuple[str, Item]]] = {}  # asker -> ids of what was added hidden from them
        self._clients: dict[str, httpx.AsyncClient] = {}

    async def pair(self) -> str | None:
        """Make one pair and ask in both; return what differs."""
        asker = self.random.choice(PARTLY if self.random.random() < NEAR else ASKERS)
        change = self._change(asker)
        return await self.differs(asker, change, [*self._questions(asker, change), *self._screens(asker, change)])

    async def differs(self, asker: Asker, change: Change, asked: Sequence[str]) -> str | None:
        """Ask before and after a change; return what differs. asked: what follows fhir/, or "/..." of a page."""
        if not self.requests:
            await self._furnish()
            await self._caught_up()
        before = [await self._ask(asker, one) for one in asked]
        await self._carry_out(asker, change)
        await self._caught_up()
        for one, earlier in zip(asked, before, strict=True):
            later = await self._ask(asker, one)
            self.answers[f"{'page' if one.startswith('/') else 'FHIR'} {later.pages[0][0]}"] += 1
            if later != earlier:
                item = change.item
                return (f"{asker.name}, {change.what} {item.resource['resourceType']} of {item.person} ({item.part}): "
                        f"{one} was {_first_difference(earlier, later)}")  # fmt: skip
        return None

    async def _furnish(self) -> None:
        """Write a note and a pulse as pages list them into each record that is seen in part: hidden ones come beside."""
        parted = {
            one.person for one in self.village.items if one.part not in ("plain", *_APART) and one.person in RECORDS
        }
        plain = [
            one for one in self.village.items
            if one.part == "plain" and one.person in parted and kind_of(one) in ("DocumentReference", "vital")
        ]  # fmt: skip
        made = [as_pages_read(kind_of(one), self._fresh(one)) for one in plain]
        async with self.village.office.work(JOB, Purpose.SYSTEM) as work:
            await journal.write_set(work, [journal.draft("POST", bodies.dumps(one)) for one in made])

    async def _caught_up(self) -> None:
        """Let the news of what was written reach the worklists."""
        office = self.village.office
        while await deliver(office.database, consumers(office), office.clock()):
            pass

    def _screens(self, asker: Asker, change: Change) -> list[str]:
        """Return pages that are asked for: none of one's own when it is about who acts for oneself, which they tell."""
        item = change.item
        if not has_pages(asker) or (item.resource["resourceType"] == "RelatedPerson" and item.person == asker.name):
            return []
        return self.pages.choose(asker, item, self._near(asker, change), self.random, SCREENS)

    def _near(self, asker: Asker, change: Change) -> str:
        """Return the person of the change, or another one of whom something is seen."""
        seen = sorted({one.patient[0] for one in self.village.items if sees(asker, one.person, one.part, one.kinds)})
        patient = change.item.patient[0]
        return patient if patient in seen or not seen else self.random.choice(seen)

    def _change(self, asker: Asker) -> Change:
        mine = self.added.get(asker.name, [])
        if mine and self.random.random() < GONE:
            id_, item = mine.pop()
            return Change(what="without", item=item, gone=(item.resource["resourceType"], id_))
        hidden = [
            one for one in self.village.items
            if one.part not in _APART and not sees(asker, one.person, one.part, one.kinds)
        ]  # fmt: skip
        persons = {one.person for one in self.village.items if sees(asker, one.person, one.part, one.kinds)}
        near = [one for one in hidden if one.person in persons]
        item = self.random.choice(near if near and self.random.random() < NEAR else hidden)
        whats = ["another version of"]
        seen = asker.kind == "program" and item.resource["resourceType"] == "Patient"  # a new person has closed nothing
        if (item.part == "plain" or item.more) and not seen:
            whats += ["one more"] * 2
        return Change(what=self.random.choice(whats), item=item)

    async def _carry_out(self, asker: Asker, change: Change) -> None:
        made, id_ = change.item.resource, change.item.resource["id"]
        writer = self.village.actors.get(change.item.by)
        actor = replace(JOB, key=writer.key, unit=writer.unit, unit_id=writer.unit_id) if writer else JOB
        async with self.village.office.work(actor, Purpose.SYSTEM) as work:
            if change.gone[0]:
                await journal.delete(work, *change.gone)
            elif change.what == "another version of":
                await journal.update(work, made | {"implicitRules": f"urn:x:{next(self.numbers)}"}, id_=id_)
            else:
                new = as_pages_read(kind_of(change.item), self._fresh(change.item))
                id_ = (await journal.create(work, bodies.dumps(self._at_work(asker, change.item, new)))).id
                self.added.setdefault(asker.name, []).append((id_, change.item))
        if writer and change.item.part in _READ_AGAIN and not change.gone[0]:
            await self._read(writer, made["resourceType"], id_)

    async def _read(self, reader: Actor, type_: str, id_: str) -> None:
        """Let somebody at work have read it a while ago: the log shows what was before the moment in which it is asked."""
        clock = self.village.office.clock
        assert isinstance(clock, Clock)
        clock.now = NOW - EARLIER
        async with self.village.office.work(replace(reader, scopes=frozenset()), Purpose.TREATMENT) as work:
            await journal.read(work, type_, id_)
        clock.now = NOW

    def _at_work(self, asker: Asker, item: Item, new: Resource) -> Resource:
        """Return it as staff meet it: a message of a colleague's, a task that waits for the asker's own unit.

        No order stands behind the task, so it lets nobody in.
        """
        if asker.kind != "staff" or item.person not in RECORDS or item.part != "plain":
            return new
        left = {name: told for name, told in new.items() if name not in _LEADS_ON}
        if new["resourceType"] == "Communication":
            return left | {"sender": {"reference": self.village.names[COLLEAGUE[0]], "display": item.word}}
        if new["resourceType"] == "Task":
            return left | {"status": "requested", "owner": {"reference": self.village.actors[asker.name].unit_id}}
        return new

    def _fresh(self, item: Item) -> Resource:
        """Return another one like it, with marks of its own."""
        text = bodies.dumps(item.resource).decode().replace(item.word, Marks(next(self.numbers)).word)
        left = ("id", "identifier") if item.resource["resourceType"] == "Patient" else ("id",)
        return {name: told for name, told in json.loads(text).items() if name not in left}

    def _questions(self, asker: Asker, change: Change) -> list[str]:
        """Return what is asked: about the type, about a record that is seen, about histories, about the thing itself."""
        kind, chosen = change.item.resource["resourceType"], self.random
        patient = self._near(asker, change)
        ways = [
            one["request"]["url"]
            for one in attempts.about(change.item, whole=False)
            if one["request"]["method"] == "GET"
        ]
        return [
            *chosen.sample([*pages(kind), *around(kind)], 2),
            *chosen.sample(list(_of_record(patient, kind)), 2),
            chosen.choice(
                [f"_history?_count={chosen.choice((3, 50))}", f"{kind}/_history?_count=2", f"{kind}/_history"]
            ),
            chosen.choice(ways),
        ]

    async def _ask(self, asker: Asker, question: str) -> Told:
        if question.startswith("/"):
            return await self._open(asker, question)
        if asker.name not in self._clients:
            self._clients[asker.name] = self.api.as_(self.village.actors[asker.name])
        told, logged, lines, path = [], list[str](), list[str](), f"{BASE}/fhir/{question}"
        for _ in range(PAGES):
            answer, rows, heard = await self._asked(self._clients[asker.name], path)
            told.append((answer.status_code, _headers(answer), _PAGE.sub(lambda m: f"_page={len(m[0])}", answer.text)))
            logged, lines = logged + rows, lines + heard
            links = answer.json().get("link", []) if answer.status_code == OK else []
            following = next((one["url"] for one in links if one.get("relation") == "next"), None)
            if following is None:
                break
            path = following
        return Told(urlsplit(question).path, tuple(told), tuple(logged), tuple(lines))

    async def _open(self, asker: Asker, path: str) -> Told:
        """Ask for a page as the browser gets it; what it leads to is asked for on its own."""
        answer, logged, lines = await self._asked(self.pages.client(asker), path)
        headers = _headers(answer)
        if urlsplit(path).path.endswith("/notat/ny"):
            headers = tuple((k, _NEW_NOTE.sub(r"\1", v)) for k, v in headers)
        page = (answer.status_code, headers, _ONCE.sub(r"\1\2", answer.text))
        return Told(urlsplit(path).path, (page,), tuple(logged), tuple(lines))

    async def _asked(self, client: httpx.AsyncClient, path: str) -> tuple[httpx.Response, list[str], list[str]]:
        """Return an answer, the rows of the log if it is one, and what was logged meanwhile."""
        self.requests += 1
        request = f"pairpair-{id(self)}-{self.requests:08}"  # its first letters stand on the page of a refusal
        with _heard() as heard:
            answer = await client.get(path, headers={"x-request-id": request, "accept-encoding": "identity"})
        rows = await self._log(request) if answer.status_code == OK else []
        return answer, rows, [line.replace(request, "") for line in heard]

    async def _log(self, request: str) -> list[str]:
        rows = await self.village.office.database.fetch(SQL.logged, request)
        return [f"{row['outcome']} {row['screen']} {row['patients']} {row['seen']}" for row in rows]


def _headers(answer: httpx.Response) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((k, v) for k, v in answer.headers.items() if k not in _LEFT_OUT))


def _of_record(patient: str, kind: str) -> Iterator[str]:
    """Yield the questions about one record, as a whole and of a type."""
    whole = f"Patient/{patient}/$everything"
    yield from (whole, f"{whole}?_count=1", f"{whole}?_type={kind}", f"{whole}?_type={kind}&_count=1")
    yield from (
        f"Patient/{patient}/{kind}?_total=accurate",
        f"Patient/{patient}/*?_count=3",
        f"Patient/{patient}/*?_total=accurate",
    )
    yield from (
        f"Patient?_id={patient}&_revinclude=*",
        f"{kind}?_count=1&_sort=-_lastUpdated",
        f"{kind}?_summary=count",
    )
    yield from (
        f"Patient/{patient}/_history",
        f"Patient/{patient}",
        f"?_type=Condition,{kind}&_count=2&_total=accurate",
    )


def _first_difference(earlier: Told, later: Told) -> str:
    if earlier.pages == later.pages:
        return f"logged {earlier.logged} {earlier.lines} and is {later.logged} {later.lines}"
    pairs: Sequence[tuple[Any, Any]] = list(zip(earlier.pages, later.pages, strict=False))
    one, other = next(
        ((a, b) for a, b in pairs if a != b), ((len(earlier.pages), "pages", ""), (len(later.pages), "pages", ""))
    )
    at = next((n for n, (a, b) in enumerate(zip(one[2], other[2], strict=False)) if a != b), 0)
    return f"{one[0]} {one[1]} {one[2][max(0, at - 200) : at + 300]} and is {other[0]} {other[1]} {other[2][max(0, at - 200) : at + 300]}"
