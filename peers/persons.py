"""Persontjenesten (NHN): Folkeregisteret as health services read it, of invented people.

    python -m peers.persons --issuer URL --audience NAME --scope SCOPE --people people.json

It answers what the OpenAPI description of API 2 says of the operations with a legal basis that are here: the feed of
events, a person by the register's id or by number. people.json: [{"nin", "given", "family", ...}]; what becomes of them
is kept there, and in events.json beside it. On the page at / people move, change their name, get their address
protected, die; it lets the register be away or answer nonsense too. PUT /control/people changes anything of one and
leaves an event, PUT /control/mood the same as the page. No code shared with Akson.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from peers import pages
from peers.serving import Listening
from peers.tokens import Door, NotLetIn, arguments

MOODS = {"vanlig": 200, "borte": 503, "uleselig": 200}
CALLED = {"vanlig": "svarer", "borte": "svarer 503", "uleselig": "svarer med noe annet enn JSON"}
LEVELS = {"": "som før", "Unclassified": "ugradert", "ClientAddress": "klientadresse",
          "Confidential": "fortrolig (kode 7)", "StrictlyConfidential": "strengt fortrolig (kode 6)"}  # fmt: skip
LINES = {
    "family": "Nytt etternavn",
    "street": "Ny gate",
    "house": "Husnummer",
    "postal": "Postnummer",
    "city": "Poststed",
}
WITH_BASIS = "/api/legal-basis"
VERSION = "2"
PARTS = {"Name": "name", "NorwegianIdentificationNumber": "norwegianIdentificationNumber", "Death": "death",
         "ResidentialAddress": "residentialAddress", "AddressProtection": "addressProtection", "Status": "status",
         "GuardianshipOrFuturePowerOfAttorney": "guardianshipOrFuturePowerOfAttorney"}  # fmt: skip
KINDS = {"died": "PersonIsDeceased", "protection": "ChangeInAddressProtection", "family": "ChangeInName",
         "given": "ChangeInName", "guardianships": "ChangeInGuardianship"}  # fmt: skip
SHOWN = 20  # people on the page
Handle = Callable[["Register", Request], Awaitable[Response]]


@dataclass
class Register:
    """Everybody, by number; and what has happened to them, oldest first."""

    door: Door
    people: dict[str, dict[str, Any]]
    events: list[dict[str, str]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    mood: str = "vanlig"
    file: Path | None = None

    @classmethod
    def read(cls, file: Path, door: Door) -> Register:
        """Return the register that a file holds, with what has happened since it was first written."""
        people = {one["nin"]: one for one in json.loads(file.read_text("utf-8"))}
        happened = _events(file)
        events = json.loads(happened.read_text("utf-8")) if happened.exists() else []
        return cls(door, people, events, file=file)

    def change(self, nin: str, changed: dict[str, Any]) -> None:
        """Change what is known of one, and tell it in the feed."""
        self.people[nin] = self.people[nin] | changed
        kind = next((KINDS[name] for name in changed if name in KINDS), "ChangeInResidentialAddress")
        number = str(1000 + len(self.events))
        self.events.append({"sequenceNumber": number, "personId": _id(nin), "eventType": kind})
        if self.file:
            _write(_events(self.file), self.events)
            _write(self.file, list(self.people.values()))

    def find(self, words: str) -> list[dict[str, Any]]:
        """Return some whose number begins with the words, or whose name holds each of them."""
        wanted = words.casefold().split()
        return [one for one in self.people.values()
                if all(word in f"{one['given']} {one.get('middle', '')} {one['family']}".casefold() for word in wanted)
                or one["nin"].startswith(words)][:SHOWN]  # fmt: skip

    def told(self, nin: str, parts: list[str]) -> dict[str, Any] | None:
        """Return one as the API writes them, with the parts that are asked for."""
        if (one := self.people.get(nin)) is None:
            return None
        street = {"addressName": one.get("street"), "addressNumber": {"houseNumber": one.get("house")},
                  "city": {"cityName": one.get("city"), "postalCode": one.get("postal")}}  # fmt: skip
        level = one.get("protection", "Unclassified")
        died = {"deceasedDate": f"{one['died']}T00:00:00+01:00", "isValid": True} if one.get("died") else None
        status = [{"status": "Deceased" if died else "Resident", "isValid": True}]
        whole = {
            "norwegianIdentificationNumber": [{"identificationNumber": nin, "status": "InUse", "isValid": True}],
            "name": [{"givenName": one["given"], "middleName": one.get("middle"), "familyName": one["family"],
                      "isValid": True},
                     {"givenName": one["given"], "familyName": "Pikenavn", "isValid": False}],
            "residentialAddress": [{"streetAddress": street, "addressConfidentiality": level, "isValid": True}],
            "addressProtection": [{"protectionLevel": level, "isValid": True}], "death": died, "status": status,
            "guardianshipOrFuturePowerOfAttorney": one.get("guardianships"),
        }  # fmt: skip
        names = {PARTS[part] for part in parts} - set(one.get("without", ()))
        return {"id": _id(nin), "sequenceNumber": len(self.events)} | {
            name: value for name, value in whole.items() if name in names
        }


def _events(file: Path) -> Path:
    return file.with_name("events.json")


def _write(file: Path, what: list[Any]) -> None:
    """Write a file so that it is whole at every moment."""
    new = file.with_suffix(".new")
    new.write_text(json.dumps(what, ensure_ascii=False), "utf-8")
    new.replace(file)


def _id(nin: str) -> str:
    return f"p-{sha256(nin.encode()).hexdigest()[:20]}"


async def latest(register: Register, _: Request) -> Response:
    return JSONResponse(register.events[-1]) if register.events else Response(status_code=404)


async def events(register: Register, request: Request) -> Response:
    since = int(request.query_params.get("sequenceNumber", "1"))
    found = [one for one in register.events if int(one["sequenceNumber"]) >= since][:1000]
    return JSONResponse({"results": found, "startIndex": 0, "endIndex": len(found)})


async def by_id(register: Register, request: Request) -> Response:
    nin = next((one for one in register.people if _id(one) == request.path_params["id"]), "")
    return _person(register, request, nin)


async def by_number(register: Register, request: Request) -> Response:
    form = parse_qs((await request.body()).decode())
    if request.headers.get("content-type") != "application/x-www-form-urlencoded" or "nin" not in form:
        return Response(status_code=400)
    register.asked.append(form["nin"][0])
    return _person(register, request, form["nin"][0])


def _person(register: Register, request: Request, nin: str) -> Response:
    parts = request.query_params.getlist("informationParts")
    if not parts or not set(parts) <= PARTS.keys():
        return Response(status_code=400)
    if (status := register.people.get(nin, {}).get("status", 200)) != 200:
        return Response(status_code=status)
    found = register.told(nin, parts)
    return JSONResponse(found) if found else Response(status_code=404)


def guarded(register: Register, handle: Handle) -> Callable[[Request], Awaitable[Response]]:
    """Let in who has a token for this, with its key, and asks for the version there is."""

    async def answer(request: Request) -> Response:
        try:
            await register.door.caller(request)
        except NotLetIn as no:
            return Response(status_code=401, headers={"www-authenticate": str(no)})
        if request.headers.get("api-version") != VERSION:
            return Response(status_code=400)
        if register.mood != "vanlig":
            return Response("Vi er straks tilbake", status_code=MOODS[register.mood])
        return await handle(register, request)

    return answer


def app(register: Register) -> Starlette:
    """Return the web application."""

    async def change(request: Request) -> Response:
        asked = await request.json()
        register.change(asked.pop("nin"), asked)
        return Response(status_code=204)

    async def behave(request: Request) -> Response:
        register.mood = (await request.json())["mood"]
        return Response(status_code=204)

    async def state(_: Request) -> Response:
        return JSONResponse({"asked": register.asked, "events": register.events})

    async def shown(request: Request) -> Response:
        return _page(register, request.query_params.get("q", ""))

    async def told(request: Request) -> Response:
        form = await pages.read(request)
        if form.get("mood") in MOODS:
            register.mood = form["mood"]
            return pages.done()
        changed = _changed(form)
        if changed is None or form.get("nin") not in register.people:
            return pages.wrong()
        register.change(form["nin"], changed)
        return pages.done()

    return Starlette(routes=[
        Route("/", shown), Route("/set", told, methods=["POST"]),
        Route(f"{WITH_BASIS}/event/latest", guarded(register, latest)),
        Route(f"{WITH_BASIS}/event", guarded(register, events)),
        Route(f"{WITH_BASIS}/person/get-by-nin", guarded(register, by_number), methods=["POST"]),
        Route(f"{WITH_BASIS}/person/{{id}}", guarded(register, by_id)),
        Route("/control/people", change, methods=["PUT"]), Route("/control/mood", behave, methods=["PUT"]),
        Route("/control", state),
    ])  # fmt: skip


def _changed(form: dict[str, str]) -> dict[str, Any] | None:
    """Return what a form changes of one; None for nothing, and for what the register could not tell of."""
    changed: dict[str, Any] = {name: form[name] for name in LINES if form.get(name)}
    if form.get("street"):
        changed |= {"house": form.get("house", "")}
    changed |= {"protection": form["protection"]} if form.get("protection") else {}
    changed |= {"died": form["died"]} if form.get("died") else {"died": ""} if form.get("lives") else {}
    known = changed.get("protection", "") in LEVELS and (not changed.get("died") or _is_day(changed["died"]))
    return changed if changed and known else None


def _is_day(text: str) -> bool:
    try:
        return bool(date.fromisoformat(text))
    except ValueError:
        return False


def _page(register: Register, words: str) -> Response:
    people = [
        (one["nin"], escape(" ".join(filter(None, (one["given"], one.get("middle"), one["family"])))),
         escape(" ".join(filter(None, (one.get("street"), one.get("house"), one.get("postal"), one.get("city"))))),
         LEVELS.get(one.get("protection") or "Unclassified", ""), escape(one.get("died") or ""))
        for one in register.find(words)
    ]  # fmt: skip
    happened = [(one["sequenceNumber"], one["eventType"], one["personId"]) for one in register.events[:-SHOWN:-1]]
    search = pages.field("q", "Navn eller nummer", value=words)
    return pages.page(
        "Folkeregisteret (Persontjenesten)",
        pages.form("/set", "Sett", pages.choice("mood", "Registeret", CALLED, register.mood)),
        f"<form><p>{search} <button>Søk</button></p></form>",
        pages.table(("Fødselsnummer", "Navn", "Adresse", "Gradering", "Død"), people),
        pages.form(
            "/set", "Sett", pages.field("nin", "Fødselsnummer", needed=True),
            *(pages.field(name, label) for name, label in LINES.items()),
            pages.choice("protection", "Gradering av adressen", LEVELS), pages.field("died", "Død", kind="date"),
            "<label><input type=checkbox name=lives value=ja> Dødsfallet var feil</label>",
            heading="Noe skjer med noen",
        ),
        "<p>Akson leser hendelsene en gang i minuttet.</p>", pages.table(("Nr.", "Hendelse", "Person"), happened),
    )  # fmt: skip


def main() -> None:
    """Run the register."""
    ask = argparse.ArgumentParser(prog="peers.persons", description="Persontjenesten, for demo og test")
    arguments(ask)
    ask.add_argument("--people", type=Path, required=True, help="fil med dem som finnes")
    asyncio.run(_run(ask.parse_args()))


async def _run(asked: argparse.Namespace) -> None:
    async with httpx.AsyncClient(timeout=10) as client:
        register = Register.read(asked.people, Door.told(asked, client))
        await Listening.at(asked.port).serve(app(register), "Persontjenesten")


if __name__ == "__main__":
    main()
