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
import secrets
import socket
import time
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from html import escape
from pathlib import Path
from typing import Any

import uvicorn
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

CLIENT = "akson"
SCOPE = "nhn:hpr/extended"
STANDINGS = {
    "gyldig": "autorisert", "vilkår": "autorisert, med et vilkår", "suspendert": "suspendert",
    "tilbakekalt": "tilbakekalt", "utløpt": "utløpt", "ukjent": "finnes ikke",
    "uten nummer": "uten fødselsnummer",
}  # fmt: skip
MOODS = {"vanlig": "svarer", "borte": "svarer 503", "uleselig": "svarer med noe annet enn JSON"}
_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_LASTS = 120  # seconds of a token


@dataclass
class Register:
    """Everything it knows."""

    people: dict[str, dict[str, str]]
    keys: Path
    issuer: str = ""
    mood: str = "vanlig"
    standings: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, float] = field(default_factory=dict)  # until when each is in force
    used: set[str] = field(default_factory=set)  # jti of grants
    asked: list[str] = field(default_factory=list)  # HPR numbers, in order

    def token(self, grant: str) -> str:
        """Return a token for a signed grant. Raises ValueError with OAuth's word for what is wrong."""
        try:
            held = KeySet.import_key_set(json.loads(self.keys.read_text("utf-8")))
            claims = jwt.decode(grant, held, algorithms=["RS256"]).claims
        except (JoseError, OSError, ValueError):
            raise ValueError("invalid_grant") from None
        now, issued, ends = time.time(), claims.get("iat", 0), claims.get("exp", 0)
        fresh = issued - 30 <= now <= ends and ends - issued <= 120 and claims.get("jti") not in self.used
        if claims.get("iss") != CLIENT or claims.get("aud") != self.issuer or not fresh:
            raise ValueError("invalid_grant")
        if SCOPE not in str(claims.get("scope", "")).split():
            raise ValueError("invalid_scope")
        self.used.add(claims["jti"])
        token = secrets.token_urlsafe(32)
        self.tokens[token] = now + _LASTS
        return token

    def known(self, authorization: str) -> bool:
        return self.tokens.get(authorization.removeprefix("Bearer "), 0) > time.time()

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

    async def metadata(self, _: Request) -> Response:
        issuer = self.register.issuer
        told = {"issuer": issuer, "token_endpoint": f"{issuer}token", "grant_types_supported": [_GRANT]}
        return JSONResponse(told)

    async def token(self, request: Request) -> Response:
        form = await request.form()
        if form.get("grant_type") != _GRANT:
            return JSONResponse({"error": "unsupported_grant_type"}, status_code=400)
        try:
            given = self.register.token(str(form.get("assertion", "")))
        except ValueError as wrong:
            return JSONResponse({"error": str(wrong)}, status_code=400)
        return JSONResponse({"access_token": given, "token_type": "Bearer", "expires_in": _LASTS, "scope": SCOPE})

    async def person(self, request: Request) -> Response:
        if not self.register.known(request.headers.get("authorization", "")):
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
        Route("/.well-known/oauth-authorization-server", door.metadata), Route("/token", door.token, methods=["POST"]),
        Route("/v1/personerutvidet/{hpr}", door.person),
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
    register = Register(people=people, keys=asked.keys)
    listening = socket.create_server(("127.0.0.1", asked.port))
    register.issuer = f"http://127.0.0.1:{listening.getsockname()[1]}/"
    print(f"Helsepersonellregisteret: {register.issuer}", flush=True)
    await uvicorn.Server(uvicorn.Config(app(register), log_level="warning")).serve(sockets=[listening])


if __name__ == "__main__":
    main()
