"""A parent's consent to a child's own sign-in, from 13 until 16, and taking it back (domain rules R27, C10)."""

from __future__ import annotations

from typing import Any, Final

from akson.base.errors import Refused
from akson.base.web.messages import texts
from akson.base.web.render import full_date, local
from akson.base.work import Work
from akson.patient.reading import moment, reference
from akson.portal import decided, model
from akson.portal.opening import Opened
from akson.record import journal
from akson.record.consents import SIGN_IN, YOUTH, is_about
from akson.record.stored import Stored

PATH: Final = "/min/innsyn/ungdom"
WANTED: Final = {"Consent": 50}
SEES: Final = ("appointments", "messages", "gp", "medicines", "vaccines", "kept")  # texts; as access/children.py has it
_PARENT: Final = "parent_of_youth"  # the rule that shows a child between 12 and 16 to its parents


def entries(work: Work, opened: Opened) -> tuple[model.Entry, ...]:
    """Return the row that leads here, for a parent of a child between 12 and 16."""
    if opened.rule != _PARENT:
        return ()
    state = "on" if is_in(work, opened) else "off"
    return (model.Entry(title=texts().plain("youth.title"), text=texts().plain(f"youth.{state}", name=opened.given),
                        icon="key", href=opened.href(PATH)),)  # fmt: skip


def is_in(work: Work, opened: Opened) -> bool:
    """Say whether a parent's consent holds now."""
    return any(period.holds(work.now) for period in opened.facts.youth)


def own(work: Work, opened: Opened) -> Stored | None:
    """Return the consent that this parent gave, None when there is none: what the other gave is not shown."""
    return next((hit for hit in opened.parts["Consent"] if _is_consent(hit.resource, work.actor.id)), None)


def page(work: Work, opened: Opened, hidden: tuple[tuple[str, str], ...]) -> model.SigningIn:
    """Return the page.

    Raises  Refused AK-J001 where there is no child of that age, or no parent
    """
    if opened.rule != _PARENT:
        raise Refused("AK-J001")
    mine, t = own(work, opened), texts().plain
    since = moment(mine.resource.get("dateTime")) if mine else None
    told = t("youth.since", day=full_date(local(since).date())) if since else ""
    return model.SigningIn(
        name=opened.given, state=t("youth.on" if is_in(work, opened) else "youth.off", name=opened.given), since=told,
        given=mine is not None, by_other=mine is None and is_in(work, opened),
        sees=tuple(t(f"youth.sees_{one}", name=opened.given) for one in SEES), action=PATH,
        back=opened.href("/min/innsyn"), hidden=hidden,
    )  # fmt: skip


async def change(work: Work, opened: Opened) -> str:
    """Give the consent, or take back what this parent gave; return the key of what to say.

    Raises  Refused AK-J003 when it was changed meanwhile, or what access says
    Leaves  Consent in the child's record, access-log row, news
    """
    if mine := own(work, opened):
        ended = {**mine.resource, "status": "inactive"}
        await journal.update(work, ended, id_=mine.id, if_match=mine.version)
        return "youth.taken_back"
    category, policy = {"system": SIGN_IN, "code": YOUTH}, {"text": "Reglene for ungdom på Helsenorge"}
    await journal.create(work, decided.consent(work, opened.identity.id, category, policy, {"type": "permit"}))
    return "youth.let_in"


def _is_consent(consent: dict[str, Any], by: str) -> bool:
    signs_in = is_about(consent, YOUTH)
    return signs_in and consent.get("status") == "active" and by in map(reference, consent.get("performer", ()))
