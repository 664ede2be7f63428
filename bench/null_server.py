"""The null server: the least that uvicorn can do, one fixed answer. python -m bench.null_server PORT

Its cost is the machine's and the server program's own; what stands above it is ours.
"""

from __future__ import annotations

import sys
from typing import Any

import uvicorn

BODY = b'{"resourceType":"Observation","note":"' + b"x" * 1300 + b'"}'
_START = {
    "type": "http.response.start",
    "status": 200,
    "headers": [(b"content-type", b"application/fhir+json"), (b"content-length", str(len(BODY)).encode())],
}
_REST = {"type": "http.response.body", "body": BODY}


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Answer everything with the same bytes."""
    if scope["type"] == "http":
        await send(_START)
        await send(_REST)


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]), log_config=None, server_header=False, lifespan="off")
