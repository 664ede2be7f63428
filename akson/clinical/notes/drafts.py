"""Drafts: what someone has begun to write. Sealed under a key of the writer's own, outside the journal."""

from __future__ import annotations

import secrets
import struct
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from akson.base.database import Database
from akson.base.errors import Refused
from akson.base.jobs import Consumer, News
from akson.base.queries import queries
from akson.base.work import Work
from akson.fhir import types
from akson.record.session import execute, fetch

SQL = queries(__file__)
_NONCE: Final = 12  # bytes
_KEY: Final = 32
NOTE: Final = "note"
KEPT: Final = timedelta(days=180)  # since somebody last wrote in it; what is signed is kept as the record is
_OPENS: Final = 7  # days that what a tab keeps opens: a lock before a long weekend
_TURN: Final = 1000  # deleted at a time
_TYPE: Final = "DocumentReference"  # what a note is when it is signed


@dataclass(frozen=True, kw_only=True)
class Draft:
    """Something begun, as its writer left it."""

    id: str
    patient: str  # id of the Patient whose record it is meant for
    owner: int  # owner key of that record
    kind: str
    changed: datetime
    fields: Mapping[str, str]  # as typed


class _Content(msgspec.Struct):
    patient: str
    fields: dict[str, str]


async def keep(work: Work, id_: str, owner: int, patient: str, fields: Mapping[str, str], kind: str = NOTE) -> None:
    """Keep what has been written so far, over what was kept before.

    Which note it corrects (`retter`) stands in the row in the open, so that an erasure finds the copy of its text.

    Leaves  one row in work's transaction, locked until it ends
    """
    content = msgspec.json.encode(_Content(patient, dict(fields)))
    sealed = _seal(work, content, _about(work, id_, owner, kind))
    about = f"{_TYPE}/{fields.get('retter') or id_}"
    await execute(work, SQL.keep, work.actor.key, id_, owner, kind, work.now, sealed, about)


async def keep_on(work: Work, draft: Draft, fields: Mapping[str, str]) -> None:
    """Keep more of a draft that must still be there.

    Raises  Refused AK-W005 when it was signed or discarded meanwhile
    """
    content = msgspec.json.encode(_Content(draft.patient, dict(fields)))
    sealed = _seal(work, content, _about(work, draft.id, draft.owner, draft.kind))
    if await execute(work, SQL.keep_on, work.actor.key, draft.id, work.now, sealed) == "UPDATE 0":
        raise Refused("AK-W005")


async def load(work: Work, id_: str) -> Draft | None:
    """Return one of the actor's own drafts."""
    rows = await fetch(work, SQL.one, work.actor.key, id_)
    return _opened(work, rows[0]) if rows else None


async def of(work: Work) -> list[Draft]:
    """Return the actor's own drafts, the last changed first."""
    return [draft for row in await fetch(work, SQL.every, work.actor.key) if (draft := _opened(work, row))]


async def drop(work: Work, id_: str) -> None:
    """Delete one of the actor's own drafts, in work's transaction."""
    await execute(work, SQL.drop, work.actor.key, id_)


async def close(work: Work, id_: str, owner: int, patient: str) -> None:
    """Delete a draft that has been signed; a saving of it at the same moment waits, and then finds it signed."""
    await keep(work, id_, owner, patient, {})
    await drop(work, id_)


def consumer(database: Database) -> Consumer:
    """Return the consumer that deletes everybody's drafts about notes that were erased: they hold its text."""

    async def handle(news: News) -> None:
        erased = [f"{_TYPE}/{id_}" for id_, version in zip(news.ids, news.versions, strict=True) if version == 0]
        if erased:
            await database.execute(SQL.drop_about, news.owner, erased)

    return Consumer(name="drafts", types=frozenset({types.code_of(_TYPE)}), handle=handle)


def _opened(work: Work, row: Any) -> Draft | None:
    """Return the draft in a row; None when the installation's key is another than it was sealed with."""
    nonce, sealed = row["sealed"][:_NONCE], row["sealed"][_NONCE:]
    about = _about(work, row["id"], row["owner"], row["kind"])
    for cipher in _ciphers(work):
        with suppress(InvalidTag):  # sealed under another of our keys, or broken
            content = msgspec.json.decode(cipher.decrypt(nonce, sealed, about), type=_Content)
            return Draft(id=row["id"], patient=content.patient, owner=row["owner"], kind=row["kind"],
                         changed=row["changed"], fields=content.fields)  # fmt: skip
    return None


def _seal(work: Work, content: bytes, about: bytes) -> bytes:
    nonce = secrets.token_bytes(_NONCE)
    return nonce + next(_ciphers(work)).encrypt(nonce, content, about)


def browser_keys(work: Work) -> str:
    """Return the keys under which the actor's browser keeps what it could not send before the screen locked.

    They stand in the actor's own pages and nowhere else: what is kept in the tab opens for nobody but its writer. There
    is one for each day, so that one that was copied opens no more than that day's. In base64 with spaces between: the
    first seals, the others open what was kept on the days before, and under the installation's keys before.
    """
    days = [work.now.date() - timedelta(days=ago) for ago in range(_OPENS)]
    return " ".join(b64encode(_derived(root, _browser_of(work, day))).decode() for root in _roots(work) for day in days)


def _browser_of(work: Work, day: date) -> bytes:
    return b"akson draft in a browser" + struct.pack(">qi", work.actor.key, day.toordinal())


def _ciphers(work: Work) -> Iterator[AESGCM]:
    """Yield the ciphers under the actor's own keys, the newest first; they are derived and stand nowhere."""
    who = b"akson draft" + struct.pack(">q", work.actor.key)
    for root in _roots(work):
        yield AESGCM(_derived(root, who))


def _roots(work: Work) -> tuple[bytes, ...]:
    roots: tuple[bytes, ...] = work.office.drafts_keys
    if not roots or len(roots[0]) < _KEY:
        raise ValueError("the office has no key for drafts")
    return roots


def _derived(root: bytes, what: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=_KEY, salt=None, info=what).derive(root)


def _about(work: Work, id_: str, owner: int, kind: str) -> bytes:
    """Return what the seal binds the content to: a row moved elsewhere does not open."""
    return struct.pack(">qq", work.actor.key, owner) + f"{kind} {id_}".encode()


async def forget(database: Database, now: datetime) -> None:
    """Delete what was begun and left: a draft is no record, and holds health information (pjl § 25)."""
    await database.execute(SQL.forget, now - KEPT, _TURN)
