"""The register of health personnel (Helsepersonellregisteret) with Maskinporten before it, of invented people.

    python -m peers.register --port 8102 --people people.json --keys client.json

It speaks what HPR Offentlig API and Maskinporten are known to speak: a grant signed by RS256 for a token, the token
for a person by HPR number. people.json: [{"hpr", "fnr", "given", "family", "profession", "called"}]; client.json: the
public keys of the one client there is. The page at / sets how each stands, and whether the register answers at all.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from html import escape
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from peers.maskinporten import HPR, Issuer
from peers.serving import Listening

STANDINGS = {
    "gyldig": "autorisert", "vilkår": "autorisert, med et vilkår", "suspendert": "suspendert",
    "tilbakekalt": "tilbakekalt", "utløpt": "utløpt", "ukjent": "finnes ikke",
    "uten nummer": "uten fødselsnummer",
}  # fmt: skip
MOODS = {"vanlig": "svarer", "borte": "svarer 503", "uleselig": "svarer med noe annet enn JSON"}


@dataclass
class Register:
    """Everything it knows."""

    people: dict[str, dict[str, str]]
    issuer: Issuer
    mood: str = "vanlig"
    standings: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)  # HPR numbers, in order

    def answer(self, hpr: str) -> dict[str, Any] | None:
        """Return what the register says of a number; None when nobody has it."""
        self.asked.append(hpr)
        person, standing = self.people.get(hpr), self.standings.get(hpr, "gyldig")
        if person is None or standing == "ukjent":
            return None
        today = datetime.now(UTC).date()
        until = date(2020, 12, 31) if standing == "utløpt" else today + timedelta(days=365 * 20)
        reaction = {"type": {"navn": "Suspensjon av autorisasjon", "verdi": "2"}, "periode": {"fra": today.isoformat()}}
        return {
            "person": {"fornavn": person["given"], "etternavn": person["family"],
                       "nin": None if standing == "uten nummer" else person["fnr"],
                       "manglerNin": standing == "uten nummer"},
            "hprNummer": int(hpr),
            "godkjenninger": [{
                "helsepersonellkategori": {"navn": person["called"], "verdi": person["profession"],
                                           "kodeverk": {"id": 9060, "navn": "Helsepersonellkategori"}},
                "autorisasjon": {"navn": "Autorisasjon", "verdi": "1", "kodeverk": {"id": 7704}},
                "periode": {"fra": "2010-01-01", "til": until.isoformat()},
                "vilkår": [{"type": {"navn": "Kun under tilsyn", "verdi": "9"}}] if standing == "vilkår" else [],
                "avsluttetStatus": {"navn": "Tilbakekalt", "verdi": "1"} if standing == "tilbakekalt" else None,
                "administrativeReaksjoner": [reaction] if standing == "suspendert" else [],
                "spesialistgodkjenninger": [], "rekvisisjonsretter": [], "tilleggskompetanser": [],
            }],
            "administrativeReaksjoner": [], "gjelderForDato": today.isoformat(),
            "sistOppdatert": datetime.now(UTC).replace(tzinfo=None).isoformat(timespec="seconds"),
        }  # fmt: skip


@dataclass(frozen=True)
class Door:
    """What the register answers over HTTP: Maskinporten, the API, and the page."""

    register: Register

    async def person(self, request: Request) -> Response:
        if not self.register.issuer.lets_in(request.headers.get("authorization", ""), HPR):
            return Response(status_code=401)
        if self.register.mood != "vanlig":
            return Response("Vi er straks tilbake", status_code=503 if self.register.mood == "borte" else 200)
        found = self.register.answer(request.path_params["hpr"])
        return JSONResponse(found) if found else Response(status_code=404)

    async def page(self, _: Request) -> Response:
        return HTMLResponse(_page(self.register))

    async def set(self, request: Request) -> Response:
        register, form = self.register, {name: str(value) for name, value in (await request.form()).items()}
        if form.get("mood") in MOODS:
            register.mood = form["mood"]
        elif form.get("standing") in STANDINGS and form.get("hpr") in register.people:
            register.standings[form["hpr"]] = form["standing"]
        else:
            return Response(status_code=400)
        return RedirectResponse("/", status_code=303)

    async def state(self, _: Request) -> Response:
        register = self.register
        return JSONResponse({"mood": register.mood, "asked": register.asked, "standings": register.standings})


def app(register: Register) -> Starlette:
    """Return the web application."""
    door = Door(register)
    return Starlette(routes=[
        Route("/", door.page), Route("/state", door.state), Route("/set", door.set, methods=["POST"]),
        *register.issuer.routes(), Route("/v1/personerutvidet/{hpr}", door.person),
    ])  # fmt: skip


def _page(register: Register) -> str:
    def options(every: dict[str, str], chosen: str) -> str:
        return "".join(f"<option value='{escape(one)}' {'selected' if one == chosen else ''}>{escape(what)}</option>"
                       for one, what in every.items())  # fmt: skip

    rows = "".join(
        f"<tr><td>{escape(hpr)}<td>{escape(one['given'])} {escape(one['family'])}<td>{escape(one['fnr'])}"
        f"<td>{escape(one['called'])}<td><form method=post action=/set>"
        f"<input type=hidden name=hpr value='{escape(hpr)}'>"
        f"<select name=standing aria-label='Status for {escape(hpr)}'>"
        f"{options(STANDINGS, register.standings.get(hpr, 'gyldig'))}</select> <button>Sett</button></form></tr>"
        for hpr, one in register.people.items()
    )
    return f"""<!doctype html><html lang="nb"><meta charset="utf-8"><title>Helsepersonellregisteret</title>
<h1>Helsepersonellregisteret, oppdiktet</h1>
<form method="post" action="/set"><label>Registeret <select name="mood">{options(MOODS, register.mood)}</select></label>
<button>Sett</button></form>
<table><tr><th>HPR-nummer<th>Navn<th>Fødselsnummer<th>Yrke<th>Status</tr>{rows}</table></html>"""


def main() -> None:
    """Run the register."""
    ask = argparse.ArgumentParser(prog="peers.register", description="Helsepersonellregisteret, for demo og test")
    ask.add_argument("--port", type=int, default=8102, help="0: et ledig nummer")
    ask.add_argument("--people", type=Path, required=True, help="fil med dem som er autorisert")
    ask.add_argument("--keys", type=Path, required=True, help="fil med klientens offentlige nøkler")
    asyncio.run(_run(ask.parse_args()))


async def _run(asked: argparse.Namespace) -> None:
    people = {one["hpr"]: one for one in json.loads(asked.people.read_text("utf-8"))}
    place = Listening.at(asked.port)
    register = Register(people=people, issuer=Issuer(keys=asked.keys, url=f"{place.url}/"))
    await place.serve(app(register), "Helsepersonellregisteret")


if __name__ == "__main__":
    main()
