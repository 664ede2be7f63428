"""Vestfjell sykehus: a hospital with a system of its own, that writes to the municipality and answers what it gets.

    python -m peers.hospital --port 8101 --akson-url http://127.0.0.1:8000
    python -m peers.hospital --akson-url http://127.0.0.1:8000 --send 14834142059 --text "Hun reiser hjem i morgen."
    python -m peers.hospital --akson-url http://127.0.0.1:8000 --send 14834142059 --kind EPIKRISE

The page at / sends messages and sets the mood; /state tells what has happened. A patient is there for an illness, which
what is written tells of. When somebody has gone home the ward writes its report by itself, and to the GP, where one is
named, the last blood tests and the epikrise. The shared secret of the local transport is read from AKSON_LOCAL_SECRET.
It can misbehave, so that one can see what happens then.
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
from pathlib import Path
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from peers import care, records, reports
from peers.illnesses import HEART, ILLNESSES, LABORATORY, USUAL
from peers.letters import Letter, Place
from peers.mailbox import DIALOG, MOODS, NORDRE, Mailbox, now, opened
from peers.reports import Stay
from peers.serving import Listening

NAMES = (
    {DIALOG: "Helsefaglig dialog"} | {kind: told[0] for kind, told in care.KINDS.items()} | reports.KINDS
)  # every type it writes
TABLE = "CREATE TABLE IF NOT EXISTS stay (fnr TEXT PRIMARY KEY, illness TEXT, admitted TEXT, home TEXT);"


@dataclass(frozen=True)
class Errand:
    """What is to be written about a patient. to: HER-id; title: "" for what the type is called."""

    kind: str
    fnr: str
    given: str = ""
    family: str = ""
    title: str = ""
    text: str = ""
    to: int = NORDRE.her_id
    answers: str = ""


@dataclass
class Hospital(Mailbox):
    """The hospital's whole system. pace: seconds between the things that are written when somebody has gone home."""

    records: records.Records | None = None
    pace: float = 20.0
    plans: list[tuple[float, Errand]] = field(default_factory=list)  # when, in seconds, and what

    def __post_init__(self) -> None:
        self.store.executescript(TABLE)

    def tell(self, asked: Errand, *, illness: str = "", gp: int = 0) -> str:
        """Write what somebody there asks for, and plan what follows; return its id.

        illness  why the patient is there, of ILLNESSES; "" as before
        gp       the GP's HER-id, for what is written to the GP when the patient has gone home; 0: nothing is
        """
        self._follow(asked, illness)
        if asked.kind == care.LEFT:
            self._plan(asked, gp)
        return self.write(**asdict(replace(asked, title=asked.title or NAMES[asked.kind])))

    def stay(self, fnr: str) -> Stay | None:
        """Return the stay of a patient, None where nobody has been told of any."""
        row = self.store.execute("SELECT illness, admitted, home FROM stay WHERE fnr = ?", (fnr,)).fetchone()
        return Stay(ILLNESSES[row[0]], row[1], row[2]) if row else None

    def writer(self, fnr: str, kind: str) -> Place:
        """Return the laboratory of its own answers, else the ward where the patient is."""
        stay = self.stay(fnr)
        return LABORATORY if kind == reports.ANSWER else stay.illness.ward if stay else self.place

    def written(self, letter: Letter, kind: str) -> bytes:
        """Return a letter as the message it goes as."""
        stay = self.stay(letter.fnr) or Stay(ILLNESSES[USUAL])
        if kind in reports.KINDS:
            return reports.message(letter, now(), kind, stay)
        return care.message(letter, now(), kind, stay.illness) if kind in care.KINDS else super().written(letter, kind)

    async def post_due(self) -> int:
        """Write what is planned for now, and post what is due."""
        now_ = datetime.now(UTC).timestamp()
        due = [asked for at, asked in self.plans if at <= now_]
        self.plans = [(at, asked) for at, asked in self.plans if at > now_]
        for asked in due:
            self.tell(asked)
        return await super().post_due()

    def _follow(self, asked: Errand, illness: str) -> None:
        """Keep what a message tells of a stay."""
        if asked.kind == care.ADMITTED:
            row = (asked.fnr, illness or USUAL, now(), "")
            self.store.execute("INSERT OR REPLACE INTO stay VALUES (?, ?, ?, ?)", row)
        elif illness:
            known = "INSERT INTO stay VALUES (?, ?, '', '') ON CONFLICT (fnr) DO UPDATE SET illness = excluded.illness"
            self.store.execute(known, (asked.fnr, illness))
        if asked.kind == care.LEFT:
            self.store.execute("UPDATE stay SET home = ? WHERE fnr = ?", (now(), asked.fnr))

    def _plan(self, asked: Errand, gp: int) -> None:
        """Plan what is written when somebody has gone home: to those who were told so, and to the GP."""
        home = datetime.now(UTC).timestamp()
        for number, (kind, for_gp) in enumerate(care.AFTERWARDS, 1):
            if gp or not for_gp:
                wanted = replace(asked, kind=kind, title="", text="", answers="", to=gp if for_gp else asked.to)
                self.plans.append((home + number * self.pace, wanted))

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
        kind, illness = form.get("kind") or DIALOG, form.get("illness", "")
        if kind not in NAMES or (illness and illness not in ILLNESSES):
            return Response(status_code=400)
        wanted = Errand(
            kind, fnr=form.get("fnr", ""), given=form.get("given", ""), family=form.get("family", ""),
            title=form.get("title", ""), text=form.get("text", ""), to=int(form.get("to") or NORDRE.her_id),
            answers=form.get("answers", ""),
        )  # fmt: skip
        hospital.tell(wanted, illness=illness, gp=int(form.get("gp") or 0))
        return RedirectResponse("/", status_code=303)

    async def mood(request: Request) -> Response:
        return _set(hospital, str((await request.form()).get("mood", "")))

    async def state(_: Request) -> Response:
        return JSONResponse(hospital.state())

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        task = asyncio.create_task(hospital.keep_posting())
        yield
        task.cancel()

    routes = [
        Route("/", page), Route("/state", state), Route("/send", send, methods=["POST"]),
        Route("/mood", mood, methods=["POST"]), Route("/exchange/local", hospital.taken_in, methods=["POST"]),
    ]  # fmt: skip
    if hospital.records:
        routes += records.routes(hospital.records, lambda: hospital.mood)
    return Starlette(routes=routes, lifespan=lifespan)


def _set(hospital: Hospital, mood: str) -> Response:
    if mood not in MOODS:
        return Response(status_code=400)
    hospital.mood = mood
    return RedirectResponse("/", status_code=303)


def _page(hospital: Hospital) -> str:
    rows = "".join(
        f"<tr><td>{escape(each['way'])}<td>{escape(each['kind'])}<td>{escape(each['title'])}"
        f"<td>{escape(each['text'])}<td>{escape(each['state'])}<td>{escape(each['msg_id'])}</tr>"
        for each in hospital.letters()
    )
    moods = "".join(
        f"<option value={mood} {'selected' if mood == hospital.mood else ''}>{mood}: {what}</option>"
        for mood, what in MOODS.items()
    )
    kinds = "".join(f"<option value={kind}>{escape(name)}</option>" for kind, name in NAMES.items())
    illnesses = "".join(f"<option>{name}</option>" for name in ILLNESSES)
    return f"""<!doctype html><html lang="nb"><meta charset="utf-8"><title>{escape(hospital.place.name)}</title>
<h1>{escape(hospital.place.name)}, {escape(hospital.place.parent_name)}</h1>
<form method="post" action="/send"><h2>Ny melding</h2>
<p><label>Fødselsnummer <input name="fnr" required></label>
<label>Fornavn <input name="given"></label> <label>Etternavn <input name="family"></label></p>
<p><label>Type <select name="kind">{kinds}</select></label>
<label>Er her for <select name="illness"><option value="">som før</option>{illnesses}</select></label></p>
<p><label>Mottaker (HER-id) <input name="to" value="{NORDRE.her_id}"></label>
<label>Fastlege (HER-id), som får prøvesvar og epikrise når pasienten er utskrevet <input name="gp"></label></p>
<p><label>Svar på (id) <input name="answers"></label> <label>Emne <input name="title"></label></p>
<p><label>Tekst<br><textarea name="text" rows="4" cols="60"></textarea></label></p><button>Send</button></form>
<form method="post" action="/mood"><h2>Oppførsel</h2><label>Her <select name="mood">{moods}</select></label>
<button>Sett</button></form>
<h2>Meldinger</h2><table><tr><th>Vei<th>Type<th>Emne<th>Tekst<th>Status<th>Id</tr>{rows}</table></html>"""


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
    ask.add_argument("--kind", choices=NAMES, default=DIALOG, help="meldingstype, med --send")
    ask.add_argument("--illness", choices=ILLNESSES, default="", help="hva pasienten er innlagt for, med --send")
    ask.add_argument(
        "--gp", type=int, default=0, help="fastlegens HER-id: får prøvesvar og epikrise etter LOG_UTSKREVET"
    )
    ask.add_argument("--pace", type=float, default=20.0, help="sekunder mellom det som følger når noen er utskrevet")
    ask.add_argument("--title", default="")
    ask.add_argument("--text", default="")
    asyncio.run(_run(ask.parse_args()))


async def _run(asked: argparse.Namespace) -> None:
    store = opened(asked.data)
    async with httpx.AsyncClient(timeout=10) as client:
        hospital = Hospital(
            akson_url=asked.akson_url.rstrip("/"), secret=os.environ.get("AKSON_LOCAL_SECRET", ""), store=store,
            client=client, place=HEART, mood=asked.mood, delay=asked.delay, pace=asked.pace,
        )  # fmt: skip
        if asked.send:
            raise SystemExit(0 if await _send(hospital, asked) else 1)
        place = Listening.at(asked.port)
        hospital.records = records.Records(keys=asked.keys, url=place.url) if asked.keys else None
        await place.serve(app(hospital), "Vestfjell sykehus")


async def _send(hospital: Hospital, asked: argparse.Namespace) -> bool:
    """Send one message and what follows from it; tell whether all of it was taken."""
    wanted = Errand(asked.kind, fnr=asked.send, title=asked.title, text=asked.text, to=asked.to)
    hospital.tell(wanted, illness=asked.illness, gp=asked.gp)
    await hospital.post_due()
    for at, _ in list(hospital.plans):
        await asyncio.sleep(max(0.0, at - datetime.now(UTC).timestamp()))
        await hospital.post_due()
    return hospital.is_empty()


if __name__ == "__main__":
    main()
