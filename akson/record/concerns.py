"""Reports to the barnevern: only the page writes their marks, which let who reported read their own.

Whoever could put them on something else could go on reading it, and whoever could take them off would show the parents
that somebody has reported.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from akson.access.duty import CONCERN, REPORTED
from akson.access.roles import OWN_JOB
from akson.base.errors import Refused
from akson.base.work import Work
from akson.record.drafts import Draft
from akson.record.session import session
from akson.record.stored import marks_on


def by_page(work: Work) -> None:
    """Let this work write a report."""
    session(work).reports = True


def marks_of_report(resource: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return the marks of a report as what comes of it carries them too."""
    return [dict(one) for one in (resource.get("meta") or {}).get("security") or ()]


def refuse_unfit(work: Work, draft: Draft, stood: Iterable[str] | None) -> None:
    """Refuse to put the marks of a report on anything, to take them off, to name somebody else, or to delete a report.

    stood   the marks of what stands there; None when nothing does. Asked after access has said yes
    Raises  Refused AK-X090, AK-X097
    """
    if session(work).reports or OWN_JOB in work.actor.scopes:
        return
    if not draft.brings:
        if CONCERN in (stood or ()):
            raise Refused("AK-X097")
        return
    if _of_report(stood or ()) != _of_report(marks_on(draft.resource or {})):
        raise Refused("AK-X090", path=f"{draft.type}.meta.security")


def _of_report(marks: Iterable[str]) -> set[str]:
    return {one for one in marks if one == CONCERN or one.startswith(REPORTED)}
