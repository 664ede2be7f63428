"""Vestfjell sykehus: a hospital with a system of its own, that writes to the municipality and answers what it gets.

    python -m peers.hospital --port 8101 --akson-url http://127.0.0.1:8000
    python -m peers.hospital --akson-url http://127.0.0.1:8000 --send 14834142059 --text "Hun reiser hjem i morgen."

The page at / sends messages and sets the mood; /state tells what has happened. The shared secret of the local transport
is read from AKSON_LOCAL_SECRET. It can misbehave, so that one can see what happens then.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import socket
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from peers import care, letters, records
from peers.letters import Letter, Place
from peers.letters import Read as ReadLetter

MOODS = {
    "vanlig": "svarer som den skal",
    "feilkode": "avviser alt den får, med E35",
    "taus": "tar imot, men svarer aldri",
    "dobbel": "sender alt to ganger",
    "uleselig": "sender ødelagte meldinger",
}
HEART = Place(99000033, "Hjertepoliklinikken", 99000031, "Vestfjell sykehus")
DIALOG = "DIALOG_HELSEFAGLIG"
NORDRE = Place(99000011, "Nordre legesenter", 99000001, "Fjordvik kommune")
TABLES = """
CREATE TABLE IF NOT EXISTS letter (
  msg_id TEXT PRIMARY KEY, way TEXT, kind TEXT, at TEXT, patient TEXT, title TEXT, text TEXT, state TEXT,
  original TEXT);
CREATE TABLE IF NOT EXISTS outgoing (
  id INTEGER PRIMARY KEY, msg_id TEXT, sender INTEGER, receiver INTEGER, body BLOB, due REAL);
"""


@dataclass
class Hospital:
    """The hospital's whole system. delay: seconds before it answers."""

    akson_url: str
    secret: str
    store: sqlite3.Connection
    client: httpx.AsyncClient
    place: Place = HEART
    mood: str = "vanlig"
    delay: float = 2.0
    records: records.Records | None = None

    def write(self, *, fnr: str, given: str, family: str, title: str, text: str, to: int = NORDRE.her_id,
              kind: str = DIALOG) -> str:  # fmt: skip
        """Write a message, a dialog message unless it says which, and put it on its way; return its id."""
        msg_id = str(uuid4())
        receiver = NORDRE if to == NORDRE.her_id else Place(to, "Mottaker", NORDRE.parent, NORDRE.parent_name)
        letter = Letter(msg_id, self.place, receiver, fnr, given, family, title, text)
        body = care.message(letter, _now(), kind) if kind in care.KINDS else letters.dialog(letter, _now())
        self._note(msg_id, "ut", kind, fnr, title, text, "skrevet", "")
        body = body[: len(body) // 2] if self.mood == "uleselig" else body
        self._post_later((msg_id, self.place.her_id, to, body), 0.0)
        return msg_id

    def receive(self, data: bytes) -> str:
        """Take a message in; answer it later, unless it is an AppRec or the mood forbids."""
        read = letters.read(data)
        if read is None:
            return "uleselig"
        known = self.store.execute("SELECT 1 FROM letter WHERE msg_id = ?", (read.msg_id,)).fetchone()
        if not known:
            self._note(read.msg_id, "inn", read.kind, read.patient, read.title, read.text, read.status, read.original)
        if read.kind == "APPREC":
            said = f"AppRec {letters.STATUS.get(read.status, read.status)} {read.error}".strip()
            self.store.execute("UPDATE letter SET state = ? WHERE msg_id = ?", (said, read.original))
        elif self.mood != "taus":
            self._answer(read)
        self.store.commit()
        return read.msg_id

    def _answer(self, read: ReadLetter) -> None:
        code, why = ("E35", "Pasienten finnes ikke i mottakersystemet") if self.mood == "feilkode" else ("", "")
        sender = Place(read.sender, "Avsender", NORDRE.parent, NORDRE.parent_name)
        msg_id = str(uuid4())
        body = letters.receipt(
            msg_id=msg_id, now=_now(), sender=read.receiver, receiver=sender, read=read, code=code, why=why
        )
        self.store.execute("UPDATE letter SET state = ? WHERE msg_id = ?", (code or "besvart", read.msg_id))
        self._post_later((msg_id, read.receiver.her_id, read.sender, body), self.delay)

    def _note(self, *columns: str) -> None:
        msg_id, way, kind, *rest = columns
        row = (msg_id, way, kind, _now(), *rest)
        self.store.execute("INSERT OR IGNORE INTO letter VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
        self.store.commit()

    def _post_later(self, message: tuple[str, int, int, bytes], delay: float) -> None:
        due = datetime.now(UTC).timestamp() + delay
        for _ in range(2 if self.mood == "dobbel" else 1):
            row = (*message, due)
            self.store.execute("INSERT INTO outgoing (msg_id, sender, receiver, body, due) VALUES (?, ?, ?, ?, ?)", row)
        self.store.commit()

    async def post_due(self) -> int:
        """Post what is due; what is not taken waits two seconds. Returns how many were taken."""
        now, taken = datetime.now(UTC).timestamp(), 0
        waiting = self.store.execute("SELECT id, msg_id, sender, receiver, body FROM outgoing WHERE due <= ?", (now,))
        for number, msg_id, sender, receiver, body in waiting.fetchall():
            if await self._post(msg_id, sender, receiver, body):
                taken += 1
                self.store.execute("DELETE FROM outgoing WHERE id = ?", (number,))
                sent = "UPDATE letter SET state = 'sendt' WHERE msg_id = ? AND state = 'skrevet'"
                self.store.execute(sent, (msg_id,))
            else:
                self.store.execute("UPDATE outgoing SET due = ? WHERE id = ?", (now + 2, number))
            self.store.commit()
        return taken

    async def _post(self, msg_id: str, sender: int, receiver: int, body: bytes) -> bool:
        headers = {
            "authorization": f"Bearer {self.secret}", "content-type": "application/xml", "x-message-id": msg_id,
            "x-from-her-id": str(sender), "x-to-her-id": str(receiver),
        }  # fmt: skip
        with suppress(httpx.HTTPError):
            answer = await self.client.post(f"{self.akson_url}/exchange/local", content=body, headers=headers)
            return answer.status_code == 202
        return False

    def letters(self) -> list[dict[str, Any]]:
        """Return every message, newest first."""
        rows = self.store.execute("SELECT * FROM letter ORDER BY at DESC, rowid DESC")
        names = [column[0] for column in rows.description]
        return [dict(zip(names, row, strict=True)) for row in rows]

    def state(self) -> dict[str, Any]:
        """Return what has happened."""
        looks = self.records.looks if self.records else []
        return {"mood": self.mood, "place": asdict(self.place), "letters": self.letters(), "looks": looks}


def app(hospital: Hospital) -> Starlette:
    """Return the hospital's web application: its page, its state, and where messages to it are posted."""

    async def page(_: Request) -> Response:
        return HTMLResponse(_page(hospital))

    async def send(request: Request) -> Response:
        form = {name: str(value) for name, value in (await request.form()).items()}
        hospital.write(
            fnr=form.get("fnr", ""), given=form.get("given", ""), family=form.get("family", ""),
            title=form.get("title", "Henvendelse om pasient"), text=form.get("text", ""),
            to=int(form.get("to") or NORDRE.her_id), kind=form.get("kind") or DIALOG,
        )  # fmt: skip
        return RedirectResponse("/", status_code=303)

    async def mood(request: Request) -> Response:
        return _set(hospital, str((await request.form()).get("mood", "")))

    async def receive(request: Request) -> Response:
        if request.headers.get("authorization") != f"Bearer {hospital.secret}":
            return Response(status_code=401)
        return JSONResponse({"id": hospital.receive(await request.body())}, status_code=202)

    async def state(_: Request) -> Response:
        return JSONResponse(hospital.state())

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        task = asyncio.create_task(_keep_posting(hospital))
        yield
        task.cancel()

    routes = [
        Route("/", page), Route("/state", state), Route("/send", send, methods=["POST"]),
        Route("/mood", mood, methods=["POST"]), Route("/exchange/local", receive, methods=["POST"]),
    ]  # fmt: skip
    if hospital.records:
        routes += records.routes(hospital.records, lambda: hospital.mood)
    return Starlette(routes=routes, lifespan=lifespan)


def _set(hospital: Hospital, mood: str) -> Response:
    if mood not in MOODS:
        return Response(status_code=400)
    hospital.mood = mood
    return RedirectResponse("/", status_code=303)


async def _keep_posting(hospital: Hospital) -> None:
    while True:
        await hospital.post_due()
        await asyncio.sleep(0.2)


def _page(hospital: Hospital) -> str:
    rows = "".join(
        f"<tr><td>{escape(each['way'])}<td>{escape(each['kind'])}<td>{escape(each['title'])}"
        f"<td>{escape(each['text'])}<td>{escape(each['state'])}</tr>"
        for each in hospital.letters()
    )
    moods = "".join(
        f"<option value={mood} {'selected' if mood == hospital.mood else ''}>{mood}: {what}</option>"
        for mood, what in MOODS.items()
    )
    names = {DIALOG: "Helsefaglig dialog"} | {kind: told[0] for kind, told in care.KINDS.items()}
    kinds = "".join(f"<option value={kind}>{escape(name)}</option>" for kind, name in names.items())
    return f"""<!doctype html><html lang="nb"><meta charset="utf-8"><title>Vestfjell sykehus</title>
<h1>Vestfjell sykehus – {escape(hospital.place.name)}</h1>
<form method="post" action="/send"><h2>Ny melding</h2>
<p><label>Fødselsnummer <input name="fnr" required></label>
<label>Fornavn <input name="given"></label> <label>Etternavn <input name="family"></label></p>
<p><label>Type <select name="kind">{kinds}</select></label></p>
<p><label>Mottaker (HER-id) <input name="to" value="{NORDRE.her_id}"></label>
<label>Emne <input name="title" required></label></p>
<p><label>Tekst<br><textarea name="text" rows="4" cols="60"></textarea></label></p><button>Send</button></form>
<form method="post" action="/mood"><h2>Oppførsel</h2><label>Sykehuset <select name="mood">{moods}</select></label>
<button>Sett</button></form>
<h2>Meldinger</h2><table><tr><th>Vei<th>Type<th>Emne<th>Tekst<th>Status</tr>{rows}</table></html>"""


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def main() -> None:
    """Run the hospital, or send one message with --send."""
    ask = argparse.ArgumentParser(prog="peers.hospital", description="Vestfjell sykehus, for demo og test")
    ask.add_argument("--port", type=int, default=8101, help="0: et ledig nummer")
    ask.add_argument("--akson-url", required=True)
    ask.add_argument("--data", default=":memory:", help="fil for sykehusets egne meldinger")
    ask.add_argument("--mood", choices=MOODS, default="vanlig")
    ask.add_argument("--delay", type=float, default=2.0, help="sekunder før den svarer")
    ask.add_argument("--send", metavar="FNR", help="send én melding om denne pasienten og avslutt")
    ask.add_argument("--to", type=int, default=NORDRE.her_id, help="mottakerens HER-id")
    ask.add_argument(
        "--keys", type=Path, help="fil med Aksons offentlige nøkler: da gir sykehuset innsyn i sin journal"
    )
    ask.add_argument("--title", default="Henvendelse om pasient")
    ask.add_argument("--text", default="")
    asyncio.run(_run(ask.parse_args()))


async def _run(asked: argparse.Namespace) -> None:
    store = sqlite3.connect(asked.data)
    store.executescript(TABLES)
    async with httpx.AsyncClient(timeout=10) as client:
        hospital = Hospital(
            akson_url=asked.akson_url.rstrip("/"), secret=os.environ.get("AKSON_LOCAL_SECRET", ""), store=store,
            client=client, mood=asked.mood, delay=asked.delay,
        )  # fmt: skip
        if asked.send:
            hospital.write(fnr=asked.send, given="", family="", title=asked.title, text=asked.text, to=asked.to)
            raise SystemExit(0 if await hospital.post_due() else 1)
        listening = socket.create_server(("127.0.0.1", asked.port))
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        hospital.records = records.Records(keys=asked.keys, url=url) if asked.keys else None
        print(f"Vestfjell sykehus: {url}", flush=True)
        await uvicorn.Server(uvicorn.Config(app(hospital), log_level="warning")).serve(sockets=[listening])


if __name__ == "__main__":
    main()
