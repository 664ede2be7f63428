"""What the front page tells at once: that the record was opened in an emergency, until it has been read about."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from akson.access.roles import called
from akson.audit.last import last_look
from akson.base.web.messages import texts
from akson.base.web.render import said
from akson.base.work import Work
from akson.patient.reading import moment
from akson.portal import model
from akson.portal.opening import Opened
from akson.portal.plain import sentence
from akson.record.authors import Author, authors
from akson.record.session import Within

TOLD_WITHIN: Final = timedelta(days=365)  # as far back as last_look looks
READ_ON: Final = "innsyn"  # as the log names the page that shows the newest looks; its other pages have a "/" more
_EMERGENCY: Final = "ETREAT"  # of v3-ActReason


async def unread(work: Work, opened: Opened) -> tuple[model.Entry, ...]:
    """Return the emergency openings since this citizen last read who has looked, newest first; at most two statements.

    Source  pjl § 18; domain rule R14 (the citizen is told)
    """
    found = {one["id"]: at for one in opened["Consent"] if _is_emergency(one) and (at := moment(one.get("dateTime")))}
    found = {id_: at for id_, at in found.items() if at > work.now - TOLD_WITHIN}
    if not found:
        return ()
    read = await last_look(Within(work), opened.identity.owner, work.actor.key, READ_ON, work.now,
                           pause=timedelta())  # fmt: skip
    new = {id_: at for id_, at in found.items() if read is None or at > read}
    by = await authors(work, opened.identity.owner, "Consent", new)
    return tuple(
        model.Entry(title=_who(by[id_]), icon="eye", href=opened.href("/min/innsyn"),
                    text=sentence(by[id_].unit_name, said(at, work.now), texts().plain("my.emergency_more")))
        for id_, at in sorted(new.items(), key=lambda pair: pair[1], reverse=True)
    )  # fmt: skip


def _is_emergency(consent: Mapping[str, Any]) -> bool:
    provision = consent.get("provision") or {}
    purposes = {one.get("code") for one in provision.get("purpose") or ()}
    return provision.get("type") == "permit" and _EMERGENCY in purposes


def _who(author: Author) -> str:
    return ", ".join(filter(None, (author.name or texts().plain("insight.somebody"), called(author.role))))
