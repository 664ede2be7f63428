"""Whose time of keeping is over: one decides, another confirms, and it is erased: /lagringstid."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from akson.access.roles import Permission, called
from akson.base.errors import Refused
from akson.base.web.forms import Choice, Choices, Fault, Filled, Form, LongText
from akson.base.web.messages import texts
from akson.base.web.render import full_date, local, said
from akson.base.web.screens import Go, Page, Screens, Visit
from akson.base.work import Work
from akson.record import ending
from akson.record.ending import CONFIRMED, DECIDED, KEPT, MOST, PROPOSED, STOPPED, Ending, Said
from akson.record.session import undo
from akson.workplace.ending.model import Past, Row

SCREENS = Screens(__name__)
NEEDS: Final = Permission.ANSWER_FOR_RECORD
ERASE, CONFIRM, KEEP = "erase", "confirm", "keep"
ALL: Final = "alle"  # stands for every record that the page showed
LONGEST: Final = 1000  # characters of a reason


def _choices(*values: str) -> Choices:
    return tuple((one, texts().plain(f"ending.{one}")) for one in values)


FORMS: Final = {
    PROPOSED: Form(
        Choice(name="utfall", label="ending.outcome", choices=lambda: _choices(ERASE, KEEP)),
        LongText(name="begrunnelse", label="ending.reason", help="ending.reason_help", longest=LONGEST),
    ),
    DECIDED: Form(
        Choice(name="svar", label="ending.outcome_confirm", choices=lambda: _choices(CONFIRM, KEEP)),
        LongText(name="hvorfor", label="ending.reason", help="ending.reason_help", longest=LONGEST),
    ),
}  # the names of one page differ
_SAID: Final = {ERASE: "ending.said_decided", CONFIRM: "ending.said_confirmed", KEEP: "ending.said_kept"}


@SCREENS.screen("/lagringstid", needs=NEEDS, title="ending.title", under="/krav")
async def ended(work: Work, visit: Visit) -> Page | Go:
    """Show what waits to be decided and to be confirmed; decide or confirm what is chosen, all of it or nothing."""
    forms = {state: form.blank() for state, form in FORMS.items()}
    chosen = frozenset(visit.every("valgt"))
    if ALL in chosen:
        chosen = frozenset(visit.every("vist"))
    if visit.sent:
        state = DECIDED if visit.form.get("gjor") == "bekreft" else PROPOSED
        filled = FORMS[state].read(visit.form)
        if filled.valid and not chosen:
            filled = filled.with_fault(Fault("ending.choose_some", at=f"h-{state}"))
        if filled.valid:
            try:
                return await _carried(work, state, filled, chosen)
            except Refused as refused:
                await undo(work)
                filled = filled.with_refused(refused)
        forms[state] = filled
    return await _page(work, forms, chosen)


async def _carried(work: Work, state: str, filled: Filled, chosen: frozenset[str]) -> Go:
    outcome, reason = (str(value) for value in filled.values.values())
    ids = sorted(chosen)
    if outcome == KEEP:
        await ending.keep(work, ids, state, reason)
    else:
        await (ending.decide if state == PROPOSED else ending.confirm)(work, ids, reason)
    return Go("/lagringstid", said=_SAID[outcome])


async def _page(work: Work, forms: Mapping[str, Filled], chosen: frozenset[str]) -> Page:
    found = await ending.desk(work)
    rows = {state: tuple(_row(one, work, chosen) for one in found.waiting if one.state == state) for state in FORMS}
    waiting = {state: _many(found.many.get(state, 0), len(shown)) for state, shown in rows.items() if shown}
    return Page(
        "lagringstid.html", status=422 if any(one.sent for one in forms.values()) else 200, forms=forms, rows=rows,
        waiting=waiting, most=MOST, hidden=found.hidden, past=tuple(_past(one, work.now) for one in found.past),
    )  # fmt: skip


def _many(there: int, shown: int) -> int:
    """Return how many there are: of few those that are shown, for some may be held meanwhile."""
    return there if there > MOST else shown


def _row(one: Ending, work: Work, chosen: frozenset[str]) -> Row:
    return Row(
        id=one.id, title=_title(one), why=texts().plain(f"ending.{one.why}"),
        told=texts().plain("ending.told", day=full_date(local(one.last).date()), entries=_entries(one.entries)),
        decided=_who(one.decided, work.now), own=one.decided_by == work.actor.key, chosen=one.id in chosen,
    )  # fmt: skip


def _title(one: Ending) -> str:
    """Return "Per Vik, født 1931, lever"; of whom nobody knows a name nothing more."""
    if not one.name:
        return texts().plain("ending.not_named")
    born = texts().plain("ending.born", year=one.born) if one.born else ""
    return ", ".join(filter(None, (one.name, born, texts().plain("ending.dead" if one.dead else "ending.alive"))))


def _past(one: Ending, now: datetime) -> Past:
    on = full_date(local(one.ended).date()) if one.ended else ""
    until = full_date(local(one.kept_until).date()) if one.kept_until else ""
    state = {
        CONFIRMED: lambda: texts().plain("ending.past_confirmed", entries=_entries(one.entries)),
        KEPT: lambda: texts().plain("ending.past_kept", entries=_entries(one.entries), until=until),
        STOPPED: lambda: texts().plain("ending.past_stopped", on=on, entries=_entries(one.erased)),
    }.get(one.state, lambda: texts().plain("ending.past_done", entries=_entries(one.erased), on=on))()
    by = tuple(told for said_ in (one.decided, one.confirmed) if (told := _who(said_, now)))
    return Past(state=state, by=by, kept=one.state in (KEPT, STOPPED))


def _entries(count: int) -> str:
    return texts().plain("ending.entries", count=count)


def _who(by: Said | None, now: datetime) -> str:
    """Return "Sara Nygård, lege i vakt, i dag: Ingen har bruk for dette lenger"; "" for nobody."""
    if by is None:
        return ""
    who = ", ".join(filter(None, (by.name, called(by.role), said(local(by.at).date(), now))))
    return f"{who}: {by.reason}"
