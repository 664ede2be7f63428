"""What a person has let an app do: kept so that every server sees the same, ended with one row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import msgspec

from akson.base.database import Database, Reads
from akson.base.queries import queries
from akson.base.rides import Rides
from akson.base.work import Actor
from akson.signin.jose import fresh, sha256
from akson.signin.sessions import SessionSettings
from akson.signin.tickets import as_json

SQL = queries(__file__)
CODE = timedelta(seconds=60)
LAUNCH = timedelta(minutes=5)
ONCE = timedelta(hours=1)  # a grant without refresh tokens: longer than its access token lives
ONLINE = timedelta(hours=12)  # and never longer than the browser session
OFFLINE = timedelta(days=90)


@dataclass(frozen=True, kw_only=True)
class Grant:
    """One consent."""

    id: str
    app: str
    scope: str
    actor: Actor  # who gave it, in the role they had
    patient: str = ""  # id of the Patient it is about
    context: int = 0  # the owner key of that
    session: str = ""  # the browser's cookie, digested, for online_access
    key: str = ""  # thumbprint of the key that its tokens are bound to
    launched: bool = False  # from an open record, which shows whose it is


@dataclass(frozen=True, kw_only=True)
class Launch:
    """What the workplace hands an app that is started from an open record."""

    app: str
    person: str  # id of the actor
    patient: str


@dataclass(frozen=True, kw_only=True)
class Coded:
    """What a code stands for."""

    grant: Grant
    redirect_uri: str
    challenge: str
    nonce: str
    thumbprint: str = ""


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What an access token stands on now. name: of the app, for people; grant: None for a program's own."""

    name: str
    rate: int
    grant: Grant | None


@dataclass(frozen=True, kw_only=True)
class Held:
    """One consent as people see it. name: of the app."""

    name: str
    grant: Grant
    begun: datetime
    ends: datetime


class Grants:
    """All grants of an installation."""

    def __init__(self, database: Database, sessions: SessionSettings, clock: Any) -> None:
        self._db, self._sessions, self._clock = database, sessions, clock
        self._rides: Rides[tuple[str, str], Standing] = Rides(self._ask)

    async def standing(self, app: str, grant: str) -> Standing | None:
        """Return what a token of the app stands on; None when app or grant are no more, or the person has left."""
        return await self._rides.fetch((app, grant))

    async def _ask(self, keys: Sequence[tuple[str, str]]) -> Mapping[tuple[str, str], Standing]:
        apps, grants = zip(*keys, strict=True)
        settings = self._sessions
        rows = await self._db.fetch(
            SQL.standing, list(apps), list(grants), self._clock(), settings.idle, settings.longest
        )
        return {
            (row["app"], row["grant_id"]): Standing(name=row["name"], rate=row["rate"], grant=_grant(row["content"]))
            for row in rows
        }

    async def begin(self, grant: Grant, lifetime: timedelta) -> None:
        """Keep a grant."""
        session = bytes.fromhex(grant.session) if grant.session else None
        now = self._clock()
        await self._db.execute(SQL.put_grant, grant.id, grant.app, as_json(grant), session, now + lifetime,
                               grant.actor.id, grant.context, now)  # fmt: skip

    async def end(self, grant: str, app: str) -> None:
        await self._db.execute(SQL.end_grant, grant, app, self._clock())

    async def refresh_token(self, grant: str) -> str:
        """Return a new refresh token."""
        secret = fresh()
        await self._db.execute(SQL.put_refresh, sha256(secret), grant)
        return secret

    async def refreshable(self, secret: str, app: str) -> Grant | None:
        """Return the grant of a refresh token; one that was used before ends it: someone else has it too."""
        found = await self.of_refresh(secret)
        if found is None or found[1] != app:
            return None
        if found[2]:
            await self.end(found[0], app)
            return None
        standing = await self.standing(app, found[0])
        return standing.grant if standing else None

    async def spend(self, secret: str, grant: Grant) -> bool:
        """Use a refresh token up. False, and the grant ends, when another was quicker."""
        if await self._db.fetchval(SQL.use_refresh, sha256(secret), self._clock()):
            return True
        await self.end(grant.id, grant.app)
        return False

    async def of_refresh(self, secret: str) -> tuple[str, str, bool] | None:
        """Return grant and app of a refresh token, and whether it has been used."""
        row = await self._db.fetchrow(SQL.refresh, sha256(secret))
        return (row["grant_id"], row["app"], row["used"]) if row else None


async def held(reads: Reads, now: datetime, *, person: str = "", about: int = 0) -> list[Held]:
    """Return what stands of what a person has let apps do, and of what anybody has in one record; newest first.

    person  id of the actor; about: owner key of the record, 0: none
    """
    rows = await reads.fetch(SQL.held, person, about, now, SessionSettings.idle, SessionSettings.longest)
    return [
        Held(name=row["name"], grant=grant, begun=row["begun_at"], ends=row["expires_at"])
        for row in rows if (grant := _grant(row["content"]))
    ]  # fmt: skip


async def withdraw(connection: asyncpg.Connection, grant: Grant, now: datetime) -> None:
    """End a grant: its tokens count no more, on every server, from when the connection's transaction is committed."""
    await connection.execute(SQL.end_grant, grant.id, grant.app, now)


async def withdraw_all(connection: asyncpg.Connection, person: str, now: datetime) -> None:
    """End all that a person has let apps do; as `withdraw`. person: id of the actor."""
    await connection.execute(SQL.end_grants_of, person, now)


async def purge_grants(database: Database, now: datetime) -> None:
    """Forget grants that have expired; the worker calls this now and then."""
    await database.execute(SQL.purge, now)


def _grant(content: str | None) -> Grant | None:
    return None if content is None else msgspec.json.decode(content, type=Grant)
