"""What a citizen asks for by right, as the citizen's pages tell it: the form, how far it is, the answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from akson.access.rights import ANSWERED_WITHIN
from akson.audit.view import Visit
from akson.base.errors import Refused
from akson.base.web.forms import Choice, Filled, Form, LongText
from akson.base.web.messages import texts
from akson.base.web.render import OSLO, full_date, local, said
from akson.base.work import Work
from akson.patient import cases
from akson.patient.cases import Case
from akson.patient.reading import reference
from akson.portal import looks, model
from akson.portal.opening import Opened
from akson.portal.plain import sentence
from akson.record.cases import MOST_WORDS, REFUSED, SORTS, WITHDRAWN
from akson.record.lookers import asked_about, looked_at_by
from akson.record.staff import ELSEWHERE

_CHOICES: Final = ("explanation", "suspicion")
_EXPLAINED: Final = "behandler en sak"  # a basis of the rules: who looks for this reason has said why
FORM: Final = Form(
    Choice(
        name="onske",
        label="cases.which",
        choices=lambda: tuple((one, texts().plain(f"cases.{one}")) for one in _CHOICES),
    ),
    LongText(name="ord", label="cases.words", help="cases.words_help", required=False, longest=MOST_WORDS),
)


def of(opened: Opened) -> list[Case]:
    """Return the cases of a record, newest first."""
    found = [one for one in map(cases.case_of, opened.parts["Task"]) if one]
    return sorted(found, key=lambda one: one.asked, reverse=True)


async def about_looks(work: Work, opened: Opened) -> list[Case]:
    """Return the cases of a record, newest first, each saying whose looks it is about by the name the reader knows.

    One statement, when whom they are about is hidden.
    """
    found = of(opened)
    nameless = [one.stored.id for one in found if not one.who] if opened.secret else []
    known = await asked_about(work, opened.identity.owner, nameless)
    return [replace(one, who=known.get(one.stored.id, one.who)) for one in found]


def ask_href(opened: Opened, visit: Visit) -> str:
    """Return where one asks about a look; "" for those of citizens, programs, strangers here, and who answers cases."""
    kind, _, id_ = visit.actor.partition("/")
    if kind != "Practitioner" or id_.startswith(ELSEWHERE) or not opened.decides or _EXPLAINED in visit.why:
        return ""
    return opened.href("/min/innsyn/forklaring", hvem=id_, dag=local(visit.ended).date().isoformat())


def noted(look: model.Look, visit: Visit, asked: Sequence[Case]) -> model.Look:
    """Return the look with what has been asked about it already."""
    day = local(visit.ended).date()
    for one in asked:
        if one.who == visit.actor and local(one.since).date() <= day <= local(one.until).date():
            emergency = one.sort == cases.EMERGENCY  # about the opening alone: of the rest of the day one may ask
            said_ = "noted_closed" if one.closed else "noted" if SORTS[one.sort].by_citizens else "noted_by_us"
            return replace(look, ask_href=look.ask_href if emergency else "", asked=texts().plain(f"cases.{said_}"),
                           asked_href=f"#{_anchor(one)}")  # fmt: skip
    return look


async def looked(work: Work, opened: Opened, id_: str, day: str) -> tuple[Visit, ...]:
    """Return one's visits to the record on one Norwegian day, newest first; one statement.

    Raises  Refused AK-J001 when there are none
    """
    try:
        on = date.fromisoformat(day)
        begins, after = (datetime.combine(one, time.min, OSLO).astimezone(UTC) for one in (on, on + timedelta(days=1)))
    except (ValueError, OverflowError):  # the latter: the last day there is
        raise Refused("AK-J001") from None
    ends = after - timedelta(microseconds=1)
    found = await looked_at_by(work, opened.identity.owner, f"Practitioner/{id_}", (begins, ends),
                               opened.unreleased(work.now))  # fmt: skip
    if not found:
        raise Refused("AK-J001")
    return found


def asking(opened: Opened, visits: Sequence[Visit], now: datetime, hidden: tuple[tuple[str, str], ...]) -> model.Asking:
    """Return the page."""
    told = looks.full(visits, (), now)
    return model.Asking(
        who=_called(visits[0]), shown=told.shown, did=told.what, by=full_date(local(now + ANSWERED_WITHIN).date()),
        action="/min/innsyn/forklaring", back=opened.href("/min/innsyn"), hidden=hidden,
    )  # fmt: skip


async def ask(work: Work, opened: Opened, visits: Sequence[Visit], form: Filled) -> None:
    """Send what was filled in; see patient/cases.py."""
    person = {"reference": f"Patient/{opened.identity.id}", "display": opened.name}
    await cases.ask(work, person, str(form.values["onske"]), who=visits[0].actor, words=str(form.values["ord"] or ""),
                    period=(visits[-1].begun, visits[0].ended))  # fmt: skip


def told(opened: Opened, case: Case, about: Mapping[str, str], now: datetime) -> model.Asked:
    """Return a case in words. about: what the entries that cases are about are called."""
    t, sent = texts().plain, "" if SORTS[case.sort].by_citizens else f"_{case.sort}"
    late = not case.closed and local(now).date() > case.due
    due, day = full_date(case.due), full_date(local(case.changed).date())
    state = t("cases.answered", day=day, by=answerer(case)) if case.closed else t("cases.late", due=due) if late else (
        t(f"cases.due{sent}", asked=said(local(case.asked).date(), now), due=due)
    )  # fmt: skip
    return model.Asked(
        id=_anchor(case), title=t(f"cases.asked_{case.sort}"), state=state, late=late, answer=case.answer,
        about=about[case.item] if case.item else case.keeper or case.named or _looked_at(case),
        words=_words(opened, case),
        outcome=t(f"cases.{case.outcome}") if case.closed else "",
        appeal=t("cases.appeal") if case.outcome in (REFUSED, WITHDRAWN) else "",
        correction_href=_in_record(opened, case.correction) if case.correction else "",
    )  # fmt: skip


def answerer(case: Case) -> str:
    """Return who has answered; who may not know where the person is, is told no name."""
    return case.by or texts().plain("cases.keeper")


def _words(opened: Opened, case: Case) -> str:
    """Return what was asked in words; to the person also who wrote it, when somebody who acts for them did."""
    by = reference(case.stored.resource.get("requester"))
    if opened.own and by not in ("", f"Patient/{opened.identity.id}"):
        return texts().plain("cases.words_by", who=case.asker, words=case.words) if case.words else ""
    return opened.say("cases.words_were", words=case.words) if case.words else ""


def _looked_at(case: Case) -> str:
    if case.held:
        return texts().plain("cases.about_held")
    # Who acts for somebody with a hidden address is told no name.
    called = case.called or texts().plain("insight.somebody")
    return ", ".join((called, full_date(local(case.since).date())))


def _in_record(opened: Opened, document: str) -> str:
    return f"{opened.href('/min/journal')}#d-{document.partition('/')[2]}"


def answered(opened: Opened, case: Case, now: datetime) -> model.Entry:
    """Return what Min side tells of an answer: that there is one."""
    return model.Entry(title=texts().plain("cases.new"), text=sentence(said(case.changed, now), case.by), icon="chat",
                       href=href(opened, case))  # fmt: skip


def href(opened: Opened, case: Case) -> str:
    """Return where a case can be read."""
    return f"{opened.href('/min/innsyn')}#{_anchor(case)}"


def _called(visit: Visit) -> str:
    return ", ".join(filter(None, (looks.who(visit), visit.unit)))


def _anchor(case: Case) -> str:
    return f"sak-{case.stored.id}"
