"""Logs: one JSON object a line, with names of our choosing only. Nothing that was sent or read ever stands in them."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from types import TracebackType

FIELDS = ("turn", "failure", "status", "request", "refused", "address", "way", "attempts", "authority", "file", "month",
          "rows", "place", "ending")  # fmt: skip


class Lines(logging.Formatter):
    """Formats a record as one JSON object; a traceback is told by its class and places, never by its message."""

    def format(self, record: logging.LogRecord) -> str:
        told: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(), "logger": record.name, "said": record.getMessage(),
        }  # fmt: skip
        told |= {name: getattr(record, name) for name in FIELDS if hasattr(record, name)}
        if record.exc_info and record.exc_info[0] is not None:
            told |= {"failure": record.exc_info[0].__name__, "places": places(record.exc_info[2])}
            if record.name == "uvicorn.error":  # its message quotes the whole failure
                told["said"] = "a request failed"
        return json.dumps(told, ensure_ascii=False)


def places(traceback: TracebackType | None) -> list[str]:
    """Return file and line of each step, outermost first: enough to find the fault, nothing of the data."""
    found = []
    while traceback is not None:
        code = traceback.tb_frame.f_code
        found.append(f"{code.co_filename.rpartition('/akson/')[2]}:{traceback.tb_lineno} {code.co_name}")
        traceback = traceback.tb_next
    return found[-12:]


def begin() -> None:
    """Send all logs of this process to standard error as lines of JSON."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Lines())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for name in ("uvicorn.access", "httpx", "httpcore"):  # their lines hold addresses
        logging.getLogger(name).setLevel(logging.CRITICAL)
