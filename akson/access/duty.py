"""The rules about the duty to report a child to the barnevern: it is personal, and nothing stands in its way.

A report, its task and what comes back of it carry the mark `CONCERN`, and one that names who reports: these read their
own whatever else is closed to them, and learn no more of the record than they wrote and were told. Only the page
writes such marks, see akson/record/concerns.py.
"""

from __future__ import annotations

from akson.access import roles
from akson.access.asking import RULES, STAFF, Act, Ask, rule
from akson.access.facts import WITHHELD, WITHHELD_FROM_PARENTS, Facts
from akson.base.work import Kind

__all__ = [
    "CONCERN",
    "PAGE",
    "REPORTED_BY",
    "RULES",
    "follows",
    "own_report",
    "page_by",
    "reporter",
    "reports",
    "untold",
]

CONCERN = "child-concern"  # mark: a report to the barnevern, its task, and what came back
REPORTED_BY = "reported-by-"  # how the mark begins that names who reports
PAGE = "bekymring"  # what the log calls the page where a report is written
_TYPES = frozenset({"Communication", "Task"})
_BEGUN = "c"  # of SMART's letters
_RULES = ("reports_to_the_barnevern", "follows_own_report")


def reporter(actor_id: str) -> str:
    """Return the mark that names who reports: "Practitioner/<id>" -> "reported-by-<id>"."""
    return REPORTED_BY + actor_id.partition("/")[2]


def own_report(ask: Ask) -> bool:
    """Say whether it is about a report of the actor's own to the barnevern, or what came back of it."""
    labels, actor = ask.labels, ask.actor
    if labels is None or CONCERN not in labels.security or actor.kind is not Kind.STAFF:
        return False
    return labels.type in _TYPES and reporter(actor.id) in labels.security


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
    """Allow who has reported a child to read that report and what the barnevern answers, and to finish its task.

    Source: hpl § 33, barnevernsloven § 13-4 (who has reported is answered); domain rule R33
    """
    labels = ask.labels
    return own_report(ask) and labels is not None and (ask.act is Act.READ or labels.type == "Task")


def untold(facts: Facts, *, own: bool) -> frozenset[str]:
    """Return what the citizen's log does not tell of: each report that its reader may not see, and what tells of it.

    That is "Type/id"; the page as whoever reported looked at it (see `page_by`); and these rules by name, for a basis
    tells as much. Who opened the page and reported nothing has looked, and is told of.

    own  the reader is the person; else a parent or somebody else who acts for them
    Source: pbrl §§ 3-4, 5-1: what would put the child in danger is not told to who has parental responsibility
    """
    closing = {WITHHELD} if own else {WITHHELD, WITHHELD_FROM_PARENTS}
    hidden = [one for one in facts.labelled if CONCERN in one.security and closing & one.security]
    by = (mark.removeprefix(REPORTED_BY) for one in hidden for mark in one.security if mark.startswith(REPORTED_BY))
    rules = _RULES if hidden or not own else ()
    return frozenset(
        {*(f"{one.type}/{one.id}" for one in hidden), *(page_by(f"Practitioner/{id_}") for id_ in by), *rules}
    )


def page_by(actor_id: str) -> str:
    """Return what a look at the page by one actor is called, as what is not told names it."""
    return f"page {PAGE} by {actor_id}"
