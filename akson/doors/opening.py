"""Opens the office of an installation: its database, its keys, its log; and closes them again."""

from __future__ import annotations

import hmac
import json
import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from akson.audit.log import AccessLog
from akson.audit.seal import Signer
from akson.base.database import Database
from akson.base.ids import Ids
from akson.doors import profiles
from akson.doors.settings import Settings
from akson.record.identities import holds_invented
from akson.record.office import Office
from akson.record.values import Hasher
from akson.signin.guard import Guarded, refuse_in_production
from akson.subscriptions.keeping import Keeper

ROLE = "akson_app"
ERASER = "akson_eraser"


@dataclass(frozen=True, kw_only=True)
class Keys:
    """The installation's own secrets, one file in data/keys, readable by its owner only.

    Lost keys cannot be made again: without `ids` no id finds its record, without `hashes` no search finds a value.
    """

    ids: dict[str, bytes]  # generation -> 16 bytes; the last one mints
    hashes: bytes
    drafts: bytes
    log: Ed25519PrivateKey

    @classmethod
    def open(cls, folder: Path) -> Keys:
        """Read the keys in `folder`; make them when there are none, whole or not at all."""
        file = folder / "installation.json"
        if not file.exists():
            _make(file)
        held = json.loads(file.read_text("utf-8"))
        return cls(
            ids={name: bytes.fromhex(key) for name, key in held["ids"].items()},
            hashes=bytes.fromhex(held["hashes"]), drafts=bytes.fromhex(held["drafts"]),
            log=Ed25519PrivateKey.from_private_bytes(bytes.fromhex(held["log"])),
        )  # fmt: skip

    @property
    def signer(self) -> Signer:
        return Signer(self.log)

    def derived(self, purpose: str) -> bytes:
        """Return a secret of its own for one purpose."""
        return hmac.digest(self.hashes, purpose.encode(), "sha256")


def _make(file: Path) -> None:
    """Write fresh keys; when two processes start at once the first one wins."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    made = {"ids": {"a": secrets.token_hex(16)}} | {
        name: secrets.token_hex(32) for name in ("hashes", "drafts", "log")
    }  # fmt: skip
    whole = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(whole, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
        json.dump(made, out)
        out.flush()
        os.fsync(out.fileno())
    try:
        os.link(whole, file)
    except FileExistsError:
        pass  # another process was first: its keys are ours too
    finally:
        whole.unlink()


def clock() -> datetime:
    """Return the time; the only clock of the application."""
    return datetime.now(UTC)


@asynccontextmanager
async def opened(settings: Settings, *, size: int = 8) -> AsyncIterator[Office]:
    """Open the office and close it afterwards.

    size    database connections at most
    Raises  Refused AK-L009 in production, when invented persons are in the database
    """
    keys = Keys.open(settings.data / "keys")
    database = await Database.open(settings.database_url, size=size, role=ROLE)
    eraser = await Database.open(settings.database_url, size=1, role=ERASER, ready=0)
    log = AccessLog(settings.database_url, role=ROLE)
    try:
        refuse_in_production(Guarded(environment=settings.environment, personas=await _invented(database, settings)))
        yield Office(
            database=database, eraser=eraser, ids=Ids(keys.ids, list(keys.ids)[-1]), hasher=Hasher(keys.hashes),
            log=log, clock=clock, drafts_key=keys.drafts, synthetic=settings.synthetic,
            profiles=profiles.load(settings.profiles),
            following=Keeper(outward=settings.outward, base=settings.fhir_url),
        )  # fmt: skip
    finally:
        await log.close()
        await eraser.close()
        await database.close()


async def tried(settings: Settings) -> None:
    """Open and close once, so that whoever starts a server reads in a sentence why it cannot."""
    async with opened(settings, size=1):
        pass


async def _invented(database: Database, settings: Settings) -> bool:
    """Tell whether invented persons are where only real ones may be; asked of the database in production only."""
    return settings.production and await holds_invented(database)
