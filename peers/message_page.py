"""The message server's page: what has come, how it behaves, and a letter from somebody behind it."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from peers import letters, pages
from peers.letters import Letter, Place
from peers.misbehaving import MOODS, faults_of

if TYPE_CHECKING:
    from peers.message_server import Server

BEHIND = Place(99000061, "Solhaug rehabiliteringssykehus", 0, "")  # who writes from the page


def page(server: Server) -> list[Route]:
    """Return what people see, and what they tell the server to do."""

    async def shown(_: Request) -> Response:
        rows = server.store.execute("SELECT * FROM message ORDER BY made DESC LIMIT 50").fetchall()
        told = [
            (str(row["sender"]), str(row["receiver"]), "AppRec" if row["apprec"] else "melding", row["delivery"],
             letters.STATUS.get(row["status"] or "", ""), "hentet" if row["read"] else "", row["id"])
            for row in rows
        ]  # fmt: skip
        return pages.page(
            "NHNs meldingstjener",
            pages.form("/set", "Sett", pages.choice("mood", "Tjeneren", {m: what for m, (what, _) in MOODS.items()},
                                                    server.mood)),
            pages.form(
                "/send", "Send", pages.field("to", "Til (HER-id)", value="99000014", needed=True),
                pages.field("fnr", "Fødselsnummer", needed=True), pages.field("title", "Emne", needed=True),
                pages.field("text", "Tekst", needed=True), heading=f"{BEHIND.name} skriver",
            ),
            pages.table(("Fra", "Til", "Hva", "Transport", "AppRec", "Hos mottaker", "Id"), told),
        )  # fmt: skip

    async def set_(request: Request) -> Response:
        mood = (await pages.read(request)).get("mood", "")
        if mood not in MOODS:
            return pages.wrong()
        server.mood, server.faults = mood, faults_of(mood)
        return pages.done()

    async def send(request: Request) -> Response:
        asked = await pages.read(request)
        to = int(asked["to"]) if asked.get("to", "").isdecimal() else 0
        if not server.ours(to) or not all(asked.get(name) for name in ("fnr", "title", "text")):
            return pages.wrong()
        written = Letter(str(uuid.uuid4()), BEHIND, Place(to, "Mottaker", 0, ""), asked["fnr"], "", "", asked["title"],
                         asked["text"])  # fmt: skip
        body = letters.dialog(written, datetime.now(UTC).isoformat(timespec="milliseconds"))
        for _ in range(2 if server.happens("double") else 1):
            server.keep(body, BEHIND.her_id, to, document=written.msg_id)
        return pages.done()

    return [Route("/", shown), Route("/set", set_, methods=["POST"]), Route("/send", send, methods=["POST"])]
