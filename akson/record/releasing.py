"""Entries that the citizen sees from an instant on: how the mark is written, held to, and what happens when it passes.

The delay is set when the entry is first written, and is only ever shortened: what the citizen may have read is not
taken away again (that is withholding.py, on a ground of law). A new version that says nothing of it keeps it. When the
instant passes the rule lets the citizen read by itself; a job, due then, lets those who subscribe hear of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import asyncpg
import msgspec

from akson.access.duty import ANYBODY, EVER, Spans, pages_by, untold
from akson.access.facts import Facts
from akson.access.releasing import NEVER, PREFIX, USUAL, mark, release_in, released_at, releases, unreleased
from akson.access.rights import CASE
from akson.base.database import Database, Reads
from akson.base.errors import Refused
from akson.base.jobs import Consumer, News
from akson.base.queries import queries
from akson.base.work import Kind, Work
from akson.fhir import bodies
from akson.record.changes import Change
from akson.record.deciding import facts_in
from akson.record.drafts import Draft
from akson.record.parts import NAMING, parts_of
from akson.record.session import session
from akson.record.stored import marks_on
from akson.record.withholding import MARK

SQL = queries(__file__, "releasing.sql")
READING = queries(__file__, "reading.sql")
LONGEST: Final = timedelta(days=30)  # from when it is written
CONSUMER: Final = "releases"
_TEXT: Final = PREFIX.encode()
# Who one is, what one decides, and what has been done: nothing that somebody could want to tell first.
_NEVER_HELD: Final = frozenset({"Patient", "Consent", "RelatedPerson", "Subscription", "AuditEvent"})
_FOUND: Final = frozenset({"DiagnosticReport", "Observation", "DocumentReference", "ImagingStudy", "Media"})
Resource = Mapping[str, Any]


def until(resource: Resource, at: datetime, reason: str) -> dict[str, Any]:
    """Return the entry as the citizen sees it from an instant on. reason: one of access.releasing.REASONS."""
    return _marked(resource, mark(at, reason))


def release_of(resource: Resource, now: datetime) -> tuple[datetime, str] | None:
    """Return from when the citizen sees an entry, and why not before; None when that is now."""
    code = release_in(marks_on(resource), now)
    return released_at(code) if code else None


def released(resource: Resource, at: datetime) -> datetime:
    """Return when the citizen came to see an entry that was written at `at`: then, or at the instant of its mark."""
    return max([at, *(released_at(code)[0] for code in marks_on(resource) if code.startswith(PREFIX))])


def sooner(resource: Resource, now: datetime) -> dict[str, Any]:
    """Return the entry as the citizen sees it from now on."""
    code = release_in(marks_on(resource), now)
    return _marked(resource, mark(now, released_at(code)[1])) if code else dict(resource)


def _marked(resource: Resource, code: str) -> dict[str, Any]:
    meta = dict(resource.get("meta") or {})
    kept = [one for one in meta.get("security") or () if not str(one.get("code", "")).startswith(PREFIX)]
    meta["security"] = [*kept, {"system": MARK, "code": code}]
    return {**resource, "meta": meta}


def let_wait(work: Work, codes: Iterable[str], standing: Resource | None = None) -> None:
    """Let the citizen see all that this work brings when its controller lets them see answers of this kind.

    codes     of the kind: categories
    standing  what is brought on with; then all of it waits as long as that does, and no longer
    """
    if standing is not None:
        session(work).release = release_in(marks_on(standing), work.now)
    else:
        session(work).release = _usual(work, codes)


def _usual(work: Work, codes: Iterable[str]) -> str:
    """Return the mark that the data controller has decided on for a kind; "" when the citizen sees it at once."""
    decided: Mapping[tuple[int, str], int] = work.office.release_days
    days = [decided.get((work.actor.controller, code), decided.get((0, code), 0)) for code in codes] if decided else []
    return mark(work.now + timedelta(days=max(days)), USUAL) if any(days) else ""


def _kinds(resource: Resource) -> Iterator[str]:
    """Yield the codes of the kind of an answer: its categories, and of a document what it is."""
    concepts = resource.get("category") or []
    concepts = [*(concepts if isinstance(concepts, list) else [concepts]), resource.get("type") or {}]
    yield from (coding.get("code", "") for one in concepts for coding in one.get("coding") or ())


def hold(work: Work, draft: Draft, stood: Iterable[str], *, new: bool, along: str = "") -> None:
    """Mark what is written with its delay, where it says nothing of one itself.

    stood   the marks of what it changes; new: it changes nothing
    along   the mark that it waits by with what names it, see `along_with`; ""
    """
    if not draft.brings or _given(draft):
        return
    if code := release_in(stood, work.now) or (_waits(work, draft, along) if new else ""):
        draft.rewrite(bodies.dumps(_marked(draft.resource or {}, code)))


def along_with(work: Work, drafts: Sequence[Draft], stood: Callable[[Draft], Iterable[str] | None]) -> dict[str, str]:
    """Return the marks by which the parts of what waits, written in one set with it, wait too: by "Type/id".

    A report that is told first is not told by its results. What says itself when the citizen sees it, or stands
    already, does as it says (see `hold`); what belongs to several waits for the last.

    stood   the marks of what a draft changes; None when it changes nothing
    """
    here = {draft.reference: draft for draft in drafts if draft.brings}
    comes = {name: _comes(work, one, stood(one)) for name, one in here.items() if one.type in NAMING}
    found: dict[str, str] = {}
    for whole in sorted((name for name, code in comes.items() if code), key=lambda name: released_at(comes[name]),
                        reverse=True):  # fmt: skip
        belongs = [whole]
        for name in belongs:  # it grows: what belongs to a part belongs to the whole
            parts = dict.fromkeys(parts_of(here[name].resource or {}))
            more = [
                part for part in parts if part in here and part not in found and here[part].owner == here[whole].owner
            ]
            found |= dict.fromkeys(more, comes[whole])
            belongs += more
    return found


def _comes(work: Work, draft: Draft, stood: Iterable[str] | None) -> str:
    """Return the mark that keeps something from the citizen when it is written; ""."""
    if given := _given(draft):
        return release_in(given, work.now)
    return _waits(work, draft) if stood is None else release_in(stood, work.now)


def _waits(work: Work, draft: Draft, along: str = "") -> str:
    """Return the mark that something new gets though it says nothing of it; "" for none."""
    if work.actor.kind is Kind.CITIZEN or draft.type in _NEVER_HELD or draft.owns_itself:
        return ""
    usual = session(work).release or (_usual(work, _kinds(draft.resource or {})) if (
        work.office.release_days and draft.type in _FOUND) else "")  # fmt: skip
    return release_in((usual, along), work.now)


def _given(draft: Draft) -> list[str]:
    if not draft.brings or not bodies.may_say(draft.body, _TEXT):
        return []
    return [code for code in marks_on(draft.resource or {}) if code.startswith(PREFIX)]


def unfit(work: Work, change: Change, draft: Draft) -> Refused | None:
    """Return the refusal of a delay that may not be given, AK-B020 or AK-B021 with its path; None when it may.

    To be raised when access has said yes: before, it would tell that there is such a person. Access is then asked about
    what was to be written as if it said nothing of a delay; nothing of it is written.
    """
    if not (given := _given(draft)) or (code := _fault(work, change, draft, given)) is None:
        return None
    change.labels = tuple(one for one in change.labels if not one.startswith(PREFIX))
    return Refused(code, path=f"{draft.type}.meta.security")


def _fault(work: Work, change: Change, draft: Draft, given: Sequence[str]) -> str | None:
    at, stands = max(released_at(code)[0] for code in given), change.stands
    by_citizen = work.actor.kind is Kind.CITIZEN and at > work.now
    never = draft.type in _NEVER_HELD or CASE in marks_on(draft.resource or {})
    if len(given) > 1 or at is NEVER or never or by_citizen:
        return "AK-B020"
    standing = release_in(stands.security, work.now) if stands else ""
    latest = work.now + LONGEST if stands is None else released_at(standing)[0] if standing else work.now
    if at <= latest:
        return None
    return "AK-B020" if stands is None else "AK-B021"


def not_told(facts: Facts, now: datetime, *, own: bool) -> dict[str, Spans]:
    """Return what the citizen's log does not tell of, yet or at all, as audit.view takes it.

    own  the reader is the person; else a parent or somebody else who acts for them
    """
    return dict.fromkeys(unreleased(facts, now), EVER) | untold(facts, now, own=own)


async def unseen(
    reads: Reads, owners: Sequence[int], now: datetime
) -> list[tuple[int, str, datetime, datetime, datetime]]:
    """Return what the citizens do not see of some records: whose, "Type/id", until when; of looks from when to when.

    With what is never told of (access.duty.untold), as if the reader was a parent: letters may go to them. Without
    what is told of later, whoever's record it is (access.duty.LATER). One statement
    """
    known = [facts_in(row) for row in await reads.fetch(SQL.marked, owners)]
    return [
        (facts.owner, item, until, *span)
        for facts in known
        for item, (until, spans) in _until(facts, now).items() for span in spans
    ]  # fmt: skip


def _until(facts: Facts, now: datetime) -> dict[str, tuple[datetime, Spans]]:
    later, never = pages_by(ANYBODY), untold(facts, now, own=False)
    found = {item: (until, EVER) for item, until in releases(facts, now).items()}
    return found | {item: (NEVER, spans) for item, spans in never.items() if item not in later}


def is_held(change: Change, now: datetime) -> bool:
    """Tell whether the citizen sees later what a change brings."""
    return bool(change.labels) and change.brings and bool(release_in(change.labels, now))


async def plan(connection: asyncpg.Connection, changes: Iterable[Change], now: datetime) -> None:
    """Let a job be due when the citizen sees each of these, in the transaction that writes them."""
    for change in changes:
        if is_held(change, now):
            at = released_at(release_in(change.labels, now))[0]
            id_ = f"{CONSUMER}:{change.owner}:{change.type_code}:{change.id}:{at:%Y%m%d%H%M%S}"
            news = News(owner=change.owner, seq=0, types=[change.type_code], ids=[change.id], versions=[0])
            await connection.execute(SQL.plan, id_, CONSUMER, change.owner, msgspec.json.encode(news).decode(), at)


def consumer(database: Database, others: Sequence[Consumer]) -> Consumer:
    """Return the consumer that tells the others of a version anew, when the citizen has come to see it."""

    async def handle(news: News) -> None:
        rows = await database.fetch(READING.current, [news.owner], news.types, news.ids)
        if rows and not rows[0]["deleted"]:
            again = News(news.owner, news.seq, news.types, news.ids, [rows[0]["version"]])
            for other in others:
                await other.handle(again)

    return Consumer(name=CONSUMER, types=frozenset(), handle=handle)
