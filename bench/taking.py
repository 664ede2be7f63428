"""python -m bench.taking PORT: takes every message of the local transport with 202, and does nothing else."""

from __future__ import annotations

import sys

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


async def take(request: Request) -> Response:
    """Read all of it."""
    await request.body()
    return Response(status_code=202 if request.method == "POST" else 200)


if __name__ == "__main__":
    routes = [Route("/{path:path}", take, methods=["GET", "POST"])]
    uvicorn.run(Starlette(routes=routes), port=int(sys.argv[1]), log_level="error")
