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
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from html import escape
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from peers import care, records
from peers.letters import Place
from peers.mailbox import DIALOG, MOODS, NORDRE, Mailbox, opened

HEART = Place(99000033, "Hjertepoliklinikken", 99000031, "Vestfjell sykehus")


@dataclass
class Hospital(Mailbox):
    """The hospital's whole system."""

    records: records.Records | None = None

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
        f"<td>{escape(each['text'])}<td>{escape(each['state'])}</tr>"
        for each in hospital.letters()
    )
    moods = "".join(
        f"<option value={mood} {'selected' if mood == hospital.mood else ''}>{mood}: {what}</option>"
        for mood, what in MOODS.items()
    )
    names = {DIALOG: "Helsefaglig dialog"} | {kind: told[0] for kind, told in care.KINDS.items()}
    kinds = "".join(f"<option value={kind}>{escape(name)}</option>" for kind, name in names.items())
    return f"""<!doctype html><html lang="nb"><meta charset="utf-8"><title>{escape(hospital.place.name)}</title>
<h1>{escape(hospital.place.name)}, {escape(hospital.place.parent_name)}</h1>
<form method="post" action="/send"><h2>Ny melding</h2>
<p><label>Fødselsnummer <input name="fnr" required></label>
<label>Fornavn <input name="given"></label> <label>Etternavn <input name="family"></label></p>
<p><label>Type <select name="kind">{kinds}</select></label></p>
<p><label>Mottaker (HER-id) <input name="to" value="{NORDRE.her_id}"></label>
<label>Emne <input name="title" required></label></p>
<p><label>Tekst<br><textarea name="text" rows="4" cols="60"></textarea></label></p><button>Send</button></form>
<form method="post" action="/mood"><h2>Oppførsel</h2><label>Her <select name="mood">{moods}</select></label>
<button>Sett</button></form>
<h2>Meldinger</h2><table><tr><th>Vei<th>Type<th>Emne<th>Tekst<th>Status</tr>{rows}</table></html>"""


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
    store = opened(asked.data)
    async with httpx.AsyncClient(timeout=10) as client:
        hospital = Hospital(
            akson_url=asked.akson_url.rstrip("/"), secret=os.environ.get("AKSON_LOCAL_SECRET", ""), store=store,
            client=client, place=HEART, mood=asked.mood, delay=asked.delay,
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
