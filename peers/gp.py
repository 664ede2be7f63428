"""Vestbyen legekontor: a GP with a system of her own, as in concept K5, that works with the municipality's record.

    python -m peers.gp --akson-url URL --issuer URL/issuer --start vestbyen.json --data data/vestbyen

She reads by FHIR R4 with her practice's attestation, one patient of her list at a time, and follows what is new about
them. What she writes goes into the shared record from her system, a program with an agreement. The rest are messages.
vestbyen.json: {"practice": {"name", "number", "her_id"}, "doctor": {"name", "fnr", "hpr"}, "home_care": {"name",
"her_id"}, "list": [{"fnr", "given", "family"}]}. The shared secret of the local transport is read from
AKSON_LOCAL_SECRET. No code shared with Akson; she can misbehave (MOODS). All persons are invented.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from peers import gp_page, gp_writing, mailbox
from peers.client import Client, Refused, own_key
from peers.letters import Place
from peers.mailbox import Mailbox
from peers.serving import Listening

CLIENT: Final = "vestbyen"
MOODS: Final = mailbox.MOODS | {
    "uten grunnlag": "attesterer uten å si hvilken beslutning det bygger på",
    "for andre": "attesterer for en annen virksomhet",
    "gammel": "attesterer med en vurdering fra i går",
}
READS, WRITES = "user/*.rs", " ".join(f"system/{type_}.c" for type_ in gp_writing.TYPES)
FOLLOWS: Final = ("Observation", "Condition", "MedicationStatement", "DocumentReference", "Encounter", "EpisodeOfCare")
TABLE: Final = """
CREATE TABLE IF NOT EXISTS entry (
  reference TEXT PRIMARY KEY, fnr TEXT, at TEXT, type TEXT, what TEXT, way TEXT);
CREATE TABLE IF NOT EXISTS seen (fnr TEXT PRIMARY KEY, patient TEXT, until TEXT);
"""
Resource = dict[str, Any]


@dataclass
class Practice(Mailbox):
    """The GP's whole system. start: what it was begun with; faults: what Akson has refused, newest last."""

    akson: Client | None = None
    start: Resource = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    async def follow(self, fnr: str) -> int:
        """Read what is new about one of the list since last time; return how much that was."""
        try:
            attested = self.attestation()
            patient, since = await self._patient(fnr, attested)
            paths = [f"{type_}?patient={patient}&_lastUpdated=gt{since}&_count=100" for type_ in FOLLOWS]
            answers = [await self._read(path.replace("+", "%2B"), fnr, attested) for path in paths]
            news = [one for answer in answers for one in answer if one["meta"].get("source") != gp_writing.SOURCE]
        except (Refused, httpx.HTTPError, ValueError, KeyError) as no:
            self.faults.append(str(no) or type(no).__name__)
            return 0
        for one in news:
            self._keep(one, fnr, "fra kommunen")
        latest = max((one["meta"]["lastUpdated"] for one in news), default=since)
        self.store.execute("INSERT OR REPLACE INTO seen VALUES (?, ?, ?)", (fnr, patient, latest))
        self.store.commit()
        return len(news)

    async def note_down(self, fnr: str, kind: str, text: str, dose: str = "") -> str:
        """Write one thing into the own record and the shared one; return what it is called there, "" when refused."""
        try:
            about = (await self._patient(fnr, self.attestation()))[0]
            made = gp_writing.made(kind, about, text, dose, self.start["doctor"], self.start["practice"])
            key = {"idempotency-key": str(uuid4())}
            for _ in range(2 if self.mood == "dobbel" else 1):
                stored = await self._client.call("POST", made["resourceType"], WRITES, headers=key, body=made)
        except (Refused, httpx.HTTPError, ValueError, KeyError) as no:
            self.faults.append(str(no) or type(no).__name__)
            return ""
        self._keep(stored, fnr, "herfra")
        self.store.commit()
        return f"{stored['resourceType']}/{stored['id']}"

    def attestation(self) -> Resource:
        """Return what the practice attests: its doctor needs the record of who is named beside it."""
        doctor, place = self.start["doctor"], self.start["practice"]
        told = gp_writing.attested(doctor, place, decision=f"fastlege-{uuid4()}", old=self.mood == "gammel")
        if self.mood == "uten grunnlag":
            del told["care_relationship"]["decision_ref"]
        if self.mood == "for andre":
            told["practitioner"]["legal_entity"]["id"] = "974760673"
        return told

    def entries(self) -> list[Resource]:
        """Return her own record of her patients, newest first."""
        rows = self.store.execute("SELECT * FROM entry ORDER BY at DESC, rowid DESC")
        names = [column[0] for column in rows.description]
        return [dict(zip(names, row, strict=True)) for row in rows]

    def state(self) -> Resource:
        """Return what has happened."""
        return {"mood": self.mood, "letters": self.letters(), "entries": self.entries(), "faults": self.faults}

    async def _patient(self, fnr: str, attested: Resource) -> tuple[str, str]:
        """Return the patient's id there, and until when everything has been read."""
        if fnr not in {one["fnr"] for one in self.start["list"]}:
            raise Refused("ikke på listen")
        known = self.store.execute("SELECT patient, until FROM seen WHERE fnr = ?", (fnr,)).fetchone()
        if known:
            return str(known[0]), str(known[1])
        (one,) = await self._read("Patient?_count=2", fnr, attested)
        return str(one["id"]), "2000-01-01T00:00:00Z"

    async def _read(self, path: str, fnr: str, attested: Resource) -> list[Resource]:
        found = await self._client.call("GET", path, READS, details=attested, headers={"person-id": fnr})
        every = [entry["resource"] for entry in found.get("entry", ())]
        return [one for one in every if one["resourceType"] == path.partition("?")[0]]

    @property
    def _client(self) -> Client:
        assert self.akson
        return self.akson

    def _keep(self, one: Resource, fnr: str, way: str) -> None:
        reference = f"{one['resourceType']}/{one['id']}"
        row = (reference, fnr, one["meta"]["lastUpdated"], one["resourceType"], gp_writing.told(one), way)
        self.store.execute("INSERT OR REPLACE INTO entry VALUES (?, ?, ?, ?, ?, ?)", row)


@dataclass(frozen=True)
class Door:
    """What the practice answers over HTTP: its page, and the messages it gets."""

    practice: Practice

    async def page(self, _: Request) -> Response:
        return HTMLResponse(gp_page.page(self.practice.start, self.practice.state(), MOODS))

    async def state(self, _: Request) -> Response:
        return JSONResponse(self.practice.state())

    async def write(self, request: Request) -> Response:
        form = await _form(request)
        if form.get("kind") not in gp_writing.KINDS:
            return Response(status_code=400)
        await self.practice.note_down(form.get("fnr", ""), form["kind"], form.get("text", ""), form.get("dose", ""))
        return _back()

    async def send(self, request: Request) -> Response:
        """Write a message about one of the list: to home care, unless it says to whom; an answer to who asked."""
        form, practice = await _form(request), self.practice
        person = next((one for one in practice.start["list"] if one["fnr"] == form.get("fnr")), None)
        if person is None:
            return Response(status_code=400)
        practice.write(
            **person, title=form.get("title") or "Henvendelse om pasient", text=form.get("text", ""),
            to=int(form.get("to") or practice.start["home_care"]["her_id"]), kind=form.get("kind") or mailbox.DIALOG,
            answers=form.get("answers", ""),
        )  # fmt: skip
        return _back()

    async def follow(self, _: Request) -> Response:
        for one in self.practice.start["list"]:
            await self.practice.follow(one["fnr"])
        return _back()

    async def mood(self, request: Request) -> Response:
        mood = (await _form(request)).get("mood", "")
        if mood not in MOODS:
            return Response(status_code=400)
        self.practice.mood = mood
        return _back()


def app(practice: Practice, every: float) -> Starlette:
    """Return the web application. every: seconds between two times it looks for what is new; 0: only when told."""
    door = Door(practice)

    async def keep_following() -> None:
        while every:
            await asyncio.sleep(every)
            for one in practice.start["list"]:
                await practice.follow(one["fnr"])

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(practice.keep_posting()), asyncio.create_task(keep_following())]
        yield
        for task in tasks:
            task.cancel()

    return Starlette(lifespan=lifespan, routes=[
        Route("/", door.page), Route("/state", door.state), Route("/write", door.write, methods=["POST"]),
        Route("/send", door.send, methods=["POST"]), Route("/follow", door.follow, methods=["POST"]),
        Route("/mood", door.mood, methods=["POST"]),
        Route("/exchange/local", practice.taken_in, methods=["POST"]),
    ])  # fmt: skip


async def _form(request: Request) -> dict[str, str]:
    return {name: str(value) for name, value in (await request.form()).items()}


def _back() -> Response:
    return RedirectResponse("/", status_code=303)


def main() -> None:
    """Run the practice."""
    ask = argparse.ArgumentParser(prog="peers.gp", description="Vestbyen legekontor, for demo og test")
    ask.add_argument("--port", type=int, default=8103, help="0: et ledig nummer")
    ask.add_argument("--akson-url", required=True)
    ask.add_argument("--issuer", required=True, help="der legekontorets program får tilgangsbevis")
    ask.add_argument("--start", type=Path, required=True, help="fil med legen, kontoret og listen")
    ask.add_argument("--data", type=Path, required=True, help="mappe for programmets nøkkel")
    ask.add_argument("--mood", choices=MOODS, default="vanlig")
    ask.add_argument("--delay", type=float, default=2.0, help="sekunder før den kvitterer for en melding")
    ask.add_argument("--every", type=float, default=300.0, help="sekunder mellom hver henting; 0: aldri")
    asyncio.run(_run(ask.parse_args()))


async def _run(asked: argparse.Namespace) -> None:
    base, start, key = asked.akson_url.rstrip("/"), json.loads(asked.start.read_text("utf-8")), own_key(asked.data)
    store = mailbox.opened(":memory:")
    store.executescript(TABLE)
    told = start["practice"]
    async with httpx.AsyncClient(timeout=10) as client:
        practice = Practice(
            akson_url=base, secret=os.environ.get("AKSON_LOCAL_SECRET", ""), store=store, client=client,
            place=Place(told["her_id"], told["name"], 0, ""), mood=asked.mood, delay=asked.delay, start=start,
            akson=Client(base=base, issuer=asked.issuer.rstrip("/"), name=CLIENT, key=key, http=client),
        )  # fmt: skip
        await Listening.at(asked.port).serve(app(practice, asked.every), told["name"])


if __name__ == "__main__":
    main()
