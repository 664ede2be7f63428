"""NAV Fjordvik: asks doctors about patients, reminds them, takes their statements, and invites them to meetings.

    python -m peers.nav --port 8104 --akson-url http://127.0.0.1:8000

The page at / asks and sets the mood; /state tells what has happened. The shared secret of the local transport is read
from AKSON_LOCAL_SECRET. Who has not answered in time is reminded, once. It can misbehave, so that one can see what
happens then.
"""

from __future__ import annotations

import argparse
import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from html import escape
from typing import Any
from uuid import uuid4
from xml.etree import ElementTree

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from peers import letters
from peers.letters import DIALOG_1_0, VOLVEN, Letter, Place
from peers.mailbox import MOODS, NORDRE, Mailbox, opened
from peers.serving import Listening

OFFICE = Place(99000041, "NAV Fjordvik", 0, "")
SENDS_BACK = "retur"
MOVES = "flytter"
ALL_MOODS = MOODS | {
    SENDS_BACK: "sender legeerklæringer tilbake",
    MOVES: "flytter møtet når legen ønsker ny tid, avlyser det når legen ikke kan",
}
REQUEST, REMINDER, RETURN, NOTE = "forespørsel", "påminnelse", "retur", "melding"
INVITATION, CHANGE, THIRD, THIRD_CHANGE, CANCELLED = "innkalling", "endring", "innkalling-3", "endring-3", "avlysning"
WRITES = {  # what -> type of message, list in Volven, code, what it is called
    REQUEST: ("DIALOG_FORESPORSEL", "8129", "1", "Forespørsel om pasient"),
    REMINDER: ("DIALOG_FORESPORSEL", "8129", "2", "Påminnelse forespørsel om pasient"),
    RETURN: ("DIALOG_NOTAT", "8127", "3", "Retur av legeerklæring"),
    NOTE: ("DIALOG_NOTAT", "8127", "8", "Melding fra NAV"),
    INVITATION: ("DIALOG_FORESPORSEL", "8125", "1", "Innkalling dialogmøte 2"),
    CHANGE: ("DIALOG_FORESPORSEL", "8125", "2", "Endring dialogmøte 2"),
    THIRD: ("DIALOG_FORESPORSEL", "8125", "3", "Innkalling dialogmøte 3"),
    THIRD_CHANGE: ("DIALOG_FORESPORSEL", "8125", "4", "Endring dialogmøte 3"),
    CANCELLED: ("DIALOG_NOTAT", "8127", "4", "Avlysning dialogmøte"),
}
MOVED_BY = {INVITATION: CHANGE, CHANGE: CHANGE, THIRD: THIRD_CHANGE, THIRD_CHANGE: THIRD_CHANGE}  # meetings
ANSWERS = {"1": "kommer", "2": "ny tid", "3": "kommer ikke"}  # Volven 8126
LE = "{http://www.kith.no/xmlstds/legeerklaring/2008-06-06}"


@dataclass(frozen=True)
class Waits:
    """A request nobody has answered. until: when it is reminded of."""

    until: float
    fnr: str
    given: str
    family: str
    to: int


@dataclass(frozen=True)
class Meeting:
    """A meeting a doctor is invited to. what: of MOVED_BY, as it was told; at: in words; answers: all that came."""

    fnr: str
    given: str
    family: str
    to: int
    at: str
    place: str
    text: str = ""
    what: str = INVITATION
    answers: list[dict[str, str]] = field(default_factory=list)


@dataclass
class Nav(Mailbox):
    """NAV's whole system. patience: seconds before it reminds, 0 never."""

    patience: float = 0.0
    waits: dict[str, Waits] = field(default_factory=dict)
    statements: list[dict[str, Any]] = field(default_factory=list)
    meetings: dict[str, Meeting] = field(default_factory=dict)

    def invite(self, what: str, meeting: Meeting, about: str = "") -> str:
        """Invite to a meeting, or move one; return the id of the message. about: the message it moves."""
        said = f"Møtetidspunkt\n{meeting.at}\n\nMøtested\n{meeting.place}\n\n{meeting.text}".strip()
        msg_id = self.ask(what, fnr=meeting.fnr, given=meeting.given, family=meeting.family, text=said, to=meeting.to,
                          about=about)  # fmt: skip
        self.meetings[msg_id] = replace(meeting, what=what)
        return msg_id

    def hear(self, about: str, answer: str, text: str) -> None:
        """Take the answer to a meeting in; move it or call it off where that is the mood."""
        meeting = self.meetings.get(about)
        if meeting is None:
            return
        meeting.answers.append({"code": answer, "said": ANSWERS.get(answer, ""), "text": text})
        if self.mood == MOVES and answer == "2":
            proposed = text.partition("\n")[0].rpartition(": ")[2].rstrip(".")
            self.invite(MOVED_BY[meeting.what], replace(meeting, at=proposed, answers=[]), about)
        elif self.mood == MOVES and answer == "3":
            self.ask(CANCELLED, fnr=meeting.fnr, given=meeting.given, family=meeting.family, to=meeting.to,
                     text=f"Dialogmøtet {meeting.at} er avlyst.", about=about)  # fmt: skip

    def ask(self, what: str, *, fnr: str, given: str, family: str, text: str, to: int, about: str = "") -> str:
        """Write one of WRITES and put it on its way; return its id. about: the message it reminds of or sends back."""
        kind, list_, code, name = WRITES[what]
        msg_id, now = str(uuid4()), datetime.now(UTC)
        receiver = NORDRE if to == NORDRE.her_id else Place(to, "Mottaker", NORDRE.parent, NORDRE.parent_name)
        letter = Letter(msg_id, self.place, receiver, fnr, given, family, name, text, about, self.began(about))
        coded = f'V="{code}" S="{VOLVEN}{list_}" DN="{name}"'
        inner = (
            f"<Foresporsel><TypeForesp {coded}/><Sporsmal>{escape(text)}</Sporsmal></Foresporsel>"
            if kind == "DIALOG_FORESPORSEL"
            else f"<Notat><TemaKodet {coded}/><TekstNotatInnhold>{escape(text)}</TekstNotatInnhold></Notat>"
        )
        content = f'<Dialogmelding xmlns="{DIALOG_1_0}">{inner}</Dialogmelding>'
        written = letters.wrapped(letter, now.isoformat(timespec="milliseconds"), kind, name, content)
        self.send(letter, kind, written)
        if what == REQUEST and self.patience:
            self.waits[msg_id] = Waits(now.timestamp() + self.patience, fnr, given, family, to)
        return msg_id

    def receive(self, data: bytes) -> str:
        """Take a message in as any does; of a statement what it says, and send it back where that is the mood."""
        known = {each["msg_id"] for each in self.letters()}
        msg_id = super().receive(data)
        read = letters.read(data)
        if read is None or read.kind == "APPREC" or msg_id in known:
            return msg_id
        self.waits.pop(read.original, None)
        if coded := answered(data):
            self.hear(read.original, coded, read.text)
        if stated := statement(data):
            self.statements.append({"msg_id": msg_id, "patient": read.patient, "answers": read.original, **stated})
            if self.mood == SENDS_BACK:
                why = "Erklæringen kan ikke brukes: vi mangler en vurdering av tiltak. Send en ny."
                self.ask(RETURN, fnr=read.patient, given="", family="", text=why, to=read.sender, about=msg_id)
        return msg_id

    async def post_due(self) -> int:
        """Remind those who have not answered in time, and post what is due."""
        late = [msg_id for msg_id, one in self.waits.items() if one.until <= datetime.now(UTC).timestamp()]
        for msg_id in late:
            one = self.waits.pop(msg_id)
            text = "Vi viser til vår forespørsel, og kan ikke se at den er besvart."
            self.ask(REMINDER, fnr=one.fnr, given=one.given, family=one.family, text=text, to=one.to, about=msg_id)
        return await super().post_due()

    def state(self) -> dict[str, Any]:
        """Return what has happened."""
        meetings = [{"msg_id": msg_id, **asdict(meeting)} for msg_id, meeting in self.meetings.items()]
        return {"mood": self.mood, "letters": self.letters(), "statements": self.statements, "meetings": meetings}


def statement(data: bytes) -> dict[str, Any]:
    """Return what NAV reads first in a statement: what it is for, the diagnoses, the outlook; {} for anything else."""
    root = ElementTree.fromstring(data).find(f".//{LE}Legeerklaring")
    if root is None:
        return {}
    outlook = root.find(f"{LE}Prognose")
    return {
        "for": [each.get("typeLegeerklaring") for each in root.findall(f"{LE}LegeerklaringGjelder")],
        "diagnoses": [each.get("kodeverdi") for each in root.iter(f"{LE}Enkeltdiagnose")],
        "better": "" if outlook is None else outlook.get("bedreArbeidsevne"),
    }


def answered(data: bytes) -> str:
    """Return the code of an answer to an invitation; "" for anything else."""
    note = ElementTree.fromstring(data).find(f".//{{{DIALOG_1_0}}}Notat/{{{DIALOG_1_0}}}TemaKodet")
    return note.get("V", "") if note is not None and note.get("S") == f"{VOLVEN}8126" else ""


def app(nav: Nav) -> Starlette:
    """Return NAV's web application: its page, its state, and where messages to it are posted."""

    async def page(_: Request) -> Response:
        return HTMLResponse(_page(nav))

    async def ask(request: Request) -> Response:
        form = {name: str(value) for name, value in (await request.form()).items()}
        kind = form.get("kind", REQUEST)
        if kind not in WRITES:
            return Response(status_code=400)
        fnr, given, family, text, about = (form.get(name, "") for name in ("fnr", "given", "family", "text", "about"))
        to = int(form.get("to") or NORDRE.her_id)
        if kind in MOVED_BY:
            nav.invite(kind, Meeting(fnr, given, family, to, form.get("at", ""), form.get("place", ""), text), about)
        else:
            nav.ask(kind, fnr=fnr, given=given, family=family, text=text, to=to, about=about)
        return RedirectResponse("/", status_code=303)

    async def mood(request: Request) -> Response:
        chosen = str((await request.form()).get("mood", ""))
        if chosen not in ALL_MOODS:
            return Response(status_code=400)
        nav.mood = chosen
        return RedirectResponse("/", status_code=303)

    async def state(_: Request) -> Response:
        return JSONResponse(nav.state())

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        task = asyncio.create_task(nav.keep_posting())
        yield
        task.cancel()

    return Starlette(lifespan=lifespan, routes=[
        Route("/", page), Route("/state", state), Route("/ask", ask, methods=["POST"]),
        Route("/mood", mood, methods=["POST"]), Route("/exchange/local", nav.taken_in, methods=["POST"]),
    ])  # fmt: skip


def _page(nav: Nav) -> str:
    rows = "".join(
        f"<tr><td>{escape(each['way'])}<td>{escape(each['title'] or each['kind'])}<td>{escape(each['text'][:200])}"
        f"<td>{escape(each['state'])}<td>{escape(each['msg_id'])}</tr>"
        for each in nav.letters()
    )
    meetings = "".join(
        f"<tr><td>{escape(one.at)}<td>{escape(one.place)}<td>{WRITES[one.what][3]}"
        f"<td>{escape('; '.join(each['said'] + ': ' + each['text'] for each in one.answers))}</tr>"
        for one in nav.meetings.values()
    )
    moods = "".join(
        f"<option value={mood} {'selected' if mood == nav.mood else ''}>{mood}: {what}</option>"
        for mood, what in ALL_MOODS.items()
    )
    kinds = "".join(f"<option value={what}>{escape(told[3])}</option>" for what, told in WRITES.items())
    return f"""<!doctype html><html lang="nb"><meta charset="utf-8"><title>NAV Fjordvik</title>
<h1>NAV Fjordvik</h1>
<form method="post" action="/ask"><h2>Ny melding til en lege</h2>
<p><label>Fødselsnummer <input name="fnr" required></label>
<label>Fornavn <input name="given"></label> <label>Etternavn <input name="family"></label></p>
<p><label>Type <select name="kind">{kinds}</select></label>
<label>Gjelder meldingen (id, for påminnelse, retur, endring og avlysning) <input name="about"></label></p>
<p><label>Møtetidspunkt <input name="at" placeholder="02.12.2026 klokken 10.00"></label>
<label>Møtested <input name="place"></label></p>
<p><label>Mottaker (HER-id) <input name="to" value="{NORDRE.her_id}"></label></p>
<p><label>Tekst<br><textarea name="text" rows="4" cols="60"></textarea></label></p><button>Send</button></form>
<form method="post" action="/mood"><h2>Oppførsel</h2><label>NAV <select name="mood">{moods}</select></label>
<button>Sett</button></form>
<h2>Møter</h2><table><tr><th>Når<th>Hvor<th>Hva<th>Svar</tr>{meetings}</table>
<h2>Meldinger</h2><table><tr><th>Vei<th>Hva<th>Tekst<th>Status<th>Id</tr>{rows}</table></html>"""


def main() -> None:
    """Run NAV."""
    ask = argparse.ArgumentParser(prog="peers.nav", description="NAV Fjordvik, for demo og test")
    ask.add_argument("--port", type=int, default=8104, help="0: et ledig nummer")
    ask.add_argument("--akson-url", required=True)
    ask.add_argument("--data", default=":memory:", help="fil for NAVs egne meldinger")
    ask.add_argument("--mood", choices=ALL_MOODS, default="vanlig")
    ask.add_argument("--delay", type=float, default=2.0, help="sekunder før det svarer")
    ask.add_argument("--patience", type=float, default=0.0, help="sekunder før det purrer; 0: aldri")
    asyncio.run(_run(ask.parse_args()))


async def _run(asked: argparse.Namespace) -> None:
    async with httpx.AsyncClient(timeout=10) as client:
        nav = Nav(
            akson_url=asked.akson_url.rstrip("/"), secret=os.environ.get("AKSON_LOCAL_SECRET", ""),
            store=opened(asked.data), client=client, place=OFFICE, mood=asked.mood, delay=asked.delay,
            patience=asked.patience,
        )  # fmt: skip
        await Listening.at(asked.port).serve(app(nav), "NAV Fjordvik")


if __name__ == "__main__":
    main()
