"""Insight after death: who answers for the record weighs a request, and chooses what may be read, and how long."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Final

from akson.access.bereaved import kinship
from akson.access.rights import ANSWERED_WITHIN, GRACE
from akson.base.errors import Refused
from akson.base.web.forms import Choice, Choices, Day, Fault, Filled, Form, Hidden, LongText
from akson.base.web.messages import texts
from akson.base.web.render import OSLO, full_date, local
from akson.base.web.screens import Go, Page, Visit
from akson.base.web.sent import version
from akson.base.work import Work
from akson.patient import bereaved as giving
from akson.patient import cases
from akson.patient.cases import Case
from akson.record import bereaved
from akson.record.cases import BEREAVED, GRANTED, MOST_WORDS, OUTPUT, SORTS, UNTIL, given
from akson.record.deciding import facts_for
from akson.record.session import undo
from akson.workplace import casework, late, telling

LASTS: Final = timedelta(days=90)  # offered; who decides may choose another day


def _outcomes() -> Choices:
    return tuple((one, texts().plain(f"demand.after_{one}")) for one in SORTS[BEREAVED].outcomes)


FORM: Final = Form(
    Choice(name="utfall", label="demand.outcome", choices=_outcomes),
    Day(name="leses_til", label="demand.read_until", help="demand.read_until_help", required=False),
    LongText(name="svar", label="demand.after_answer", help="demand.help_after", longest=MOST_WORDS, rows=6),
    Hidden(name="version"),
)
AGAIN: Final = Form(
    LongText(name="hvorfor", label="demand.withdraw_why", help="demand.withdraw_help", longest=MOST_WORDS, rows=4),
    Hidden(name="version"),
)
PERIOD: Final = Form(
    Day(name="fra", label="demand.from", required=False), Day(name="til", label="demand.to", required=False)
)


async def page(work: Work, visit: Visit, case: Case) -> Page | Go:
    """Show one request with the entries that may be given; decide, and give what is chosen; later, take it back.

    The log has each entry that is shown.
    """
    if case.closed:
        return await _closed(work, visit, case)
    day = local(work.now + LASTS).date().isoformat()
    filled = FORM.read(visit.form) if visit.sent else FORM.blank(version=case.stored.version, leses_til=day)
    chosen = frozenset(visit.every("gi"))
    if filled.valid:
        filled = _whole(filled, chosen)
    if filled.valid:
        try:
            await _decide(work, case, filled, chosen)
            return Go("/krav", said="demand.decided")
        except Refused as refused:
            await undo(work)
            filled = filled.with_refused(refused)
    shown = await _drawn(work, case, chosen, visit.asked)
    return Page("krav_etterlatt.html", status=422 if filled.sent else 200, title=shown.title, case=shown, form=filled,
                again=None, late=None)  # fmt: skip


async def _closed(work: Work, visit: Visit, case: Case) -> Page | Go:
    """Show what was decided; while a relative may read what they were given, let it be taken back."""
    reads = case.outcome == GRANTED and local(work.now).date() <= _until(case)
    withdraws = "hvorfor" in visit.form
    if visit.sent and not (reads and withdraws):
        came = late.filled(AGAIN if withdraws else FORM, visit, settled="AK-B004")
        return await _decided(work, case, AGAIN.blank(version=case.stored.version) if reads else None, came)
    filled = late.filled(AGAIN, visit, version=case.stored.version)
    if filled.valid:
        try:
            given = version(str(filled.values["version"]))
            await giving.withdraw(work, case.stored, given, text=str(filled.values["hvorfor"]))
            return Go("/krav", said="demand.withdrawn_said")
        except Refused as refused:
            await undo(work)
            filled = filled.with_refused(refused)
    return await _decided(work, case, filled if reads else None)


async def _decided(work: Work, case: Case, again: Filled | None, came: Filled | None = None) -> Page:
    """Draw what was decided. again: to take it back; came: what was sent when it was decided already."""
    shown = await _drawn(work, case, frozenset(), {})
    status = 422 if came or (again and again.sent) else 200
    return Page("krav_etterlatt.html", status=status, title=shown.title, case=shown, form=None, again=again, late=came)


def _until(case: Case) -> date:
    """Return the last day on which the relative may read."""
    told = given(case.stored.resource.get("output") or (), OUTPUT, UNTIL)
    return date.fromisoformat(told) if isinstance(told, str) else date.min


def _whole(filled: Filled, chosen: frozenset[str]) -> Filled:
    """Return the form with a fault when it gives nothing, or without an end."""
    if filled.values["utfall"] != GRANTED:
        return filled
    if not chosen:
        return filled.with_fault(Fault("demand.choose_some", at="h-gi"))
    return filled if filled.values["leses_til"] else filled.with_fault(Fault("form.must_fill"), "leses_til")


async def _decide(work: Work, case: Case, filled: Filled, chosen: frozenset[str]) -> None:
    outcome, text, seen = (str(filled.values[name]) for name in ("utfall", "svar", "version"))
    until = filled.values["leses_til"]
    if outcome == GRANTED and isinstance(until, date):
        await giving.give(work, case.stored, version(seen), text=text, items=sorted(chosen), until=until)
    else:
        await cases.answer(work, case.stored, version(seen), text=text, outcome=outcome)


async def _drawn(work: Work, case: Case, chosen: frozenset[str], sent: Mapping[str, str]) -> casework.Bereaved:
    period, found = PERIOD.read(sent), bereaved.Offered(entries=[], kept=0, more=False)
    if not case.closed:
        since, until = (_midnight(period.values.get(name), extra) for name, extra in (("fra", 0), ("til", 1)))
        found = await bereaved.offered(work, case.stored, since=since, until=until)
    return casework.Bereaved(
        **telling.asked(case, work), kin=await _kin(work, case), kept=found.kept, chosen=chosen,
        entries=tuple(telling.entry(one) for one in found.entries), most=bereaved.MOST if found.more else 0,
        since=sent.get("fra", ""), until=sent.get("til", ""),
        outcome=texts().plain(f"demand.after_{case.outcome}").partition("\n")[0] if case.closed else "",
        read_until=full_date(_until(case)) if case.outcome == GRANTED else "",
        over=not case.closed and work.now >= case.asked + ANSWERED_WITHIN + GRACE,
    )  # fmt: skip


async def _kin(work: Work, case: Case) -> str:
    """Return how the relative is related, by the facts that access asks."""
    facts = (await facts_for(work, [case.stored.owner]))[case.stored.owner]
    kind = kinship(facts, work.office.ids.open(case.relative.partition("/")[2]) or 0)
    return texts().plain(f"demand.kin_{kind}") if kind else ""


def _midnight(day: object, extra: int) -> datetime | None:
    """Return when a day begins, or the day after it; None for what is no day."""
    return datetime.combine(day + timedelta(days=extra), time.min, OSLO) if isinstance(day, date) else None
