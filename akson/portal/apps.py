"""Apps that have been let into a record by the citizen, or by who acts for them; and taking that back."""

from __future__ import annotations

from typing import Final

from akson.base.errors import Refused
from akson.base.web.messages import texts
from akson.base.web.render import full_date, local
from akson.base.work import Kind, Work
from akson.portal import model
from akson.portal.opening import Opened
from akson.portal.plain import sentence
from akson.record.session import Within, transaction
from akson.signin.smart.granting import Held, held, withdraw
from akson.signin.smart.telling import plain_words

WANTED: Final[dict[str, int]] = {}  # of the record, besides who it is


async def entries(work: Work, opened: Opened) -> tuple[model.Entry, ...]:
    """Return the apps as rows that lead to taking the access back; one statement."""
    return tuple(
        model.Entry(title=one.name, text=_since(work, one), icon="key",
                    href=opened.href("/min/innsyn/app", tilgang=one.grant.id))
        for one in await _standing(work, opened)
    )  # fmt: skip


async def find(work: Work, opened: Opened, id_: str) -> Held:
    """Return one of them. Raises Refused AK-J001 when it is not among them."""
    for one in await _standing(work, opened):
        if one.grant.id == id_:
            return one
    raise Refused("AK-J001")


async def end(work: Work, opened: Opened, one: Held) -> None:
    """Let the app's tokens count no more.

    Leaves  the grant as ended, a row in the access log
    """
    await withdraw(await transaction(work), one.grant, work.now)
    work.saw(opened.identity.owner, f"app {one.grant.app} withdrawn", rule=opened.rule, basis=opened.basis)


def withdrawing(work: Work, opened: Opened, one: Held, hidden: tuple[tuple[str, str], ...]) -> model.Withdrawing:
    """Return the page before it."""
    return model.Withdrawing(
        name=one.name, text=_since(work, one), gets=tuple(plain_words(one.grant.scope)),
        action=opened.href("/min/innsyn/app"), back=opened.href("/min/innsyn"), hidden=hidden,
    )  # fmt: skip


async def _standing(work: Work, opened: Opened) -> list[Held]:
    """Return what citizens have let in: all of it to who decides for the person, to others what they gave themselves.

    What is about no one record (user/) stands with the record of who gave it.
    """
    me, owner = work.actor.id, opened.identity.owner
    every = await held(Within(work), work.now, person=me if opened.own else "", about=owner)
    return [
        one for one in every
        if one.grant.actor.kind is Kind.CITIZEN and one.grant.context in (0, owner)
        and (opened.decides or one.grant.actor.id == me)
    ]  # fmt: skip


def _since(work: Work, one: Held) -> str:
    t = texts().plain
    dated = t("my_apps.since", day=full_date(local(one.begun).date()), until=full_date(local(one.ends).date()))
    return sentence(dated, "" if one.grant.actor.id == work.actor.id else t("my_apps.by", who=one.grant.actor.name))
