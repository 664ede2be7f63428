"""Persontjenesten (NHN): Folkeregisteret as health services read it, of invented people.

    python -m peers.persons --issuer URL --audience NAME --scope SCOPE --people people.json

It answers what the OpenAPI description of API 2 says of the operations with a legal basis that are here: the feed of
events, a person by the register's id or by number. people.json: [{"nin", "given", "family", ...}]. PUT /control/people
changes one and leaves an event; PUT /control/mood lets the register be away or answer nonsense. No code shared with
Akson.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from peers.serving import Listening
from peers.tokens import Door, NotLetIn, arguments

MOODS = {"vanlig": 200, "borte": 503, "uleselig": 200}
WITH_BASIS = "/api/legal-basis"
VERSION = "2"
PARTS = {"Name": "name", "NorwegianIdentificationNumber": "norwegianIdentificationNumber", "Death": "death",
         "ResidentialAddress": "residentialAddress", "AddressProtection": "addressProtection",
         "Status": "status"}  # fmt: skip
KINDS = {"died": "PersonIsDeceased", "protection": "ChangeInAddressProtection", "family": "ChangeInName",
         "given": "ChangeInName"}  # fmt: skip
Handle = Callable[["Register", Request], Awaitable[Response]]


@dataclass
class Register:
    """Everybody, by number; and what has happened to them, oldest first."""

    door: Door
    people: dict[str, dict[str, Any]]
    events: list[dict[str, str]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    mood: str = "vanlig"

    def change(self, nin: str, changed: dict[str, Any]) -> None:
        """Change what is known of one, and tell it in the feed."""
        self.people[nin] = self.people[nin] | changed
        kind = next((KINDS[name] for name in changed if name in KINDS), "ChangeInResidentialAddress")
        number = str(1000 + len(self.events))
        self.events.append({"sequenceNumber": number, "personId": _id(nin), "eventType": kind})

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
        }  # fmt: skip
        names = {PARTS[part] for part in parts} - set(one.get("without", ()))
        return {"id": _id(nin), "sequenceNumber": len(self.events)} | {
            name: value for name, value in whole.items() if name in names
        }


def _id(nin: str) -> str:
    return f"p-{int(nin) % 99991}"


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

    return Starlette(routes=[
        Route(f"{WITH_BASIS}/event/latest", guarded(register, latest)),
        Route(f"{WITH_BASIS}/event", guarded(register, events)),
        Route(f"{WITH_BASIS}/person/get-by-nin", guarded(register, by_number), methods=["POST"]),
        Route(f"{WITH_BASIS}/person/{{id}}", guarded(register, by_id)),
        Route("/control/people", change, methods=["PUT"]), Route("/control/mood", behave, methods=["PUT"]),
        Route("/control", state),
    ])  # fmt: skip


def main() -> None:
    """Run the register."""
    ask = argparse.ArgumentParser(prog="peers.persons", description="Persontjenesten, for demo og test")
    arguments(ask)
    ask.add_argument("--people", type=Path, required=True, help="fil med dem som finnes")
    asyncio.run(_run(ask.parse_args()))


async def _run(asked: argparse.Namespace) -> None:
    people = {one["nin"]: one for one in json.loads(asked.people.read_text("utf-8"))}
    async with httpx.AsyncClient(timeout=10) as client:
        register = Register(Door.told(asked, client), people)
        await Listening.at(asked.port).serve(app(register), "Persontjenesten")


if __name__ == "__main__":
    main()
