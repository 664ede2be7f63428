"""Adresseregisteret (NHN) by its CommunicationParty API, with invented parties.

    python -m peers.parties --issuer URL --audience NAME --scope SCOPE --parties parties.json

It answers GET /CommunicationParties/{HER-id} as public clients of the register read it. parties.json: [{"her_id",
"name", "number", "parent", "parent_name"}]. The page at / sets how one of them stands, and lets the register be away,
know nobody, or answer nonsense; PUT /control/parties changes anything of one (null: there is none any more), PUT
/control/mood the same as the page. No code shared with Akson.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from dataclasses import dataclass, field
from hashlib import sha1
from html import escape
from pathlib import Path
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from peers import pages
from peers.serving import Listening
from peers.tokens import Door, NotLetIn, arguments

MOODS = {"vanlig": 200, "borte": 503, "uleselig": 200, "tom": 404}
CALLED = {"vanlig": "svarer", "borte": "svarer 503", "uleselig": "svarer med noe annet enn JSON",
          "tom": "kjenner ingen"}  # fmt: skip
STANDINGS = {"finnes": "finnes", "ukjent": "finnes ikke", "utløpt": "er avsluttet", "uleselig": "svarer 400 om den"}
_TOLD = {"finnes": {"status": 200, "until": None}, "ukjent": {"status": 404}, "uleselig": {"status": 400},
         "utløpt": {"status": 200, "until": "2020-06-01T00:00:00+00:00"}}  # fmt: skip


@dataclass
class Register:
    """Every party, by HER-id."""

    door: Door
    parties: dict[int, dict[str, Any]]
    asked: list[int] = field(default_factory=list)
    mood: str = "vanlig"

    def told(self, her_id: int) -> dict[str, Any] | None:
        """Return one as the API writes them."""
        if (one := self.parties.get(her_id)) is None:
            return None
        if one.get("part"):
            return {"herId": her_id, "name": one["name"]}
        over = {
            "herId": one.get("parent"), "name": one.get("parent_name", ""), "organizationNumber": one.get("number"),
        }  # fmt: skip
        kind = "Service" if one.get("parent") else "Organization"
        details = (
            {"serviceDetails": {"serviceType": {"codeListId": "8663", "value": "KA01"}, "parentOrganization": over}}
            if one.get("parent")
            else {"organizationDetails": {"organizationNumber": one.get("number"), "persons": [], "services": []}}
        )
        return details | {
            "herId": her_id, "name": one["name"], "displayName": one["name"], "type": kind,
            "currentSigningCertificate": _certificate(her_id, one, "signing"),
            "currentEncryptionCertificate": _certificate(her_id, one, "encryption"),
            "ediAddress": f"post{her_id}@edi.example", "amqpTransportStatus": "Disabled",
            "validFrom": "2020-01-01T00:00:00+00:00", "validTo": one.get("until") or "2122-01-01T00:00:00+00:00",
        }  # fmt: skip

    def stands(self, her_id: int, standing: str) -> None:
        """Let one stand as told from now on; one of STANDINGS."""
        self.parties[her_id] = self.parties[her_id] | _TOLD[standing] | {"stands": standing}

    def renew(self, her_id: int, name: str) -> None:
        """Give one new certificates, and the name."""
        one = self.parties[her_id]
        self.parties[her_id] = one | {"renewed": one.get("renewed", 0) + 1, "name": name or one["name"]}


def _certificate(her_id: int, one: dict[str, Any], use: str) -> dict[str, str]:
    print_ = sha1(f"{her_id} {use} {one.get('renewed', 0)}".encode(), usedforsecurity=False).hexdigest().upper()
    return {"thumbprint": print_, "validFrom": "2025-01-01T00:00:00+00:00", "validTo": "2028-01-01T00:00:00+00:00"}


def app(register: Register) -> Starlette:
    """Return the web application."""

    async def party(request: Request) -> Response:
        try:
            await register.door.caller(request)
        except NotLetIn as no:
            return Response(status_code=401, headers={"www-authenticate": str(no)})
        if register.mood != "vanlig":
            return Response("Vi er straks tilbake", status_code=MOODS[register.mood])
        register.asked.append(request.path_params["her_id"])
        if (status := register.parties.get(request.path_params["her_id"], {}).get("status", 200)) != 200:
            return Response(status_code=status)
        found = register.told(request.path_params["her_id"])
        return JSONResponse(found) if found else Response(status_code=404)

    async def change(request: Request) -> Response:
        for her_id, changed in (await request.json()).items():
            if changed is None:
                del register.parties[int(her_id)]
            else:
                register.parties[int(her_id)] = register.parties.get(int(her_id), {}) | changed
        return Response(status_code=204)

    async def behave(request: Request) -> Response:
        register.mood = (await request.json())["mood"]
        return Response(status_code=204)

    return Starlette(routes=[
        Route("/CommunicationParties/{her_id:int}", party), Route("/control/parties", change, methods=["PUT"]),
        Route("/control/mood", behave, methods=["PUT"]), *_page_routes(register),
    ])  # fmt: skip


def _page_routes(register: Register) -> list[Route]:
    """Return the page, and what its forms do."""

    async def shown(_: Request) -> Response:
        return _page(register)

    async def told(request: Request) -> Response:
        form = await pages.read(request)
        her_id = int(form["her_id"]) if form.get("her_id", "").isdecimal() else 0
        if form.get("mood") in MOODS:
            register.mood = form["mood"]
        elif her_id in register.parties and form.get("standing") in STANDINGS:
            register.stands(her_id, form["standing"])
        elif her_id in register.parties and "name" in form:
            register.renew(her_id, form["name"])
        else:
            return pages.wrong()
        return pages.done()

    return [Route("/", shown), Route("/set", told, methods=["POST"])]


def _page(register: Register) -> Response:
    rows = [
        (str(her_id), escape(one["name"]), str(one.get("parent") or ""), str(register.asked.count(her_id)),
         pages.form("/set", "Sett", f"<input type=hidden name=her_id value={her_id}>",
                    pages.choice("standing", "Parten", STANDINGS, one.get("stands", "finnes"))),
         pages.form("/set", "Forny", f"<input type=hidden name=her_id value={her_id}>",
                    pages.field("name", "Nye sertifikater, og navn", value=one["name"])))
        for her_id, one in register.parties.items()
    ]  # fmt: skip
    return pages.page(
        "Adresseregisteret",
        pages.form("/set", "Sett", pages.choice("mood", "Registeret", CALLED, register.mood)),
        "<p>Akson spør om hver part en gang i døgnet, og om alle etter <code>akson address-status --ask</code>.</p>",
        pages.table(("HER-id", "Navn", "Hører til", "Spurt om", "Står", "Fornyes"), rows),
    )


def main() -> None:
    """Run the register."""
    ask = argparse.ArgumentParser(prog="peers.parties", description="Adresseregisteret, for demo og test")
    arguments(ask)
    ask.add_argument("--parties", type=Path, required=True, help="fil med dem som finnes")
    asyncio.run(_run(ask.parse_args()))


async def _run(asked: argparse.Namespace) -> None:
    parties = {one["her_id"]: one for one in json.loads(asked.parties.read_text("utf-8"))}
    async with httpx.AsyncClient(timeout=10) as client:
        register = Register(Door.told(asked, client), parties)
        await Listening.at(asked.port).serve(app(register), "Adresseregisteret")


if __name__ == "__main__":
    main()
