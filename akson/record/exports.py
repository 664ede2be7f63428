"""Exports: what was the newest of each resource at one moment, part by part, decided upon as each part is fetched.

Nothing is kept but what was asked for. A part costs a fixed number of statements however much there is.
Source: hl7.org/fhir/uv/bulkdata (2.0)
"""

from __future__ import annotations

import secrets
from bisect import bisect_left
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

import msgspec

from akson.access.rules import Decision
from akson.base.database import Database, Record
from akson.base.errors import Refused
from akson.base.queries import queries
from akson.base.work import Kind, Work
from akson.fhir import owners, types
from akson.fhir.dates import BEGINNING, END
from akson.record.deciding import might, nearby, note, permitted
from akson.record.journal import key_of, vread
from akson.record.masking import shown
from akson.record.session import fetch
from akson.record.stored import Stored

SQL = queries(__file__, "exports.sql")
LASTS: Final = timedelta(days=1)
MOST_RUNNING: Final = 10  # of one who asks
PART: Final = 500  # resources in one part
_OWNERS_AT_ONCE = 1000
_LAST_N = 2**31 - 1
_LAST_OWNER = 2**63 - 1
_PERSON = types.code_of("Patient")
Working = Callable[[], AbstractAsyncContextManager[Work]]


class Wanted(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an export is about.

    types     in the order of the files
    since     changed later than this
    elements  of each resource only these, "Type.element" or "element"; none: all
    persons   only what stands in the records of persons
    patients  ids of those whose records are meant; None: everybody
    group     (id, version) of the Group whose members are meant
    passed    parameters that were not followed, as the client allowed
    """

    types: tuple[str, ...]
    since: datetime | None = None
    elements: tuple[str, ...] = ()
    persons: bool = False
    patients: tuple[str, ...] | None = None
    group: tuple[str, int] | None = None
    passed: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Export:
    """One export. files: types that have resources, and types of which some were deleted; None before it is ready."""

    id: str
    at: datetime
    request: str
    wanted: Wanted
    ready: bool
    files: tuple[tuple[str, ...], tuple[str, ...]] | None = None


@dataclass(frozen=True, kw_only=True)
class Place:
    """After what a part begins: time, owner and number in its set."""

    at: datetime = BEGINNING
    owner: int = -_LAST_OWNER
    n: int = _LAST_N


async def begin(work: Work, request: str, wanted: Wanted) -> str:
    """Keep what is asked for and return its id; the watermark is the moment of the work.

    Raises  Refused AK-F031 when the actor has too many that are not over
    """
    who = _who(work)
    if (await fetch(work, SQL.running, who, work.now - LASTS))[0]["count"] >= MOST_RUNNING:
        raise Refused("AK-F031", most=MOST_RUNNING)
    id_ = secrets.token_hex(16)
    at = work.now.replace(microsecond=work.now.microsecond // 1000 * 1000)
    await fetch(work, SQL.begin, id_, who, at, request, msgspec.json.encode(wanted).decode())
    work.saw(0, f"export begun {','.join(wanted.types)}"[:2000])
    return id_


async def look(work: Work, id_: str) -> Export:
    """Return an export of this actor. Raises Refused AK-J001: unknown, somebody else's, given up or too old."""
    rows = await fetch(work, SQL.look, id_, _who(work), work.now - LASTS)
    if not rows:
        raise Refused("AK-J001")
    row = rows[0]
    return Export(
        id=id_, at=row["at"], request=row["request"], wanted=msgspec.json.decode(row["asked"], type=Wanted),
        ready=row["ready"],
        files=msgspec.json.decode(row["files"], type=tuple[tuple[str, ...], tuple[str, ...]]) if row["files"] else None,
    )  # fmt: skip


async def end(work: Work, id_: str) -> None:
    """Give up an export. Raises Refused AK-J001."""
    if not await fetch(work, SQL.end, id_, _who(work), work.now - LASTS):
        raise Refused("AK-J001")


async def clean(database: Database, now: datetime) -> None:
    """Forget exports that are over. Their watermarks are long behind whatever is written now."""
    await database.execute(SQL.clean, now - 2 * LASTS)


async def listed(work: Work, export: Export) -> Export:
    """Return a ready export with its files: the types of which the actor may see anything."""
    if export.files is not None:
        return export
    records = await reach(work, export.wanted)
    wanted = export.wanted
    kinds = tuple([name for name in wanted.types if await _any(work, export, name, records, gone=False)])
    lost = wanted.types if wanted.since else ()
    gone = tuple([name for name in lost if await _any(work, export, name, records, gone=True)])
    await fetch(work, SQL.listed, export.id, msgspec.json.encode((kinds, gone)).decode())
    return replace(export, files=(kinds, gone))


async def _any(work: Work, export: Export, type_: str, records: Sequence[int] | None, *, gone: bool) -> bool:
    place: Place | None = Place()
    while place is not None:
        found, place = await _rows(work, export, type_, records, place, gone=gone, most=PART)
        if found:
            return True
    return False


async def parts(begun: Working, export: Export, type_: str, *, gone: bool = False) -> AsyncIterator[list[Stored]]:
    """Yield one file part by part, each in a work of its own: logged before it leaves, judged as things stand then.

    gone    what was deleted, without content, instead of what is there
    Raises  Refused: an access refusal, AK-J001 when the export was given up meanwhile
    """
    place: Place | None = Place()
    while place is not None:
        async with begun() as work:
            await look(work, export.id)
            records = await reach(work, export.wanted)
            rows, place = await _rows(work, export, type_, records, place, gone=gone, most=PART)
            for row, decision in rows:
                note(work, row, decision)
            hits = await shown(work, [row for row, _ in rows])
        yield hits


async def reach(work: Work, wanted: Wanted) -> list[int] | None:
    """Return whose records the export may look in, in ascending order; None: the rules are asked of all.

    Raises  Refused AK-J001: the group, or one who is named, is unknown
    """
    named: set[int] | None = None
    if wanted.patients is not None:
        named = {(await key_of(work, "Patient", id_))[0] for id_ in wanted.patients}
    if wanted.group is not None:
        members = await _members(work, *wanted.group)
        named = members if named is None else named & members
    if work.actor.kind is Kind.SYSTEM:
        return sorted(named) if named is not None else None
    near = await nearby(work)
    return sorted(near if named is None else near & named)


async def _members(work: Work, id_: str, version: int) -> set[int]:
    """Return the owner keys of the patients who are members of a group as it was at the beginning."""
    group = (await vread(work, "Group", id_, version)).resource
    found = set()
    for member in group.get("member", ()):
        reference = (member.get("entity") or {}).get("reference", "")
        if not member.get("inactive") and reference.startswith("Patient/"):
            with suppress(Refused):  # one who is not here has nothing to export
                found.add((await key_of(work, "Patient", reference.removeprefix("Patient/")))[0])
    return found


async def _rows(
    work: Work, export: Export, type_: str, records: Sequence[int] | None, place: Place, *, gone: bool, most: int
) -> tuple[list[tuple[Record, Decision]], Place | None]:
    """Return what the actor may see of the next versions, and why, and where to go on; None at the end."""
    personal = type_ in owners.OF_PERSONS
    inside = records if personal else None
    chunk = None
    if inside is not None:
        start = bisect_left(inside, place.owner)
        chunk = list(inside[start : start + _OWNERS_AT_ONCE])
        if not chunk:
            return [], None
    elif not personal and not might(work, type_):
        return [], None
    since = export.wanted.since or BEGINNING
    found = await fetch(
        work, SQL.part, chunk, types.code_of(type_), since, export.at, place.at, place.owner, place.n, gone, most
    )
    kept = permitted(work, (
        row for row in found
        if row["deleted"] is gone and (row["owner_type"] == _PERSON or not export.wanted.persons)
    ))  # fmt: skip
    if len(found) == most:
        return kept, Place(at=found[-1]["last_updated"], owner=found[-1]["owner"], n=found[-1]["n"])
    if chunk is not None and inside is not None and chunk[-1] != inside[-1]:
        return kept, Place(at=END, owner=chunk[-1])
    return kept, None


def _who(work: Work) -> str:
    return f"{work.actor.kind}|{work.actor.id}|{work.actor.role}|{work.actor.unit}"
