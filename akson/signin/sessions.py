"""Browser sessions, kept by the server. The browser holds 256 random bits; we hold their SHA-256.

A session begins at sign-in and changes its cookie there, at a lock and at every change of role, so that a cookie
planted beforehand is worth nothing. It ends at logout (in all tabs), when the issuer says so, and at its longest age.
Who leaves the screen is locked out: staff go on where they were when they have signed in anew, a citizen begins anew.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import msgspec
from starlette.requests import Request
from starlette.responses import Response

from akson.base.database import Database
from akson.base.errors import Refused
from akson.base.queries import queries
from akson.base.work import Actor
from akson.signin.jose import b64, fresh, sha256
from akson.signin.model import Issued
from akson.signin.tickets import as_json

SQL = queries(__file__)
LOOPBACK = {"127.0.0.1", "localhost", "::1"}


@dataclass(frozen=True, kw_only=True)
class SessionSettings:
    """How long sessions live, and what their cookie is called."""

    secure: bool  # False only for plain http on this machine; see `cookie_is_secure`
    idle: timedelta = timedelta(minutes=15)
    longest: timedelta = timedelta(hours=10)  # a long shift

    @property
    def cookie(self) -> str:
        """Return the cookie's name; with __Host- a browser takes it over https for this host only."""
        return "__Host-akson" if self.secure else "akson"


@dataclass(frozen=True, kw_only=True)
class Session:
    """A signed-in person's browser."""

    secret: str  # the cookie
    actor: Actor | None  # None until a role is chosen
    choices: tuple[Actor, ...]  # the roles the person may act in
    provider: str

    @property
    def csrf(self) -> str:
        """Return what every form of this session must carry; follows from the cookie, so nothing is stored.

        The web kit checks it (`same_session`) and signs its own cookies with it.
        """
        return b64(hmac.digest(self.secret.encode(), b"csrf", "sha256"))


@dataclass(frozen=True, kw_only=True)
class Locked:
    """A session of staff that waits for its person to sign in anew. page: where it was; nobody else is told."""

    actor: Actor
    provider: str
    page: str = ""

    def among(self, actors: list[Actor]) -> Actor | None:
        """Return the role it was in, if the one who has signed in may still act in it."""
        was = self.actor
        return next((one for one in actors if (one.id, one.role, one.unit) == (was.id, was.role, was.unit)), None)


@dataclass(frozen=True, kw_only=True)
class Ended:
    """A session that was ended."""

    actor: Actor | None
    provider: str


@dataclass(frozen=True, kw_only=True)
class Open:
    """A session as its person sees it. name: what a form calls it; this: the one that asks."""

    name: str
    actor: Actor | None
    began: datetime
    seen: datetime
    locked: bool
    this: bool


class Sessions:
    """All browser sessions of an installation."""

    def __init__(self, database: Database, settings: SessionSettings) -> None:
        self._db, self.settings = database, settings

    async def start(
        self, choices: list[Actor], *, provider: str, now: datetime, replaces: str = "", chosen: Actor | None = None,
        issued: Issued | None = None,
    ) -> str:  # fmt: skip
        """Begin a session and return its cookie. With one choice the role is chosen; `replaces` ends an old cookie.

        chosen  the role to act in, one of the choices
        issued  whose session it is in the issuer's words, so that the issuer can end it
        """
        secret = fresh()
        actor = choices[0] if len(choices) == 1 else chosen
        await self._db.execute(
            SQL.start_session, sha256(secret), as_json(actor) if actor else None, as_json(choices), provider, now,
            sha256(replaces), *(issued.digests(provider) if issued else (None, None)),
        )  # fmt: skip
        return secret

    async def lock(self, cookie: str, now: datetime, page: str = "") -> str:
        """Let nobody in until its person has signed in anew; return the new cookie, "" where staff have no session.

        page  of ours, to go on at; "": as it stands

        Browsers that keep pages to go back to forget them when a cookie changes that no script can read.
        """
        secret = fresh()
        done = await self._db.fetchval(SQL.lock_session, sha256(cookie), sha256(secret), now, page)
        return secret if done else ""

    async def keep_page(self, cookie: str, page: str) -> None:
        """Keep the page to go on at after a lock: with the session, for the next one here could read an address."""
        await self._db.execute(SQL.keep_page, sha256(cookie), page)

    async def locked(self, cookie: str, now: datetime) -> Locked | None:
        """Return the session of `cookie` if its person may go on with it after signing in anew."""
        settings = self.settings
        return _locked(
            await self._db.fetchrow(SQL.locked_session, sha256(cookie), now, settings.idle, settings.longest)
        )

    async def end_at_issuer(self, provider: str, issued: Issued) -> list[Actor | None]:
        """End the sessions that the issuer ended, on all screens; return who acted in each."""
        rows = await self._db.fetch(SQL.end_at_issuer, *issued.digests(provider))
        return [_actor(row["actor"]) for row in rows]

    async def resume(self, cookie: str, now: datetime) -> Session | None:
        """Return the live session of `cookie`, or None; one statement."""
        settings = self.settings
        row = await self._db.fetchrow(SQL.resume_session, sha256(cookie), now, settings.idle, settings.longest)
        if row is None:
            return None
        return Session(
            secret=cookie, actor=_actor(row["actor"]), provider=row["provider"],
            choices=msgspec.json.decode(row["choices"], type=tuple[Actor, ...]),
        )  # fmt: skip

    async def choose(self, session: Session, place: int) -> str:
        """Act in the role at `place` among the choices from now on; return the new cookie.

        Raises Refused AK-L006 (no such role), AK-L001 (the session has ended meanwhile)
        """
        if not 0 <= place < len(session.choices):
            raise Refused("AK-L006")
        secret, actor = fresh(), as_json(session.choices[place])
        if not await self._db.fetchval(SQL.choose_role, sha256(session.secret), sha256(secret), actor):
            raise Refused("AK-L001")
        return secret

    async def end(self, cookie: str) -> Ended | None:
        row = await self._db.fetchrow(SQL.end_session, sha256(cookie))
        if row is None:
            return None
        return Ended(actor=_actor(row["actor"]), provider=row["provider"])

    async def open_beside(self, session: Session, now: datetime) -> list[Open]:
        """Return where the person of a live session is signed in, itself among them."""
        settings = self.settings
        rows = await self._db.fetch(SQL.open_sessions, sha256(session.secret), now, settings.idle, settings.longest)
        return [
            Open(name=row["name"], actor=_actor(row["actor"]), began=row["started_at"], seen=row["seen_at"],
                 locked=row["locked"], this=row["this"])
            for row in rows
        ]  # fmt: skip

    async def end_beside(self, session: Session, name: str) -> list[Actor | None]:
        """End another session of the same person, or all others; return who acted in each. name: \"\" for all."""
        return [_actor(row["actor"]) for row in await self._db.fetch(SQL.end_beside, sha256(session.secret), name)]

    async def end_of(self, actor: str) -> list[Actor | None]:
        """End all sessions of an actor (\"Practitioner/...\"), or of everybody; return who acted in each."""
        return [_actor(row["actor"]) for row in await self._db.fetch(SQL.end_sessions_of, actor)]

    def cookie_of(self, request: Request) -> str:
        return request.cookies.get(self.settings.cookie, "")

    async def of(self, request: Request, now: datetime) -> Session | None:
        """Return the session of a request, or None."""
        cookie = self.cookie_of(request)
        return await self.resume(cookie, now) if cookie else None

    def hand_over(self, response: Response, secret: str) -> None:
        """Give the browser its cookie. Lax, not Strict: Strict would be withheld on the way back from the issuer."""
        response.set_cookie(
            self.settings.cookie, secret, path="/", httponly=True, samesite="lax", secure=self.settings.secure
        )

    def take_back(self, response: Response) -> None:
        response.delete_cookie(
            self.settings.cookie, path="/", httponly=True, samesite="lax", secure=self.settings.secure
        )


async def end_everywhere(connection: asyncpg.Connection, actor: str) -> None:
    """End all sessions of an actor ("Patient/..."), from when the connection's transaction is committed."""
    await connection.execute(SQL.end_sessions_of, actor)


def cookie_is_secure(base_url: str) -> bool:
    """Say whether cookies must be Secure: always, but on plain http at this machine itself."""
    parts = urlsplit(base_url)
    return not (parts.scheme == "http" and parts.hostname in LOOPBACK)


def _locked(row: Any) -> Locked | None:
    if not row:
        return None
    return Locked(actor=msgspec.json.decode(row["actor"], type=Actor), provider=row["provider"], page=row["page"])


def _actor(stored: str | None) -> Actor | None:
    return None if stored is None else msgspec.json.decode(stored, type=Actor)
