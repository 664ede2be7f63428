"""The rules about the duty to report a child to the barnevern: it is personal, and nothing stands in its way.

A report, its task and what comes back of it carry the mark `CONCERN`, and three more: who reports, for which unit, and
when. These read their own whatever else is closed to them, and learn no more of the record than they wrote and were
told; while they act for that unit, as long as the law gives the barnevern to answer (`TERM`). From then on they need
access to the record as everybody does. Only the page writes such marks, see akson/record/concerns.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

from akson.access import roles
from akson.access.asking import CONTENT, RULES, STAFF, SYSTEM, Act, Ask, own_job, rule
from akson.access.facts import WITHHELD, WITHHELD_FROM_PARENTS, Facts
from akson.base.work import Actor, Kind

__all__ = [
    "ANYBODY",
    "CONCERN",
    "EVER",
    "KEPT",
    "LATER",
    "PAGES",
    "PAGE_OF_CHART",
    "PAGE_OF_NAME",
    "PAGE_OF_SENT",
    "REPORTED",
    "RULES",
    "TERM",
    "Spans",
    "by_whom",
    "follows",
    "marks",
    "marks_again",
    "own_report",
    "pages_by",
    "reports",
    "untold",
]

CONCERN = "child-concern"  # mark: a report to the barnevern, its task, and what came back
REPORTED = "reported-"  # how the marks begin that say who reports, for which unit, and when
# What the log calls the page where a report is written, by how much else one sees there; and a report that is made.
PAGE_OF_NAME, PAGE_OF_CHART, PAGE_OF_SENT = "bekymring", "bekymring-journal", "bekymring-sendt"
PAGES = (PAGE_OF_NAME, PAGE_OF_CHART)  # told of later, unless it became a report
ANYBODY = "*"  # in the name of a look at the page: whoever looked
# Nobody is told sooner of a look at the page: it may be the beginning of a report. No longer than insight may take.
LATER = timedelta(weeks=4)  # GDPR art. 12 (3): a month
# The barnevern goes through a report in a week, looks into the matter in six months, and answers in three weeks.
TERM = timedelta(weeks=31)  # barnevernsloven §§ 2-1, 2-2, 13-4
# What stands in no record goes when whoever asked for insight on the last day has been answered, at the latest.
KEPT = TERM + timedelta(days=92)  # GDPR art. 12 (3): a month, and two more
_BY, _FROM, _ON = f"{REPORTED}by-", f"{REPORTED}from-", f"{REPORTED}on-"
_ON_AT: Final = re.compile(rf"{_ON}(\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\dZ)")
_TYPES = frozenset({"Communication", "Task"})
_BEGUN = "c"  # of SMART's letters
_ACTS = CONTENT | {Act.REGISTER}
_RULES = ("reports_to_the_barnevern", "follows_own_report")
Spans = tuple[tuple[datetime, datetime], ...]  # each from its first to its last instant
EVER: Final[Spans] = ((datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)),)


def marks(actor: Actor, now: datetime) -> list[str]:
    """Return the marks of a report by the actor: that it is one, by whom, for which unit, and when, to the second."""
    return [CONCERN, by_whom(actor.id), _FROM + actor.unit_id.partition("/")[2], _on(now)]


def marks_again(codes: Iterable[str], now: datetime) -> list[str]:
    """Return the marks of what comes back of a report: those of the report; what comes late is read for four weeks."""
    latest = _on(now + LATER - TERM)
    return [max(code, latest) if code.startswith(_ON) else code for code in codes]


def by_whom(actor_id: str) -> str:
    """Return the mark that names who reports: "Practitioner/<id>" -> "reported-by-<id>"."""
    return _BY + actor_id.partition("/")[2]


def _on(now: datetime) -> str:
    return f"{_ON}{now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


@lru_cache(maxsize=1000)
def _reported(security: frozenset[str]) -> datetime | None:
    """Return when something was reported, by its marks; None where these do not say it."""
    found = [_ON_AT.fullmatch(code) for code in security if code.startswith(_ON)]
    try:
        return max(datetime.fromisoformat(read[1]) for read in found if read)
    except ValueError:  # none, or 30 February
        return None


def own_report(ask: Ask) -> bool:
    """Say whether it is about a report of the actor's own to the barnevern, or what came back of it, in its term.

    Who reported for another unit than the one acted for now, or longer ago, has no more access than others.
    """
    labels, actor = ask.labels, ask.actor
    if labels is None or CONCERN not in labels.security or actor.kind is not Kind.STAFF or not actor.unit_id:
        return False
    at, own = _reported(labels.security), {by_whom(actor.id), _FROM + actor.unit_id.partition("/")[2]}
    return labels.type in _TYPES and own <= labels.security and at is not None and ask.now < at + TERM


def follows(ask: Ask) -> bool:
    """Say whether health personnel read a report of their own, or finish its task: no role and no family bars that."""
    role = roles.ROLES.get(ask.actor.role)
    does = ask.act is Act.READ or (ask.act is Act.WRITE and ask.labels is not None and ask.labels.type == "Task")
    return does and role is not None and role.health and own_report(ask)


def reports(ask: Ask) -> bool:
    """Say whether health personnel write such a report now, in their own name."""
    role = roles.ROLES.get(ask.actor.role)
    begins = ask.act is Act.WRITE and ask.labels is not None and ask.labels.letters == _BEGUN
    return begins and own_report(ask) and role is not None and role.health and ask.actor.attested is None


@rule(298, basis="meldeplikt til barnevernet", to=STAFF, acts=frozenset({Act.WRITE}))
def reports_to_the_barnevern(ask: Ask) -> bool:
    """Allow health personnel to report a child to the barnevern in their own name, whatever is closed to them.

    Source: hpl § 33, barnevernsloven § 13-2 (the duty is personal and goes before secrecy); domain rule R33
    """
    return reports(ask)


@rule(299, basis="egen melding til barnevernet", to=STAFF)
def follows_own_report(ask: Ask) -> bool:
    """Allow who has reported a child to read that report and what is answered, and to finish its task, for a term.

    As long as they act for the unit they reported for, and the law lets the barnevern answer.

    Source: hpl § 33, barnevernsloven § 13-4 (who has reported is answered); domain rule R33
    """
    labels = ask.labels
    return own_report(ask) and labels is not None and (ask.act is Act.READ or labels.type == "Task")


@rule(147, refusal="AK-A001", persons=False, acts=_ACTS)
def anothers_report_of_somebody_unknown(ask: Ask) -> bool:
    """Refuse a report of a child without a record here to everybody but who wrote it, in its term, and our own jobs.

    It belongs to nobody: no block, protection or tie of a person reaches it, as one in a record. So no program reads
    it, and none needs to who loads records: only we write one. Nor is it work of the unit: what colleagues may read
    there does not reach it, nor do searches (`of_unit` of search.sql).

    Source: hpl §§ 21, 33 (it is told to the barnevern alone); domain rule R33
    """
    if ask.labels is None or CONCERN not in ask.labels.security:
        return False
    return not (own_job(ask) or _unknowns(ask))


@rule(516, basis="egen melding til barnevernet", persons=False, to=STAFF, acts=_ACTS)
def reports_somebody_unknown(ask: Ask) -> bool:
    """Allow health personnel to report a child who has no record here, and to follow that report for its term.

    Source: hpl § 33, barnevernsloven §§ 13-2, 13-4; domain rule R33
    """
    return _unknowns(ask)


@rule(532, basis="lagringstiden er ute", persons=False, to=SYSTEM, acts=frozenset({Act.END}))
def ends_report_of_somebody_unknown(ask: Ask) -> bool:
    """Allow our own job to end a report that stands in no record, and what came of it, three months after its term.

    Nobody reads it any more, and nobody answers for it as for a record. That all of it is over, and that no hold
    stands, is asked where it is carried out (akson/record/untied.py).

    Source: GDPR arts. 5 (1) e, 12 (3) (no longer than needed; insight may take three months); domain rules R24, R33
    """
    labels = ask.labels
    if labels is None or labels.type not in _TYPES or CONCERN not in labels.security or not own_job(ask):
        return False
    at = _reported(labels.security)
    return at is not None and ask.now >= at + KEPT


def _unknowns(ask: Ask) -> bool:
    """Say whether it is a report of the actor's own: made in their own name, read, or its task finished."""
    role, labels = roles.ROLES.get(ask.actor.role), ask.labels
    if labels is None or role is None or not role.health or not own_report(ask):
        return False
    return ask.act is Act.READ or labels.letters == _BEGUN or (ask.act is Act.WRITE and labels.type == "Task")


def untold(facts: Facts, now: datetime, *, own: bool) -> dict[str, Spans]:
    """Return what the citizen's log does not tell of: each report that its reader may not see, and what tells of it.

    That is "Type/id"; these rules by name, for a basis tells as much; and looks at the page (see `pages_by`), in spans:
    by whoever reported, for as long as they read what they wrote, and as long before and after that as nobody is told
    of looks there at all; and at what they wrote, ever. Who opened the page and reported nothing has looked, and is
    told of later: sooner, the look would tell of the report that it becomes.

    own  the reader is the person; else a parent or somebody else who acts for them
    Source: pbrl §§ 3-4, 5-1: what would put the child in danger is not told to who has parental responsibility
    """
    closing = {WITHHELD} if own else {WITHHELD, WITHHELD_FROM_PARENTS}
    hidden = [one for one in facts.labelled if CONCERN in one.security and closing & one.security]
    found: dict[str, Spans] = dict.fromkeys((f"{one.type}/{one.id}" for one in hidden), EVER)
    if hidden or not own:
        found |= dict.fromkeys(_RULES, EVER)
    for one in hidden:
        for by in (mark.removeprefix(_BY) for mark in one.security if mark.startswith(_BY)):
            for name in pages_by(f"Practitioner/{by}"):
                found[name] = (*found.get(name, ()), _around(_reported(one.security)))
            found |= dict.fromkeys(pages_by(f"Practitioner/{by}", PAGE_OF_SENT), EVER)
    return found | dict.fromkeys(pages_by(ANYBODY), ((now - LATER, EVER[0][1]),))


def pages_by(actor_id: str, *pages: str) -> tuple[str, ...]:
    """Return what looks at the page by one actor are called, or by `ANYBODY`, as what is not told names them.

    pages   other names of the log than `PAGES`
    """
    return tuple(f"page {page} by {actor_id}" for page in pages or PAGES)


def _around(at: datetime | None) -> tuple[datetime, datetime]:
    """Return the span in which a report or its answer is read, by when its marks say it begins; and the margins."""
    return (at - LATER, at + TERM + LATER) if at else EVER[0]
