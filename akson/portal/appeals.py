"""Appealing what was refused, as the citizen's pages tell it: until when, the form, how far it is, and the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from akson.access.rights import ANSWERED_WITHIN
from akson.base.errors import Refused
from akson.base.web.forms import Filled, Form, LongText
from akson.base.web.messages import texts
from akson.base.web.render import full_date, local
from akson.base.work import Work
from akson.patient import appeals
from akson.patient.cases import Case
from akson.portal import cases, demands, model
from akson.portal.opening import Opened
from akson.portal.plain import sentence
from akson.record.cases import APPEAL, INSIGHT, MOST_WORDS
from akson.record.withholding import Withheld

PAGE: Final = "/min/innsyn/klage"
WANTED: Final = {"Task": 200}
FORM: Final = Form(
    LongText(name="ord", label="appeals.words", help="appeals.words_help", longest=MOST_WORDS, rows=6),
)


def told(opened: Opened, asked: model.Asked, case: Case, among: Sequence[Case], now: datetime) -> model.Asked:
    """Return a case in words with what it says of appeals: of a refusal until when, of an appeal where it lies."""
    if case.sort == APPEAL:
        return _course(asked, case, now)
    if (last := appeals.last_day(case)) is None:
        return asked
    t, day = texts().plain, full_date(last)
    if appeal := appeals.of(case, among):
        return replace(asked, appeal=opened.say("appeals.is_sent"), appeal_href=cases.href(opened, appeal),
                       appeal_action=t("appeals.see"))  # fmt: skip
    if not appeals.in_time(case, now):
        return replace(asked, appeal=t("appeals.over", day=day))
    leads = opened.href(PAGE, sak=case.stored.id) if opened.decides else ""
    return replace(asked, appeal=t("appeals.until", day=day), appeal_href=leads, appeal_action=t("appeals.title"))


def _course(asked: model.Asked, case: Case, now: datetime) -> model.Asked:
    """Return an appeal with who has it: who refused, or Statsforvalteren, with what who refused said."""
    t = texts().plain
    if case.passed_on is None:
        waits = not case.closed and not asked.late
        return replace(asked, state=t("appeals.waits", due=full_date(case.due))) if waits else asked
    state, day = t("appeals.passed_on", day=full_date(case.passed_on)), full_date(local(case.changed).date())
    put_down = t("appeals.put_down", day=day, by=cases.answerer(case)) if case.closed else t("appeals.decides")
    return replace(asked, state=sentence(state, put_down), late=False, comment=case.comment)


async def find(work: Work, opened: Opened, id_: str) -> Case:
    """Return the refusal that can be appealed now.

    Raises  Refused AK-J001 when there is none of that id that the citizen decides about, AK-B025 too late, AK-B026
    """
    among = cases.of(opened)
    case = next((one for one in among if one.stored.id == id_ and appeals.last_day(one)), None)
    if case is None or not opened.decides:
        raise Refused("AK-J001")
    if appeals.of(case, among):
        raise Refused("AK-B026")
    if not appeals.in_time(case, work.now):
        raise Refused("AK-B025")
    return case


async def appealing(
    work: Work, opened: Opened, case: Case, hidden: tuple[tuple[str, str], ...]
) -> model.Appealing:  # fmt: skip
    """Return the page with the form."""
    about, last = await demands.named(work, [case]), appeals.last_day(case)
    course = texts().plain("appeals.course", until=full_date(last), by=_by(work))
    return model.Appealing(about=cases.told(opened, case, about, work.now), course=course, action=PAGE,
                           back=opened.href("/min/innsyn"), hidden=hidden)  # fmt: skip


async def appeal(work: Work, opened: Opened, case: Case, form: Filled) -> None:
    """Send what was filled in; see patient/appeals.py."""
    person = {"reference": f"Patient/{opened.identity.id}", "display": opened.name}
    await appeals.appeal(work, person, case.stored.reference, words=str(form.values["ord"]))


def refuse_twice(opened: Opened, one: Withheld) -> None:
    """Refuse to appeal again that something is withheld. Raises Refused AK-B026."""
    if _over(opened, one):
        raise Refused("AK-B026")


def over(opened: Opened, one: Withheld) -> model.Entry:
    """Return where one appeals that something is withheld, or reads how far that is."""
    t, day = texts().plain, full_date(local(one.at).date()) if one.at else ""
    if case := _over(opened, one):
        return model.Entry(title=t("appeals.held_sent", day=day), text="", icon="chat", href=cases.href(opened, case))
    return model.Entry(title=t("appeals.held", day=day), text="", icon="edit", href=opened.href(PAGE, holdt=one.name))


def _over(opened: Opened, one: Withheld) -> Case | None:
    return next((case for case in cases.of(opened) if case.demanded == INSIGHT and case.held == one.name), None)


def appealing_withheld(
    work: Work, opened: Opened, one: Withheld, hidden: tuple[tuple[str, str], ...]
) -> model.Appealing:  # fmt: skip
    """Return the page with the form, about what is withheld: why, and nothing of what it is."""
    t, day = texts().plain, full_date(local(one.at).date()) if one.at else ""
    about = model.Asked(id="", title=t("my_record.refused_on", day=day),
                        state=sentence(t(f"my_record.refused_{one.ground}")), about="", answer=one.reason)  # fmt: skip
    return model.Appealing(about=about, course=t("appeals.course_held", by=_by(work)), action=PAGE,
                           back=opened.href("/min/innsyn"), hidden=hidden)  # fmt: skip


async def appeal_withheld(work: Work, opened: Opened, one: Withheld, form: Filled) -> None:
    """Send what was filled in; see patient/appeals.py."""
    person = {"reference": f"Patient/{opened.identity.id}", "display": opened.name}
    await appeals.appeal_withheld(work, person, one.name, words=str(form.values["ord"]))


def _by(work: Work) -> str:
    """Return the day by which who refused has decided anew."""
    return full_date(local(work.now + ANSWERED_WITHIN).date())


def passed_on(opened: Opened, case: Case) -> model.Entry:
    """Return what Min side tells of an appeal that was passed on."""
    day = full_date(case.passed_on)
    return model.Entry(title=texts().plain("appeals.new"), text=day, icon="chat", href=cases.href(opened, case))
