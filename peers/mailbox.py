"""Messages of a program that has its own system: what it has written and got, kept in a file, answered and posted.

It can misbehave (MOODS), so that one can see what happens then.
"""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from peers import letters
from peers.letters import Letter, Place
from peers.letters import Read as ReadLetter

MOODS = {
    "vanlig": "svarer som den skal",
    "feilkode": "avviser alt den får, med E35",
    "taus": "tar imot, men svarer aldri",
    "dobbel": "sender alt to ganger",
    "uleselig": "sender ødelagte meldinger",
}
_PAUSE = 0.05  # seconds between two looks at what is due
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
class Mailbox:
    """A program's own place for messages. place: who it is; delay: seconds before it answers."""

    akson_url: str
    secret: str
    store: sqlite3.Connection
    client: httpx.AsyncClient
    place: Place
    mood: str = "vanlig"
    delay: float = 2.0

    def write(self, *, fnr: str, given: str, family: str, title: str, text: str, to: int = NORDRE.her_id,
              kind: str = DIALOG, answers: str = "") -> str:  # fmt: skip
        """Write a message, a dialog message unless it says which, and put it on its way; return its id.

        answers  the id of the message it answers, "" when it answers none
        """
        msg_id, sender = str(uuid4()), self.writer(fnr, kind)
        receiver = NORDRE if to == NORDRE.her_id else Place(to, "Mottaker", NORDRE.parent, NORDRE.parent_name)
        letter = Letter(msg_id, sender, receiver, fnr, given, family, title, text, answers, self.began(answers))
        self.send(letter, kind, self.written(letter, kind))
        return msg_id

    def writer(self, fnr: str, kind: str) -> Place:
        """Return who writes a message of a kind about a patient."""
        return self.place

    def written(self, letter: Letter, kind: str) -> bytes:
        """Return a letter as the message it goes as."""
        return letters.dialog(letter, now(), kind)

    def send(self, letter: Letter, kind: str, body: bytes) -> None:
        """Put a message that is written on its way."""
        self._note(letter.msg_id, "ut", kind, letter.fnr, letter.title, letter.text, "skrevet", "")
        body = body[: len(body) // 2] if self.mood == "uleselig" else body
        self._post_later((letter.msg_id, letter.sender.her_id, letter.receiver.her_id, body), 0.0)

    def receive(self, data: bytes) -> str:
        """Take a message in; answer it later, unless it is an AppRec or the mood forbids."""
        read = letters.read(data)
        if read is None:
            return "uleselig"
        if not self.knows(read.msg_id):
            self._note(read.msg_id, "inn", read.kind, read.patient, read.title, read.text, read.status, read.original)
        if read.kind == "APPREC":
            said = f"AppRec {letters.STATUS.get(read.status, read.status)} {read.error}".strip()
            self.store.execute("UPDATE letter SET state = ? WHERE msg_id = ?", (said, read.original))
        elif self.mood != "taus":
            self._answer(read)
        self.store.commit()
        return read.msg_id

    def knows(self, msg_id: str) -> bool:
        """Tell whether a message has come before."""
        return self.store.execute("SELECT 1 FROM letter WHERE msg_id = ?", (msg_id,)).fetchone() is not None

    def send_later(self, msg_id: str, to: int, body: bytes, delay: float, *, sender: int = 0) -> None:
        """Put a message on its way that is sent after some seconds."""
        self._post_later((msg_id, sender or self.place.her_id, to, body), delay)

    def _answer(self, read: ReadLetter) -> None:
        code, why = ("E35", "Pasienten finnes ikke i mottakersystemet") if self.mood == "feilkode" else ("", "")
        sender = Place(read.sender, "Avsender", NORDRE.parent, NORDRE.parent_name)
        msg_id = str(uuid4())
        body = letters.receipt(
            msg_id=msg_id, now=now(), sender=read.receiver, receiver=sender, read=read, code=code, why=why
        )
        self.store.execute("UPDATE letter SET state = ? WHERE msg_id = ?", (code or "besvart", read.msg_id))
        self._post_later((msg_id, read.receiver.her_id, read.sender, body), self.delay)

    def began(self, msg_id: str) -> str:
        """Return the first message of the conversation that a message belongs to."""
        parent = self.store.execute("SELECT original FROM letter WHERE msg_id = ?", (msg_id,)).fetchone()
        return self.began(parent[0]) if parent and parent[0] else msg_id

    def _note(self, *columns: str) -> None:
        msg_id, way, kind, *rest = columns
        row = (msg_id, way, kind, now(), *rest)
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
        at, taken = datetime.now(UTC).timestamp(), 0
        waiting = self.store.execute("SELECT id, msg_id, sender, receiver, body FROM outgoing WHERE due <= ?", (at,))
        for number, msg_id, sender, receiver, body in waiting.fetchall():
            if await self._post(msg_id, sender, receiver, body):
                taken += 1
                self.store.execute("DELETE FROM outgoing WHERE id = ?", (number,))
                sent = "UPDATE letter SET state = 'sendt' WHERE msg_id = ? AND state = 'skrevet'"
                self.store.execute(sent, (msg_id,))
            else:
                self.store.execute("UPDATE outgoing SET due = ? WHERE id = ?", (at + 2, number))
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

    async def keep_posting(self) -> None:
        """Post what is due, again and again."""
        while True:
            await self.post_due()
            await asyncio.sleep(_PAUSE)

    async def taken_in(self, request: Request) -> Response:
        """Answer who posts a message here."""
        if request.headers.get("authorization") != f"Bearer {self.secret}":
            return Response(status_code=401)
        return JSONResponse({"id": self.receive(await request.body())}, status_code=202)

    def is_empty(self) -> bool:
        """Tell whether nothing waits to be posted."""
        return self.store.execute("SELECT 1 FROM outgoing").fetchone() is None

    def letters(self) -> list[dict[str, Any]]:
        """Return every message, newest first."""
        rows = self.store.execute("SELECT * FROM letter ORDER BY at DESC, rowid DESC")
        names = [column[0] for column in rows.description]
        return [dict(zip(names, row, strict=True)) for row in rows]


def opened(file: str) -> sqlite3.Connection:
    """Return the file that messages are kept in, with its tables; ":memory:" keeps them while the program runs."""
    store = sqlite3.connect(file)
    store.executescript(TABLES)
    return store


def now() -> str:
    """Return the time as messages write it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
