"""Doing one of many things, of which none may stop the others: what stops it is told by its class and nothing else."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import TypeVar

from akson.base.database import passes

T = TypeVar("T")


@dataclass(frozen=True)
class Stopped:
    """What stopped it.

    failure  the name of its class; what it says may quote a record, and is let go of here
    passes   the database did, and what was to be written is not to blame
    """

    failure: str
    passes: bool


async def apart(doing: Awaitable[T]) -> T | Stopped:
    """Return what comes of something that may fail in ways nobody has thought of; being cancelled is no failure."""
    try:
        return await doing
    except Exception as failure:  # noqa: BLE001 - what others have sent is behind it: the next in turn goes on
        return Stopped(type(failure).__name__, passes(failure))
