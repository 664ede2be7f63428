"""NHN's message server, as its OpenAPI description says (MSH API v2), with everybody outside behind it.

    python -m peers.message_server --issuer http://127.0.0.1:9000 --audience nhn:msh --scope nhn:msh/api \
        --client akson=99000011

Whoever calls shows an access token bound to a key. What is sent to an address of no client is answered by an invented
receiver behind: a transport receipt and an AppRec, at once or after some seconds. The page at / sets how badly the
server behaves, and lets a receiver behind write; `/control` (this machine only) sets each fault by how often, and whose
HER-ids are whose, puts in any message, and tells what has happened.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import random
import sqlite3
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from peers import letters
from peers.letters import Place
from peers.message_page import page
from peers.misbehaving import ERRORS, Faults, judged
from peers.serving import Listening
from peers.tokens import Door, NotLetIn, arguments

LARGEST = 35 * 1024 * 1024
STATUS = {"1": "Ok", "2": "Rejected", "3": "OkErrorInMessagePart"}
TABLES = """
CREATE TABLE message (
  id TEXT PRIMARY KEY, sender INTEGER, receiver INTEGER, body BLOB, document TEXT, made TEXT, apprec INTEGER,
  read INTEGER DEFAULT 0, delivery TEXT, status TEXT, errors TEXT DEFAULT '[]', answers TEXT);
CREATE INDEX unread ON message (receiver, made) WHERE NOT read;
CREATE INDEX documents ON message (document);
"""


@dataclass
class Server:
    """The whole server.

    clients  client id -> the HER-ids it may use
    arrives  seconds until a message has come to the receiver behind; answers: until that has answered it
    judged   message -> the status of its AppRec: the receiver knows a message that comes again
    """

    door: Door
    store: sqlite3.Connection
    clients: dict[str, set[int]]
    faults: Faults = field(default_factory=Faults)
    mood: str = "vanlig"
    arrives: float = 0.0
    answers: float = 0.0
    judged: dict[str, str] = field(default_factory=dict)
    chance: random.Random = field(default_factory=lambda: random.Random(1))

    def happens(self, fault: str) -> bool:
        return self.chance.random() < float(getattr(self.faults, fault))

    def ours(self, her_id: int) -> bool:
        return any(her_id in owned for owned in self.clients.values())

    def keep(
        self,
        body: bytes,
        sender: int,
        receiver: int,
        *,
        document: str = "",
        apprec: bool = False,
        answers: str = "",
        delivery: str = "Acknowledged",
    ) -> str:
        """Store a message; return the id it has here."""
        id_ = str(uuid.uuid4())
        self.store.execute(
            "INSERT INTO message (id, sender, receiver, body, document, made, apprec, delivery, answers) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (id_, sender, receiver, body, document, datetime.now(UTC).isoformat(), apprec, delivery, answers),
        )
        self.store.commit()
        return id_

    def row(self, id_: str) -> sqlite3.Row | None:
        found: sqlite3.Row | None = self.store.execute("SELECT * FROM message WHERE id = ?", (id_,)).fetchone()
        return found

    def take(self, body: bytes, sender: int, receiver: int, document: str, *, apprec: bool) -> str:
        """Take a message from a client, and let the receiver behind answer it."""
        if self.happens("forgets"):
            return str(uuid.uuid4())
        lost, refused = self.happens("discards"), self.happens("refuses")
        id_ = self.keep(body, sender, receiver, document=document, apprec=apprec, delivery="Unconfirmed")
        if not lost:
            _after(self.arrives, lambda: self._came(id_, "Rejected" if refused else "Acknowledged"))
        if self.ours(receiver) or apprec or lost or refused:
            return id_
        for _ in range(2 if self.happens("double") else 1):
            _after(self.answers, lambda: self._answer(id_, body))
        return id_

    def _came(self, id_: str, delivery: str) -> None:
        """Note what became of a message at the receiver's side."""
        self.store.execute("UPDATE message SET delivery = ? WHERE id = ?", (delivery, id_))
        self.store.commit()

    def _answer(self, id_: str, body: bytes) -> None:
        """Write the AppRec of the receiver behind."""
        read = letters.read(body)
        if read is None or read.kind == "APPREC":
            return
        status = self.judged.setdefault(read.msg_id, judged(self.happens))
        code, why = ERRORS[status]
        errors = [{"errorCode": code, "details": why}] if code else []
        said = "UPDATE message SET status = ?, errors = ? WHERE id = ?"
        self.store.execute(said, (status, json.dumps(errors), id_))
        self.store.commit()
        sender = Place(read.sender, "Avsender", read.sender, "Avsender")
        msg_id, now = str(uuid.uuid4()), datetime.now(UTC).isoformat(timespec="milliseconds")
        made = letters.receipt(
            msg_id=msg_id, now=now, sender=read.receiver, receiver=sender, read=read, code=code, why=why, status=status
        )
        if not self.happens("no_apprec"):
            self.keep(made, read.receiver.her_id, read.sender, document=msg_id, apprec=True, answers=id_)

    async def misbehave(self) -> Response | None:
        """Be slow, or answer with a fault; None where all is well."""
        if self.happens("slow"):
            await asyncio.sleep(self.faults.delay)
        if self.happens("down"):
            return _Cut()
        if self.happens("astray"):
            return HTMLResponse("<h1>Not here</h1>", int(self.faults.by), headers={"location": "/"})
        return _error(500, "intern feil") if self.happens("error") else None


def _after(seconds: float, do: Callable[[], None]) -> None:
    """Do something after some seconds; 0: now."""
    if seconds:
        asyncio.get_running_loop().call_later(seconds, do)
    else:
        do()


class _Cut(Response):
    """No answer: the connection ends."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        del scope, receive
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"9999")]})
        await send({"type": "http.response.body", "body": b"{", "more_body": False})


def _error(status: int, text: str) -> Response:
    body = {"error": text, "errorCode": status, "validationErrors": [], "requestId": str(uuid.uuid4())}
    return JSONResponse(body, status)


Handle = Callable[[Server, Request, set[int]], Awaitable[Response]]


def guarded(server: Server, handle: Handle) -> Callable[[Request], Awaitable[Response]]:
    """Let in those who show who they are, and then misbehave as told."""

    async def answer(request: Request) -> Response:
        given = request.headers
        try:
            caller = await server.door.caller(request)
        except NotLetIn as no:
            return Response(status_code=401, headers={"www-authenticate": str(no)})
        if not given.get("api-version") or not given.get("nhn-source-system"):
            return _error(400, "api-version og nhn-source-system må være med")
        if fault := await server.misbehave():
            return fault
        done = await handle(server, request, server.clients.get(caller, set()))
        return _Cut() if server.happens("lost") else done

    return answer


async def unread(server: Server, request: Request, owned: set[int]) -> Response:
    """GET /Messages"""
    asked = request.query_params
    try:
        receivers = [int(each) for each in asked.getlist("ReceiverHerIds")]
        most = int(asked.get("MessagesToFetch", "10"))
    except ValueError:
        return _error(400, "ugyldig tall")
    if not receivers or not 1 <= most <= 100:
        return _error(400, "ReceiverHerIds og MessagesToFetch")
    if not owned.issuperset(receivers):
        return _error(403, "HER-id er ikke deres")
    marks = ",".join("?" * len(receivers))
    order = "DESC" if asked.get("OrderBy") == "Descending" else "ASC"
    query = f"SELECT * FROM message WHERE receiver IN ({marks}) AND NOT read ORDER BY made {order} LIMIT ?"  # noqa: S608
    rows = server.store.execute(query, (*receivers, most)).fetchall()
    whole = asked.get("IncludeMetadata", "").lower() == "true"
    return JSONResponse([_told(row, whole=whole) for row in rows])


def _told(row: sqlite3.Row, *, whole: bool) -> dict[str, Any]:
    told: dict[str, Any] = {"id": row["id"], "receiverHerId": row["receiver"]}
    more = {
        "contentType": "application/xml", "senderHerId": row["sender"], "businessDocumentId": row["document"],
        "businessDocumentGenDate": row["made"], "isAppRec": bool(row["apprec"]),
    }  # fmt: skip
    return told | more if whole else told


async def post(server: Server, request: Request, owned: set[int]) -> Response:
    """POST /Messages"""
    try:
        asked = json.loads(await request.body())
        body = base64.b64decode(asked["businessDocument"], validate=True)
        whole = (asked["contentType"], asked["contentTransferEncoding"]) == ("application/xml", "base64")
    except (ValueError, KeyError, TypeError):
        return _error(400, "ugyldig forespørsel")
    read = letters.read(body) if whole and len(body) < LARGEST else None
    if read is None:
        return _error(400, "meldingen kan ikke leses")
    if read.sender not in owned:
        return _error(403, "avsenderen er ikke deres")
    receiver = read.receiver.her_id or _receiver_of_apprec(body)
    id_ = server.take(body, read.sender, receiver, read.msg_id, apprec=read.kind == "APPREC")
    return _created(request, id_)


def _receiver_of_apprec(body: bytes) -> int:
    ids = [each.text or "" for each in ElementTree.fromstring(body).findall("{*}Receiver//{*}Id")]
    return next((int(each) for each in reversed(ids) if each.isdigit()), 0)


def _created(request: Request, id_: str) -> Response:
    return JSONResponse(id_, 201, headers={"location": f"{request.base_url}Messages/{id_}"})


def of_one(handle: Callable[[Server, Request, sqlite3.Row], Awaitable[Response]]) -> Handle:
    """Find the message that the address names, for those who sent or shall have it."""

    async def answer(server: Server, request: Request, owned: set[int]) -> Response:
        row = server.row(request.path_params["id"])
        if row is None:
            return _error(404, "ukjent melding")
        if not owned & {row["sender"], row["receiver"]}:
            return _error(403, "meldingen er ikke deres")
        return await handle(server, request, row)

    return answer


async def one(server: Server, request: Request, row: sqlite3.Row) -> Response:
    """GET /Messages/{id}"""
    del server, request
    return JSONResponse(_told(row, whole=True))


async def document(server: Server, request: Request, row: sqlite3.Row) -> Response:
    """GET /Messages/{id}/business-document"""
    del request
    if server.happens("withholds"):
        return _error(404, "ukjent innhold")
    content = base64.b64encode(row["body"]).decode()
    return JSONResponse(
        {"businessDocument": content, "contentType": "application/xml", "contentTransferEncoding": "base64"}
    )


async def status(server: Server, request: Request, row: sqlite3.Row) -> Response:
    """GET /Messages/{id}/status"""
    del server, request
    said = {"receiverHerId": row["receiver"], "transportDeliveryState": row["delivery"]}
    return JSONResponse([said | {"appRecStatus": STATUS.get(row["status"] or "")}])


async def apprec(server: Server, request: Request, row: sqlite3.Row) -> Response:
    """GET /Messages/{id}/apprec"""
    del server, request
    said = {"receiverHerId": row["receiver"], "appRecStatus": STATUS.get(row["status"] or "")}
    return JSONResponse([said | {"appRecErrorList": json.loads(row["errors"])}])


async def post_apprec(server: Server, request: Request, row: sqlite3.Row) -> Response:
    """POST /Messages/{id}/apprec/{appRecSenderHerId}"""
    sender = int(request.path_params["her_id"])
    try:
        asked = json.loads(await request.body())
        said = next(code for code, name in STATUS.items() if name == asked["appRecStatus"])
        errors = [
            {"errorCode": each["errorCode"], "details": each["details"]} for each in asked.get("appRecErrorList") or []
        ]
    except (ValueError, KeyError, TypeError, StopIteration):
        return _error(400, "ugyldig kvittering")
    if (said == "2") and not errors:
        return _error(400, "en avvisning må ha feil")
    if sender != row["receiver"]:
        return _error(403, "kvitteringen må komme fra mottakeren")
    if server.happens("forgets"):
        return _created(request, str(uuid.uuid4()))
    lost = server.happens("discards")
    if not lost:
        server.store.execute(
            "UPDATE message SET status = ?, errors = ? WHERE id = ?", (said, json.dumps(errors), row["id"])
        )
    state = "Unconfirmed" if lost else "Acknowledged"
    return _created(request, server.keep(b"", sender, row["sender"], apprec=True, answers=row["id"], delivery=state))


async def mark_read(server: Server, request: Request, row: sqlite3.Row) -> Response:
    """PUT /Messages/{id}/read/{herId}"""
    if int(request.path_params["her_id"]) != row["receiver"]:
        return _error(404, "ikke mottakeren")
    server.store.execute("UPDATE message SET read = 1 WHERE id = ?", (row["id"],))
    server.store.commit()
    return Response(status_code=204)


def control(server: Server) -> list[Route]:
    """Return what tests and people on this machine use."""

    async def put_in(request: Request) -> Response:
        asked = await request.json()
        body, made = base64.b64decode(asked["body"]), []
        for _ in range(2 if server.happens("double") else 1):
            made.append(server.keep(body, asked["sender"], asked["receiver"], document=asked.get("document", "")))
        return JSONResponse(made, 201)

    async def told(_: Request) -> Response:
        rows = server.store.execute(
            "SELECT id, sender, receiver, document, apprec, read, delivery, status, errors, answers FROM message"
        )
        return JSONResponse([dict(row) for row in rows])

    async def behave(request: Request) -> Response:
        asked = await request.json()
        if not asked.keys() <= {each.name for each in fields(Faults)}:
            return _error(400, "ukjent feil")
        server.faults = Faults(**asked)
        return Response(status_code=204)

    async def grant(request: Request) -> Response:
        server.clients |= {name: set(owned) for name, owned in (await request.json()).items()}
        return Response(status_code=204)

    behaves = {"faults": behave, "clients": grant}
    return [Route("/control/messages", put_in, methods=["POST"]), Route("/control/messages", told),
            *(Route(f"/control/{what}", set_, methods=["PUT"]) for what, set_ in behaves.items())]  # fmt: skip


def app(server: Server) -> Starlette:
    """Return the server's web application: every operation of the description."""
    paths: list[tuple[str, str, Handle]] = [
        ("GET", "/Messages", unread), ("POST", "/Messages", post), ("GET", "/Messages/{id}", of_one(one)),
        ("GET", "/Messages/{id}/business-document", of_one(document)), ("GET", "/Messages/{id}/status", of_one(status)),
        ("GET", "/Messages/{id}/apprec", of_one(apprec)),
        ("POST", "/Messages/{id}/apprec/{her_id:int}", of_one(post_apprec)),
        ("PUT", "/Messages/{id}/read/{her_id:int}", of_one(mark_read)),
    ]  # fmt: skip
    routes = [Route(path, guarded(server, handle), methods=[method]) for method, path, handle in paths]
    return Starlette(routes=[*routes, *control(server), *page(server)])


def main() -> None:
    """Run the server."""
    ask = argparse.ArgumentParser(prog="peers.message_server", description="NHNs meldingstjener, for demo og test")
    arguments(ask)
    ask.add_argument("--client", action="append", default=[], metavar="ID=HER,HER", help="hvem som sender for hvem")
    ask.add_argument("--seed", type=int, default=1)
    ask.add_argument("--arrives", type=float, default=0.0, help="sekunder før en melding er kommet fram")
    ask.add_argument("--answers", type=float, default=0.0, help="sekunder før mottakeren har svart på den")
    asyncio.run(_run(ask.parse_args()))


async def _run(asked: argparse.Namespace) -> None:
    store = sqlite3.connect(":memory:")
    store.row_factory = sqlite3.Row
    store.executescript(TABLES)
    clients = {
        name: {int(each) for each in ids.split(",")} for name, _, ids in (one.partition("=") for one in asked.client)
    }
    async with httpx.AsyncClient(timeout=10) as client:
        server = Server(door=Door.told(asked, client), store=store, clients=clients, chance=random.Random(asked.seed),
                        arrives=asked.arrives, answers=asked.answers)  # fmt: skip
        await Listening.at(asked.port).serve(app(server), "Meldingstjener", logs="critical")  # it cuts answers off


if __name__ == "__main__":
    main()
