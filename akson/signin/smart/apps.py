"""Apps as the operator registers them: `akson app add`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import msgspec

from akson.base.database import Database, Reads
from akson.base.errors import Refused
from akson.base.queries import queries
from akson.fhir.scopes import parsed
from akson.signin import jose
from akson.signin.jose import BadToken
from akson.signin.tickets import as_json

SQL = queries(__file__)
PLAIN = frozenset({"openid", "fhirUser", "profile", "launch", "launch/patient", "offline_access", "online_access"})
_ID = re.compile(r"[A-Za-z0-9._-]{2,64}")
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, kw_only=True)
class App:
    """A registered program. With keys it is confidential and proves itself by private_key_jwt; else it is public."""

    id: str
    name: str
    redirect_uris: tuple[str, ...] = ()  # matched to the letter
    launch_url: str = ""  # where it is started from an open record
    scopes: tuple[str, ...] = ()  # the most it can be given
    jwks: dict[str, Any] = field(default_factory=dict)
    jwks_url: str = ""
    introspects: bool = False  # may ask about tokens of other apps
    rate: int = 0  # requests a minute; 0: the installation's usual

    @property
    def confidential(self) -> bool:
        return bool(self.jwks or self.jwks_url)

    @property
    def launchable(self) -> bool:
        """Say whether it can be started from an open record."""
        return bool(self.launch_url) and "launch" in self.scopes


class Apps:
    """All apps of an installation."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def add(self, app: App, now: datetime) -> None:
        """Register an app.

        Raises  Refused AK-L013 when something in it makes no sense, AK-L014 when its id is taken
        """
        _refuse_unfit(app)
        content = msgspec.to_builtins(app)
        kept = {name: content[name] for name in content if name not in ("id", "name", "rate")}
        if not await self._db.fetchval(SQL.put_app, app.id, app.name, as_json(kept), app.rate, now):
            raise Refused("AK-L014", id=app.id)

    async def find(self, id_: str) -> App | None:
        row = await self._db.fetchrow(SQL.app, id_) if _ID.fullmatch(id_) else None
        return _app(row) if row else None

    async def all(self) -> list[App]:
        return [_app(row) for row in await self._db.fetch(SQL.apps)]

    async def remove(self, id_: str) -> bool:
        """Remove an app; its tokens count no more, at once. False when there was none."""
        return await self._db.fetchval(SQL.remove_app, id_) is True


async def launchable(reads: Reads) -> list[App]:
    """Return the apps that can be started from an open record, by name."""
    found = [app for row in await reads.fetch(SQL.apps) if (app := _app(row)).launchable]
    return sorted(found, key=lambda app: app.name.lower())


def _app(row: Any) -> App:
    content = msgspec.json.decode(row["content"]) | {"id": row["id"], "name": row["name"], "rate": row["rate"]}
    return msgspec.convert(content, App)


def _refuse_unfit(app: App) -> None:
    """Raise AK-L013 for the first thing that makes no sense."""
    if not _ID.fullmatch(app.id):
        raise Refused("AK-L013", what=f"id {app.id}")
    for url in (*app.redirect_uris, *filter(None, (app.launch_url, app.jwks_url))):
        if not _is_fit(url):
            raise Refused("AK-L013", what=url)
    for scope in app.scopes:
        if scope not in PLAIN and parsed(scope) is None:
            raise Refused("AK-L013", what=scope)
    if any(scope.startswith("system/") for scope in app.scopes) and not app.confidential:
        raise Refused("AK-L013", what="system/ uten nøkler")
    try:
        for key in app.jwks.get("keys", []):
            jose.public_key(key)
    except BadToken:
        raise Refused("AK-L013", what="jwks") from None
    if app.jwks and not app.jwks.get("keys"):
        raise Refused("AK-L013", what="jwks")


def _is_fit(url: str) -> bool:
    """Say whether the address is whole and safe: https, or this machine; or a program of its own (app.name:/back)."""
    parts = urlsplit(url)
    if parts.fragment or not url.isprintable() or " " in url:
        return False
    if parts.scheme == "http":
        return parts.hostname in _LOOPBACK
    return (parts.scheme == "https" and bool(parts.netloc)) or ("." in parts.scheme and not parts.netloc)
