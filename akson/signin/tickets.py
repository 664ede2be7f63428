"""Things that count once, in the database: every server of an installation sees the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import msgspec

from akson.base.database import Database
from akson.base.errors import Refused
from akson.base.queries import queries
from akson.signin.jose import fresh, sha256

SQL = queries(__file__)
T = TypeVar("T")


class Tickets:
    """Single-use tickets, replays, counted attempts and revoked tokens."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def put(self, kind: str, content: object, *, until: datetime) -> str:
        """Keep `content` until `until`; return the secret that brings it back, once."""
        secret = fresh()
        await self._db.execute(SQL.put_ticket, sha256(secret), kind, as_json(content), until)
        return secret

    async def use(self, kind: str, secret: str, shape: type[T], *, now: datetime) -> T | None:
        """Return what was kept and use it up, or None: unknown, used or expired."""
        content = await self._db.fetchval(SQL.use_ticket, sha256(secret), kind, now)
        return None if content is None else msgspec.json.decode(content, type=shape)

    async def peek(self, kind: str, secret: str, shape: type[T], *, now: datetime) -> T | None:
        """Return what was kept without using it up."""
        row = await self._db.fetchrow(SQL.look_at_ticket, sha256(secret), kind)
        live = row is not None and not row["used"] and row["expires_at"] > now
        return msgspec.json.decode(row["content"], type=shape) if row is not None and live else None

    async def used(self, kind: str, secret: str, shape: type[T]) -> T | None:
        """Return what was kept under a secret that has been used up."""
        row = await self._db.fetchrow(SQL.look_at_ticket, sha256(secret), kind)
        return msgspec.json.decode(row["content"], type=shape) if row is not None and row["used"] else None

    async def first_sight(self, what: str, *, until: datetime) -> bool:
        """Say whether `what` (a jti with its sender) is seen for the first time; remember it until `until`."""
        return await self._db.fetchval(SQL.first_sight, sha256(what), until) is True

    async def count(self, who: str, limit: int, *, now: datetime, window: timedelta = timedelta(minutes=5)) -> None:
        """Count one attempt by `who`; raise AK-L007 above `limit` within `window`."""
        seconds = window.total_seconds()
        start = datetime.fromtimestamp(now.timestamp() // seconds * seconds, UTC)
        if await self._db.fetchval(SQL.attempt, sha256(who), start) > limit:
            raise Refused("AK-L007")

    async def revoke(self, jti: str, *, until: datetime) -> None:
        """Let an access token count no more; `until` is when it would have expired."""
        await self._db.execute(SQL.revoke, jti, until)

    async def revoked(self, now: datetime) -> frozenset[str]:
        return frozenset(row["jti"] for row in await self._db.fetch(SQL.revoked, now))

    async def purge(self, *, now: datetime, longest_session: timedelta) -> None:
        """Forget what has expired; the worker calls this now and then."""
        await self._db.execute(SQL.purge, now, longest_session)


def as_json(value: Any) -> str:
    """Return `value` (dataclasses too) as text for a jsonb parameter."""
    return msgspec.json.encode(value).decode()
