"""Questions without a name: only the pages write them, which read what is asked for what tells whom it is about.

Such a question stands in nobody's record, so the journal cannot know whose name it must not hold.
"""

from __future__ import annotations

from collections.abc import Iterable

from akson.access.commons import NAMELESS
from akson.access.roles import OWN_JOB
from akson.base.errors import Refused
from akson.base.work import Work
from akson.record.cases import TASK
from akson.record.drafts import Draft
from akson.record.session import session
from akson.record.stored import marks_on


def by_page(work: Work) -> None:
    """Let this work write such questions: who calls has read what is asked."""
    session(work).asks_unnamed = True


def refuse_unfit(work: Work, draft: Draft, stood: Iterable[str] | None) -> None:
    """Refuse to write such a question or its answer otherwise, and to make one of another task or the other way.

    stood   the marks of what stands there; None when nothing does. Asked after access has said yes
    Raises  Refused AK-X017
    """
    if draft.type != TASK or session(work).asks_unnamed or OWN_JOB in work.actor.scopes:
        return
    if NAMELESS in (stood or ()) or (draft.brings and NAMELESS in marks_on(draft.resource or {})):
        raise Refused("AK-X017", path=f"{TASK}.meta.security")
