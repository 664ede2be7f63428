"""Barneverntjenesten i Fjordvik, behind KS Fiks: takes reports, gives the receipt, and answers who has reported.

    python -m peers.barnevern --port 8105 --akson-url http://127.0.0.1:8000 --issuer http://127.0.0.1:8102/ \\
        --addresses addresses.json

It speaks what KS Fiks bekymringsmelding (v2) is known to speak: districts, keys, a report in two parts, its history.
What it answers goes as a dialog message to the organisation of who has reported, which it finds by its number in
addresses.json: [{"orgnr", "her_id", "name", "parent", "parent_name"}]. With --keys it gives the tokens itself. The page
at / sets the mood, and answers; /state tells what has come.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from peers import letters
from peers.letters import Letter, Place
from peers.mailbox import Mailbox, opened
from peers.maskinporten import FIKS, Elsewhere, Issuer
from peers.opening import Key, Unfit, files, report
from peers.serving import Listening

MOODS = {
    "vanlig": "tar imot og svarer",
    "borte": "svarer 503",
    "stengt": "kommunen har ikke slått på tjenesten",
    "treg": "tar imot, men fagsystemet henter ikke",
    "brevpost": "fagsystemet avviser: meldingen skrives ut og sendes i posten",
    "taus": "tar imot, men svarer aldri melderen",
    "mister": "tar imot, og kutter forbindelsen før kvitteringen",
    "feil": "tar imot, og svarer 502",
    "uleselig": "tar imot, og svarer noe annet enn JSON",
}
BARNEVERN = Place(99000021, "Barneverntjenesten i Fjordvik", 99000001, "Fjordvik kommune")
DISTRICTS = [{"bydelsnummer": "00", "bydelsnavn": "Fjordvik", "standardMottaker": True}]
LOST = {  # what comes instead of the receipt of a report that was taken
    "mister": Response("{", headers={"content-length": "99"}),  # the connection ends before the rest
    "feil": Response(status_code=502),
    "uleselig": Response("<html>"),
}
_BEGINS = "Bekreftelse: vi har mottatt meldingen din"
_ANSWER = ("Vi har gått gjennom meldingen og åpnet undersøkelse. Du får ny tilbakemelding når undersøkelsen er ferdig. "
           "Ring oss om du får vite mer.")  # fmt: skip


@dataclass
class Barnevern:
    """The service with the municipality's system behind it. desk: what writes letters; delay: seconds until then."""

    desk: Mailbox
    places: dict[str, Place]
    door: Issuer | Elsewhere
    delay: float = 2.0
    mood: str = "vanlig"
    system_key: Key = field(default_factory=lambda: Key("Barnevernets fagsystem"))
    print_key: Key = field(default_factory=lambda: Key("Utskrift"))
    reports: list[dict[str, Any]] = field(default_factory=list)

    async def lets_in(self, request: Request) -> bool:
        """Tell whether who calls has a token for this, and an integration."""
        authorization = request.headers.get("authorization", "")
        let = self.door.lets_in(authorization, FIKS)
        known = await let if not isinstance(let, bool) else let
        return known and bool(request.headers.get("IntegrasjonId") and request.headers.get("IntegrasjonPassord"))

    def take(self, paper: bytes, container: bytes) -> str:
        """Take a report; return what it is called. Raises Unfit."""
        page, held = self.print_key.opened(paper), files(self.system_key.opened(container))
        told = report(held["bekymringsmelding.json"])
        if not page.startswith(b"%PDF") or page != held["bekymringsmelding.pdf"]:
            raise Unfit("bekymringsmelding.pdf")
        by_post = self.mood == "brevpost"
        steps = ["AKSEPTERT", "SENDT_FAGSYSTEM", *(["AVVIST_FAGSYSTEM", "SENDT_PRINT"] if by_post else []), "LEVERT"]
        steps = steps[:2] if self.mood == "treg" else steps
        taken = {"id": str(uuid4()), "report": told, "steps": steps, "at": datetime.now(UTC).isoformat()}
        self.reports.append(taken)
        if self.mood == "vanlig":
            self.answer(taken, _BEGINS, _ANSWER)
        return str(taken["id"])

    def fetch(self) -> None:
        """Let the system fetch what waits, where it does that now."""
        for one in self.reports:
            one["steps"] += ["LEVERT"] if self.mood != "treg" and "LEVERT" not in one["steps"] else []

    def answer(self, taken: dict[str, Any], title: str, text: str) -> bool:
        """Answer who has reported, where their organisation has an address; say whether it has."""
        to = self.places.get(taken["report"]["offentligMelder"]["virksomhet"].get("orgnr", ""))
        if to is None:
            return False
        child = taken["report"]["offentligBarn"][0]
        given, _, family = child["personnavn"].rpartition(" ")
        letter = Letter(str(uuid4()), BARNEVERN, to, child["fnr"], given, family, title, text, answers=taken["id"])
        body = letters.dialog(letter, datetime.now(UTC).isoformat(timespec="milliseconds"))
        self.desk.send_later(letter.msg_id, to.her_id, body, self.delay)
        return True


@dataclass(frozen=True)
class Door:
    """What it answers over HTTP: the API of KS Fiks, and the page."""

    here: Barnevern

    async def districts(self, request: Request) -> Response:
        refused = await self._refused(request)
        return refused or JSONResponse([] if self.here.mood == "stengt" else DISTRICTS)

    async def keys(self, request: Request) -> Response:
        told = {"printOffentligNokkel": self.here.print_key.told, "fiksIOOffentligNokkel": self.here.system_key.told}
        return await self._refused(request) or JSONResponse(told)

    async def take(self, request: Request) -> Response:
        if refused := await self._refused(request):
            return refused
        form = await request.form()
        paper, box = form.get("bekymringsmelding"), form.get("asice")
        if not isinstance(paper, UploadFile) or not isinstance(box, UploadFile):
            return JSONResponse({"message": "to filer"}, status_code=400)
        try:
            taken = self.here.take(await paper.read(), await box.read())
        except Unfit as wrong:
            return JSONResponse({"message": str(wrong)}, status_code=400)
        return LOST.get(self.here.mood) or JSONResponse({"uuid": taken})

    async def status(self, request: Request) -> Response:
        if refused := await self._refused(request):
            return refused
        found = next((one for one in self.here.reports if one["id"] == request.path_params["id"]), None)
        if found is None:
            return Response(status_code=404)
        return JSONResponse([{"bekymringsmeldingId": found["id"], "tidspunkt": found["at"], "tilstand": step,
                              "beskrivelse": ""} for step in found["steps"]])  # fmt: skip

    async def _refused(self, request: Request) -> Response | None:
        if self.here.mood == "borte":
            return Response(status_code=503)
        return None if await self.here.lets_in(request) else Response(status_code=401)

    async def page(self, _: Request) -> Response:
        return HTMLResponse(_page(self.here))

    async def set(self, request: Request) -> Response:
        form = {name: str(value) for name, value in (await request.form()).items()}
        found = next((one for one in self.here.reports if one["id"] == form.get("id")), None)
        if form.get("mood") in MOODS:
            self.here.mood = form["mood"]
            self.here.fetch()
        elif not (found and self.here.answer(found, form.get("title", ""), form.get("text", ""))):
            return Response(status_code=400)
        return RedirectResponse("/", status_code=303)

    async def state(self, _: Request) -> Response:
        return JSONResponse({"mood": self.here.mood, "reports": self.here.reports, "letters": self.here.desk.letters()})


def app(here: Barnevern) -> Starlette:
    """Return the web application."""
    door, api = Door(here), "/api/v2/mottak/fagsystem"

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        task = asyncio.create_task(here.desk.keep_posting())
        yield
        task.cancel()

    routes = [
        Route("/", door.page), Route("/state", door.state), Route("/set", door.set, methods=["POST"]),
        Route("/exchange/local", here.desk.taken_in, methods=["POST"]),
        Route("/api/v2/kommuner/{kommune}/bydeler", door.districts),
        Route(f"{api}/{{kommune}}/{{bydel}}/krypteringsnokler", door.keys),
        Route(f"{api}/{{org}}/bekymringsmelding/{{id}}/status", door.status),
        Route(f"{api}/{{org}}/{{kommune}}/{{bydel}}/offentlig", door.take, methods=["POST"]),
    ]  # fmt: skip
    own = here.door.routes() if isinstance(here.door, Issuer) else []
    return Starlette(routes=[*routes, *own], lifespan=lifespan)


def _page(here: Barnevern) -> str:
    rows = "".join(
        f"<tr><td>{escape(one['report']['offentligBarn'][0]['personnavn'])}"
        f"<td>{escape(one['report']['offentligMelder']['personnavn'])}"
        f"<td>{escape(one['report']['melding']['melding'])}<td>{escape(', '.join(one['steps']))}"
        f"<td><form method=post action=/set><input type=hidden name=id value='{escape(one['id'])}'>"
        f"<input name=title aria-label=Emne value='Tilbakemelding'><input name=text aria-label=Tekst>"
        f"<button>Svar melderen</button></form></tr>"
        for one in reversed(here.reports)
    )
    moods = "".join(f"<option value='{one}' {'selected' if one == here.mood else ''}>{one}: {what}</option>"
                    for one, what in MOODS.items())  # fmt: skip
    return f"""<!doctype html><html lang="nb"><meta charset="utf-8"><title>Barneverntjenesten i Fjordvik</title>
<h1>Barneverntjenesten i Fjordvik, oppdiktet</h1>
<form method="post" action="/set"><label>Tjenesten <select name="mood">{moods}</select></label>
<button>Sett</button></form>
<table><tr><th>Barnet<th>Melder<th>Bekymring<th>Gang<th>Svar</tr>{rows}</table></html>"""


def main() -> None:
    """Run the barnevern."""
    ask = argparse.ArgumentParser(prog="peers.barnevern", description="Barnevernet bak KS Fiks, for demo og test")
    ask.add_argument("--port", type=int, default=8105, help="0: et ledig nummer")
    ask.add_argument("--akson-url", required=True)
    ask.add_argument("--addresses", type=Path, required=True, help="fil med virksomheter og HER-id")
    ask.add_argument("--issuer", default="", help="hvem som gir bevis, med skråstrek")
    ask.add_argument("--keys", type=Path, help="fil med klientens offentlige nøkler: da gir den bevis selv")
    ask.add_argument("--delay", type=float, default=2.0, help="sekunder før den svarer")
    ask.add_argument("--mood", choices=MOODS, default="vanlig")
    asyncio.run(_run(ask.parse_args()))


async def _run(asked: argparse.Namespace) -> None:
    store = opened(":memory:")
    places = {one["orgnr"]: Place(one["her_id"], one["name"], one["parent"], one["parent_name"])
              for one in json.loads(asked.addresses.read_text("utf-8"))}  # fmt: skip
    place = Listening.at(asked.port)
    async with httpx.AsyncClient(timeout=10) as client:
        door = Issuer(keys=asked.keys, url=f"{place.url}/") if asked.keys else Elsewhere(asked.issuer, client)
        desk = Mailbox(akson_url=asked.akson_url.rstrip("/"), secret=os.environ.get("AKSON_LOCAL_SECRET", ""),
                        store=store, client=client, place=BARNEVERN, delay=asked.delay)  # fmt: skip
        here = Barnevern(desk=desk, places=places, door=door, delay=asked.delay, mood=asked.mood)
        await place.serve(app(here), "Barneverntjenesten i Fjordvik", logs="critical")  # it cuts answers off


if __name__ == "__main__":
    main()
