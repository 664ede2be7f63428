"""What is withheld from the citizen: why, how to appeal, and the form that lets a doctor or lawyer see it for them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from akson.access.rights import ANSWERED_WITHIN
from akson.base.errors import Refused
from akson.base.web.forms import Choice, Choices, Field, Filled, Form, LongText
from akson.base.web.messages import texts
from akson.base.web.render import full_date, local
from akson.base.work import Work
from akson.patient import refusing
from akson.portal import appeals, cases, model
from akson.portal.opening import Opened
from akson.portal.plain import sentence
from akson.record import withholding
from akson.record.cases import MOST_WORDS, REPRESENTATIVES, TOLD_TO
from akson.record.representative import MOST_LETTERS
from akson.record.withholding import Withheld

PAGE: Final = "/min/innsyn/representant"
WANTED: Final = {"Task": 200}


def _kinds() -> Choices:
    return tuple((one, texts().plain(f"refusals.as_{one}")) for one in REPRESENTATIVES)


FORM: Final = Form(
    Choice(name="som", label="refusals.as", choices=_kinds),
    Field(name="navn", label="refusals.name", longest=MOST_LETTERS),
    Field(name="kontakt", label="refusals.reached", help="refusals.reached_help", longest=MOST_LETTERS),
    LongText(name="ord", label="refusals.words", required=False, longest=MOST_WORDS),
)


async def kept(work: Work, opened: Opened) -> list[Withheld]:
    """Return what is kept from the person, for who decides for them; one statement, none when there is nothing."""
    return await withholding.told(work, opened.facts) if opened.decides else []


def entries(opened: Opened, found: Iterable[Withheld]) -> tuple[model.Entry, ...]:
    """Return why entries are kept from the person, each leading to the form that names a representative."""
    waiting = {one.held for one in cases.of(opened) if one.sort == TOLD_TO and not one.closed}
    return tuple(_entry(opened, one, waits=one.name in waiting) for one in found)


def appealable(opened: Opened, found: Iterable[Withheld]) -> tuple[model.Entry, ...]:
    """Return for each entry kept from the person where one appeals that, or sees how far the appeal is."""
    return tuple(appeals.over(opened, one) for one in found if one.name)


def _entry(opened: Opened, one: Withheld, *, waits: bool) -> model.Entry:
    t, day = texts().plain, full_date(local(one.at).date()) if one.at else ""
    leads = one.name and not waits
    return model.Entry(
        title=t("my_record.refused_on", day=day), icon="lock", href=opened.href(PAGE, holdt=one.name) if leads else "",
        text=sentence(t(f"my_record.refused_{one.ground}"), one.reason,
                      t("refusals.waits") if waits else t("refusals.ask") if leads else ""),
    )  # fmt: skip


async def find(work: Work, opened: Opened, name: str) -> Withheld:
    """Return what is withheld under a name. Raises Refused AK-J001 when nothing is that the citizen is told."""
    one = next((each for each in await kept(work, opened) if name and each.name == name), None)
    if one is None:
        raise Refused("AK-J001")
    return one


def asking(opened: Opened, work: Work, one: Withheld, hidden: tuple[tuple[str, str], ...]) -> model.Demanding:
    """Return the page with the form."""
    return model.Demanding(
        about=_entry(opened, Withheld(ground=one.ground, reason=one.reason, at=one.at), waits=False),
        by=full_date(local(work.now + ANSWERED_WITHIN).date()), action=PAGE, back=opened.href("/min/innsyn"),
        hidden=hidden,
    )  # fmt: skip


async def ask(work: Work, opened: Opened, one: Withheld, form: Filled) -> None:
    """Send what was filled in; see patient/refusing.py."""
    person = {"reference": f"Patient/{opened.identity.id}", "display": opened.name}
    named, as_, reached, words = (str(form.values[name] or "") for name in ("navn", "som", "kontakt", "ord"))
    await refusing.ask(work, person, one.name, named=named, as_=as_, reached=reached, words=words)
