"""Serve the example pages on a free port of 127.0.0.1, with the headers and static files of the real thing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from akson.base.web.answers import guarded
from akson.base.web.messages import Messages
from akson.base.web.render import Renderer
from akson.base.web.static import FOLDER, Assets, vendor
from tests.base.web import examples
from tests.journeys.look import node_modules


@asynccontextmanager
async def gallery() -> AsyncIterator[tuple[str, list[str]]]:
    """Serve; gives the address and the names of the pages."""
    if not (FOLDER / "vendor" / "ds.css").exists():
        vendor(node_modules())
    assets = Assets()
    renderer = Renderer(Messages.read(), assets.address)

    async def page(request: Request) -> Response:
        if request.path_params["name"] not in examples.PAGES:
            return Response(status_code=404)  # browsers ask for /favicon.ico
        template, values = examples.PAGES[request.path_params["name"]]
        return guarded(HTMLResponse(renderer.html(template, examples.COMMON | values)))

    routes = [Route("/static/{name}", assets.serve), Route("/{name}", page)]
    server = uvicorn.Server(uvicorn.Config(Starlette(routes=routes), port=0, log_level="warning", lifespan="off"))
    running = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110  uvicorn tells in no other way
        await asyncio.sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}", list(examples.PAGES)
    finally:
        server.should_exit = True
        await running
