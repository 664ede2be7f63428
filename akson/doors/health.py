"""Is it alive, is it ready, how does it fare: for those who run it. Nothing here is about anybody."""

from __future__ import annotations

import time
from functools import cache
from ipaddress import IPv6Address, ip_address

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from akson.base import jobs
from akson.base.database import FAILURES
from akson.base.queries import queries
from akson.exchange import mailboxes, outcomes
from akson.exchange.seals.trust import Trust
from akson.patient.alerting import letters
from akson.record.office import Office
from akson.subscriptions import delivering

SQL = queries(__file__, "health.sql")
REGISTRY = CollectorRegistry()
ANSWERS = Counter("akson_answers", "Answers by face and status", ["face", "method", "status"], registry=REGISTRY)
SECONDS = Histogram("akson_answer_seconds", "Time to answer", ["face"], registry=REGISTRY)
WAITING = Gauge("akson_waiting", "Rows that wait for the worker", ["what"], registry=REGISTRY)
FACES = {"fhir": "fhir", "min": "portal", "static": "static", "issuer": "signin", "logg-inn": "signin",
         "exchange": "exchange", "health": "health", "metrics": "health"}  # fmt: skip

METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))  # a client may send any word
_answers, _seconds = cache(ANSWERS.labels), cache(SECONDS.labels)  # faces, methods and statuses are few


def is_inside(host: str) -> bool:
    """Tell whether an address is of a net of one's own; one of the open net is not, also when it is written as IPv6."""
    try:
        address = ip_address(host)
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return (mapped or address).is_private


def health_routes(office: Office, trust: Trust) -> list[Route]:
    """Return the routes for the operator: live, ready, metrics."""

    async def live(_: Request) -> Response:
        return JSONResponse({"status": "live"})

    async def ready(_: Request) -> Response:
        try:
            await office.database.fetchval(SQL.ready)
        except FAILURES:
            return JSONResponse({"status": "no database"}, status_code=503)
        told = {"unreadable": unreadable} if (unreadable := trust.unreadable()) else {}
        return JSONResponse({"status": "ready", **told})  # pages can be shown; sealed messages may wait

    async def metrics(request: Request) -> Response:
        if request.client is None or not is_inside(request.client.host):
            return Response(status_code=404)  # for those who run it, inside
        told = await jobs.waiting(office.database) | await delivering.waiting(office.database)
        told |= await letters.unsent(office.database) | await outcomes.waits_by_way(office.database, office.clock())
        told |= await mailboxes.refused(office.database, office.clock())
        for what, count in told.items():
            WAITING.labels(what).set(count)
        return Response(generate_latest(REGISTRY), media_type=CONTENT_TYPE_LATEST)

    return [Route("/health/live", live), Route("/health/ready", ready), Route("/metrics", metrics)]


class Counted:
    """ASGI middleware that counts answers by face; never by address, which could tell of somebody."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = time.perf_counter()
        method = scope["method"] if scope["method"] in METHODS else "OTHER"
        face = FACES.get(scope["path"].split("/")[1], "workplace")

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                _answers(face, method, message["status"]).inc()
                _seconds(face).observe(time.perf_counter() - begun)
            await send(message)

        await self._app(scope, receive, counted)
